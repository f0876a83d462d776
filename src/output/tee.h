/* The thread that copies the ring to standard output. */
#ifndef TEE_H
#define TEE_H

#include "base/counter.h"

#include <stdbool.h>

struct ring_cursor;
struct tee;

struct tee_counts {
	struct line_counter teed, skipped;
};

/*
 * tee_start(c, best_effort, errors, counts): start the thread.
 *
 * It copies a chunk out of the ring before it writes, so a standard output that
 * takes nothing keeps at most what its cursor claims: nothing at all with
 * RING_SKIP. best_effort goes with that claim: only whole lines are written, as
 * long as they fit a chunk. When nobody reads any more, or a write fails for good, c
 * leaves the ring.
 * errors: lines from this origin, by MARK_FROM, go to standard error; -1: none, and c needs no
 * marks. Owner:   c is the thread's until tee_join. counts must outlive it. Returns: NULL and
 * errno.
 */
struct tee *tee_start(struct ring_cursor *c, bool best_effort, int errors,
		      struct tee_counts *counts);

/*
 * tee_try(t): write, in the thread of the caller, what is at the tee's cursor, if the tee sleeps
 * and standard output is a pipe that has room for it, or a file; otherwise leave it to the tee. May
 * hang, if others write to the pipe, too, or with the disk. Thread: any. Returns: false if the tee
 * does not sleep, or does not share its work; then it was not woken.
 */
bool tee_try(struct tee *t);

/* tee_busy(t): whether it has something that standard output did not take yet. Thread: any. */
bool tee_busy(const struct tee *t);

/*
 * tee_abandon(t): c leaves the ring; the thread may hang in write(2) for ever
 * and must not be joined.  Thread: any.
 */
void tee_abandon(struct tee *t);

/*
 * tee_join(t): wait for the thread, and free t; not if it was abandoned.
 * Returns: false if it was, or if a write failed for good; either is said.
 */
bool tee_join(struct tee *t);

#endif
