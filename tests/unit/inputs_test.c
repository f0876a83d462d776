/* inputs: which input is read, left alone, held back, drained and ended, and that none is
 * forgotten. */
#include "input/inputs.h"

#include "input/intake.h"
#include "input/source.h"
#include "stream/ring.h"
#include "test.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	SIZE = 64 * 1024,
	LONG = SIZE / 16 + 1, /* too long a line to be put aside */
	FEEDS = 4,
	TESTS = 32,
	TRIES = 1000,
};

/* ---- inputs that we write ourselves ---- */

static char directory[] = "/tmp/inputs_test.XXXXXX";
static struct inputs *volatile kept[TESTS]; /* they go with the process */
static size_t kept_count;

static struct {
	struct ev_loop *ev;
	struct ring *ring;
	struct ring_cursor *cursor;
	struct intake *intake;
	struct intake_counts counts;
	struct inputs *inputs;
	struct inputs_counts waits;
	int reads, ends;

	size_t count;
	struct source *sources[FEEDS];
	int fds[FEEDS]; /* for writing; -1: closed */

	char bytes[16 * SIZE]; /* what came out */
	size_t len;
	bool ended;
} t;

static void give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void on_wake(void *arg)
{
	(void)arg;
}

static void on_read(void *arg)
{
	(void)arg;
	t.reads++;
}

static void on_ended(void *arg)
{
	(void)arg;
	t.ends++;
}

static const char *fifo_path(size_t k)
{
	static char paths[FEEDS][64];

	snprintf(paths[k], sizeof(paths[k]), "%s/%zu", directory, k);
	return paths[k];
}

static void open_fifo(size_t k, bool once)
{
	t.sources[k] = source_fifo(fifo_path(k), once, NULL);
	t.fds[k] = open(fifo_path(k), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (!t.sources[k] || t.fds[k] < 0)
		give_up("a FIFO");
}

static void begin(int64_t interval_ns)
{
	struct inputs_options o = { .interval_ns = interval_ns,
				    .on_read = on_read,
				    .on_ended = on_ended };

	memset(&t, 0, sizeof(t));
	t.ev = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
	t.ring = ring_new(SIZE, on_wake, NULL);
	if (!t.ev || !t.ring)
		give_up("a ring");
	t.cursor = ring_cursor_new(t.ring, RING_KEEP, true);
	t.intake = intake_new(t.ring, INTAKE_BLOCK, false, &t.counts);
	t.inputs = t.intake ? inputs_new(t.ev, t.intake, t.ring, &o, &t.waits) : NULL;
	if (!t.inputs || kept_count == TESTS)
		give_up("inputs_new");
	kept[kept_count++] = t.inputs;
}

/* once: the FIFOs end with their last writers. */
static void start(size_t count, bool once)
{
	begin(0);
	t.count = count;
	for (size_t k = 0; k < count; k++) {
		open_fifo(k, once);
		if (inputs_add(t.inputs, t.sources[k], k) < 0)
			give_up("inputs_add");
	}
}

static void hang_up(size_t k)
{
	if (t.fds[k] >= 0)
		close(t.fds[k]);
	t.fds[k] = -1;
}

static void stop(void)
{
	inputs_give_up(t.inputs); /* no watcher is left */
	for (size_t k = 0; k < t.count; k++) {
		hang_up(k);
		source_close(t.sources[k]);
		(void)unlink(fifo_path(k));
	}
	ev_loop_destroy(t.ev);
	intake_free(t.intake);
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
	static char text[SIZE];

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

/* Lets the inputs do all that they would do now. */
static void turn(void)
{
	int before;

	do {
		before = t.reads;
		ev_run(t.ev, EVRUN_NOWAIT);
	} while (t.reads != before);
}

/* Takes what is in the ring, and tells the inputs. */
static void consume(void)
{
	struct ring_span span;
	struct ring_mark mark;

	while (!t.ended)
		switch (ring_peek(t.cursor, 1, &span, &mark)) {
		case RING_BYTES:
			if (t.len + span.len >= sizeof(t.bytes))
				give_up("too much");
			memcpy(t.bytes + t.len, span.at, span.len);
			t.len += span.len;
			ring_advance(t.cursor, span.len);
			break;
		case RING_MARK:
			ring_pass(t.cursor);
			break;
		case RING_TIMEOUT:
			t.bytes[t.len] = '\0';
			inputs_room(t.inputs);
			return;
		case RING_END:
			t.bytes[t.len] = '\0';
			t.ended = true;
			break;
		}
}

static int unread(size_t k)
{
	int n = -1;

	CHECK(ioctl(source_fd(t.sources[k]), FIONREAD, &n) == 0);
	return n;
}

/* ---- tests ---- */

static void reads_all(void)
{
	start(2, true);
	say(0, "one\n");
	turn();
	say(1, "two\n");
	turn();
	consume();
	CHECK_STR(t.bytes, "one\ntwo\n");
	CHECK_INT(t.ends, 0);
	hang_up(0);
	turn();
	CHECK(!inputs_finished(t.inputs));
	hang_up(1);
	turn();
	CHECK(inputs_finished(t.inputs));
	CHECK_INT(t.ends, 1);
	consume();
	CHECK(t.ended);
	stop();
}

static void waits_for_room(void)
{
	int sent = 0;

	start(1, true);
	while (!t.waits.waits_since_ns && sent < 100) {
		say_bytes(0, many_x(1023), 1023);
		say(0, "\n");
		sent++;
		turn();
	}
	CHECK(t.waits.waits_since_ns > 0);
	say(0, "last\n");
	turn();
	CHECK(unread(0) >= 5); /* left in the FIFO */
	consume();
	CHECK_INT(t.waits.waits_since_ns, 0);
	turn();
	consume();
	CHECK_INT(unread(0), 0);
	CHECK_INT(t.len, sent * 1024 + 5);
	stop();
}

static void holds(void)
{
	start(2, true);
	say_bytes(0, many_x(LONG), LONG);
	turn();
	say(1, "other\n");
	turn();
	CHECK_INT(unread(1), 6);
	say(0, "\n");
	turn();
	CHECK_INT(unread(1), 0);
	consume();
	CHECK_INT(t.len, LONG + 1 + 6);
	CHECK_STR(t.bytes + LONG, "\nother\n");
	stop();
}

/* The first has ended, and its last line waits for the end of another's. */
static void ends_in_any_order(void)
{
	for (size_t holder = 0; holder < 2; holder++) {
		size_t other = 1 - holder;

		start(2, true);
		say(other, "unfinished");
		turn();
		say_bytes(holder, many_x(LONG), LONG);
		turn();
		hang_up(other);
		turn();
		CHECK_INT(t.ends, 0);
		hang_up(holder);
		turn();
		CHECK_INT(t.ends, 1);
		consume();
		CHECK(t.ended);
		CHECK_INT(t.len, LONG + 1 + strlen("unfinished"));
		stop();
	}
}

/* All end at once, while one holds the others. */
static void ends_held(void)
{
	for (size_t holder = 0; holder < 3; holder++) {
		start(3, false);
		for (size_t k = 0; k < 3; k++)
			if (k != holder)
				say(k, "x");
		turn();
		say_bytes(holder, many_x(LONG), LONG);
		turn();
		inputs_drain(t.inputs); /* they hold nothing */
		CHECK(inputs_finished(t.inputs));
		CHECK_INT(t.ends, 1);
		consume();
		CHECK_INT(t.len, LONG + 1 + 2 + 1);
		stop();
	}
}

static void drains(void)
{
	start(1, false);
	say(0, "before\n");
	inputs_drain(t.inputs);
	say(0, "after\n");
	turn();
	CHECK_INT(t.ends, 1);
	consume();
	CHECK_STR(t.bytes, "before\n");
	CHECK_INT(unread(0), 6);
	stop();
}

/* What waits for room when draining begins is drained, too. */
static void drains_when_full(void)
{
	int sent = 0;

	start(1, false);
	while (!t.waits.waits_since_ns && sent < 100) {
		say_bytes(0, many_x(1023), 1023);
		say(0, "\n");
		sent++;
		turn();
	}
	say(0, "before\n");
	inputs_drain(t.inputs);
	CHECK_INT(t.ends, 0);
	consume();
	turn();
	consume();
	CHECK_INT(t.ends, 1);
	CHECK_INT(t.len, sent * 1024 + 7);
	stop();
}

static void awaits_ends_only(void)
{
	start(1, true);
	CHECK(inputs_awaited(t.inputs, 0) == t.sources[0]);
	CHECK(inputs_awaited(t.inputs, 1) == NULL);
	inputs_stop(t.inputs);
	say(0, "later\n");
	turn();
	consume();
	CHECK_STR(t.bytes, "later\n");
	CHECK_INT(t.ends, 0);
	stop();

	start(1, false);
	CHECK(inputs_awaited(t.inputs, 0) == NULL);
	inputs_stop(t.inputs);
	CHECK_INT(t.ends, 1);
	stop();
}

static void gives_up(void)
{
	start(2, false);
	say(0, "line\nrest");
	turn();
	inputs_give_up(t.inputs);
	say(1, "more\n");
	turn();
	consume();
	CHECK(t.ended);
	CHECK_STR(t.bytes, "line\n");
	CHECK_INT(t.ends, 1);
	CHECK_INT(unread(1), 5);
	stop();
}

/* Single lines are collected in naps that become longer; the end of one is not waited for then. */
static void naps(void)
{
	int lines = 0;

	begin(INT64_C(3600) * 1000 * 1000 * 1000);
	t.count = 1;
	open_fifo(0, true);
	if (inputs_add(t.inputs, t.sources[0], 0) < 0)
		give_up("inputs_add");
	do {
		say(0, "line\n");
		ev_run(t.ev, EVRUN_NOWAIT);
	} while (unread(0) == 0 && ++lines < 100);
	CHECK(lines < 100);
	inputs_stop(t.inputs);
	turn();
	CHECK_INT(unread(0), 0);
	stop();
}

static void on_turn(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)w;
	(void)events;
}

/* Runs the loop until so many bytes came out, or all inputs have ended. */
static void run_until(size_t len, int ends)
{
	ev_timer tick;

	ev_timer_init(&tick, on_turn, 0.001, 0.001);
	ev_timer_start(t.ev, &tick);
	for (int tries = 0; (t.len < len || t.ends < ends) && tries < 30 * TRIES; tries++) {
		ev_run(t.ev, EVRUN_ONCE);
		consume();
	}
	ev_timer_stop(t.ev, &tick);
	CHECK_INT(t.len, len);
	CHECK_INT(t.ends, ends);
}

static struct source *piped;
static int old_stdin, pipe_end;

/* The loop stays afterwards, as the reader's threads do. */
static void start_pipe(void)
{
	int fds[2];

	old_stdin = dup(STDIN_FILENO);
	if (old_stdin < 0 || pipe(fds) < 0 || dup2(fds[0], STDIN_FILENO) < 0)
		give_up("a pipe");
	close(fds[0]);
	pipe_end = fds[1];
	begin(0);
	piped = source_stdin();
	if (!piped || inputs_add(t.inputs, piped, 0) < 0)
		give_up("a pipe");
}

static void stop_pipe(void)
{
	inputs_give_up(t.inputs);
	source_close(piped);
	dup2(old_stdin, STDIN_FILENO);
	close(old_stdin);
}

static void say_pipe(const char *text)
{
	CHECK_INT(write(pipe_end, text, strlen(text)), strlen(text));
}

static void reads_a_pipe(void)
{
	start_pipe();
	turn();
	say_pipe("line\n");
	run_until(5, 0);
	CHECK_STR(t.bytes, "line\n");
	turn();
	say_pipe("rest");
	close(pipe_end);
	run_until(9, 1);
	CHECK_STR(t.bytes, "line\nrest");
	stop_pipe();
}

/* It waits in read(2) for what does not come. */
static void drains_a_pipe(void)
{
	start_pipe();
	say_pipe("one\n");
	run_until(4, 0);
	inputs_stop(t.inputs); /* it is read to its end */
	say_pipe("two\nthree");
	run_until(8, 0);
	CHECK(inputs_awaited(t.inputs, 0) == piped);
	inputs_drain(t.inputs);
	run_until(13, 1);
	CHECK_STR(t.bytes, "one\ntwo\nthree");
	say_pipe("late\n");
	run_until(13, 1);
	close(pipe_end);
	stop_pipe();

	start_pipe();
	inputs_end(t.inputs);
	say_pipe("late\n");
	run_until(0, 1);
	close(pipe_end);
	stop_pipe();
}

static void say_lines(int n)
{
	static char line[1000];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < n; i++)
		CHECK_INT(write(pipe_end, line, sizeof(line)), sizeof(line));
}

static bool is_full(const void *arg)
{
	(void)arg;
	ev_run(t.ev, EVRUN_NOWAIT);
	inputs_sleep(t.inputs, 1000 * 1000);
	return t.waits.waits_since_ns != 0;
}

static void a_pipe_waits_for_room(void)
{
	start_pipe();
	say_lines(64);
	CHECK_SOON(is_full, NULL);
	say_lines(36);
	close(pipe_end);
	CHECK(is_full(NULL));
	run_until(100 * 1000, 1);
	CHECK(t.waits.waited_ns > 0);
	stop_pipe();
}

static void replaces(void)
{
	start(1, false);
	int old_fd = source_fd(t.sources[0]), writer = t.fds[0];

	if (unlink(fifo_path(0)) < 0)
		give_up("unlink");
	struct source *old = t.sources[0];
	struct source *new = source_again(old, DIAG_WARNING);
	if (!new || inputs_replace(t.inputs, old, new) < 0)
		give_up("inputs_replace");
	t.sources[0] = new;
	t.fds[0] = open(fifo_path(0), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(inputs_reads(t.inputs, new));
	CHECK_INT(write(writer, "old\n", 4), 4);
	turn();
	say(0, "new\n");
	turn();
	consume();
	CHECK_STR(t.bytes, "old\nnew\n");
	CHECK(fcntl(old_fd, F_GETFD) >= 0);
	close(writer); /* the last of the old one's */
	turn();
	CHECK(fcntl(old_fd, F_GETFD) < 0 && errno == EBADF);
	CHECK(!inputs_reads(t.inputs, old));
	say(0, "more\n");
	turn();
	consume();
	CHECK_STR(t.bytes, "old\nnew\nmore\n");
	CHECK_INT(t.ends, 0);
	stop();
}

int main(void)
{
	if (!mkdtemp(directory))
		give_up("mkdtemp");
	TEST("inputs: lines of each input come into the ring, which ends with the last input",
	     reads_all);
	TEST("inputs: an input that finds the ring full is read on when there is room",
	     waits_for_room);
	TEST("inputs: an input is held while another is within a long line, and only then", holds);
	TEST("inputs: an input that ended while another held it finishes after that",
	     ends_in_any_order);
	TEST("inputs: all end at once, whichever of them held the others", ends_held);
	TEST("inputs: what comes after a drain began is not read", drains);
	TEST("inputs: a drain goes on when the ring has room again", drains_when_full);
	TEST("inputs: an input with an end of its own is awaited, an endless one is not",
	     awaits_ends_only);
	TEST("inputs: given up, nothing is read or published any more, and the ring ends",
	     gives_up);
	TEST("inputs: a nap ends when a signal asks for the end", naps);
	TEST("inputs: a pipe is read, and its end found", reads_a_pipe);
	TEST("inputs: a pipe that is waited for can be drained, and left alone", drains_a_pipe);
	TEST("inputs: a pipe waits for room in the ring", a_pipe_waits_for_room);
	TEST("inputs: a FIFO that was replaced is read to its end, and then closed", replaces);
	(void)rmdir(directory);
	return test_end();
}
