/* Where a run stopped, kept in a file for the next one. */
#ifndef CURSOR_H
#define CURSOR_H

#include "reader/members.h"

#include <stdint.h>

struct cursor {
	struct member member;
	uint64_t offset; /* of the byte that is to be printed next, before compression */
};

/*
 * cursor_read(path, m, c): what is kept in the file at path.
 * Returns: 1; 0: there is no such file; -1 and errno: EINVAL: it is of another log, or no cursor.
 */
int cursor_read(const char *path, const struct members *m, struct cursor *c);

/*
 * cursor_write(path, m, c): keep it, in a new file that takes the place of the old one: after a
 * crash it is the old one or the new one.
 * Returns: 0, or -1 and errno.
 */
int cursor_write(const char *path, const struct members *m, const struct cursor *c);

#endif
