/* What is given up is handed to standard error, as far as that takes it in time. */
#ifndef SPILL_H
#define SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One log's. Set limit_ns, and the rest to zero. */
struct spill {
	int64_t limit_ns; /* in all it may take so long, from spill_begin on */

	/* its own */
	int64_t until_ns; /* CLOCK_MONOTONIC; 0: not begun */
	bool stuck;
};

/* spill_begin(s): from now on the time runs. Returns: false if it did already. */
bool spill_begin(struct spill *s);

/*
 * spill_pass(s, p, len): hand these lines, or pieces of one, over; s has begun.
 *
 * Blocks for as long as standard error goes on to take something; when it has taken nothing for a
 * second, or the time is over, it gets no more from s, ever.
 * Returns: how many bytes it took.
 */
size_t spill_pass(struct spill *s, const char *p, size_t len);

/*
 * spill_end(s): nothing more comes; a line that has no end gets one, so that nothing glues to it.
 * Thread: any that knows that no other will call the above.
 */
void spill_end(struct spill *s);

#endif
