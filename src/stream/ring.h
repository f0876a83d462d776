/* Bytes in memory between one producer and its consumers. */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;
struct ring_cursor;

/* What a consumer finds at its cursor. */
enum ring_event {
	RING_BYTES,
	RING_MARK,
	RING_END,     /* everything was consumed, and nothing more will come */
	RING_TIMEOUT, /* the deadline has passed */
};

/* Whether unread bytes are kept for a cursor. */
enum ring_claim {
	RING_KEEP, /* the producer finds the ring full before it overwrites them */
	RING_SKIP, /* the producer moves the cursor on to the newest bytes */
};

/* An event with a position in the stream. Its kind and arg mean nothing to the ring; see mark.h. */
struct ring_mark {
	int kind;
	bool once; /* put behind one of the same kind that nobody has passed: it takes its place */
	bool reserved; /* there is room for it wherever there was room for bytes */
	int64_t arg[4];
};

struct ring_span {
	const char *at;
	size_t len; /* bytes; RING_END: what ring_await_more left; otherwise 0 unless RING_BYTES */
	/* For a RING_SKIP cursor: what it lost since its last ring_peek. */
	uint64_t skipped_bytes, skipped_lines;
	bool torn; /* something was skipped and at is in the middle of a line */
};

#define RING_FOREVER INT64_MAX

/*
 * ring_new(size, on_wake, arg): a ring of at least size bytes, and of at least four pages.
 *
 * on_wake(arg) is called, from consumers' threads and outside the lock, when
 * room that ring_space asked for has come, and when a cursor has left or was given up.
 * Owner:   the caller; ring_free after all consumers have ended.
 * Returns: NULL and errno (ENOMEM, EMFILE, …) if memory cannot be had.
 */
struct ring *ring_new(size_t size, void (*on_wake)(void *arg), void *arg);
void ring_free(struct ring *r);

/* ring_size(r): bytes that fit. ring_stretch(r): the most that ring_space gives. */
size_t ring_size(const struct ring *r);
size_t ring_stretch(const struct ring *r);

/*
 * ring_cursor_new(r, claim, marks): a new consumer; marks: it wants RING_MARK.
 * Thread: before the first byte is put in.  Owner: the ring.
 */
struct ring_cursor *ring_cursor_new(struct ring *r, enum ring_claim claim, bool marks);

/* ---- the producer: one thread ---- */

/*
 * ring_space(r, want, at): where the next bytes go, behind the unpublished ones.
 *
 * If less than want bytes are free, on_wake is called once, when they are. Of several
 * wishes the least counts, so whoever is woken tries everything again that had to wait.
 * Gives:   *at, a stretch that may be written until the next ring_space.
 * Returns: its length, at most ring_stretch; 0 when full.
 */
size_t ring_space(struct ring *r, size_t want, char **at);

/* ring_fill(r, n): n bytes were written at ring_space's place; still unpublished. */
void ring_fill(struct ring *r, size_t n);
/* ring_unfill(r, n): forget the newest n unpublished bytes. */
void ring_unfill(struct ring *r, size_t n);
/* ring_unpublished(r): how many bytes are filled and not published. */
size_t ring_unpublished(const struct ring *r);
/* ring_tail(r): the oldest of them; ring_stretch of them are in one piece. */
const char *ring_tail(const struct ring *r);

/* ring_publish(r, n): the oldest n unpublished bytes are there for the consumers. */
void ring_publish(struct ring *r, size_t n);

/*
 * ring_mark(r, mark): put a mark behind the last published byte.
 * Returns: false when too many marks wait already; nothing is changed then.
 */
bool ring_mark(struct ring *r, const struct ring_mark *mark);

/* ring_end(r): nothing more will come. Unpublished bytes must be gone. */
void ring_end(struct ring *r);

/*
 * ring_trim(r): give the memory back to the system if all is consumed. Worth it when nothing has
 * come for RING_TRIM_AFTER_NS, and RING_TRIM_BYTES or more not long before.
 * Returns: false if something is still in the ring.
 */
bool ring_trim(struct ring *r);
enum { RING_TRIM_BYTES = 64 * 1024 };
#define RING_TRIM_AFTER_NS INT64_C(2000000000)

/* ---- a consumer: one thread for each cursor ---- */

/*
 * ring_peek(c, deadline_ns, span, mark): wait for something at cursor c.
 *
 * Gives:   with RING_BYTES the longest stretch up to the next mark in *span;
 *          with RING_MARK a copy of it in *mark. mark may be NULL for a cursor
 *          without marks.
 * Owner:   the bytes stay the ring's; they hold still until ring_advance.
 * Thread:  c's own.  Blocks until bytes, a mark, the end, or the deadline
 *          (nanoseconds of CLOCK_MONOTONIC; RING_FOREVER).
 */
enum ring_event ring_peek(struct ring_cursor *c, int64_t deadline_ns, struct ring_span *span,
			  struct ring_mark *mark);

/* ring_advance(c, n): the first n bytes of the span are consumed. */
void ring_advance(struct ring_cursor *c, size_t n);

/*
 * ring_await_more(c, known): after ring_advance: the first known bytes that are left
 * are of no use alone; the next ring_peek is to wait until there are more. Less than
 * ring_stretch. At the end, RING_END gives them.
 */
void ring_await_more(struct ring_cursor *c, size_t known);

/* ring_pass(c): the mark that ring_peek gave is dealt with. */
void ring_pass(struct ring_cursor *c);

/*
 * ring_leave(c): this consumer takes no more; its claims are gone.
 * Thread: any. on_wake is called.
 */
void ring_leave(struct ring_cursor *c);

/*
 * ring_give_up(c): its consumer, whose thread hangs, will take no more. on_wake is called; what
 * c has not consumed stays until the producer has seen to it and calls ring_leave.
 * Thread: any.
 */
void ring_give_up(struct ring_cursor *c);

/*
 * ring_waiting(r, c, lines): published bytes that c has not consumed yet, and
 * how many newlines are in them. Reads them all, and they are kept meanwhile: not for
 * every line.
 * Thread: any.
 */
uint64_t ring_waiting(struct ring *r, struct ring_cursor *c, uint64_t *lines);

/* ring_left(c): whether it has, or was given up.  Thread: any. */
bool ring_left(struct ring_cursor *c);

#endif
