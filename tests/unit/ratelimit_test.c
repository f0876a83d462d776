/* ratelimit: the first passes, and then one in each pause. */
#include "base/ratelimit.h"

#include "test.h"

enum { PAUSE = 60 };

static void passes(void)
{
	struct ratelimit r = { .begun = false };

	CHECK(ratelimit_pass(&r, 0, PAUSE)); /* a clock may begin there */
	CHECK(!ratelimit_pass(&r, 0, PAUSE));
	CHECK(!ratelimit_pass(&r, 59, PAUSE));
	CHECK(ratelimit_pass(&r, 60, PAUSE));
	CHECK(!ratelimit_pass(&r, 60, PAUSE));
}

static void counts_what_passed(void)
{
	struct ratelimit r = { .begun = false };

	CHECK(ratelimit_pass(&r, 1000, PAUSE));
	for (int64_t now = 1001; now < 1060; now++)
		CHECK(!ratelimit_pass(&r, now, PAUSE));
	CHECK(ratelimit_pass(&r, 1100, PAUSE)); /* after that, not after 1060 */
	CHECK(!ratelimit_pass(&r, 1159, PAUSE));
	CHECK(ratelimit_pass(&r, 1160, PAUSE));
}

static void begins_anew(void)
{
	struct ratelimit r = { .begun = false };

	CHECK(ratelimit_pass(&r, 1000, PAUSE));
	r = (struct ratelimit){ .begun = false };
	CHECK(ratelimit_pass(&r, 1001, PAUSE));
}

int main(void)
{
	TEST("ratelimit: the first passes, and the next after the pause", passes);
	TEST("ratelimit: what was refused does not make the pause longer", counts_what_passed);
	TEST("ratelimit: set to zero, it passes again at once", begins_anew);
	return test_end();
}
