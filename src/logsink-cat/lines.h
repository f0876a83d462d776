/* Cut bytes into lines, select, and print those that are selected, in the form that is asked for.
 */
#ifndef LINES_H
#define LINES_H

#include "logsink-cat/select.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lines_form {
	LINES_CAT,       /* the bytes as they are */
	LINES_WITH_FILE, /* "FILE: " before each line */
	LINES_JSON,      /* {"file":"FILE","message":"LINE"} */
};

struct lines_options {
	struct select_options select;
	enum lines_form form;
	bool count_only;        /* print nothing */
	bool hold;              /* print an unfinished line only when it is whole */
	bool colour;            /* by level */
	bool escape;            /* control characters as \xNN */
	unsigned before, after; /* lines of context around a selected one */
};

struct lines;

/*
 * lines_new(o): nothing is printed yet.
 * Owner:   the caller; lines_free. o must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct lines *lines_new(const struct lines_options *o);
void lines_free(struct lines *l);

/*
 * lines_begin(l, file): what follows is of this file; a line of the file before ends here.
 * lines_take(l, bytes, len): more bytes. A line longer than LINES_LONGEST is decided about by its
 * beginning.
 * lines_end(l): a line without a newline is whole.
 */
enum { LINES_LONGEST = 1024 * 1024 };
void lines_begin(struct lines *l, const char *file);
void lines_take(struct lines *l, const char *bytes, size_t len);
void lines_end(struct lines *l);

/*
 * lines_print_selected(l, line, len): print a whole line that was selected already.
 * lines_select(l): what decides about lines; NULL: all are selected.
 */
void lines_print_selected(struct lines *l, const char *line, size_t len);
struct select *lines_select(struct lines *l);

/*
 * lines_leave_out(l, partial, skip): of what follows, the rest of the line that begins before, if
 * partial; and then so many selected lines, are not printed.
 */
void lines_leave_out(struct lines *l, bool partial, uint64_t skip);

/* lines_selected(l): how many lines were selected so far, without those left out. */
uint64_t lines_selected(const struct lines *l);

/* lines_pending(l): how many of the bytes that were taken are of a line that is not whole yet. */
size_t lines_pending(const struct lines *l);

#endif
