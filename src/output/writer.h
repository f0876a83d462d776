/* The thread that empties the ring into the log file. */
#ifndef WRITER_H
#define WRITER_H

#include "base/counter.h"
#include "family/calendar.h"

#include <stdbool.h>
#include <stdint.h>

struct formatter;
struct logfile;
struct ring;
struct ring_cursor;
struct writer;

struct writer_counts {
	counter written_bytes;    /* without the notices of dropped lines */
	struct line_counter lost; /* after it was given up, counted by its ring's producer */
	counter spilled_bytes;    /* of the lost ones: they went to standard error */
	counter files, writes, largest_batch_bytes;
};

enum writer_sync {
	WRITER_SYNC_NEVER,
	WRITER_SYNC_ROLL, /* logfile does it */
	WRITER_SYNC_ALWAYS,
	WRITER_SYNC_TIME,
};

struct writer_options {
	struct calendar calendar;
	enum writer_sync sync;
	int64_t sync_ns;           /* WRITER_SYNC_TIME: at most so long after a write */
	bool spill;                /* what is given up goes to standard error */
	int64_t spill_ns;          /* at most so long */
	struct formatter *notices; /* how to write a line of our own; NULL: as it is */
};

/*
 * writer_start(r, c, file, o, counts): start the thread. It takes all there is at
 * cursor c of ring r in one write, obeys the marks, and leaves c when the ring has ended.
 *
 * What cannot be written is tried again until it can, or until writer_hurry. A file
 * that cannot be opened at a roll is tried again while lines go to the one before.
 * Owner:   c and file are the thread's until writer_join. counts must outlive it.
 * Returns: NULL and errno.
 */
struct writer *writer_start(struct ring *r, struct ring_cursor *c, struct logfile *file,
			    const struct writer_options *o, struct writer_counts *counts);

/*
 * writer_try(w, most): write, in the thread of the caller, what is at the writer's cursor, if that
 * is at most so many bytes, the writer sleeps, nothing is in the way, and one write(2) does it;
 * otherwise leave it to the writer. May hang. Thread: any. Returns: false if the writer does not
 * sleep or has to do something else; then, if it sleeps, it was not woken.
 */
bool writer_try(struct writer *w, size_t most);

/*
 * writer_hurry(w): from now on what cannot be written is given up: it is taken
 * out of the ring and counted as lost.  Thread: any.
 *
 * With spill it is written to standard error, from the byte on where the file
 * stopped; a line without an end gets one. What standard error does not take
 * within a second, or in all within spill_ns, is lost after all.
 */
void writer_hurry(struct writer *w);

/*
 * writer_nudge(w, reopen): if it waits before it tries again, it tries now; reopen:
 * with the file opened again by name.  Thread: any.
 */
void writer_nudge(struct writer *w, bool reopen);

/*
 * writer_watch_fd(w): readable while something that was asked of the disk takes too
 * long; then call writer_watch, which says so, and again every minute.
 * Thread: any, but always the same; so for writer_abandon.
 */
int writer_watch_fd(const struct writer *w);
void writer_watch(struct writer *w);

/*
 * writer_abandon(w): if the thread has been in one call for 5 seconds or more, leave it
 * there: it takes nothing more from the ring, and goes with the process.
 * Returns: whether that was done. The caller counts what was lost.
 */
bool writer_abandon(struct writer *w);

/* writer_abandoned(w): whether it was. */
bool writer_abandoned(struct writer *w);

/*
 * writer_join(w): wait for the thread, and free w; nothing of both if it was abandoned.
 * Returns: whether all was written, and synced where that was asked for.
 */
bool writer_join(struct writer *w);

#endif
