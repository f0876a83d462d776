/*
 * How a pipe is to be read, by how fast its bytes come. Pure.
 *
 * A read of a single line costs a few microseconds of processor, and a nap some twenty. So a nap
 * pays off only if several lines come meanwhile. How many writes there were cannot be seen after a
 * nap. So it is measured without: WINDOW reads in a row tell how often the program writes, and how
 * much. If that is often enough, the next NAPS reads are preceded by naps, and then it is measured
 * again.
 */
#include "input/flow.h"

#include "base/clock.h"

enum {
	WINDOW = 8,
	NAPS = 64,
	LARGE = 16 * 1024, /* bytes: such a read is not quiet */
	MANY = 12,         /* writes that a nap is to collect */
	FEW = 4,           /* of them: too few for another nap */
};

#define TOO_FAST_NS (25 * CLOCK_MS) /* looks that would have to be so frequent cost too much */

void flow_init(struct flow *f, int64_t longest_ns, size_t capacity)
{
	*f = (struct flow){ .longest_ns = longest_ns, .quiet = true };
	f->watch_ns = FLOW_LAST_WATCH_NS;
	f->coalesce.longest = (double)longest_ns / (double)CLOCK_SECOND;
	f->coalesce.capacity = capacity;
}

void flow_capacity(struct flow *f, size_t capacity)
{
	f->coalesce.capacity = capacity;
}

/* How long the program takes to fill a quarter of the pipe, within limits. */
static int64_t quarter_ns(const struct flow *f, int64_t took_ns)
{
	double ns = (double)took_ns * (double)f->coalesce.capacity / 4. / (double)f->bytes;

	return ns < (double)FLOW_LAST_WATCH_NS ? (int64_t)ns : FLOW_LAST_WATCH_NS;
}

static void measure(struct flow *f, int64_t now_ns)
{
	int64_t took_ns = now_ns - f->begun_ns;
	int64_t quarter = quarter_ns(f, took_ns);

	f->watch_ns = quarter;
	f->quiet = quarter >= TOO_FAST_NS;
	if (f->left == 0 && took_ns < WINDOW * f->longest_ns / MANY) {
		f->left = NAPS;
		f->write_bytes = f->bytes / WINDOW;
		f->coalesce.nap = (double)quarter / (double)CLOCK_SECOND;
		if (f->coalesce.nap > f->coalesce.longest)
			f->coalesce.nap = f->coalesce.longest;
	}
	f->begun_ns = now_ns;
	f->reads = 0;
	f->bytes = 0;
}

static void take_nap(struct flow *f, size_t bytes)
{
	if (f->left == 0)
		return;
	f->left--;
	(void)coalesce_next(&f->coalesce, bytes);
	f->nap_ns = (int64_t)(f->coalesce.nap * (double)CLOCK_SECOND);
}

void flow_next(struct flow *f, int64_t now_ns, size_t bytes)
{
	bool napped = f->nap_ns > 0;

	f->nap_ns = 0;
	if (napped && bytes < FEW * f->write_bytes)
		f->left = 0;
	f->reads++;
	f->bytes += bytes;
	if (f->begun_ns == 0 || (napped && f->left == 0)) { /* it is measured from here on */
		f->begun_ns = now_ns;
		f->reads = 0;
		f->bytes = 0;
	} else if (f->reads >= WINDOW) {
		measure(f, now_ns);
	}
	take_nap(f, bytes);
	if (bytes >= LARGE)
		f->quiet = false;
}
