/*
 * Drive the reading side: inputs, signals, midnight, shutdown.
 *
 * The only room with <ev.h>. It runs until every consumer has left the ring, so
 * signals are answered to the last: a second TERM, counters, patience that ends.
 *
 *      reading --TERM--> reading on --grace ends--> draining --> ending
 *         |                  |                                     |
 *         +---- all inputs ended ----------------------------------+--> consumers
 *                                                                       left: done
 *
 * Draining means that an input may give no more than what was in its pipe when
 * draining began; otherwise a program that never stops writing would keep us.
 */
#include "logsink/loop.h"

#include "base/clock.h"
#include "base/diag.h"
#include "input/coalesce.h"
#include "input/intake.h"
#include "input/pipewait.h"
#include "input/source.h"
#include "logsink/stats.h"
#include "output/tee.h"
#include "output/writer.h"
#include "process/holder.h"
#include "stream/mark.h"
#include "stream/ring.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	NO_PIPE = 64 * 1024,
	BURST = 1024 * 1024, /* read before anything else is looked at */
	RECORD = 4096,       /* the most that a terminal, or a pipe of packets, gives at once */
};

#define STALL_S       1.0 /* how long an unfinished line may hold other inputs */
#define TEE_LOOK_S    1.0 /* a standard output that takes nothing for so long is stuck */
#define WRITER_LOOK_S 0.5 /* between looks whether the writer hangs */
#define WAIT_S        5.0 /* a program that had to wait so long for room is worth a word */
#define WAIT_AGAIN_S  60.0
#define TELL_S        1.0  /* after a signal to end, when to say that it was understood */
#define PLACE_S       0.25 /* for whoever removes a FIFO to make another */
#define SLEEP_S       0.01 /* the longest nap that signals and timers wait for */
#define RETRY_NS      (10 * CLOCK_MS)

/*
 * An input is waited for by libev; or, if it is a pipe that should not be polled, by
 * a pipewait, and then read from the loop's idle time until it has nothing more.
 */
struct input {
	struct loop *loop;
	struct source *source; /* NULL: it was retired and has finished */
	size_t origin;         /* its place among the loop's parts */
	struct feed *feed;
	struct coalesce pace;
	size_t burst;  /* bytes since the last nap */
	size_t limit;  /* bytes that may still be read */
	bool ended;    /* nothing more is read from it */
	bool finished; /* and its last line is in the ring */
	bool astray;   /* its name leads elsewhere, which was said */
	bool retired;  /* another input reads what its name leads to */

	ev_io io;
	struct pipewait *pipewait; /* or NULL */
	bool scouting;             /* its news is still to come */
	atomic_bool told;          /* the news is there */
	atomic_bool no_more;       /* and is: it has ended */
	ev_async news;
	ev_idle idle;
	ev_timer nap; /* it is left alone meanwhile */
};

struct loop {
	struct ev_loop *ev;
	struct loop_options o;
	const struct loop_parts *parts;

	struct input inputs[INTAKE_FEEDS];
	size_t input_count;
	struct calendar_period period;

	bool stopping;      /* TERM or INT came */
	bool leave;         /* twice */
	int64_t stopped_ns; /* CLOCK_MONOTONIC: the first time */
	bool ending;        /* the ring has ended; only the consumers are waited for */
	bool failed;
	int64_t full_since_ns; /* CLOCK_MONOTONIC; 0: the ring has room */
	uint64_t teed;         /* at the last look */
	ev_tstamp last_read;

	ev_io watches[LOOP_FILES]; /* of writers that may hang */
	atomic_bool woken;
	ev_async wake;
	ev_io signals;
	ev_io moved; /* a FIFO, perhaps */
	ev_periodic boundary;
	ev_timer place, grace, tell, stall, tee_look, stats, trim, writer_look, wait;
	bool wait_said;
	bool limit_said;
};

static struct loop *running; /* for on_libev_error, which is told nothing; there is one */

static sigset_t handled_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGUSR2);
	return set;
}

void loop_block_signals(void)
{
	sigset_t set = handled_signals();

	must(pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_SECOND;
}

/* Bytes and lines that have been read and not been written to f. */
static uint64_t file_waiting(const struct loop_parts *p, const struct loop_file *f, uint64_t *lines)
{
	uint64_t bytes = ring_waiting(f->ring, f->cursor, lines), raw_lines;

	if (f->ring != p->ring) {
		bytes += ring_waiting(p->ring, p->file_cursor, &raw_lines);
		*lines += raw_lines;
	}
	return bytes;
}

void loop_print_stats(const struct loop_parts *p)
{
	struct stats_waiting w;

	w.bytes = file_waiting(p, &p->files[0], &w.lines);
	w.bytes += intake_put_aside(p->intake);
	stats_print(p->stats, w);
}

/* ---- time ---- */

static time_t now_s(void)
{
	return (time_t)(clock_real_ns() / CLOCK_SECOND);
}

/* p, which now is in, begins; or what is left of it in another zone. */
static void begin_period(struct loop *l, time_t now, const struct calendar_period *p)
{
	l->period = *p;
	intake_mark(l->parts->intake, MARK_ROLL, now);
	if (ev_is_active(&l->boundary))
		ev_periodic_again(l->ev, &l->boundary);
}

/* The period that now is in, by the zone that the system has now: that may have been changed. */
static struct calendar_period find_period(const struct loop *l, time_t now)
{
	struct calendar_period p;

	tzset();
	calendar_find(&l->o.calendar, now, &p);
	return p;
}

/* Rolls if the clock has left the period, forwards or backwards. */
static void check_period(struct loop *l)
{
	time_t now = now_s();

	if (l->ending || calendar_holds(&l->period, now))
		return;
	const struct calendar_period p = find_period(l, now);
	begin_period(l, now, &p);
}

/* HUP: the system's zone may be another one now. */
static void check_zone(struct loop *l)
{
	time_t now = now_s();
	const struct calendar_period p = find_period(l, now);

	if (!l->ending && (p.start != l->period.start || p.end != l->period.end))
		begin_period(l, now, &p);
}

/* When libev's clock will be at the end of the period. libev asks again after
 * each firing, and after the system's clock was set. */
static ev_tstamp on_reschedule(ev_periodic *w, ev_tstamp now)
{
	struct loop *l = w->data;
	double left = seconds((int64_t)l->period.end * CLOCK_SECOND - clock_real_ns());

	return now + (left > 0.001 ? left : 0.001);
}

static void on_boundary(struct ev_loop *ev, ev_periodic *w, int events)
{
	(void)ev;
	(void)events;
	check_period(w->data);
}

static void start_calendar(struct loop *l)
{
	time_t now = now_s();

	calendar_find(&l->o.calendar, now, &l->period);
	intake_mark(l->parts->intake, MARK_ROLL, now);
	if (l->o.calendar.roll == CALENDAR_NEVER)
		return;
	ev_periodic_init(&l->boundary, on_boundary, 0., 0., on_reschedule);
	l->boundary.data = l;
	ev_periodic_start(l->ev, &l->boundary);
}

/* ---- the end ---- */

static void check_consumers(struct loop *l)
{
	const struct loop_parts *p = l->parts;

	if (l->ending && ring_left(p->file_cursor) && (!p->tee_cursor || ring_left(p->tee_cursor)))
		ev_break(l->ev, EVBREAK_ALL);
}

static void start_tee_look(struct loop *l)
{
	if (l->parts->tee && !ev_is_active(&l->tee_look)) {
		l->teed = l->parts->stats->tee.teed.bytes;
		ev_timer_again(l->ev, &l->tee_look);
	}
}

static void resume_input(struct loop *l, struct input *in)
{
	if (in->ended || in->scouting || ev_is_active(&in->nap))
		return;
	if (in->pipewait)
		ev_idle_start(l->ev, &in->idle);
	else
		ev_io_start(l->ev, &in->io);
}

static void resume_inputs(struct loop *l)
{
	for (size_t i = 0; i < l->input_count; i++)
		resume_input(l, &l->inputs[i]);
}

static void stop_input(struct loop *l, struct input *in)
{
	ev_io_stop(l->ev, &in->io);
	ev_idle_stop(l->ev, &in->idle);
	ev_timer_stop(l->ev, &in->nap);
}

static bool is_read(const struct input *in)
{
	return ev_is_active(&in->io) || ev_is_active(&in->idle);
}

static void look_at_places(struct loop *l)
{
	if (!ev_is_active(&l->place))
		ev_timer_again(l->ev, &l->place);
}

/* Publishes the last line of each input that has ended, as far as that can be done in one pass. */
static bool finish_some(struct loop *l)
{
	bool any = false;

	for (size_t i = 0; i < l->input_count; i++) {
		struct input *in = &l->inputs[i];

		if (!in->ended || in->finished)
			continue;
		in->finished = intake_finish(l->parts->intake, in->feed);
		any = any || in->finished;
		if (in->finished && in->retired)
			look_at_places(l); /* there it is closed */
	}
	return any;
}

static bool all_finished(const struct loop *l)
{
	for (size_t i = 0; i < l->input_count; i++)
		if (!l->inputs[i].finished)
			return false;
	return true;
}

/*
 * Goes on with the end as far as the ring has room for it. An input that holds the ring is in
 * the way of all others, whatever their order; so each one that finishes is a reason to try
 * the others again.
 */
static void finish_inputs(struct loop *l)
{
	while (finish_some(l))
		;
	if (!l->full_since_ns && !intake_holder(l->parts->intake))
		resume_inputs(l); /* one that ended may have held the others */
	if (!all_finished(l) || l->ending || !intake_end(l->parts->intake))
		return;
	l->ending = true;
	ev_timer_stop(l->ev, &l->wait);
	ev_set_io_collect_interval(l->ev, 0.);
	if (l->o.best_effort)
		start_tee_look(l);
	check_consumers(l);
}

static void end_input(struct loop *l, struct input *in)
{
	stop_input(l, in);
	in->ended = true;
	finish_inputs(l);
}

/* Nothing may be read from this input beyond what is there now. */
static void drain_input(struct loop *l, struct input *in)
{
	if (in->ended)
		return;
	in->limit = source_available(in->source);
	if (in->limit == 0)
		end_input(l, in);
}

static void on_tee_look(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;
	uint64_t teed = l->parts->stats->tee.teed.bytes;

	(void)events;
	if (ring_left(l->parts->tee_cursor)) {
		ev_timer_stop(ev, w);
		return;
	}
	if (tee_busy(l->parts->tee) && teed == l->teed) {
		ev_timer_stop(ev, w);
		tee_abandon(l->parts->tee);
		return;
	}
	l->teed = teed;
}

/* A disk that does not answer. What comes between sees to the end of its lines; if there is
 * nothing, all that was read is lost, and no more is to be read. */
static void give_up_file(struct loop *l, const struct loop_file *f)
{
	const struct loop_parts *p = l->parts;
	uint64_t bytes, lines;

	if (f->ring != p->ring) {
		ring_give_up(f->cursor);
		return;
	}
	bytes = file_waiting(p, f, &lines) + intake_put_aside(p->intake);
	if (intake_put_aside(p->intake) > 0) { /* a line without an end */
		counter_add(&p->stats->in.read.lines, 1);
		lines++;
	}
	/* The writer adds nothing any more. */
	line_counter_add(f->lost, lines, bytes);
	for (size_t i = 0; i < l->input_count; i++) {
		stop_input(l, &l->inputs[i]);
		l->inputs[i].ended = l->inputs[i].finished = true;
	}
	ev_timer_stop(l->ev, &l->stall); /* the line that held others is among the lost */
	if (!l->ending) {
		ring_unfill(p->ring, ring_unpublished(p->ring));
		ring_end(p->ring);
	}
	l->ending = true;
	ring_leave(f->cursor);
}

static void on_writer_look(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;
	const struct loop_parts *p = l->parts;
	size_t left = 0;

	(void)events;
	for (size_t i = 0; i < p->file_count; i++) {
		const struct loop_file *f = &p->files[i];

		if (!ring_left(f->cursor) && writer_abandon(f->writer))
			give_up_file(l, f);
		left += ring_left(f->cursor);
	}
	if (left == p->file_count)
		ev_timer_stop(ev, w);
}

static void hurry_files(struct loop *l)
{
	for (size_t i = 0; i < l->parts->file_count; i++)
		writer_hurry(l->parts->files[i].writer);
}

static void nudge_files(struct loop *l, bool reopen)
{
	for (size_t i = 0; i < l->parts->file_count; i++)
		writer_nudge(l->parts->files[i].writer, reopen);
}

/* No more patience with the sinks. */
static void hurry(struct loop *l)
{
	hurry_files(l);
	start_tee_look(l);
	if (!ev_is_active(&l->writer_look))
		ev_timer_again(l->ev, &l->writer_look);
}

static void on_tell(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	if (!all_finished(l))
		diag(DIAG_WAITING,
		     "a signal to end came, and input is read on until its end, for %.0f s at most; "
		     "a second signal ends it at once",
		     seconds(l->o.grace_ns));
}

/* Whether its end is waited for when a signal asks for ours. */
static bool is_awaited(const struct input *in)
{
	return !in->retired && !source_endless(in->source);
}

/* After the grace, what others still write there is theirs to lose. */
static void say_still_open(const struct loop *l, const struct input *in)
{
	struct stat st;
	char who[HOLDER_TEXT];

	if (in->ended || l->o.grace_ns == 0 || !is_awaited(in) ||
	    fstat(source_fd(in->source), &st) < 0)
		return;
	bool known = holder_find(source_fd(in->source), who);
	diag(DIAG_WARNING,
	     "%s is still open %.6g s after the signal to end, and is not read any more%s%s; a "
	     "longer --grace waits longer; 'ls -l /proc/[0-9]*/fd | grep %ju' shows who holds it",
	     source_name(in->source), seconds(l->o.grace_ns), known ? "; it is " : "",
	     known ? who : "", (uintmax_t)st.st_ino);
}

static void on_grace_over(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	for (size_t i = 0; i < l->input_count; i++) {
		say_still_open(l, &l->inputs[i]);
		drain_input(l, &l->inputs[i]);
	}
	hurry(l);
}

/* ---- reading ---- */

static void on_wait(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	l->wait_said = true;
	/* Rounded, for libev counts from when it last looked at the clock. */
	diag(DIAG_WARNING,
	     "the buffer is full, and the program that logs has been waiting for %" PRId64
	     " s; the file or standard output takes nothing, or too little",
	     (clock_mono_ns() - l->full_since_ns + CLOCK_SECOND / 2) / CLOCK_SECOND);
}

static void on_room(struct loop *l)
{
	if (l->full_since_ns) {
		int64_t waited = clock_mono_ns() - l->full_since_ns;

		counter_add(&l->parts->stats->input_waited_ns, (uint64_t)waited);
		l->parts->stats->waits_since_ns = 0;
		if (l->wait_said)
			diag(DIAG_WARNING, "the buffer has room again after %" PRId64 " ms",
			     waited / CLOCK_MS);
		l->wait_said = false;
		l->full_since_ns = 0;
		ev_timer_stop(l->ev, &l->wait);
	}
	resume_inputs(l);
}

static void on_full(struct loop *l)
{
	for (size_t i = 0; i < l->input_count; i++)
		stop_input(l, &l->inputs[i]);
	if (!l->full_since_ns) {
		l->full_since_ns = clock_mono_ns();
		l->parts->stats->waits_since_ns = l->full_since_ns;
		ev_timer_set(&l->wait, WAIT_S, WAIT_AGAIN_S);
		ev_timer_start(l->ev, &l->wait);
	}
	ev_set_io_collect_interval(l->ev, 0.);
}

static void on_bytes(struct loop *l, struct input *in, size_t got)
{
	l->last_read = ev_now(l->ev);
	if (in->limit != SIZE_MAX)
		in->limit -= got;
	if (got >= RING_TRIM_BYTES && !ev_is_active(&l->trim))
		ev_timer_again(l->ev, &l->trim);
	/* Somebody else may be held, or be free again. */
	if (!intake_holder(l->parts->intake)) {
		ev_timer_stop(l->ev, &l->stall);
		finish_inputs(l);
	} else if (ev_is_active(&l->stall)) {
		ev_timer_again(l->ev, &l->stall);
	}
	if (in->limit == 0)
		end_input(l, in);
}

/* One read. Returns how many bytes came. */
static size_t pull(struct loop *l, struct input *in)
{
	size_t got;

	check_period(l);
	switch (intake_pull(l->parts->intake, in->feed, in->limit, &got)) {
	case INTAKE_READ:
		on_bytes(l, in, got);
		break;
	case INTAKE_LATER:
		if (in->limit != SIZE_MAX)
			end_input(l, in); /* somebody else took what was there */
		break;
	case INTAKE_FULL:
		on_full(l);
		break;
	case INTAKE_HELD:
		stop_input(l, in);
		if (!ev_is_active(&l->stall))
			ev_timer_again(l->ev, &l->stall);
		break;
	case INTAKE_FAILED:
		l->failed = true;
		end_input(l, in);
		break;
	case INTAKE_ENDED:
		end_input(l, in);
		break;
	}
	return got;
}

/*
 * Reads what the input holds now. What comes meanwhile is for the next look, or small reads would
 * follow each other without end. Some inputs give no more than a record at once, though they hold
 * many. Returns the bytes of the last read.
 */
static size_t pull_all(struct loop *l, struct input *in)
{
	size_t got = pull(l, in), left = 0;

	in->burst += got;
	if (got > 0 && got <= RECORD && is_read(in))
		left = source_available(in->source);
	while (left > 0 && got > 0 && is_read(in)) {
		got = pull(l, in);
		in->burst +=
			got > 0 && got < RECORD ? RECORD : got; /* the room it took in a pipe */
		left -= got < left ? got : left;
	}
	return got;
}

/* A program that fills half the pipe between two looks may soon have to wait. */
static void widen(struct input *in)
{
	if (in->burst >= in->pace.capacity / 2 && source_widen(in->source))
		in->pace.capacity = source_capacity(in->source);
}

/* Leaves the input alone for as long as its pace says. libev's timers are in whole milliseconds,
 * its sleep is exact, and cannot be interrupted: so that is for short naps only. */
static void take_nap(struct loop *l, struct input *in)
{
	double nap = in->pace.nap;
	bool in_short = nap <= SLEEP_S;

	if (!in->pipewait)
		ev_set_io_collect_interval(l->ev, in_short ? nap : 0.);
	else if (in_short)
		ev_sleep(nap);
	if (in_short)
		return;
	stop_input(l, in);
	ev_timer_set(&in->nap, nap, 0.);
	ev_timer_start(l->ev, &in->nap);
}

static void end_nap(struct loop *l, struct input *in)
{
	ev_timer_stop(l->ev, &in->nap);
	if (!l->full_since_ns)
		resume_input(l, in);
}

static void on_nap(struct ev_loop *ev, ev_timer *w, int events)
{
	struct input *in = w->data;

	(void)ev;
	(void)events;
	end_nap(in->loop, in);
}

static void on_readable(struct ev_loop *ev, ev_io *w, int events)
{
	struct input *in = w->data;
	struct loop *l = in->loop;
	double pause = ev_now(ev) - l->last_read;
	size_t got = pull_all(l, in);

	(void)events;
	if (got == 0 || got >= ring_stretch(l->parts->ring)) { /* and there is more */
		ev_set_io_collect_interval(ev, 0.);
		return;
	}
	widen(in);
	coalesce_next(&in->pace, in->burst);
	if (pause > 2 * in->pace.longest)
		coalesce_start(&in->pace, pause);
	in->burst = 0;
	if (is_read(in))
		take_nap(l, in);
}

static void on_news(struct ev_loop *ev, ev_async *w, int events)
{
	struct input *in = w->data;
	struct loop *l = in->loop;

	(void)events;
	if (!atomic_exchange(&in->told, false))
		return; /* it was found in another way, see look_singly */
	in->scouting = false;
	source_told(in->source);
	coalesce_start(&in->pace, in->no_more ? HUGE_VAL : ev_now(ev) - l->last_read);
	take_nap(l, in);
	if (!l->full_since_ns)
		resume_input(l, in);
}

static void tell_news(void *arg, bool ended)
{
	struct input *in = arg;

	in->no_more = ended;
	in->told = true;
	ev_async_send(in->loop->ev, &in->news);
}

static void on_idle(struct ev_loop *ev, ev_idle *w, int events)
{
	struct input *in = w->data;
	size_t got, full = ring_stretch(in->loop->parts->ring);

	(void)events;
	in->burst = 0;
	do
		got = pull_all(in->loop, in);
	while (got >= full && in->burst < BURST && ev_is_active(w));
	widen(in);
	if (!ev_is_active(w))
		return;
	if (coalesce_next(&in->pace, in->burst)) {
		/* Then libev looks for signals: they come before new lines. */
		take_nap(in->loop, in);
		return;
	}
	ev_idle_stop(ev, w);
	in->scouting = true;
	pipewait_wait(in->pipewait);
}

static void on_stall(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;
	const struct source *holder = intake_holder(l->parts->intake);

	(void)events;
	if (holder && !l->full_since_ns) {
		if (!intake_break_line(l->parts->intake))
			return; /* again after a second */
		diag(DIAG_WARNING,
		     "a long line from %s stalled while other inputs waited; closed it with a newline",
		     source_name(holder));
		resume_inputs(l);
		finish_inputs(l);
	}
	if (!intake_holder(l->parts->intake)) {
		ev_timer_stop(ev, w);
		if (!l->full_since_ns)
			resume_inputs(l);
	}
}

static void on_wake(struct ev_loop *ev, ev_async *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	l->woken = false;
	if (!l->ending) {
		intake_settle(l->parts->intake);
		on_room(l);
		finish_inputs(l);
	}
	check_consumers(l);
}

static void on_watch(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	for (size_t i = 0; i < l->parts->file_count; i++)
		if (&l->watches[i] == w)
			writer_watch(l->parts->files[i].writer);
}

static void on_trim(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)events;
	/* An idle program is not to be woken by this, not even if a line is unfinished. */
	if (ring_trim(l->parts->ring) || ev_now(ev) - l->last_read > w->repeat)
		ev_timer_stop(ev, w);
}

/* ---- inputs that come ---- */

/* Where another input can be; NULL: nowhere. */
static struct input *spare_input(struct loop *l)
{
	for (size_t i = 0; i < l->input_count; i++)
		if (!l->inputs[i].source)
			return &l->inputs[i];
	return l->input_count < INTAKE_FEEDS ? &l->inputs[l->input_count] : NULL;
}

static int start_pipewait(struct loop *l, struct input *in)
{
	ev_async_init(&in->news, on_news);
	in->news.data = in;
	ev_async_start(l->ev, &in->news);
	in->pipewait = pipewait_start(source_fd(in->source), tell_news, in);
	return in->pipewait ? 0 : -1;
}

/* -1 and errno; then nothing has changed. */
static int add_input(struct loop *l, struct source *source, size_t origin)
{
	struct input *in = spare_input(l);
	size_t capacity = source_capacity(source);

	errno = ENOBUFS;
	struct feed *feed = in ? intake_feed(l->parts->intake, source, origin) : NULL;
	if (!feed)
		return -1;
	in->loop = l;
	in->source = source;
	in->origin = origin;
	in->feed = feed;
	in->ended = in->finished = in->astray = in->retired = false;
	in->burst = 0;
	in->limit = SIZE_MAX;
	in->pace = (struct coalesce){ .longest = seconds(l->o.interval_ns),
				      .capacity = capacity ? capacity : NO_PIPE };
	ev_io_init(&in->io, on_readable, source_fd(source), EV_READ);
	in->io.data = in;
	ev_idle_init(&in->idle, on_idle);
	in->idle.data = in;
	ev_timer_init(&in->nap, on_nap, 0., 0.);
	in->nap.data = in;
	if (source_is_pipe(source) && start_pipewait(l, in) < 0)
		return -1;
	if (in == &l->inputs[l->input_count])
		l->input_count++;
	resume_input(l, in);
	return 0;
}

/* ---- the place of a FIFO ---- */

/* Whether no other input reads that FIFO; otherwise says so. */
static bool is_apart(const struct loop *l, const struct source *s)
{
	for (size_t i = 0; i < l->input_count; i++)
		if (!l->inputs[i].ended && source_is_same(s, l->inputs[i].source))
			return false;
	return true;
}

/*
 * From now on another input reads what the name leads to. This one is read on, until its last
 * writer leaves: these were promised a reader. Returns: whether; if not, it said why.
 */
static bool replace(struct loop *l, struct input *in, enum diag_word word)
{
	struct source *s = source_again(in->source, word);

	if (!s)
		return false;
	if (!is_apart(l, s) || !source_lock(s)) {
		source_close(s);
		return false;
	}
	if (add_input(l, s, in->origin) < 0) {
		diag(word, "cannot read %s: %s", source_name(s), strerror(errno));
		source_close(s);
		return false;
	}
	l->parts->sources[in->origin] = s;
	in->retired = true;
	source_let_end(in->source);
	return true;
}

/* Its writers go on, but no others find it; and we see nothing of that but silence. */
static void check_place(struct loop *l, struct input *in, bool asked)
{
	const char *name = source_name(in->source);
	bool was_astray = in->astray;

	in->astray = !source_in_place(in->source);
	if (!in->astray)
		return;
	enum diag_word word = was_astray && !asked ? DIAG_INFO : DIAG_LOSS;
	bool once = !source_endless(in->source);
	bool replaced = !once && replace(l, in, word);
	/* Of what is there now; it may be replaced, too, or have been already. */
	if (ev_is_active(&l->moved))
		(void)source_watch(in->source, l->moved.fd);
	if (replaced) {
		look_at_places(l);
		diag(DIAG_WARNING,
		     "the FIFO %s was removed or replaced, and the new one is read; the old one is, "
		     "too, until its writers have left",
		     name);
	} else
		diag(word,
		     "the FIFO %s was removed or replaced; what is written to that name from now on "
		     "is not read%s",
		     name,
		     once ? ", as --once reads one FIFO to its end"
			  : "; when that is mended, SIGHUP opens it");
}

/* asked: by a signal, so that the answer is due again. */
static void check_places(struct loop *l, bool asked)
{
	for (size_t i = 0; i < l->input_count; i++) {
		struct input *in = &l->inputs[i];

		if (in->retired && in->finished && in->source) {
			source_close(in->source);
			in->source = NULL;
		}
		if (!in->ended && !in->retired && !l->stopping)
			check_place(l, in, asked);
	}
}

static void on_place(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)events;
	ev_timer_stop(ev, w);
	check_places(w->data, false);
}

static void on_moved(struct ev_loop *ev, ev_io *w, int events)
{
	char what[4096];

	(void)ev;
	(void)events;
	while (read(w->fd, what, sizeof(what)) > 0)
		;
	look_at_places(w->data);
}

/* inotify(7) wakes us when something happens to a FIFO, and only then. Where there is none, HUP
 * does. */
static void watch_places(struct loop *l)
{
	bool any = source_endless(l->inputs[0].source); /* one that is gone may come again */
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (any)
		look_at_places(l); /* what happened since they were opened, nobody tells */
	if (fd < 0)
		return;
	for (size_t i = 0; i < l->input_count; i++)
		any = source_watch(l->inputs[i].source, fd) || any;
	if (!any) {
		close(fd);
		return;
	}
	ev_io_init(&l->moved, on_moved, fd, EV_READ);
	l->moved.data = l;
	ev_io_start(l->ev, &l->moved);
}

/* ---- signals ---- */

static void stop(struct loop *l)
{
	if (l->stopping) { /* the second time */
		l->leave = true;
		for (size_t i = 0; i < l->input_count; i++)
			if (!l->inputs[i].ended)
				end_input(l, &l->inputs[i]);
		finish_inputs(l);
		hurry(l);
		return;
	}
	l->stopping = true;
	l->stopped_ns = clock_mono_ns();
	nudge_files(l, false);
	ev_timer_set(&l->grace, seconds(l->o.grace_ns), 0.);
	ev_timer_start(l->ev, &l->grace);
	if (seconds(l->o.grace_ns) > TELL_S) {
		ev_timer_set(&l->tell, TELL_S, 0.);
		ev_timer_start(l->ev, &l->tell);
	}
	for (size_t i = 0; i < l->input_count; i++) {
		if (!l->inputs[i].ended && !is_awaited(&l->inputs[i]))
			drain_input(l, &l->inputs[i]);
		end_nap(l, &l->inputs[i]);
	}
}

static void on_signal(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;
	struct signalfd_siginfo info;

	(void)ev;
	(void)events;
	if (read(w->fd, &info, sizeof(info)) != sizeof(info))
		return; /* nothing is lost: it stays readable */
	switch (info.ssi_signo) {
	case SIGTERM:
	case SIGINT:
		stop(l);
		break;
	case SIGHUP:
		check_places(l, true);
		check_zone(l);
		if (!l->ending)
			intake_mark(l->parts->intake, MARK_REOPEN, 0);
		nudge_files(l, true); /* if it is stuck before the mark */
		break;
	case SIGUSR1:
	case SIGALRM:
		if (!l->ending)
			intake_mark(l->parts->intake, MARK_PART, 0);
		nudge_files(l, false);
		break;
	case SIGUSR2:
		loop_print_stats(l->parts);
		break;
	}
}

static void on_stats(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	loop_print_stats(l->parts);
}

/* ---- start ---- */

static void init_timer(struct loop *l, ev_timer *w, void (*cb)(struct ev_loop *, ev_timer *, int),
		       double repeat)
{
	ev_timer_init(w, cb, repeat, repeat);
	w->data = l;
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/*
 * poll(2) takes no more descriptors than may be open, and that limit can be lowered at any time and
 * from outside. One at a time it still takes.
 */
static void look_singly(struct loop *l)
{
	if (!l->limit_said)
		diag(DIAG_WARNING,
		     "the limit of open files was lowered below what logsink waits for; "
		     "it looks every 10 ms until there are more, as with 'prlimit "
		     "--nofile=64'");
	l->limit_said = true;
	on_signal(l->ev, &l->signals,
		  EV_READ); /* which does not wait; fed, it would keep idle time off */
	if (l->woken)
		ev_feed_event(l->ev, &l->wake, EV_ASYNC);
	for (size_t i = 0; i < l->input_count; i++) {
		struct input *in = &l->inputs[i];

		if (ev_is_active(&in->io) &&
		    (source_available(in->source) > 0 || is_readable(in->io.fd)))
			ev_feed_event(l->ev, &in->io, EV_READ);
		if (in->told)
			ev_feed_event(l->ev, &in->news, EV_ASYNC);
	}
	for (size_t i = 0; i < l->parts->file_count; i++)
		if (is_readable(l->watches[i].fd))
			ev_feed_event(l->ev, &l->watches[i], EV_READ);
}

static void wait_to_retry(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = RETRY_NS }, NULL);
}

/*
 * A system call failed that libev cannot do without; it tries again when we return. As there may
 * be lines in memory, we do.
 */
static void on_libev_error(const char *what)
{
	int error = errno;

	if (!running) {
		diag(DIAG_FATAL, "cannot run the event loop: %s: %s", what, strerror(error));
		exit(EXIT_FAILURE);
	}
	wait_to_retry();
	if (error != ENOMEM)
		look_singly(running);
}

/* libev ends the program when it gets no memory. With lines in ours it is better to wait for some.
 */
static void *allocate(void *old, long size)
{
	void *new = NULL;

	if (size <= 0) {
		free(old);
		return NULL;
	}
	while (!(new = realloc(old, (size_t)size)) && running)
		wait_to_retry();
	return new;
}

struct loop *loop_new(const struct loop_options *o)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	/*
	 * signalfd: signals interrupt no system call, in no thread. Our own, as libev goes on
	 * without one when there is none to be had, deaf.
	 */
	sigset_t signals = handled_signals();
	int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0) {
		free(l);
		return NULL;
	}
	ev_set_syserr_cb(on_libev_error);
	ev_set_allocator(allocate);
	/* poll: epoll may refuse a descriptor, and libev then forgets that input without a word. */
	l->ev = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
	if (!l->ev) {
		close(signal_fd);
		free(l);
		errno = ENOMEM;
		return NULL;
	}
	l->o = *o;
	ev_async_init(&l->wake, on_wake);
	l->wake.data = l;
	ev_async_start(l->ev, &l->wake);
	ev_io_init(&l->signals, on_signal, signal_fd, EV_READ);
	ev_set_priority(&l->signals, EV_MAXPRI);
	l->signals.data = l;
	ev_io_start(l->ev, &l->signals);
	init_timer(l, &l->grace, on_grace_over, 0.);
	init_timer(l, &l->place, on_place, PLACE_S);
	init_timer(l, &l->tell, on_tell, 0.);
	init_timer(l, &l->stall, on_stall, STALL_S);
	init_timer(l, &l->tee_look, on_tee_look, TEE_LOOK_S);
	init_timer(l, &l->stats, on_stats, seconds(o->stats_ns));
	init_timer(l, &l->trim, on_trim, seconds(RING_TRIM_AFTER_NS));
	init_timer(l, &l->writer_look, on_writer_look, WRITER_LOOK_S);
	init_timer(l, &l->wait, on_wait, WAIT_AGAIN_S);
	return l;
}

void loop_wake(void *arg)
{
	struct loop *l = arg;

	l->woken = true;
	ev_async_send(l->ev, &l->wake);
}

enum loop_patience loop_signals(struct loop *l)
{
	static const struct timespec at_once = { 0, 0 };
	sigset_t some;

	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGINT);
	sigaddset(&some, SIGUSR2);
	switch (sigtimedwait(&some, NULL, &at_once)) {
	case SIGTERM:
	case SIGINT:
		l->leave = l->stopping;
		if (!l->stopping)
			l->stopped_ns = clock_mono_ns();
		l->stopping = true;
		break;
	case SIGUSR2:
		loop_print_stats(l->parts);
		break;
	default:
		break;
	}
	if (!l->stopping)
		return LOOP_WAIT;
	if (l->leave)
		return LOOP_LEAVE;
	return clock_mono_ns() - l->stopped_ns >= l->o.grace_ns ? LOOP_LATE : LOOP_HURRY;
}

int loop_run(struct loop *l, const struct loop_parts *parts)
{
	l->parts = parts;
	insist(parts->source_count <= LOOP_INPUTS);
	for (size_t i = 0; i < parts->source_count; i++)
		if (add_input(l, parts->sources[i], i) < 0) {
			diag(DIAG_FATAL, "cannot wait for %s: %s", source_name(parts->sources[i]),
			     strerror(errno));
			ring_end(parts->ring);
			return -1;
		}
	watch_places(l);
	start_calendar(l);
	for (size_t i = 0; i < parts->file_count; i++) {
		ev_io_init(&l->watches[i], on_watch, writer_watch_fd(parts->files[i].writer),
			   EV_READ);
		l->watches[i].data = l;
		ev_io_start(l->ev, &l->watches[i]);
	}
	if (l->o.stats_ns)
		ev_timer_again(l->ev, &l->stats);
	running = l;
	ev_run(l->ev, 0);
	return l->failed ? -1 : 0;
}
