/* reader: it waits in read(2), can be called out of it, and another thread reads on if it hangs. */
#include "input/reader.h"

#include "base/clock.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

/* The reader's threads stay after a test, and wait with its lock. */
static pthread_mutex_t locks[16];
static int tests;

static struct {
	pthread_mutex_t *lock;
	struct reader *reader;
	int fds[2];

	/* under the lock */
	char buffer[4096];
	char got[4096]; /* what was read, one after the other */
	size_t len;
	int ends, offers, waits;
	bool full;               /* there is no offer */
	bool pending;            /* the loop is to have a turn */
	struct reader_step next; /* what is answered to bytes */
	bool can_try;

	_Atomic int trying; /* threads in on_quiet */
	sem_t go_on;        /* for these */
} t;

static bool on_offer(void *arg, char **at, size_t *len)
{
	(void)arg;
	t.offers++;
	*at = t.buffer;
	*len = sizeof(t.buffer);
	return !t.full;
}

static bool on_wait(void *arg)
{
	(void)arg;
	t.waits += t.pending;
	return t.pending;
}

static struct reader_step on_bytes(void *arg, ssize_t n, int error)
{
	struct reader_step step = t.next;

	(void)arg;
	if (n <= 0) {
		CHECK(n == 0 || error == EBADF);
		t.ends++;
		return (struct reader_step){ .stop = true };
	}
	memcpy(t.got + t.len, t.buffer, (size_t)n);
	t.len += (size_t)n;
	step.tries = step.tries && reader_may_try(t.reader);
	return step;
}

static void on_quiet(void *arg)
{
	(void)arg;
	t.trying++;
	sem_wait(&t.go_on);
	t.trying--;
}

static void lock(void)
{
	pthread_mutex_lock(t.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(t.lock);
}

/* With the lock. */
static void start(void)
{
	struct reader_options o = { .lock = &locks[tests],
				    .on_offer = on_offer,
				    .on_wait = on_wait,
				    .on_bytes = on_bytes,
				    .on_quiet = on_quiet };

	memset(&t, 0, sizeof(t));
	t.lock = &locks[tests++];
	pthread_mutex_init(t.lock, NULL);
	sem_init(&t.go_on, 0, 0);
	if (pipe(t.fds) < 0)
		abort();
	o.fd = t.fds[0];
	lock();
	t.reader = reader_start(&o);
	if (!t.reader)
		abort();
}

/* The threads stay, and use t no more. */
static void stop(void)
{
	reader_halt(t.reader);
	unlock();
	close(t.fds[0]);
	if (t.fds[1] >= 0)
		close(t.fds[1]);
}

static void say(const char *text)
{
	CHECK_INT(write(t.fds[1], text, strlen(text)), strlen(text));
}

static bool has_got(const void *text)
{
	lock();
	bool same = t.len == strlen(text) && memcmp(t.got, text, t.len) == 0;
	unlock();
	return same;
}

static bool has_ended(const void *ends)
{
	lock();
	bool same = t.ends == *(const int *)ends;
	unlock();
	return same;
}

static bool is_trying(const void *count)
{
	return t.trying == *(const int *)count;
}

static const int none = 0, one = 1;

static void wait_for(const char *text)
{
	unlock();
	CHECK_SOON(has_got, text);
	lock();
}

static void reads(void)
{
	start();
	say("early ");
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got("")); /* not yet */
	lock();
	reader_go(t.reader);
	wait_for("early ");
	say("one ");
	wait_for("early one ");
	say("two");
	wait_for("early one two");
	close(t.fds[1]);
	t.fds[1] = -1;
	unlock();
	CHECK_SOON(has_ended, &one);
	poll(NULL, 0, 20);
	CHECK(has_ended(&one)); /* it said stop */
	lock();
	stop();
}

/* The thread is in read(2), or just before it. */
static void is_called_out(void)
{
	start();
	for (int i = 0; i < 200; i++) {
		reader_go(t.reader);
		if (i % 3 > 0) {
			unlock();
			poll(NULL, 0, i % 3 - 1);
			lock();
		}
		reader_halt(t.reader);
		int offers = t.offers;
		unlock();
		if (i < 3)
			poll(NULL, 0, 10);
		lock();
		CHECK_INT(t.offers, offers);
	}
	say("text");
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got("")); /* nobody reads */
	lock();
	reader_go(t.reader);
	wait_for("text");
	stop();
}

static void stops_when_told(void)
{
	start();
	t.full = true;
	reader_go(t.reader);
	say("one");
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got(""));
	lock();
	t.full = false;
	t.next.stop = true;
	reader_go(t.reader);
	wait_for("one");
	say("two");
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got("one"));
	lock();
	reader_go(t.reader);
	wait_for("onetwo");
	stop();
}

static void another_reads_on(void)
{
	start();
	t.next.tries = true;
	reader_go(t.reader);
	CHECK(!reader_look(t.reader));
	CHECK(reader_may_try(t.reader));
	say("one ");
	unlock();
	CHECK_SOON(is_trying, &one);
	lock();
	CHECK(reader_look(t.reader));
	CHECK(!reader_may_try(t.reader));
	say("two ");
	wait_for("one two ");
	CHECK_INT(t.trying, 1); /* the first; the second may not */
	CHECK(!reader_look(t.reader));
	unlock();
	sem_post(&t.go_on);
	CHECK_SOON(is_trying, &none);
	lock();
	say("three ");
	wait_for("one two three ");
	unlock();
	CHECK_SOON(is_trying, &one); /* now the second may, as the first can read */
	lock();
	CHECK(reader_look(t.reader));
	say("four ");
	wait_for("one two three four ");
	stop();
	sem_post(&t.go_on);
	CHECK_SOON(is_trying, &none);
}

static void is_left_where_it_hangs(void)
{
	start();
	t.next.tries = true;
	reader_go(t.reader);
	say("one ");
	unlock();
	CHECK_SOON(is_trying, &one);
	lock();
	reader_halt(t.reader);
	CHECK_INT(t.trying, 1);
	say("two ");
	unlock();
	sem_post(&t.go_on);
	CHECK_SOON(is_trying, &none);
	poll(NULL, 0, 20);
	CHECK(has_got("one ")); /* it does not read on */
	lock();
	t.next.tries = false;
	reader_go(t.reader);
	wait_for("one two ");
	stop();
}

/* Somebody who shares the pipe has set O_NONBLOCK. */
static void does_not_spin(void)
{
	start();
	CHECK(fcntl(t.fds[0], F_SETFL, O_NONBLOCK) == 0);
	reader_go(t.reader);
	unlock();
	poll(NULL, 0, 50);
	lock();
	CHECK(t.offers <= 2);
	say("one");
	wait_for("one");
	reader_halt(t.reader);
	stop();
}

static void the_loop_comes_first(void)
{
	start();
	t.pending = true;
	reader_go(t.reader);
	say("one");
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got(""));
	lock();
	CHECK_INT(t.waits, 1);
	reader_turn(t.reader);
	unlock();
	poll(NULL, 0, 20);
	CHECK(has_got("")); /* that turn was not enough */
	lock();
	t.pending = false;
	reader_turn(t.reader);
	wait_for("one");
	t.pending = true;
	say("two");
	for (int i = 0; i < 20; i++) { /* it does not wait for ever */
		unlock();
		poll(NULL, 0, 2);
		lock();
		reader_turn(t.reader);
	}
	wait_for("onetwo");
	t.pending = true;
	say("three");
	unlock();
	poll(NULL, 0, 20);
	lock();
	reader_halt(t.reader); /* what was read is not lost */
	CHECK_INT(t.len, 11);
	stop();
}

static void naps(void)
{
	start();
	t.next.nap_ns = 50 * CLOCK_MS;
	reader_go(t.reader);
	say("one");
	wait_for("one");
	say("two");
	int64_t begun = clock_mono_ns();
	wait_for("onetwo");
	CHECK(clock_mono_ns() - begun > 20 * CLOCK_MS);
	t.next.nap_ns = 3600 * CLOCK_SECOND;
	say("three");
	wait_for("onetwothree");
	reader_halt(t.reader); /* it need not be slept through */
	stop();
}

int main(void)
{
	TEST("reader: it reads from when it is told to, what comes, and the end", reads);
	TEST("reader: it is called out of read(2)", is_called_out);
	TEST("reader: it stops when there is no room, or when it is told to", stops_when_told);
	TEST("reader: if it hangs, another thread reads on, which tries nothing", another_reads_on);
	TEST("reader: it can be halted while it hangs, and does not come back",
	     is_left_where_it_hangs);
	TEST("reader: a pipe that was made non-blocking is waited for", does_not_spin);
	TEST("reader: the loop has its turn before more is taken", the_loop_comes_first);
	TEST("reader: a nap lasts as long as it should, or until it is halted", naps);
	return test_end();
}
