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
	int64_t interval_ns;         /* collect small input for at most this long; 0: off */
	void (*on_read)(void *arg);  /* before each read */
	void (*on_ended)(void *arg); /* all inputs have ended, and the ring with them; once */
	void *arg;
};

/*
 * inputs_new(ev, intake, ring, o, counts): none yet; see inputs_add.
 *
 * It reads whenever ev runs. It is the ring's producer, by the intake.
 * Owner:   nobody: a thread that waits for a pipe may outlive all, so it goes with the process.
 *          What is given must outlive it.
 * Thread:  the one that runs ev, for this and all below.
 * Returns: NULL and errno.
 */
struct inputs *inputs_new(struct ev_loop *ev, struct intake *intake, struct ring *ring,
			  const struct inputs_options *o, struct inputs_counts *counts);

/*
 * inputs_add(all, source, origin): read this source, too, from now on. origin: the number of
 * its name, for the intake.
 * Owner:   the source stays the caller's.
 * Returns: 0; -1 and errno, and nothing has changed.
 */
int inputs_add(struct inputs *all, struct source *source, size_t origin);

/*
 * inputs_replace(all, old, new): read new, too, with old's origin. old is read until its last
 * writer leaves it.
 * Owner:   old passes to inputs, which close it.
 * Returns: 0; -1 and errno, and nothing has changed.
 */
int inputs_replace(struct inputs *all, struct source *old, struct source *new);

/* inputs_reads(all, source): whether that source is among those that are still read. */
bool inputs_reads(const struct inputs *all, const struct source *source);

/* inputs_apart(all, source): whether source is not the same FIFO as one that is read; if it is,
 * that is said. */
bool inputs_apart(const struct inputs *all, const struct source *source);

/* inputs_room(all): the ring has room, perhaps. */
void inputs_room(struct inputs *all);

/*
 * inputs_look(all): look at each input without waiting, in place of libev, which could not. What
 * is found is fed to ev.
 */
void inputs_look(struct inputs *all);

/*
 * The end, in four steps of less and less patience:
 *
 * inputs_stop(all):    an input that has no end of its own gives only what it holds now; the
 *                      others are read on.
 * inputs_drain(all):   every input gives only what it holds now.
 * inputs_end(all):     nothing more is read.
 * inputs_give_up(all): nor does what was read and not published go into the ring, which ends.
 */
void inputs_stop(struct inputs *all);
void inputs_drain(struct inputs *all);
void inputs_end(struct inputs *all);
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
