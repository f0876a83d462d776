/* Counters: who counts what, and the one line that tells them. */
#ifndef STATS_H
#define STATS_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t stats_count;

/* Each counter has one thread that adds to it; any thread may read it. */
struct stats {
	/* the loop's thread */
	stats_count in_lines, in_bytes;
	stats_count dropped_lines, dropped_bytes;
	stats_count input_waited_ns;

	/* the cook's */
	stats_count filtered_lines, filtered_bytes; /* left out by pattern or level */
	stats_count limit_hits;                     /* kept: a pattern took too long to tell */

	/* the writer's */
	stats_count written_bytes;          /* without the notices of dropped lines */
	stats_count lost_lines, lost_bytes; /* after it was given up, its producer's */
	stats_count spilled_bytes;          /* of the lost ones: they went to standard error */
	stats_count files, writes, largest_batch_bytes;

	/* the tee's */
	stats_count teed_lines, teed_bytes;
	stats_count tee_skipped_lines, tee_skipped_bytes;

	/* constant */
	int64_t started_ns; /* CLOCK_MONOTONIC */
};

/* stats_add(c, n): n more.  Thread: the counter's own. */
void stats_add(stats_count *c, uint64_t n);

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
