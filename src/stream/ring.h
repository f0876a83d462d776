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
	RING_END,     /* the ring has ended, and everything was consumed */
	RING_TIMEOUT, /* the deadline has passed */
};

/* Whether unread bytes are kept for a cursor. */
enum ring_claim {
	RING_KEEP, /* they are: the ring gets full instead */
	RING_SKIP, /* they are not: the producer moves the cursor on to the newest bytes */
};

/* An event with a position in the stream. The ring does not interpret kind and arg; see mark.h. */
struct ring_mark {
	int kind;
	bool once; /* replaces one of the same kind at the same position that nobody has passed */
	bool reserved; /* there is room for it whenever there was room for bytes */
	int64_t arg[4];
};

struct ring_span {
	const char *at;
	size_t len; /* bytes; RING_END: the rest of ring_await_more; otherwise 0 unless RING_BYTES
		     */
	/* For a RING_SKIP cursor: its loss since the last ring_peek. */
	uint64_t skipped_bytes, skipped_lines;
	bool torn; /* bytes were skipped, and `at` is in the middle of a line */
};

#define RING_FOREVER INT64_MAX

/*
 * ring_new(size, on_wake, arg): a ring of at least size bytes, and of at least four pages.
 *
 * on_wake(arg) is called, from consumers' threads and outside the lock, when the room that
 * ring_space asked for is free, and when a cursor has left or was given up.
 * Owner:   the caller; ring_free after all consumers have ended.
 * Returns: NULL and errno (ENOMEM, EMFILE, …) if there is no memory.
 */
struct ring *ring_new(size_t size, void (*on_wake)(void *arg), void *arg);
void ring_free(struct ring *r);

/* ring_size(r): the capacity in bytes. */
size_t ring_size(const struct ring *r);
/* ring_stretch(r): the largest stretch that ring_space gives, in bytes. */
size_t ring_stretch(const struct ring *r);

/*
 * ring_cursor_new(r, claim, marks): a cursor for a new consumer; marks: it gets RING_MARK.
 * Thread: before the first byte is published.  Owner: the ring.
 */
struct ring_cursor *ring_cursor_new(struct ring *r, enum ring_claim claim, bool marks);

/* ---- the producer: one thread ---- */

/*
 * ring_space(r, want, at): the place for the next bytes, after the unpublished ones.
 *
 * If fewer than want bytes are free, on_wake is called once, when they are. If several calls ask,
 * the smallest want counts, so on_wake must make the caller retry everything that had to wait.
 * Gives:   *at, a stretch that may be written until the next ring_space.
 * Returns: its length, at most ring_stretch; 0 when full.
 */
size_t ring_space(struct ring *r, size_t want, char **at);

/* ring_fill(r, n): n bytes were written at the place of ring_space; they are unpublished. */
void ring_fill(struct ring *r, size_t n);
/* ring_unfill(r, n): forget the newest n unpublished bytes. */
void ring_unfill(struct ring *r, size_t n);
/* ring_unpublished(r): the number of bytes that are filled and not published. */
size_t ring_unpublished(const struct ring *r);
/* ring_tail(r): the oldest of them; ring_stretch of them are in one piece. */
const char *ring_tail(const struct ring *r);

/* ring_publish(r, n): make the oldest n unpublished bytes visible to the consumers. */
void ring_publish(struct ring *r, size_t n);

/*
 * ring_hush(r, hushed): while hushed, publishing and marks wake no consumer; call ring_wake
 * afterwards, from any thread, or they sleep on.
 * ring_wake(r): wake the consumers that sleep although there is something for them.  Thread: any.
 */
void ring_hush(struct ring *r, bool hushed);
void ring_wake(struct ring *r);

/*
 * ring_mark(r, mark): put a mark after the last published byte.
 * Returns: false if too many marks are waiting; nothing is changed then.
 */
bool ring_mark(struct ring *r, const struct ring_mark *mark);

/* ring_end(r): end the stream. There must be no unpublished bytes. */
void ring_end(struct ring *r);

/*
 * ring_trim(r, offered): return the memory to the system if everything is consumed. This pays off
 * after RING_TRIM_AFTER_NS without input that followed RING_TRIM_BYTES or more. offered: the place
 * that ring_space gave last may still be written to, so it stays.
 * Returns: false if there are still bytes in the ring.
 */
bool ring_trim(struct ring *r, bool offered);
enum { RING_TRIM_BYTES = 64 * 1024 };
#define RING_TRIM_AFTER_NS INT64_C(2000000000)

/* ---- a consumer: one thread for each cursor ---- */

/*
 * ring_peek(c, deadline_ns, span, mark): wait for bytes, a mark or the end at cursor c.
 *
 * Gives:   with RING_BYTES the longest stretch up to the next mark in *span; of a RING_SKIP cursor
 *          it may be empty: there is only a loss to be told;
 *          with RING_MARK a copy of it in *mark. mark may be NULL for a cursor
 *          without marks.
 * Owner:   the bytes stay the ring's, and unchanged until ring_advance.
 * Thread:  c's own.  Blocks until bytes, a mark, the end, or the deadline
 *          (nanoseconds of CLOCK_MONOTONIC; RING_FOREVER).
 */
enum ring_event ring_peek(struct ring_cursor *c, int64_t deadline_ns, struct ring_span *span,
			  struct ring_mark *mark);

/* ring_advance(c, n): the first n bytes of the span are consumed. */
void ring_advance(struct ring_cursor *c, size_t n);

/*
 * ring_await_more(c, known): the consumer cannot use the remaining `known` bytes until more
 * arrive; the next ring_peek waits for that. Call it after ring_advance, with known less than
 * ring_stretch. At the end of the stream, RING_END gives them.
 */
void ring_await_more(struct ring_cursor *c, size_t known);

/*
 * ring_borrow(c, span): take cursor c from its owner, if that sleeps in ring_peek although there
 * are bytes for it, and if no mark waits for it. The owner sleeps until ring_return, and past any
 * deadline.
 *
 * Gives:   what ring_peek would give the owner.
 * Thread:  any. What the owner alone may access, the borrower may until ring_return.
 * Returns: whether that was done.
 */
bool ring_borrow(struct ring_cursor *c, struct ring_span *span);

/*
 * ring_borrow_all(c): the same, with all that comes, marks as well: the borrower calls ring_peek,
 * with a deadline in the past, ring_advance, ring_await_more and ring_pass as the owner would, and
 * ring_return(c, 0) at last.
 */
bool ring_borrow_all(struct ring_cursor *c);

/*
 * ring_return(c, n): the first n bytes of the span are consumed, and c is its owner's again, who is
 * woken if there is something to do.
 * Thread: the borrower.
 */
void ring_return(struct ring_cursor *c, size_t n);

/*
 * ring_await_want(r): wait until the producer waits for room, or the stream has ended.
 * Thread: any, one at a time.
 */
void ring_await_want(struct ring *r);

/* ring_wants(r): whether that is so now.  Thread: any. */
bool ring_wants(struct ring *r);

/* ring_pass(c): the mark of the last ring_peek is consumed. */
void ring_pass(struct ring_cursor *c);

/*
 * ring_leave(c): this consumer ends; its claims are released.
 * Thread: any. on_wake is called.
 */
void ring_leave(struct ring_cursor *c);

/*
 * ring_give_up(c): give up a consumer whose thread hangs. on_wake is called. The bytes that c has
 * not consumed stay until the producer has handled them and calls ring_leave.
 * Thread: any.
 */
void ring_give_up(struct ring_cursor *c);

/*
 * ring_waiting(r, c, lines): the number of published bytes that c has not consumed, and of
 * newlines in them. It reads all of them, and keeps them in the ring meanwhile, so do not call it
 * for each line.
 * Thread: any.
 */
uint64_t ring_waiting(struct ring *r, struct ring_cursor *c, uint64_t *lines);

/* ring_left(c): whether c has left or was given up.  Thread: any. */
bool ring_left(struct ring_cursor *c);

#endif
