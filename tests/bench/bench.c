/*
 * bench: what every program of the benchmark needs: the time, numbers, failing.
 */
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000

void bench_die(const char *format, ...)
{
	va_list args;

	fputs("bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

int64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void bench_sleep_until_ns(int64_t when_ns)
{
	struct timespec when = { .tv_sec = when_ns / NS_PER_S, .tv_nsec = when_ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

void bench_sleep_ms(int64_t ms)
{
	bench_sleep_until_ns(bench_now_ns() + ms * NS_PER_MS);
}

void bench_exact_sleeps(void)
{
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

int64_t bench_number(const char *what, const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 0 || number > 1000000000000000LL)
		bench_die("%s: not a number: '%s'", what, text);
	return number;
}
