/* A condition that is waited for until a moment of CLOCK_MONOTONIC. */
#ifndef COND_H
#define COND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* cond_init(c): one for cond_wait_until; pthread_cond_destroy(3) ends it. */
void cond_init(pthread_cond_t *c);

/*
 * cond_wait_until(c, lock, deadline_ns): pthread_cond_timedwait(3), until a moment in
 * nanoseconds of CLOCK_MONOTONIC.
 * Returns: false when that has passed.
 */
bool cond_wait_until(pthread_cond_t *c, pthread_mutex_t *lock, int64_t deadline_ns);

#endif
