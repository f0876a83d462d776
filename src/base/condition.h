/* A condition variable with deadlines on CLOCK_MONOTONIC. */
#ifndef CONDITION_H
#define CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* condition_init(c): initialise c for condition_wait_until; destroy it with
 * pthread_cond_destroy(3). */
void condition_init(pthread_cond_t *c);

/*
 * condition_wait_until(c, lock, deadline_ns): pthread_cond_timedwait(3) with a deadline in
 * nanoseconds of CLOCK_MONOTONIC.
 * Returns: false when the deadline has passed.
 */
bool condition_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline_ns);

#endif
