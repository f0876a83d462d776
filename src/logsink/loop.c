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
#include "input/inputs.h"
#include "input/intake.h"
#include "input/places.h"
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
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEE_LOOK_S    1.0 /* a standard output that takes nothing for so long is stuck */
#define WRITER_LOOK_S 0.5 /* between looks whether the writer hangs */
#define TELL_S        1.0 /* after a signal to end, when to say that it was understood */
#define RETRY_NS      (10 * CLOCK_MS)

struct loop {
	struct ev_loop *ev;
	struct loop_options o;
	const struct loop_parts *parts;

	struct inputs *inputs;
	struct places *places;
	struct calendar_period period;

	bool stopping;      /* TERM or INT came */
	bool leave;         /* twice */
	int64_t stopped_ns; /* CLOCK_MONOTONIC: the first time */
	bool ending;        /* the ring has ended; only the consumers are waited for */
	uint64_t teed;      /* at the last look */

	ev_io watches[LOOP_FILES]; /* of writers that may hang */
	atomic_bool woken;
	ev_async wake;
	ev_io signals;
	ev_io moved; /* a FIFO, perhaps */
	ev_periodic boundary;
	ev_timer place, grace, tell, tee_look, stats, writer_look;
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
	inputs_give_up(l->inputs);
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
	if (!inputs_finished(l->inputs))
		diag(DIAG_WAITING,
		     "a signal to end came, and input is read on until its end, for %.0f s at most; "
		     "a second signal ends it at once",
		     seconds(l->o.grace_ns));
}

/* After the grace, what others still write there is theirs to lose. */
static void say_still_open(const struct loop *l, const struct source *source)
{
	struct stat st;
	char who[HOLDER_TEXT];

	if (l->o.grace_ns == 0 || fstat(source_fd(source), &st) < 0)
		return;
	bool known = holder_find(source_fd(source), who);
	diag(DIAG_WARNING,
	     "%s is still open %.6g s after the signal to end, and is not read any more%s%s; a "
	     "longer --grace waits longer; 'ls -l /proc/[0-9]*/fd | grep %ju' shows who holds it",
	     source_name(source), seconds(l->o.grace_ns), known ? "; it is " : "", known ? who : "",
	     (uintmax_t)st.st_ino);
}

static void on_grace_over(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;
	const struct source *source;

	(void)ev;
	(void)events;
	for (size_t i = 0; (source = inputs_awaited(l->inputs, i)); i++)
		say_still_open(l, source);
	inputs_drain(l->inputs);
	hurry(l);
}

static void on_wake(struct ev_loop *ev, ev_async *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	l->woken = false;
	inputs_room(l->inputs);
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

/* ---- the places of FIFOs ---- */

static void look_at_places(struct loop *l, bool asked)
{
	ev_timer_stop(l->ev, &l->place);
	if (!l->stopping && places_look(l->places, asked))
		ev_timer_again(l->ev, &l->place);
}

static void on_place(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)events;
	look_at_places(w->data, false);
}

static void on_moved(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;

	(void)events;
	places_told(l->places);
	if (!ev_is_active(&l->place))
		ev_timer_again(ev, &l->place);
}

static void watch_places(struct loop *l)
{
	int fd = places_watch(l->places);

	if (places_any(l->places))
		ev_timer_again(l->ev, &l->place);
	if (fd < 0)
		return;
	ev_io_init(&l->moved, on_moved, fd, EV_READ);
	l->moved.data = l;
	ev_io_start(l->ev, &l->moved);
}

/* ---- signals ---- */

static void stop(struct loop *l)
{
	if (l->stopping) { /* the second time */
		l->leave = true;
		inputs_end(l->inputs);
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
	inputs_stop(l->inputs);
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
		look_at_places(l, true);
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
	inputs_look(l->inputs);
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
	init_timer(l, &l->place, on_place, seconds(PLACES_LOOK_NS));
	init_timer(l, &l->tell, on_tell, 0.);
	init_timer(l, &l->tee_look, on_tee_look, TEE_LOOK_S);
	init_timer(l, &l->stats, on_stats, seconds(o->stats_ns));
	init_timer(l, &l->writer_look, on_writer_look, WRITER_LOOK_S);
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

/* All inputs have ended, and the ring with them. */
static void on_inputs_ended(void *arg)
{
	struct loop *l = arg;

	l->ending = true;
	if (l->o.best_effort)
		start_tee_look(l);
	check_consumers(l);
}

static void on_input_read(void *arg)
{
	check_period(arg);
}

/* -1 after a message. */
static int start_inputs(struct loop *l)
{
	const struct loop_parts *p = l->parts;
	const struct inputs_options o = { .interval_ns = l->o.interval_ns,
					  .on_read = on_input_read,
					  .on_ended = on_inputs_ended,
					  .arg = l };

	l->inputs = inputs_new(l->ev, p->intake, p->ring, &o, &p->stats->inputs);
	if (!l->inputs)
		return diag_cannot_start("the inputs");
	l->places = places_new(l->inputs, p->sources, p->source_count);
	if (!l->places)
		return diag_cannot_start("the inputs");
	for (size_t i = 0; i < p->source_count; i++)
		if (inputs_add(l->inputs, p->sources[i], i) < 0) {
			diag(DIAG_FATAL, "cannot wait for %s: %s", source_name(p->sources[i]),
			     strerror(errno));
			return -1;
		}
	return 0;
}

int loop_run(struct loop *l, const struct loop_parts *parts)
{
	l->parts = parts;
	insist(parts->source_count <= LOOP_INPUTS);
	if (start_inputs(l) < 0) {
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
	return inputs_failed(l->inputs) ? -1 : 0;
}
