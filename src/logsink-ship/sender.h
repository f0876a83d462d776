/* Make records of lines, with their headers, and send them. */
#ifndef SENDER_H
#define SENDER_H

#include "logsink-ship/engine.h"

#include <stddef.h>
#include <stdint.h>

struct cutter_record;
struct reading;
struct reading_gap;
struct shipment;

enum { SENDER_HEADERS = 16 }; /* of the user */

struct sender_options {
	const char *host, *family;                  /* values of these headers */
	const char *id;                             /* in the header position */
	struct engine_header extra[SENDER_HEADERS]; /* with each record */
	size_t extra_count;
	int32_t partition; /* for all records; -1: the one that belongs to host and family */
};

struct sender;

/*
 * sender_new(o): Owner: the caller; sender_free (NULL: nothing). What o points to must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct sender *sender_new(const struct sender_options *o);
void sender_free(struct sender *s);

/*
 * sender_room(s, limit): how many bytes a line may have, if a record with its headers may have
 * limit.
 */
size_t sender_room(const struct sender *s, size_t limit);

/*
 * sender_choose(s, partitions): choose the partition for all records, of so many.
 * sender_partition(s): that partition.
 */
void sender_choose(struct sender *s, int32_t partitions);
int32_t sender_partition(const struct sender *s);

/*
 * sender_send(s, e, shipment, reading, r): send a record of the current file of reading, unless it
 * is stored already, or to be skipped.
 * Returns: as engine_send; ENGINE_SENT also for what needs not be sent.
 */
enum engine_sent sender_send(struct sender *s, struct engine *e, struct shipment *shipment,
			     const struct reading *reading, const struct cutter_record *r);

/* sender_mark(s, e, shipment, gap): send a record that says that something is missing here. */
enum engine_sent sender_mark(struct sender *s, struct engine *e, struct shipment *shipment,
			     const struct reading_gap *gap);

/*
 * sender_parse(value, len, id, end): the value of a header position.
 * Returns: false if it is not that of this id.
 */
bool sender_parse(const char *value, size_t len, const char *id, uint64_t *end);

#endif
