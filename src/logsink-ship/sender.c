/*
 * Make records of lines, with their headers, and send them.
 *
 * The header position has the id of the position file and where the record ends in its file. By
 * that, and by the name of the file, it is known again when it is read back: host and path may be
 * those of another container.
 */
#include "logsink-ship/sender.h"

#include "logsink-ship/cutter.h"
#include "logsink-ship/reading.h"
#include "logsink-ship/shipment.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIXED = 5,         /* headers before the user's, at most */
	HEADER_COST = 12,  /* bytes beside a header's name and value, at most */
	NAME_MOST = 255,   /* bytes of the name of a file */
	NUMBER_MOST = 24,  /* of a number */
	LINE_LEAST = 1024, /* whatever the limit is */
};

struct sender {
	struct sender_options o;
	size_t host_len, family_len;
	int32_t partition;
	struct engine_header headers[FIXED + SENDER_HEADERS];
	char position[64], piece[32];
};

struct sender *sender_new(const struct sender_options *o)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->o = *o;
	s->host_len = strlen(o->host);
	s->family_len = strlen(o->family);
	return s;
}

void sender_free(struct sender *s)
{
	free(s);
}

size_t sender_room(const struct sender *s, size_t limit)
{
	size_t headers = s->host_len + s->family_len + NAME_MOST + strlen(s->o.id) +
			 3 * NUMBER_MOST + strlen("hostfamilyfilepositionpiece") +
			 (FIXED + s->o.extra_count) * HEADER_COST;

	for (size_t i = 0; i < s->o.extra_count; i++)
		headers += strlen(s->o.extra[i].name) + s->o.extra[i].len;
	return limit > headers + LINE_LEAST ? limit - headers : LINE_LEAST;
}

void sender_choose(struct sender *s, int32_t partitions)
{
	char name[8192];
	int n = snprintf(name, sizeof(name), "%s:%s", s->o.host, s->o.family);
	size_t len = (size_t)n < sizeof(name) ? (size_t)n : sizeof(name) - 1;

	s->partition =
		s->o.partition >= 0 ? s->o.partition : engine_partition(name, len, partitions);
}

int32_t sender_partition(const struct sender *s)
{
	return s->partition;
}

static void add(struct sender *s, struct engine_record *to, const char *name, const char *value,
		size_t len)
{
	s->headers[to->header_count++] =
		(struct engine_header){ .name = name, .value = value, .len = len };
}

static void add_headers(struct sender *s, struct engine_record *to, const struct reading *reading,
			const struct cutter_record *r)
{
	const char *file = reading_name(reading);
	int n;

	to->headers = s->headers;
	add(s, to, "host", s->o.host, s->host_len);
	add(s, to, "family", s->o.family, s->family_len);
	add(s, to, "file", file, strlen(file));
	n = snprintf(s->position, sizeof(s->position), "%s %" PRIu64, s->o.id, r->end);
	add(s, to, "position", s->position, (size_t)n);
	if (r->piece) {
		n = snprintf(s->piece, sizeof(s->piece), "%" PRIu32 "%s", r->piece,
			     r->more ? "" : " last");
		add(s, to, "piece", s->piece, (size_t)n);
	} else if (r->size) {
		n = snprintf(s->piece, sizeof(s->piece), "%" PRIu64, r->size);
		add(s, to, "truncated", s->piece, (size_t)n);
	}
	for (size_t i = 0; i < s->o.extra_count; i++)
		s->headers[to->header_count++] = s->o.extra[i];
}

static enum engine_sent send_step(struct sender *s, struct engine *e, struct shipment *shipment,
				  const struct flight_step *step, struct engine_record *to)
{
	to->partition = step->partition;
	to->ticket = shipment_add(shipment, step);
	enum engine_sent sent = engine_send(e, to);
	if (sent != ENGINE_SENT)
		shipment_take_back(shipment);
	(void)s;
	return sent;
}

enum engine_sent sender_send(struct sender *s, struct engine *e, struct shipment *shipment,
			     const struct reading *reading, const struct cutter_record *r)
{
	struct engine_record to = { .value = r->text, .len = r->len };
	struct flight_step step = {
		.period = reading_period(reading),
		.part = reading_part(reading),
		.end = r->end,
		.number = -1,
		.bytes = r->len,
		.lines = r->lines,
		.partition = s->partition,
		.within = r->more,
		.torn = r->torn,
	};

	if (r->skip)
		step.done = true;
	else if (shipment_was_seen(shipment, step.partition, step.period, step.part, step.end))
		step.done = step.skipped = true;
	if (step.done) {
		shipment_add(shipment, &step);
		return ENGINE_SENT;
	}
	add_headers(s, &to, reading, r);
	return send_step(s, e, shipment, &step, &to);
}

enum engine_sent sender_mark(struct sender *s, struct engine *e, struct shipment *shipment,
			     const struct reading_gap *gap)
{
	struct engine_record to = { .value = gap->text, .len = strlen(gap->text) };
	struct flight_step step = {
		.period = gap->period,
		.part = gap->part,
		.end = gap->end,
		.number = -1,
		.bytes = to.len,
		.partition = s->partition,
		.within = !gap->moves,
		.ends = gap->ends,
	};
	int n = snprintf(s->piece, sizeof(s->piece), "%" PRIu64, gap->bytes);

	to.headers = s->headers;
	add(s, &to, "host", s->o.host, s->host_len);
	add(s, &to, "family", s->o.family, s->family_len);
	add(s, &to, "gap", s->piece, (size_t)n);
	for (size_t i = 0; i < s->o.extra_count; i++)
		s->headers[to.header_count++] = s->o.extra[i];
	return send_step(s, e, shipment, &step, &to);
}

bool sender_parse(const char *value, size_t len, const char *id, uint64_t *end)
{
	size_t n = strlen(id);
	uint64_t number = 0;

	if (len <= n + 1 || memcmp(value, id, n) != 0 || value[n] != ' ')
		return false;
	for (const char *p = value + n + 1; p < value + len; p++) {
		if (*p < '0' || *p > '9' || number > UINT64_MAX / 10 - 1)
			return false;
		number = number * 10 + (uint64_t)(*p - '0');
	}
	*end = number;
	return true;
}
