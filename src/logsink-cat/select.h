/* Which lines are printed: patterns and levels. Pure. */
#ifndef SELECT_H
#define SELECT_H

#include "record/level.h"

#include <stdbool.h>
#include <stddef.h>

enum { SELECT_PATTERNS = 16 };

struct select_options {
	const char *match[SELECT_PATTERNS]; /* one of them must match, if there are any */
	size_t matches;
	bool invert;            /* none of them may match */
	enum level least, most; /* LEVEL_NONE: no such limit */
};

struct select;

/*
 * select_check(pattern, why): whether this is a valid pattern; if not, why as filter_check has it.
 * select_any(o): whether o leaves out any line at all.
 */
bool select_check(const char *pattern, char why[384]);
bool select_any(const struct select_options *o);

/*
 * select_new(o): a pattern without capital letters ignores case.
 * Owner:   the caller; select_free.
 * Returns: NULL and errno (ENOMEM).
 */
struct select *select_new(const struct select_options *o);
void select_free(struct select *s);

/* select_begin(s): what follows does not go on with what was before. */
void select_begin(struct select *s);

/*
 * select_look(s, text, len): the lines of the next calls of select_line are of this text, in its
 * order.
 */
void select_look(struct select *s, const char *text, size_t len);

/*
 * select_line(s, line, len): whether this line, given without its newline, is to be printed.
 *
 * The level of a line is that of logsink's --level: a line without one has that of the line before
 * if it goes on with that, and a line of no known level passes.
 */
bool select_line(struct select *s, const char *line, size_t len);

#endif
