/* The thread that empties the ring into the log file. */
#ifndef WRITER_H
#define WRITER_H

#include "calendar.h"

#include <stdbool.h>
#include <stdint.h>

struct logfile;
struct ring_cursor;
struct stats;
struct writer;

enum writer_sync {
	WRITER_SYNC_NEVER,
	WRITER_SYNC_ROLL, /* logfile does it */
	WRITER_SYNC_ALWAYS,
	WRITER_SYNC_TIME,
};

struct writer_options {
	struct calendar calendar;
	enum writer_sync sync;
	int64_t sync_ns; /* WRITER_SYNC_TIME: at most so long after a write */
};

/*
 * writer_start(c, file, o, stats): start the thread. It takes all there is at
 * cursor c in one write, obeys the marks, and leaves c when the ring has ended.
 *
 * What cannot be written is tried again until it can, or until writer_hurry.
 * Owner:   c and file are the thread's until writer_join. stats must outlive it.
 * Returns: NULL and errno.
 */
struct writer *writer_start(struct ring_cursor *c, struct logfile *file,
			    const struct writer_options *o, struct stats *stats);

/*
 * writer_hurry(w): from now on what cannot be written is given up: it is taken
 * out of the ring and counted as lost.  Thread: any.
 */
void writer_hurry(struct writer *w);

/*
 * writer_join(w): wait for the thread, and free w.
 * Returns: whether all was written, and synced where that was asked for.
 */
bool writer_join(struct writer *w);

#endif
