/* Write a time in RFC 3339. Pure. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>

enum { STAMP_SIZE = 40 };

/*
 * stamp_rfc3339(ns, utc, to): "2026-11-22T14:05:09.000250+01:00", or with Z.
 * ns: nanoseconds since the Epoch.  Format: RFC 3339, section 5.6.
 * Thread: any.
 */
void stamp_rfc3339(int64_t ns, bool utc, char to[STAMP_SIZE]);

#endif
