/* List the files of a log instead of printing them. */
#ifndef LIST_H
#define LIST_H

#include "reader/members.h"

enum list_form { LIST_TABLE, LIST_JSON, LIST_NAMES };

/*
 * list_print(m, form): a line for each file, the oldest first; LIST_NAMES: paths only, each with a
 * NUL behind it.
 * list_usage(m): one line, with what all of them take.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int list_print(const struct members *m, enum list_form form);
int list_usage(const struct members *m);

#endif
