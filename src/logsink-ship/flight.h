/* Records that are on their way, in the order in which they were read. Pure. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record, or another step in the log, such as the end of a file. */
struct flight_step {
	int64_t period; /* the file */
	uint64_t end;   /* what was read of it with this step, in bytes */
	int64_t number; /* the engine's; -1: not stored there */
	uint64_t bytes; /* of the record */
	uint32_t lines;
	uint32_t part;
	int32_t partition;
	bool done;    /* stored, or nothing to be stored */
	bool within;  /* a piece of a line, and not the last: the position does not move here */
	bool ends;    /* the file is at its end */
	bool torn;    /* its last line has no newline */
	bool skipped; /* it was stored before */
};

struct flight;

/*
 * flight_new(): nothing is on its way.
 * Owner:   the caller; flight_free. Thread: one at a time.
 * Returns: NULL and errno (ENOMEM).
 */
struct flight *flight_new(void);
void flight_free(struct flight *f);

/*
 * flight_add(f, step): behind all others.
 * Gives:   *ticket, by which flight_done knows it; they count up.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int flight_add(struct flight *f, const struct flight_step *step, uint64_t *ticket);

/* flight_take_back(f): remove the step that was added last. */
void flight_take_back(struct flight *f);

/* flight_done(f, ticket, number): it is stored, under this number. */
void flight_done(struct flight *f, uint64_t ticket, int64_t number);

/*
 * flight_land(f, step): take the first step, if it is done.
 * Returns: whether it was.
 */
bool flight_land(struct flight *f, struct flight_step *step);

/* flight_first(f): the first step; NULL: there is none. */
const struct flight_step *flight_first(const struct flight *f);

/* flight_count(f), flight_bytes(f): the steps, and the bytes of their records. */
size_t flight_count(const struct flight *f);
uint64_t flight_bytes(const struct flight *f);

/* flight_clear(f): forget all steps; their tickets are not used again. */
void flight_clear(struct flight *f);

#endif
