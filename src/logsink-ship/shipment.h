/* What was read, what of it is on its way, and how far all of it is stored. */
#ifndef SHIPMENT_H
#define SHIPMENT_H

#include "logsink-ship/flight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct position;
struct seen;

/* Counted since the start. */
struct shipment_counts {
	uint64_t shipped_records, shipped_lines, shipped_bytes;
	uint64_t skipped_records; /* they were stored before */
	uint64_t large_lines;     /* longer than a record may be */
	uint64_t gaps, gap_bytes;
	uint64_t restarts; /* of the engine, after an error */
};

/* To be read; written by shipment_*() only, but for the counts. */
struct shipment {
	struct position *position; /* all before it is stored */
	struct flight *flight;     /* what was read behind it */
	struct seen *seen;         /* what of that is stored already */
	struct shipment_counts counts;
	int64_t stored_ns; /* when something was stored last, or nothing was on its way */
	bool changed;      /* the position, since it was saved */
};

/*
 * shipment_new(position): nothing is on its way.
 * Owner:   the caller; shipment_free. The position must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct shipment *shipment_new(struct position *position);
void shipment_free(struct shipment *s);

/*
 * shipment_add(s, step): something was read. If it is done there is nothing to wait for.
 * Returns: the ticket by which shipment_stored knows it.
 */
uint64_t shipment_add(struct shipment *s, const struct flight_step *step);

/* shipment_take_back(s): the last step is not on its way after all. */
void shipment_take_back(struct shipment *s);

/* shipment_stored(s, ticket, number): the engine has stored it, under this number. */
void shipment_stored(struct shipment *s, uint64_t ticket, int64_t number);

/* shipment_land(s): move the position over all that is stored without a gap. */
void shipment_land(struct shipment *s);

/* shipment_was_seen(s, partition, period, part, end): whether a record is stored already. */
bool shipment_was_seen(const struct shipment *s, int32_t partition, int64_t period, uint32_t part,
		       uint64_t end);

/* shipment_restart(s): forget what is on its way, and what was seen. */
void shipment_restart(struct shipment *s);

#endif
