/* How the report of a crash begins. Pure. */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>

/*
 * crash_begins(text, end): whether a crash report begins at text, as runtimes and the C library
 * write one that no logger has given a level: "Traceback (most recent call last):".
 */
bool crash_begins(const char *text, const char *end);

#endif
