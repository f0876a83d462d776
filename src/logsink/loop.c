/*
 * The event loop of a run, from the first input to the last keeper: libev, signals, timers, and the
 * boundaries of periods.
 *
 * It runs until no thread is left to wait for, so a signal is handled in one way at any time: only
 * on_signal reads the signalfd. The log is opened before it runs; startup.c says why that is not
 * done in the loop. Only a FIFO that replaces another is opened here, as it must be read here.
 *
 * The loop only connects the others. inputs decides when inputs are read, shutdown decides what a
 * signal to end means, consumers knows which thread hangs:
 *
 *      inputs --on_read, on_ended--> loop --asked, ended, emptied, closed--> shutdown
 *      shutdown --on_act--> loop --calls--> inputs, consumers
 *      signals --supervise_signal--> supervise --on_supervise--> loop
 *      rings, transform, keepers --loop_wake, from their threads--> loop
 *
 * loop_wake carries no reason. on_wake asks the rings and the keepers for their state instead, so a
 * wake-up that comes twice, or too late, does no harm, and no queue of events is needed.
 *
 * No stage that frees objects is entered within the call of an input or an act: on_inputs_ended
 * asks for another turn of the loop, and that turn looks at the consumers.
 *
 * One thing must never happen: a turn that waits for a disk or for another program. Threads make
 * all such calls, but for those that open a FIFO. Functions called from here take locks, but no
 * lock that is held during such a call.
 */
#include "logsink/loop.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/stderr.h"
#include "input/fifos.h"
#include "input/inputs.h"
#include "input/intake.h"
#include "input/source.h"
#include "logsink/consumers.h"
#include "logsink/shutdown.h"
#include "logsink/sink.h"
#include "logsink/stats.h"
#include "logsink/supervise.h"
#include "output/writer.h"
#include "process/command.h"
#include "process/holder.h"
#include "stream/mark.h"
#include "stream/ring.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS (10 * CLOCK_MS)

struct loop {
	struct ev_loop *ev;
	struct loop_options o;
	struct consumers *consumers;

	struct inputs *inputs;
	struct fifos *fifos;
	struct calendar_period period;
	struct shutdown shutdown;
	struct supervise *supervise; /* NULL: there is no COMMAND */
	bool finished;               /* but for the processes that COMMAND left */
	bool failed;

	ev_io watches[LOOP_FILES]; /* of writers that may hang */
	atomic_bool woken;
	ev_async wake;
	ev_io signals;
	ev_io moved; /* a FIFO, perhaps */
	ev_periodic boundary;
	ev_timer place, stats;
	ev_timer due; /* shutdown's */
	bool limit_said;
};

static struct loop *running; /* for on_libev_error, which is told nothing; there is one */

static const int handled[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM, SIGUSR2 };

enum { HANDLED = sizeof(handled) / sizeof(*handled) };

static sigset_t handled_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < HANDLED; i++)
		sigaddset(&set, handled[i]);
	return set;
}

void loop_block_signals(void)
{
	sigset_t set = handled_signals();

	sigaddset(&set, SIGURG); /* the reader's, and nobody else's */
	must(pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static double seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_SECOND;
}

static bool is_reading(const struct loop *l)
{
	return shutdown_stage(&l->shutdown) == SHUTDOWN_READING;
}

static void print_stats(const struct loop *l)
{
	stats_print(l->consumers->stats, consumers_waiting(l->consumers));
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
	intake_mark(l->consumers->intake, MARK_ROLL, now);
	if (!ev_is_active(&l->boundary))
		return;
	ev_periodic_again(l->ev, &l->boundary);
	loop_wake(l); /* which may be waiting for another time, while the reader is here */
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

	if (!is_reading(l) || calendar_holds(&l->period, now))
		return;
	const struct calendar_period p = find_period(l, now);
	begin_period(l, now, &p);
}

/* HUP: the system's zone may be another one now. */
static void check_zone(struct loop *l)
{
	time_t now = now_s();
	const struct calendar_period p = find_period(l, now);

	if (is_reading(l) && (p.start != l->period.start || p.end != l->period.end))
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
	intake_mark(l->consumers->intake, MARK_ROLL, now);
	if (l->o.calendar.roll == CALENDAR_NEVER)
		return;
	ev_periodic_init(&l->boundary, on_boundary, 0., 0., on_reschedule);
	l->boundary.data = l;
	ev_periodic_start(l->ev, &l->boundary);
}

/* ---- the end ---- */

/* The process group that writes what is read; 0: ours. */
static pid_t group_of_input(const struct loop *l)
{
	return l->supervise ? command_process(supervise_command(l->supervise)) : 0;
}

/* After the grace, what others still write there is theirs to lose. */
static void say_still_open(const struct loop *l, const struct source *source)
{
	struct stat st;
	char who[HOLDER_TEXT] = "";

	if (l->o.grace_ns == 0 || fstat(source_fd(source), &st) < 0)
		return;
	bool known = holder_find(source_fd(source), group_of_input(l), who);
	const char *it_is = known ? "; it is " : "";
	if (l->supervise)
		diag(DIAG_LOSS,
		     "%s is still open %.6g s after its end, and what others write to it from now "
		     "on is lost%s%s; --wait=all or a longer --grace waits longer",
		     source_name(source), seconds(l->o.grace_ns), it_is, who);
	else
		diag(DIAG_WARNING,
		     "%s is still open %.6g s after the signal to end, and only what it holds now "
		     "is read%s%s; a longer --grace waits longer; 'ls -l /proc/[0-9]*/fd | grep "
		     "%ju' shows who holds it",
		     source_name(source), seconds(l->o.grace_ns), it_is, who, (uintmax_t)st.st_ino);
}

/* The time that a call of a keeper may last before it is left behind; -1: as long as it takes. */
static int64_t longest_call(const struct loop *l)
{
	switch (shutdown_patience(&l->shutdown)) {
	case SHUTDOWN_PATIENT:
	case SHUTDOWN_ASKED:
		return -1;
	case SHUTDOWN_LATE:
		return l->o.grace_ns;
	case SHUTDOWN_LEAVING:
		return 0;
	}
	return -1;
}

static void tell(const struct loop *l)
{
	if (!inputs_finished(l->inputs))
		diag(DIAG_WAITING,
		     "for the end of input after a signal to end, for at most %.0f s; a second "
		     "signal ends it at once",
		     seconds(l->o.grace_ns));
}

static void drain(const struct loop *l)
{
	const struct source *source;

	for (size_t i = 0; (source = inputs_awaited(l->inputs, i)); i++)
		say_still_open(l, source);
	inputs_drain(l->inputs);
}

static void end_if_done(struct loop *l)
{
	if (l->finished && (!l->supervise || supervise_done(l->supervise)))
		ev_break(l->ev, EVBREAK_ALL);
}

/* The writers take their descriptors with them. */
static void close_files(struct loop *l)
{
	for (size_t i = 0; i < l->consumers->sink_count; i++)
		ev_io_stop(l->ev, &l->watches[i]);
	stderr_last();
	consumers_close(l->consumers);
}

/* Does what the shutdown wants to be done. */
static bool on_act(void *arg, enum shutdown_act act)
{
	struct loop *l = arg;
	bool reading = is_reading(l);

	switch (act) {
	case SHUTDOWN_STOP_INPUTS:
		consumers_nudge(l->consumers, false);
		if (reading)
			inputs_stop(l->inputs);
		break;
	case SHUTDOWN_TELL:
		tell(l);
		break;
	case SHUTDOWN_DRAIN_INPUTS:
		if (reading)
			drain(l);
		break;
	case SHUTDOWN_END_INPUTS:
		if (reading)
			inputs_end(l->inputs);
		break;
	case SHUTDOWN_HURRY_FILES:
		consumers_hurry(l->consumers);
		break;
	case SHUTDOWN_LOOK_AT_FILES:
		return consumers_look_at_files(l->consumers, reading ? l->inputs : NULL);
	case SHUTDOWN_LOOK_AT_TEE:
		return consumers_look_at_tee(l->consumers);
	case SHUTDOWN_CLOSE_FILES:
		close_files(l);
		break;
	case SHUTDOWN_HURRY_KEEPERS:
		consumers_hurry_keepers(l->consumers);
		break;
	case SHUTDOWN_LOOK_AT_KEEPERS:
		return consumers_look_at_keepers(l->consumers, longest_call(l));
	case SHUTDOWN_FINISH:
		l->finished = true;
		end_if_done(l);
		break;
	}
	return false;
}

/* Does what the end of COMMAND requires. */
static void on_supervise(void *arg, enum supervise_act act)
{
	struct loop *l = arg;

	switch (act) {
	case SUPERVISE_ASKED:
		shutdown_asked(&l->shutdown);
		break;
	case SUPERVISE_LEAVE:
		if (is_reading(l) && l->o.wait == SUPERVISE_WAIT_CHILD)
			inputs_drain(l->inputs); /* the user knows that others have it open */
		else if (is_reading(l))
			drain(l);
		break;
	case SUPERVISE_DONE:
		end_if_done(l);
		break;
	}
}

/* To be called after whatever tells the shutdown, or supervise, something. */
static void wait_for_due(struct loop *l)
{
	int64_t due = shutdown_due_ns(&l->shutdown);

	if (l->supervise && supervise_due_ns(l->supervise) < due)
		due = supervise_due_ns(l->supervise);
	ev_timer_stop(l->ev, &l->due);
	if (due == INT64_MAX)
		return;
	double left = seconds(due - clock_mono_ns());

	ev_timer_set(&l->due, left > 0. ? left : 0., 0.);
	ev_timer_start(l->ev, &l->due);
}

static void on_due(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	if (l->supervise) /* what is killed need not be waited for */
		supervise_look(l->supervise);
	shutdown_look(&l->shutdown);
	wait_for_due(l);
}

static void on_inputs_ended(void *arg)
{
	struct loop *l = arg;

	ev_periodic_stop(l->ev, &l->boundary); /* no period begins any more */
	shutdown_ended(&l->shutdown);
	if (l->supervise)
		supervise_input_ended(l->supervise);
	wait_for_due(l);
	ev_feed_event(l->ev, &l->wake, EV_ASYNC);
}

static void on_input_read(void *arg)
{
	check_period(arg);
}

static void on_input_quiet(void *arg)
{
	const struct loop *l = arg;

	consumers_write(l->consumers);
}

static void on_wake(struct ev_loop *ev, ev_async *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	l->woken = false;
	switch (shutdown_stage(&l->shutdown)) {
	case SHUTDOWN_READING:
		inputs_room(l->inputs);
		break;
	case SHUTDOWN_EMPTYING:
		if (consumers_left(l->consumers))
			shutdown_emptied(&l->shutdown);
		break;
	case SHUTDOWN_CLOSING:
		shutdown_closed(&l->shutdown);
		break;
	case SHUTDOWN_DONE:
		break;
	}
	wait_for_due(l);
}

static void on_watch(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;

	(void)ev;
	(void)events;
	for (size_t i = 0; i < l->consumers->sink_count; i++)
		if (&l->watches[i] == w)
			writer_watch(l->consumers->sinks[i].writer);
}

/* ---- the places of FIFOs ---- */

static void look_at_fifos(struct loop *l, bool asked)
{
	ev_timer_stop(l->ev, &l->place);
	if (!is_reading(l) || shutdown_patience(&l->shutdown) > SHUTDOWN_PATIENT)
		return;
	if (fifos_look(l->fifos, asked))
		ev_timer_again(l->ev, &l->place);
	if (l->moved.data)
		ev_io_start(l->ev, &l->moved);
}

static void on_place(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)events;
	look_at_fifos(w->data, false);
}

static void on_moved(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;

	(void)events;
	ev_io_stop(ev, w); /* until the look: a busy directory does not wake us more often */
	if (!ev_is_active(&l->place))
		ev_timer_again(ev, &l->place);
}

static void watch_fifos(struct loop *l)
{
	int fd = fifos_watch(l->fifos);

	if (fifos_any(l->fifos))
		ev_timer_again(l->ev, &l->place);
	if (fd < 0)
		return;
	ev_io_init(&l->moved, on_moved, fd, EV_READ);
	l->moved.data = l;
	ev_io_start(l->ev, &l->moved);
}

/* ---- signals ---- */

/* Behind the lines that were read; and writers are told, who may be stuck before it. */
static void mark(struct loop *l, enum mark_kind kind, bool reopen)
{
	if (is_reading(l))
		intake_mark(l->consumers->intake, kind, 0);
	if (shutdown_stage(&l->shutdown) <= SHUTDOWN_EMPTYING)
		consumers_nudge(l->consumers, reopen);
}

static void on_signal(struct ev_loop *ev, ev_io *w, int events)
{
	struct loop *l = w->data;
	struct signalfd_siginfo info;

	(void)ev;
	(void)events;
	if (read(w->fd, &info, sizeof(info)) != sizeof(info))
		return; /* nothing is lost: it stays readable */
	if (l->supervise && !supervise_signal(l->supervise, &info)) {
		wait_for_due(l);
		return;
	}
	switch (info.ssi_signo) {
	case SIGTERM:
	case SIGINT:
		shutdown_asked(&l->shutdown);
		wait_for_due(l);
		break;
	case SIGHUP:
		look_at_fifos(l, true);
		check_zone(l);
		mark(l, MARK_REOPEN, true);
		break;
	case SIGUSR1:
	case SIGALRM:
		mark(l, MARK_PART, false);
		break;
	case SIGUSR2:
		print_stats(l);
		break;
	}
}

/* Whether a signal waits that was sent before the lines that were just read. */
static bool has_signal(void *arg)
{
	sigset_t waiting;

	(void)arg;
	if (sigpending(&waiting) < 0)
		return false;
	for (int i = 0; i < HANDLED; i++)
		if (sigismember(&waiting, handled[i]) == 1)
			return true;
	return false;
}

static void on_stats(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)events;
	print_stats(w->data);
}

/* ---- start ---- */

static void init_timer(struct loop *l, ev_timer *w, void (*cb)(struct ev_loop *, ev_timer *, int),
		       double repeat)
{
	ev_timer_init(w, cb, repeat, repeat);
	w->data = l;
}

/*
 * poll(2) takes no more descriptors than may be open, and that limit can be lowered at any time and
 * from outside. One at a time it still takes.
 */
static void look_singly(struct loop *l)
{
	if (!l->limit_said)
		diag(DIAG_WARNING,
		     "the limit of open files was lowered below what logsink waits for; it "
		     "checks every 10 ms until the limit is raised, for example with 'prlimit "
		     "--nofile=64'");
	l->limit_said = true;
	on_signal(l->ev, &l->signals,
		  EV_READ); /* which does not wait; fed, it would keep idle time off */
	if (l->woken)
		ev_feed_event(l->ev, &l->wake, EV_ASYNC);
	if (is_reading(l))
		inputs_look(l->inputs);
	for (size_t i = 0; i < l->consumers->sink_count; i++)
		if (ev_is_active(&l->watches[i]) && fdio_is_readable(l->watches[i].fd))
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
	if (running->inputs)
		inputs_sleep(running->inputs, RETRY_NS);
	else
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
	if (o->command)
		supervise_add_signals(&signals);
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
	init_timer(l, &l->place, on_place, seconds(FIFOS_LOOK_NS));
	init_timer(l, &l->due, on_due, 0.);
	init_timer(l, &l->stats, on_stats, seconds(o->stats_ns));
	return l;
}

void loop_wake(void *arg)
{
	struct loop *l = arg;

	l->woken = true;
	ev_async_send(l->ev, &l->wake);
}

/* -1 after a message. */
static int start_inputs(struct loop *l, const struct loop_parts *p)
{
	const struct consumers *c = l->consumers;
	const struct inputs_options o = { .interval_ns = l->o.interval_ns,
					  .on_read = on_input_read,
					  .on_ended = on_inputs_ended,
					  .on_wait = has_signal,
					  .on_quiet = on_input_quiet,
					  .arg = l };

	l->inputs = inputs_new(l->ev, c->intake, c->ring, &o, &c->stats->inputs);
	if (!l->inputs)
		return diag_cannot_start("the inputs");
	l->fifos = fifos_new(l->inputs, p->sources, p->source_count);
	if (!l->fifos)
		return diag_cannot_start("the inputs");
	for (size_t i = 0; i < p->source_count; i++)
		if (inputs_add(l->inputs, p->sources[i], i) < 0) {
			diag(DIAG_FATAL, "cannot wait for %s: %s", source_name(p->sources[i]),
			     strerror(errno));
			return -1;
		}
	return 0;
}

/* All that its first line needs is there. */
static void start_command(struct loop *l, struct supervise *supervise)
{
	const struct supervise_options o = { .signals = l->o.signals,
					     .wait = l->o.wait,
					     .group = l->o.kill_group,
					     .grace_ns = l->o.grace_ns,
					     .act = on_supervise,
					     .arg = l };

	l->supervise = supervise;
	supervise_run(supervise, &o);
	wait_for_due(l);
}

/* Where not all inputs can be read none is, but the threads that were started are to end. */
static void give_up_inputs(struct loop *l)
{
	l->failed = true;
	if (l->inputs) {
		inputs_give_up(l->inputs);
		return;
	}
	ring_end(l->consumers->ring);
	on_inputs_ended(l);
}

int loop_run(struct loop *l, const struct loop_parts *parts)
{
	const struct consumers *c = parts->consumers;
	const struct shutdown_options o = {
		.grace_ns = l->o.grace_ns, .best_effort = l->o.best_effort, .act = on_act, .arg = l
	};

	l->consumers = parts->consumers;
	shutdown_init(&l->shutdown, &o);
	insist(parts->source_count <= LOOP_INPUTS);
	if (start_inputs(l, parts) == 0) {
		watch_fifos(l);
		start_calendar(l);
	} else {
		give_up_inputs(l);
	}
	for (size_t i = 0; i < c->sink_count; i++) {
		ev_io_init(&l->watches[i], on_watch, writer_watch_fd(c->sinks[i].writer), EV_READ);
		l->watches[i].data = l;
		ev_io_start(l->ev, &l->watches[i]);
	}
	if (l->o.stats_ns)
		ev_timer_again(l->ev, &l->stats);
	if (parts->supervise && !l->failed)
		start_command(l, parts->supervise);
	running = l;
	ev_run(l->ev, 0);
	return l->failed || inputs_failed(l->inputs) ? -1 : 0;
}
