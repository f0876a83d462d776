/* Which bytes of a log are between two times. */
#ifndef SPAN_H
#define SPAN_H

#include "reader/members.h"

#include <stdbool.h>
#include <stdint.h>

struct span_times {
	int64_t since,
		until; /* nanoseconds since the Epoch, both included; INT64_MIN, INT64_MAX: none */
	bool utc;      /* times in lines that tell no zone are UTC, not local time */
};

/* From a byte of one member to before a byte of another one, or of the same. */
struct span {
	struct member first, last;
	uint64_t from, to; /* offsets before compression; to is UINT64_MAX: the end of last */
};

/*
 * span_find(m, t, s): what the members in the list of m have from `since` to `until`.
 *
 * Members are chosen by the times in their lines, where these have some, otherwise by the index of
 * arrival times (family/arrivals), otherwise by the dates in their names; in a member, likewise.
 * Members are taken to be in the order of their times. Where it is not known better, a span
 * has rather more than less. What cannot be read counts as having no times.
 * Returns: 1; 0: there is nothing; -1 and errno (ENOMEM).
 */
int span_find(const struct members *m, const struct span_times *t, struct span *s);

#endif
