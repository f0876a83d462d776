/* The time that stands at the beginning of a line. Pure. */
#ifndef LINETIME_H
#define LINETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct linetime_rules {
	int64_t near; /* nanoseconds since the Epoch: a time without a year is near this one */
	bool utc;     /* times without a zone are UTC, not local time */
};

/* Nanoseconds since the Epoch; first and last differ for a time that local clocks show twice. */
struct linetime {
	int64_t first, last;
	size_t len; /* where in the line it ends */
};

/*
 * linetime_find(r, line, len, t): the time of a line.
 *
 * Forms: those of logsink's --timestamp (RFC 3339, ISO 8601, unix, tai64n; of strftime's, dates as
 * 2026-11-22 or 2026/11/22 with a time) and --format (json's "time", cri); "Nov 22 14:05:09" of
 * syslog, with its priority or without; "[22/Nov/2026:14:05:09 +0100]" of web servers within the
 * first 120 bytes; "I1122 14:05:09.000250" of glog; time= and ts=; in JSON the members time,
 * timestamp, @timestamp and ts, as text or as a number since the Epoch. '[', '(' and '"' may stand
 * before it.
 * Returns: false if the line begins with nothing of that kind.
 */
bool linetime_find(const struct linetime_rules *r, const char *line, size_t len,
		   struct linetime *t);

#endif
