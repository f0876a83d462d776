/* ring: what goes in comes out, in order, for each consumer at its own pace. */
#include "stream/ring.h"

#include "base/clock.h"
#include "feed.h"
#include "test.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { SIZE = 64 * 1024, STRETCH = SIZE / 4, MARKS = 32768 - 64 };

static int wakes; /* calls of on_wake; all by this thread */

static void on_wake(void *arg)
{
	(void)arg;
	wakes++;
}

static struct ring *new_ring(size_t size)
{
	struct ring *r = ring_new(size, on_wake, NULL);

	wakes = 0;
	if (!CHECK(r != NULL))
		exit(EXIT_FAILURE);
	return r;
}

/* What stands at a position of the stream; never a newline. */
static char letter(uint64_t pos)
{
	return (char)('a' + (pos * 7 + pos / 26 + pos / 4096) % 26);
}

/* Fills n letters that belong at position pos of the stream; how many had room? */
static size_t fill_letters(struct ring *r, uint64_t pos, size_t n)
{
	size_t done = 0;

	while (done < n) {
		char *at;
		size_t space = ring_space(r, 1, &at);

		if (space > n - done)
			space = n - done;
		if (space == 0)
			break;
		for (size_t i = 0; i < space; i++)
			at[i] = letter(pos + done + i);
		ring_fill(r, space);
		done += space;
	}
	return done;
}

static void put_letters(struct ring *r, uint64_t pos, size_t n)
{
	if (CHECK_INT(fill_letters(r, pos, n), n))
		ring_publish(r, n);
}

static void put_text(struct ring *r, const char *text)
{
	CHECK(feed(r, text, strlen(text)));
}

/* A look that does not wait. */
static enum ring_event peek(struct ring_cursor *c, struct ring_span *span, struct ring_mark *mark)
{
	return ring_peek(c, 1, span, mark);
}

/* Takes n letters that belong at position pos. */
static void take_letters(struct ring_cursor *c, uint64_t pos, size_t n)
{
	while (n > 0) {
		struct ring_span span;
		size_t wrong = 0;

		if (!CHECK_INT(peek(c, &span, NULL), RING_BYTES))
			return;
		size_t len = span.len < n ? span.len : n;
		for (size_t i = 0; i < len; i++)
			wrong += span.at[i] != letter(pos + i);
		CHECK_INT(wrong, 0);
		ring_advance(c, len);
		pos += len;
		n -= len;
	}
}

/* Takes n bytes, whatever they are. */
static void take(struct ring_cursor *c, size_t n)
{
	struct ring_span span;

	while (n > 0 && CHECK_INT(peek(c, &span, NULL), RING_BYTES)) {
		size_t len = span.len < n ? span.len : n;

		ring_advance(c, len);
		n -= len;
	}
}

static void take_text(struct ring_cursor *c, const char *text)
{
	struct ring_span span;
	char got[256];

	if (!CHECK_INT(peek(c, &span, NULL), RING_BYTES) || !CHECK(span.len < sizeof(got)))
		return;
	memcpy(got, span.at, span.len);
	got[span.len] = '\0';
	CHECK_STR(got, text);
	ring_advance(c, span.len);
}

/* Free bytes, without waiting for more; ring_space alone tells no more than the stretch. */
static size_t room(struct ring *r)
{
	char *at;

	return ring_space(r, 0, &at);
}

/* ---- memory ---- */

/* The system's page size, in place of the C library's; 0: the machine's own. */
static int fake_page;

/* A sanitizer asks for it before it can be told of calls. */
__attribute__((no_sanitize("thread"))) int getpagesize(void)
{
	return fake_page ? fake_page : (int)getauxval(AT_PAGESZ);
}

static void large_pages(void)
{
	char *at;

	fake_page = 64 * 1024;
	struct ring *r = new_ring(64 * 1024);

	/* With an unfinished line in it there must be room for the largest read. */
	CHECK(ring_size(r) >= 4 * ring_stretch(r));
	CHECK_INT(ring_stretch(r), fake_page);
	fill_letters(r, 0, ring_size(r) / 2);
	CHECK_INT(ring_space(r, ring_stretch(r), &at), ring_stretch(r));
	ring_free(r);
	fake_page = 0;
}

static void sizes(void)
{
	struct ring *r = new_ring(100 * 1024 + 1);

	CHECK_INT(ring_size(r) % (size_t)getpagesize(), 0);
	CHECK(ring_size(r) > 100 * 1024 && ring_size(r) < 120 * 1024);
	CHECK(ring_stretch(r) >= ring_size(r) / 4);
	ring_free(r);

	r = new_ring(SIZE);
	CHECK_INT(ring_size(r), SIZE);
	CHECK_INT(ring_stretch(r), STRETCH);
	ring_free(r);

	r = new_ring(8 << 20);
	CHECK_INT(ring_stretch(r), 256 * 1024);
	ring_free(r);
	ring_free(NULL);
}

static void no_memory(void)
{
	errno = 0;
	struct ring *r = ring_new((size_t)1 << 60, on_wake, NULL); /* more than addresses */
	int error = errno;
	CHECK(r == NULL);
	CHECK_INT(error, ENOMEM);
	ring_free(r);
}

/* Without a descriptor to be had, and where no file may grow, there is memory all the same. */
static void without_a_file(void)
{
	static const int limits[] = { RLIMIT_NOFILE, RLIMIT_FSIZE };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit before, none;

		CHECK_INT(getrlimit(limits[i], &before), 0);
		none = before;
		none.rlim_cur = 0;
		void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
		CHECK_INT(setrlimit(limits[i], &none), 0);
		struct ring *r = ring_new(SIZE, on_wake, NULL);
		CHECK_INT(setrlimit(limits[i], &before), 0);
		signal(SIGXFSZ, old);
		if (!CHECK(r != NULL))
			continue;
		struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
		for (uint64_t at = 0; at < 4 * SIZE; at += SIZE / 2 + 1000) {
			put_letters(r, at, SIZE / 2 + 1000);
			take_letters(c, at, SIZE / 2 + 1000);
		}
		ring_free(r);
	}
}

/* There is always a byte left in it, so it never starts again at offset 0. */
static void wraps(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	unsigned short seed[3] = { 1, 2, 3 };
	uint64_t put = 1, taken = 0;
	size_t crossed = 0;
	char *base, *at;

	ring_space(r, 1, &base);
	put_letters(r, 0, 1);
	while (put < 20 * SIZE) {
		size_t n = (size_t)nrand48(seed) % STRETCH + 1;
		size_t space = ring_space(r, 0, &at);

		CHECK_INT(at - base, put % SIZE);
		CHECK(space == STRETCH || space == SIZE - (put - taken));
		crossed += (size_t)(at - base) + space > SIZE;
		put_letters(r, put, n);
		put += n;
		n = (size_t)nrand48(seed) % (put - taken);
		take_letters(c, taken, n);
		taken += n;
	}
	CHECK(crossed > 10);
	take_letters(c, taken, put - taken);
	ring_free(r);
}

/* A span may cross the end of the memory by the stretch, but no further. */
static void spans_cross(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE);
	take_letters(c, 0, SIZE - 100);
	put_letters(r, SIZE, SIZE - 100);
	CHECK_INT(peek(c, &span, NULL), RING_BYTES);
	CHECK_INT(span.len, 100 + STRETCH);
	take_letters(c, SIZE - 100, SIZE);
	ring_free(r);
}

/* ---- the restart at offset 0 ---- */

static void restarts(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	char *base, *at;

	ring_space(r, 1, &base);
	for (int i = 0; i < 100; i++) {
		ring_space(r, 1, &at);
		CHECK(at == base);
		put_text(r, "a line\n");
		take_text(c, "a line\n");
	}
	/* Not while one of two cursors is behind. */
	put_text(r, "one\ntwo\n");
	take(c, 4);
	ring_space(r, 1, &at);
	CHECK_INT(at - base, 8);
	ring_free(r);
}

enum restart { MOVES, STAYS, MAY_MOVE };

/* Puts an unfinished tail at this offset, restarts, and looks at it. */
static void restart_with_tail(size_t offset, size_t tail, enum restart what)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	char *base, *at;

	ring_space(r, 1, &base);
	put_letters(r, 0, offset);
	take_letters(c, 0, offset - 1);
	CHECK_INT(fill_letters(r, offset, tail), tail);
	CHECK_INT(ring_unpublished(r), tail);
	ring_space(r, 1, &at);
	CHECK_INT(at - base, (offset + tail) % SIZE);
	take_letters(c, offset - 1, 1);
	ring_space(r, 1, &at);
	if (what != MAY_MOVE)
		CHECK_INT(at - base, what == MOVES ? tail : (offset + tail) % SIZE);
	CHECK_INT(ring_unpublished(r), tail);
	CHECK_INT(fill_letters(r, offset + tail, 50), 50);
	ring_publish(r, tail + 50);
	take_letters(c, offset, tail + 50);
	ring_free(r);
}

static void restarts_with_tail(void)
{
	restart_with_tail(100, 1, MOVES);
	restart_with_tail(100, 99, MOVES);
	restart_with_tail(100, 1000, MOVES); /* old place and new place overlap */
	restart_with_tail(5000, 4096, MOVES);
	restart_with_tail(SIZE - 4096, 4096, MOVES);
}

static void restarts_with_tail_across_the_end(void)
{
	for (size_t before = 1; before < 4096; before = before * 3 / 2 + 1) {
		restart_with_tail(SIZE - before, before + 1, MAY_MOVE);
		restart_with_tail(SIZE - before, 4096, MAY_MOVE);
	}
}

static void long_tail_stays(void)
{
	restart_with_tail(100, 4097, STAYS);
	restart_with_tail(SIZE - 100, 10000, STAYS);
}

static void unpublished(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	struct ring_span span;
	char *first, *at;

	ring_space(r, 1, &first);
	memcpy(first, "one\ntwo\nthr", 11);
	ring_fill(r, 11);
	CHECK_INT(ring_unpublished(r), 11);
	CHECK_INT(peek(c, &span, NULL), RING_TIMEOUT);
	ring_publish(r, 4);
	take_text(c, "one\n");
	CHECK_INT(ring_unpublished(r), 7);
	ring_unfill(r, 3);
	CHECK_INT(ring_unpublished(r), 4);
	ring_publish(r, 0);
	CHECK_INT(ring_unpublished(r), 4);
	CHECK_INT(peek(c, &span, NULL), RING_TIMEOUT);
	ring_space(r, 1, &at);
	*at = '!';
	ring_fill(r, 1);
	ring_publish(r, 5);
	take_text(c, "two\n!");
	CHECK_INT(ring_unpublished(r), 0);
	ring_free(r);
}

/* ---- marks ---- */

enum { KIND = 7 }; /* means nothing to the ring */

static bool put_mark(struct ring *r, int64_t number)
{
	struct ring_mark mark = { .kind = KIND, .arg = { number, 2, 3, 4 } };

	return ring_mark(r, &mark);
}

/* The next thing at c is the mark with this number; passes it. */
static void take_mark(struct ring_cursor *c, int64_t number)
{
	struct ring_mark mark = { .kind = 0 };
	struct ring_span span;

	if (!CHECK_INT(peek(c, &span, &mark), RING_MARK))
		return;
	CHECK_INT(span.len, 0);
	CHECK_INT(mark.kind, KIND);
	CHECK_INT(mark.arg[0], number);
	CHECK_INT(mark.arg[3], 4);
	ring_pass(c);
}

/* take_text for a cursor that wants marks. */
static void take_to_mark(struct ring_cursor *c, const char *text)
{
	struct ring_mark mark;
	struct ring_span span;

	if (!CHECK_INT(peek(c, &span, &mark), RING_BYTES))
		return;
	CHECK_INT(span.len, strlen(text));
	CHECK(span.len == strlen(text) && memcmp(span.at, text, span.len) == 0);
	ring_advance(c, span.len);
}

static void marks_in_order(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *with = ring_cursor_new(r, RING_KEEP, true);
	struct ring_cursor *without = ring_cursor_new(r, RING_KEEP, false);
	struct ring_mark mark;
	struct ring_span span;
	char *at;

	CHECK(put_mark(r, 1));
	put_text(r, "one\n");
	CHECK(put_mark(r, 2));
	CHECK(put_mark(r, 3));
	put_text(r, "two\n");
	put_text(r, "three\n");
	ring_space(r, 4, &at);
	memcpy(at, "four", 4);
	ring_fill(r, 4);
	CHECK(put_mark(r, 4)); /* behind what is published, before what is not */
	ring_publish(r, 4);
	CHECK(put_mark(r, 5));

	take_mark(with, 1);
	take_to_mark(with, "one\n");
	CHECK_INT(peek(with, &span, &mark), RING_MARK);
	take_mark(with, 2); /* it was still there: only ring_pass takes it away */
	take_mark(with, 3);
	take_to_mark(with, "two\nthree\n");
	take_mark(with, 4);
	take_to_mark(with, "four");
	ring_end(r);
	take_mark(with, 5);
	CHECK_INT(peek(with, &span, &mark), RING_END);
	take_text(without, "one\ntwo\nthree\nfour");
	CHECK_INT(peek(without, &span, NULL), RING_END);
	ring_free(r);
}

static void too_many_marks(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *a = ring_cursor_new(r, RING_KEEP, true);
	struct ring_cursor *b = ring_cursor_new(r, RING_KEEP, true);
	struct ring_cursor *without = ring_cursor_new(r, RING_KEEP, false);

	for (int i = 0; i < MARKS; i++)
		CHECK(put_mark(r, i));
	CHECK(!put_mark(r, -1));
	take_mark(a, 0);
	CHECK(!put_mark(r, -2)); /* b has not passed it */
	take_mark(b, 0);
	CHECK(put_mark(r, MARKS));
	CHECK(!put_mark(r, -3));
	for (int i = 1; i <= MARKS; i++)
		take_mark(a, i);
	ring_leave(b); /* and now it counts no more */
	for (int i = 0; i < MARKS; i++)
		CHECK(put_mark(r, i));
	for (int i = 0; i < MARKS; i++)
		take_mark(a, i);
	CHECK(!ring_left(without));
	ring_free(r);
}

/* Bytes that are of no use alone are left until there are more, or a mark, or the end. */
static void awaits_more(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, true);
	struct ring_span span;
	struct ring_mark mark;

	put_letters(r, 0, 10);
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_BYTES);
	ring_advance(c, 4);
	ring_await_more(c, 6);
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_TIMEOUT);
	put_letters(r, 10, 1);
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_BYTES);
	CHECK_INT(span.len, 7);
	ring_advance(c, 0);
	ring_await_more(c, 7);
	ring_end(r);
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_END);
	CHECK_INT(span.len, 7);
	ring_advance(c, 7);
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_END);
	CHECK_INT(span.len, 0);
	ring_free(r);
}

/* Marks that go with bytes find room as long as bytes do. */
static void an_order_given_twice_is_one(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, true);
	struct ring_mark mark = { .kind = KIND, .once = true, .arg = { 1 } };
	struct ring_span span;

	CHECK(ring_mark(r, &mark));
	mark.arg[0] = 2;
	CHECK(ring_mark(r, &mark));
	CHECK_INT(peek(c, &span, &mark), RING_MARK);
	CHECK_INT(mark.arg[0], 2);
	ring_pass(c);

	/* Not one that was passed, nor one of another kind. */
	CHECK(ring_mark(r, &mark));
	mark.kind++;
	CHECK(ring_mark(r, &mark));
	for (int kind = KIND; kind <= KIND + 1; kind++) {
		CHECK_INT(peek(c, &span, &mark), RING_MARK);
		CHECK_INT(mark.kind, kind);
		ring_pass(c);
	}
	ring_end(r);
	CHECK_INT(peek(c, &span, &mark), RING_END);
	ring_free(r);
}

static void out_of_marks_is_full(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, true);
	struct ring_mark from = { .reserved = true };
	int count = 0;
	char *at;

	for (;;) {
		if (ring_space(r, 1, &at) == 0)
			break;
		count++;
		if (!CHECK(ring_mark(r, &from)))
			break;
	}
	CHECK_INT(count, MARKS);
	CHECK_INT(wakes, 0);
	struct ring_span span;
	struct ring_mark mark;
	CHECK_INT(ring_peek(c, 0, &span, &mark), RING_MARK);
	ring_pass(c);
	CHECK_INT(wakes, 1);
	CHECK(ring_space(r, 1, &at) > 0);
	ring_free(r);
}

/* ---- several cursors ---- */

static void slowest_limits(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *a = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *b = ring_cursor_new(r, RING_KEEP, false);

	put_letters(r, 0, SIZE);
	CHECK_INT(room(r), 0);
	take_letters(a, 0, SIZE);
	CHECK_INT(room(r), 0);
	take_letters(b, 0, 100);
	CHECK_INT(room(r), 100);
	CHECK_INT(fill_letters(r, SIZE, 101), 100);
	ring_publish(r, 100);
	take_letters(a, SIZE, 100);
	take_letters(b, 100, SIZE);
	CHECK_INT(room(r), STRETCH);
	ring_free(r);
}

static void leaving_frees(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *a = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *b = ring_cursor_new(r, RING_KEEP, false);
	struct ring_span span;
	uint64_t lines;
	char *at;

	put_letters(r, 0, SIZE);
	take_letters(a, 0, SIZE);
	CHECK_INT(ring_space(r, 1, &at), 0);
	CHECK(!ring_left(b));
	ring_leave(b);
	CHECK(ring_left(b));
	CHECK(!ring_left(a));
	CHECK_INT(wakes, 1);
	CHECK_INT(room(r), STRETCH);
	CHECK_INT(ring_waiting(r, b, &lines), 0);
	CHECK_INT(peek(b, &span, NULL), RING_END);
	put_letters(r, SIZE, SIZE);
	take_letters(a, SIZE, SIZE);
	ring_free(r);
}

/* Who has left in the middle of a peek may still copy what it was given. */
static void leaving_while_copying(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE);
	CHECK_INT(peek(c, &span, NULL), RING_BYTES);
	ring_leave(c);
	CHECK_INT(room(r), 0);
	ring_advance(c, span.len);
	CHECK_INT(room(r), STRETCH);
	ring_free(r);
}

/* ---- cursors that skip ---- */

static void skips(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;

	put_text(r, "one\ntwo\n");
	put_letters(r, 8, SIZE - STRETCH - 9);
	put_text(r, "\n");
	take(keep, SIZE - STRETCH);
	take(skip, 4);
	CHECK_INT(room(r), STRETCH); /* that much is free without the place of "two" */
	put_text(r, "three\n");
	CHECK_INT(room(r), STRETCH); /* and this takes it: the cursor goes to the newest */
	put_text(r, "last\n");
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK_INT(span.skipped_bytes, SIZE - STRETCH - 4 + 6);
	CHECK_INT(span.skipped_lines, 3);
	CHECK(!span.torn);
	take_text(skip, "last\n");
	CHECK_INT(peek(skip, &span, NULL), RING_TIMEOUT);
	put_text(r, "x\n");
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK_INT(span.skipped_bytes, 0); /* told once */
	CHECK_INT(span.skipped_lines, 0);
	ring_free(r);
}

/* It is told what it lost although nothing has come since. */
static void skips_without_more(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE);
	take(keep, SIZE);
	CHECK_INT(room(r), STRETCH); /* takes the place of what skip has not read */
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK_INT(span.len, 0);
	CHECK_INT(span.skipped_bytes, SIZE);
	CHECK(span.torn);
	ring_advance(skip, 0);
	CHECK_INT(peek(skip, &span, NULL), RING_TIMEOUT); /* once */
	ring_free(r);
}

/* While its bytes are not needed, a skipping cursor stays where it is. */
static void skips_no_sooner(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE - STRETCH);
	take(keep, SIZE - STRETCH);
	CHECK_INT(room(r), STRETCH);
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK_INT(span.skipped_bytes, 0);
	take_letters(skip, 0, SIZE - STRETCH);
	ring_free(r);
}

/* A cursor that skips lets the others have all the room. */
static void skips_all(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	uint64_t pos = 0, skipped = 0, lines = 0, seen = 0;
	struct ring_span span;
	char *at;

	for (int i = 0; i < 40; i++, pos += STRETCH) {
		if (!CHECK_INT(ring_space(r, STRETCH, &at), STRETCH))
			return;
		memset(at, 'x', STRETCH - 1);
		at[STRETCH - 1] = '\n';
		ring_fill(r, STRETCH);
		ring_publish(r, STRETCH);
		take(keep, STRETCH);
	}
	ring_end(r);
	while (peek(skip, &span, NULL) == RING_BYTES) {
		skipped += span.skipped_bytes;
		lines += span.skipped_lines;
		seen += span.len;
		CHECK(!span.torn);
		ring_advance(skip, span.len);
	}
	CHECK_INT(skipped + seen, pos);
	CHECK_INT(skipped, lines * STRETCH);
	CHECK(seen > 0);
	CHECK(skipped >= pos - SIZE);
	ring_free(r);
}

static void skips_into_a_line(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE); /* a piece of a line */
	take(keep, SIZE);
	put_text(r, "the rest\n");
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK(span.torn);
	CHECK_INT(span.skipped_bytes, SIZE);
	CHECK_INT(span.skipped_lines, 0);
	take_text(skip, "the rest\n");
	put_text(r, "next\n");
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK(!span.torn);
	ring_free(r);
}

/* What a skipping cursor looks at holds still until it has advanced. */
static void skipper_claims_what_it_sees(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;
	char *at;

	put_letters(r, 0, SIZE);
	take(keep, SIZE);
	CHECK_INT(peek(skip, &span, NULL), RING_BYTES);
	CHECK_INT(span.len, SIZE);
	CHECK_INT(ring_space(r, 1, &at), 0);
	CHECK_INT(wakes, 0);
	CHECK_INT(span.at[SIZE - 1], letter(SIZE - 1));
	ring_advance(skip, 10);
	CHECK_INT(wakes, 1);
	CHECK_INT(room(r), STRETCH);
	ring_free(r);
}

/* Nothing but skipped bytes, and then the end. */
static void skipped_before_the_end(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *keep = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *skip = ring_cursor_new(r, RING_SKIP, false);
	struct ring_span span;

	put_letters(r, 0, SIZE - 1);
	put_text(r, "\n");
	take(keep, SIZE);
	CHECK_INT(room(r), STRETCH); /* this pushes it on, and then nothing is written */
	ring_end(r);
	CHECK_INT(peek(skip, &span, NULL), RING_END);
	CHECK_INT(span.skipped_bytes, SIZE);
	CHECK_INT(span.skipped_lines, 1);
	ring_free(r);
}

/* ---- waiting ---- */

static void wakes_once(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *a = ring_cursor_new(r, RING_KEEP, false);
	struct ring_cursor *b = ring_cursor_new(r, RING_KEEP, false);
	char *at;

	CHECK_INT(ring_space(r, STRETCH, &at), STRETCH);
	put_letters(r, 0, SIZE);
	CHECK_INT(ring_space(r, 100, &at), 0);
	take(a, 200);
	CHECK_INT(wakes, 0); /* no room yet: b is behind */
	take(b, 99);
	CHECK_INT(wakes, 0); /* not enough */
	take(b, 1);
	CHECK_INT(wakes, 1);
	take(b, 1000);
	take(a, 1000);
	CHECK_INT(wakes, 1); /* once */
	CHECK_INT(ring_space(r, 5000, &at), 1100);
	CHECK_INT(ring_space(r, 1000, &at), 1100); /* a wish stays, though a smaller one is met */
	take(b, SIZE - 1100);
	take(a, SIZE - 1200);
	CHECK_INT(wakes, 2);
	CHECK_INT(ring_space(r, STRETCH, &at), STRETCH);
	ring_free(r);
}

static void deadlines(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, true);
	struct ring_mark mark;
	struct ring_span span;
	int64_t start = clock_mono_ns();

	CHECK_INT(ring_peek(c, start + 30 * CLOCK_MS, &span, &mark), RING_TIMEOUT);
	CHECK(clock_mono_ns() - start >= 30 * CLOCK_MS);
	CHECK_INT(ring_peek(c, start, &span, &mark), RING_TIMEOUT);
	/* What is there is given, however late it is. */
	put_text(r, "late\n");
	CHECK_INT(ring_peek(c, start, &span, &mark), RING_BYTES);
	ring_advance(c, 5);
	CHECK(put_mark(r, 1));
	CHECK_INT(ring_peek(c, start, &span, &mark), RING_MARK);
	ring_pass(c);
	ring_end(r);
	CHECK_INT(ring_peek(c, start, &span, &mark), RING_END);
	CHECK_INT(ring_peek(c, RING_FOREVER, &span, &mark), RING_END);
	ring_free(r);
}

static void wait_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

/* Waits for a semaphore with patience. */
static bool wait_for(sem_t *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	while (sem_timedwait(s, &until) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

static sem_t step; /* posted for each thing that a waiting consumer has seen */

/* A consumer that waits for ever: for bytes, a mark and the end, one after the other. */
static void *wait_for_all(void *arg)
{
	struct ring_cursor *c = arg;
	struct ring_mark mark;
	struct ring_span span;

	CHECK_INT(ring_peek(c, RING_FOREVER, &span, &mark), RING_BYTES);
	ring_advance(c, span.len);
	sem_post(&step);
	CHECK_INT(ring_peek(c, RING_FOREVER, &span, &mark), RING_MARK);
	ring_pass(c);
	sem_post(&step);
	CHECK_INT(ring_peek(c, RING_FOREVER, &span, &mark), RING_END);
	return NULL;
}

static void waiter_is_woken(void)
{
	struct ring *r = new_ring(SIZE);
	pthread_t threads[2];

	CHECK_INT(sem_init(&step, 0, 0), 0);
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, wait_for_all,
					 ring_cursor_new(r, RING_KEEP, true)),
			  0);
	/* The moments make it likely that they wait; the test holds without, too. */
	wait_a_moment();
	put_text(r, "a line\n");
	if (!CHECK(wait_for(&step)) || !CHECK(wait_for(&step)))
		exit(EXIT_FAILURE); /* they would wait for ever */
	wait_a_moment();
	CHECK(put_mark(r, 1));
	if (!CHECK(wait_for(&step)) || !CHECK(wait_for(&step)))
		exit(EXIT_FAILURE);
	wait_a_moment();
	ring_end(r);
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	ring_free(r);
}

static void waiting_is_counted(void)
{
	struct ring *r = new_ring(SIZE);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	uint64_t lines;

	CHECK_INT(ring_waiting(r, c, &lines), 0);
	CHECK_INT(lines, 0);
	put_letters(r, 0, SIZE - 6);
	take(c, SIZE - 7); /* one byte is left, and the rest crosses the end */
	put_text(r, "\none\ntwo\nthree");
	CHECK_INT(fill_letters(r, 0, 10), 10); /* not published, not counted */
	CHECK_INT(ring_waiting(r, c, &lines), 15);
	CHECK_INT(lines, 3);
	take(c, 3);
	CHECK_INT(ring_waiting(r, c, &lines), 12);
	CHECK_INT(lines, 2);
	take(c, 12);
	CHECK_INT(ring_waiting(r, c, &lines), 0);
	CHECK_INT(lines, 0);
	ring_free(r);
}

/* ---- memory given back ---- */

/* Bytes of memory that the ring really has; -1 if it is not mapped. */
static long long resident(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[1024];
	long long kib = -1;
	bool ring = false;

	while (smaps && kib < 0 && fgets(line, sizeof(line), smaps))
		if (strstr(line, "logsink-ring"))
			ring = true;
		else if (ring)
			sscanf(line, "Rss: %lld", &kib);
	if (smaps)
		fclose(smaps);
	return kib < 0 ? -1 : kib * 1024;
}

static void trims(void)
{
	struct ring *r = new_ring(2 << 20);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);

	CHECK(ring_trim(r, false));
	put_letters(r, 0, 2 << 20);
	CHECK(!ring_trim(r, false)); /* something is there to be consumed */
	CHECK_INT(resident(), 2 << 20);
	take_letters(c, 0, 2 << 20);
	CHECK_INT(fill_letters(r, 0, 10), 10);
	CHECK(!ring_trim(r, false)); /* an unfinished line */
	ring_unfill(r, 10);
	CHECK(ring_trim(r, false));
	CHECK_INT(resident(), 0);
	for (int i = 0; i < 3; i++) {
		put_letters(r, 0, 1 << 20);
		take_letters(c, 0, 1 << 20);
	}
	CHECK(ring_trim(r, false));
	CHECK_INT(resident(), 0);
	ring_free(r);
	CHECK_INT(resident(), -1); /* nothing stays mapped */
}

/* A thread may be in read(2) for what it was offered. */
static void trims_around_an_offer(void)
{
	struct ring *r = new_ring(2 << 20);
	struct ring_cursor *c = ring_cursor_new(r, RING_KEEP, false);
	char *at;

	for (int i = 0; i < 8; i++) { /* also across the end */
		put_letters(r, 0, 1 << 20);
		put_letters(r, 0, 900 * 1024);
		size_t len = ring_space(r, 1, &at);
		memset(at, 'x', len);
		take_letters(c, 0, 1 << 20);
		take_letters(c, 0, 900 * 1024);
		CHECK(ring_trim(r, true));
		CHECK_INT(resident(), len);
		at[len - 1] = '\n';
		ring_fill(r, len);
		ring_publish(r, len);
		take(c, len);
	}
	CHECK(ring_trim(r, false));
	CHECK_INT(resident(), 0);
	ring_free(r);
}

/* ---- somebody waits until the producer waits for room ---- */

struct waiting {
	struct ring *ring;
	_Atomic int told;
};

static void *await_want(void *arg)
{
	struct waiting *w = arg;

	ring_await_want(w->ring);
	w->told++;
	return NULL;
}

static bool is_told(const void *w)
{
	return ((const struct waiting *)w)->told > 0;
}

static void a_want_is_told(void)
{
	struct waiting w = { .ring = new_ring(SIZE) }, end = { .ring = w.ring };
	struct ring_cursor *c = ring_cursor_new(w.ring, RING_KEEP, true);
	pthread_t thread;
	char *at;

	CHECK(!ring_wants(w.ring));
	pthread_create(&thread, NULL, await_want, &w);
	put_letters(w.ring, 0, SIZE);
	(void)poll(NULL, 0, 20);
	CHECK_INT(w.told, 0); /* full, and nobody has asked for room */
	CHECK_INT(ring_space(w.ring, 1, &at), 0);
	CHECK_SOON(is_told, &w);
	CHECK(ring_wants(w.ring));
	pthread_join(thread, NULL);
	take(c, SIZE);
	CHECK(!ring_wants(w.ring));
	pthread_create(&thread, NULL, await_want, &end);
	ring_end(w.ring);
	CHECK_SOON(is_told, &end);
	CHECK(ring_wants(w.ring));
	pthread_join(thread, NULL);
	ring_free(w.ring);
}

/* ---- borrowed cursors ---- */

struct owner {
	struct ring_cursor *cursor;
	_Atomic bool got_end;
	_Atomic uint64_t bytes, marks, timeouts; /* what it was given */
};

static void *own(void *arg)
{
	struct owner *o = arg;
	struct ring_span span;
	struct ring_mark mark;

	for (;;) {
		switch (ring_peek(o->cursor, clock_mono_ns() + CLOCK_SECOND / 100, &span, &mark)) {
		case RING_BYTES:
			o->bytes += span.len;
			ring_advance(o->cursor, span.len);
			break;
		case RING_MARK:
			o->marks++;
			ring_pass(o->cursor);
			break;
		case RING_TIMEOUT:
			o->timeouts++;
			break;
		case RING_END:
			o->got_end = true;
			return NULL;
		}
	}
}

static bool has_bytes(const void *arg)
{
	return ((const struct owner *)arg)->bytes > 0;
}

static bool has_mark(const void *arg)
{
	return ((const struct owner *)arg)->marks > 0;
}

static void publish_hushed(struct ring *r, const char *text)
{
	ring_hush(r, true);
	put_text(r, text);
	ring_hush(r, false);
}

/* Publishes without waking the owner, until it sleeps and the cursor can be had. */
static void borrow(struct ring *r, struct owner *o, struct ring_span *span)
{
	do {
		o->bytes = 0;
		publish_hushed(r, "line\n");
	} while (!ring_borrow(o->cursor, span) && poll(NULL, 0, 1) == 0);
}

static void lends(void)
{
	struct ring *r = new_ring(SIZE);
	struct owner o = { .cursor = ring_cursor_new(r, RING_KEEP, true) };
	struct ring_span span;
	pthread_t thread;

	put_text(r, "line\n");
	CHECK(!ring_borrow(o.cursor, &span)); /* its owner does not sleep */
	take(o.cursor, 5);
	CHECK_INT(pthread_create(&thread, NULL, own, &o), 0);
	borrow(r, &o, &span);
	CHECK(span.len >= 5 && memcmp(span.at, "line\n", 5) == 0);
	CHECK(!ring_borrow(o.cursor, &span)); /* once */
	uint64_t timeouts = o.timeouts;
	put_text(r, "more\n");
	poll(NULL, 0, 30);
	CHECK_INT(o.bytes, 0); /* it sleeps on, past its deadline */
	CHECK_INT(o.timeouts, timeouts);
	CHECK(room(r) > 0);
	ring_return(o.cursor, 4);
	CHECK_SOON(has_bytes, &o); /* it gets the rest */
	borrow(r, &o, &span);
	struct ring_mark mark = { .kind = 1 };
	CHECK(ring_mark(r, &mark));
	poll(NULL, 0, 30);
	CHECK_INT(o.marks, 0);
	ring_return(o.cursor, span.len);
	CHECK_SOON(has_mark, &o);
	ring_end(r);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(o.got_end);
	ring_free(r);
}

/* A mark is its owner's to obey, and what is behind it, too. */
static void lends_no_marks(void)
{
	struct ring *r = new_ring(SIZE);
	struct owner o = { .cursor = ring_cursor_new(r, RING_KEEP, true) };
	struct ring_mark mark = { .kind = 1 };
	struct ring_span span;
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, own, &o), 0);
	for (int i = 0; i < 100; i++) {
		o.marks = 0;
		ring_hush(r, true);
		CHECK(ring_mark(r, &mark));
		put_text(r, "line\n");
		ring_hush(r, false);
		if (ring_borrow(o.cursor, &span)) { /* it woke in time, and obeyed it */
			CHECK(o.marks > 0);
			ring_return(o.cursor, span.len);
		}
		ring_wake(r);
		CHECK_SOON(has_mark, &o);
	}
	ring_end(r);
	CHECK_INT(pthread_join(thread, NULL), 0);
	ring_free(r);
}

/* All that comes is lent, and taken as the owner would. */
static void lends_all(void)
{
	struct ring *r = new_ring(SIZE);
	struct owner o = { .cursor = ring_cursor_new(r, RING_KEEP, true) };
	const struct ring_mark mark = { .kind = 1 };
	struct ring_mark got;
	struct ring_span span;
	pthread_t thread;

	CHECK(!ring_borrow_all(o.cursor)); /* its owner does not sleep */
	CHECK_INT(pthread_create(&thread, NULL, own, &o), 0);
	while (!ring_borrow_all(o.cursor))
		(void)poll(NULL, 0, 1);
	CHECK(!ring_borrow_all(o.cursor));
	put_text(r, "line\n");
	CHECK(ring_mark(r, &mark));
	put_text(r, "more\n");
	poll(NULL, 0, 30);
	CHECK_INT(o.bytes, 0);
	CHECK_INT(ring_peek(o.cursor, 0, &span, &got), RING_BYTES);
	CHECK_INT(span.len, 5);
	ring_advance(o.cursor, 5);
	CHECK_INT(ring_peek(o.cursor, 0, &span, &got), RING_MARK);
	ring_pass(o.cursor);
	CHECK_INT(ring_peek(o.cursor, 0, &span, &got), RING_BYTES);
	ring_advance(o.cursor, 4);
	CHECK_INT(o.bytes + o.marks, 0);
	ring_return(o.cursor, 0);
	CHECK_SOON(has_bytes, &o); /* it gets the rest */
	while (!ring_borrow_all(o.cursor))
		(void)poll(NULL, 0, 1);
	CHECK_INT(ring_peek(o.cursor, 0, &span, &got), RING_TIMEOUT);
	ring_return(o.cursor, 0);
	ring_end(r);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(o.bytes, 1);
	CHECK_INT(o.marks, 0);
	ring_free(r);
}

/* The borrower hangs, and the consumer is given up: its owner must not go on beside it. */
static void lent_for_good(void)
{
	struct ring *r = new_ring(SIZE);
	struct owner o = { .cursor = ring_cursor_new(r, RING_KEEP, true) };
	struct ring_span span;
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, own, &o), 0);
	borrow(r, &o, &span);
	size_t len = span.len;
	ring_leave(o.cursor);
	ring_end(r);
	poll(NULL, 0, 30);
	CHECK(!o.got_end);
	CHECK(room(r) > 0);
	ring_return(o.cursor, len);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(o.got_end);
	ring_free(r);
}

/* ---- threads ---- */

enum { LONGEST_LINE = 3200, FILLER = 8192 };

static char filler[FILLER];

static uint32_t hash(uint64_t n)
{
	n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(n >> 32);
}

/* Line number n; returns its length. Most are short. */
static size_t make_line(uint64_t n, char line[LONGEST_LINE])
{
	uint32_t h = hash(n);
	size_t len = h % 64 == 0 ? 100 + h / 64 % 3000 : 20 + h / 64 % 160;

	for (int i = 0; i < 8; i++)
		line[i] = "0123456789abcdef"[n >> (28 - 4 * i) & 15];
	memcpy(line + 8, filler + h % (FILLER - LONGEST_LINE), len - 9);
	line[len - 1] = '\n';
	return len;
}

/* The stream of all lines, from any byte on. */
struct stream {
	uint64_t number; /* of the next line */
	char line[LONGEST_LINE];
	size_t len, at; /* of the current line; at: how far we are */
};

/* The next piece of the stream, n bytes at most; returns its length. */
static size_t stream_piece(struct stream *s, size_t n, const char **piece)
{
	if (s->at == s->len) {
		s->len = make_line(s->number++, s->line);
		s->at = 0;
	}
	if (n > s->len - s->at)
		n = s->len - s->at;
	*piece = s->line + s->at;
	s->at += n;
	return n;
}

static struct {
	struct ring *ring;
	struct ring_cursor *keep_marks, *keep, *skip;
	sem_t room;
	uint64_t total; /* bytes to put */

	/* told by the producer before the ring ends */
	uint64_t bytes, lines;
	int64_t marks;
	sem_t started; /* more is put than fits */
} run;

static void on_room(void *arg)
{
	(void)arg;
	sem_post(&run.room);
}

static size_t put_some(struct stream *s, char *to, size_t n)
{
	size_t done = 0;

	while (done < n) {
		const char *piece;
		size_t len = stream_piece(s, n - done, &piece);

		memcpy(to + done, piece, len);
		done += len;
	}
	return done;
}

static void *produce(void *arg)
{
	unsigned short seed[3] = { 11, 12, 13 };
	struct stream s = { 0 };
	uint64_t put = 0, published = 0;

	(void)arg;
	while (put < run.total || s.at < s.len) {
		size_t want = (size_t)nrand48(seed) % STRETCH + 1;
		char *at;
		size_t n = ring_space(run.ring, want, &at);

		if (n < want) {
			if (!CHECK(wait_for(&run.room)))
				exit(EXIT_FAILURE); /* the others would wait for ever */
			continue;
		}
		n = (size_t)nrand48(seed) % n + 1;
		if (put >= run.total && n > s.len - s.at)
			n = s.len - s.at;
		put += put_some(&s, at, n);
		ring_fill(run.ring, n);

		size_t unfinished = s.at < s.len ? s.at : 0;
		size_t all = ring_unpublished(run.ring);
		size_t whole = all > unfinished ? all - unfinished : 0;
		if (nrand48(seed) % 8 == 0)
			whole = (size_t)nrand48(seed) % (all + 1);
		ring_publish(run.ring, whole);
		published += whole;
		if (published > 2 * SIZE && published - whole <= 2 * SIZE)
			sem_post(&run.started);

		struct ring_mark mark = { .kind = KIND, .arg = { run.marks, (int64_t)published } };
		if (nrand48(seed) % 8 == 0 && ring_mark(run.ring, &mark))
			run.marks++;
	}
	ring_publish(run.ring, ring_unpublished(run.ring));
	run.bytes = put;
	run.lines = s.number;
	ring_end(run.ring);
	return NULL;
}

/* Whether the n bytes at p are what comes next in the stream. */
static bool same(struct stream *s, const char *p, size_t n)
{
	while (n > 0) {
		const char *piece;
		size_t len = stream_piece(s, n, &piece);

		if (memcmp(p, piece, len) != 0)
			return false;
		p += len;
		n -= len;
	}
	return true;
}

/* Checks every byte; and with marks that each comes at its position. */
static void *consume_all(void *arg)
{
	struct ring_cursor *c = arg;
	bool marks = c == run.keep_marks;
	unsigned short seed[3] = { 21, 22, marks };
	struct stream s = { 0 };
	uint64_t taken = 0;
	int64_t passed = 0;
	bool good = true;

	for (;;) {
		int64_t deadline =
			nrand48(seed) % 4 ? RING_FOREVER : clock_mono_ns() + nrand48(seed) % 100000;
		struct ring_mark mark;
		struct ring_span span;

		switch (ring_peek(c, deadline, &span, &mark)) {
		case RING_BYTES:
			if (nrand48(seed) % 4 == 0)
				span.len = (size_t)nrand48(seed) % (span.len + 1);
			good = good && CHECK(same(&s, span.at, span.len));
			taken += span.len;
			ring_advance(c, span.len);
			break;
		case RING_MARK:
			good = good && CHECK_INT(mark.arg[0], passed) &&
			       CHECK_INT(mark.arg[1], taken);
			passed++;
			ring_pass(c);
			break;
		case RING_TIMEOUT:
			sched_yield();
			break;
		case RING_END:
			CHECK_INT(taken, run.bytes);
			CHECK_INT(s.number, run.lines);
			CHECK_INT(passed, marks ? run.marks : 0);
			ring_leave(c);
			return NULL;
		}
	}
}

/* What the skipping consumer has of a line so far. */
struct partial {
	char line[LONGEST_LINE];
	size_t len;
	bool torn; /* its beginning was skipped */
	uint64_t newlines;
	int64_t last; /* number of the last whole line */
};

/* Takes n bytes; each line that ends in them is whole and has a higher number. */
static bool whole_lines(struct partial *l, const char *p, size_t n)
{
	char want[LONGEST_LINE], number[9] = "";

	while (n > 0) {
		const char *newline = memchr(p, '\n', n);
		size_t len = newline ? (size_t)(newline + 1 - p) : n;

		if (!l->torn && !CHECK(l->len + len <= sizeof(l->line)))
			return false;
		if (!l->torn) {
			memcpy(l->line + l->len, p, len);
			l->len += len;
		}
		p += len;
		n -= len;
		if (!newline)
			continue;
		l->newlines++;
		if (!l->torn && CHECK(l->len > 8)) {
			memcpy(number, l->line, 8);
			int64_t found = (int64_t)strtoul(number, NULL, 16);
			if (!CHECK(found > l->last) ||
			    !CHECK_INT(make_line((uint64_t)found, want), l->len) ||
			    !CHECK(memcmp(want, l->line, l->len) == 0))
				return false;
			l->last = found;
		}
		l->torn = false;
		l->len = 0;
	}
	return true;
}

static void *consume_newest(void *arg)
{
	static char copy[SIZE + STRETCH];
	struct ring_cursor *c = arg;
	unsigned short seed[3] = { 31, 32, 33 };
	struct partial line = { .last = -1 };
	uint64_t taken = 0, skipped = 0, skipped_lines = 0;
	struct ring_span span;
	bool good = true;

	CHECK(wait_for(&run.started)); /* so something is skipped for certain */
	for (;;) {
		enum ring_event event = ring_peek(c, RING_FOREVER, &span, NULL);

		skipped += span.skipped_bytes;
		skipped_lines += span.skipped_lines;
		if (event != RING_BYTES)
			break;
		if (span.skipped_bytes > 0) {
			line.len = 0;
			line.torn = span.torn;
		}
		if (nrand48(seed) % 2 == 0)
			span.len = (size_t)nrand48(seed) % (span.len + 1);
		memcpy(copy, span.at, span.len);
		ring_advance(c, span.len);
		taken += span.len;
		good = good && whole_lines(&line, copy, span.len);
		if (nrand48(seed) % 16 == 0)
			wait_a_moment();
	}
	CHECK(skipped > 0);
	CHECK_INT(taken + skipped, run.bytes);
	CHECK_INT(line.newlines + skipped_lines, run.lines);
	ring_leave(c);
	return NULL;
}

static void threads(void)
{
	pthread_t producer, consumers[3];

	for (size_t i = 0; i < FILLER; i++)
		filler[i] = (char)('!' + hash(i) % 94);
	run.total = (uint64_t)test_rounds() << 26;
	run.ring = ring_new(SIZE, on_room, NULL);
	if (!CHECK(run.ring != NULL))
		return;
	CHECK_INT(sem_init(&run.room, 0, 0), 0);
	CHECK_INT(sem_init(&run.started, 0, 0), 0);
	run.keep_marks = ring_cursor_new(run.ring, RING_KEEP, true);
	run.keep = ring_cursor_new(run.ring, RING_KEEP, false);
	run.skip = ring_cursor_new(run.ring, RING_SKIP, false);
	CHECK_INT(pthread_create(&consumers[0], NULL, consume_all, run.keep_marks), 0);
	CHECK_INT(pthread_create(&consumers[1], NULL, consume_all, run.keep), 0);
	CHECK_INT(pthread_create(&consumers[2], NULL, consume_newest, run.skip), 0);
	CHECK_INT(pthread_create(&producer, NULL, produce, NULL), 0);
	CHECK_INT(pthread_join(producer, NULL), 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_join(consumers[i], NULL), 0);
	CHECK(run.marks > 100);
	ring_free(run.ring);
}

int main(void)
{
	TEST("ring: size and stretch are whole pages, the stretch a quarter and 256 KiB at most",
	     sizes);
	TEST("ring: of pages of 64 KiB there are four at least", large_pages);
	if (!getenv("UNDER_VALGRIND")) { /* its mmap and mremap are its own, and cannot do that */
		TEST("ring: when memory cannot be had, there is none, and errno says why",
		     no_memory);
		TEST("ring: there is memory also where no file can be had, or none can grow",
		     without_a_file);
	}
	TEST("ring: what goes in comes out, also across the end of the memory", wraps);
	TEST("ring: a span crosses the end of the memory by no more than the stretch", spans_cross);
	TEST("ring: once all is consumed, the next bytes are at the beginning again", restarts);
	TEST("ring: an unfinished line goes along to the beginning", restarts_with_tail);
	TEST("ring: an unfinished line that crosses the end goes along unharmed",
	     restarts_with_tail_across_the_end);
	TEST("ring: a long unfinished line stays where it is", long_tail_stays);
	TEST("ring: what is not published is seen by nobody, and can be taken back", unpublished);
	TEST("ring: marks come in order, between the bytes where they were put", marks_in_order);
	TEST("ring: too many marks are refused until the last consumer has passed one",
	     too_many_marks);
	TEST("ring: a consumer may leave bytes until there are more of them, or the end",
	     awaits_more);
	TEST("ring: an order given twice at one place is one", an_order_given_twice_is_one);
	TEST("ring: without room for marks it is full, and the producer is woken when there is",
	     out_of_marks_is_full);
	TEST("ring: of two cursors the slower one limits the room", slowest_limits);
	TEST("ring: a cursor that leaves frees its room and wakes the producer", leaving_frees);
	TEST("ring: what a leaving consumer still copies is not overwritten",
	     leaving_while_copying);
	TEST("ring: a skipping cursor is moved on, and told what it lost, once", skips);
	TEST("ring: a skipping cursor is told its loss without new bytes", skips_without_more);
	TEST("ring: a skipping cursor stays while its bytes are not needed", skips_no_sooner);
	TEST("ring: a skipping cursor limits nobody", skips_all);
	TEST("ring: a skipping cursor is told when it lands within a line", skips_into_a_line);
	TEST("ring: what a skipping consumer looks at holds still", skipper_claims_what_it_sees);
	TEST("ring: what was skipped is told at the end at the latest", skipped_before_the_end);
	TEST("ring: the producer is woken once, and only when the room is there", wakes_once);
	TEST("ring: a deadline ends the wait, but what is there is given first", deadlines);
	TEST("ring: bytes, a mark and the end wake all consumers that wait", waiter_is_woken);
	TEST("ring: waiting bytes and lines are counted, also across the end", waiting_is_counted);
	TEST("ring: memory is given back when all is consumed, not before", trims);
	TEST("ring: what was offered last is not given back", trims_around_an_offer);
	TEST("ring: who waits for it is told that the producer waits, or of the end",
	     a_want_is_told);
	TEST("ring: a cursor is lent while its owner sleeps, and only its bytes", lends);
	TEST("ring: a cursor is lent with its marks", lends_all);
	TEST("ring: bytes at a mark are not lent", lends_no_marks);
	TEST("ring: the owner of a lent cursor sleeps even if it was given up", lent_for_good);
	TEST("ring: three threads get every byte and mark in order, the skipping one whole lines",
	     threads);
	return test_end();
}
