/* The counters of all rooms, and the line that prints them. */
#ifndef STATS_H
#define STATS_H

#include "base/counter.h"
#include "input/inputs.h"
#include "input/intake.h"
#include "output/tee.h"
#include "output/writer.h"
#include "stream/transform.h"

struct stats {
	struct intake_counts in;
	struct transform_counts transform;
	const struct writer_counts *file; /* not those of --also */
	struct tee_counts tee;
	struct inputs_counts inputs;
	int64_t started_ns; /* CLOCK_MONOTONIC; constant */
};

/*
 * stats_skip_rest(s): count every line that was not copied to standard output as skipped.
 * Thread: the main one, when all other threads have ended.
 */
void stats_skip_rest(struct stats *s);

/* The lines in the buffer. */
struct stats_waiting {
	uint64_t lines, bytes; /* read, and so far neither written nor dropped */
};

/*
 * stats_print(s, waiting): print all counters in one line of key=value pairs.
 *
 * At the end, when nothing waits, in = written + filtered + dropped in lines, and also in
 * bytes if lines are written unchanged. Lines that could not be written count as dropped.
 */
void stats_print(const struct stats *s, struct stats_waiting waiting);

#endif
