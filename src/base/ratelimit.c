/* Do something at most once in an interval, such as repeating a message. Pure. */
#include "base/ratelimit.h"

bool ratelimit_pass(struct ratelimit *r, int64_t now_ns, int64_t pause_ns)
{
	if (r->begun && now_ns - r->last_ns < pause_ns)
		return false;
	r->begun = true;
	r->last_ns = now_ns;
	return true;
}
