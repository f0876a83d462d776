/* Dry run: --check. */
#ifndef SHIP_CHECK_H
#define SHIP_CHECK_H

#include <stdbool.h>

struct options;
struct position;
struct properties;
struct reading;

/*
 * check_run(o, properties, path, found, p, reading): print where shipping would go on, how much
 * waits, and whether the brokers answer. Nothing is sent. path: of the position's file; found:
 * there is one.
 * Returns: whether shipping could begin.
 */
bool check_run(const struct options *o, const struct properties *properties, const char *path,
	       bool found, struct position *p, struct reading *reading);

#endif
