/*
 * Standard error: whole lines from several threads, one at a time.
 *
 * Messages are one write each. A line of the log that is passed on may be longer than a pipe
 * accepts at once; its writer then owns the turn until the end of the line.
 *
 * poll(2) reports a file as writable even while its disk hangs. So if standard error is a file, one
 * thread writes to it, and all others put their output into its queue.
 */
#include "base/stderr.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAST_WAIT_MS = 1000, BUSY_WAIT_MS = 100, QUEUE_SIZE = 16 * PIPE_BUF };

static _Atomic int patience_ms; /* how long a message waits for standard error */
static _Atomic bool torn;       /* the last output is an unfinished line, and remains one */

/* Whose turn it is to write to standard error. The lock is not held during a write, which may hang.
 */
static struct {
	pthread_mutex_t lock;
	const void *passer;      /* owns the turn from the beginning of a line to its end */
	unsigned taken;          /* counts the turns taken */
	unsigned speakers;       /* threads that write messages */
	char kept[PIPE_BUF - 1]; /* messages that wait for the end of the passer's line */
	size_t kept_len;
	bool midline, stuck; /* the passer's own */
} turn = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The queue for a file. Bytes that are being written stay at the front until that is done. */
static struct {
	bool used; /* set before there are threads */
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool hangs; /* a wait has timed out since the last write */
	size_t len;
	char text[QUEUE_SIZE];
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER };

void stderr_last(void)
{
	patience_ms = LAST_WAIT_MS;
}

/* ---- a file ---- */

static void lock_queue(void)
{
	(void)pthread_mutex_lock(&queue.lock); /* must() would come here again */
}

static void unlock_queue(void)
{
	(void)pthread_mutex_unlock(&queue.lock);
}

/* Waits for room for timeout_ms; for hanging_ms if the queue is known to hang. It polls: it is
 * rare. */
static bool wait_for_room(size_t len, int timeout_ms, int hanging_ms)
{
	const int64_t start = clock_mono_ns();

	for (;;) {
		int64_t waited_ms = (clock_mono_ns() - start) / CLOCK_MS;

		lock_queue();
		bool room = len <= sizeof(queue.text) - queue.len;
		bool over = waited_ms >= (queue.hangs ? hanging_ms : timeout_ms);
		queue.hangs = queue.hangs || (over && !room);
		unlock_queue();
		if (room || over)
			return room;
		poll(NULL, 0, 1);
	}
}

static ssize_t enqueue(const char *text, size_t len)
{
	bool fits;

	lock_queue();
	fits = len <= sizeof(queue.text) - queue.len;
	if (fits) {
		memcpy(queue.text + queue.len, text, len);
		queue.len += len;
		(void)pthread_cond_signal(&queue.filled);
	}
	unlock_queue();
	return fits ? (ssize_t)len : -1;
}

static void *stderr_thread(void *unused)
{
	lock_queue();

	pthread_setname_np(pthread_self(), "stderr");
	for (;;) {
		while (queue.len == 0)
			(void)pthread_cond_wait(&queue.filled, &queue.lock);
		size_t len = queue.len;
		unlock_queue();
		ssize_t n = write(STDERR_FILENO, queue.text, len); /* other threads only append */
		lock_queue();
		if (n > 0)
			len = (size_t)n;
		queue.hangs = false;
		queue.len -= len; /* refused bytes are lost */
		memmove(queue.text, queue.text + len, queue.len);
	}
	return unused;
}

int stderr_start(void)
{
	pthread_t thread;
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return 0;
	errno = pthread_create(&thread, NULL, stderr_thread, NULL);
	if (errno)
		return -1;
	(void)pthread_detach(thread);
	queue.used = true;
	return 0;
}

void stderr_finish(void)
{
	if (queue.used)
		(void)wait_for_room(sizeof(queue.text), LAST_WAIT_MS, LAST_WAIT_MS);
}

/* ---- any kind ---- */

/*
 * One write, preceded by a newline if the last line is unfinished. At most PIPE_BUF bytes go into a
 * pipe atomically, and do not block after POLLOUT. Returns the bytes of the text that were written.
 */
static size_t put(const char *text, size_t len)
{
	char line[PIPE_BUF] = "\n";
	bool newline = atomic_exchange(&torn, false);
	ssize_t n;

	if (newline) {
		len = len < sizeof(line) ? len : sizeof(line) - 1;
		memcpy(line + 1, text, len++);
		text = line;
	}
	n = queue.used ? enqueue(text, len) : write(STDERR_FILENO, text, len);
	if (newline && n <= 0)
		torn = true;
	return n > 0 ? (size_t)n - newline : 0;
}

/* Whether standard error is writable, now or within the timeout. */
static bool is_ready(int timeout_ms)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int ready;

	if (queue.used)
		return wait_for_room(PIPE_BUF,
				     timeout_ms > BUSY_WAIT_MS ? timeout_ms : BUSY_WAIT_MS,
				     timeout_ms);
	do
		ready = poll(&fd, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	return ready == 1 && (fd.revents & POLLOUT);
}

void stderr_say_now(const char *text, size_t len)
{
	if (is_ready(patience_ms))
		(void)put(text, len); /* there is nobody left to tell */
	else
		patience_ms = 0; /* so that the next message does not wait as well */
}

/* ---- turns ---- */

static void lock_turn(void)
{
	(void)pthread_mutex_lock(&turn.lock); /* must() would come here again */
}

static void unlock_turn(void)
{
	(void)pthread_mutex_unlock(&turn.lock);
}

static void spoke(void)
{
	lock_turn();
	turn.speakers--;
	unlock_turn();
}

void stderr_say(const char *text, size_t len)
{
	bool keep;

	lock_turn();
	keep = turn.passer != NULL;
	if (keep && len <= sizeof(turn.kept) - turn.kept_len) {
		memcpy(turn.kept + turn.kept_len, text, len);
		turn.kept_len += len;
	}
	turn.speakers += !keep;
	unlock_turn();
	if (keep)
		return;
	stderr_say_now(text, len);
	spoke();
}

/*
 * Waits for the turn until the timeout, or until its owner was idle for idle_ms: the owner may be
 * waiting for us. It polls, because this is rare, short, and at the end.
 */
static bool take_turn(const void *who, int ms, int idle_ms)
{
	const int64_t start = clock_mono_ns(), until = start + ms * CLOCK_MS;
	int64_t idle_until = start + idle_ms * CLOCK_MS;
	unsigned seen = 0;

	for (;;) {
		int64_t now = clock_mono_ns();

		lock_turn();
		bool mine = turn.passer == who || (!turn.passer && turn.speakers == 0);
		if (mine)
			turn.passer = who;
		turn.taken += mine;
		if (turn.taken != seen)
			idle_until = now + idle_ms * CLOCK_MS;
		seen = turn.taken;
		unlock_turn();
		if (mine || now >= until || now >= idle_until)
			return mine;
		poll(NULL, 0, 1);
	}
}

static void end_turn(void)
{
	char text[sizeof(turn.kept)];
	size_t len;

	lock_turn();
	len = turn.kept_len;
	memcpy(text, turn.kept, len);
	turn.kept_len = 0;
	turn.passer = NULL;
	turn.speakers++;
	unlock_turn();
	if (len > 0 || torn)
		stderr_say_now(text, len);
	spoke();
}

/* ---- lines that are not ours ---- */

static size_t pass(const char *p, size_t len, int timeout_ms)
{
	const char *newline;

	if (len > PIPE_BUF) {
		newline = memrchr(p, '\n', PIPE_BUF);
		len = newline ? (size_t)(newline - p) + 1 : PIPE_BUF;
	}
	/* If it accepted nothing for one caller, the next does not wait as well. */
	turn.stuck = !is_ready(turn.stuck ? 0 : timeout_ms);
	return turn.stuck ? 0 : put(p, len);
}

size_t stderr_pass(const void *who, const char *p, size_t len, int turn_ms, int timeout_ms)
{
	size_t n;

	if (!take_turn(who, turn_ms, timeout_ms))
		return 0;
	n = pass(p, len, timeout_ms);
	if (n > 0)
		turn.midline = p[n - 1] != '\n';
	if (!turn.midline)
		end_turn();
	return n;
}

void stderr_passed(const void *who)
{
	bool midline;

	lock_turn();
	midline = turn.passer == who;
	unlock_turn();
	if (!midline)
		return;
	torn = true;
	turn.midline = false;
	end_turn();
}
