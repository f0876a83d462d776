/* What all have counted, and the one line that tells it. */
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
 * stats_skip_rest(s): all that was not copied to standard output was skipped.
 * Thread: the main one, when everything has ended.
 */
void stats_skip_rest(struct stats *s);

/* What main and the loop know beside the counters. */
struct stats_waiting {
	uint64_t lines, bytes; /* read, and neither written nor dropped so far */
};

/*
 * stats_print(s, waiting): say all counters in one line of key=value pairs.
 *
 * At the end, when nothing waits, in = written + filtered + dropped in lines; and in
 * bytes too if they are written as they came. What could not be written counts as dropped.
 */
void stats_print(const struct stats *s, struct stats_waiting waiting);

#endif
