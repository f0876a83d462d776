/* The clocks. All code asks here for the time, so that tests can answer instead. */
#include "base/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	if (ts.tv_sec > CLOCK_LAST)
		ts.tv_sec = CLOCK_LAST;
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec;
}

int64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}
