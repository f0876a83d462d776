/*
 * Watch the calls of one thread that may hang, and report a call that does.
 *
 * A system call that waits for a disk cannot be cancelled, and has no timeout. So another thread,
 * the observer, checks how long it has lasted. The watched thread makes many calls, and nearly all
 * return at once, so a call must cost it little: it notes the time, and starts the timer only if
 * the timer is not running. The timer is never stopped. When it fires, the call that started it
 * may have ended long ago; then it is started again for the remaining time of the current call.
 *
 * A call is reported under the lock, so that the report of its end cannot overtake that of the
 * hang. (A message waits a second at most, see diag.h.)
 *
 * What must never happen: an abandoned thread continues. Its lines count as lost by then, and the
 * process is about to exit. So it waits forever. pthread_exit(3) would load a library, and abort if
 * the library is missing.
 */
#include "base/watchdog.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LATE      (5 * CLOCK_SECOND)  /* a call that lasts this long is reported */
#define SAY_AGAIN (60 * CLOCK_SECOND) /* between reports of one call */

enum { NAME_SIZE = 1024 }; /* longer names are cut */

struct watchdog {
	const char *prefix;
	int timer_fd; /* -1: none */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t never; /* an abandoned thread waits for this */
	const char *operation;
	char name[NAME_SIZE];
	int64_t since_ns; /* CLOCK_MONOTONIC: when the call began; 0: no call */
	int64_t said_ns;  /* CLOCK_MONOTONIC: the last report of the call; 0: none yet */
	bool timer_runs;
	bool abandoned;
};

struct watchdog *watchdog_new(const char *prefix, bool timer)
{
	struct watchdog *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->prefix = prefix;
	d->operation = "open";
	d->timer_fd = timer ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) : -1;
	if (timer && d->timer_fd < 0) {
		int error = errno;

		free(d);
		errno = error;
		return NULL;
	}
	must(pthread_mutex_init(&d->lock, NULL));
	must(pthread_cond_init(&d->never, NULL));
	return d;
}

void watchdog_free(struct watchdog *d)
{
	if (!d)
		return;
	if (d->timer_fd >= 0)
		close(d->timer_fd);
	must(pthread_cond_destroy(&d->never));
	must(pthread_mutex_destroy(&d->lock));
	free(d);
}

int watchdog_fd(const struct watchdog *d)
{
	return d->timer_fd;
}

/* ---- from inside ---- */

void watchdog_step(struct watchdog *d, const char *operation, const char *name)
{
	must(pthread_mutex_lock(&d->lock));
	d->operation = operation;
	if (!memccpy(d->name, name, '\0', sizeof(d->name)))
		d->name[sizeof(d->name) - 1] = '\0';
	must(pthread_mutex_unlock(&d->lock));
}

/* Makes the descriptor, if there is one, readable ns from now. */
static void start_timer_locked(struct watchdog *d, int64_t ns)
{
	const struct itimerspec in = {
		.it_value = { .tv_sec = ns / CLOCK_SECOND, .tv_nsec = ns % CLOCK_SECOND },
	};

	if (d->timer_fd < 0)
		return;
	d->timer_runs = true;
	(void)timerfd_settime(d->timer_fd, 0, &in, NULL); /* without it a hang is not reported */
}

void watchdog_begin(struct watchdog *d)
{
	int error = errno;

	must(pthread_mutex_lock(&d->lock));
	d->since_ns = clock_mono_ns();
	d->said_ns = 0;
	if (!d->timer_runs)
		start_timer_locked(d, LATE);
	must(pthread_mutex_unlock(&d->lock));
	errno = error;
}

void watchdog_enter(struct watchdog *d, const char *operation, const char *name)
{
	watchdog_step(d, operation, name);
	watchdog_begin(d);
}

void watchdog_end(struct watchdog *d)
{
	char text[WATCHDOG_DOING];
	int error = errno;
	int64_t took;
	bool said;

	must(pthread_mutex_lock(&d->lock));
	while (d->abandoned)
		must(pthread_cond_wait(&d->never, &d->lock));
	took = clock_mono_ns() - d->since_ns;
	said = d->said_ns != 0;
	d->since_ns = 0;
	if (said) /* the timer waits to report that call again; the next one is to be seen sooner */
		start_timer_locked(d, LATE);
	must(pthread_mutex_unlock(&d->lock));
	if (said)
		diag(DIAG_RESUMED, "the call to %s returned after %" PRId64 " ms",
		     watchdog_doing(d, text), took / CLOCK_MS);
	errno = error;
}

/* ---- from outside ---- */

static const char *doing_locked(const struct watchdog *d, char to[WATCHDOG_DOING])
{
	snprintf(to, WATCHDOG_DOING, "%s %s%s", d->operation, d->prefix, d->name);
	return to;
}

const char *watchdog_doing(struct watchdog *d, char to[WATCHDOG_DOING])
{
	must(pthread_mutex_lock(&d->lock));
	doing_locked(d, to);
	must(pthread_mutex_unlock(&d->lock));
	return to;
}

/* When the current call must be reported. */
static int64_t due_locked(const struct watchdog *d)
{
	return d->said_ns ? d->said_ns + SAY_AGAIN : d->since_ns + LATE;
}

/* Whether there is a call that must be reported now or later. */
static bool waits_locked(const struct watchdog *d)
{
	return d->since_ns && !d->abandoned;
}

bool watchdog_look(struct watchdog *d)
{
	uint64_t fired;
	bool late;

	if (d->timer_fd >= 0 && fdio_read(d->timer_fd, &fired, sizeof(fired)) < 0)
		return false;
	must(pthread_mutex_lock(&d->lock));
	int64_t left = due_locked(d) - clock_mono_ns();

	late = waits_locked(d) && left <= 0;
	d->timer_runs = false;
	if (waits_locked(d) && !late)
		start_timer_locked(d, left);
	must(pthread_mutex_unlock(&d->lock));
	return late;
}

void watchdog_say(struct watchdog *d, const char *meanwhile)
{
	char text[WATCHDOG_DOING];

	must(pthread_mutex_lock(&d->lock));
	int64_t now = clock_mono_ns();

	if (waits_locked(d) && now >= due_locked(d)) {
		diag(DIAG_PAUSING,
		     "the call to %s has not returned for %" PRId64
		     " s: the disk does not answer; %s",
		     doing_locked(d, text), (now - d->since_ns) / CLOCK_SECOND, meanwhile);
		d->said_ns = now;
		start_timer_locked(d, SAY_AGAIN);
	}
	must(pthread_mutex_unlock(&d->lock));
}

bool watchdog_abandon(struct watchdog *d, int64_t ns)
{
	bool abandoned;

	must(pthread_mutex_lock(&d->lock));
	d->abandoned = d->abandoned || (d->since_ns && clock_mono_ns() - d->since_ns >= ns);
	abandoned = d->abandoned;
	must(pthread_mutex_unlock(&d->lock));
	return abandoned;
}

bool watchdog_abandoned(struct watchdog *d)
{
	bool abandoned;

	must(pthread_mutex_lock(&d->lock));
	abandoned = d->abandoned;
	must(pthread_mutex_unlock(&d->lock));
	return abandoned;
}
