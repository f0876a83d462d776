/* The thread that turns lines from the form in which they are read into the form of the files. */
#ifndef TRANSFORM_H
#define TRANSFORM_H

#include "base/counter.h"
#include "record/formatter.h"
#include "stream/ring.h"

struct transform;

struct transform_counts {
	struct line_counter filtered; /* left out by pattern or level */
	counter limit_hits;           /* kept because matching a pattern exceeded its limit */
};

enum { TRANSFORM_STREAMS = 32, TRANSFORM_OUTPUTS = 6, TRANSFORM_STRETCH = 128 * 1024 };

/*
 * transform_new(o, streams, count, stretch, counts): a transform without outputs.
 *
 * streams are the names of the sources, in the order of MARK_FROM. stretch is the smallest
 * ring_stretch of the rings that it reads and writes; TRANSFORM_STRETCH is enough. Lines that it
 * leaves out are counted in counts.
 * Owner:   the caller; transform_free. The objects in o must outlive it, streams need not.
 * Returns: NULL and errno.
 */
struct transform *transform_new(const struct formatter_options *o, const char *const streams[],
				size_t count, size_t stretch, struct transform_counts *counts);
void transform_free(struct transform *k);

/* transform_wake(arg): the on_wake of each ring that it writes to; arg is the transform. */
void transform_wake(void *arg);

/*
 * transform_output(k, to, cursor, least, stream, lost): add an output: lines of level least and
 * above, of that stream or of all with -1, and all marks, go to the ring `to`, whose only consumer
 * has that cursor. If the consumer is given up, its unread lines and all later ones count as lost.
 * Thread: before transform_start. At most TRANSFORM_OUTPUTS times.
 */
void transform_output(struct transform *k, struct ring *to, struct ring_cursor *cursor,
		      enum level least, int stream, struct line_counter *lost);

/*
 * transform_write(k, write, arg): after it has put lines into its first output, and woken nobody,
 * the thread calls write(arg), which consumes them in its place or returns false; then the consumer
 * is woken. write may hang: when the reading side has to wait for room, and when it has ended,
 * another thread goes on. Its consumer must obey what ring_borrow demands.
 * Thread: before transform_start.
 */
void transform_write(struct transform *k, bool (*write)(void *arg), void *arg);

/*
 * transform_start(k, in, from): start the thread, which reads lines at the cursor `from` of the
 * ring in. The reading side waits for it only when the rings on both sides are full.
 *
 * At the end of `from` it ends its rings, and leaves `from` when their consumers have left.
 * Returns: 0, or -1 and errno.
 */
int transform_start(struct transform *k, struct ring *in, struct ring_cursor *from);

/*
 * transform_try(k, most): do, in the thread of the caller, what the transform has to do, if its own
 * thread sleeps, if that is at most so many bytes, and if there is room; leave the rest to it. The
 * consumers of the outputs are not woken: wake them afterwards, or do their work.
 * Thread: any. Does not block.
 * Returns: false if the thread does not sleep; then, if it sleeps on, it was not woken.
 */
bool transform_try(struct transform *k, size_t most);

/* transform_join(k): wait for its thread; not for one that hangs in write, which is left there, so
 * that k must not be freed. Returns: false if there is one. */
bool transform_join(struct transform *k);

#endif
