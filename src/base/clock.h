/* The clocks. All code asks here for the time, so that tests can answer instead. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000000) /* the unit is the nanosecond */
#define CLOCK_MS     INT64_C(1000000)
#define CLOCK_LAST   INT64_C(9000000000) /* seconds: in 2255; sums with it do not overflow */

/*
 * clock_real_ns(): the time of day, in nanoseconds since the Epoch (UTC).
 * It may step in both directions. After CLOCK_LAST it stands still, because 64 bits of
 * nanoseconds end in 2262.
 * Thread: any.
 */
int64_t clock_real_ns(void);

/*
 * clock_mono_ns(): nanoseconds of CLOCK_MONOTONIC. It never steps; for
 * durations and deadlines.
 * Thread: any.
 */
int64_t clock_mono_ns(void);

#endif
