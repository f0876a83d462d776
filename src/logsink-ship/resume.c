/*
 * Find out what is stored already, by reading it back from the topic.
 *
 * The position knows for each partition the number behind the last record that it covers. All of
 * our records from there on were sent by a process that was killed before it could save that.
 *
 * What such a process had given to the kernel may arrive even after its end. So it is waited until
 * nothing more comes for half a second. That is no guarantee, which only a transaction gives.
 */
#include "logsink-ship/resume.h"

#include "base/diag.h"
#include "family/position.h"
#include "logsink-ship/engine.h"
#include "logsink-ship/reading.h"
#include "logsink-ship/seen.h"
#include "logsink-ship/sender.h"
#include "logsink-ship/shipment.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_MS = 500, STEP_MS = 100, FILE_NAME = 1024 };

struct reading_back {
	const struct resume_options *o;
	const struct reading *reading;
	struct seen *seen;
	int32_t partition;
	uint64_t found;

	/* The file of the record before. */
	char name[FILE_NAME];
	size_t name_len;
	bool is_member;
	int64_t period;
	unsigned part;
};

/* Records of one file come in a row. */
static bool find_member(struct reading_back *b, const char *file, size_t len)
{
	if (len >= sizeof(b->name))
		return false;
	if (len == b->name_len && memcmp(file, b->name, len) == 0)
		return b->is_member;
	memcpy(b->name, file, len);
	b->name[len] = '\0';
	b->name_len = len;
	b->is_member = reading_member(b->reading, b->name, &b->period, &b->part);
	return b->is_member;
}

static bool see(void *arg, const struct engine_old *old)
{
	struct reading_back *b = arg;
	const char *position, *file;
	size_t position_len, file_len;
	uint64_t end;

	if (!old)
		return b->o->go_on(b->o->arg);
	position = old->header(old, "position", &position_len);
	file = old->header(old, "file", &file_len);
	if (!position || !file || !sender_parse(position, position_len, b->o->id, &end) ||
	    !find_member(b, file, file_len))
		return true;
	must(seen_add(b->seen, b->partition, b->period, b->part, end) < 0 ? errno : 0);
	b->found++;
	return true;
}

static enum resume_result result_of(enum engine_read read)
{
	switch (read) {
	case ENGINE_ALL_READ:
		return RESUME_READY;
	case ENGINE_FORBIDDEN:
		return RESUME_UNKNOWN;
	case ENGINE_UNREAD:
		return RESUME_FAILED;
	case ENGINE_STOPPED:
		break;
	}
	return RESUME_STOPPED;
}

static enum resume_result wait_a_moment(const struct resume_options *o, struct engine *e)
{
	for (int ms = 0; ms < SETTLE_MS; ms += STEP_MS) {
		engine_serve(e, STEP_MS);
		if (!o->go_on(o->arg))
			return RESUME_STOPPED;
	}
	return RESUME_READY;
}

/* One partition, from this number; -1: from the one that the position has. */
static enum resume_result read_partition(struct reading_back *b, struct engine *e,
					 struct shipment *shipment, int64_t *from)
{
	struct position_partition *known = position_partition(shipment->position, b->partition);
	int64_t first, next;
	enum engine_read result = engine_range(e, b->partition, &first, &next);

	if (result != ENGINE_ALL_READ || !known) /* or there are too many */
		return result_of(result);
	if (known->next < 0)
		known->next = next; /* nothing of ours is there */
	if (known->next > next) {
		diag(DIAG_WARNING,
		     "partition %" PRId32 " of the topic has fewer records than were stored there "
		     "before; was the topic made anew?",
		     b->partition);
		known->next = next;
	}
	if (*from < 0)
		*from = known->next;
	result = engine_read_back(e, b->partition, *from < first ? first : *from, next, see, b);
	*from = next;
	return result_of(result);
}

static enum resume_result read_partitions(struct reading_back *b, struct engine *e,
					  struct shipment *shipment, int64_t from[], int32_t count)
{
	enum resume_result result = RESUME_READY;
	int32_t first = b->o->partition < 0 ? 0 : b->o->partition;

	for (int32_t i = 0; i < count && result == RESUME_READY; i++) {
		b->partition = first + i;
		result = read_partition(b, e, shipment, &from[i]);
	}
	return result;
}

/* Until nothing more of ours comes. */
static enum resume_result read_until_settled(struct reading_back *b, struct engine *e,
					     struct shipment *shipment, int64_t from[],
					     int32_t count)
{
	enum resume_result result = read_partitions(b, e, shipment, from, count);
	uint64_t before;

	if (!b->o->settle)
		return result;
	do {
		before = b->found;
		if (result == RESUME_READY)
			result = wait_a_moment(b->o, e);
		if (result == RESUME_READY)
			result = read_partitions(b, e, shipment, from, count);
	} while (result == RESUME_READY && b->found > before);
	return result;
}

enum resume_result resume_read_back(const struct resume_options *o, struct engine *e,
				    struct shipment *shipment, const struct reading *reading)
{
	struct reading_back b = { .o = o, .reading = reading, .seen = shipment->seen };
	int32_t count = o->partition < 0 ? engine_partitions(e) : 1;
	int64_t *from = malloc((size_t)count * sizeof(*from));

	must(from ? 0 : ENOMEM);
	for (int32_t i = 0; i < count; i++)
		from[i] = -1;
	enum resume_result result = read_until_settled(&b, e, shipment, from, count);
	free(from);
	if (b.found)
		diag(DIAG_INFO,
		     "%" PRIu64
		     " records behind the saved position are stored already, and are not "
		     "sent again",
		     b.found);
	return result;
}
