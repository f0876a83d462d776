/*
 * What time is it? Whatever the file named by LOGSINK_CLOCK says.
 *
 * The file holds one line, "SECONDS.FRACTION [run]": the time of day that
 * stands still until the file is replaced, or, with "run", goes on from the
 * moment this line was first seen. A file that is missing or makes no sense
 * ends the test loudly. Monotonic time stays the real one.
 */
#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int64_t clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec;
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
