/* File names: build one, recognise one of ours. Pure. */
#ifndef NAMES_H
#define NAMES_H

#include "family/calendar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { NAMES_SIZE = 1024 }; /* bytes of a name with its sub-directories, and the final NUL */

enum names_suffix { NAMES_PLAIN, NAMES_ZST, NAMES_GZ };

/* A family: the files that one FILE names, relative to the directory that it begins with. */
struct names {
	char pattern[NAMES_SIZE]; /* "app.%Y-%m-%d" */
	char ext[NAMES_SIZE];     /* ".log"; may be empty */
};

/*
 * The highest part that further ones are counted from. What is above is still a name of
 * ours, but no run of ours came so far: it is there to leave no number for us.
 */
enum { NAMES_LAST_PART = 900000000 };

struct names_member {
	int64_t period; /* its first date, as seconds since the Epoch if the clock were at UTC */
	unsigned part;  /* from 1 */
	enum names_suffix suffix;
};

enum names_verdict {
	NAMES_FINE,
	NAMES_TOO_LONG,
	NAMES_UNKNOWN,   /* a conversion that we cannot read back */
	NAMES_CONSTANT,  /* two periods in a row have one name */
	NAMES_REPEATING, /* names come again later: a name does not tell its period */
};

/*
 * names_directory(file): how many bytes of FILE are the directory that does not
 * change: up to the '/' before the last component, or before the first with '%'.
 */
size_t names_directory(const char *file);

/*
 * names_init(n, name, roll): the family of name (FILE behind names_directory).
 *
 * A name with '%' is a strftime(3) template; into another the date is put that
 * belongs to roll, before its extension.
 * Returns: NAMES_FINE or NAMES_REPEATING, or why it cannot be used.
 */
enum names_verdict names_init(struct names *n, const char *name, enum calendar_roll roll);

/* names_period(n, tm): the member.period of a moment on the clock. */
int64_t names_period(const struct names *n, const struct tm *tm);

/* names_build(n, m, to): the name of a member. */
void names_build(const struct names *n, const struct names_member *m, char to[NAMES_SIZE]);

/* names_parse(n, name, m): is the whole of name one that names_build makes? */
bool names_parse(const struct names *n, const char *name, struct names_member *m);

/*
 * names_may_hold(n, path): can the sub-directory path (without '/' at its end)
 * hold members, or directories that do?
 */
bool names_may_hold(const struct names *n, const char *path);

/*
 * names_overlap(a, b, now): whether some file could be a member of both families. Equal patterns
 * always do; of others the names of the days of a year before and after now are compared, each
 * with another hour.
 */
bool names_overlap(const struct names *a, const struct names *b, time_t now);

/*
 * names_begin_alike(n, name): whether another family, whose FILE behind the directory is name, can
 * overlap as far as the text before the first date tells. names_overlap costs far more.
 */
bool names_begin_alike(const struct names *n, const char *name);

/* names_order(a, b): <0, 0, >0 as a is older, the same, newer: by period, then part. */
int names_order(const struct names_member *a, const struct names_member *b);

#endif
