/*
 * What time is it? Whatever the file named by LOGSINK_CLOCK says.
 *
 * The file holds one line, "SECONDS.FRACTION [run] [+LEAP]": the time of day that
 * stands still until the file is replaced, or, with "run", goes on from the
 * moment this line was first seen. A file that is missing or makes no sense
 * ends the test loudly.
 *
 * Monotonic time is the real one, and LEAP seconds; these are noticed when the time of day
 * is asked for, as the loop does before each read. A wait until a moment of it takes as long as it
 * would without them.
 */
#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t leap_ns;

int64_t clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec + leap_ns;
}

void condition_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(c, &attr));
	must(pthread_condattr_destroy(&attr));
}

bool condition_wait_until(pthread_cond_t *c, pthread_mutex_t *mutex, int64_t deadline_ns)
{
	const int64_t real_ns = deadline_ns - leap_ns;
	const struct timespec deadline = { .tv_sec = real_ns / CLOCK_SECOND,
					   .tv_nsec = real_ns % CLOCK_SECOND };
	int error = pthread_cond_timedwait(c, mutex, &deadline);

	if (error != ETIMEDOUT)
		must(error);
	return error == 0;
}

static int64_t read_file(const char *path)
{
	static char seen[64];
	static int64_t seen_at;
	char line[64] = "", word[8] = "";
	double seconds;
	FILE *f = fopen(path, "re");

	if (!f || !fgets(line, sizeof(line), f) || sscanf(line, "%lf %7s", &seconds, word) < 1) {
		fprintf(stderr, "fake clock: cannot read a time from %s\n", path);
		abort();
	}
	fclose(f);
	const char *leap = strchr(line, '+');
	leap_ns = leap ? (int64_t)(strtod(leap, NULL) * 1e3) * CLOCK_MS : 0;
	if (strcmp(line, seen) != 0) {
		memcpy(seen, line, sizeof(seen));
		seen_at = clock_mono_ns();
	}
	int64_t now = (int64_t)(seconds * 1e6) * 1000;
	return strcmp(word, "run") == 0 ? now + clock_mono_ns() - seen_at : now;
}

int64_t clock_real_ns(void)
{
	const char *path = getenv("LOGSINK_CLOCK");
	struct timespec ts;
	int64_t now;

	if (!path) {
		clock_gettime(CLOCK_REALTIME, &ts);
		return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec;
	}
	pthread_mutex_lock(&lock);
	now = read_file(path);
	pthread_mutex_unlock(&lock);
	return now;
}
