/* Do something at most once in a while, such as say what happens again and again. Pure. */
#ifndef RATELIMIT_H
#define RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: nothing was done so far, so the next one is. */
struct ratelimit {
	bool begun;
	int64_t last_ns; /* of the same clock as now_ns */
};

/*
 * ratelimit_pass(r, now_ns, pause_ns): whether to do it now: it was not done within the last
 * pause_ns. If so, it counts as done.
 */
bool ratelimit_pass(struct ratelimit *r, int64_t now_ns, int64_t pause_ns);

#endif
