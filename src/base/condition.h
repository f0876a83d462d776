/* A condition that is waited for until a moment of CLOCK_MONOTONIC. */
#ifndef CONDITION_H
#define CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* condition_init(c): one for condition_wait_until; pthread_cond_destroy(3) ends it. */
void condition_init(pthread_cond_t *c);

/*
 * condition_wait_until(c, lock, deadline_ns): pthread_cond_timedwait(3), until a moment in
 * nanoseconds of CLOCK_MONOTONIC.
 * Returns: false when that has passed.
 */
bool condition_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline_ns);

#endif
