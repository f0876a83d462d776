/* Where a run stopped, kept in a file for the next one. */
#ifndef CURSOR_H
#define CURSOR_H

#include "reader/members.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CURSOR_HEAD = 1024 };

struct cursor {
	struct member member;
	uint64_t offset; /* of the byte that is to be printed next, before compression */
	uint64_t head;   /* a hash of so many of its first bytes: */
	size_t head_len; /* at most CURSOR_HEAD, and none behind the offset; 0: unknown */
};

/*
 * cursor_read(path, m, c): what is kept in the file at path.
 * Returns: 1; 0: there is no such file; -1 and errno: EINVAL: it is of another log, or no cursor.
 */
int cursor_read(const char *path, const struct members *m, struct cursor *c);

/*
 * cursor_learn(m, c): fill in head and head_len, if the member can be opened.
 * cursor_fits(m, c): whether the member is still the one in which c was set, as far as that
 * can be known. A log that was begun anew, in a new directory, has the same names.
 */
void cursor_learn(const struct members *m, struct cursor *c);
bool cursor_fits(const struct members *m, const struct cursor *c);

/*
 * cursor_write(path, m, c): keep it, in a new file that takes the place of the old one: after a
 * crash it is the old one or the new one.
 * Returns: 0, or -1 and errno.
 */
int cursor_write(const char *path, const struct members *m, const struct cursor *c);

#endif
