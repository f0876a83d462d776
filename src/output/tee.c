/*
 * The thread that copies the ring to standard output.
 *
 * Standard output is shared with other programs, so it is never made
 * non-blocking: a write may hang for as long as its reader likes. Hence a thread
 * of its own, a chunk of its own, and a way to leave it behind at the end.
 *
 * While that thread sleeps, the reader may write a few lines in its place (tee_try), to a pipe that
 * has room for them: then it will not hang, unless another program fills the pipe at that moment.
 * What is best-effort is the thread's alone, for the bytes would have to hold still; so is what is
 * copied to standard error, too.
 */
#include "output/tee.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/newlines.h"
#include "stream/mark.h"
#include "stream/ring.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, LOOK_MS = 100, RETRY_MS = 500 };

struct tee {
	struct ring_cursor *cursor;
	struct tee_counts *counts;
	bool best_effort;
	int errors;        /* the origin whose lines go to standard error */
	bool pipe, shares; /* constant: standard output is one; tee_try writes */
	bool abandoned;    /* the starter's */
	_Atomic bool busy; /* a chunk is being written */
	pthread_t thread;

	/* the thread's own */
	int fd;         /* where the next lines go */
	bool midline;   /* the last byte written is no newline */
	bool skip_rest; /* what comes next is the rest of a skipped line */
	bool paused;
	bool failed; /* it ended before its time, with an error */
	size_t own;  /* bytes at the chunk's beginning that are not of the input */
	char chunk[CHUNK + 1];
};

static void count_skipped(struct tee *t, uint64_t bytes, uint64_t lines)
{
	line_counter_add(&t->counts->skipped, lines, bytes);
}

/* Passes over the rest of a line whose beginning was skipped. */
static void skip_line(struct tee *t, const struct ring_span *span)
{
	const char *newline = memchr(span->at, '\n', span->len);
	size_t len = newline ? (size_t)(newline - span->at) + 1 : span->len;

	t->skip_rest = t->skip_rest && !newline;
	count_skipped(t, len, newline != NULL);
	ring_advance(t->cursor, len);
}

/* It may tell whose lines follow. */
static void pass_mark(struct tee *t, const struct ring_mark *mark)
{
	if (mark->kind == MARK_FROM)
		t->fd = mark->arg[0] == t->errors ? STDERR_FILENO : STDOUT_FILENO;
	ring_pass(t->cursor);
}

/* Copies what comes next into the chunk; returns its length, 0 at the end. */
static size_t take(struct tee *t)
{
	struct ring_span span;
	struct ring_mark mark;
	const char *newline;
	size_t len;

	t->own = 0;
	for (;;) {
		enum ring_event news = ring_peek(t->cursor, RING_FOREVER, &span, &mark);
		bool end = news == RING_END;

		if (news == RING_MARK) {
			pass_mark(t, &mark);
			continue;
		}

		if (span.skipped_bytes > 0) {
			count_skipped(t, span.skipped_bytes, span.skipped_lines);
			t->skip_rest = span.torn;
			if (t->midline)
				t->chunk[t->own++] = '\n'; /* the line's own was skipped */
			t->midline = false;
		}
		if (end)
			return t->own;
		if (span.len > 0 && !t->skip_rest)
			break;
		skip_line(t, &span); /* or only the loss was told */
	}
	len = span.len < CHUNK ? span.len : CHUNK;
	if (t->best_effort && (newline = memrchr(span.at, '\n', len)) != NULL)
		len = (size_t)(newline - span.at) + 1;
	memcpy(t->chunk + t->own, span.at, len);
	ring_advance(t->cursor, len);
	return t->own + len;
}

static const char *name_of(const struct tee *t)
{
	return t->fd == STDERR_FILENO ? "standard error" : "standard output";
}

/* There may be room again, or the disk may work again: of a file only. */
static bool may_pass(const struct tee *t, int error)
{
	struct stat st;

	return (error == ENOSPC || error == EDQUOT || error == EIO) && fstat(t->fd, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* It fails for good: the tee ends. */
static bool give_up(struct tee *t, int error)
{
	if (error == EPIPE) {
		diag(DIAG_WARNING, "the reader of %s is gone; the log continues without --tee",
		     name_of(t));
	} else if (error == EIO && isatty(t->fd)) {
		diag(DIAG_WARNING, "the terminal is gone; the log continues without --tee");
	} else {
		t->failed = true;
		diag(DIAG_LOSS, "cannot write %s: %s; the log continues without --tee", name_of(t),
		     strerror(error));
	}
	return false;
}

/* A write failed, with errno; true: try again. */
static bool try_again(struct tee *t)
{
	int error = errno;

	if (error == EAGAIN) {
		fdio_wait_writable(t->fd, LOOK_MS);
		return !ring_left(t->cursor);
	}
	if (!may_pass(t, error))
		return give_up(t, error);
	if (!t->paused)
		diag(DIAG_PAUSING, "cannot write %s: %s; retrying", name_of(t), strerror(error));
	t->paused = true;
	poll(NULL, 0, RETRY_MS);
	return !ring_left(t->cursor);
}

/* n bytes of the input at p. */
static void note_written(struct tee *t, const char *p, size_t n)
{
	line_counter_add(&t->counts->teed, newlines_count(p, n), n);
	if (n > 0)
		t->midline = p[n - 1] != '\n';
}

static bool write_chunk(struct tee *t, size_t len)
{
	for (size_t done = 0; done < len;) {
		const char *p = t->chunk + done;
		size_t own = done == 0 ? t->own : 0;
		ssize_t n = fdio_write(t->fd, p, len - done);

		if (n == 0)
			errno = EIO; /* that is no answer to a write of something */
		if (n <= 0) {
			if (try_again(t))
				continue;
			return false;
		}
		if (t->paused)
			diag(DIAG_RESUMED, "%s works again; nothing is lost", name_of(t));
		t->paused = false;
		note_written(t, p + own, (size_t)n - own);
		done += (size_t)n;
	}
	return true;
}

static void *tee_thread(void *arg)
{
	struct tee *t = arg;
	size_t len;

	pthread_setname_np(pthread_self(), "tee");
	while ((len = take(t)) > 0) {
		t->busy = true;
		bool written = write_chunk(t, len);
		t->busy = false;
		if (!written)
			break;
	}
	if (t->midline)
		counter_add(&t->counts->teed.lines, 1);
	ring_leave(t->cursor);
	return NULL;
}

/* Whether a write to standard output of so many bytes returns at once. */
static bool takes(const struct tee *t, size_t len)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (!t->pipe)
		return true;
	return len <= PIPE_BUF && poll(&out, 1, 0) == 1 && out.revents == POLLOUT;
}

bool tee_try(struct tee *t)
{
	struct ring_span span;
	ssize_t n = 0;

	if (!t->shares || !ring_borrow(t->cursor, &span))
		return false;
	if (!t->paused && span.len <= CHUNK && takes(t, span.len)) {
		t->busy = true;
		n = fdio_write(STDOUT_FILENO, span.at, span.len);
		t->busy = false;
	}
	if (n > 0)
		note_written(t, span.at, (size_t)n);
	ring_return(t->cursor, n > 0 ? (size_t)n : 0); /* an error is the thread's to handle */
	return true;
}

static void find_kind(struct tee *t)
{
	struct stat st;

	if (t->best_effort || t->errors >= 0 || fstat(STDOUT_FILENO, &st) < 0)
		return;
	t->pipe = S_ISFIFO(st.st_mode);
	t->shares = t->pipe || S_ISREG(st.st_mode);
}

struct tee *tee_start(struct ring_cursor *c, bool best_effort, int errors,
		      struct tee_counts *counts)
{
	struct tee *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return NULL;
	t->cursor = c;
	t->best_effort = best_effort;
	t->errors = errors;
	t->fd = STDOUT_FILENO;
	t->counts = counts;
	find_kind(t);
	error = pthread_create(&t->thread, NULL, tee_thread, t);
	if (error) {
		free(t);
		errno = error;
		return NULL;
	}
	return t;
}

bool tee_busy(const struct tee *t)
{
	return t->busy;
}

void tee_abandon(struct tee *t)
{
	t->abandoned = true;
	ring_leave(t->cursor);
}

bool tee_join(struct tee *t)
{
	if (t->abandoned) {
		must(pthread_detach(t->thread));
		diag(DIAG_LOSS,
		     "standard output is not being read; the rest of its copy is given up");
		return false;
	}
	must(pthread_join(t->thread, NULL));
	bool all = !t->failed;
	free(t);
	return all;
}
