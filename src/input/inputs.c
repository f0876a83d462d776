/*
 * The inputs of a run: when each is read, left alone, held back, and has ended.
 *
 * Each input is in one state, and only move() changes it. The state decides which watcher runs; no
 * watcher is started or stopped anywhere else:
 *
 *      state      goes on when                             to
 *      READING    libev reports bytes; for a pipe, at      READING, NAPPING, FULL, HELD, ENDED,
 *                 once, in idle time                       and a pipe that stays empty WAITING
 *      WAITING    the pipewait reports that a pipe has     READING
 *                 bytes, or its end
 *      NAPPING    its timer fires                          READING, FULL
 *      FULL       the ring has room                        READING
 *      HELD       another input's long line has ended      READING
 *      ENDED      its last line is in the ring             FINISHED
 *      FINISHED   never; its place may be used again
 *
 * Any state but FINISHED can change to ENDED: the end was read, a read failed, or a signal asked
 * for the end of the run; and to FINISHED, when all inputs are given up. Draining is not a state
 * but a limit: a drained input naps and is held like any other, but gives no more than the bytes
 * that it held when draining began. Without that limit, an application that never stops writing
 * would keep the run from ending.
 *
 * Two things must never happen:
 *
 *   - An input stays in FULL or HELD although it could be read. inputs_room reports room. A holder
 *     lets go in one of its reads, at its end, or when on_stall closes its line; each of these
 *     calls go_on, and the stall timer runs while any input is HELD.
 *   - An input stays in ENDED because nobody tries to publish its last line again. The ring takes
 *     the line once it has room and no other input holds it; whatever can change one of these calls
 *     finish_inputs.
 *
 * The simpler design is a flag for each condition (napping, waited for, held, ended). But then code
 * that starts a watcher must test all other flags, and each new flag adds a test in places that
 * have no other reason to know about it.
 *
 * Naps: reading each line as it arrives costs the application a wake-up per line. A little later
 * one read gets many lines. coalesce decides how long that is.
 */
#include "input/inputs.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "input/coalesce.h"
#include "input/pipewait.h"
#include "input/source.h"
#include "stream/ring.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	NO_PIPE = 64 * 1024,
	BURST = 1024 * 1024, /* read before anything else is looked at */
	RECORD = 4096,       /* the most that a terminal, or a pipe of packets, gives at once */
};

#define STALL_S      1.0 /* how long an unfinished line may hold other inputs */
#define WAIT_S       5.0 /* a program that had to wait so long for room is worth a word */
#define WAIT_AGAIN_S 60.0
#define SLEEP_S      0.01 /* the longest nap that signals and timers wait for */

enum state { READING, WAITING, NAPPING, FULL, HELD, ENDED, FINISHED };

struct input {
	struct inputs *all;
	enum state state;
	struct source *source; /* NULL: it was retired and has finished */
	size_t origin;
	struct feed *feed;
	struct coalesce coalesce;
	size_t burst; /* bytes since the last nap */
	size_t limit; /* bytes that may still be read; SIZE_MAX: as many as come */
	bool retired; /* another input reads what its name leads to */

	ev_io io;                  /* READING, if it is no pipe */
	ev_idle idle;              /* READING, if it is one */
	ev_timer nap;              /* NAPPING */
	struct pipewait *pipewait; /* WAITING; NULL: it is no pipe that should not be polled */
	ev_async news;             /* from the pipewait */
	atomic_bool told;          /* it is there */
	atomic_bool no_more;       /* and is: it has ended */
};

struct inputs {
	struct ev_loop *ev;
	struct intake *intake;
	struct ring *ring;
	struct inputs_options o;
	struct inputs_counts *counts;

	struct input inputs[INTAKE_FEEDS];
	size_t count;
	bool ended; /* and the ring with them */
	bool failed;
	int64_t full_since_ns; /* CLOCK_MONOTONIC; 0: the ring has room */
	ev_tstamp last_read;
	ev_timer stall, trim, wait;
	bool wait_said;
};

/* Whether nothing more is read from it. */
static bool is_over(const struct input *in)
{
	return in->state >= ENDED;
}

/* The only function that changes a state, or starts or stops what an input waits for. */
static void move(struct input *in, enum state to)
{
	struct ev_loop *ev = in->all->ev;

	insist(!is_over(in) || to > in->state);
	ev_io_stop(ev, &in->io);
	ev_idle_stop(ev, &in->idle);
	ev_timer_stop(ev, &in->nap);
	in->state = to;
	switch (to) {
	case READING:
		if (in->pipewait)
			ev_idle_start(ev, &in->idle);
		else
			ev_io_start(ev, &in->io);
		break;
	case WAITING:
		pipewait_wait(in->pipewait);
		break;
	case NAPPING:
		ev_timer_set(&in->nap, in->coalesce.nap, 0.);
		ev_timer_start(ev, &in->nap);
		break;
	case FULL:
	case HELD:
	case ENDED:
	case FINISHED:
		break;
	}
}

/* Moves on the inputs whose obstacle is gone. Call it when room or a holder may have changed. */
static void go_on(struct inputs *all)
{
	if (all->full_since_ns)
		return;
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (in->state == FULL || (in->state == HELD && !intake_holder(all->intake)))
			move(in, READING);
	}
}

/* Publishes the last line of each input that has ended, as far as that can be done in one pass. */
static bool finish_some(struct inputs *all)
{
	bool any = false;

	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (in->state != ENDED || !intake_finish(all->intake, in->feed))
			continue;
		any = true;
		move(in, FINISHED);
		if (in->retired) {
			source_close(in->source);
			in->source = NULL;
		}
	}
	return any;
}

bool inputs_finished(const struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->inputs[i].state != FINISHED)
			return false;
	return true;
}

/*
 * Goes on with the end as far as the ring has room for it. An input that holds the ring is in
 * the way of all others, whatever their order; so each one that finishes is a reason to try
 * the others again.
 */
static void finish_inputs(struct inputs *all)
{
	while (finish_some(all))
		;
	go_on(all); /* one that ended may have held the others */
	if (!inputs_finished(all) || all->ended || !intake_end(all->intake))
		return;
	all->ended = true;
	ev_timer_stop(all->ev, &all->wait);
	ev_set_io_collect_interval(all->ev, 0.);
	all->o.on_ended(all->o.arg);
}

static void end_input(struct inputs *all, struct input *in)
{
	move(in, ENDED);
	finish_inputs(all);
}

/* Nothing may be read from this input beyond what is there now. */
static void drain_input(struct inputs *all, struct input *in)
{
	if (is_over(in))
		return;
	in->limit = source_available(in->source);
	if (in->limit == 0)
		end_input(all, in);
}

static void on_wait(struct ev_loop *ev, ev_timer *w, int events)
{
	struct inputs *all = w->data;

	(void)ev;
	(void)events;
	all->wait_said = true;
	/* Rounded, for libev counts from when it last looked at the clock. */
	diag(DIAG_WARNING,
	     "the buffer is full, and the program that logs has been blocked for %" PRId64
	     " s; the file or standard output is not accepting data fast enough",
	     (clock_mono_ns() - all->full_since_ns + CLOCK_SECOND / 2) / CLOCK_SECOND);
}

static void on_room(struct inputs *all)
{
	if (all->full_since_ns) {
		int64_t waited = clock_mono_ns() - all->full_since_ns;

		counter_add(&all->counts->waited_ns, (uint64_t)waited);
		all->counts->waits_since_ns = 0;
		if (all->wait_said)
			diag(DIAG_WARNING, "the buffer has room again after %" PRId64 " ms",
			     waited / CLOCK_MS);
		all->wait_said = false;
		all->full_since_ns = 0;
		ev_timer_stop(all->ev, &all->wait);
	}
	go_on(all);
}

static void on_full(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (in->state == READING || in->state == NAPPING)
			move(in, FULL);
	}
	if (!all->full_since_ns) {
		all->full_since_ns = clock_mono_ns();
		all->counts->waits_since_ns = all->full_since_ns;
		ev_timer_set(&all->wait, WAIT_S, WAIT_AGAIN_S);
		ev_timer_start(all->ev, &all->wait);
	}
	ev_set_io_collect_interval(all->ev, 0.);
}

static void on_bytes(struct inputs *all, struct input *in, size_t got)
{
	all->last_read = ev_now(all->ev);
	if (in->limit != SIZE_MAX)
		in->limit -= got;
	if (got >= RING_TRIM_BYTES && !ev_is_active(&all->trim))
		ev_timer_again(all->ev, &all->trim);
	/* Somebody else may be held, or be free again. */
	if (!intake_holder(all->intake)) {
		ev_timer_stop(all->ev, &all->stall);
		finish_inputs(all);
	} else if (ev_is_active(&all->stall)) {
		ev_timer_again(all->ev, &all->stall);
	}
	if (in->limit == 0)
		end_input(all, in);
}

/* One read. Returns how many bytes came. */
static size_t pull(struct inputs *all, struct input *in)
{
	size_t got;

	all->o.on_read(all->o.arg);
	switch (intake_pull(all->intake, in->feed, in->limit, &got)) {
	case INTAKE_READ:
		on_bytes(all, in, got);
		break;
	case INTAKE_LATER:
		if (in->limit != SIZE_MAX)
			end_input(all, in); /* somebody else took what was there */
		break;
	case INTAKE_FULL:
		on_full(all);
		break;
	case INTAKE_HELD:
		move(in, HELD);
		if (!ev_is_active(&all->stall))
			ev_timer_again(all->ev, &all->stall);
		break;
	case INTAKE_FAILED:
		all->failed = true;
		end_input(all, in);
		break;
	case INTAKE_ENDED:
		end_input(all, in);
		break;
	}
	return got;
}

/*
 * Reads what the input holds now. What comes meanwhile is for the next look, or small reads would
 * follow each other without end. Some inputs give no more than a record at once, though they hold
 * many. Returns the bytes of the last read.
 */
static size_t pull_all(struct inputs *all, struct input *in)
{
	size_t got = pull(all, in), left = 0;

	in->burst += got;
	if (got > 0 && got <= RECORD && in->state == READING)
		left = source_available(in->source);
	while (left > 0 && got > 0 && in->state == READING) {
		got = pull(all, in);
		in->burst +=
			got > 0 && got < RECORD ? RECORD : got; /* the room it took in a pipe */
		left -= got < left ? got : left;
	}
	return got;
}

/* A program that fills half the pipe between two looks may soon have to wait. */
static void widen(struct input *in)
{
	if (!is_over(in) && in->burst >= in->coalesce.capacity / 2 && source_widen(in->source))
		in->coalesce.capacity = source_capacity(in->source);
}

/* Leaves the input alone for as long as coalesce says. libev's timers are in whole milliseconds,
 * its sleep is exact, and cannot be interrupted: so that is for short naps only. */
static void take_nap(struct inputs *all, struct input *in)
{
	double nap = in->coalesce.nap;
	bool in_short = nap <= SLEEP_S;

	if (!in->pipewait)
		ev_set_io_collect_interval(all->ev, in_short ? nap : 0.);
	else if (in_short)
		ev_sleep(nap);
	if (!in_short)
		move(in, NAPPING);
}

static void on_nap(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)events;
	move(w->data, READING);
}

static void on_readable(struct ev_loop *ev, ev_io *w, int events)
{
	struct input *in = w->data;
	struct inputs *all = in->all;
	double pause = ev_now(ev) - all->last_read;
	size_t got = pull_all(all, in);

	(void)events;
	if (got == 0 || got >= ring_stretch(all->ring)) { /* and there is more */
		ev_set_io_collect_interval(ev, 0.);
		return;
	}
	widen(in);
	coalesce_next(&in->coalesce, in->burst);
	if (pause > 2 * in->coalesce.longest)
		coalesce_start(&in->coalesce, pause);
	in->burst = 0;
	if (in->state == READING)
		take_nap(all, in);
}

/* The pipewait has seen bytes, or the end: its thread calls tell_news, and that wakes the loop.
 * After a pause the first line is read at once; within a flow of lines a nap comes first. */
static void on_news(struct ev_loop *ev, ev_async *w, int events)
{
	struct input *in = w->data;
	struct inputs *all = in->all;

	(void)events;
	if (!atomic_exchange(&in->told, false))
		return; /* it was found in another way, see inputs_look */
	if (in->state != WAITING)
		return; /* it was ended meanwhile */
	source_told(in->source);
	coalesce_start(&in->coalesce, in->no_more ? HUGE_VAL : ev_now(ev) - all->last_read);
	move(in, READING);
	take_nap(all, in);
}

static void tell_news(void *arg, bool ended)
{
	struct input *in = arg;

	in->no_more = ended;
	in->told = true;
	ev_async_send(in->all->ev, &in->news);
}

/*
 * A pipe in READING: called in each turn of the loop that has nothing else to do. Between two reads
 * it naps, as coalesce says; when it has stayed empty for long enough, the pipewait takes over.
 * After BURST bytes, signals and timers get their turn.
 */
static void on_idle(struct ev_loop *ev, ev_idle *w, int events)
{
	struct input *in = w->data;
	size_t got, full = ring_stretch(in->all->ring);

	(void)ev;
	(void)events;
	in->burst = 0;
	do
		got = pull_all(in->all, in);
	while (got >= full && in->burst < BURST && in->state == READING);
	widen(in);
	if (in->state != READING)
		return;
	if (coalesce_next(&in->coalesce, in->burst)) {
		/* Then libev looks for signals: they come before new lines. */
		take_nap(in->all, in);
		return;
	}
	move(in, WAITING);
}

/*
 * An unfinished line has held other inputs for STALL_S without a byte (on_bytes starts the timer
 * anew with each read). Closing it lets them go on; what the holder sends later becomes a line of
 * its own. If the ring has no room for the newline, the timer tries again.
 */
static void on_stall(struct ev_loop *ev, ev_timer *w, int events)
{
	struct inputs *all = w->data;
	const struct source *holder = intake_holder(all->intake);

	(void)events;
	if (holder && !all->full_since_ns) {
		if (!intake_break_line(all->intake))
			return; /* again after a second */
		diag(DIAG_WARNING,
		     "a long line from %s stalled while other inputs waited; it was ended with "
		     "a newline",
		     source_name(holder));
		finish_inputs(all);
	}
	if (!intake_holder(all->intake)) {
		ev_timer_stop(ev, w);
		go_on(all);
	}
}

static void on_trim(struct ev_loop *ev, ev_timer *w, int events)
{
	struct inputs *all = w->data;

	(void)events;
	/* An idle program is not to be woken by this, not even if a line is unfinished. */
	if (ring_trim(all->ring, false) || ev_now(ev) - all->last_read > w->repeat)
		ev_timer_stop(ev, w);
}

/* ---- inputs that come ---- */

/* Where another input can be; NULL: nowhere. */
static struct input *spare_input(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!all->inputs[i].source)
			return &all->inputs[i];
	return all->count < INTAKE_FEEDS ? &all->inputs[all->count] : NULL;
}

static int start_pipewait(struct inputs *all, struct input *in)
{
	ev_async_init(&in->news, on_news);
	in->news.data = in;
	ev_async_start(all->ev, &in->news);
	in->pipewait = pipewait_start(source_fd(in->source), tell_news, in);
	return in->pipewait ? 0 : -1;
}

int inputs_add(struct inputs *all, struct source *source, size_t origin)
{
	struct input *in = spare_input(all);
	size_t capacity = source_capacity(source);

	errno = ENOBUFS;
	struct feed *feed = in ? intake_feed(all->intake, source, origin) : NULL;
	if (!feed)
		return -1;
	in->all = all;
	in->source = source;
	in->origin = origin;
	in->feed = feed;
	in->retired = false;
	in->burst = 0;
	in->limit = SIZE_MAX;
	in->coalesce =
		(struct coalesce){ .longest = (double)all->o.interval_ns / (double)CLOCK_SECOND,
				   .capacity = capacity ? capacity : NO_PIPE };
	ev_io_init(&in->io, on_readable, source_fd(source), EV_READ);
	in->io.data = in;
	ev_idle_init(&in->idle, on_idle);
	in->idle.data = in;
	ev_timer_init(&in->nap, on_nap, 0., 0.);
	in->nap.data = in;
	if (source_is_pipe(source) && start_pipewait(all, in) < 0)
		return -1;
	if (in == &all->inputs[all->count])
		all->count++;
	in->state = all->full_since_ns ? FULL : READING;
	move(in, in->state);
	return 0;
}

/* The input that is read from that source. */
static struct input *find(const struct inputs *all, const struct source *source)
{
	for (size_t i = 0; i < all->count; i++)
		if (!is_over(&all->inputs[i]) && all->inputs[i].source == source)
			return (struct input *)&all->inputs[i];
	return NULL;
}

int inputs_replace(struct inputs *all, struct source *old, struct source *new)
{
	struct input *in = find(all, old);

	insist(in);
	if (inputs_add(all, new, in->origin) < 0)
		return -1;
	in->retired = true;
	if (!source_let_end(in->source))
		end_input(all, in);
	return 0;
}

/* ---- the end ---- */

/* Whether its end is waited for when a signal asks for ours. */
static bool is_awaited(const struct input *in)
{
	return !is_over(in) && !in->retired && !source_endless(in->source);
}

void inputs_stop(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (!is_awaited(in))
			drain_input(all, in);
		if (in->state == NAPPING)
			move(in, READING);
	}
}

void inputs_drain(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++)
		drain_input(all, &all->inputs[i]);
}

void inputs_end(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!is_over(&all->inputs[i]))
			end_input(all, &all->inputs[i]);
	finish_inputs(all);
}

void inputs_give_up(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->inputs[i].state != FINISHED)
			move(&all->inputs[i], FINISHED);
	ev_timer_stop(all->ev, &all->stall); /* the line that held others is among the lost */
	ev_timer_stop(all->ev, &all->wait);
	if (all->ended)
		return;
	ring_unfill(all->ring, ring_unpublished(all->ring));
	ring_end(all->ring);
	all->ended = true;
	all->o.on_ended(all->o.arg);
}

const struct source *inputs_awaited(const struct inputs *all, size_t i)
{
	for (size_t j = 0; j < all->count; j++)
		if (is_awaited(&all->inputs[j]) && i-- == 0)
			return all->inputs[j].source;
	return NULL;
}

bool inputs_failed(const struct inputs *all)
{
	return all->failed;
}

/* ---- what others ask for ---- */

bool inputs_reads(const struct inputs *all, const struct source *source)
{
	return find(all, source) != NULL;
}

bool inputs_apart(const struct inputs *all, const struct source *source)
{
	for (size_t i = 0; i < all->count; i++)
		if (!is_over(&all->inputs[i]) && source_is_same(source, all->inputs[i].source))
			return false;
	return true;
}

const struct source *inputs_at(const struct inputs *all, const struct source *source)
{
	for (size_t i = 0; i < all->count; i++)
		if (!is_over(&all->inputs[i]) && source_leads_to(source, all->inputs[i].source))
			return all->inputs[i].source;
	return NULL;
}

void inputs_room(struct inputs *all)
{
	if (all->ended)
		return;
	intake_settle(all->intake);
	on_room(all);
	finish_inputs(all);
}

void inputs_look(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (ev_is_active(&in->io) &&
		    (source_available(in->source) > 0 || fdio_is_readable(in->io.fd)))
			ev_feed_event(all->ev, &in->io, EV_READ);
		if (in->told)
			ev_feed_event(all->ev, &in->news, EV_ASYNC);
	}
}

static void init_timer(struct inputs *all, ev_timer *w,
		       void (*cb)(struct ev_loop *, ev_timer *, int), double repeat)
{
	ev_timer_init(w, cb, repeat, repeat);
	w->data = all;
}

struct inputs *inputs_new(struct ev_loop *ev, struct intake *intake, struct ring *ring,
			  const struct inputs_options *o, struct inputs_counts *counts)
{
	struct inputs *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->ev = ev;
	all->intake = intake;
	all->ring = ring;
	all->o = *o;
	all->counts = counts;
	init_timer(all, &all->stall, on_stall, STALL_S);
	init_timer(all, &all->trim, on_trim, (double)RING_TRIM_AFTER_NS / (double)CLOCK_SECOND);
	init_timer(all, &all->wait, on_wait, WAIT_AGAIN_S);
	return all;
}
