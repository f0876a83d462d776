/* The times of --since and --until, as people write them. Pure. */
#ifndef TIMEARG_H
#define TIMEARG_H

#include <stdbool.h>
#include <stdint.h>

struct timearg {
	int64_t now; /* nanoseconds since the Epoch */
	bool utc;    /* times without a zone are UTC, not local time */
	bool last;   /* of a time that local clocks show twice, the second is meant */
};

/*
 * timearg_parse(text, how, ns, why): the moment that text names: 2026-11-22T14:05:09.5+01:00, with
 * T or a blank, and less of it, down to the date; 14:05; now, today, yesterday, tomorrow, and these
 * with a time behind; -2h, 2h, "2h ago", 1h30m, +5m; @1795352709, also with a fraction; and
 * tai64n's @4000....
 *
 * A time that is skipped when clocks are put forward is the moment at which they are.
 * Gives:   *ns, nanoseconds since the Epoch; or *why, the reason.
 * Returns: false if text is no such time.
 */
bool timearg_parse(const char *text, const struct timearg *how, int64_t *ns, const char **why);

#endif
