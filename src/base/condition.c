/* A condition variable with deadlines on CLOCK_MONOTONIC. */
#include "base/condition.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <time.h>

void condition_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(c, &attr));
	must(pthread_condattr_destroy(&attr));
}

bool condition_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline_ns)
{
	const struct timespec deadline = { .tv_sec = deadline_ns / CLOCK_SECOND,
					   .tv_nsec = deadline_ns % CLOCK_SECOND };
	int error = pthread_cond_timedwait(c, lock, &deadline);

	if (error == ETIMEDOUT)
		return false;
	must(error);
	return true;
}
