/* The thread that turns lines as they were read into lines as they are written. */
#ifndef COOK_H
#define COOK_H

#include "base/counter.h"
#include "record/record.h"
#include "stream/ring.h"

struct cook;

struct transform_counts {
	struct line_counter filtered; /* left out by pattern or level */
	counter limit_hits;           /* kept: a pattern took too long to tell */
};

enum { COOK_STREAMS = 32, COOK_OUTPUTS = 5, COOK_STRETCH = 128 * 1024 };

/*
 * cook_new(o, streams, count, stretch, counts): a cook without outputs.
 *
 * streams are the names of the sources, in the order of MARK_FROM. No ring that it
 * takes from or gives to may have a smaller stretch; COOK_STRETCH is enough. It counts
 * what it leaves out in counts.
 * Owner:   the caller; cook_free. What o points to must outlive it, streams need not.
 * Returns: NULL and errno.
 */
struct cook *cook_new(const struct lines_options *o, const char *const streams[], size_t count,
		      size_t stretch, struct transform_counts *counts);
void cook_free(struct cook *k);

/* cook_wake(arg): to be the on_wake of each ring that it writes to; arg: the cook. */
void cook_wake(void *arg);

/*
 * cook_output(k, to, cursor, least, lost): lines of this level and above go to this ring,
 * whose only consumer has that cursor; and all marks. If the consumer is given up, what it
 * left and all that comes later counts as lost.
 * Thread: before cook_start, as long as there are fewer than COOK_OUTPUTS.
 */
void cook_output(struct cook *k, struct ring *to, struct ring_cursor *cursor, enum level least,
		 struct line_counter *lost);

/*
 * cook_start(k, from): take lines from there. Both rings have room of their own, so the
 * reading side waits for this thread only when all of them are full.
 *
 * At the end it ends its rings, and leaves `from` when their consumers have left.
 * Returns: 0, or -1 and errno.
 */
int cook_start(struct cook *k, struct ring_cursor *from);

/* cook_join(k): wait for its end. */
void cook_join(struct cook *k);

#endif
