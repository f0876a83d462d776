/* All bytes of a log in their order, each once, while it is rolled, compressed and deleted. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "reader/members.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct follow;
struct watch;

enum follow_event {
	FOLLOW_BYTES,   /* bytes of the current member */
	FOLLOW_BEGIN,   /* what follows is of another member, or of the same again, from `offset` */
	FOLLOW_MISSING, /* something cannot be had */
	FOLLOW_PAUSE,   /* nothing more for now; without a watch, the end */
};

struct follow_piece {
	struct member member;
	enum names_suffix form; /* in which it is read */
	uint64_t offset;        /* of the first of the bytes, before compression */
	const char *bytes;      /* FOLLOW_BYTES: len bytes, until the next call */
	size_t len;
	int error;          /* FOLLOW_MISSING: errno; ENOENT: it was deleted unread; EBADMSG: */
	const char *detail; /* what unpack_missing says; otherwise NULL */
};

/*
 * follow_new(m, w): begin with the oldest member of the list of m. w: go on when there are other
 * members or more bytes; NULL: the members of the list are all.
 *
 * Owner:   the caller; follow_free. m and w must outlive it; only this room changes them meanwhile.
 * Returns: NULL and errno (ENOMEM).
 */
struct follow *follow_new(struct members *m, struct watch *w);
void follow_free(struct follow *f);

/*
 * follow_from(f, which, offset): before the first follow_next: what is before this offset of this
 * member counts as read already, and so do all members before it.
 */
void follow_from(struct follow *f, const struct member *which, uint64_t offset);

/* follow_next(f, p): what comes next. Owner: p's bytes and detail are f's, until the next call. */
enum follow_event follow_next(struct follow *f, struct follow_piece *p);

/*
 * follow_wait(f, timeout_ms, fd): after FOLLOW_PAUSE, wait until follow_next may have more, as
 * watch_wait does. Returns: false: nothing, up to now.
 */
bool follow_wait(struct follow *f, int timeout_ms, int fd);

#endif
