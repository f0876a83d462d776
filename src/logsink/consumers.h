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

/*
 * consumers_write(c): few lines were published, and no consumer was woken: do the consumers' work
 * in this thread, as far as that can be done at once, and wake them for the rest. It may hang.
 * Thread: any.
 */
void consumers_write(const struct consumers *c);

/* consumers_nudge(c, reopen): writer_nudge for all. */
void consumers_nudge(const struct consumers *c, bool reopen);

/* consumers_hurry(c): writer_hurry for all. */
void consumers_hurry(const struct consumers *c);

/*
 * consumers_look_at_files(c, inputs): abandon writers whose disk does not answer, and count the
 * lines that they lose. If these are all lines that were read, the inputs are given up; NULL: they
 * have ended.
 * Returns: whether a writer has not left its ring.
 */
bool consumers_look_at_files(const struct consumers *c, struct inputs *inputs);

/*
 * consumers_look_at_tee(c): abandon the tee if standard output took no byte since the last look.
 * The first look only notes how many it has taken.
 * Returns: whether the tee has not left the ring.
 */
bool consumers_look_at_tee(struct consumers *c);

/* consumers_close(c): all have left the rings: join the writers, and ask the keepers to end. */
void consumers_close(const struct consumers *c);

/* consumers_hurry_keepers(c): sink_hurry for all. */
void consumers_hurry_keepers(const struct consumers *c);

/*
 * consumers_look_at_keepers(c, leave_ns): report keepers whose disk does not answer. A keeper is
 * abandoned if its call has lasted for leave_ns, and for a second or more; -1: it is never
 * abandoned.
 * Returns: whether a keeper has neither ended nor been abandoned.
 */
bool consumers_look_at_keepers(const struct consumers *c, int64_t leave_ns);

#endif
