/* The event loop of a run, from the first input to the last keeper: libev, signals, timers, and the
 * boundaries of periods. */
#ifndef LOOP_H
#define LOOP_H

#include "family/calendar.h"
#include "logsink/supervise.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct consumers;
struct loop;
struct source;

enum { LOOP_FILES = 6, LOOP_INPUTS = 32 };

/* Everything that the loop drives. All must outlive loop_run. */
struct loop_parts {
	struct source **sources; /* a FIFO that is replaced is closed, and the new one put here */
	size_t source_count;
	struct consumers *consumers;
	struct supervise
		*supervise; /* of COMMAND, which is started when all else runs; NULL: none */
};

struct loop_options {
	struct calendar calendar;
	int64_t interval_ns; /* collect small input so long before waking up; 0: off */
	int64_t grace_ns;    /* from the first TERM or INT to the end of patience */
	int64_t stats_ns;    /* print the counters so often; 0: never */
	bool best_effort;    /* what standard output does not take at the end is skipped */
	bool command;        /* there will be a COMMAND, whose signals are to be read */
	enum supervise_signals signals; /* these concern it, as in supervise_options */
	enum supervise_wait wait;
	bool kill_group;
};

/*
 * loop_block_signals(): hold back the signals that the loop handles, from now
 * on and in all threads started later; so none is missed before loop_run.
 */
void loop_block_signals(void);

/*
 * loop_new(o): a loop that does not run yet, for loop_wake to be given around.
 * Owner:   nobody: who may still call loop_wake may outlive it, so it goes with the process.
 * Returns: NULL and errno.
 */
struct loop *loop_new(const struct loop_options *o);

/* loop_wake(l): look again: a ring has room, a consumer left it, or a keeper ended. Thread: any. */
void loop_wake(void *l);

/*
 * loop_run(l, parts): read until the end of all inputs or until a signal ends it, end the ring,
 * wait for the consumers to leave it, and for what looks after closed files to end; or leave
 * behind what hangs. Then only sink_join is left for the sinks.
 *
 * Signals: TERM and INT: read on until end of input, as long as the grace lasts,
 * then take what is in the pipes, and end; a second one ends at once. HUP opens
 * the file, and FIFOs that were replaced, again; USR1 and ALRM start a new part, USR2 prints
 * the counters. With COMMAND most of them are COMMAND's, see supervise.c.
 * Returns: 0; -1 if reading failed, which was said.
 */
int loop_run(struct loop *l, const struct loop_parts *parts);

#endif
