/* One writer for a family: the lock beside its files. */
#ifndef LOCK_H
#define LOCK_H

#include "base/diag.h"
#include "family/calendar.h"

#include <stdbool.h>
#include <sys/types.h>

struct lock;
struct owner;

struct lock_options {
	int dir;                   /* of the log; its number stays, the directory may change */
	const char *prefix;        /* of it, for messages */
	const char *base;          /* FILE in it */
	struct calendar calendar;  /* its roll makes the family, with base */
	const struct owner *owner; /* of a lock made by root */
};

/*
 * lock_new(o): a lock that is not held yet.
 * Owner:   the caller; lock_free. The strings must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct lock *lock_new(const struct lock_options *o);

/*
 * lock_take(l, grave): make sure that no other logsink writes a family that shares a file with
 * this one, in this directory; what was held before is let go. Refusals are said with the word
 * grave. Returns: 0, or -1 after a message that tells the other's process ID.
 */
int lock_take(struct lock *l, enum diag_word grave);

/* lock_retake(l): take it in the directory that is there now; if that fails, go on without, and say
 * so. */
void lock_retake(struct lock *l);

/* lock_look(l): say whether lock_take would be refused, and hold nothing. Returns as that. */
int lock_look(struct lock *l);

/*
 * lock_keep(l): see that a lock that is held is still there, and take it again if it was removed.
 * From time to time give it a new time of change, so that what removes old files spares it.
 * Thread:  one at a time; not for every line, since it takes a system call.
 */
void lock_keep(struct lock *l);

/*
 * lock_mark_file(fd): mark the log file that is written to, so that it is known even if the lock
 * was removed, or is in another directory. It is a byte lock far behind its end, which goes with
 * the descriptor; readers cannot make it. File systems that have none do without.
 * Returns: false if another descriptor has the mark.
 * lock_unmark_file(fd): nothing more will be written to it.
 * lock_is_written(dir, name): whether that regular file has a mark; one that cannot be read has
 * none. Thread:  any.
 */
bool lock_mark_file(int fd);
void lock_unmark_file(int fd);
bool lock_is_written(int dir, const char *name);

/* lock_free(l): let go, and remove the lock's file. */
void lock_free(struct lock *l);

#endif
