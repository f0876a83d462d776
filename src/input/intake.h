/* Put what the sources give into the ring: whole lines, in order; or drop them. */
#ifndef INTAKE_H
#define INTAKE_H

#include "base/counter.h"
#include "stream/mark.h"
#include "stream/ring.h"

struct intake;
struct feed; /* one source's lines on their way */
struct source;

enum { INTAKE_FEEDS = 64 };

struct intake_counts {
	struct line_counter read, dropped;
};

enum intake_policy { INTAKE_BLOCK, INTAKE_DROP };

enum intake_result {
	INTAKE_READ,   /* something was read, and went into the ring or was dropped */
	INTAKE_LATER,  /* nothing to read now */
	INTAKE_FULL,   /* no room (INTAKE_BLOCK only); on_wake of the ring tells when there is */
	INTAKE_HELD,   /* another source is in the middle of a long line */
	INTAKE_ENDED,  /* end of input: call intake_finish */
	INTAKE_FAILED, /* the same, after an error that was said */
};

/* Where a read puts its bytes. */
struct intake_offer {
	char *at;
	size_t len;
};

/*
 * intake_new(ring, policy, origins, counts): the producer of the ring.
 *
 * It counts what comes in and what is dropped in counts. With origins it puts a
 * MARK_FROM mark before the lines of each read: the feed's origin, and when the first byte
 * of the next line was read.
 * Thread:  one for this and all calls below, for it is the ring's producer.
 * Owner:   the caller; intake_free. Ring, sources and counts must outlive it.
 * Returns: NULL and errno.
 */
struct intake *intake_new(struct ring *ring, enum intake_policy policy, bool origins,
			  struct intake_counts *counts);
void intake_free(struct intake *in);

/*
 * intake_feed(in, source, origin): take lines from this source too. There is room for
 * INTAKE_FEEDS that have not finished.
 * Returns: NULL and errno.
 * Owner:   the intake; a feed that has finished is used again by a later call.
 */
struct feed *intake_feed(struct intake *in, struct source *source, size_t origin);

/*
 * intake_offer(in, f, limit, o): where the next read of f's source may put at most limit bytes.
 * It may take any time. Until intake_take, or for good if nothing was read, only intake_mark,
 * intake_settle and intake_put_aside may be called.
 * Returns: INTAKE_READ, or INTAKE_FULL or INTAKE_HELD, and no offer.
 */
enum intake_result intake_offer(struct intake *in, const struct feed *f, size_t limit,
				struct intake_offer *o);

/* intake_take(in, f, o, n): n bytes were read, at least 1. See intake_pull. */
void intake_take(struct intake *in, struct feed *f, const struct intake_offer *o, size_t n);

/*
 * intake_pull(in, f, limit, got): one read from a source that is readable.
 *
 * Whole lines are published at once. With one source the unfinished last line
 * waits in the ring, with several it is put aside, so that lines of different
 * sources never mix. A line longer than half the ring goes on in pieces; a
 * source whose unfinished line is too long to be put aside holds the others.
 * limit is the most that may be read, *got what was, in bytes.
 */
enum intake_result intake_pull(struct intake *in, struct feed *f, size_t limit, size_t *got);

/*
 * intake_mark(in, kind, arg): put a mark behind the lines published so far; if
 * only part of the last one is, behind its end. Marks of one kind that wait for
 * that are one mark, with the latest arg.
 */
void intake_mark(struct intake *in, enum mark_kind kind, int64_t arg);

/*
 * intake_notes(in, first, last, arg): begin and end the stream with a line of our own, in the
 * format of the files: first, behind the first mark, and what last(arg) gives, which is called at
 * the end. Before that an unfinished line gets a newline, which counts as read.
 * Owner:   both texts stay where they are until the end of the process.
 * Thread:  before any intake_mark.
 */
void intake_notes(struct intake *in, const char *first, const char *(*last)(void *arg), void *arg);

/*
 * intake_settle(in): do what had to wait for room: marks, and the notice of
 * dropped lines. To be called when the ring woke us.
 */
void intake_settle(struct intake *in);

/*
 * intake_break_line(in): if one source holds the others, close its unfinished
 * line with a newline, so that they can go on.
 * Returns: false if there was no room; call again after the ring woke us.
 */
bool intake_break_line(struct intake *in);

/* intake_holder(in): the source that holds the others, or NULL. */
const struct source *intake_holder(const struct intake *in);

/*
 * intake_finish(in, f): this source has ended. Its unfinished line is published,
 * as it is if it is the last of all, otherwise closed with a newline.
 * Returns: false if there was no room; call again after the ring woke us.
 */
bool intake_finish(struct intake *in, struct feed *f);

/*
 * intake_end(in): all sources have finished; end the ring.
 * Returns: false if there was no room; call again after the ring woke us.
 */
bool intake_end(struct intake *in);

/* intake_put_aside(in): bytes of unfinished lines, in the ring or beside it. */
uint64_t intake_put_aside(const struct intake *in);

#endif
