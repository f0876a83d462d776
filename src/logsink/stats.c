/* The counters of all rooms, and the line that prints them. */
#include "logsink/stats.h"

#include "base/clock.h"
#include "base/diag.h"

#include <inttypes.h>

static uint64_t get(const counter *c)
{
	return counter_get(c);
}

void stats_skip_rest(struct stats *s)
{
	const struct intake_counts *in = &s->in;
	const struct line_counter *teed = &s->tee.teed;

	atomic_store(&s->tee.skipped.lines,
		     get(&in->read.lines) - get(&in->dropped.lines) - get(&teed->lines));
	atomic_store(&s->tee.skipped.bytes,
		     get(&in->read.bytes) - get(&in->dropped.bytes) - get(&teed->bytes));
}

void stats_print(const struct stats *s, struct stats_waiting waiting)
{
	const struct line_counter *read = &s->in.read, *dropped = &s->in.dropped;
	const struct line_counter *filtered = &s->transform.filtered, *lost = &s->file->lost;
	const struct line_counter *teed = &s->tee.teed, *skipped = &s->tee.skipped;
	uint64_t in = get(&read->lines), no_more = get(&dropped->lines) + get(&lost->lines);
	uint64_t others = get(&filtered->lines) + no_more + waiting.lines;
	int64_t now = clock_mono_ns();
	uint64_t waits = s->inputs.waits_since_ns ? (uint64_t)(now - s->inputs.waits_since_ns) : 0;

	diag(DIAG_STATS,
	     "in_lines=%" PRIu64 " in_bytes=%" PRIu64 " written_lines=%" PRIu64
	     " written_bytes=%" PRIu64 " filtered_lines=%" PRIu64 " filtered_bytes=%" PRIu64
	     " dropped_lines=%" PRIu64 " dropped_bytes=%" PRIu64 " waiting_lines=%" PRIu64
	     " waiting_bytes=%" PRIu64 " teed_lines=%" PRIu64 " teed_bytes=%" PRIu64
	     " tee_skipped_lines=%" PRIu64 " tee_skipped_bytes=%" PRIu64 " files=%" PRIu64
	     " writes=%" PRIu64 " largest_batch_bytes=%" PRIu64 " input_waited_ms=%" PRIu64
	     " elapsed_ms=%" PRId64,
	     /* Waiting lines in another form may be more than the lines that were read. */
	     in, get(&read->bytes), in > others ? in - others : 0, get(&s->file->written_bytes),
	     get(&filtered->lines), get(&filtered->bytes), no_more,
	     get(&dropped->bytes) + get(&lost->bytes), waiting.lines, waiting.bytes,
	     get(&teed->lines), get(&teed->bytes), get(&skipped->lines), get(&skipped->bytes),
	     get(&s->file->files), get(&s->file->writes), get(&s->file->largest_batch_bytes),
	     (get(&s->inputs.waited_ns) + waits) / CLOCK_MS, (now - s->started_ns) / CLOCK_MS);
}
