/*
 * What is given up is handed to standard error, as far as that takes it in time.
 *
 * This is the end of the program, and whoever ended it waits. So there is one limit for all of it,
 * and a shorter one for a standard error that takes nothing at all: one that does not get on for a
 * second is not tried again.
 */
#include "output/spill.h"

#include "base/clock.h"
#include "base/stderr.h"

#define STALL CLOCK_SECOND /* a standard error that takes nothing for so long is stuck */

bool spill_begin(struct spill *s)
{
	if (s->until_ns)
		return false;
	s->until_ns = clock_mono_ns() + s->limit_ns;
	return true;
}

size_t spill_pass(struct spill *s, const char *p, size_t len)
{
	size_t done = 0;

	while (done < len && !s->stuck) {
		int64_t left = s->until_ns - clock_mono_ns();
		size_t n = 0;

		if (left > 0)
			n = stderr_pass(s, p + done, len - done, (int)(left / CLOCK_MS),
					(int)((left < STALL ? left : STALL) / CLOCK_MS));
		s->stuck = n == 0;
		done += n;
	}
	if (s->stuck)
		spill_end(s); /* the others are not to wait for the end of its line */
	return done;
}

void spill_end(struct spill *s)
{
	stderr_passed(s);
}
