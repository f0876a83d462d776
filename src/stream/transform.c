/*
 * The thread that turns lines from the form in which they are read into the form of the files.
 *
 *      [ ring ] --cursor--> transform --producer--> [ ring ] --> writer
 *          |                  |
 *          +--> tee           +--------------> [ ring ] --> writer of --also
 *
 * It consumes one ring as a sink does, and is the producer of another ring for each file
 * that is written, so neither the reading nor the writing side knows of it.
 *
 * What one processor has written is slow to read for another: measured, that costs three times what
 * a stamp costs. So this thread writes what it has made by itself (transform_write), while the
 * consumer sleeps, and the few pages at the beginning of the output's ring stay in its cache.
 *
 * That write may hang. What comes is in the first ring then; when that is full, there is still room
 * in the second one. So there are two threads and one role. A thread that has lost the role touches
 * nothing when it comes back from the write, but waits until it may take the role again. All that
 * the thread with the role has done is in the rings and below, so the other goes on with a peek.
 *
 * Refused: to hand over as soon as a write takes long. A disk that is only slow would pay for it,
 * and as long as there is room nobody waits.
 */
#include "stream/transform.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/newlines.h"
#include "stream/mark.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 2 };

#define PATIENCE (10 * CLOCK_MS) /* with a write, if the reading side waits for room */

struct output {
	struct ring *ring;
	struct ring_cursor *consumer;
	enum level least;
	int stream; /* it takes only lines of that one; -1: of all */
	struct line_counter *lost;
	bool midline;  /* the last byte for it is not a newline */
	bool given_up; /* lines go to scratch, only to be counted */
	bool lossy;    /* lines for it were lost */
	char *scratch; /* the most bytes that it consumes at once */
};

struct worker {
	struct transform *k;
	pthread_t thread;
	bool writes; /* under the lock of k */
};

struct transform {
	struct ring *in;
	struct ring_cursor *from;
	struct output outputs[TRANSFORM_OUTPUTS];
	size_t output_count;
	struct formatter *lines[TRANSFORM_STREAMS]; /* of each source */
	size_t stream_count;
	size_t most; /* bytes: the room that each output must have */
	struct transform_counts *counts;
	bool (*write)(void *arg); /* NULL: the consumers do it */
	void *write_arg;
	struct worker workers[THREADS];
	size_t worker_count;

	/* of the thread that has the role */
	struct formatter *now; /* the source of the next lines */
	int64_t read_ns;       /* and the time of their reading */
	struct ring_span rest; /* the unfinished line; it waits in `from` */
	size_t untrimmed;      /* bytes read since memory was last released */
	int64_t trim_ns;       /* CLOCK_MONOTONIC: when to release it, or RING_FOREVER */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool wake;
	pthread_cond_t changed;  /* has ended */
	struct worker *active;   /* has the role */
	int64_t writes_since_ns; /* CLOCK_MONOTONIC; 0: it does not write */
	bool has_ended;
};

/* Pieces of a long line are as large as the rings allow. */
static struct formatter *new_lines(struct formatter_options *o, const char *stream, size_t stretch)
{
	struct formatter *l;

	if (o->piece == 0)
		o->piece = o->format == FORMATTER_CRI ? FORMATTER_PIECE_CRI : FORMATTER_PIECE;
	while ((l = formatter_new(o, stream)) && formatter_most(l, o->piece) > stretch) {
		formatter_free(l);
		o->piece /= 2;
	}
	return l;
}

struct transform *transform_new(const struct formatter_options *o, const char *const streams[],
				size_t count, size_t stretch, struct transform_counts *counts)
{
	struct formatter_options options = *o;
	struct transform *k = calloc(1, sizeof(*k));

	insist(count > 0 && count <= TRANSFORM_STREAMS && stretch >= TRANSFORM_STRETCH);
	if (!k)
		return NULL;
	must(pthread_mutex_init(&k->lock, NULL));
	must(pthread_cond_init(&k->woken, NULL));
	condition_init(&k->changed);
	k->counts = counts;
	for (size_t i = 0; i < count; i++) {
		options.beside = k->lines[0]; /* not counted itself yet */
		k->lines[i] = new_lines(&options, streams[i], stretch);
		if (!k->lines[i]) {
			int error = errno;

			transform_free(k);
			errno = error;
			return NULL;
		}
		k->stream_count++;
	}
	k->now = k->lines[0];
	k->most = formatter_most(k->now, options.piece);
	return k;
}

void transform_free(struct transform *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->stream_count; i++)
		formatter_free(k->lines[i]);
	for (size_t i = 0; i < k->output_count; i++)
		free(k->outputs[i].scratch);
	must(pthread_cond_destroy(&k->changed));
	must(pthread_cond_destroy(&k->woken));
	must(pthread_mutex_destroy(&k->lock));
	free(k);
}

void transform_wake(void *arg)
{
	struct transform *k = arg;

	must(pthread_mutex_lock(&k->lock));
	k->wake = true;
	must(pthread_cond_signal(&k->woken));
	must(pthread_mutex_unlock(&k->lock));
}

static void wait_for_wake(struct transform *k)
{
	must(pthread_mutex_lock(&k->lock));
	while (!k->wake)
		must(pthread_cond_wait(&k->woken, &k->lock));
	k->wake = false;
	must(pthread_mutex_unlock(&k->lock));
}

void transform_output(struct transform *k, struct ring *to, struct ring_cursor *cursor,
		      enum level least, int stream, struct line_counter *lost)
{
	insist(k->output_count < TRANSFORM_OUTPUTS && ring_stretch(to) >= k->most);
	k->outputs[k->output_count++] = (struct output){
		.ring = to, .consumer = cursor, .least = least, .stream = stream, .lost = lost
	};
}

static void lose(struct output *o, uint64_t bytes, uint64_t lines)
{
	o->lossy = o->lossy || bytes > 0;
	line_counter_add(o->lost, lines, bytes);
}

/* Its consumer has been given up: its unread lines are lost, and so are later ones. */
static void give_up(struct output *o)
{
	uint64_t lines, bytes = ring_waiting(o->ring, o->consumer, &lines);

	lose(o, bytes, lines);
	ring_leave(o->consumer);
	o->given_up = true;
}

/* Waits until there is room for the largest form of one piece. */
static void await_room(struct transform *k, struct output *o, struct formatter_out *out)
{
	*out = (struct formatter_out){ .least = o->least };
	while (!o->given_up) {
		out->size = ring_space(o->ring, k->most, &out->at);
		if (out->size >= k->most)
			return;
		if (ring_left(o->consumer))
			give_up(o);
		else
			wait_for_wake(k);
	}
	out->at = o->scratch;
	out->size = k->most;
}

/* Whether the next lines are for it. */
static bool takes(const struct transform *k, const struct output *o)
{
	return o->stream < 0 || k->lines[o->stream] == k->now;
}

/* In the outputs that take the next lines, one after the other. Returns their number. */
static size_t find_room(struct transform *k, struct formatter_out outs[TRANSFORM_OUTPUTS])
{
	size_t count = 0;

	for (size_t i = 0; i < k->output_count; i++)
		if (takes(k, &k->outputs[i]))
			await_room(k, &k->outputs[i], &outs[count++]);
	return count;
}

static void put(struct output *o, const struct formatter_out *out)
{
	if (out->len == 0)
		return;
	o->midline = out->at[out->len - 1] != '\n';
	if (o->given_up) {
		lose(o, out->len, newlines_count(out->at, out->len));
	} else {
		ring_fill(o->ring, out->len);
		ring_publish(o->ring, out->len);
	}
}

static void publish(struct transform *k, const struct formatter_out *outs,
		    const struct formatter_tally *tally)
{
	for (size_t i = 0; i < k->output_count; i++)
		if (takes(k, &k->outputs[i]))
			put(&k->outputs[i], outs++);
	line_counter_add(&k->counts->filtered, tally->filtered_lines, tally->filtered_bytes);
	counter_add(&k->counts->limit_hits, tally->limit_hits);
}

/* Returns: whether the thread that called this still has the role. */
static bool write_output(struct transform *k)
{
	const struct output *o = &k->outputs[0];
	struct worker *me = k->active; /* the caller */
	bool still;

	if (!k->write || o->given_up)
		return true;
	must(pthread_mutex_lock(&k->lock));
	k->writes_since_ns = clock_mono_ns();
	me->writes = true;
	must(pthread_mutex_unlock(&k->lock));
	if (!k->write(k->write_arg))
		ring_wake(o->ring);
	must(pthread_mutex_lock(&k->lock));
	me->writes = false;
	still = k->active == me;
	if (still)
		k->writes_since_ns = 0;
	must(pthread_mutex_unlock(&k->lock));
	return still;
}

/*
 * Renders as many of the next bytes as there is room for, and consumes them. Returns their number;
 * 0: they are a part of a long line, or of the last, and more is waited for.
 */
static size_t render_some(struct transform *k, const char *p, size_t len)
{
	struct formatter_out outs[TRANSFORM_OUTPUTS];
	struct formatter_tally tally = { 0 };
	size_t count = find_room(k, outs);
	size_t used = formatter_render(k->now, k->read_ns, p, len, outs, count, &tally);

	publish(k, outs, &tally);
	ring_advance(k->from, used);
	k->rest = (struct ring_span){ 0 };
	if (used == 0) {
		k->rest = (struct ring_span){ .at = p, .len = len };
		ring_await_more(k->from, len);
	}
	return used;
}

/* Returns: whether the thread still has the role. */
static bool transform_span(struct transform *k, const struct ring_span *span)
{
	const char *p = span->at;
	size_t len = span->len;

	while (len > 0) {
		size_t used = render_some(k, p, len);

		p += used;
		len -= used;
		if (!write_output(k))
			return false;
		if (used == 0)
			return true;
	}
	return true;
}

/* The rest is a line without a newline: the last of all, or the last before a mark. */
static void finish_line(struct transform *k, const struct ring_span *span)
{
	struct formatter_out outs[TRANSFORM_OUTPUTS];
	const char *p = span->at;
	size_t len = span->len, used;
	bool done;

	do {
		struct formatter_tally tally = { 0 };

		size_t count = find_room(k, outs);
		done = formatter_finish(k->now, k->read_ns, p, len, false, outs, count, &tally,
					&used);
		publish(k, outs, &tally);
		p += used;
		len -= used;
	} while (!done);
	ring_advance(k->from, span->len);
}

static void pass_on(struct transform *k, const struct ring_mark *mark)
{
	/* A mark is never within a line, so this line has ended. */
	if (k->rest.len > 0) {
		finish_line(k, &k->rest);
		ring_wake(k->outputs[0].ring);
	}
	k->rest = (struct ring_span){ 0 };
	if (mark->kind == MARK_FROM) {
		k->now = k->lines[mark->arg[0]];
		k->read_ns = mark->arg[1];
	} else {
		for (size_t i = 0; i < k->output_count; i++) {
			struct output *o = &k->outputs[i];
			struct formatter_out out;

			while (!o->given_up && !ring_mark(o->ring, mark))
				await_room(k, o, &out);
			ring_wake(o->ring);
		}
	}
	ring_pass(k->from);
}

/* Waits until its consumer has consumed everything, or is given up. */
static void end_output(struct transform *k, struct output *o)
{
	while (!ring_left(o->consumer))
		wait_for_wake(k);
	if (!o->given_up)
		give_up(o); /* usually there is nothing left */
	if (o->lossy && o->midline)
		counter_add(&o->lost->lines, 1);
}

static void finish(struct transform *k, const struct ring_span *span)
{
	finish_line(k, span);
	for (size_t i = 0; i < k->output_count; i++)
		ring_end(k->outputs[i].ring);
	for (size_t i = 0; i < k->output_count; i++)
		end_output(k, &k->outputs[i]);
	ring_leave(k->from);
}

/* Only if everything is written; otherwise later again. */
static void trim(struct transform *k)
{
	bool all = true;

	for (size_t i = 0; i < k->output_count; i++)
		all = (k->outputs[i].given_up || ring_trim(k->outputs[i].ring, false)) && all;
	k->trim_ns = all ? RING_FOREVER : clock_mono_ns() + RING_TRIM_AFTER_NS;
	k->untrimmed = 0;
}

/* ---- a few lines, in somebody else's thread ---- */

static void hush(struct transform *k, bool hushed)
{
	for (size_t i = 0; i < k->output_count; i++)
		ring_hush(k->outputs[i].ring, hushed || (k->write && i == 0));
}

static bool has_room(struct transform *k)
{
	for (size_t i = 0; i < k->output_count; i++) {
		char *at;

		if (k->outputs[i].given_up || ring_space(k->outputs[i].ring, 0, &at) < k->most)
			return false;
	}
	return true;
}

/* Returns: false if it is for the transform's own thread: much, or the memory has to be released
 * later. */
static bool try_span(struct transform *k, const struct ring_span *span, size_t most)
{
	if (span->len > most || k->untrimmed + span->len >= RING_TRIM_BYTES)
		return false;
	k->untrimmed += render_some(k, span->at, span->len);
	return true;
}

/* Returns: whether to look again. */
static bool try_next(struct transform *k, size_t most)
{
	struct ring_span span;
	struct ring_mark mark;

	switch (ring_peek(k->from, 0, &span, &mark)) {
	case RING_BYTES:
		return has_room(k) && try_span(k, &span, most);
	case RING_MARK:
		if (mark.kind != MARK_FROM || k->rest.len > 0)
			return false;
		pass_on(k, &mark);
		return true;
	case RING_TIMEOUT:
	case RING_END:
		break;
	}
	return false;
}

bool transform_try(struct transform *k, size_t most)
{
	if (!ring_borrow_all(k->from))
		return false;
	hush(k, true);
	while (try_next(k, most))
		;
	hush(k, false);
	ring_return(k->from, 0);
	return true;
}

/* Does the work until the end, or until another thread does. */
static void work(struct transform *k)
{
	struct ring_span span;
	struct ring_mark mark;

	for (;;) {
		switch (ring_peek(k->from, k->trim_ns, &span, &mark)) {
		case RING_BYTES:
			k->untrimmed += span.len;
			if (k->untrimmed >= RING_TRIM_BYTES)
				k->trim_ns = clock_mono_ns() + RING_TRIM_AFTER_NS;
			if (!transform_span(k, &span))
				return;
			break;
		case RING_MARK:
			pass_on(k, &mark);
			break;
		case RING_TIMEOUT:
			trim(k);
			break;
		case RING_END:
			finish(k, &span);
			must(pthread_mutex_lock(&k->lock));
			k->has_ended = true;
			must(pthread_cond_broadcast(&k->changed));
			must(pthread_mutex_unlock(&k->lock));
			return;
		}
	}
}

/* Returns: false if the end comes before the time is over. */
static bool wait_for_patience(struct transform *k)
{
	int64_t until = clock_mono_ns() + PATIENCE;
	bool ended;

	must(pthread_mutex_lock(&k->lock));
	while (!k->has_ended && condition_wait_until(&k->changed, &k->lock, until))
		;
	ended = k->has_ended;
	must(pthread_mutex_unlock(&k->lock));
	return !ended;
}

/* Takes the role from a thread that hangs. */
static void take_role(struct worker *w)
{
	struct transform *k = w->k;

	must(pthread_mutex_lock(&k->lock));
	if (k->writes_since_ns && clock_mono_ns() - k->writes_since_ns >= PATIENCE) {
		k->active = w;
		k->writes_since_ns = 0;
	}
	must(pthread_mutex_unlock(&k->lock));
}

/* The other thread has the role, and may be in a write while the reading side waits. */
static void stand_by(struct worker *w)
{
	ring_await_want(w->k->in);
	if (wait_for_patience(w->k) && ring_wants(w->k->in))
		take_role(w);
}

static bool is_needed(struct worker *w, bool *active)
{
	struct transform *k = w->k;
	bool needed;

	must(pthread_mutex_lock(&k->lock));
	needed = !k->has_ended;
	*active = k->active == w;
	must(pthread_mutex_unlock(&k->lock));
	return needed;
}

static void *transform_thread(void *arg)
{
	struct worker *w = arg;
	bool active;

	pthread_setname_np(pthread_self(), "transform");
	while (is_needed(w, &active)) {
		if (active)
			work(w->k);
		else
			stand_by(w);
	}
	return NULL;
}

void transform_write(struct transform *k, bool (*write)(void *arg), void *arg)
{
	k->write = write;
	k->write_arg = arg;
}

static int start_worker(struct transform *k)
{
	struct worker *w = &k->workers[k->worker_count];

	w->k = k;
	errno = pthread_create(&w->thread, NULL, transform_thread, w);
	if (errno)
		return -1;
	k->worker_count++;
	return 0;
}

int transform_start(struct transform *k, struct ring *in, struct ring_cursor *from)
{
	for (size_t i = 0; i < k->output_count; i++) {
		k->outputs[i].scratch = malloc(k->most); /* no memory before it is used */
		if (!k->outputs[i].scratch)
			return -1;
	}
	k->in = in;
	k->from = from;
	k->trim_ns = RING_FOREVER;
	k->active = &k->workers[0];
	if (!k->write)
		return start_worker(k);
	ring_hush(k->outputs[0].ring, true);
	return start_worker(k) == 0 ? start_worker(k) : -1;
}

bool transform_join(struct transform *k)
{
	bool all = true;

	must(pthread_mutex_lock(&k->lock));
	while (!k->has_ended)
		must(pthread_cond_wait(&k->changed, &k->lock));
	must(pthread_mutex_unlock(&k->lock));
	for (size_t i = 0; i < k->worker_count; i++) {
		struct worker *w = &k->workers[i];

		/* What it writes is taken out of the ring only when it comes back, so it is lost.
		 */
		must(pthread_mutex_lock(&k->lock));
		bool hangs = w->writes && k->outputs[0].lossy;
		must(pthread_mutex_unlock(&k->lock));
		must(hangs ? pthread_detach(w->thread) : pthread_join(w->thread, NULL));
		all = all && !hangs;
	}
	return all;
}
