/*
 * The thread that waits for a lone pipe in read(2).
 *
 * Once a pipe has been polled (poll, epoll, select), Linux runs through its wait queue at every
 * write(2) to it, whether anybody sleeps there or not; a program that writes line by line gets
 * slower by a third. And a reader that is told of a line, and then reads it, costs twice what the
 * line costs. So this thread waits in the read itself, and what it has read it may write at once.
 *
 * That write may hang, while the program goes on writing to the pipe. So there are two threads, and
 * one role, to read. The loop looks now and then: if the thread with the role is in such a write,
 * the other one gets the role, and the first has none when it comes back. Nothing else changes
 * hands. While one hangs, the other tries no write of its own, for nobody could take the role from
 * it.
 *
 * One lock, the loop's, is held whenever this thread is neither in a system call that may take long
 * nor asleep. So the loop and the reader never run at the same time, and no state needs a lock of
 * its own. Signals come before lines that are written after them: a reader that returns from
 * read(2) and finds a signal that the loop has not handled gives it a turn first.
 *
 * A read(2) that waits is ended with SIGURG, whose handler does nothing. The signal may come just
 * before the call, so it is sent again until the reader answers.
 *
 * Refused: to let the loop read in the place of who hangs. It would have to poll the pipe.
 */
#include "input/reader.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 2 };
enum { TURNS = 8 }; /* for the loop before lines; as many as it handles signals, and two */

#define CALL_AGAIN (10 * CLOCK_MS)

enum place { IDLE, BUSY, IN_READ, IN_TRY };

struct worker {
	struct reader *reader;
	enum place place;
	pthread_t thread;
};

struct reader {
	struct reader_options o;

	/* under the lock */
	pthread_cond_t changed;
	struct worker workers[THREADS];
	struct worker *active; /* who has the role; NULL: nobody */
	bool halt;             /* it is to give it back */
	bool wants_turn;       /* it waits for the loop */
};

static void lock(struct reader *r)
{
	must(pthread_mutex_lock(r->o.lock));
}

static void unlock(struct reader *r)
{
	must(pthread_mutex_unlock(r->o.lock));
}

static void tell(struct reader *r)
{
	must(pthread_cond_broadcast(&r->changed));
}

/* ---- the threads ---- */

static bool is_reading(const struct worker *w)
{
	return w->reader->active == w && !w->reader->halt;
}

/* One read(2). Somebody who shares the pipe may have set O_NONBLOCK. */
static ssize_t read_once(struct worker *w, char *at, size_t len)
{
	struct reader *r = w->reader;
	struct pollfd input = { .fd = r->o.fd, .events = POLLIN };

	w->place = IN_READ;
	unlock(r);
	ssize_t n = read(r->o.fd, at, len);
	int error = errno;
	if (n < 0 && error == EAGAIN)
		(void)poll(&input, 1, -1);
	lock(r);
	w->place = BUSY;
	errno = error;
	return n;
}

static void give_turns(struct worker *w)
{
	struct reader *r = w->reader;

	for (int i = 0; i < TURNS && is_reading(w) && r->o.on_wait(r->o.arg); i++) {
		r->wants_turn = true;
		while (r->wants_turn && is_reading(w))
			must(pthread_cond_wait(&r->changed, r->o.lock));
	}
	r->wants_turn = false;
}

static void nap(struct worker *w, int64_t ns)
{
	int64_t until = clock_mono_ns() + ns;

	while (is_reading(w) && condition_wait_until(&w->reader->changed, w->reader->o.lock, until))
		;
}

static void try(struct worker *w)
{
	struct reader *r = w->reader;

	w->place = IN_TRY;
	unlock(r);
	r->o.on_quiet(r->o.arg);
	lock(r);
	w->place = BUSY;
}

static void serve(struct worker *w)
{
	struct reader *r = w->reader;
	char *at;
	size_t len;

	while (is_reading(w) && r->o.on_offer(r->o.arg, &at, &len)) {
		ssize_t n = read_once(w, at, len);
		int error = errno;

		if (n < 0 && (error == EINTR || error == EAGAIN))
			continue;
		give_turns(w);
		struct reader_step step = r->o.on_bytes(r->o.arg, n, error);
		if (step.tries)
			try(w);
		if (step.stop)
			break;
		if (step.nap_ns > 0)
			nap(w, step.nap_ns);
	}
}

static void *reader_thread(void *arg)
{
	struct worker *w = arg;
	struct reader *r = w->reader;
	sigset_t urgent;

	sigemptyset(&urgent);
	sigaddset(&urgent, SIGURG);
	must(pthread_sigmask(SIG_UNBLOCK, &urgent, NULL));
	pthread_setname_np(pthread_self(), "reader");
	lock(r);
	for (;;) {
		while (r->active != w)
			must(pthread_cond_wait(&r->changed, r->o.lock));
		w->place = BUSY;
		serve(w);
		w->place = IDLE;
		if (r->active == w) {
			r->active = NULL;
			r->halt = false;
			tell(r);
		}
	}
	return NULL;
}

/* ---- the loop ---- */

static struct worker *idle_worker(const struct reader *r)
{
	for (int i = 0; i < THREADS; i++)
		if (&r->workers[i] != r->active && r->workers[i].place == IDLE)
			return (struct worker *)&r->workers[i];
	return NULL;
}

void reader_go(struct reader *r)
{
	insist(!r->active);
	r->active = idle_worker(r);
	insist(r->active);
	r->halt = false;
	tell(r);
}

bool reader_may_try(const struct reader *r)
{
	return r->o.on_quiet && idle_worker(r);
}

/* The role is taken from who is in on_quiet, and may hang there. */
static bool take_role(struct reader *r)
{
	if (!r->active || r->active->place != IN_TRY)
		return false;
	r->active = NULL;
	r->halt = false;
	return true;
}

bool reader_look(struct reader *r)
{
	if (!take_role(r))
		return false;
	reader_go(r);
	return true;
}

void reader_halt(struct reader *r)
{
	const struct worker *w = r->active;

	if (!w)
		return;
	r->halt = true;
	if (w->place == BUSY && pthread_equal(w->thread, pthread_self()))
		return;
	tell(r);
	while (r->active && !take_role(r)) {
		if (r->active->place == IN_READ)
			(void)pthread_kill(r->active->thread, SIGURG); /* or the next time */
		(void)condition_wait_until(&r->changed, r->o.lock, clock_mono_ns() + CALL_AGAIN);
	}
}

void reader_turn(struct reader *r)
{
	if (!r->wants_turn)
		return;
	r->wants_turn = false;
	tell(r);
}

/* ---- start ---- */

static void on_urgent(int signal)
{
	(void)signal;
}

/* No other thread is to be interrupted, whoever sends the signal. */
static int handle_urgent(void)
{
	struct sigaction act = { .sa_handler = on_urgent };

	sigemptyset(&act.sa_mask);
	return sigaction(SIGURG, &act, NULL);
}

struct reader *reader_start(const struct reader_options *o)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->o = *o;
	condition_init(&r->changed);
	int error = handle_urgent() < 0 ? errno : 0;
	for (int i = 0; i < THREADS && !error; i++) {
		struct worker *w = &r->workers[i];

		w->reader = r;
		error = pthread_create(&w->thread, NULL, reader_thread, w);
		if (!error)
			must(pthread_detach(w->thread));
	}
	if (!error)
		return r;
	/* A thread that was started keeps r; without a role it does nothing. */
	errno = error;
	return NULL;
}
