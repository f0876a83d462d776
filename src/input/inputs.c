/*
 * The inputs of a run: when each is read, left alone, held back, and has ended.
 *
 * Each input is in one state, and only move() changes it. The state decides which watcher runs; no
 * watcher is started or stopped anywhere else:
 *
 *      state      goes on when                             to
 *      READING    libev reports bytes; for a pipe that     READING, NAPPING, FULL, HELD, ENDED
 *                 is drained, at once, in idle time
 *      AWAY       the reader, a thread of its own, reads   AWAY, FULL, ENDED; READING, to be
 *                 a pipe                                   drained
 *      NAPPING    its timer fires                          READING, FULL
 *      FULL       the ring has room                        READING, AWAY
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
 * A pipe on standard input is the only input. The reader's calls (on_offer, on_bytes) do what
 * belongs to one read: marks, lines, the end of a state. What concerns watchers and timers they
 * leave to the loop: they note it, and on_news does it. Both hold the lock, so they never run at
 * the same time; the loop gives it away while it waits for events.
 *
 * Naps: reading each line as it arrives costs the application a wake-up per line. A little later
 * one read gets many lines. coalesce decides how long that is.
 */
#include "input/inputs.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "input/coalesce.h"
#include "input/flow.h"
#include "input/reader.h"
#include "input/source.h"
#include "stream/ring.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	NO_PIPE = 64 * 1024,
	BURST = 1024 * 1024, /* read before anything else is looked at */
	RECORD = 4096,       /* the most that a terminal, or a pipe of packets, gives at once */
};

#define STALL_S      1.0 /* how long an unfinished line may hold other inputs */
#define WAIT_S       5.0 /* a program that had to wait so long for room is worth a word */
#define WAIT_AGAIN_S 60.0
#define SLEEP_S      0.01 /* the longest nap that signals and timers wait for */

enum state { READING, AWAY, NAPPING, FULL, HELD, ENDED, FINISHED };

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

	ev_io io;     /* READING, if it is no pipe */
	ev_idle idle; /* READING, if it is one */
	ev_timer nap; /* NAPPING */

	struct reader *reader; /* AWAY; NULL: it is no pipe that should not be polled */
	struct flow flow;
	struct intake_offer offer;
	bool over; /* the reader found the end */
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
	int64_t last_read_ns;  /* CLOCK_MONOTONIC */
	ev_timer stall, trim, wait;
	bool wait_said;

	/* for the reader */
	pthread_mutex_t lock; /* the loop has it, but for when it waits */
	ev_async news;        /* the reader noted something */
	bool told;
	bool wants_trim;
	ev_timer watch;   /* whether the reader hangs in a write */
	int64_t watch_ns; /* how often; 0: not now */
	bool tried;       /* since the last look */
	bool watch_soon;  /* that is too seldom now */
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
	if (in->state == AWAY)
		reader_halt(in->reader);
	in->state = to;
	switch (to) {
	case READING:
		if (in->reader)
			ev_idle_start(ev, &in->idle);
		else
			ev_io_start(ev, &in->io);
		break;
	case AWAY:
		reader_go(in->reader);
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

/* Nothing keeps it from being read. */
static void read_on(struct input *in)
{
	move(in, in->reader && in->limit == SIZE_MAX ? AWAY : READING);
}

/* Moves on the inputs whose obstacle is gone. Call it when room or a holder may have changed. */
static void go_on(struct inputs *all)
{
	if (all->full_since_ns)
		return;
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (in->state == FULL || (in->state == HELD && !intake_holder(all->intake)))
			read_on(in);
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
	if (in->state == AWAY)
		move(in, READING);
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

static void start_wait(struct inputs *all)
{
	if (ev_is_active(&all->wait))
		return;
	ev_timer_set(&all->wait, WAIT_S, WAIT_AGAIN_S);
	ev_timer_start(all->ev, &all->wait);
}

/* The ring is full. */
static void stop_reading(struct inputs *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct input *in = &all->inputs[i];

		if (in->state == READING || in->state == AWAY || in->state == NAPPING)
			move(in, FULL);
	}
	if (!all->full_since_ns) {
		all->full_since_ns = clock_mono_ns();
		all->counts->waits_since_ns = all->full_since_ns;
	}
}

static void on_full(struct inputs *all)
{
	stop_reading(all);
	start_wait(all);
	ev_set_io_collect_interval(all->ev, 0.);
}

static void on_bytes(struct inputs *all, struct input *in, size_t got)
{
	all->last_read_ns = clock_mono_ns();
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

	ev_set_io_collect_interval(all->ev, in_short ? nap : 0.);
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
	double pause = (double)(clock_mono_ns() - all->last_read_ns) / (double)CLOCK_SECOND;
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

/*
 * A pipe in READING: it is drained. Called in each turn of the loop that has nothing else to do.
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
}

/* ---- what the reader does ---- */

static void tell_loop(struct inputs *all)
{
	all->told = true;
	ev_async_send(all->ev, &all->news);
}

static bool on_offer(void *arg, char **at, size_t *len)
{
	struct input *in = arg;

	if (intake_offer(in->all->intake, in->feed, SIZE_MAX, &in->offer) != INTAKE_READ) {
		stop_reading(in->all); /* it is full; there is nobody who could hold it */
		tell_loop(in->all);
		return false;
	}
	*at = in->offer.at;
	*len = in->offer.len;
	return true;
}

static bool on_wait_for_loop(void *arg)
{
	const struct input *in = arg;

	return in->all->o.on_wait && in->all->o.on_wait(in->all->o.arg);
}

/* The reader is about to write: it must be looked after. */
static void be_watched(struct inputs *all, const struct flow *f)
{
	all->tried = true;
	if (all->watch_soon || (all->watch_ns && all->watch_ns <= 2 * f->watch_ns))
		return;
	all->watch_soon = true;
	tell_loop(all);
}

static struct reader_step on_bytes_read(void *arg, ssize_t n, int error)
{
	struct input *in = arg;
	struct inputs *all = in->all;
	struct flow *f = &in->flow;

	all->o.on_read(all->o.arg);
	n = source_judge(in->source, n, error);
	if (n <= 0) {
		in->over = true;
		all->failed = all->failed || n == SOURCE_FAILED;
		tell_loop(all);
		return (struct reader_step){ .stop = true };
	}
	all->last_read_ns = clock_mono_ns();
	flow_next(f, all->last_read_ns, (size_t)n);
	bool tries = f->quiet && reader_may_try(in->reader);
	if (tries) {
		be_watched(all, f);
		ring_hush(all->ring, true);
	}
	intake_take(all->intake, in->feed, &in->offer, (size_t)n);
	if (tries)
		ring_hush(all->ring, false);
	if (n >= RING_TRIM_BYTES && !all->wants_trim) {
		all->wants_trim = true;
		tell_loop(all);
	}
	if ((size_t)n >= f->coalesce.capacity / 2 && source_widen(in->source))
		flow_capacity(f, source_capacity(in->source));
	return (struct reader_step){ .tries = tries, .nap_ns = f->nap_ns };
}

static void on_quiet(void *arg)
{
	const struct input *in = arg;

	in->all->o.on_quiet(in->all->o.arg);
}

static void watch_for(struct inputs *all, int64_t ns)
{
	all->watch_ns = ns;
	all->tried = false;
	ev_timer_stop(all->ev, &all->watch);
	ev_timer_set(&all->watch, (double)ns / (double)CLOCK_SECOND, 0.);
	ev_timer_start(all->ev, &all->watch);
}

/*
 * Who has the reader's role now may hang in a write, so another thread gets the role; if it does
 * not hang, no harm is done. The looks become rarer as long as the program's rate allows it, and
 * end when nothing has been tried for the longest time between two.
 */
static void on_watch(struct ev_loop *ev, ev_timer *w, int events)
{
	struct inputs *all = w->data;
	const struct input *in = &all->inputs[0];
	int64_t next = 4 * all->watch_ns;

	(void)ev;
	(void)events;
	if (in->state == AWAY && reader_look(in->reader))
		ring_wake(all->ring); /* it may not have come to that */
	if (!all->tried && all->watch_ns >= FLOW_LAST_WATCH_NS) {
		all->watch_ns = 0;
		return;
	}
	if (all->tried && next > in->flow.watch_ns)
		next = in->flow.watch_ns;
	watch_for(all, next > FLOW_FIRST_WATCH_NS ? next : FLOW_FIRST_WATCH_NS);
}

/* Does what the reader may not, see the essay above. */
static void on_news(struct ev_loop *ev, ev_async *w, int events)
{
	struct inputs *all = w->data;
	struct input *in = &all->inputs[0];

	(void)events;
	if (!all->told)
		return;
	all->told = false;
	if (in->state == FULL)
		start_wait(all);
	if (in->over && !is_over(in))
		end_input(all, in);
	if (all->wants_trim && !ev_is_active(&all->trim))
		ev_timer_again(ev, &all->trim);
	if (all->watch_soon)
		watch_for(all, FLOW_FIRST_WATCH_NS);
	all->watch_soon = false;
}

/* libev is about to wait for events. */
static void give_lock(struct ev_loop *ev)
{
	struct inputs *all = ev_userdata(ev);

	if (all->inputs[0].reader)
		reader_turn(all->inputs[0].reader);
	must(pthread_mutex_unlock(&all->lock));
}

static void take_lock(struct ev_loop *ev)
{
	struct inputs *all = ev_userdata(ev);
	int error = errno;

	must(pthread_mutex_lock(&all->lock));
	errno = error;
}

void inputs_sleep(struct inputs *all, int64_t ns)
{
	const struct timespec time = { .tv_sec = ns / CLOCK_SECOND, .tv_nsec = ns % CLOCK_SECOND };

	give_lock(all->ev);
	(void)nanosleep(&time, NULL);
	take_lock(all->ev);
}

/* ---- timers ---- */

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
	if (!ring_trim(all->ring, all->inputs[0].state == AWAY) &&
	    clock_mono_ns() - all->last_read_ns <= RING_TRIM_AFTER_NS)
		return;
	all->wants_trim = false;
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

/* -1 and errno. */
static int start_reader(struct inputs *all, struct input *in)
{
	const struct reader_options o = {
		.fd = source_fd(in->source),
		.lock = &all->lock,
		.on_offer = on_offer,
		.on_wait = on_wait_for_loop,
		.on_bytes = on_bytes_read,
		.on_quiet = all->o.on_quiet ? on_quiet : NULL,
		.arg = in,
	};

	insist(in == &all->inputs[0]);
	flow_init(&in->flow, all->o.interval_ns, in->coalesce.capacity);
	ev_async_start(all->ev, &all->news);
	in->reader = reader_start(&o);
	return in->reader ? 0 : -1;
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
	if (source_is_pipe(source) && start_reader(all, in) < 0)
		return -1;
	if (in == &all->inputs[all->count])
		all->count++;
	in->state = FULL;
	if (!all->full_since_ns)
		read_on(in);
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
	}
	if (all->told)
		ev_feed_event(all->ev, &all->news, EV_ASYNC);
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
	init_timer(all, &all->watch, on_watch, 0.);
	ev_async_init(&all->news, on_news);
	all->news.data = all;
	must(pthread_mutex_init(&all->lock, NULL));
	must(pthread_mutex_lock(&all->lock));
	ev_set_userdata(ev, all);
	ev_set_loop_release_cb(ev, give_lock, take_lock);
	return all;
}
