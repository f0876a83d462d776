/* Do something at most once in an interval, such as repeating a message. Pure. */
#ifndef RATELIMIT_H
#define RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialised: the next ratelimit_pass allows it. */
struct ratelimit {
	bool begun;
	int64_t last_ns; /* of the same clock as now_ns */
};

/*
 * ratelimit_pass(r, now_ns, pause_ns): whether to do it now, because it was not done within the
 * last pause_ns. If true, it counts as done at now_ns.
 */
bool ratelimit_pass(struct ratelimit *r, int64_t now_ns, int64_t pause_ns);

#endif
