/* transform: lines from one ring into others, and an output that takes nothing more loses and
 * counts. */
#include "stream/transform.h"

#include "feed.h"
#include "scratch.h"
#include "stream/mark.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>

enum {
	RING = 1024 * 1024,
	LINE = 1000,
	LINES = 4 * RING / LINE, /* more than all rings hold */
};

static const char *const streams[] = { "one", "two" };

static struct {
	struct transform *k;
	struct transform_counts counts;
	struct ring *from;
	struct ring_cursor *from_cursor;
	struct output {
		struct ring *ring;
		struct ring_cursor *cursor;
		struct line_counter lost;
		bool ended;
		char *text; /* what came out, with "<KIND>" where there was a mark */
		size_t len;
	} out[2];
	_Atomic int wakes; /* of the reading side */
	pthread_t owner;   /* consumes what the transform does not write itself */
	_Atomic int writes;
	_Atomic bool hang;
} t;

static void on_wake(void *arg)
{
	(void)arg;
	t.wakes++;
}

/* The first output takes all lines, the second those of level error and above. */
static void start(const struct formatter_options *o)
{
	memset(&t, 0, sizeof(t));
	t.from = ring_new(RING, on_wake, NULL);
	t.k = transform_new(o, streams, 2, TRANSFORM_STRETCH, &t.counts);
	if (!t.from || !t.k)
		scratch_fail("a transform");
	t.from_cursor = ring_cursor_new(t.from, RING_KEEP, true);
	for (int i = 0; i < 2; i++) {
		struct output *out = &t.out[i];

		out->ring = ring_new(RING, transform_wake, t.k);
		out->text = malloc(5 * RING);
		if (!out->ring || !out->text)
			scratch_fail("an output");
		out->cursor = ring_cursor_new(out->ring, RING_KEEP, true);
		transform_output(t.k, out->ring, out->cursor, i == 0 ? LEVEL_NONE : LEVEL_ERROR, -1,
				 &out->lost);
	}
	if (transform_start(t.k, t.from, t.from_cursor) < 0)
		scratch_fail("transform_start");
}

/* After transform_join. */
static void release(void)
{
	transform_free(t.k);
	ring_free(t.from);
	for (int i = 0; i < 2; i++) {
		ring_free(t.out[i].ring);
		free(t.out[i].text);
	}
}

static void say(const char *text)
{
	CHECK(feed(t.from, text, strlen(text)));
}

static void mark(enum mark_kind kind, int64_t a, int64_t b)
{
	struct ring_mark m = mark_of(kind);

	m.arg[0] = a;
	m.arg[1] = b;
	CHECK(ring_mark(t.from, &m));
}

/* Takes what is there now. */
static void take(struct output *out)
{
	struct ring_span span;
	struct ring_mark m;

	while (!out->ended) {
		switch (ring_peek(out->cursor, 1, &span, &m)) {
		case RING_BYTES:
			memcpy(out->text + out->len, span.at, span.len);
			out->len += span.len;
			ring_advance(out->cursor, span.len);
			break;
		case RING_MARK:
			out->len += (size_t)sprintf(out->text + out->len, "<%d>", m.kind);
			ring_pass(out->cursor);
			break;
		case RING_END:
			out->ended = true;
			break;
		case RING_TIMEOUT:
			return;
		}
	}
}

/* For CHECK_SOON. */
static bool has_ended(const void *out)
{
	take((struct output *)(uintptr_t)out);
	return ((const struct output *)out)->ended;
}

static const char *text(struct output *out)
{
	out->text[out->len] = '\0';
	return out->text;
}

/* For CHECK_SOON: takes from both, or one that is full would hold up the other. */
static bool all_ended(const void *none)
{
	bool first = has_ended(&t.out[0]);

	(void)none;
	return has_ended(&t.out[1]) && first;
}

static void end_all(void)
{
	ring_end(t.from);
	CHECK_SOON(all_ended, "");
}

static void leave_all(void)
{
	for (int i = 0; i < 2; i++)
		ring_leave(t.out[i].cursor);
	CHECK(transform_join(t.k));
	release();
}

/* ---- tests ---- */

static void levels_go_to_outputs(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	say("INFO a\nERROR b\n");
	say("WARN c\nFATAL d\nERROR e without end");
	end_all();
	CHECK_STR(text(&t.out[0]), "INFO a\nERROR b\nWARN c\nFATAL d\nERROR e without end");
	CHECK_STR(text(&t.out[1]), "ERROR b\nFATAL d\nERROR e without end");
	CHECK_INT(t.counts.filtered.lines, 0); /* they are in a file */
	CHECK_INT(t.out[0].lost.bytes + t.out[1].lost.bytes, 0);
	leave_all();
}

static void filtered_lines_are_counted(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_RAW, .level = LEVEL_WARN });
	say("INFO a\nERROR b\nINFO cd\n");
	end_all();
	CHECK_STR(text(&t.out[0]), "ERROR b\n");
	CHECK_INT(t.counts.filtered.lines, 2);
	CHECK_INT(t.counts.filtered.bytes, strlen("INFO a\nINFO cd\n"));
	leave_all();
}

static void marks_keep_their_place(void)
{
	char want[64];

	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	say("ERROR a\n");
	mark(MARK_ROLL, 0, 0);
	say("INFO b\n");
	mark(MARK_PART, 0, 0);
	say("ERROR c without end"); /* a mark never stands within a line */
	mark(MARK_REOPEN, 0, 0);
	say("ERROR d\n");
	end_all();
	snprintf(want, sizeof(want), "ERROR a\n<%d>INFO b\n<%d>ERROR c without end<%d>ERROR d\n",
		 MARK_ROLL, MARK_PART, MARK_REOPEN);
	CHECK_STR(text(&t.out[0]), want);
	snprintf(want, sizeof(want), "ERROR a\n<%d><%d>ERROR c without end<%d>ERROR d\n", MARK_ROLL,
		 MARK_PART, MARK_REOPEN);
	CHECK_STR(text(&t.out[1]), want);
	leave_all();
}

static void sources_keep_their_names(void)
{
	const char *p;

	start(&(struct formatter_options){ .format = FORMATTER_JSON });
	mark(MARK_FROM, 1, 0);
	say("a\nb\n");
	mark(MARK_FROM, 0, INT64_C(86400000000000));
	say("c\n");
	end_all();
	p = text(&t.out[0]);
	CHECK((p = strstr(p, "1970-01-01T")) && (p = strstr(p, "\"two\"")) &&
	      (p = strstr(p, "\"a\"")));
	CHECK(p && (p = strstr(p, "1970-01-01T")) && (p = strstr(p, "\"two\"")) &&
	      (p = strstr(p, "\"b\"")));
	CHECK(p && (p = strstr(p, "1970-01-02T")) && (p = strstr(p, "\"one\"")) &&
	      (p = strstr(p, "\"c\"")));
	leave_all();
}

/* "ERROR 0000000000 xxx...\n", LINE bytes: the next line to be put. */
static size_t numbered;

static bool put_next(void)
{
	static char line[LINE + 1];
	int n = snprintf(line, sizeof(line), "ERROR %010zu ", numbered);

	memset(line + n, 'x', (size_t)(LINE - 1 - n));
	line[LINE - 1] = '\n';
	if (!feed(t.from, line, LINE))
		return false;
	numbered++;
	return true;
}

static void check_numbered(const struct output *out)
{
	char start[32] = "";

	CHECK_INT(out->len, LINES * LINE);
	for (size_t i = 0; i < LINES; i++) {
		memcpy(start, out->text + i * LINE, strlen("ERROR 0000000000"));
		if (!CHECK_INT(strtoul(start + strlen("ERROR "), NULL, 10), i))
			return;
	}
}

/* For CHECK_SOON: the second output is full, which nobody reads; then so is the ring before it. */
static bool is_stuck(const void *none)
{
	uint64_t lines;

	(void)none;
	while (put_next())
		;
	take(&t.out[0]);
	return ring_waiting(t.out[1].ring, t.out[1].cursor, &lines) > RING / 4 * 3 &&
	       ring_waiting(t.from, t.from_cursor, &lines) > RING / 4 * 3;
}

static void put_until_stuck(void)
{
	numbered = 0;
	CHECK_SOON(is_stuck, "");
	CHECK(numbered < LINES);
}

static void a_slow_output_loses_nothing(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	put_until_stuck();
	while (numbered < LINES) {
		put_next();
		take(&t.out[0]);
		take(&t.out[1]);
	}
	end_all();
	check_numbered(&t.out[0]);
	check_numbered(&t.out[1]);
	CHECK_INT(t.out[1].lost.bytes, 0);
	CHECK(t.wakes > 0); /* and the reading side was told that there is room */
	leave_all();
}

static void an_output_that_is_given_up_loses_and_counts(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	put_until_stuck();
	ring_give_up(t.out[1].cursor);
	while (numbered < LINES) {
		put_next();
		take(&t.out[0]);
	}
	ring_end(t.from);
	CHECK_SOON(has_ended, &t.out[0]);
	check_numbered(&t.out[0]);
	ring_leave(t.out[0].cursor);
	CHECK(transform_join(t.k));
	/* What it left, and what came later. */
	CHECK_INT(t.out[1].lost.lines, LINES);
	CHECK_INT(t.out[1].lost.bytes, LINES * LINE);
	CHECK_INT(t.out[0].lost.lines, 0);
	CHECK(ring_left(t.out[1].cursor));
	release();
}

static void waits_for_its_consumers(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	say("ERROR a\n");
	end_all();
	CHECK(!ring_left(t.from_cursor)); /* all is read, and nobody says that it is written */
	ring_leave(t.out[0].cursor);
	CHECK(!ring_left(t.from_cursor));
	ring_leave(t.out[1].cursor);
	CHECK(transform_join(t.k));
	CHECK(ring_left(t.from_cursor));
	release();
}

/* ---- lines that another thread renders ---- */

static size_t tried; /* lines */

/* For CHECK_SOON: a line is rendered by us. Until the transform sleeps, it does that. */
static bool we_render(const void *none)
{
	char line[32];

	(void)none;
	ring_hush(t.from, true);
	mark(MARK_FROM, tried % 2, 0);
	snprintf(line, sizeof(line), "ERROR %zu\n", tried++);
	say(line);
	ring_hush(t.from, false);
	return transform_try(t.k, 100);
}

static void check_tried(const struct output *out)
{
	const char *p = out->text;
	char line[64];

	for (size_t i = 0; i < tried; i++) {
		snprintf(line, sizeof(line), "\"stream\":\"%s\",\"message\":\"ERROR %zu\"",
			 streams[i % 2], i);
		p = strstr(p, line);
		if (!CHECK(p != NULL))
			return;
	}
}

static void another_thread_renders(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_JSON });
	tried = 0;
	CHECK_SOON(we_render, NULL);
	CHECK_SOON(we_render, NULL);
	take(&t.out[0]); /* nobody else was woken, or is needed */
	text(&t.out[0]);
	check_tried(&t.out[0]);
	end_all();
	text(&t.out[1]);
	check_tried(&t.out[1]);
	leave_all();
}

static void half_a_line_goes_on(void)
{
	start(&(struct formatter_options){ .format = FORMATTER_JSON });
	tried = 0;
	CHECK_SOON(we_render, NULL);
	ring_hush(t.from, true);
	say("ERROR ");
	(void)transform_try(t.k, 100);
	say("half");
	(void)transform_try(t.k, 100);
	ring_hush(t.from, false);
	say("\n");
	(void)transform_try(t.k, 100);
	end_all();
	CHECK(strstr(text(&t.out[0]), "\"message\":\"ERROR half\"}\n") != NULL);
	CHECK(strstr(text(&t.out[1]), "\"message\":\"ERROR half\"}\n") != NULL);
	leave_all();
}

static void what_is_much_or_a_mark_is_its_own(void)
{
	char want[16];

	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	tried = 0;
	CHECK_SOON(we_render, NULL);
	ring_hush(t.from, true);
	mark(MARK_ROLL, 0, 0);
	ring_hush(t.from, false);
	(void)transform_try(t.k, 100); /* wakes its thread */
	say("ERROR after\n");
	(void)transform_try(t.k, 5);
	end_all();
	snprintf(want, sizeof(want), "<%d>ERROR after", MARK_ROLL);
	CHECK(strstr(text(&t.out[0]), want) != NULL);
	leave_all();
}

/* No room for its largest form: it must not wait. */
static void another_thread_waits_for_no_room(void)
{
	const size_t all = LINES;

	start(&(struct formatter_options){ .format = FORMATTER_RAW });
	put_until_stuck();
	(void)transform_try(t.k, SIZE_MAX); /* or we would wait here */
	while (numbered < all) {
		put_next();
		(void)transform_try(t.k, SIZE_MAX);
		take(&t.out[0]);
		take(&t.out[1]);
	}
	end_all();
	check_numbered(&t.out[0]);
	check_numbered(&t.out[1]);
	leave_all();
}

/* ---- lines that the transform writes itself ---- */

static void append(struct output *out, const struct ring_span *span)
{
	memcpy(out->text + out->len, span->at, span->len);
	out->len += span->len;
}

static bool write_out(void *arg)
{
	struct output *out = arg;
	struct ring_span span;

	if (!ring_borrow(out->cursor, &span))
		return false;
	t.writes++;
	while (t.hang)
		(void)poll(NULL, 0, 1);
	append(out, &span);
	ring_return(out->cursor, span.len);
	return true;
}

static void *owner_thread(void *arg)
{
	struct output *out = arg;
	struct ring_span span;

	while (ring_peek(out->cursor, RING_FOREVER, &span, NULL) == RING_BYTES) {
		append(out, &span);
		ring_advance(out->cursor, span.len);
	}
	ring_leave(out->cursor);
	return NULL;
}

static void start_writing(bool hang)
{
	struct output *out = &t.out[0];

	memset(&t, 0, sizeof(t));
	numbered = 0;
	t.hang = hang;
	t.from = ring_new(RING, on_wake, NULL);
	t.k = transform_new(&(struct formatter_options){ .format = FORMATTER_RAW }, streams, 1,
			    TRANSFORM_STRETCH, &t.counts);
	out->ring = ring_new(RING, transform_wake, t.k);
	out->text = malloc(5 * RING);
	if (!t.from || !t.k || !out->ring || !out->text)
		scratch_fail("a transform");
	t.from_cursor = ring_cursor_new(t.from, RING_KEEP, true);
	out->cursor = ring_cursor_new(out->ring, RING_KEEP, false);
	transform_output(t.k, out->ring, out->cursor, LEVEL_NONE, -1, &out->lost);
	transform_write(t.k, write_out, out);
	if (pthread_create(&t.owner, NULL, owner_thread, out) != 0 ||
	    transform_start(t.k, t.from, t.from_cursor) < 0)
		scratch_fail("transform_start");
}

static void end_writing(void)
{
	ring_end(t.from);
	CHECK(transform_join(t.k));
	pthread_join(t.owner, NULL);
	CHECK_INT(t.out[0].lost.bytes, 0);
	check_numbered(&t.out[0]);
	release();
}

/* For CHECK_SOON: both rings are as good as full. */
static bool is_full(const void *none)
{
	uint64_t lines;

	(void)none;
	while (put_next())
		;
	return ring_waiting(t.out[0].ring, t.out[0].cursor, &lines) > RING / 4 * 3 &&
	       ring_waiting(t.from, t.from_cursor, &lines) > RING / 4 * 3;
}

/* For CHECK_SOON. */
static bool has_put(const void *lines)
{
	while (numbered < *(const size_t *)lines && put_next())
		;
	return numbered == *(const size_t *)lines;
}

static bool has_written(const void *none)
{
	(void)none;
	return (numbered >= LINES || put_next()) && t.writes > 0;
}

static void it_writes_itself(void)
{
	const size_t all = LINES;

	start_writing(false);
	CHECK_SOON(has_written, NULL); /* the owner has to sleep first */
	CHECK_SOON(has_put, &all);
	end_writing();
}

static void a_write_that_hangs_holds_up_nobody(void)
{
	const size_t all = LINES;

	start_writing(true);
	CHECK_SOON(has_written, NULL);
	CHECK_SOON(is_full, NULL);
	CHECK_INT(t.writes, 1);
	t.hang = false;
	CHECK_SOON(has_put, &all);
	end_writing();
}

static void a_write_that_hangs_at_the_end_is_left(void)
{
	start_writing(true);
	CHECK_SOON(has_written, NULL);
	const size_t sent = numbered;
	ring_give_up(t.out[0].cursor);
	ring_end(t.from);
	CHECK(!transform_join(t.k));
	CHECK_INT(t.out[0].lost.lines + t.out[0].len / LINE, sent);
	CHECK(ring_left(t.out[0].cursor));
	/* All stays as it is, for the thread that hangs. */
}

int main(void)
{
	TEST("transform: each output gets the lines of its level, the last one without an end, too",
	     levels_go_to_outputs);
	TEST("transform: lines that are left out are counted, as they came",
	     filtered_lines_are_counted);
	TEST("transform: marks stay between the lines that they stood between",
	     marks_keep_their_place);
	TEST("transform: lines keep the name of their source, and the time they were read",
	     sources_keep_their_names);
	TEST("transform: a slow output holds up the others, and loses nothing",
	     a_slow_output_loses_nothing);
	TEST("transform: an output that is given up loses what it left and what comes, all counted",
	     an_output_that_is_given_up_loses_and_counts);
	TEST("transform: it leaves its input when all consumers have left",
	     waits_for_its_consumers);
	TEST("transform: while its thread sleeps, another one renders", another_thread_renders);
	TEST("transform: half a line goes on, whoever renders it", half_a_line_goes_on);
	TEST("transform: what is much, or a mark, is left to its own thread",
	     what_is_much_or_a_mark_is_its_own);
	TEST("transform: another thread does not wait for room", another_thread_waits_for_no_room);
	TEST("transform: while the consumer sleeps it writes itself", it_writes_itself);
	TEST("transform: a write that hangs holds up nobody while there is room",
	     a_write_that_hangs_holds_up_nobody);
	TEST("transform: a write that hangs at the end is left, and its lines are counted",
	     a_write_that_hangs_at_the_end_is_left);
	return test_end();
}
