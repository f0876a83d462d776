/*
 * bench: what every program of the benchmark needs: the time, numbers, failing.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* Say why this run cannot be counted, on standard error, and exit with status 1. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t bench_now_ns(void);

/* Sleep until that moment of bench_now_ns(); at once if it is past. */
void bench_sleep_until_ns(int64_t when_ns);

void bench_sleep_ms(int64_t ms);

/*
 * Ask the kernel not to round this thread's sleeps up (it rounds by 50 us), so that
 * pacing is even and polling is fine enough for latencies.
 */
void bench_exact_sleeps(void);

/* A whole number from the command line, 0 to 10^15, or bench_die() naming WHAT. */
int64_t bench_number(const char *what, const char *text);

#endif
