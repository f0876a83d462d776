/* Counters: who counts what, and the one line that tells them. */
#include "base/stats.h"

#include "base/clock.h"
#include "base/diag.h"

#include <inttypes.h>

void stats_add(stats_count *c, uint64_t n)
{
	/* One thread adds, so no locked instruction is needed. */
	uint64_t now = atomic_load_explicit(c, memory_order_relaxed);

	atomic_store_explicit(c, now + n, memory_order_relaxed);
}

static uint64_t get(const stats_count *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

void stats_skip_rest(struct stats *s)
{
	atomic_store(&s->tee_skipped_lines,
		     get(&s->in_lines) - get(&s->dropped_lines) - get(&s->teed_lines));
	atomic_store(&s->tee_skipped_bytes,
		     get(&s->in_bytes) - get(&s->dropped_bytes) - get(&s->teed_bytes));
}

void stats_print(const struct stats *s, struct stats_waiting waiting)
{
	uint64_t in = get(&s->in_lines), filtered = get(&s->filtered_lines);
	uint64_t dropped = get(&s->dropped_lines) + get(&s->lost_lines);
	uint64_t others = filtered + dropped + waiting.lines;

	diag(DIAG_STATS,
	     "in_lines=%" PRIu64 " in_bytes=%" PRIu64 " written_lines=%" PRIu64
	     " written_bytes=%" PRIu64 " filtered_lines=%" PRIu64 " filtered_bytes=%" PRIu64
	     " dropped_lines=%" PRIu64 " dropped_bytes=%" PRIu64 " waiting_lines=%" PRIu64
	     " waiting_bytes=%" PRIu64 " teed_lines=%" PRIu64 " teed_bytes=%" PRIu64
	     " tee_skipped_lines=%" PRIu64 " tee_skipped_bytes=%" PRIu64 " files=%" PRIu64
	     " writes=%" PRIu64 " largest_batch_bytes=%" PRIu64 " input_waited_ms=%" PRIu64
	     " elapsed_ms=%" PRId64,
	     /* Cooked lines that wait may be more than they were when they came. */
	     in, get(&s->in_bytes), in > others ? in - others : 0, get(&s->written_bytes), filtered,
	     get(&s->filtered_bytes), dropped, get(&s->dropped_bytes) + get(&s->lost_bytes),
	     waiting.lines, waiting.bytes, get(&s->teed_lines), get(&s->teed_bytes),
	     get(&s->tee_skipped_lines), get(&s->tee_skipped_bytes), get(&s->files),
	     get(&s->writes), get(&s->largest_batch_bytes), get(&s->input_waited_ns) / CLOCK_MS,
	     (clock_mono_ns() - s->started_ns) / CLOCK_MS);
}
