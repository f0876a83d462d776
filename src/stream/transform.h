/* The thread that turns lines as they were read into lines as they are written. */
#ifndef TRANSFORM_H
#define TRANSFORM_H

#include "base/counter.h"
#include "record/formatter.h"
#include "stream/ring.h"

struct transform;

struct transform_counts {
	struct line_counter filtered; /* left out by pattern or level */
	counter limit_hits;           /* kept: a pattern took too long to tell */
};

enum { TRANSFORM_STREAMS = 32, TRANSFORM_OUTPUTS = 5, TRANSFORM_STRETCH = 128 * 1024 };

/*
 * transform_new(o, streams, count, stretch, counts): a transform without outputs.
 *
 * streams are the names of the sources, in the order of MARK_FROM. No ring that it
 * takes from or gives to may have a smaller stretch; TRANSFORM_STRETCH is enough. It counts
 * what it leaves out in counts.
 * Owner:   the caller; transform_free. What o points to must outlive it, streams need not.
 * Returns: NULL and errno.
 */
struct transform *transform_new(const struct formatter_options *o, const char *const streams[],
				size_t count, size_t stretch, struct transform_counts *counts);
void transform_free(struct transform *k);

/* transform_wake(arg): to be the on_wake of each ring that it writes to; arg: the transform. */
void transform_wake(void *arg);

/*
 * transform_output(k, to, cursor, least, lost): lines of this level and above go to this ring,
 * whose only consumer has that cursor; and all marks. If the consumer is given up, what it
 * left and all that comes later counts as lost.
 * Thread: before transform_start, as long as there are fewer than TRANSFORM_OUTPUTS.
 */
void transform_output(struct transform *k, struct ring *to, struct ring_cursor *cursor,
		      enum level least, struct line_counter *lost);

/*
 * transform_start(k, from): take lines from there. Both rings have room of their own, so the
 * reading side waits for this thread only when all of them are full.
 *
 * At the end it ends its rings, and leaves `from` when their consumers have left.
 * Returns: 0, or -1 and errno.
 */
int transform_start(struct transform *k, struct ring_cursor *from);

/* transform_join(k): wait for its end. */
void transform_join(struct transform *k);

#endif
