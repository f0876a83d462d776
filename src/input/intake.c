/*
 * Put what the sources give into the ring: whole lines, in order; or drop them.
 *
 * read(2) goes straight into the ring, behind the last line. Then everything up
 * to the last newline is published, so a consumer, a mark and a drop always fall
 * between lines. What is left, the unfinished line, waits in place when there is
 * one source. When there are several it is copied aside (that is all that is
 * ever copied), unless it is long: then its source holds the ring until its
 * newline comes.
 *
 * A line longer than half the ring is published in pieces. While the published
 * stream ends within a line (`midline`), marks wait, and dropping may shorten the
 * line but still hands on its newline (`owed` until there is room), so that the
 * next line does not glue to it.
 *
 * Dropping is by whole reads: once the ring is nearly full, everything read is
 * thrown away, with the unfinished line before it, until there is room for the
 * largest read. Then the gap is put into the stream as a mark, before the first
 * line that is kept again.
 */
#include "input/intake.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/newlines.h"
#include "base/ratelimit.h"
#include "input/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRATCH = 64 * 1024, /* read at once while dropping */
};

#define SAY_AGAIN (60 * CLOCK_SECOND) /* the pause between messages about drops */

struct feed {
	struct source *source;
	size_t origin;
	char *aside; /* the beginning of a line, if there are several sources */
	size_t aside_len;
	int64_t begun_ns; /* CLOCK_REALTIME, of the line being read; 0: none, or no matter */
	bool skipping;    /* the line being read began to be dropped */
	bool finished;
};

struct gap {
	bool open;   /* lines are being dropped now */
	bool untold; /* the numbers below are not in the stream yet */
	uint64_t lines, bytes;
	int64_t from_ns, to_ns;
	struct ratelimit said;
};

struct wish {
	bool waiting;
	int64_t arg;
};

struct intake {
	struct ring *ring;
	struct intake_counts *counts;
	enum intake_policy policy;
	bool origins;
	int64_t read_ns;  /* CLOCK_REALTIME, of the last read; 0: no matter */
	size_t low, high; /* free bytes: stop below low, go on from high */
	size_t aside_size;
	struct feed feeds[INTAKE_FEEDS];
	size_t feed_count, unfinished;
	struct feed *holder;
	bool midline, owed;
	struct gap gap;
	struct wish wishes[MARK_GAP]; /* the kinds before it */
	char *scratch;
};

struct intake *intake_new(struct ring *ring, enum intake_policy policy, bool origins,
			  struct intake_counts *counts)
{
	struct intake *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->ring = ring;
	in->counts = counts;
	in->policy = policy;
	in->origins = origins;
	in->high = ring_stretch(ring);
	in->low = in->high / 4;
	in->aside_size = in->low / 2;
	if (policy == INTAKE_DROP) {
		in->scratch = malloc(SCRATCH);
		if (!in->scratch) {
			free(in);
			return NULL;
		}
	}
	return in;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->feed_count; i++)
		free(in->feeds[i].aside);
	free(in->scratch);
	free(in);
}

const struct source *intake_holder(const struct intake *in)
{
	return in->holder ? in->holder->source : NULL;
}

uint64_t intake_put_aside(const struct intake *in)
{
	uint64_t sum = ring_unpublished(in->ring);

	for (size_t i = 0; i < in->feed_count; i++)
		sum += in->feeds[i].aside_len;
	return sum;
}

/* ---- marks ---- */

static bool skipping(const struct intake *in)
{
	for (size_t i = 0; i < in->feed_count; i++)
		if (in->feeds[i].skipping)
			return true;
	return false;
}

/*
 * Whether to wait for the end of a dropped line before the gap is told. With one source
 * nothing comes before that end; with several the others go on, and it may never come.
 */
static bool gap_grows(const struct intake *in)
{
	return skipping(in) && (in->feed_count == 1 || in->gap.lines == 0);
}

/* Puts the gap into the stream, where the next line will stand. */
static bool tell_gap(struct intake *in)
{
	struct ring_mark mark = mark_of(MARK_GAP);

	if (!in->gap.untold)
		return true;
	mark.arg[0] = (int64_t)in->gap.lines;
	mark.arg[1] = (int64_t)in->gap.bytes;
	mark.arg[2] = in->gap.from_ns;
	mark.arg[3] = in->gap.to_ns;
	if (!ring_mark(in->ring, &mark))
		return false;
	in->gap.untold = false;
	in->gap.lines = in->gap.bytes = 0;
	return true;
}

/* Puts the marks that wait, if the stream is between lines. */
static void put_marks(struct intake *in)
{
	if (in->midline)
		return;
	if (!in->gap.open && !gap_grows(in) && !tell_gap(in))
		return;
	for (int kind = 0; kind < MARK_GAP; kind++) {
		struct wish *w = &in->wishes[kind];
		struct ring_mark mark = mark_of((enum mark_kind)kind);

		mark.arg[0] = w->arg;
		if (w->waiting && !ring_mark(in->ring, &mark))
			return;
		w->waiting = false;
	}
}

void intake_mark(struct intake *in, enum mark_kind kind, int64_t arg)
{
	insist(kind < MARK_GAP);
	in->wishes[kind] = (struct wish){ .waiting = true, .arg = arg };
	put_marks(in);
}

/* ---- lines ---- */

/* Before lines of f: whose they are, and when the first of them was begun. */
static void put_origin(struct intake *in, const struct feed *f)
{
	struct ring_mark mark = mark_of(MARK_FROM);

	mark.arg[0] = (int64_t)f->origin;
	mark.arg[1] = f->begun_ns ? f->begun_ns : in->read_ns;
	insist(ring_mark(in->ring, &mark)); /* there was room for bytes, so there is for it */
}

static void publish(struct intake *in, struct feed *f, size_t len, bool midline)
{
	if (in->origins && !in->midline && len > 0)
		put_origin(in, f);
	ring_publish(in->ring, len);
	in->midline = midline;
	if (!midline)
		f->begun_ns = 0;
	put_marks(in);
}

/* Adds a newline of our own behind what is unpublished; it counts as read. */
static void fill_newline(struct intake *in, char *at)
{
	*at = '\n';
	ring_fill(in->ring, 1);
	counter_add(&in->counts->read.bytes, 1);
}

/* What is unpublished ends with tail bytes of an unfinished line, before end. */
static void keep_tail(struct intake *in, struct feed *f, const char *end)
{
	size_t tail = ring_unpublished(in->ring);

	if (tail > 0 && !f->begun_ns)
		f->begun_ns = in->read_ns;
	if (tail > ring_size(in->ring) / 2) {
		publish(in, f, tail, true);
		tail = 0;
	}
	if (in->feed_count == 1)
		return;
	if (!in->midline && tail <= in->aside_size) {
		memcpy(f->aside, end - tail, tail);
		f->aside_len = tail;
		ring_unfill(in->ring, tail);
		in->holder = NULL;
	} else {
		in->holder = f;
	}
}

/* NULL and errno. */
static struct feed *spare_feed(struct intake *in)
{
	for (size_t i = 0; i < in->feed_count; i++)
		if (in->feeds[i].finished)
			return &in->feeds[i];
	insist(in->feed_count < INTAKE_FEEDS);
	struct feed *f = &in->feeds[in->feed_count];
	f->aside = malloc(in->aside_size);
	if (!f->aside)
		return NULL;
	in->feed_count++;
	if (in->feed_count == 2 && !in->owed) /* the first one has company from now on */
		keep_tail(in, &in->feeds[0], ring_tail(in->ring) + ring_unpublished(in->ring));
	return f;
}

struct feed *intake_feed(struct intake *in, struct source *source, size_t origin)
{
	struct feed *f = spare_feed(in);

	if (!f)
		return NULL;
	*f = (struct feed){ .source = source, .origin = origin, .aside = f->aside };
	in->unfinished++;
	return f;
}

static void gap_add(struct intake *in, uint64_t lines, uint64_t bytes)
{
	struct gap *g = &in->gap;

	if (lines == 0 && bytes == 0)
		return;
	line_counter_add(&in->counts->dropped, lines, bytes);
	g->to_ns = clock_real_ns();
	if (!g->untold)
		g->from_ns = g->to_ns;
	g->untold = true;
	g->lines += lines;
	g->bytes += bytes;
}

/* The len bytes at *at follow a dropped beginning: drops the rest of that line. */
static void skip_rest(struct intake *in, struct feed *f, char *at, size_t *len)
{
	const char *newline = memchr(at, '\n', *len);
	bool cut = in->midline && !in->owed; /* its beginning was published */
	size_t drop = *len;

	if (newline) {
		drop = (size_t)(newline - at) + (cut ? 0 : 1);
		f->skipping = false;
		memmove(at, at + drop, *len - drop);
	}
	ring_unfill(in->ring, drop);
	*len -= drop;
	gap_add(in, newline && !cut, drop);
}

/* Publishes the whole lines among the newest len bytes, which are at `at`. */
static void take(struct intake *in, struct feed *f, char *at, size_t len)
{
	if (f->skipping) {
		skip_rest(in, f, at, &len);
		put_marks(in);
	}
	if (in->midline || f->begun_ns) {
		const char *first = memchr(at, '\n', len);

		if (first)
			publish(in, f, ring_unpublished(in->ring) - len + (size_t)(first + 1 - at),
				false);
	}
	const char *last = memrchr(at, '\n', len);
	if (last && !in->midline) {
		size_t tail = (size_t)(at + len - (last + 1));

		if (ring_unpublished(in->ring) > tail)
			publish(in, f, ring_unpublished(in->ring) - tail, false);
	}
	keep_tail(in, f, at + len);
}

static enum intake_result result_of(ssize_t n)
{
	switch ((enum source_pause)n) {
	case SOURCE_LATER:
		return INTAKE_LATER;
	case SOURCE_ENDED:
		return INTAKE_ENDED;
	case SOURCE_FAILED:
		return INTAKE_FAILED;
	}
	return INTAKE_READ;
}

static void say_dropping(struct intake *in)
{
	if (!ratelimit_pass(&in->gap.said, clock_mono_ns(), SAY_AGAIN))
		return;
	diag(DIAG_LOSS,
	     "dropping lines: the buffer is full; %" PRIu64
	     " lines so far; a larger --buffer takes "
	     "longer pauses, --overflow=block makes the program wait instead",
	     in->counts->dropped.lines);
}

/* Reads and throws away. */
static enum intake_result drop(struct intake *in, struct feed *f, size_t limit, size_t *got)
{
	ssize_t n = source_read(f->source, in->scratch, limit < SCRATCH ? limit : SCRATCH);

	if (n <= 0)
		return result_of(n);
	*got = (size_t)n;
	uint64_t lines = newlines_count(in->scratch, (size_t)n);
	uint64_t bytes = (uint64_t)n + f->aside_len + ring_unpublished(in->ring);

	line_counter_add(&in->counts->read, lines, (uint64_t)n);
	f->aside_len = 0;
	f->begun_ns = 0;
	ring_unfill(in->ring, ring_unpublished(in->ring));
	if (!in->midline)
		in->holder = NULL;
	if (in->midline && !in->owed && lines > 0) {
		in->owed = true;
		in->holder = NULL;
		lines--;
		bytes--;
	}
	f->skipping = in->scratch[n - 1] != '\n';
	gap_add(in, lines, bytes);
	in->gap.open = true;
	say_dropping(in);
	return INTAKE_READ;
}

void intake_settle(struct intake *in)
{
	char *at;

	if (in->gap.open) {
		if (ring_space(in->ring, in->high, &at) < in->high)
			return;
		in->gap.open = false;
	}
	if (in->owed) {
		if (ring_space(in->ring, 1, &at) < 1)
			return;
		*at = '\n'; /* the one that was read and not dropped */
		ring_fill(in->ring, 1);
		in->owed = false;
		ring_publish(in->ring, 1);
		in->midline = false;
	}
	put_marks(in);
}

enum intake_result intake_pull(struct intake *in, struct feed *f, size_t limit, size_t *got)
{
	char *at;
	size_t space;

	*got = 0;
	if (in->holder && in->holder != f)
		return INTAKE_HELD;
	intake_settle(in);
	if (in->gap.open)
		return drop(in, f, limit, got);
	space = ring_space(in->ring, 0, &at);
	if (space < in->low) /* ask to be woken, and look what has come until then */
		space = ring_space(in->ring, in->high, &at);
	if (space < in->low)
		return in->policy == INTAKE_DROP ? drop(in, f, limit, got) : INTAKE_FULL;
	space -= f->aside_len;
	ssize_t n = source_read(f->source, at + f->aside_len, space < limit ? space : limit);
	if (n <= 0)
		return result_of(n);
	*got = (size_t)n;
	if (in->origins)
		in->read_ns = clock_real_ns();
	memcpy(at, f->aside, f->aside_len);
	at += f->aside_len;
	ring_fill(in->ring, f->aside_len + *got);
	f->aside_len = 0;
	line_counter_add(&in->counts->read, newlines_count(at, *got), *got);
	take(in, f, at, *got);
	return INTAKE_READ;
}

/* ---- ends ---- */

bool intake_break_line(struct intake *in)
{
	char *at;

	if (!in->holder)
		return true;
	if (ring_space(in->ring, 1, &at) < 1)
		return false;
	fill_newline(in, at);
	counter_add(&in->counts->read.lines, 1);
	publish(in, in->holder, ring_unpublished(in->ring), false);
	in->holder = NULL;
	return true;
}

/* Publishes f's unfinished line. */
static bool finish_line(struct intake *in, struct feed *f)
{
	bool close_it = in->unfinished > 1 || in->gap.untold;
	size_t aside = f->aside_len;
	char *at;

	if (ring_space(in->ring, aside + 1, &at) < aside + 1)
		return false;
	memcpy(at, f->aside, aside);
	ring_fill(in->ring, aside);
	f->aside_len = 0;
	if (close_it)
		fill_newline(in, at + aside);
	counter_add(&in->counts->read.lines, 1);
	publish(in, f, ring_unpublished(in->ring), false);
	return true;
}

bool intake_finish(struct intake *in, struct feed *f)
{
	bool cut = in->midline && !in->owed && (!in->holder || in->holder == f);

	if (f->finished)
		return true;
	if (in->holder && in->holder != f)
		return false;
	if (in->owed) {
		intake_settle(in);
		if (in->owed)
			return false;
	}
	if (f->skipping) {
		f->skipping = false;
		counter_add(&in->counts->read.lines, 1);
		if (cut) {
			in->owed = in->unfinished > 1 || in->gap.untold;
			in->midline = in->owed;
			counter_add(&in->counts->read.bytes, in->owed);
		} else {
			gap_add(in, 1, 0);
		}
	} else if (f->aside_len > 0 || ring_unpublished(in->ring) > 0 || cut) {
		if (!finish_line(in, f))
			return false;
	}
	f->finished = true;
	in->unfinished--;
	in->holder = NULL;
	return true;
}

bool intake_end(struct intake *in)
{
	insist(in->unfinished == 0);
	intake_settle(in);
	if (in->owed)
		return false;
	in->midline = false;
	(void)tell_gap(in); /* no room for a mark: it was said on standard error */
	put_marks(in);
	ring_end(in->ring);
	return true;
}
