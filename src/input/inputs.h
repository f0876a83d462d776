/* The inputs of a run: when each is read, left alone, held back, and has ended. */
#ifndef INPUTS_H
#define INPUTS_H

#include "base/counter.h"
#include "input/intake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct inputs;
struct ring;
struct source;

struct inputs_counts {
	counter waited_ns;      /* with the buffer full; without the wait that is not over */
	int64_t waits_since_ns; /* CLOCK_MONOTONIC: when that began; 0: there is none */
};

struct inputs_options {
	int64_t interval_ns; /* collect small input for at most this long; 0: off */
	void (*on_read)(
		void *arg); /* before what was read is taken; not always by the loop's thread */
	void (*on_ended)(void *arg); /* all inputs have ended, and the ring with them; once */
	void *arg;

	/* For a pipe, by a thread of the reader. */
	/* whether the loop must have a turn before lines that were read are taken; NULL: never */
	bool (*on_wait)(void *arg);
	/* Lines are in the ring, and no consumer was woken: write them, or ring_wake. Others may
	 * hold what the loop's thread holds; it may hang. NULL: consumers are always woken. */
	void (*on_quiet)(void *arg);
};

/*
 * inputs_new(ev, intake, ring, o, counts): an empty set of inputs; inputs_add adds one.
 *
 * They are read while ev runs, and their lines go through intake into ring. While ev waits for
 * events, a thread of the reader may use the intake, ring and counts in its place, and call
 * on_read. ev's userdata and its release callbacks are taken for that. Owner:   nobody: a thread of
 * the reader may outlive the run, so the set is never freed. The arguments must outlive it. Thread:
 * the one that runs ev, for this and all below. Returns: NULL and errno.
 */
struct inputs *inputs_new(struct ev_loop *ev, struct intake *intake, struct ring *ring,
			  const struct inputs_options *o, struct inputs_counts *counts);

/*
 * inputs_add(all, source, origin): read this source, too, from now on. origin: the number of
 * its name, for the intake. A pipe (source_is_pipe) must be the only one.
 * Owner:   the source stays the caller's.
 * Returns: 0; -1 and errno, and nothing has changed.
 */
int inputs_add(struct inputs *all, struct source *source, size_t origin);

/*
 * inputs_replace(all, old, new): read new, too, with old's origin. old is read until its last
 * writer leaves it, or left at once to another logsink that locked it, which is then said.
 * Owner:   old passes to inputs, which close it.
 * Returns: 0; -1 and errno, and nothing has changed.
 */
int inputs_replace(struct inputs *all, struct source *old, struct source *new);

/* inputs_reads(all, source): whether that source is still read. */
bool inputs_reads(const struct inputs *all, const struct source *source);

/* inputs_apart(all, source): whether no input reads the same FIFO as source; a message reports one
 * that does. */
bool inputs_apart(const struct inputs *all, const struct source *source);

/* inputs_at(all, source): the source, among those that are read, that the name of source leads to
 * now; NULL: none. */
const struct source *inputs_at(const struct inputs *all, const struct source *source);

/* inputs_room(all): the ring may have room again: go on with what waited for it. */
void inputs_room(struct inputs *all);

/*
 * inputs_look(all): look at each input without waiting, for when libev cannot, and feed the events
 * found to ev.
 */
void inputs_look(struct inputs *all);

/* inputs_sleep(all, ns): sleep, and let the reader go on meanwhile; for when libev cannot wait. */
void inputs_sleep(struct inputs *all, int64_t ns);

/*
 * inputs_stop(all): the run is to end. An input that has no end of its own gives only the bytes
 * that it holds now; the others are read on to their ends.
 */
void inputs_stop(struct inputs *all);

/* inputs_drain(all): every input gives only the bytes that it holds now. */
void inputs_drain(struct inputs *all);

/* inputs_end(all): nothing more is read. */
void inputs_end(struct inputs *all);

/* inputs_give_up(all): nothing more is read, unpublished bytes are dropped, and the ring ends. */
void inputs_give_up(struct inputs *all);

/*
 * inputs_awaited(all, i): the i-th input that is read until its end, for i from 0 on; NULL: there
 * are no more.
 */
const struct source *inputs_awaited(const struct inputs *all, size_t i);

/* inputs_finished(all): whether all have ended, and their last lines are in the ring. */
bool inputs_finished(const struct inputs *all);

/* inputs_failed(all): whether a read failed, which was said. */
bool inputs_failed(const struct inputs *all);

#endif
