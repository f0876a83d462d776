/* watchdog: a call that hangs is said, once and again, and may be left behind. */
#include "base/watchdog.h"

#include "base/clock.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The clock of this program, in place of base/clock.c. */
static int64_t now_ns = 1000 * CLOCK_SECOND;

int64_t clock_mono_ns(void)
{
	return now_ns;
}

int64_t clock_real_ns(void)
{
	return now_ns;
}

static void pass(int64_t ns)
{
	now_ns += ns;
}

/* ---- what is said ---- */

static int pipe_ends[2], terminal;

static void listen_begin(void)
{
	CHECK_INT(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
	terminal = dup(STDERR_FILENO);
	dup2(pipe_ends[1], STDERR_FILENO);
}

/* What was said since the last time. */
static const char *said(void)
{
	static char text[4096];
	ssize_t n = read(pipe_ends[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void listen_end(void)
{
	dup2(terminal, STDERR_FILENO);
	close(terminal);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void look(struct watchdog *d)
{
	if (watchdog_look(d))
		watchdog_say(d, "7 lines wait");
}

/* ---- tests ---- */

static void a_late_call_is_said(void)
{
	struct watchdog *d = watchdog_new("logs/", false);

	listen_begin();
	watchdog_step(d, "write", "app.log");
	watchdog_begin(d);
	look(d);
	pass(5 * CLOCK_SECOND - 1);
	look(d);
	CHECK_STR(said(), "");
	pass(1);
	look(d);
	CHECK_STR(
		said(),
		"logsink: pausing: the call to write logs/app.log has not returned for 5 s: the disk "
		"does not answer; 7 lines wait\n");
	pass(60 * CLOCK_SECOND - 1);
	look(d);
	CHECK_STR(said(), "");
	pass(1);
	watchdog_step(d, "close", "app.log"); /* it may go on to something else */
	look(d);
	CHECK_STR(
		said(),
		"logsink: pausing: the call to close logs/app.log has not returned for 65 s: the disk "
		"does not answer; 7 lines wait\n");
	errno = EBADF;
	pass(CLOCK_MS);
	watchdog_end(d);
	CHECK_INT(errno, EBADF);
	CHECK_STR(said(),
		  "logsink: resumed: the call to close logs/app.log returned after 65001 ms\n");
	listen_end();
	watchdog_free(d);
}

static void others_are_not(void)
{
	struct watchdog *d = watchdog_new("logs/", false);

	listen_begin();
	pass(100 * CLOCK_SECOND);
	look(d);
	watchdog_begin(d);
	pass(3 * CLOCK_SECOND);
	watchdog_end(d);
	watchdog_begin(d); /* another, though the thread does nothing else */
	pass(3 * CLOCK_SECOND);
	look(d);
	CHECK(!watchdog_abandon(d, 4 * CLOCK_SECOND));
	watchdog_end(d);
	pass(100 * CLOCK_SECOND);
	look(d);
	CHECK(!watchdog_abandon(d, 0));
	CHECK_STR(said(), "");
	listen_end();
	watchdog_free(d);
}

/* A call that ended between watchdog_look and watchdog_say. */
static void what_came_back_is_not_said(void)
{
	struct watchdog *d = watchdog_new("logs/", false);

	listen_begin();
	watchdog_begin(d);
	pass(5 * CLOCK_SECOND);
	CHECK(watchdog_look(d));
	watchdog_end(d);
	watchdog_begin(d);
	watchdog_say(d, "");
	watchdog_end(d);
	CHECK_STR(said(), "");
	listen_end();
	watchdog_free(d);
}

static int64_t timer_left(const struct watchdog *d)
{
	struct itimerspec in = { .it_value = { .tv_sec = 0 } };

	CHECK_INT(timerfd_gettime(watchdog_fd(d), &in), 0);
	return in.it_value.tv_sec * CLOCK_SECOND + in.it_value.tv_nsec;
}

/* Lets the timer fire before its time. */
static void fire(const struct watchdog *d)
{
	const struct itimerspec now = { .it_value = { .tv_nsec = 1 } };
	struct pollfd fd = { .fd = watchdog_fd(d), .events = POLLIN };

	CHECK_INT(timerfd_settime(watchdog_fd(d), 0, &now, NULL), 0);
	CHECK_INT(poll(&fd, 1, -1), 1);
}

static void the_timer_fires_in_time(void)
{
	struct watchdog *d = watchdog_new("logs/", true);

	CHECK_INT(timer_left(d), 0); /* nothing was asked for: nobody is woken */
	watchdog_begin(d);
	CHECK(timer_left(d) > 4 * CLOCK_SECOND && timer_left(d) <= 5 * CLOCK_SECOND);
	watchdog_end(d);
	watchdog_begin(d);
	pass(2 * CLOCK_SECOND);
	fire(d);
	CHECK(!watchdog_look(d)); /* it was the first call's */
	CHECK(timer_left(d) > 2 * CLOCK_SECOND && timer_left(d) <= 3 * CLOCK_SECOND);
	watchdog_end(d);
	fire(d);
	CHECK(!watchdog_look(d));
	CHECK_INT(timer_left(d), 0);
	watchdog_begin(d);
	CHECK(timer_left(d) > 4 * CLOCK_SECOND);
	pass(5 * CLOCK_SECOND);
	fire(d);
	listen_begin();
	look(d);
	listen_end();
	CHECK(timer_left(d) > 59 * CLOCK_SECOND && timer_left(d) <= 60 * CLOCK_SECOND);
	/* When that call returns, the next one is watched as closely as the first. */
	listen_begin();
	watchdog_end(d);
	listen_end();
	watchdog_begin(d);
	CHECK(timer_left(d) > 4 * CLOCK_SECOND && timer_left(d) <= 5 * CLOCK_SECOND);
	watchdog_end(d);
	watchdog_free(d);
}

static void *come_back(void *arg)
{
	watchdog_end(arg);
	return arg;
}

static void who_is_abandoned_stays(void)
{
	static struct watchdog *d; /* for ever, as the thread */
	struct timespec until;
	pthread_t thread;

	d = watchdog_new("logs/", false);
	listen_begin();
	watchdog_begin(d);
	pass(CLOCK_SECOND);
	CHECK(!watchdog_abandon(d, CLOCK_SECOND + 1));
	CHECK(!watchdog_abandoned(d));
	CHECK(watchdog_abandon(d, CLOCK_SECOND));
	CHECK(watchdog_abandoned(d));
	pass(100 * CLOCK_SECOND);
	look(d);
	CHECK_STR(said(), ""); /* that nobody waits for it is the caller's to say */
	listen_end();
	if (!CHECK_INT(pthread_create(&thread, NULL, come_back, d), 0))
		return;
	clock_gettime(CLOCK_REALTIME, &until); /* it would be back in much less than a second */
	until.tv_nsec = (until.tv_nsec + 50 * CLOCK_MS) % CLOCK_SECOND;
	until.tv_sec += until.tv_nsec < 50 * CLOCK_MS;
	CHECK_INT(pthread_timedjoin_np(thread, NULL, &until), ETIMEDOUT);
	CHECK_INT(pthread_detach(thread), 0);
}

int main(void)
{
	TEST("watchdog: a call is said after 5 s, again after a minute, and when it is back",
	     a_late_call_is_said);
	TEST("watchdog: calls that end in time are not said, however many", others_are_not);
	TEST("watchdog: what came back meanwhile is not said", what_came_back_is_not_said);
	TEST("watchdog: the timer runs from the first call on", the_timer_fires_in_time);
	TEST("watchdog: who is abandoned never comes back", who_is_abandoned_stays);
	return test_end();
}
