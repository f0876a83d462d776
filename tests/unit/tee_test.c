/* tee: standard output may hang, fail or lose its reader, and holds nothing back but what was
 * agreed. */
#include "output/tee.h"

#include "feed.h"
#include "scratch.h"
#include "stream/ring.h"
#include "test.h"

#include <signal.h>
#include <sys/ioctl.h>

enum {
	RING = 256 * 1024,
	CHUNK = 64 * 1024, /* what is copied out at a time */
	LINE = 16,         /* "line 0000000123\n" */
};

static struct {
	struct ring *ring;
	struct ring_cursor *cursor;
	struct tee *tee;
	struct tee_counts counts;
	size_t lines; /* put into the ring so far */
	int ends[2];  /* of a pipe: standard output is its second */
	int stdout_before;

	char out[8 * 1024 * 1024]; /* what came out */
	size_t len;
} t;

static void on_wake(void *arg)
{
	(void)arg;
}

/* Checks that fail meanwhile are in memory until standard output is back: see main. */
static void enter(int output, enum ring_claim claim)
{
	scratch_enter();
	fflush(stdout);
	t.stdout_before = dup(STDOUT_FILENO);
	if (output < 0) {
		if (pipe2(t.ends, O_CLOEXEC) < 0 || fcntl(t.ends[1], F_SETPIPE_SZ, CHUNK) < 0)
			scratch_fail("a pipe");
		output = t.ends[1];
	}
	dup2(output, STDOUT_FILENO);
	close(output);
	memset(&t.counts, 0, sizeof(t.counts));
	t.lines = t.len = 0;
	t.ring = ring_new(RING, on_wake, NULL);
	t.cursor = t.ring ? ring_cursor_new(t.ring, claim, false) : NULL;
	t.tee = t.cursor ? tee_start(t.cursor, claim == RING_SKIP, -1, &t.counts) : NULL;
	if (!t.tee)
		scratch_fail("tee_start");
}

static void leave(void)
{
	ring_free(t.ring);
	dup2(t.stdout_before, STDOUT_FILENO);
	close(t.stdout_before);
	scratch_leave();
}

/* All at once, so that what is taken of them does not depend on when. */
static void put_lines(size_t n)
{
	char line[LINE + 1], *at;

	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "line %010zu\n", t.lines++);
		if (!CHECK(ring_space(t.ring, LINE, &at) >= LINE))
			return;
		memcpy(at, line, LINE);
		ring_fill(t.ring, LINE);
	}
	ring_publish(t.ring, n * LINE);
}

static size_t waiting(void)
{
	uint64_t lines;

	return (size_t)ring_waiting(t.ring, t.cursor, &lines);
}

/* For CHECK_SOON. */
static bool waits(const void *bytes)
{
	return tee_busy(t.tee) && waiting() == *(const size_t *)bytes;
}

static bool has_left(const void *none)
{
	(void)none;
	return ring_left(t.cursor);
}

static bool is_done(const void *none)
{
	(void)none;
	return counter_get(&t.counts.teed.lines) + counter_get(&t.counts.skipped.lines) == t.lines;
}

/* Reads so many bytes from the pipe. */
static void read_out(size_t n)
{
	struct pollfd there = { t.ends[0], POLLIN, 0 };
	ssize_t got;

	while (n > 0 && poll(&there, 1, 30000) > 0 &&
	       (got = read(t.ends[0], t.out + t.len, n)) > 0) {
		t.len += (size_t)got;
		n -= (size_t)got;
	}
}

/* What is in the pipe now. */
static void read_rest(void)
{
	int n = 0;

	if (ioctl(t.ends[0], FIONREAD, &n) == 0)
		read_out((size_t)n);
}

/* So many lines came out, each whole, in the order that they were put; how many first ones did. */
static size_t check_lines(void)
{
	size_t last = 0, first_ones = 0;

	CHECK_INT(t.len % LINE, 0);
	for (size_t at = 0; at + LINE <= t.len; at += LINE) {
		char line[LINE + 1] = "";

		memcpy(line, t.out + at, LINE);
		size_t n = strtoul(line + strlen("line "), NULL, 10);

		if (!CHECK(strncmp(line, "line ", 5) == 0 &&
			   strchr(line, '\n') == line + LINE - 1) ||
		    !CHECK(at == 0 || n > last))
			return 0;
		first_ones += n == at / LINE;
		last = n;
	}
	return first_ones;
}

/* ---- tests ---- */

static void copies_and_counts(void)
{
	enter(-1, RING_KEEP);
	put_lines(1000);
	CHECK(feed(t.ring, "no newline", 10));
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	CHECK(ring_left(t.cursor));
	read_rest();
	CHECK_INT(t.len, 1000 * LINE + 10);
	CHECK(memcmp(t.out + 1000 * LINE, "no newline", 10) == 0);
	t.len = 1000 * LINE;
	CHECK_INT(check_lines(), 1000);
	CHECK_INT(t.counts.teed.lines, 1001);
	CHECK_INT(t.counts.teed.bytes, 1000 * LINE + 10);
	CHECK_INT(t.counts.skipped.bytes, 0);
	CHECK_STR(scratch_said(), "");
	close(t.ends[0]);
	leave();
}

static void claims_no_more_than_its_cursor(void)
{
	const size_t all = 3 * CHUNK / LINE, stuck = CHUNK;

	enter(-1, RING_KEEP);
	put_lines(all);
	/* One chunk is in the pipe and one in its hands; neither holds bytes of the ring. */
	CHECK_SOON(waits, &stuck);
	put_lines(2 * CHUNK / LINE);
	t.len = 0;
	read_out((all + 2 * CHUNK / LINE) * LINE);
	CHECK_INT(check_lines(), all + 2 * CHUNK / LINE);
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	CHECK_INT(t.counts.teed.bytes, t.len);
	close(t.ends[0]);
	leave();
}

static void lets_others_go_on(void)
{
	enter(-1, RING_SKIP);
	/* Nobody reads, and there is room all the time: `put` would fail. */
	for (int i = 0; i < 80; i++)
		put_lines(RING / 4 / LINE);
	while (!is_done(NULL))
		read_rest();
	read_rest(); /* or the last line would have to wait */
	put_lines(1);
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	read_rest();
	check_lines();
	CHECK(memcmp(t.out + t.len - LINE, "line 0000327680\n", LINE) == 0);
	CHECK(t.counts.skipped.lines > 0);
	CHECK_INT(t.counts.teed.lines, t.len / LINE);
	CHECK_INT(t.counts.teed.lines + t.counts.skipped.lines, t.lines);
	CHECK_INT(t.counts.teed.bytes + t.counts.skipped.bytes, t.lines * LINE);
	close(t.ends[0]);
	leave();
}

static void bears_nonblocking_output(void)
{
	const size_t all = 3 * CHUNK / LINE, stuck = CHUNK;

	enter(-1, RING_KEEP);
	fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	put_lines(all);
	CHECK_SOON(waits, &stuck);
	read_out(all * LINE);
	CHECK_INT(check_lines(), all);
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	CHECK_STR(scratch_said(), "");
	close(t.ends[0]);
	leave();
}

static void ends_without_a_reader(void)
{
	enter(-1, RING_KEEP);
	close(t.ends[0]);
	put_lines(1);
	CHECK_SOON(has_left, "");
	for (int i = 0; i < 8; i++) /* nothing is held up by it any more */
		put_lines(RING / 4 / LINE);
	ring_end(t.ring);
	CHECK(tee_join(t.tee)); /* who wanted a copy is gone, so nothing failed */
	CHECK_INT(scratch_said_times("logsink: warning: "), 1);
	leave();
}

static void ends_where_writing_fails_for_good(void)
{
	enter(open("/dev/full", O_WRONLY | O_CLOEXEC), RING_KEEP);
	put_lines(1);
	CHECK_SOON(has_left, "");
	ring_end(t.ring);
	CHECK(!tee_join(t.tee));
	CHECK_INT(scratch_said_times("standard output: No space left on device"), 1);
	CHECK_INT(t.counts.teed.bytes, 0);
	leave();
}

static void is_left_behind(void)
{
	const size_t stuck = CHUNK;

	enter(-1, RING_KEEP);
	put_lines(3 * CHUNK / LINE);
	CHECK_SOON(waits, &stuck);
	tee_abandon(t.tee);
	CHECK(ring_left(t.cursor));
	put_lines(RING / LINE); /* what it did not take is not kept for it */
	CHECK(!tee_join(t.tee));
	CHECK_INT(scratch_said_times("logsink: warning: "), 1);
	/* The thread hangs in write(2) until the process ends, and may use the ring until then. */
	dup2(t.stdout_before, STDOUT_FILENO);
	scratch_leave();
}

/* Puts a line and wakes nobody; returns whether it was written by us. Until the tee sleeps, it does
 * that. */
static bool we_write(const void *none)
{
	uint64_t before;

	(void)none;
	read_rest();
	before = counter_get(&t.counts.teed.bytes);
	ring_hush(t.ring, true);
	put_lines(1);
	ring_hush(t.ring, false);
	return tee_try(t.tee) && counter_get(&t.counts.teed.bytes) == before + LINE;
}

static void another_thread_writes(void)
{
	enter(-1, RING_KEEP);
	CHECK(!tee_try(t.tee)); /* there is nothing */
	CHECK_SOON(we_write, "");
	CHECK_SOON(we_write, "");
	put_lines(1000); /* too much for that */
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	read_rest();
	CHECK_INT(check_lines(), t.lines);
	CHECK_INT(t.counts.teed.lines, t.lines);
	close(t.ends[0]);
	leave();
}

static void another_thread_never_hangs(void)
{
	enter(-1, RING_KEEP);
	CHECK_SOON(we_write, "");
	read_rest();
	put_lines(CHUNK / LINE);
	CHECK_SOON(is_done, ""); /* the pipe is full; the tee sleeps again, or is about to */
	for (int i = 0; i < 100; i++) {
		ring_hush(t.ring, true);
		put_lines(1);
		ring_hush(t.ring, false);
		(void)tee_try(t.tee); /* or we would hang here */
	}
	ring_wake(t.ring);
	read_out(t.lines * LINE - t.len);
	CHECK_INT(check_lines(), t.lines);
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	CHECK_INT(t.counts.teed.lines, t.lines);
	close(t.ends[0]);
	leave();
}

static void best_effort_is_its_own(void)
{
	enter(-1, RING_SKIP);
	for (int i = 0; i < 100; i++) {
		ring_hush(t.ring, true);
		put_lines(1);
		ring_hush(t.ring, false);
		CHECK(!tee_try(t.tee));
	}
	ring_end(t.ring);
	CHECK(tee_join(t.tee));
	close(t.ends[0]);
	leave();
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOFBF, 64 * 1024); /* nothing goes out before it is flushed */
	TEST("tee: all bytes are copied and counted, and the last line needs no newline",
	     copies_and_counts);
	TEST("tee: a stuck standard output holds back what its cursor claims, and no chunk more",
	     claims_no_more_than_its_cursor);
	TEST("tee: with best effort nothing is held back, lines stay whole, and the rest is counted",
	     lets_others_go_on);
	TEST("tee: a standard output that somebody made non-blocking is waited for",
	     bears_nonblocking_output);
	TEST("tee: without a reader it ends, which is no failure", ends_without_a_reader);
	TEST("tee: where writing fails for good it ends, which is one",
	     ends_where_writing_fails_for_good);
	TEST("tee: while its thread sleeps, another one writes", another_thread_writes);
	TEST("tee: another thread never hangs in a full pipe", another_thread_never_hangs);
	TEST("tee: best effort is left to its own thread", best_effort_is_its_own);
	TEST("tee: abandoned, it leaves the ring though its thread hangs", is_left_behind);
	return test_end();
}
