/*
 * Bytes in memory between one producer and its consumers.
 *
 * Positions count the bytes of the stream, are 64 bits wide and only grow:
 *
 *      slowest cursor <= cursors <= head <= fill <= slowest cursor + size
 *                        consume    |       |
 *                           published       filled by the producer, not yet
 *                                           whole lines, seen by nobody else
 *
 * The first `stretch` bytes of the memory are mapped a second time after its end. So reads of
 * up to that length never need to be split at the end. Resident memory stays size + stretch,
 * whereas a full second mapping would count every page twice.
 *
 * There is one mutex, used once per call and not per byte, and a condition for each cursor, so that
 * only a consumer that has something to do is woken. The bytes are accessed without the lock: the
 * producer writes only in [fill, slowest claim + size), a consumer reads only in [its cursor,
 * head), and these never overlap. A RING_SKIP cursor has a claim only between ring_peek and
 * ring_advance, while its consumer copies. What must never happen: a wait, or a system call that
 * may block, under the lock.
 *
 * Waking a consumer costs more than writing a line. So another thread may borrow a cursor while its
 * owner sleeps, consume a few bytes, and give it back; the owner sleeps on meanwhile, even if the
 * borrower hangs. The producer does not wake anybody then (ring_hush).
 *
 * When all cursors have reached head, the next ring_space starts again at offset
 * 0, so a quiet program always touches the same few pages.
 */
#include "stream/ring.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/newlines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MAX_CURSORS = 4,
	MAX_MARKS = 32768,        /* the most marks that may wait; a power of two */
	SPARE_MARKS = 64,         /* part of these, for reserved marks */
	LEAST_PAGES = 4,          /* so that a stretch, at least a page, is a part of it */
	MAX_STRETCH = 256 * 1024, /* bytes; the most that one read takes */
	MAX_MOVE = 4096,          /* an unfinished line up to this is moved to offset 0 */
};

struct ring_cursor {
	struct ring *ring;
	enum ring_claim claim;
	bool marks;

	/* under the lock */
	uint64_t pos;
	uint64_t mark; /* the next mark for us, counted as in ring.mark_count */
	bool peeking;  /* between ring_peek and ring_advance, or borrowed */
	size_t known;  /* the consumer waits for more than this many bytes at pos */
	bool left, given_up;
	bool sleeping; /* the owner, in ring_peek */
	bool borrowed; /* by another thread; the owner sleeps */
	pthread_cond_t more;
	uint64_t skipped_bytes, skipped_lines; /* since the last ring_peek */
	bool torn;
};

struct placed_mark {
	uint64_t pos;
	struct ring_mark mark;
};

struct ring {
	/* constant */
	char *base;
	size_t size, stretch;
	void (*on_wake)(void *);
	void *wake_arg;

	/* the producer's own */
	bool hushed;                /* publishing wakes nobody */
	bool head_midline;          /* the last published byte is no newline */
	size_t high_offset;         /* the highest offset used since ring_trim */
	size_t offer_at, offer_len; /* what the last ring_space gave */

	/* changed by the producer under the lock; the producer reads them without */
	uint64_t head, fill;
	uint64_t origin; /* the position that is at offset 0 */

	/* under the lock */
	pthread_mutex_t lock;
	size_t want; /* free bytes that the producer waits for, the smallest want; 0: none */
	bool ended;
	bool want_awaited;         /* a thread sleeps until the producer waits, or the end */
	pthread_cond_t want_comes; /* tells that thread */
	unsigned counting; /* number of threads that count lines, from counting_from at the earliest
			    */
	uint64_t counting_from;
	uint64_t mark_count; /* since all were passed */
	struct placed_mark *marks;
	struct ring_cursor cursors[MAX_CURSORS];
	size_t cursor_count;
};

static size_t page_size(void)
{
	return (size_t)getpagesize();
}

static size_t page_round(size_t n)
{
	size_t page = page_size();

	return (n + page - 1) / page * page;
}

/* The memory of a file in memory at both addresses; -1 and errno. */
static int map_file(char *base, size_t size, size_t stretch)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED, result = -1;
	int fd = memfd_create("logsink-ring", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0 && mmap(base, size, prot, flags, fd, 0) != MAP_FAILED &&
	    mmap(base + size, stretch, prot, flags, fd, 0) != MAP_FAILED)
		result = 0;
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

/*
 * The same without a file, for there may be a limit on the size of files (ulimit -f).
 * An old size of 0 makes mremap(2) give a second address; not all know that (valgrind).
 */
static int map_anonymous(char *base, size_t size, size_t stretch)
{
	int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;

	if (mmap(base, size, prot, flags, -1, 0) == MAP_FAILED)
		return -1;
	flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	return mremap(base, 0, stretch, flags, base + size) == MAP_FAILED ? -1 : 0;
}

/* Memory of size bytes whose first stretch bytes are behind its end, too. */
static char *map_twice(size_t size, size_t stretch)
{
	char *base = mmap(NULL, size + stretch, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	if (map_file(base, size, stretch) < 0 && map_anonymous(base, size, stretch) < 0) {
		int error = errno;

		munmap(base, size + stretch);
		errno = error;
		return NULL;
	}
	return base;
}

struct ring *ring_new(size_t size, void (*on_wake)(void *arg), void *arg)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	/* A stretch is at least a page, and the ring is more than one. */
	r->size = page_round(size > LEAST_PAGES * page_size() ? size : LEAST_PAGES * page_size());
	r->stretch = page_round(r->size / 4 < MAX_STRETCH ? r->size / 4 : MAX_STRETCH);
	r->on_wake = on_wake;
	r->wake_arg = arg;
	r->marks = calloc(MAX_MARKS, sizeof(r->marks[0])); /* no memory before it is used */
	r->base = r->marks ? map_twice(r->size, r->stretch) : NULL;
	if (!r->base) {
		int error = errno;

		free(r->marks);
		free(r);
		errno = error;
		return NULL;
	}
	must(pthread_mutex_init(&r->lock, NULL));
	must(pthread_cond_init(&r->want_comes, NULL));
	return r;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	munmap(r->base, r->size + r->stretch);
	for (size_t i = 0; i < r->cursor_count; i++)
		must(pthread_cond_destroy(&r->cursors[i].more));
	must(pthread_cond_destroy(&r->want_comes));
	must(pthread_mutex_destroy(&r->lock));
	free(r->marks);
	free(r);
}

size_t ring_size(const struct ring *r)
{
	return r->size;
}

size_t ring_stretch(const struct ring *r)
{
	return r->stretch;
}

struct ring_cursor *ring_cursor_new(struct ring *r, enum ring_claim claim, bool marks)
{
	insist(r->cursor_count < MAX_CURSORS);
	struct ring_cursor *c = &r->cursors[r->cursor_count++];

	*c = (struct ring_cursor){ .ring = r, .claim = claim, .marks = marks };
	condition_init(&c->more);
	return c;
}

static void lock(struct ring *r)
{
	must(pthread_mutex_lock(&r->lock));
}

static void unlock(struct ring *r)
{
	must(pthread_mutex_unlock(&r->lock));
}

static const struct placed_mark *next_mark_locked(const struct ring_cursor *c)
{
	const struct ring *r = c->ring;

	if (!c->marks || c->mark == r->mark_count)
		return NULL;
	return &r->marks[c->mark % MAX_MARKS];
}

/* Whether the owner sleeps and ring_peek has something to give it. */
static bool must_wake_locked(const struct ring_cursor *c)
{
	const struct ring *r = c->ring;

	if (!c->sleeping || c->borrowed)
		return false;
	return c->left || r->ended || c->pos + c->known < r->head || next_mark_locked(c);
}

/* Unlocks first, so that the woken threads do not wait for the lock at once. */
static void unlock_and_wake_consumers(struct ring *r)
{
	struct ring_cursor *wake[MAX_CURSORS];
	size_t count = 0;

	for (size_t i = 0; i < r->cursor_count; i++)
		if (must_wake_locked(&r->cursors[i]))
			wake[count++] = &r->cursors[i];
	unlock(r);
	for (size_t i = 0; i < count; i++)
		must(pthread_cond_signal(&wake[i]->more));
}

/* For the producer, who may want to wake nobody. */
static void unlock_and_tell_consumers(struct ring *r)
{
	if (r->hushed)
		unlock(r);
	else
		unlock_and_wake_consumers(r);
}

/* Thread: the producer's, or with the lock. */
static size_t offset_of(const struct ring *r, uint64_t pos)
{
	return (size_t)((pos - r->origin) % r->size);
}

static uint64_t count_lines(const struct ring *r, uint64_t from, uint64_t to)
{
	uint64_t lines = 0;

	while (from < to) {
		size_t at = offset_of(r, from);
		size_t len = r->size - at;

		if (len > to - from)
			len = (size_t)(to - from);
		lines += newlines_count(r->base + at, len);
		from += len;
	}
	return lines;
}

static bool claims_locked(const struct ring_cursor *c)
{
	return c->peeking || (!c->left && c->claim == RING_KEEP);
}

/* The position before which everything may be overwritten. */
static uint64_t tail_locked(const struct ring *r)
{
	uint64_t tail = r->head;

	for (size_t i = 0; i < r->cursor_count; i++) {
		const struct ring_cursor *c = &r->cursors[i];

		if (claims_locked(c) && c->pos < tail)
			tail = c->pos;
	}
	if (r->counting > 0 && r->counting_from < tail)
		tail = r->counting_from;
	return tail;
}

/* Marks that some cursor has not passed. */
static uint64_t marks_locked(const struct ring *r)
{
	uint64_t most = 0;

	for (size_t i = 0; i < r->cursor_count; i++) {
		const struct ring_cursor *c = &r->cursors[i];

		if (c->marks && !c->left && r->mark_count - c->mark > most)
			most = r->mark_count - c->mark;
	}
	return most;
}

static size_t free_locked(const struct ring *r)
{
	if (marks_locked(r) >= MAX_MARKS - SPARE_MARKS)
		return 0; /* as good as full */
	return r->size - (size_t)(r->fill - tail_locked(r));
}

/* ---- the producer ---- */

static bool empty_locked(const struct ring *r)
{
	for (size_t i = 0; i < r->cursor_count; i++)
		if (r->cursors[i].peeking || (!r->cursors[i].left && r->cursors[i].pos < r->head))
			return false;
	return r->counting == 0;
}

static void restart_at_zero_locked(struct ring *r)
{
	size_t tail = (size_t)(r->fill - r->head);
	size_t from = offset_of(r, r->head);

	if (from == 0 || tail > MAX_MOVE || !empty_locked(r))
		return;
	if (from + tail > r->size)
		return; /* its end is at offset 0 already, by its other address */
	memmove(r->base, r->base + from, tail);
	r->origin = r->head;
}

/* Moves skipping cursors from the place where the producer is about to write to head. */
static void push_skippers_locked(struct ring *r, size_t len)
{
	uint64_t overwritten = r->fill + len < r->size ? 0 : r->fill + len - r->size;

	for (size_t i = 0; i < r->cursor_count; i++) {
		struct ring_cursor *c = &r->cursors[i];

		if (c->left || claims_locked(c) || c->pos >= overwritten)
			continue;
		c->skipped_bytes += r->head - c->pos;
		c->skipped_lines += count_lines(r, c->pos, r->head);
		c->torn = r->head_midline;
		c->pos = r->head;
	}
}

size_t ring_space(struct ring *r, size_t want, char **at)
{
	bool tell = false;
	size_t space;

	lock(r);
	restart_at_zero_locked(r);
	space = free_locked(r);
	if (space < want && (r->want == 0 || want < r->want)) {
		r->want = want;
		tell = r->want_awaited;
	}
	if (space > r->stretch)
		space = r->stretch;
	push_skippers_locked(r, space);
	size_t offset = offset_of(r, r->fill);
	unlock(r);
	if (tell)
		must(pthread_cond_signal(&r->want_comes));

	*at = r->base + offset;
	r->offer_at = offset;
	r->offer_len = space;
	if (offset + space > r->high_offset)
		r->high_offset = offset + space;
	return space;
}

void ring_fill(struct ring *r, size_t n)
{
	lock(r);
	r->fill += n;
	unlock(r);
}

void ring_unfill(struct ring *r, size_t n)
{
	lock(r);
	insist(n <= r->fill - r->head);
	r->fill -= n;
	unlock(r);
}

size_t ring_unpublished(const struct ring *r)
{
	return (size_t)(r->fill - r->head); /* only the producer moves either */
}

const char *ring_tail(const struct ring *r)
{
	return r->base + offset_of(r, r->head);
}

void ring_publish(struct ring *r, size_t n)
{
	if (n == 0)
		return;
	insist(n <= ring_unpublished(r));
	lock(r);
	r->head_midline = r->base[offset_of(r, r->head + n - 1)] != '\n';
	r->head += n;
	unlock_and_tell_consumers(r);
}

void ring_hush(struct ring *r, bool hushed)
{
	r->hushed = hushed;
}

void ring_wake(struct ring *r)
{
	lock(r);
	unlock_and_wake_consumers(r);
}

/* Whether the mark before this one has the same position and kind. */
static bool repeats_locked(const struct ring *r, const struct ring_mark *mark)
{
	const struct placed_mark *last = &r->marks[(r->mark_count - 1) % MAX_MARKS];

	if (r->mark_count == 0 || !mark->once)
		return false;
	for (size_t i = 0; i < r->cursor_count; i++)
		if (r->cursors[i].marks && r->cursors[i].mark == r->mark_count)
			return false; /* it was already obeyed */
	return last->pos == r->head && last->mark.kind == mark->kind;
}

/* So that a quiet program always touches the same few marks. */
static void restart_marks_locked(struct ring *r)
{
	if (marks_locked(r) > 0)
		return;
	for (size_t i = 0; i < r->cursor_count; i++)
		r->cursors[i].mark = 0;
	r->mark_count = 0;
}

bool ring_mark(struct ring *r, const struct ring_mark *mark)
{
	uint64_t most = mark->reserved ? MAX_MARKS : MAX_MARKS - SPARE_MARKS;
	bool room;

	lock(r);
	if (repeats_locked(r, mark)) {
		r->marks[(r->mark_count - 1) % MAX_MARKS].mark = *mark;
		unlock(r);
		return true;
	}
	restart_marks_locked(r);
	room = marks_locked(r) < most;
	if (room) {
		r->marks[r->mark_count % MAX_MARKS] =
			(struct placed_mark){ .pos = r->head, .mark = *mark };
		r->mark_count++;
	}
	unlock_and_tell_consumers(r);
	return room;
}

void ring_end(struct ring *r)
{
	lock(r);
	insist(r->fill == r->head);
	r->ended = true;
	if (r->want_awaited)
		must(pthread_cond_signal(&r->want_comes));
	unlock_and_wake_consumers(r);
}

/* Whether the producer waits for room that is now free; it is woken once. */
static bool room_came_locked(struct ring *r)
{
	if (r->want == 0 || free_locked(r) < r->want)
		return false;
	r->want = 0;
	return true;
}

uint64_t ring_waiting(struct ring *r, struct ring_cursor *c, uint64_t *lines)
{
	uint64_t pos, head;
	bool wake;

	lock(r);
	pos = c->left ? r->head : c->pos;
	head = r->head;
	if (r->counting++ == 0 || pos < r->counting_from)
		r->counting_from = pos;
	unlock(r);
	*lines = count_lines(r, pos, head);
	lock(r);
	r->counting--;
	wake = room_came_locked(r);
	unlock(r);
	if (wake)
		r->on_wake(r->wake_arg);
	return head - pos;
}

static bool wants_locked(const struct ring *r)
{
	return r->want > 0 || r->ended;
}

void ring_await_want(struct ring *r)
{
	lock(r);
	r->want_awaited = true;
	while (!wants_locked(r))
		must(pthread_cond_wait(&r->want_comes, &r->lock));
	r->want_awaited = false;
	unlock(r);
}

bool ring_wants(struct ring *r)
{
	bool wants;

	lock(r);
	wants = wants_locked(r);
	unlock(r);
	return wants;
}

/* Returns the memory between two offsets. */
static void give_back(const struct ring *r, size_t from, size_t to)
{
	if (from < to)
		(void)madvise(r->base + from, to - from, MADV_REMOVE);
}

/* All but what ring_space gave last; that may go on at offset 0. */
static void give_back_others(struct ring *r)
{
	size_t from = r->offer_at / page_size() * page_size();
	size_t to = page_round(r->offer_at + r->offer_len);

	if (to > r->size) {
		give_back(r, to - r->size, from);
	} else {
		give_back(r, 0, from);
		give_back(r, to, r->size);
	}
	r->high_offset = to;
}

bool ring_trim(struct ring *r, bool offered)
{
	bool empty;

	lock(r);
	empty = empty_locked(r) && r->fill == r->head;
	if (empty && !offered)
		r->origin = r->head;
	unlock(r);
	if (!empty || r->high_offset <= MAX_STRETCH)
		return empty;
	/* Nobody reads the bytes of an empty ring. */
	if (offered) {
		give_back_others(r);
	} else {
		give_back(r, 0, r->size);
		r->high_offset = 0;
	}
	return true;
}

/* ---- a consumer ---- */

static void wait_locked(struct ring_cursor *c, int64_t deadline_ns)
{
	c->sleeping = true;
	if (deadline_ns == RING_FOREVER)
		must(pthread_cond_wait(&c->more, &c->ring->lock));
	else
		(void)condition_wait_until(&c->more, &c->ring->lock, deadline_ns);
	while (c->borrowed) /* however long the borrower hangs */
		must(pthread_cond_wait(&c->more, &c->ring->lock));
	c->sleeping = false;
}

static void give_span_locked(struct ring_cursor *c, uint64_t end, struct ring_span *span)
{
	struct ring *r = c->ring;
	size_t at = offset_of(r, c->pos);
	size_t len = (size_t)(end - c->pos);

	if (len > r->size + r->stretch - at) {
		const char *newline;

		/* Whole lines, so that a consumer that splits files by lines sees the ends. */
		len = r->size + r->stretch - at;
		newline = memrchr(r->base + at, '\n', len);
		if (newline)
			len = (size_t)(newline - (r->base + at)) + 1;
	}
	*span = (struct ring_span){
		.at = r->base + at,
		.len = len,
		.skipped_bytes = c->skipped_bytes,
		.skipped_lines = c->skipped_lines,
		.torn = c->torn,
	};
	c->skipped_bytes = c->skipped_lines = 0;
	c->torn = false;
	c->peeking = true;
}

enum ring_event ring_peek(struct ring_cursor *c, int64_t deadline_ns, struct ring_span *span,
			  struct ring_mark *mark)
{
	struct ring *r = c->ring;
	enum ring_event event;

	*span = (struct ring_span){ 0 };
	lock(r);
	for (;;) {
		const struct placed_mark *m = next_mark_locked(c);
		uint64_t end = m ? m->pos : r->head;

		if (!c->left && (c->pos + c->known < end || (c->skipped_bytes > 0 && !r->ended))) {
			give_span_locked(c, end, span);
			event = RING_BYTES;
			break;
		}
		if (!c->left && m) {
			*mark = m->mark;
			event = RING_MARK;
			break;
		}
		if (r->ended || c->left) {
			/* The skipped bytes, and the rest. */
			give_span_locked(c, c->left ? c->pos : end, span);
			c->peeking = span->len > 0;
			event = RING_END;
			break;
		}
		if (deadline_ns != RING_FOREVER && clock_mono_ns() >= deadline_ns) {
			event = RING_TIMEOUT;
			break;
		}
		wait_locked(c, deadline_ns);
	}
	unlock(r);
	return event;
}

void ring_advance(struct ring_cursor *c, size_t n)
{
	struct ring *r = c->ring;
	bool wake;

	lock(r);
	insist(n <= r->head - c->pos || c->left);
	c->pos += n;
	c->peeking = false;
	c->known = 0;
	wake = room_came_locked(r);
	unlock(r);
	if (wake)
		r->on_wake(r->wake_arg);
}

bool ring_borrow(struct ring_cursor *c, struct ring_span *span)
{
	struct ring *r = c->ring;
	bool lent;

	lock(r);
	lent = c->sleeping && !c->borrowed && !c->left && !next_mark_locked(c) &&
	       c->pos + c->known < r->head;
	if (lent)
		give_span_locked(c, r->head, span);
	c->borrowed = c->borrowed || lent;
	unlock(r);
	return lent;
}

bool ring_borrow_all(struct ring_cursor *c)
{
	bool lent;

	lock(c->ring);
	lent = c->sleeping && !c->borrowed && !c->left;
	c->borrowed = c->borrowed || lent;
	unlock(c->ring);
	return lent;
}

void ring_return(struct ring_cursor *c, size_t n)
{
	struct ring *r = c->ring;
	bool room, wake;

	lock(r);
	insist(c->borrowed && (n <= r->head - c->pos || c->left));
	c->borrowed = false;
	c->pos += n;
	c->peeking = false;
	if (n > 0)
		c->known = 0;
	room = room_came_locked(r);
	wake = must_wake_locked(c);
	unlock(r);
	if (wake)
		must(pthread_cond_signal(&c->more));
	if (room)
		r->on_wake(r->wake_arg);
}

void ring_await_more(struct ring_cursor *c, size_t known)
{
	lock(c->ring);
	c->known = known;
	unlock(c->ring);
}

void ring_pass(struct ring_cursor *c)
{
	struct ring *r = c->ring;
	bool wake;

	lock(r);
	insist(c->mark < r->mark_count);
	c->mark++;
	wake = room_came_locked(r);
	unlock(r);
	if (wake)
		r->on_wake(r->wake_arg);
}

void ring_leave(struct ring_cursor *c)
{
	struct ring *r = c->ring;

	lock(r);
	c->left = true;
	r->want = 0;
	unlock_and_wake_consumers(r); /* c itself may wait in another thread */
	r->on_wake(r->wake_arg);
}

void ring_give_up(struct ring_cursor *c)
{
	struct ring *r = c->ring;

	lock(r);
	c->given_up = true;
	unlock(r);
	r->on_wake(r->wake_arg);
}

bool ring_left(struct ring_cursor *c)
{
	bool left;

	lock(c->ring);
	left = c->left || c->given_up;
	unlock(c->ring);
	return left;
}
