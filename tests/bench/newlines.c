/*
 * newlines: how fast does logsink count lines?
 *
 *     newlines
 *
 * Counts the newlines of 256 KiB, what one read takes at most, over and over, so that they are in
 * the processor's cache, as they are when they were read just now; and of 256 MiB, which are not.
 * Prints "cached_bytes_per_s value" and "memory_bytes_per_s value", each the best of five.
 */
#include "base/newlines.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CACHED_BYTES (1 << 18)
#define MEMORY_BYTES (1 << 28)
#define LINE_BYTES   110

/* By the processor's time: others may be running. */
static double cpu_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Bytes a second, when LENGTH bytes are counted until MEMORY_BYTES are. */
static double count(const char *bytes, size_t length)
{
	size_t times = MEMORY_BYTES / length;
	double start_s = cpu_s();

	for (size_t i = 0; i < times; i++) {
		if (newlines_count(bytes, length) != length / LINE_BYTES)
			bench_die("counted wrong");
	}
	return (double)(times * length) / (cpu_s() - start_s);
}

static double best(const char *bytes, size_t length)
{
	double most = 0;

	for (int i = 0; i < 5; i++) {
		double now = count(bytes, length);

		most = now > most ? now : most;
	}
	return most;
}

int main(void)
{
	char *bytes = malloc(MEMORY_BYTES);

	if (bytes == NULL)
		bench_die("no memory");
	memset(bytes, 'x', MEMORY_BYTES);
	for (size_t i = LINE_BYTES - 1; i < MEMORY_BYTES; i += LINE_BYTES)
		bytes[i] = '\n';
	printf("cached_bytes_per_s %.0f\n", best(bytes, CACHED_BYTES));
	printf("memory_bytes_per_s %.0f\n", best(bytes, MEMORY_BYTES));
	return 0;
}
