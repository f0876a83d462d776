/*
 * What records are sent to: Kafka, by librdkafka. The only room that knows of it.
 *
 * Order is all: the position is one place in the log, and reading back takes the last record of a
 * partition as proof that all before it are there. So nothing may be stored behind a record that
 * was refused. The idempotent producer guarantees that (a broker refuses a batch whose number does
 * not follow the one before) with two exceptions:
 *
 *  - Its library gives up a record and goes on with the next. enable.gapless.guarantee makes that
 *    a fatal error; this instance is then of no more use, and its owner makes another one.
 *  - To a producer that it has not seen yet a broker grants any first number. So the first record
 *    for each partition is sent alone: the next one is only sent when that is stored.
 *
 * All errors that do not pass are handled like that: the instance is thrown away. There are many
 * kinds, and versions of the library before 2.3 make some of them fatal that need not be.
 *
 * Records never expire (message.timeout.ms=0): a record that is given up is a gap.
 *
 * Reading back uses the simple consumer, which needs no group, and no rights for one.
 */
#include "logsink-ship/engine.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TOPIC_WAIT_MS = 1000, /* for the answer to one question */
	LIMIT_WAIT_MS = 200,  /* for one that can be done without */
	READ_BACK_MS = 15000, /* without a record, until reading back is given up */
	OVERHEAD = 256,       /* bytes of a record beside key, value and headers, at most */
	RECORD_COST = 640,    /* bytes of memory that a record takes beside its value, about */
	LIMIT_DEFAULT = 1000000,
};

struct engine {
	struct engine_options o;
	rd_kafka_t *producer, *consumer;
	rd_kafka_topic_t *topic, *old_topic;
	int news[2]; /* a pipe */
	bool broken, refused_batch;
	int32_t partitions;
	bool *begun;   /* for each partition: one of our records is stored there */
	int32_t alone; /* the partition whose first record is on its way; -1: none */
	uint64_t alone_ticket;
	size_t limit;
	char cluster[128];
	char why[512];
};

const char *engine_version(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "librdkafka %s", rd_kafka_version_str());
	return text;
}

/* Whether the value of this property must not be shown. */
static bool is_secret(const char *name)
{
	static const char *const parts[] = { "password", "secret", "pem", "oauthbearer.config" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

/* ---- what the library says ---- */

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	if (strcmp(facility, "CONFWARN") == 0)
		return; /* of properties that we set on purpose, and of the other kind's */
	diag(DIAG_INFO, "librdkafka: %s: %s", facility, text);
}

static void keep_why(struct engine *e, const char *text)
{
	snprintf(e->why, sizeof(e->why), "%s", text);
}

static void on_error(rd_kafka_t *rk, int error, const char *reason, void *arg)
{
	struct engine *e = arg;
	char text[384];

	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(rk, text, sizeof(text));

		if (rk != e->producer)
			return;
		if (!e->broken) /* otherwise the record that was refused has told more */
			snprintf(e->why, sizeof(e->why), "%s: %s", rd_kafka_err2name(fatal), text);
		e->broken = true;
		return;
	}
	/* That no broker can be reached says less than why the last one could not. */
	if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !e->why[0])
		keep_why(e, reason);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct engine *e = arg;
	uint64_t ticket = (uint64_t)(uintptr_t)m->_private;

	(void)rk;
	if (m->err) {
		if (!e->broken && m->err != RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE)
			snprintf(e->why, sizeof(e->why), "%s", rd_kafka_err2str(m->err));
		if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && !e->broken)
			e->refused_batch = true;
		e->broken = true;
		return;
	}
	if (e->broken)
		return; /* whatever comes behind a refused record is not counted on */
	if (m->partition == e->alone && ticket == e->alone_ticket) {
		e->begun[m->partition] = true;
		e->alone = -1;
	}
	e->why[0] = '\0';
	e->o.on_stored(e->o.arg, ticket, m->offset);
}

/* ---- making one ---- */

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, char why[512])
{
	char text[384];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return true;
	snprintf(why, 512, "the property %s is refused: %s", name,
		 is_secret(name) ? "its value is not valid" : text);
	return false;
}

static bool set_number(rd_kafka_conf_t *conf, const char *name, uint64_t n, char why[512])
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	return set(conf, name, text, why);
}

/* What can be changed by properties. */
static bool set_defaults(const struct engine_options *o, rd_kafka_conf_t *conf, char why[512])
{
	return set(conf, "client.id", "logsink-ship", why) &&
	       set(conf, "client.software.name", "logsink-ship", why) &&
	       set(conf, "compression.codec", "lz4", why) && set(conf, "linger.ms", "20", why) &&
	       set(conf, "batch.num.messages", "10000", why) &&
	       set(conf, "socket.keepalive.enable", "true", why) &&
	       set(conf, "reconnect.backoff.max.ms", "5000", why) &&
	       set_number(conf, "queue.buffering.max.kbytes", o->buffer / 2048, why) &&
	       set_number(conf, "queue.buffering.max.messages", o->buffer / 2 / RECORD_COST + 1,
			  why);
}

static bool set_properties(const struct engine_options *o, rd_kafka_conf_t *conf, char why[512])
{
	for (size_t i = 0; i < o->property_count; i++)
		if (!set(conf, o->properties[i].name, o->properties[i].value, why))
			return false;
	return true;
}

/* What nobody may change. */
static bool set_guarantees(const struct engine_options *o, rd_kafka_conf_t *conf, char why[512])
{
	return set(conf, "enable.idempotence", "true", why) &&
	       set(conf, "enable.gapless.guarantee", "true", why) &&
	       set(conf, "acks", "all", why) && set(conf, "message.timeout.ms", "0", why) &&
	       (o->batch_size == 0 || set_number(conf, "batch.size", o->batch_size, why));
}

static rd_kafka_conf_t *make_conf(struct engine *e, bool producer, char why[512])
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_opaque(conf, e);
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	if (set_defaults(&e->o, conf, why) && set_properties(&e->o, conf, why)) {
		if (producer) {
			rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
			if (set_guarantees(&e->o, conf, why))
				return conf;
		} else if (set(conf, "enable.partition.eof", "true", why)) {
			return conf;
		}
	}
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static rd_kafka_t *make_instance(struct engine *e, bool producer, char why[512])
{
	rd_kafka_conf_t *conf = make_conf(e, producer, why);
	char text[384];

	if (!conf)
		return NULL;
	rd_kafka_t *rk = rd_kafka_new(producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, text,
				      sizeof(text));
	if (!rk) {
		snprintf(why, 512, "%s cannot be started: %s", engine_version(), text);
		rd_kafka_conf_destroy(conf);
	}
	return rk;
}

static size_t limit_of(rd_kafka_t *rk)
{
	char text[32];
	size_t size = sizeof(text);
	const rd_kafka_conf_t *conf = rd_kafka_conf(rk);

	if (rd_kafka_conf_get(conf, "message.max.bytes", text, &size) != RD_KAFKA_CONF_OK)
		return LIMIT_DEFAULT;
	return (size_t)strtoull(text, NULL, 10);
}

struct engine *engine_new(const struct engine_options *o, char why[512])
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e || pipe2(e->news, O_CLOEXEC | O_NONBLOCK) < 0) {
		snprintf(why, 512, "there is no memory or no descriptor for a connection: %s",
			 strerror(errno));
		free(e);
		return NULL;
	}
	e->o = *o;
	e->alone = -1;
	e->producer = make_instance(e, true, why);
	if (!e->producer) {
		engine_free(e);
		return NULL;
	}
	e->limit = limit_of(e->producer);
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(e->producer);
	rd_kafka_queue_io_event_enable(queue, e->news[1], "", 1);
	rd_kafka_queue_destroy(queue);
	e->topic = rd_kafka_topic_new(e->producer, o->topic, NULL);
	if (!e->topic) {
		snprintf(why, 512, "the topic '%s' is refused: %s", o->topic,
			 rd_kafka_err2str(rd_kafka_last_error()));
		engine_free(e);
		return NULL;
	}
	return e;
}

static void free_consumer(struct engine *e)
{
	if (e->old_topic)
		rd_kafka_topic_destroy(e->old_topic);
	if (e->consumer)
		rd_kafka_destroy(e->consumer);
	e->old_topic = NULL;
	e->consumer = NULL;
}

void engine_free(struct engine *e)
{
	free_consumer(e);
	e->broken = true; /* nothing is reported any more */
	if (e->producer) {
		rd_kafka_purge(e->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		if (e->topic)
			rd_kafka_topic_destroy(e->topic);
		rd_kafka_destroy(e->producer);
	}
	close(e->news[0]);
	close(e->news[1]);
	free(e->begun);
	free(e);
}

/* ---- the topic ---- */

/*
 * Asks for max.message.bytes of the topic. It may be forbidden to ask, or not be answered in time;
 * then the limit stays, and is found out by what is refused.
 */
static void ask_limit(struct engine *e)
{
	rd_kafka_ConfigResource_t *ask =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, e->o.topic);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(e->producer, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(e->producer);
	const rd_kafka_ConfigResource_t **answers;
	const rd_kafka_ConfigEntry_t **entries;
	const rd_kafka_DescribeConfigs_result_t *result;
	char text[128];
	size_t count = 0;

	rd_kafka_AdminOptions_set_request_timeout(options, TOPIC_WAIT_MS, text, sizeof(text));
	rd_kafka_DescribeConfigs(e->producer, &ask, 1, options, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, LIMIT_WAIT_MS);
	result = event ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
	answers = result ? rd_kafka_DescribeConfigs_result_resources(result, &count) : NULL;
	entries = count ? rd_kafka_ConfigResource_configs(answers[0], &count) : NULL;
	for (size_t i = 0; entries && i < count; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);

		if (value &&
		    strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0) {
			size_t n = (size_t)strtoull(value, NULL, 10);

			if (n > 0 && n < e->limit)
				e->limit = n;
		}
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ConfigResource_destroy(ask);
}

static enum engine_state found_topic(struct engine *e, const rd_kafka_metadata_topic_t *topic)
{
	if (topic->err || topic->partition_cnt == 0) {
		snprintf(e->why, sizeof(e->why), "the topic %s: %s", e->o.topic,
			 topic->err ? rd_kafka_err2str(topic->err) : "it has no partitions");
		return ENGINE_WAITING;
	}
	free(e->begun);
	e->begun = calloc((size_t)topic->partition_cnt, sizeof(*e->begun));
	must(e->begun ? 0 : ENOMEM);
	e->partitions = topic->partition_cnt;
	return ENGINE_READY;
}

enum engine_state engine_find(struct engine *e, int timeout_ms)
{
	const struct rd_kafka_metadata *found;
	enum engine_state state;

	if (engine_serve(e, 0) == ENGINE_BROKEN)
		return ENGINE_BROKEN;
	rd_kafka_resp_err_t error = rd_kafka_metadata(e->producer, 0, e->topic, &found, timeout_ms);
	rd_kafka_poll(e->producer, 0); /* errors tell more than a timeout does */
	if (error) {
		if (!e->why[0])
			keep_why(e, rd_kafka_err2str(error));
		return ENGINE_WAITING;
	}
	state = found->topic_cnt == 1 ? found_topic(e, &found->topics[0]) : ENGINE_WAITING;
	rd_kafka_metadata_destroy(found);
	if (state != ENGINE_READY)
		return state;
	char *cluster = rd_kafka_clusterid(e->producer, TOPIC_WAIT_MS);
	snprintf(e->cluster, sizeof(e->cluster), "%s", cluster ? cluster : "");
	rd_kafka_mem_free(e->producer, cluster);
	ask_limit(e);
	e->why[0] = '\0';
	return ENGINE_READY;
}

int32_t engine_partitions(const struct engine *e)
{
	return e->partitions;
}

const char *engine_cluster(const struct engine *e)
{
	return e->cluster;
}

size_t engine_limit(const struct engine *e)
{
	return e->limit > 2 * OVERHEAD ? e->limit - OVERHEAD : OVERHEAD;
}

int32_t engine_partition(const char *key, size_t len, int32_t count)
{
	const uint32_t m = 0x5bd1e995;
	const unsigned char *p = (const unsigned char *)key;
	uint32_t h = UINT32_C(0x9747b28c) ^ (uint32_t)len;
	size_t left = len;

	for (; left >= 4; left -= 4, p += 4) {
		uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			     (uint32_t)p[3] << 24;

		k *= m;
		k ^= k >> 24;
		h = h * m ^ k * m;
	}
	if (left > 0) {
		while (left-- > 0)
			h ^= (uint32_t)p[left] << 8 * left;
		h *= m;
	}
	h ^= h >> 13;
	h *= m;
	h ^= h >> 15;
	return (int32_t)(h & 0x7fffffff) % count;
}

/* ---- sending ---- */

static rd_kafka_headers_t *make_headers(const struct engine_record *r)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(r->header_count);

	for (size_t i = 0; i < r->header_count; i++)
		rd_kafka_header_add(headers, r->headers[i].name, -1, r->headers[i].value,
				    (ssize_t)r->headers[i].len);
	return headers;
}

static enum engine_sent not_sent(struct engine *e, rd_kafka_resp_err_t error)
{
	if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return ENGINE_FULL;
	if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		return ENGINE_TOO_LARGE;
	if (!e->broken)
		keep_why(e, rd_kafka_err2str(error));
	e->broken = true;
	return ENGINE_REFUSED;
}

enum engine_sent engine_send(struct engine *e, const struct engine_record *r)
{
	if (e->broken)
		return ENGINE_REFUSED;
	if (e->alone >= 0)
		return ENGINE_FULL;
	rd_kafka_headers_t *headers = make_headers(r);
	rd_kafka_resp_err_t error = rd_kafka_producev(
		e->producer, RD_KAFKA_V_RKT(e->topic), RD_KAFKA_V_PARTITION(r->partition),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value, r->len),
		RD_KAFKA_V_KEY(r->key, r->key ? r->key_len : 0), RD_KAFKA_V_TIMESTAMP(r->time_ms),
		RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)r->ticket),
		RD_KAFKA_V_END);
	if (error) {
		rd_kafka_headers_destroy(headers);
		return not_sent(e, error);
	}
	if (!e->begun[r->partition]) {
		e->alone = r->partition;
		e->alone_ticket = r->ticket;
	}
	return ENGINE_SENT;
}

enum engine_state engine_serve(struct engine *e, int timeout_ms)
{
	char bytes[64];

	while (read(e->news[0], bytes, sizeof(bytes)) > 0)
		;
	rd_kafka_poll(e->producer, timeout_ms);
	return e->broken ? ENGINE_BROKEN : e->why[0] ? ENGINE_WAITING : ENGINE_READY;
}

int engine_news(const struct engine *e)
{
	return e->news[0];
}

const char *engine_why(const struct engine *e)
{
	return e->why;
}

bool engine_refused_batch(const struct engine *e)
{
	return e->refused_batch;
}

/* ---- reading back ---- */

static const char *old_header(const struct engine_old *old, const char *name, size_t *len)
{
	rd_kafka_headers_t *headers;
	const void *value;

	if (rd_kafka_message_headers(old->message, &headers) ||
	    rd_kafka_header_get_last(headers, name, &value, len))
		return NULL;
	return value;
}

/* Keeps the reason, and says of which kind it is. */
static enum engine_read unread(struct engine *e, rd_kafka_resp_err_t error)
{
	snprintf(e->why, sizeof(e->why), "%s", rd_kafka_err2str(error));
	switch ((int)error) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return ENGINE_FORBIDDEN;
	default:
		return ENGINE_UNREAD;
	}
}

static bool open_consumer(struct engine *e)
{
	char why[512];

	if (e->consumer)
		return true;
	e->consumer = make_instance(e, false, why);
	if (!e->consumer) {
		keep_why(e, why);
		return false;
	}
	e->old_topic = rd_kafka_topic_new(e->consumer, e->o.topic, NULL);
	if (!e->old_topic)
		return false;
	/* Otherwise it looks for the leaders a second later. */
	const struct rd_kafka_metadata *found;
	if (!rd_kafka_metadata(e->consumer, 0, e->old_topic, &found, TOPIC_WAIT_MS))
		rd_kafka_metadata_destroy(found);
	return true;
}

enum engine_read engine_range(struct engine *e, int32_t partition, int64_t *first, int64_t *next)
{
	rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
		e->producer, e->o.topic, partition, first, next, 5 * TOPIC_WAIT_MS);

	return error ? unread(e, error) : ENGINE_ALL_READ;
}

enum step { STEP_ON, STEP_DONE, STEP_FAILED, STEP_STOPPED };

/* One message, or none. */
static enum step step(struct engine *e, const rd_kafka_message_t *m, int64_t next,
		      bool (*see)(void *arg, const struct engine_old *old), void *arg,
		      enum engine_read *result)
{
	if (!m)
		return see(arg, NULL) ? STEP_ON : STEP_STOPPED;
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		return m->offset >= next ? STEP_DONE : STEP_ON;
	if (m->err) {
		*result = unread(e, m->err);
		return STEP_FAILED;
	}
	struct engine_old old = { .number = m->offset, .header = old_header, .message = m };
	if (m->offset < next && !see(arg, &old))
		return STEP_STOPPED;
	return m->offset + 1 >= next ? STEP_DONE : STEP_ON;
}

enum engine_read engine_read_back(struct engine *e, int32_t partition, int64_t from, int64_t next,
				  bool (*see)(void *arg, const struct engine_old *old), void *arg)
{
	enum engine_read result = ENGINE_ALL_READ;
	enum step now = STEP_ON;

	if (from >= next)
		return ENGINE_ALL_READ;
	if (!open_consumer(e))
		return ENGINE_UNREAD;
	if (rd_kafka_consume_start(e->old_topic, partition, from) < 0)
		return unread(e, rd_kafka_last_error());
	for (int64_t heard = clock_mono_ns(); now == STEP_ON;) {
		rd_kafka_message_t *m = rd_kafka_consume(e->old_topic, partition, 100);

		rd_kafka_poll(e->consumer, 0);
		if (m)
			heard = clock_mono_ns();
		now = step(e, m, next, see, arg, &result);
		if (m)
			rd_kafka_message_destroy(m);
		if (now == STEP_ON && clock_mono_ns() - heard > READ_BACK_MS * CLOCK_MS) {
			if (!e->why[0])
				keep_why(e, "no answer");
			result = ENGINE_UNREAD;
			break;
		}
	}
	rd_kafka_consume_stop(e->old_topic, partition);
	return now == STEP_STOPPED ? ENGINE_STOPPED : result;
}
