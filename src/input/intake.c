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
 * A line longer than half the ring is published in pieces. So the published stream ends in one of
 * three ways, and end_stream() alone changes it:
 *
 *      WHOLE   between lines             --> OPEN   a piece of a long line is published
 *      OPEN    within a line             --> WHOLE  its newline is published; or it ends the stream
 *                                        --> OWED   its newline was read, and dropped with the rest
 *      OWED    within a line of which    --> WHOLE  there was room for the newline
 *              only the newline is due
 *
 * Marks are put only where it is WHOLE, and wait otherwise. Where it is OPEN, nothing but the rest
 * of that line may be published: with several feeds its feed holds the others. Where it is OWED,
 * nothing but a newline may be, or the next line would glue to what was cut; by then its feed is in
 * the next line, and holds nobody.
 *
 * The line that a feed is reading has its own state, TAKEN or SKIPPED, since its beginning may have
 * been dropped. Both together say what becomes of it:
 *
 *                TAKEN                                   SKIPPED
 *      WHOLE     it waits, in the ring or aside, for     all of it is dropped: one line
 *                its newline
 *      OPEN      its beginning was published, and the    it is cut: the rest is dropped, all but
 *                rest will be                            the newline
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

/* How the published stream ends. */
enum end { WHOLE, OPEN, OWED };

/* What becomes of the line that is being read; OVER: there will be none. */
enum line { TAKEN, SKIPPED, OVER };

struct feed {
	struct source *source;
	size_t origin;
	char *aside; /* the beginning of a line, if there are several sources */
	size_t aside_len;
	int64_t begun_ns; /* CLOCK_REALTIME, of the line being read; 0: none, or no matter */
	enum line line;
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
	enum end end;
	struct gap gap;
	struct wish wishes[MARK_GAP]; /* the kinds before it */
	const char *first; /* the text of the first line, one of our own, until it is put */
	const char *(*last)(void *arg); /* the text of the last line, one of our own; NULL: none */
	void *last_arg;
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

static void end_stream(struct intake *in, enum end to)
{
	insist(to != OWED || in->end == OPEN);
	insist(to != OPEN || in->end != OWED);
	in->end = to;
}

/* ---- marks ---- */

static bool skipping(const struct intake *in)
{
	for (size_t i = 0; i < in->feed_count; i++)
		if (in->feeds[i].line == SKIPPED)
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

static bool put_note(struct intake *in, const char *text)
{
	struct ring_mark mark = mark_of(MARK_NOTE);

	mark.arg[0] = (int64_t)(intptr_t)text;
	return ring_mark(in->ring, &mark);
}

/* Puts the marks that wait, if the stream is between lines. */
static void put_marks(struct intake *in)
{
	if (in->end != WHOLE)
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
	if (in->first && put_note(in, in->first))
		in->first = NULL;
}

void intake_notes(struct intake *in, const char *first, const char *(*last)(void *arg), void *arg)
{
	in->first = first;
	in->last = last;
	in->last_arg = arg;
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

/* Publishes len bytes of f; to: how they end. */
static void publish(struct intake *in, struct feed *f, size_t len, enum end to)
{
	if (in->origins && in->end == WHOLE && len > 0)
		put_origin(in, f);
	ring_publish(in->ring, len);
	end_stream(in, to);
	if (to == WHOLE)
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
		publish(in, f, tail, OPEN);
		tail = 0;
	}
	if (in->feed_count == 1)
		return;
	if (in->end == WHOLE && tail <= in->aside_size) {
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
		if (in->feeds[i].line == OVER)
			return &in->feeds[i];
	insist(in->feed_count < INTAKE_FEEDS);
	struct feed *f = &in->feeds[in->feed_count];
	f->aside = malloc(in->aside_size);
	if (!f->aside)
		return NULL;
	in->feed_count++;
	if (in->feed_count == 2 && in->end != OWED) /* the first one has company from now on */
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
	bool cut = in->end == OPEN;
	size_t drop = *len;

	if (newline) {
		drop = (size_t)(newline - at) + (cut ? 0 : 1);
		f->line = TAKEN;
		memmove(at, at + drop, *len - drop);
	}
	ring_unfill(in->ring, drop);
	*len -= drop;
	gap_add(in, newline && !cut, drop);
}

/* Publishes the whole lines among the newest len bytes, which are at `at`. */
static void take(struct intake *in, struct feed *f, char *at, size_t len)
{
	if (f->line == SKIPPED) {
		skip_rest(in, f, at, &len);
		put_marks(in);
	}
	if (in->end == OPEN || f->begun_ns) {
		const char *first = memchr(at, '\n', len);

		if (first)
			publish(in, f, ring_unpublished(in->ring) - len + (size_t)(first + 1 - at),
				WHOLE);
	}
	const char *last = memrchr(at, '\n', len);
	if (last && in->end == WHOLE) {
		size_t tail = (size_t)(at + len - (last + 1));

		if (ring_unpublished(in->ring) > tail)
			publish(in, f, ring_unpublished(in->ring) - tail, WHOLE);
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
	     " lines so far; a larger --buffer bridges longer pauses, --overflow=block "
	     "blocks the program instead",
	     in->counts->dropped.lines);
}

/* Throws away the n bytes in the scratch. */
static void drop(struct intake *in, struct feed *f, size_t n)
{
	uint64_t lines = newlines_count(in->scratch, n);
	uint64_t bytes = n + f->aside_len + ring_unpublished(in->ring);

	line_counter_add(&in->counts->read, lines, n);
	f->aside_len = 0;
	f->begun_ns = 0;
	ring_unfill(in->ring, ring_unpublished(in->ring));
	if (in->end == WHOLE)
		in->holder = NULL;
	if (in->end == OPEN && lines > 0) {
		end_stream(in, OWED);
		in->holder = NULL;
		lines--;
		bytes--;
	}
	f->line = in->scratch[n - 1] == '\n' ? TAKEN : SKIPPED;
	gap_add(in, lines, bytes);
	in->gap.open = true;
	say_dropping(in);
}

void intake_settle(struct intake *in)
{
	char *at;

	if (in->gap.open) {
		if (ring_space(in->ring, in->high, &at) < in->high)
			return;
		in->gap.open = false;
	}
	if (in->end == OWED) {
		if (ring_space(in->ring, 1, &at) < 1)
			return;
		*at = '\n'; /* the one that was read and not dropped */
		ring_fill(in->ring, 1);
		ring_publish(in->ring, 1);
		end_stream(in, WHOLE);
	}
	put_marks(in);
}

static enum intake_result offer_scratch(const struct intake *in, size_t limit,
					struct intake_offer *o)
{
	*o = (struct intake_offer){ .at = in->scratch, .len = limit < SCRATCH ? limit : SCRATCH };
	return INTAKE_READ;
}

enum intake_result intake_offer(struct intake *in, const struct feed *f, size_t limit,
				struct intake_offer *o)
{
	char *at;
	size_t space;

	if (in->holder && in->holder != f)
		return INTAKE_HELD;
	intake_settle(in);
	if (in->gap.open)
		return offer_scratch(in, limit, o);
	space = ring_space(in->ring, 0, &at);
	if (space < in->low) /* ask to be woken, and look what has come until then */
		space = ring_space(in->ring, in->high, &at);
	if (space < in->low)
		return in->policy == INTAKE_DROP ? offer_scratch(in, limit, o) : INTAKE_FULL;
	space -= f->aside_len;
	*o = (struct intake_offer){ .at = at + f->aside_len, .len = space < limit ? space : limit };
	return INTAKE_READ;
}

/* Takes the n bytes that were read behind what is put aside of f. */
static void take_read(struct intake *in, struct feed *f, char *at, size_t n)
{
	if (in->origins)
		in->read_ns = clock_real_ns();
	at -= f->aside_len;
	memcpy(at, f->aside, f->aside_len);
	ring_fill(in->ring, f->aside_len + n);
	at += f->aside_len;
	f->aside_len = 0;
	line_counter_add(&in->counts->read, newlines_count(at, n), n);
	take(in, f, at, n);
}

/* There was no room when the read began; if there is now, nothing need be dropped. */
static void take_scratch(struct intake *in, struct feed *f, size_t n)
{
	char *at;

	intake_settle(in);
	size_t space = ring_space(in->ring, 0, &at);
	if (in->gap.open || space < in->low || space < f->aside_len + n) {
		drop(in, f, n);
		return;
	}
	at += f->aside_len;
	memcpy(at, in->scratch, n);
	take_read(in, f, at, n);
}

void intake_take(struct intake *in, struct feed *f, const struct intake_offer *o, size_t n)
{
	if (o->at == in->scratch)
		take_scratch(in, f, n);
	else
		take_read(in, f, o->at, n);
}

enum intake_result intake_pull(struct intake *in, struct feed *f, size_t limit, size_t *got)
{
	struct intake_offer o;
	enum intake_result result = intake_offer(in, f, limit, &o);

	*got = 0;
	if (result != INTAKE_READ)
		return result;
	ssize_t n = source_read(f->source, o.at, o.len);
	if (n <= 0)
		return result_of(n);
	*got = (size_t)n;
	intake_take(in, f, &o, *got);
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
	publish(in, in->holder, ring_unpublished(in->ring), WHOLE);
	in->holder = NULL;
	return true;
}

/* Publishes f's unfinished line. */
static bool finish_line(struct intake *in, struct feed *f)
{
	bool close_it = in->unfinished > 1 || in->gap.untold || in->last;
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
	publish(in, f, ring_unpublished(in->ring), WHOLE);
	return true;
}

bool intake_finish(struct intake *in, struct feed *f)
{
	bool cut = in->end == OPEN && (!in->holder || in->holder == f);

	if (f->line == OVER)
		return true;
	if (in->holder && in->holder != f)
		return false;
	if (in->end == OWED) {
		intake_settle(in);
		if (in->end == OWED)
			return false;
	}
	if (f->line == SKIPPED) {
		counter_add(&in->counts->read.lines, 1);
		if (cut) {
			bool close_it = in->unfinished > 1 || in->gap.untold || in->last;

			end_stream(in, close_it ? OWED : WHOLE);
			counter_add(&in->counts->read.bytes, close_it);
		} else {
			gap_add(in, 1, 0);
		}
	} else if (f->aside_len > 0 || ring_unpublished(in->ring) > 0 || cut) {
		if (!finish_line(in, f))
			return false;
	}
	f->line = OVER;
	in->unfinished--;
	in->holder = NULL;
	return true;
}

bool intake_end(struct intake *in)
{
	insist(in->unfinished == 0);
	intake_settle(in);
	if (in->end == OWED)
		return false;
	end_stream(in, WHOLE);
	(void)tell_gap(in); /* no room for a mark: it was said on standard error */
	put_marks(in);
	if (in->last && !put_note(in, in->last(in->last_arg)))
		diag(DIAG_LOSS, "the note of the end of COMMAND could not be written: too much "
				"waits for the disk");
	ring_end(in->ring);
	return true;
}
