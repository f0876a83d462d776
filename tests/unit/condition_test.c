/* A condition that is waited for until a moment of CLOCK_MONOTONIC. */
#include "base/condition.h"

#include "base/clock.h"
#include "test.h"

#include <errno.h>
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static sem_t waits;
static bool told;

static void the_moment_passes(void)
{
	int64_t start = clock_mono_ns();

	condition_init(&cond);
	pthread_mutex_lock(&lock);
	CHECK(!condition_wait_until(&cond, &lock, start - 1));
	while (condition_wait_until(&cond, &lock,
				    start + 30 * CLOCK_MS)) /* it may wake without a reason */
		CHECK(clock_mono_ns() - start < 30 * CLOCK_MS);
	CHECK(clock_mono_ns() - start >= 30 * CLOCK_MS);
	CHECK_INT(pthread_mutex_trylock(&lock), EBUSY);
	pthread_mutex_unlock(&lock);
	CHECK_INT(pthread_cond_destroy(&cond), 0);
}

static void *wait_long(void *arg)
{
	int64_t hour = clock_mono_ns() + 3600 * CLOCK_SECOND;

	(void)arg;
	pthread_mutex_lock(&lock);
	sem_post(&waits);
	while (!told)
		CHECK(condition_wait_until(&cond, &lock, hour));
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void a_signal_comes(void)
{
	pthread_t thread;

	condition_init(&cond);
	sem_init(&waits, 0, 0);
	if (!CHECK_INT(pthread_create(&thread, NULL, wait_long, NULL), 0))
		return;
	sem_wait(&waits);
	pthread_mutex_lock(&lock); /* so it has begun to wait */
	told = true;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&lock);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(pthread_cond_destroy(&cond), 0);
}

int main(void)
{
	TEST("cond: a moment that has passed, or passes, ends the waiting", the_moment_passes);
	TEST("cond: a signal ends it long before", a_signal_comes);
	return test_end();
}
