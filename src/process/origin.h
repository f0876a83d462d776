/* The state in which this process was started, for a command that is to start in the same. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Linux has signals 1 to 64. */
enum { ORIGIN_SIGNALS = 65 };

struct origin {
	sigset_t mask;
	bool ignored[ORIGIN_SIGNALS]; /* no handler outlives exec(2), so there are only two ways */
	mode_t umask;
	int closed; /* the set of standard descriptors that were closed; bit N for N */
};

/* origin_remember(o): note the signals; before any is changed. */
void origin_remember(struct origin *o);

/*
 * origin_restore(o): the process is again as it was, but for o->mask, which origin_unblock
 * restores, and but for the standard descriptors.
 * Thread: in a child process, before exec(2); async-signal-safe, as is the next.
 */
void origin_restore(const struct origin *o);
void origin_unblock(const struct origin *o);

#endif
