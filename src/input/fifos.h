/* The places of FIFOs: one that was removed or replaced is opened again. */
#ifndef FIFOS_H
#define FIFOS_H

#include <stdbool.h>
#include <stddef.h>

struct inputs;
struct fifos;
struct source;

/*
 * fifos_new(inputs, sources, count): look after the names of the FIFOs among sources, which the
 * inputs read.
 * Owner:   the caller; it is never freed. sources must outlive it: when a FIFO is replaced, the new
 *          one takes its place there, and the old one passes to inputs.
 * Thread:  that of inputs, for all calls.
 * Returns: NULL and errno.
 */
struct fifos *fifos_new(struct inputs *inputs, struct source **sources, size_t count);

/*
 * fifos_watch(p): let inotify(7) tell when something happens to a FIFO; only then is it to be
 * looked at again. Where there is no inotify, only a signal asks for a look.
 * Returns: a descriptor that is readable then: wait for FIFOS_LOOK_NS, and call fifos_look, after
 *          which it is not; -1: there is none.
 */
int fifos_watch(struct fifos *p);

/* For whoever removes a FIFO to make another. */
#define FIFOS_LOOK_NS INT64_C(250000000)

/* fifos_any(p): whether there is a FIFO to look after. Then a first look is due: no event reports
 * a change between opening and watching. */
bool fifos_any(const struct fifos *p);

/*
 * fifos_look(p, asked): open FIFOs again that were removed or replaced, and say so. asked: by the
 * user, so that the answer is due again.
 * Returns: whether any was, and another look is due.
 */
bool fifos_look(struct fifos *p, bool asked);

#endif
