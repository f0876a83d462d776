/*
 * What was read, what of it is on its way, and how far all of it is stored.
 *
 * The position is the end of the unbroken row of stored records. So is, for each partition, the
 * number behind the last of them: whatever is read back from there on was stored behind the
 * position, and is not sent again.
 */
#include "logsink-ship/shipment.h"

#include "base/clock.h"
#include "base/diag.h"
#include "family/position.h"
#include "logsink-ship/seen.h"

#include <errno.h>
#include <stdlib.h>

struct shipment *shipment_new(struct position *position)
{
	struct shipment *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->position = position;
	s->flight = flight_new();
	s->seen = calloc(1, sizeof(*s->seen));
	s->stored_ns = clock_mono_ns();
	if (s->flight && s->seen)
		return s;
	shipment_free(s);
	return NULL;
}

void shipment_free(struct shipment *s)
{
	if (!s)
		return;
	flight_free(s->flight);
	if (s->seen)
		seen_clear(s->seen);
	free(s->seen);
	free(s);
}

uint64_t shipment_add(struct shipment *s, const struct flight_step *step)
{
	uint64_t ticket = 0;

	if (flight_count(s->flight) == 0)
		s->stored_ns = clock_mono_ns();
	must(flight_add(s->flight, step, &ticket) < 0 ? errno : 0);
	return ticket;
}

void shipment_take_back(struct shipment *s)
{
	flight_take_back(s->flight);
}

void shipment_stored(struct shipment *s, uint64_t ticket, int64_t number)
{
	flight_done(s->flight, ticket, number);
	s->stored_ns = clock_mono_ns();
}

static void move(struct shipment *s, const struct flight_step *step)
{
	struct position *p = s->position;

	if (step->number >= 0) {
		struct position_partition *to = position_partition(p, step->partition);

		if (to && to->next <= step->number)
			to->next = step->number + 1;
		s->counts.shipped_records++;
		s->counts.shipped_lines += step->lines;
		s->counts.shipped_bytes += step->bytes;
	}
	s->counts.skipped_records += step->skipped;
	p->records += step->number >= 0 || step->skipped;
	p->lines += step->lines;
	p->bytes += step->bytes;
	if (step->within)
		return;
	struct position_file *f = position_add(p, step->period, step->part);
	f->offset = step->end;
	f->ended = step->ends;
	if (!step->ends)
		f->torn = step->torn;
}

void shipment_land(struct shipment *s)
{
	struct flight_step step;

	while (flight_land(s->flight, &step)) {
		move(s, &step);
		s->changed = true;
	}
}

bool shipment_was_seen(const struct shipment *s, int32_t partition, int64_t period, uint32_t part,
		       uint64_t end)
{
	int64_t seen = s->seen->count ? seen_end(s->seen, partition, period, part) : -1;

	return seen >= 0 && (uint64_t)seen >= end;
}

void shipment_restart(struct shipment *s)
{
	flight_clear(s->flight);
	seen_clear(s->seen);
}
