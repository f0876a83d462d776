/* What takes lines out of the rings, as the loop sees it: the files, and standard output. */
#ifndef CONSUMERS_H
#define CONSUMERS_H

#include "logsink/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inputs;
struct intake;
struct ring;
struct ring_cursor;
struct sink;
struct tee;
struct transform;

/* Filled in by main; all must outlive it. Thread: the loop's, for all functions. */
struct consumers {
	struct ring *ring;
	struct intake *intake;
	struct ring_cursor *file_cursor; /* of the only writer, or of the transform before them */
	struct transform *transform;     /* NULL: lines are written as they come */
	struct sink *sinks;              /* FILE's first; they have been started */
	size_t sink_count;
	struct ring_cursor *tee_cursor; /* NULL: no tee */
	struct tee *tee;
	struct stats *stats;

	/* ours */
	bool tee_looked;
	uint64_t teed; /* bytes, at the last look */
};

/* consumers_left(c): whether all have left the rings. */
bool consumers_left(const struct consumers *c);

/* consumers_waiting(c): what was read and not yet written to FILE. */
struct stats_waiting consumers_waiting(const struct consumers *c);

/* consumers_nudge(c, reopen): writer_nudge for all. */
void consumers_nudge(const struct consumers *c, bool reopen);

/* consumers_hurry(c): writer_hurry for all. */
void consumers_hurry(const struct consumers *c);

/*
 * consumers_look_at_files(c, inputs): leave those behind whose disk does not answer, and count what
 * they lose. If that is all that was read, the inputs are given up. inputs: NULL: they have ended.
 * Returns: whether there are any left to look at.
 */
bool consumers_look_at_files(const struct consumers *c, struct inputs *inputs);

/*
 * consumers_look_at_tee(c): leave standard output behind if it took nothing since the last look;
 * the first look is what the second compares with.
 * Returns: whether it is left to look at.
 */
bool consumers_look_at_tee(struct consumers *c);

/* consumers_close(c): when all have left the rings: end the writers, and let the keepers end. */
void consumers_close(const struct consumers *c);

/* consumers_hurry_keepers(c): sink_hurry for all. */
void consumers_hurry_keepers(const struct consumers *c);

/*
 * consumers_look_at_keepers(c, leave_ns): say whose disk does not answer, and leave behind whoever
 * is in a call that has lasted leave_ns, and a second or more; -1: nobody.
 * Returns: whether any have not ended.
 */
bool consumers_look_at_keepers(const struct consumers *c, int64_t leave_ns);

#endif
