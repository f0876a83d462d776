/*
 * Records that are on their way, in the order in which they were read. Pure.
 *
 * Records of different partitions are stored in any order. The position is the end of the unbroken
 * row of those that are stored, so it only moves with the first.
 */
#include "logsink-ship/flight.h"

#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 1024 };

struct flight {
	struct flight_step *steps; /* a ring; its size is a power of 2 */
	size_t room;
	uint64_t first, next; /* tickets; that of a step tells its place */
	uint64_t bytes;
};

struct flight *flight_new(void)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->room = ROOM_AT_FIRST;
	f->steps = calloc(f->room, sizeof(*f->steps));
	if (!f->steps) {
		free(f);
		return NULL;
	}
	return f;
}

void flight_free(struct flight *f)
{
	if (!f)
		return;
	free(f->steps);
	free(f);
}

static struct flight_step *at(const struct flight *f, uint64_t ticket)
{
	return &f->steps[ticket & (f->room - 1)];
}

static int grow(struct flight *f)
{
	struct flight larger = *f;

	larger.room *= 2;
	larger.steps = calloc(larger.room, sizeof(*larger.steps));
	if (!larger.steps)
		return -1;
	for (uint64_t i = f->first; i < f->next; i++)
		*at(&larger, i) = *at(f, i);
	free(f->steps);
	*f = larger;
	return 0;
}

int flight_add(struct flight *f, const struct flight_step *step, uint64_t *ticket)
{
	if (flight_count(f) == f->room && grow(f) < 0)
		return -1;
	*ticket = f->next;
	*at(f, f->next++) = *step;
	f->bytes += step->bytes;
	return 0;
}

void flight_take_back(struct flight *f)
{
	insist(f->next > f->first);
	f->bytes -= at(f, --f->next)->bytes;
}

void flight_done(struct flight *f, uint64_t ticket, int64_t number)
{
	if (ticket < f->first || ticket >= f->next)
		return; /* cleared */
	at(f, ticket)->number = number;
	at(f, ticket)->done = true;
}

bool flight_land(struct flight *f, struct flight_step *step)
{
	if (f->first == f->next || !at(f, f->first)->done)
		return false;
	*step = *at(f, f->first++);
	f->bytes -= step->bytes;
	return true;
}

const struct flight_step *flight_first(const struct flight *f)
{
	return f->first < f->next ? at(f, f->first) : NULL;
}

size_t flight_count(const struct flight *f)
{
	return (size_t)(f->next - f->first);
}

uint64_t flight_bytes(const struct flight *f)
{
	return f->bytes;
}

void flight_clear(struct flight *f)
{
	f->first = f->next;
	f->bytes = 0;
}
