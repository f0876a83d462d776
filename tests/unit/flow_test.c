/* flow: when reads follow each other with naps, when without, and what counts as quiet. */
#include "input/flow.h"

#include "test.h"

enum { CAPACITY = 64 * 1024, LINE = 110 };

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)

/* A program that writes a line now and then, and a reader that does as the flow says. */
struct run {
	struct flow flow;
	int64_t now_ns;  /* when the last read was made */
	int64_t next_ns; /* when the next line is written */
	int reads, naps, quiet, lines;
	int64_t longest_ns;
};

static struct run run_of(int64_t interval_ns)
{
	struct run r = { .next_ns = 3600 * SECOND };

	flow_init(&r.flow, interval_ns, CAPACITY);
	return r;
}

static void go(struct run *r, int64_t gap_ns, int lines, size_t line)
{
	r->reads = r->naps = r->quiet = r->lines = 0;
	r->longest_ns = 0;
	while (r->lines < lines) {
		size_t bytes = 0;

		r->now_ns += r->flow.nap_ns;
		if (r->now_ns < r->next_ns)
			r->now_ns = r->next_ns;
		while (r->next_ns <= r->now_ns && bytes + line <= CAPACITY) {
			r->next_ns += gap_ns;
			bytes += line;
			r->lines++;
		}
		if (r->next_ns < r->now_ns)
			r->next_ns = r->now_ns; /* it had to wait */
		flow_next(&r->flow, r->now_ns, bytes);
		r->reads++;
		r->quiet += r->flow.quiet;
		r->naps += r->flow.nap_ns > 0;
		if (r->flow.nap_ns > r->longest_ns)
			r->longest_ns = r->flow.nap_ns;
	}
}

static void few_lines(void)
{
	struct run r = run_of(5 * MS);

	go(&r, 100 * MS, 100, LINE);
	CHECK_INT(r.reads, 100);
	CHECK_INT(r.quiet, 100);
	CHECK_INT(r.naps, 0);
	CHECK_INT(r.flow.watch_ns, FLOW_LAST_WATCH_NS);
	go(&r, MS, 1000, LINE);
	CHECK_INT(r.reads, 1000);
	CHECK_INT(r.quiet, 1000);
	CHECK_INT(r.naps, 0);
	CHECK_INT(r.flow.watch_ns / MS, CAPACITY / 4 / LINE);
}

static void more_lines(void)
{
	struct run r = run_of(5 * MS);

	go(&r, SECOND / 5000, 5000, LINE);
	CHECK_INT(r.quiet, r.reads);
	CHECK(r.reads < 500);
	CHECK(r.naps > 150);
	CHECK_INT(r.longest_ns, 5 * MS);
	go(&r, SECOND / 20000, 20000, LINE);
	go(&r, SECOND / 20000, 20000, LINE);
	CHECK_INT(r.quiet, 0);
	CHECK(r.reads < 400);
}

static void without_naps(void)
{
	struct run r = run_of(0);

	go(&r, SECOND / 5000, 5000, LINE);
	CHECK_INT(r.reads, 5000);
	CHECK_INT(r.naps, 0);
	CHECK_INT(r.quiet, 5000);
}

/* It does not sleep on by habit. */
static void slows_down(void)
{
	struct run r = run_of(5 * MS);

	go(&r, SECOND / 5000, 5000, LINE);
	go(&r, MS * 10, 100, LINE);
	CHECK(r.naps <= 2);
	go(&r, MS * 10, 100, LINE);
	CHECK_INT(r.naps, 0);
	CHECK_INT(r.quiet, r.reads);
}

/* A nap may last longer, and then it pays off with fewer lines; but never until the pipe is full.
 */
static void longer_naps(void)
{
	struct run r = run_of(SECOND);

	go(&r, 50 * MS, 1000, LINE);
	CHECK(r.naps > 10 && r.reads < 500);
	CHECK_INT(r.longest_ns, SECOND);
	r = run_of(SECOND);
	go(&r, SECOND / 2000, 20000, LINE);
	CHECK(r.naps > 10);
	CHECK(r.longest_ns < CAPACITY / LINE * (SECOND / 2000));
}

/* A large write of several lines is not several writes. */
static void large_writes(void)
{
	struct run r = run_of(5 * MS);

	go(&r, 2 * MS, 1000, 10 * LINE);
	CHECK_INT(r.naps, 0);
	go(&r, 100 * MS, 100, CAPACITY / 2);
	CHECK_INT(r.quiet, 0);
}

static void full_speed(void)
{
	struct run r = run_of(5 * MS);

	go(&r, 0, 10 * 1000, CAPACITY);
	CHECK_INT(r.quiet, 0);
	CHECK(r.naps < r.reads / 4);
	go(&r, 0, 10 * 1000, CAPACITY);
	CHECK_INT(r.quiet, 0);
}

int main(void)
{
	TEST("flow: few lines are quiet, and read without naps", few_lines);
	TEST("flow: naps come when they collect many lines", more_lines);
	TEST("flow: without an interval there are no naps", without_naps);
	TEST("flow: naps end when lines become rare", slows_down);
	TEST("flow: a longer interval pays off with fewer lines, and leaves room in the pipe",
	     longer_naps);
	TEST("flow: large writes are neither quiet nor many", large_writes);
	TEST("flow: a program that fills the pipe is not kept waiting by naps", full_speed);
	return test_end();
}
