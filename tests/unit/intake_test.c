/* intake: whole lines from several sources into one ring, and what happens when it is full. */
#include "input/intake.h"

#include "input/source.h"
#include "stream/mark.h"
#include "stream/ring.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum {
	SIZE = 64 * 1024,
	STRETCH = SIZE / 4, /* what one read takes at most */
	LOW = STRETCH / 4,  /* with less room than this nothing is read */
	ASIDE = LOW / 2,    /* an unfinished line up to this is put aside */
	FEEDS = 8,
	MARKS = 40000,
};

/* ---- a ring, an intake, and FIFOs that we write ourselves ---- */

static char directory[] = "/tmp/intake_test.XXXXXX";

static struct {
	struct ring *ring;
	struct ring_cursor *cursor;
	struct intake *in;
	struct intake_counts counts;
	int wakes;

	size_t count;
	struct source *sources[FEEDS];
	struct feed *feeds[FEEDS];
	int fds[FEEDS]; /* for writing; -1: closed */

	/* what came out */
	char *bytes;
	size_t len, size;
	struct placed {
		size_t pos;
		struct ring_mark mark;
	} marks[MARKS];
	size_t mark_count;
	bool ended;
} t;

static void on_wake(void *arg)
{
	(void)arg;
	t.wakes++;
}

static void give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static const char *fifo_path(size_t k)
{
	static char paths[FEEDS][64];

	snprintf(paths[k], sizeof(paths[k]), "%s/%zu", directory, k);
	return paths[k];
}

static void start_with(enum intake_policy policy, bool origins, size_t count)
{
	char *bytes = t.bytes;
	size_t size = t.size;

	memset(&t, 0, sizeof(t));
	t.bytes = bytes;
	t.size = size;
	if (bytes)
		bytes[0] = '\0';
	t.ring = ring_new(SIZE, on_wake, NULL);
	if (!t.ring)
		give_up("ring_new");
	t.cursor = ring_cursor_new(t.ring, RING_KEEP, true);
	t.in = intake_new(t.ring, policy, origins, &t.counts);
	if (!t.in)
		give_up("intake_new");
	t.count = count;
	for (size_t k = 0; k < count; k++) {
		t.sources[k] = source_fifo(fifo_path(k), true, NULL);
		t.fds[k] = open(fifo_path(k), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (!t.sources[k] || t.fds[k] < 0 || !source_widen(t.sources[k]))
			give_up("a FIFO");
		t.feeds[k] = intake_feed(t.in, t.sources[k], k);
		if (!t.feeds[k])
			give_up("intake_feed");
	}
}

static void start(enum intake_policy policy, size_t count)
{
	start_with(policy, false, count);
}

static void hang_up(size_t k)
{
	if (t.fds[k] >= 0)
		close(t.fds[k]);
	t.fds[k] = -1;
}

static void stop(void)
{
	for (size_t k = 0; k < t.count; k++) {
		hang_up(k);
		source_close(t.sources[k]);
	}
	intake_free(t.in);
	ring_free(t.ring);
}

static void say_bytes(size_t k, const char *p, size_t len)
{
	CHECK_INT(write(t.fds[k], p, len), len);
}

static void say(size_t k, const char *text)
{
	say_bytes(k, text, strlen(text));
}

static const char *many_x(size_t n)
{
	static char text[3 * SIZE];

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

static enum intake_result pull(size_t k)
{
	size_t got;

	return intake_pull(t.in, t.feeds[k], SIZE_MAX, &got);
}

/* Reads all that there is. */
static void pull_all(size_t k)
{
	enum intake_result result;

	do
		result = pull(k);
	while (result == INTAKE_READ);
	CHECK_INT(result, INTAKE_LATER);
}

static void keep(const char *p, size_t len)
{
	if (t.len + len + 1 > t.size) {
		t.size = (t.len + len + 1) * 2;
		t.bytes = realloc(t.bytes, t.size);
		if (!t.bytes)
			give_up("realloc");
	}
	memcpy(t.bytes + t.len, p, len);
	t.len += len;
	t.bytes[t.len] = '\0';
}

/* Consumes at most n bytes, and all marks on the way. */
static void drain_some(size_t n)
{
	struct ring_span span;
	struct ring_mark mark;

	for (;;) {
		switch (ring_peek(t.cursor, 1, &span, &mark)) {
		case RING_BYTES:
			if (n == 0)
				return;
			if (span.len > n)
				span.len = n;
			n -= span.len;
			keep(span.at, span.len);
			ring_advance(t.cursor, span.len);
			break;
		case RING_MARK:
			if (CHECK(t.mark_count < MARKS))
				t.marks[t.mark_count++] =
					(struct placed){ .pos = t.len, .mark = mark };
			ring_pass(t.cursor);
			break;
		case RING_END:
			t.ended = true;
			return;
		case RING_TIMEOUT:
			return;
		}
	}
}

static void drain(void)
{
	drain_some(SIZE_MAX);
}

/* What came out so far, without its first pos bytes. */
static const char *out_from(size_t pos)
{
	drain();
	if (!t.bytes || !CHECK(pos <= t.len))
		return "";
	return t.bytes + pos;
}

static const char *out(void)
{
	return out_from(0);
}

/* Puts lines of feed k into the ring until so many bytes are in it. */
static void fill_ring(size_t k, size_t len)
{
	static char lines[SIZE];
	uint64_t none;
	size_t now = (size_t)ring_waiting(t.ring, t.cursor, &none);

	for (size_t i = 0; i < len - now; i++)
		lines[i] = i % 64 == 63 || i + 1 == len - now ? '\n' : '.';
	say_bytes(k, lines, len - now);
	pull_all(k);
	CHECK_INT(ring_waiting(t.ring, t.cursor, &none), len);
}

/* ---- one source ---- */

static void whole_lines_only(void)
{
	start(INTAKE_BLOCK, 1);
	say(0, "one\ntw");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_STR(out(), "one\n");
	CHECK_INT(intake_put_aside(t.in), 2);
	CHECK_INT(pull(0), INTAKE_LATER);
	say(0, "o");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_STR(out(), "one\n");
	say(0, "\n\n\nthree");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_STR(out(), "one\ntwo\n\n\n");
	CHECK_INT(intake_put_aside(t.in), 5);
	CHECK_INT(t.counts.read.lines, 4);
	CHECK_INT(t.counts.read.bytes, 15);
	CHECK(intake_holder(t.in) == NULL);
	stop();
}

static void reads_up_to_the_limit(void)
{
	size_t got = 99;

	start(INTAKE_BLOCK, 1);
	CHECK_INT(intake_pull(t.in, t.feeds[0], 5, &got), INTAKE_LATER);
	CHECK_INT(got, 0);
	say(0, "a\nb\nc\nd\n");
	CHECK_INT(intake_pull(t.in, t.feeds[0], 5, &got), INTAKE_READ);
	CHECK_INT(got, 5);
	CHECK_STR(out(), "a\nb\n");
	CHECK_INT(intake_pull(t.in, t.feeds[0], 5, &got), INTAKE_READ);
	CHECK_INT(got, 3);
	CHECK_STR(out(), "a\nb\nc\nd\n");
	hang_up(0);
	CHECK_INT(intake_pull(t.in, t.feeds[0], 5, &got), INTAKE_ENDED);
	CHECK_INT(got, 0);
	stop();
}

static void long_line_in_pieces(void)
{
	const size_t length = 3 * SIZE - 1;

	start(INTAKE_BLOCK, 1);
	say(0, many_x(SIZE / 2));
	pull_all(0);
	CHECK_STR(out(), ""); /* half the ring is not long yet */
	say(0, "x");
	pull_all(0);
	CHECK_INT(strlen(out()), SIZE / 2 + 1);
	say(0, many_x(length - SIZE / 2 - 1));
	for (int i = 0; i < 100 && pull(0) != INTAKE_LATER; i++)
		drain();
	say(0, "\nnext\n");
	pull_all(0);
	CHECK_INT(strlen(out()), length + 6);
	CHECK_INT(strspn(out(), "x"), length);
	CHECK_STR(out_from(length), "\nnext\n");
	CHECK_INT(t.counts.read.lines, 2);
	CHECK_INT(t.counts.read.bytes, length + 6);
	stop();
}

static void full_blocks(void)
{
	enum intake_result result;
	uint64_t lines, before;

	start(INTAKE_BLOCK, 1);
	for (int i = 0; i < 300; i++)
		say(0, "..............................................................."
		       "..............................................................."
		       "..............................................................."
		       "..............................................................."
		       "..\n");
	while ((result = pull(0)) == INTAKE_READ)
		;
	CHECK_INT(result, INTAKE_FULL);
	before = t.counts.read.bytes;
	CHECK(before > SIZE - LOW);
	CHECK_INT(pull(0), INTAKE_FULL);
	CHECK_INT(t.counts.read.bytes, before); /* nothing was read */
	CHECK_INT(t.wakes, 0);
	drain_some(STRETCH / 2);
	CHECK_INT(t.wakes, 0); /* it is worth while for a whole read only */
	drain_some(STRETCH / 2);
	CHECK_INT(t.wakes, 1);
	CHECK_INT(pull(0), INTAKE_READ);
	for (int i = 0; i < 100 && pull(0) != INTAKE_LATER; i++)
		drain();
	CHECK_INT(strlen(out()), 300 * 255);
	CHECK_INT(ring_waiting(t.ring, t.cursor, &lines), 0);
	CHECK_INT(t.counts.dropped.bytes, 0);
	stop();
}

/* ---- marks ---- */

static void check_mark(size_t i, size_t pos, enum mark_kind kind, int64_t arg)
{
	drain();
	if (!CHECK(i < t.mark_count))
		return;
	CHECK_INT(t.marks[i].pos, pos);
	CHECK_INT(t.marks[i].mark.kind, kind);
	CHECK_INT(t.marks[i].mark.arg[0], arg);
}

static void marks_between_lines(void)
{
	start(INTAKE_BLOCK, 1);
	intake_mark(t.in, MARK_ROLL, 100);
	say(0, "one\ntwo\nthr");
	pull_all(0);
	intake_mark(t.in, MARK_ROLL, 200);
	intake_mark(t.in, MARK_REOPEN, 0);
	say(0, "ee\n");
	pull_all(0);
	intake_mark(t.in, MARK_PART, 0);
	check_mark(0, 0, MARK_ROLL, 100);
	check_mark(1, 8, MARK_ROLL, 200);
	check_mark(2, 8, MARK_REOPEN, 0);
	check_mark(3, 14, MARK_PART, 0);
	CHECK_INT(t.mark_count, 4);
	CHECK_STR(out(), "one\ntwo\nthree\n");
	stop();
}

static void marks_wait_for_a_long_line(void)
{
	start(INTAKE_BLOCK, 1);
	say(0, many_x(SIZE / 2 + 1));
	pull_all(0);
	CHECK_INT(strlen(out()), SIZE / 2 + 1);
	intake_mark(t.in, MARK_ROLL, 1);
	intake_mark(t.in, MARK_PART, 0);
	intake_mark(t.in, MARK_ROLL, 2);
	say(0, many_x(SIZE / 2 + 1));
	pull_all(0);
	drain();
	CHECK_INT(t.mark_count, 0);
	say(0, "\nnext\n");
	pull_all(0);
	check_mark(0, SIZE + 3, MARK_ROLL, 2); /* two of a kind are one, the later one */
	check_mark(1, SIZE + 3, MARK_PART, 0);
	CHECK_INT(t.mark_count, 2);
	CHECK_STR(out_from(SIZE + 3), "next\n");
	stop();
}

/* More marks than the ring takes: the last of each kind is kept until there is room. */
static void marks_wait_for_room(void)
{
	start(INTAKE_BLOCK, 1);
	for (int i = 1; i <= MARKS; i++)
		intake_mark(t.in, MARK_ROLL, i);
	drain();
	CHECK(t.mark_count < MARKS);
	intake_settle(t.in);
	drain();
	CHECK_INT(t.marks[t.mark_count - 1].mark.arg[0], MARKS);
	stop();
}

/* ---- several sources ---- */

static void lines_do_not_mix(void)
{
	start(INTAKE_BLOCK, 3);
	say(0, "a");
	say(1, "b\nb");
	say(2, "c");
	for (size_t k = 0; k < 3; k++)
		pull_all(k);
	CHECK_STR(out(), "b\n");
	CHECK_INT(intake_put_aside(t.in), 3);
	CHECK(intake_holder(t.in) == NULL);
	say(0, "a\n");
	say(2, "cc\n");
	pull_all(2);
	pull_all(0);
	CHECK_STR(out(), "b\nccc\naa\n");
	say(1, "b\n");
	pull_all(1);
	CHECK_STR(out(), "b\nccc\naa\nbb\n");
	CHECK_INT(intake_put_aside(t.in), 0);
	CHECK_INT(t.counts.read.lines, 4);
	CHECK_INT(t.counts.read.bytes, 12);
	stop();
}

static void long_line_holds_the_others(void)
{
	start(INTAKE_BLOCK, 2);
	say(1, "b");
	pull_all(1);
	say(0, many_x(ASIDE));
	pull_all(0);
	CHECK(intake_holder(t.in) == NULL);
	say(1, "b");
	pull_all(1);
	say(0, "x");
	pull_all(0);
	CHECK(intake_holder(t.in) == t.sources[0]);
	CHECK_INT(intake_put_aside(t.in), ASIDE + 3);
	say(1, "b\n");
	CHECK_INT(pull(1), INTAKE_HELD);
	CHECK_INT(pull(0), INTAKE_LATER);
	say(0, "\na");
	pull_all(0);
	CHECK(intake_holder(t.in) == NULL);
	pull_all(1);
	CHECK_INT(strspn(out(), "x"), ASIDE + 1);
	CHECK_STR(out_from(ASIDE + 1), "\nbbb\n");
	CHECK_INT(intake_put_aside(t.in), 1);
	stop();
}

static void very_long_line_holds_the_others(void)
{
	const size_t length = SIZE + 10000;

	start(INTAKE_BLOCK, 2);
	say(1, "b\n");
	say(0, many_x(length));
	for (int i = 0; i < 100 && pull(0) != INTAKE_LATER; i++) {
		drain();
		if (i > 0)
			CHECK_INT(pull(1), INTAKE_HELD);
	}
	CHECK(intake_holder(t.in) == t.sources[0]);
	say(0, "\n");
	pull_all(0);
	CHECK(intake_holder(t.in) == NULL);
	pull_all(1);
	CHECK_INT(strspn(out(), "x"), length);
	CHECK_STR(out_from(length), "\nb\n");
	stop();
}

static void breaks_a_line(void)
{
	start(INTAKE_BLOCK, 2);
	CHECK(intake_break_line(t.in)); /* nobody holds */
	say(0, many_x(5000));
	pull_all(0);
	say(1, "b\n");
	CHECK_INT(pull(1), INTAKE_HELD);
	CHECK(intake_break_line(t.in));
	CHECK(intake_holder(t.in) == NULL);
	pull_all(1);
	say(0, "rest\n");
	pull_all(0);
	CHECK_STR(out_from(5000), "\nb\nrest\n");
	CHECK_INT(t.counts.read.lines, 3);
	CHECK_INT(t.counts.read.bytes, 5008);

	/* And one that is in the ring in part. */
	t.bytes[t.len = 0] = '\0';
	say(0, many_x(SIZE / 2 + 1));
	pull_all(0);
	intake_mark(t.in, MARK_PART, 0);
	CHECK(intake_break_line(t.in));
	CHECK_STR(out_from(SIZE / 2 + 1), "\n");
	check_mark(0, SIZE / 2 + 2, MARK_PART, 0);
	stop();
}

static void breaks_a_line_when_there_is_room(void)
{
	start(INTAKE_BLOCK, 2);
	fill_ring(1, SIZE - LOW);
	say(0, many_x(LOW));
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK(intake_holder(t.in) == t.sources[0]);
	CHECK(!intake_break_line(t.in));
	CHECK(intake_holder(t.in) == t.sources[0]);
	CHECK_INT(t.wakes, 0);
	drain();
	CHECK_INT(t.wakes, 1);
	CHECK(intake_break_line(t.in));
	CHECK_STR(out_from(SIZE), "\n");
	stop();
}

/* ---- ends ---- */

static void finish_all(void)
{
	for (size_t k = 0; k < t.count; k++) {
		hang_up(k);
		CHECK_INT(pull(k), INTAKE_ENDED);
		CHECK(intake_finish(t.in, t.feeds[k]));
	}
	CHECK(intake_end(t.in));
	drain();
	CHECK(t.ended);
}

static void ends_with_and_without_newline(void)
{
	start(INTAKE_BLOCK, 1);
	finish_all();
	CHECK_STR(out(), "");
	CHECK_INT(t.counts.read.lines, 0);
	stop();

	start(INTAKE_BLOCK, 1);
	say(0, "one\n");
	pull_all(0);
	finish_all();
	CHECK_STR(out(), "one\n");
	CHECK_INT(t.counts.read.lines, 1);
	stop();

	start(INTAKE_BLOCK, 1);
	say(0, "one\ntwo");
	pull_all(0);
	finish_all();
	CHECK_STR(out(), "one\ntwo");
	CHECK_INT(t.counts.read.lines, 2);
	CHECK_INT(t.counts.read.bytes, 7);
	stop();

	start(INTAKE_BLOCK, 1); /* the end of a long line was published before its end of input */
	say(0, many_x(SIZE / 2 + 1));
	pull_all(0);
	drain();
	intake_mark(t.in, MARK_PART, 7);
	finish_all();
	CHECK_INT(strlen(out()), SIZE / 2 + 1);
	CHECK_INT(t.counts.read.lines, 1);
	check_mark(0, SIZE / 2 + 1, MARK_PART, 7);
	stop();
}

static void last_of_several_ends_as_it_is(void)
{
	start(INTAKE_BLOCK, 3);
	say(0, "a");
	say(1, "b");
	say(2, "c");
	for (size_t k = 0; k < 3; k++)
		pull_all(k);
	hang_up(1);
	CHECK_INT(pull(1), INTAKE_ENDED);
	CHECK(intake_finish(t.in, t.feeds[1]));
	CHECK(intake_finish(t.in, t.feeds[1])); /* once is enough */
	CHECK_STR(out(), "b\n");
	finish_all();
	CHECK_STR(out(), "b\na\nc");
	CHECK_INT(t.counts.read.lines, 3);
	CHECK_INT(t.counts.read.bytes, 5); /* two newlines are ours */
	stop();
}

static void finish_waits_for_the_holder(void)
{
	start(INTAKE_BLOCK, 2);
	say(1, "b");
	pull_all(1);
	say(0, many_x(5000));
	pull_all(0);
	CHECK(!intake_finish(t.in, t.feeds[1]));
	CHECK(intake_finish(t.in, t.feeds[0]));
	CHECK(intake_holder(t.in) == NULL);
	CHECK(intake_finish(t.in, t.feeds[1]));
	CHECK(intake_end(t.in));
	CHECK_STR(out_from(5000), "\nb");
	stop();
}

static void finish_waits_for_room(void)
{
	start(INTAKE_BLOCK, 2);
	say(1, many_x(100));
	pull_all(1);
	fill_ring(0, SIZE - LOW);
	say(0, many_x(LOW));
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK(!intake_finish(t.in, t.feeds[0]));
	CHECK_INT(t.wakes, 0);
	drain_some(50);
	CHECK_INT(t.wakes, 1);
	CHECK(intake_finish(t.in, t.feeds[0]));
	CHECK(!intake_finish(t.in, t.feeds[1])); /* 49 bytes are free */
	CHECK_INT(t.wakes, 1);
	drain();
	CHECK_INT(t.wakes, 2);
	CHECK(intake_finish(t.in, t.feeds[1]));
	CHECK(intake_end(t.in));
	CHECK_INT(strlen(out()), SIZE + 1 + 100); /* the last source's line ends as it is */
	CHECK(t.bytes[SIZE] == '\n');
	stop();
}

/* ---- dropping ---- */

/* Standard error goes to fd from now on; returns what it was. */
static int redirect(int fd)
{
	int before = dup(STDERR_FILENO);

	if (before < 0 || dup2(fd, STDERR_FILENO) < 0)
		give_up("dup2");
	return before;
}

static void restore(int before)
{
	if (dup2(before, STDERR_FILENO) < 0)
		give_up("dup2");
	close(before);
}

/* Runs a test that makes intake say that it drops, and looks that it does, once. */
static void expect_message(void (*test)(void))
{
	char said[4096];
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
		give_up("pipe");
	int before = redirect(fds[1]);
	test();
	restore(before);
	ssize_t n = read(fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	CHECK(strncmp(said, "logsink: warning: dropping lines", 32) == 0);
	CHECK(strchr(said, '\n') == said + strlen(said) - 1);
	close(fds[0]);
	close(fds[1]);
}

static const struct ring_mark *only_gap(size_t pos)
{
	static const struct ring_mark none;

	drain();
	CHECK_INT(t.mark_count, 1);
	if (!CHECK(t.mark_count > 0 && t.marks[0].mark.kind == MARK_GAP))
		return &none;
	CHECK_INT(t.marks[0].pos, pos);
	CHECK(t.marks[0].mark.arg[2] > 0);
	CHECK(t.marks[0].mark.arg[2] <= t.marks[0].mark.arg[3]);
	return &t.marks[0].mark;
}

static void drop_whole_lines(void)
{
	start(INTAKE_DROP, 1);
	fill_ring(0, SIZE - 100);
	say(0, "one\ntwo\n");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_INT(t.counts.dropped.lines, 2);
	CHECK_INT(t.counts.dropped.bytes, 8);
	say(0, "thr");
	CHECK_INT(pull(0), INTAKE_READ);
	drain_some(STRETCH / 2);
	say(0, "ee\nfour\nfi");
	CHECK_INT(pull(0), INTAKE_READ); /* there is room, but not yet enough */
	CHECK_INT(t.counts.dropped.lines, 4);
	CHECK_INT(t.counts.dropped.bytes, 21);
	drain();
	CHECK_INT(t.mark_count, 0); /* not before the dropped line has ended */
	say(0, "ve\nsix\n");
	CHECK_INT(pull(0), INTAKE_READ);
	const struct ring_mark *gap = only_gap(SIZE - 100);
	CHECK_INT(gap->arg[0], 5);
	CHECK_INT(gap->arg[1], 24);
	CHECK_STR(out_from(SIZE - 100), "six\n");
	CHECK_INT(t.counts.read.lines - t.counts.dropped.lines, SIZE / 64 - 1 + 1);
	CHECK_INT(t.counts.read.bytes, SIZE - 100 + 24 + 4);
	stop();
}

static void drop_tells_when_there_is_room(void)
{
	start(INTAKE_DROP, 1);
	fill_ring(0, SIZE - 100);
	say(0, "one\n");
	CHECK_INT(pull(0), INTAKE_READ);
	drain();
	CHECK_INT(t.wakes, 1); /* without any more input */
	intake_settle(t.in);
	CHECK_INT(only_gap(SIZE - 100)->arg[0], 1);
	stop();
}

static void drop_takes_the_beginning_along(void)
{
	start(INTAKE_DROP, 1);
	fill_ring(0, SIZE - LOW);
	say(0, many_x(LOW - 10));
	CHECK_INT(pull(0), INTAKE_READ);
	say(0, "end\nnext\n");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_INT(t.counts.dropped.lines, 2);
	CHECK_INT(t.counts.dropped.bytes, LOW - 10 + 9);
	say(0, "last\n");
	drain();
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_INT(only_gap(SIZE - LOW)->arg[1], LOW - 10 + 9);
	CHECK_STR(out_from(SIZE - LOW), "last\n");
	stop();
}

/* Fills the ring so that feed 0 is within a line the beginning of which is published. */
static size_t fill_with_long_line(void)
{
	fill_ring(0, 20000);
	for (size_t done = 0; done < 33000; done += 3000) {
		say(0, many_x(3000));
		pull_all(0);
	}
	say(0, many_x(SIZE - 53000));
	pull_all(0);
	return 53000;
}

static void drop_shortens_a_long_line(void)
{
	start(INTAKE_DROP, 1);
	size_t published = fill_with_long_line();
	say(0, "yyy\nlost\n");
	CHECK_INT(pull(0), INTAKE_READ);
	say(0, "lost, too\n");
	CHECK_INT(pull(0), INTAKE_READ);
	drain();
	say(0, "next\n");
	CHECK_INT(pull(0), INTAKE_READ);
	const struct ring_mark *gap = only_gap(published + 1);
	CHECK_INT(gap->arg[0], 2);
	CHECK_INT(gap->arg[1], SIZE - published + 3 + 5 + 10);
	CHECK_STR(out_from(published), "\nnext\n");
	stop();

	/* The same, but its newline comes when there is room again. */
	start(INTAKE_DROP, 1);
	fill_with_long_line();
	say(0, "yyy");
	CHECK_INT(pull(0), INTAKE_READ);
	drain();
	say(0, "yyy\nnext\n");
	CHECK_INT(pull(0), INTAKE_READ);
	gap = only_gap(published + 1);
	CHECK_INT(gap->arg[0], 0);
	CHECK_INT(gap->arg[1], SIZE - published + 6);
	CHECK_STR(out_from(published), "\nnext\n");
	stop();
}

/* Feed 1 ends while the newline of feed 0's shortened line still waits for room. */
static void drop_does_not_glue_to_a_shortened_line(void)
{
	start(INTAKE_DROP, 2);
	say(1, "b");
	pull_all(1);
	size_t published = fill_with_long_line();
	say(0, "yyy\n");
	CHECK_INT(pull(0), INTAKE_READ);
	hang_up(1);
	CHECK_INT(pull(1), INTAKE_ENDED);
	for (int i = 0; i < 3 && !intake_finish(t.in, t.feeds[1]); i++) {
		drain();
		intake_settle(t.in);
	}
	drain();
	intake_settle(t.in);
	say(0, "next\n");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_STR(out_from(published), "\nb\nnext\n");
	stop();
}

/* The note of the gap is a line of its own, so what is before it must be one. */
static void drop_ends_a_shortened_line_before_the_gap(void)
{
	start(INTAKE_DROP, 1);
	size_t published = fill_with_long_line();
	say(0, "yyy");
	CHECK_INT(pull(0), INTAKE_READ);
	hang_up(0);
	CHECK_INT(pull(0), INTAKE_ENDED);
	CHECK(intake_finish(t.in, t.feeds[0]));
	for (int i = 0; i < 3 && !intake_end(t.in); i++)
		drain();
	drain();
	CHECK(t.ended);
	CHECK_INT(t.mark_count, 1);
	CHECK(t.len == published + 1 && t.bytes[t.len - 1] == '\n');
	only_gap(published + 1);
	CHECK_INT(t.counts.read.lines, (20000 + 63) / 64 + 1);
	CHECK_INT(t.counts.dropped.lines, 0);
	CHECK_INT(t.counts.read.bytes - t.counts.dropped.bytes, t.len);
	stop();
}

/* A line of feed 0 that is dropped in part does not take lines of feed 1 along. */
static void drop_among_several(void)
{
	start(INTAKE_DROP, 2);
	say(1, "b");
	pull_all(1);
	fill_ring(0, SIZE - 100);
	say(0, "aaa");
	CHECK_INT(pull(0), INTAKE_READ);
	drain();
	say(1, "b\nbbb\n");
	CHECK_INT(pull(1), INTAKE_READ);
	CHECK_STR(out_from(SIZE - 100), "bb\nbbb\n");
	say(0, "aaa\na\n");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_STR(out_from(SIZE - 100), "bb\nbbb\na\n");
	CHECK_INT(t.counts.dropped.lines, 1);
	CHECK_INT(t.counts.dropped.bytes, 7);
	stop();
}

/* Room that comes while the read waits is used. */
static void room_comes_during_a_read(void)
{
	struct intake_offer o;

	start(INTAKE_DROP, 1);
	fill_ring(0, SIZE - LOW + 1);
	CHECK_INT(intake_offer(t.in, t.feeds[0], SIZE_MAX, &o), INTAKE_READ);
	drain();
	size_t before = t.len;
	memcpy(o.at, "late\nla", 7);
	intake_take(t.in, t.feeds[0], &o, 7);
	CHECK_STR(out_from(before), "late\n");
	CHECK_INT(t.counts.dropped.bytes, 0);
	CHECK_INT(intake_put_aside(t.in), 2);
	CHECK_INT(t.counts.read.bytes, before + 7);
	CHECK_INT(t.mark_count, 0);
	stop();
}

/* What settles or asks for a mark meanwhile leaves the offer as it is. */
static void an_offer_stays(void)
{
	struct intake_offer o;

	start(INTAKE_BLOCK, 1);
	say(0, "one\ntw");
	CHECK_INT(pull(0), INTAKE_READ);
	CHECK_INT(intake_offer(t.in, t.feeds[0], SIZE_MAX, &o), INTAKE_READ);
	CHECK_STR(out(), "one\n");
	intake_mark(t.in, MARK_PART, 0);
	intake_settle(t.in);
	memcpy(o.at, "o\nthree\n", 8);
	intake_take(t.in, t.feeds[0], &o, 8);
	CHECK_STR(out(), "one\ntwo\nthree\n");
	CHECK_INT(t.mark_count, 1);
	CHECK_INT(t.marks[0].pos, 4);
	stop();
}

static void drop_says_so(void)
{
	expect_message(drop_whole_lines);
	expect_message(drop_tells_when_there_is_room);
}

/* Without the messages, which the test above has seen. */
static void silently(void (*test)(void))
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int before;

	if (null < 0)
		give_up("/dev/null");
	before = redirect(null);
	close(null);
	test();
	restore(before);
}

static void drop_takes_beginning(void)
{
	silently(drop_takes_the_beginning_along);
}

static void drop_shortens(void)
{
	silently(drop_shortens_a_long_line);
}

static void drop_does_not_glue(void)
{
	silently(drop_does_not_glue_to_a_shortened_line);
}

static void drop_gap_on_its_own_line(void)
{
	silently(drop_ends_a_shortened_line_before_the_gap);
}

static void drop_several(void)
{
	silently(drop_among_several);
}

/* ---- random runs ---- */

enum { LONGEST_LINE = 100 * 1024 };

static unsigned short seed[3];

static size_t below(size_t n)
{
	return (size_t)nrand48(seed) % n;
}

static uint32_t hash(uint64_t n)
{
	n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(n >> 32);
}

/* What one source says: lines that tell who said them and which they are. */
struct speech {
	uint64_t number; /* of the current line */
	size_t len, at;  /* of it; at: how much of it was said */
	char line[LONGEST_LINE];
	bool ended;    /* no more is said */
	bool hung_up;  /* intake knows */
	bool finished; /* and has dealt with it */

	uint64_t seen; /* lines of it that came out, or were found missing */
};

/* A random run: its choices, and what happened. */
static struct {
	enum intake_policy policy;
	size_t longest; /* bytes of a line */
	size_t chunk;   /* bytes said at once */
	bool full;
	uint64_t said; /* bytes */
	int64_t last_arg[MARK_GAP];
	struct speech speeches[FEEDS];
} run;

static void make_line(size_t k, uint64_t n, struct speech *s)
{
	uint32_t h = hash((uint64_t)k << 40 ^ n);
	size_t len = 11 + h % 100;

	if (h % 32 == 0)
		len = 11 + h / 32 % (run.longest - 11);
	snprintf(s->line, sizeof(s->line), "%c%08x ", (int)('A' + k), (unsigned)n);
	for (size_t i = 10; i < len - 1; i++)
		s->line[i] = (char)('a' + (h + i) % 26);
	s->line[len - 1] = '\n';
	s->number = n;
	s->len = len;
	s->at = 0;
}

/* Says up to n bytes; stops where the pipe is full. */
static void speak(size_t k, size_t n)
{
	struct speech *s = &run.speeches[k];

	while (n > 0 && !s->ended) {
		size_t len = s->len - s->at < n ? s->len - s->at : n;
		ssize_t done = write(t.fds[k], s->line + s->at, len);

		if (done <= 0) {
			CHECK_INT(errno, EAGAIN);
			return;
		}
		s->at += (size_t)done;
		run.said += (size_t)done;
		n -= (size_t)done;
		if (s->at == s->len)
			make_line(k, s->number + 1, s);
	}
}

/* What is read is somewhere: out, in the ring, aside, or dropped. */
static void check_balance(void)
{
	uint64_t lines;
	uint64_t waiting = ring_waiting(t.ring, t.cursor, &lines) + intake_put_aside(t.in);
	int64_t missing = (int64_t)(t.counts.read.bytes - t.counts.dropped.bytes - waiting - t.len);

	/* One newline may wait for room. */
	CHECK(missing == 0 || (missing == 1 && run.policy == INTAKE_DROP));
}

static void on_end_of_input(size_t k)
{
	struct speech *s = &run.speeches[k];

	s->hung_up = true;
	s->finished = intake_finish(t.in, t.feeds[k]);
}

static void read_some(size_t k)
{
	size_t got, limit = below(4) ? SIZE_MAX : below(5000) + 1;

	if (run.speeches[k].hung_up) {
		if (!run.speeches[k].finished)
			run.speeches[k].finished = intake_finish(t.in, t.feeds[k]);
		return;
	}
	switch (intake_pull(t.in, t.feeds[k], limit, &got)) {
	case INTAKE_READ:
		CHECK(got > 0 && got <= limit);
		break;
	case INTAKE_LATER:
		CHECK(!run.speeches[k].ended);
		break;
	case INTAKE_FULL:
		CHECK_INT(run.policy, INTAKE_BLOCK);
		run.full = true;
		break;
	case INTAKE_HELD:
		CHECK(intake_holder(t.in) && intake_holder(t.in) != t.sources[k]);
		break;
	case INTAKE_ENDED:
		CHECK(run.speeches[k].ended);
		on_end_of_input(k);
		break;
	case INTAKE_FAILED:
		CHECK(!"reading failed");
		break;
	}
}

/* What the loop does when the ring has called. */
static void answer_wake(void)
{
	if (t.wakes == 0)
		return;
	t.wakes = 0;
	run.full = false;
	intake_settle(t.in);
}

static void put_mark(void)
{
	static int64_t count;
	enum mark_kind kind = (enum mark_kind)below(MARK_GAP);

	run.last_arg[kind] = ++count;
	intake_mark(t.in, kind, count);
}

static bool all_finished(void)
{
	for (size_t k = 0; k < t.count; k++)
		if (!run.speeches[k].finished)
			return false;
	return true;
}

/* Is this line, without its newline, the beginning of speech s's line number n? */
static bool is_beginning(size_t k, uint64_t n, const char *line, size_t len, size_t *whole)
{
	static struct speech want;

	make_line(k, n, &want);
	*whole = want.len - 1;
	return len <= *whole && memcmp(line, want.line, len) == 0;
}

/* Looks at one line that came out; its newline is not in len. Returns its number, -1: wrong. */
static int64_t check_line(size_t k, const char *line, size_t len, bool has_newline)
{
	const struct speech *s = &run.speeches[k];
	char number[9] = "";
	size_t whole;
	uint64_t n = s->number;

	if (len >= 10) {
		memcpy(number, line + 1, 8);
		n = strtoul(number, NULL, 16);
	}
	if (n < s->seen || n > s->number || !is_beginning(k, n, line, len, &whole))
		return -1;
	if (n == s->number && s->at < s->len) { /* the unfinished last line */
		if (len == s->at)
			return (int64_t)n;
		whole = s->at;
	} else if (len == whole && has_newline) {
		return (int64_t)n;
	}
	return run.policy == INTAKE_DROP && whole > SIZE / 2 && len > SIZE / 2 && len <= whole
		       ? (int64_t)n
		       : -1;
}

/* Sums up the gaps that stand at or before pos, from *i on. */
static void add_gaps(size_t *i, size_t pos, uint64_t *lines, uint64_t *bytes)
{
	for (; *i < t.mark_count && t.marks[*i].pos <= pos; ++*i) {
		const struct ring_mark *m = &t.marks[*i].mark;

		if (m->kind != MARK_GAP)
			continue;
		/* No bytes: of a line without an end, and they were told before it was known. */
		CHECK(m->arg[0] >= (m->arg[1] == 0) && m->arg[1] >= 0 && m->arg[2] <= m->arg[3]);
		*lines += (uint64_t)m->arg[0];
		*bytes += (uint64_t)m->arg[1];
	}
}

static bool check_lines(void)
{
	uint64_t missing = 0, gap_lines = 0, gap_bytes = 0, lines = 0;
	/* With one source, and no line shortened, each gap tells what is missing just there. */
	bool exact = t.count == 1 && run.longest < SIZE / 2;
	size_t next_mark = 0, len;

	for (size_t pos = 0; pos < t.len; pos += len) {
		const char *line = t.bytes + pos;
		const char *newline = memchr(line, '\n', t.len - pos);
		size_t k = (size_t)(line[0] - 'A');

		len = newline ? (size_t)(newline + 1 - line) : t.len - pos;
		lines++;
		if (!CHECK(k < t.count))
			return false;
		int64_t n = check_line(k, line, newline ? len - 1 : len, newline != NULL);
		if (!CHECK(n >= 0))
			return false;
		missing += (uint64_t)n - run.speeches[k].seen;
		run.speeches[k].seen = (uint64_t)n + 1;
		add_gaps(&next_mark, pos, &gap_lines, &gap_bytes);
		if (exact && !CHECK_INT(missing, gap_lines))
			return false;
	}
	for (size_t k = 0; k < t.count; k++) {
		const struct speech *s = &run.speeches[k];

		missing += s->number + (s->at > 0 && s->at < s->len) - s->seen;
	}
	add_gaps(&next_mark, t.len, &gap_lines, &gap_bytes);
	bool good = CHECK_INT(missing, gap_lines);
	good = CHECK_INT(t.counts.dropped.lines, gap_lines) && good;
	good = CHECK_INT(t.counts.dropped.bytes, gap_bytes) && good;
	good = CHECK_INT(t.counts.read.lines, lines + gap_lines) && good;
	good = CHECK_INT(t.counts.read.bytes, t.len + gap_bytes) && good;
	/* Newlines that intake adds to unfinished lines count as read. */
	good = CHECK(t.counts.read.bytes >= run.said) && good;
	good = CHECK(t.counts.read.bytes <= run.said + t.count) && good;
	return CHECK(run.policy == INTAKE_DROP || gap_bytes == 0) && good;
}

static bool check_marks(void)
{
	int64_t last[MARK_GAP + 1] = { 0 };
	bool good = true;

	for (size_t i = 0; i < t.mark_count; i++) {
		size_t pos = t.marks[i].pos;
		enum mark_kind kind = t.marks[i].mark.kind;
		bool between = pos == 0 || t.bytes[pos - 1] == '\n';

		/* Only a mark that says nothing may follow an unfinished last line. */
		good = good && CHECK(between || (pos == t.len && kind != MARK_GAP));
		if (kind == MARK_GAP)
			continue;
		good = good && CHECK(t.marks[i].mark.arg[0] > last[kind]);
		last[kind] = t.marks[i].mark.arg[0];
	}
	for (int kind = 0; kind < MARK_GAP; kind++)
		good = good && CHECK_INT(last[kind], run.last_arg[kind]);
	return good;
}

static bool run_once(enum intake_policy policy, unsigned number)
{
	static const size_t longest[] = { 200, 3000, 20000, LONGEST_LINE };
	size_t steps, total, stalled = 0;

	memcpy(seed, (unsigned short[]){ (unsigned short)number, 7, (unsigned short)policy },
	       sizeof(seed));
	memset(run.last_arg, 0, sizeof(run.last_arg));
	run.full = false;
	run.said = 0;
	run.policy = policy;
	run.longest = longest[below(4)];
	run.chunk = (size_t)1 << (3 + below(13));
	total = run.chunk * 100 < 8 * SIZE ? run.chunk * 100 : 8 * SIZE;
	start(policy, number % 2 ? 1 : 1 + below(FEEDS));
	for (size_t k = 0; k < t.count; k++) {
		struct speech *s = &run.speeches[k];

		s->ended = s->hung_up = s->finished = false;
		s->seen = 0;
		make_line(k, 0, s);
	}
	for (steps = 0; steps < 1000000 && !all_finished(); steps++) {
		size_t k = below(t.count);
		struct speech *s = &run.speeches[k];

		if (run.said < total) {
			speak(k, below(run.chunk) + 1);
		} else if (!s->ended) {
			if (below(2))
				speak(k, s->len - s->at); /* with a newline at the end */
			if (s->at == 0 || below(2)) {
				s->ended = true;
				hang_up(k);
			}
		}
		if (!run.full)
			read_some(below(t.count));
		if (below(40) == 0)
			put_mark();
		if (stalled > 0)
			stalled--;
		else if (below(30) == 0)
			stalled = below(100);
		else
			drain_some(below(2 * run.chunk));
		answer_wake();
		if (steps % 16 == 0)
			check_balance();
	}
	CHECK(steps < 1000000);
	for (int i = 0; i < 10 && all_finished() && !intake_end(t.in); i++)
		drain();
	drain();
	bool good = CHECK(t.ended) && check_lines() && check_marks();
	stop();
	return good;
}

static void run_many(enum intake_policy policy, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!run_once(policy, i)) {
			printf("# run %u: %zu sources, lines up to %zu bytes, %zu at once\n", i,
			       t.count, run.longest, run.chunk);
			return;
		}
	}
}

static void block_randomly(void)
{
	run_many(INTAKE_BLOCK, (unsigned)(150 * test_rounds()));
}

static void drop_many(void)
{
	run_many(INTAKE_DROP, (unsigned)(300 * test_rounds()));
}

static void drop_randomly(void)
{
	silently(drop_many);
}

/* ---- origins ---- */

/* Checks that mark i is at pos, of feed k, and gives its time. */
static int64_t origin(size_t i, size_t pos, int k)
{
	drain();
	if (!CHECK(i < t.mark_count))
		return 0;
	CHECK_INT(t.marks[i].mark.kind, MARK_FROM);
	CHECK_INT(t.marks[i].pos, pos);
	CHECK_INT(t.marks[i].mark.arg[0], k);
	return t.marks[i].mark.arg[1];
}

static void origin_of_each_read(void)
{
	start_with(INTAKE_BLOCK, true, 2);
	say(0, "one\ntwo\n");
	pull_all(0);
	say(1, "three\n");
	pull_all(1);
	int64_t first = origin(0, 0, 0), second = origin(1, 8, 1);

	CHECK(first > 0 && second >= first);
	CHECK_INT(t.mark_count, 2);
	stop();
}

/* The line's time is that of its first byte, the next line's its own. */
static void origin_of_a_line_in_two_reads(void)
{
	for (size_t feeds = 1; feeds <= 2; feeds++) {
		start_with(INTAKE_BLOCK, true, feeds);
		say(0, "one\ntw");
		pull_all(0);
		int64_t early = origin(0, 0, 0);
		struct timespec ms = { .tv_nsec = 1000000 };

		nanosleep(&ms, NULL);
		say(0, "o\nthree\n");
		pull_all(0);
		CHECK(origin(1, 4, 0) == early);
		CHECK(origin(2, 8, 0) >= early + 1000000);
		CHECK_INT(t.mark_count, 3);
		say(0, "four");
		pull_all(0);
		hang_up(0);
		CHECK_INT(pull(0), INTAKE_ENDED);
		CHECK(intake_finish(t.in, t.feeds[0]));
		CHECK(origin(3, 14, 0) > 0);
		stop();
	}
}

/* A line in pieces has one origin, before the first. */
static void origin_of_a_long_line(void)
{
	start_with(INTAKE_BLOCK, true, 1);
	for (int i = 0; i < 6; i++) {
		say(0, many_x(SIZE / 4));
		pull_all(0);
		drain();
	}
	say(0, "\nnext\n");
	pull_all(0);
	(void)origin(0, 0, 0);
	(void)origin(1, 6 * (SIZE / 4) + 1, 0);
	CHECK_INT(t.mark_count, 2);
	stop();
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(directory))
		give_up(directory);

	TEST("intake: only whole lines are published", whole_lines_only);
	TEST("intake: no more is read than the limit", reads_up_to_the_limit);
	TEST("intake: a line longer than the ring passes through in pieces", long_line_in_pieces);
	TEST("intake: when the ring is full nothing is read until there is room for a large read",
	     full_blocks);
	TEST("intake: a mark stands behind the last whole line", marks_between_lines);
	TEST("intake: marks wait for the end of a long line, and two of a kind are one",
	     marks_wait_for_a_long_line);
	TEST("intake: when there is no room for marks, the last one of a kind is kept",
	     marks_wait_for_room);
	TEST("intake: lines of several sources do not mix", lines_do_not_mix);
	TEST("intake: a line too long to be put aside holds the other sources",
	     long_line_holds_the_others);
	TEST("intake: a line longer than the ring holds the other sources to its end",
	     very_long_line_holds_the_others);
	TEST("intake: a line that holds the others can be broken, and counts as two",
	     breaks_a_line);
	TEST("intake: a line is broken when there is room for the newline",
	     breaks_a_line_when_there_is_room);
	TEST("intake: the only source's last line ends as it is", ends_with_and_without_newline);
	TEST("intake: of several sources only the last one's last line ends as it is",
	     last_of_several_ends_as_it_is);
	TEST("intake: a source does not finish while another one is within a long line",
	     finish_waits_for_the_holder);
	TEST("intake: a source finishes when there is room for its line", finish_waits_for_room);
	TEST("intake: while the ring is full whole lines are dropped, and it is said once",
	     drop_says_so);
	TEST("intake: a line that is dropped is dropped from its beginning", drop_takes_beginning);
	TEST("intake: a dropped line of one source takes no other source's line along",
	     drop_several);
	TEST("intake: what was read while room came is not dropped", room_comes_during_a_read);
	TEST("intake: marks and settling leave an offer as it is", an_offer_stays);
	TEST("intake: a line longer than half the ring is shortened and keeps its newline",
	     drop_shortens);
	TEST("intake: nothing glues to a shortened line whose newline waits for room",
	     drop_does_not_glue);
	TEST("intake: a shortened last line ends before the notice of the gap",
	     drop_gap_on_its_own_line);
	TEST("intake: random input comes out whole and in order when the program waits",
	     block_randomly);
	TEST("intake: random input is whole lines and gaps that add up when lines are dropped",
	     drop_randomly);

	TEST("intake: each read of lines is marked with its source and time", origin_of_each_read);
	TEST("intake: a line in two reads has the time of its first byte",
	     origin_of_a_line_in_two_reads);
	TEST("intake: a line in pieces has one origin", origin_of_a_long_line);
	for (size_t k = 0; k < FEEDS; k++)
		unlink(fifo_path(k));
	rmdir(directory);
	free(t.bytes);
	return test_end();
}
