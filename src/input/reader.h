/* The thread that waits for a lone pipe in read(2). */
#ifndef READER_H
#define READER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reader;

/* What the reader does after a read. */
struct reader_step {
	bool stop;      /* nothing more is read until reader_go */
	bool tries;     /* on_quiet is called */
	int64_t nap_ns; /* then it sleeps for so long */
};

/*
 * All calls are made by the reader's thread, with the lock, but for on_quiet. None of the others
 * may block, nor call reader_go.
 */
struct reader_options {
	int fd;
	pthread_mutex_t *lock; /* held in all calls below, too */

	/* Where the next read may put its bytes; false: nowhere, and the reader stops. */
	bool (*on_offer)(void *arg, char **at, size_t *len);
	/* Whether the loop has something to do before more is taken. */
	bool (*on_wait)(void *arg);
	/* A read(2) gave n bytes, the end (0), or an error (-1), which is no EAGAIN and no EINTR.
	 */
	struct reader_step (*on_bytes)(void *arg, ssize_t n, int error);
	/* May hang, without the lock; NULL: is never called. */
	void (*on_quiet)(void *arg);
	void *arg;
};

/*
 * reader_start(o): threads that can read; none does yet.
 * Owner:   nobody: one may wait or hang for ever, and goes with the process.
 * Returns: NULL and errno.
 */
struct reader *reader_start(const struct reader_options *o);

/* reader_go(r): read from now on, until a call says stop or reader_halt. Nobody may be reading. */
void reader_go(struct reader *r);

/*
 * reader_halt(r): nobody is reading after this. A read(2) that has bytes at that moment hands them
 * to on_bytes first. Who hangs in on_quiet is left there, and reads no more. Within a call of the
 * reader: it stops when the call returns.
 */
void reader_halt(struct reader *r);

/* reader_may_try(r): whether another thread could read on if on_quiet hung. */
bool reader_may_try(const struct reader *r);

/*
 * reader_look(r): if the reader is in on_quiet, leave it there, and let another thread read on. To
 * be called now and then. Returns: whether that was done.
 */
bool reader_look(struct reader *r);

/* reader_turn(r): the loop has done what it had to do when this turn began. */
void reader_turn(struct reader *r);

#endif
