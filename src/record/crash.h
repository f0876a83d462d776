/* Recognise the first line of a crash report. Pure. */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>

/*
 * crash_begins(text, end): whether a crash report begins at text, such as "Traceback (most recent
 * call last):", as runtimes and the C library write it, without a level.
 */
bool crash_begins(const char *text, const char *end);

#endif
