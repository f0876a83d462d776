/* File names: build one, recognise one of ours. Pure. */
#ifndef NAMES_H
#define NAMES_H

#include "calendar.h"

#include <stdbool.h>
#include <stddef.h>

enum { NAMES_SIZE = 256 }; /* enough for any name: NAME_MAX and the final NUL */

enum names_suffix { NAMES_PLAIN, NAMES_ZST, NAMES_GZ };

/* A family: the files that one FILE names. */
struct names {
	char stem[NAMES_SIZE]; /* "app" of "app.log" */
	char ext[NAMES_SIZE];  /* ".log"; may be empty */
	enum calendar_roll roll;
};

struct names_member {
	char period[24]; /* as it stands in the name: "2026-11-22"; empty for CALENDAR_NEVER */
	unsigned part;   /* from 1 */
	enum names_suffix suffix;
};

/*
 * names_init(n, base, roll): the family of the file name base (no directory).
 * Returns: false if names of this family could be longer than NAME_MAX.
 */
bool names_init(struct names *n, const char *base, enum calendar_roll roll);

/* names_period(n, tm, to): the period's text of a moment in it. */
void names_period(const struct names *n, const struct tm *tm, char to[24]);

/* names_build(n, m, to): the file name of a member. */
void names_build(const struct names *n, const struct names_member *m, char to[NAMES_SIZE]);

/*
 * names_parse(n, name, m): is the whole of name one that names_build makes?
 */
bool names_parse(const struct names *n, const char *name, struct names_member *m);

#endif
