/* Parse counts, sizes, times and modes; no other room parses numbers from the user. Pure. */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define UNITS_KIB INT64_C(1024)
#define UNITS_MIB (1024 * UNITS_KIB)
#define UNITS_GIB (1024 * UNITS_MIB)

#define UNITS_MS     INT64_C(1000000) /* in nanoseconds, as all times here */
#define UNITS_SECOND (1000 * UNITS_MS)
#define UNITS_MINUTE (60 * UNITS_SECOND)
#define UNITS_HOUR   (60 * UNITS_MINUTE)
#define UNITS_DAY    (24 * UNITS_HOUR)

/*
 * units_count(text, n): digits and nothing else, up to 2^63 - 1.
 * Returns: false if text is not such a number; *n is then unchanged. The same holds for the
 *          functions below.
 */
bool units_count(const char *text, int64_t *n);

/*
 * units_size(text, bytes): digits, optionally followed by K, M, G or T, or KiB and so on, for
 * powers of 1024; or by KB (also kB), MB, GB or TB for powers of 1000.
 */
bool units_size(const char *text, int64_t *bytes);

/*
 * units_time(text, ns): digits, followed by ms, s, m, h, d or w, or by sec, min, or second to week
 * in full, with or without a final s; or by nothing for seconds.
 */
bool units_time(const char *text, int64_t *ns);

/* units_mode(text, mode): octal digits, up to 07777. */
bool units_mode(const char *text, mode_t *mode);

#endif
