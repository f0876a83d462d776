/* What records are sent to: Kafka, by librdkafka. */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * This is all that the rest of the program knows of what it sends to. Another engine is another
 * engine.c. It must be able to:
 *  - say for each record that it is stored for good, in the order in which records were sent to a
 *    partition, and store nothing behind a record that it refused;
 *  - give a number to each record that it stored, and read records back from a number on;
 *  - keep a few short headers with a record.
 * An engine without partitions has one.
 */
struct engine;

struct engine_property {
	char *name, *value;
};

struct engine_options {
	const char *topic;
	const struct engine_property *properties; /* of librdkafka; later ones prevail */
	size_t property_count;
	uint64_t buffer;     /* bytes of memory for records that are on their way */
	uint64_t batch_size; /* bytes; 0: the default */

	/* A record is stored, and all records before it in its partition are: the one that was sent
	 * with this ticket, under this number. */
	void (*on_stored)(void *arg, uint64_t ticket, int64_t number);
	void *arg;
};

struct engine_header {
	const char *name, *value;
	size_t len; /* of value */
};

struct engine_record {
	const char *value, *key; /* key NULL: none */
	size_t len, key_len;
	int64_t time_ms; /* since the Epoch; 0: now */
	int32_t partition;
	const struct engine_header *headers;
	size_t header_count;
	uint64_t ticket;
};

/*
 * engine_new(o, why): a connection to come; nothing is waited for.
 *
 * Owner:   the caller; engine_free. What o points to must outlive it.
 * Thread:  all functions of this room: one at a time. on_stored is called by engine_serve.
 * Returns: NULL if a property is refused, and a sentence in why that does not contain its value.
 */
struct engine *engine_new(const struct engine_options *o, char why[512]);

/*
 * engine_free(e): drop the connection, and what is still on its way. It may wait for a second or
 * so; records that were sent may still be stored a moment later.
 */
void engine_free(struct engine *e);

enum engine_state {
	ENGINE_READY,
	ENGINE_WAITING, /* it may become ready by itself: engine_why */
	ENGINE_BROKEN, /* never again: engine_why; what is not stored yet must be sent by another */
};

/*
 * engine_find(e, timeout_ms): look for the topic.
 * With ENGINE_READY, engine_partitions, engine_limit and engine_cluster have an answer.
 */
enum engine_state engine_find(struct engine *e, int timeout_ms);
int32_t engine_partitions(const struct engine *e);
const char *engine_cluster(const struct engine *e); /* its name; "": it has none */

/* engine_limit(e): how many bytes key, value and headers of a record may have in all. */
size_t engine_limit(const struct engine *e);

/*
 * engine_partition(key, len, count): to which of count partitions a key belongs, as Kafka's own
 * client for Java has it: murmur2, org.apache.kafka.common.utils.Utils.
 */
int32_t engine_partition(const char *key, size_t len, int32_t count);

enum engine_sent {
	ENGINE_SENT,
	ENGINE_FULL,      /* the memory is used up: later, after engine_serve */
	ENGINE_TOO_LARGE, /* this record can never be sent */
	ENGINE_REFUSED,   /* engine_state is ENGINE_BROKEN */
};

/* engine_send(e, r): send a record; nothing of r is needed afterwards. */
enum engine_sent engine_send(struct engine *e, const struct engine_record *r);

/*
 * engine_serve(e, timeout_ms): wait until there is news, for so long at most, and deliver it.
 * Returns: the state now.
 */
enum engine_state engine_serve(struct engine *e, int timeout_ms);

/*
 * engine_news(e): a descriptor that is readable when engine_serve has something to deliver;
 * engine_serve reads it empty.
 */
int engine_news(const struct engine *e);

/* engine_why(e): what last went wrong: "k1:9092: Connection refused"; "" if nothing did. */
const char *engine_why(const struct engine *e);

/*
 * engine_refused_batch(e): whether the engine is broken because records that were sent together
 * were more than the other side takes at once; it need not be one of them.
 */
bool engine_refused_batch(const struct engine *e);

/* A record that was read back. The strings are valid only during the call. */
struct engine_old {
	int64_t number;
	const char *(*header)(const struct engine_old *old, const char *name, size_t *len);
	const void *message;
};

enum engine_read {
	ENGINE_ALL_READ,
	ENGINE_FORBIDDEN, /* reading the topic is not allowed: engine_why */
	ENGINE_UNREAD,    /* it did not work this time: engine_why */
	ENGINE_STOPPED,   /* see gives false */
};

/*
 * engine_range(e, partition, first, next): the numbers of the first record that is stored and of
 * the one that will be stored next.
 *
 * engine_read_back(e, partition, from, next, see, arg): call see(arg, record) for each record from
 * one number to before another, and see(arg, NULL) now and then while none comes.
 */
enum engine_read engine_range(struct engine *e, int32_t partition, int64_t *first, int64_t *next);
enum engine_read engine_read_back(struct engine *e, int32_t partition, int64_t from, int64_t next,
				  bool (*see)(void *arg, const struct engine_old *old), void *arg);

/* engine_version(): of the library, as text: "librdkafka 2.0.2". */
const char *engine_version(void);

#endif
