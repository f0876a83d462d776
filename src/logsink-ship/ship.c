/*
 * The run: read, send, save the position, and go on after errors, until it is over.
 *
 * One thread does all this; librdkafka has its own. It waits in one place, for signals, news of
 * the family, and news of the engine.
 *
 * Whatever goes wrong with the engine, there is one way on: drop it, begin anew where the position
 * is, and read back what is stored behind that. It is the way of a start after kill -9, too, so it
 * is the one that is tested most.
 */
#include "logsink-ship/ship.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/ratelimit.h"
#include "family/position.h"
#include "logsink-ship/cutter.h"
#include "logsink-ship/engine.h"
#include "logsink-ship/options.h"
#include "logsink-ship/posfile.h"
#include "logsink-ship/properties.h"
#include "logsink-ship/reading.h"
#include "logsink-ship/resume.h"
#include "logsink-ship/sender.h"
#include "logsink-ship/shipment.h"
#include "record/filter.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	SAVE_MS = 250, /* between two savings of the position */
	FIND_MS = 500, /* for one answer about the topic */
	STALL_S = 10,  /* without progress, until that is said */
	FIRST_S = 3,   /* the same at the start, and after an error */
	AGAIN_S = 60,  /* and said again */
	BACKOFF_S = 1, /* before the first try after an error; doubled each time */
	BACKOFF_MOST_S = 60,
	REFUSED_S = 10,    /* with --exit-on-error: without a topic */
	FULL_MS = 100,     /* wait for the engine */
	IDLE_MS = 5000,    /* at most, for anything */
	NO_WATCH_MS = 250, /* the same, if nothing tells that there are new lines */
	AT_ONCE = 4096,    /* records between two looks at the rest */
	BATCH_LEAST = 1024,
	BATCH_FIRST = 1000000,
	LIMIT_LEAST = 4096,
};

struct ship {
	const struct options *o;
	const struct ship_parts *parts;
	struct position *position;
	struct reading *reading;
	struct shipment *shipment;
	struct sender *sender;
	struct filter *begins; /* NULL: each line is a record */
	struct cutter *cutter;
	struct engine *engine; /* NULL: there is none now */
	char host[256];
	char id[POSITION_ID + 1];

	uint64_t batch_size; /* 0: the default */
	size_t limit;        /* of a record; 0: the engine's */

	/* What was read and not given to the engine yet. */
	bool has_record, has_end, ending, nothing;
	struct cutter_record record;
	struct flight_step end; /* of the file before, when the record is given that began in it */
	const struct reading_gap *gap;
	int64_t nothing_ns; /* since when */

	bool stopping, at_once, failed, refused;
	int64_t stop_ns; /* when to stop at the latest */

	/* Trouble. */
	bool found;         /* the topic; then there was a connection */
	int64_t trouble_ns; /* since when the engine is not what it should be; 0: it is */
	bool said_trouble;
	struct ratelimit trouble;
	int64_t retry_ns, backoff_ns;
	int64_t saved_ns, stats_ns;
};

/* ---- the counters ---- */

static void print_stats(struct ship *s)
{
	const struct shipment_counts *c = &s->shipment->counts;
	size_t files;
	uint64_t waiting = reading_waiting(s->reading, &files) + flight_bytes(s->shipment->flight);

	diag(DIAG_STATS,
	     "shipped_records=%" PRIu64 " shipped_lines=%" PRIu64 " shipped_bytes=%" PRIu64
	     " skipped_records=%" PRIu64 " large_lines=%" PRIu64 " gaps=%" PRIu64
	     " gap_bytes=%" PRIu64 " restarts=%" PRIu64 " sending_records=%zu waiting_files=%zu"
	     " waiting_bytes=%" PRIu64,
	     c->shipped_records, c->shipped_lines, c->shipped_bytes, c->skipped_records,
	     c->large_lines, c->gaps, c->gap_bytes, c->restarts, flight_count(s->shipment->flight),
	     files, waiting);
}

/* ---- signals ---- */

static void stop(struct ship *s)
{
	s->at_once = s->stopping;
	s->stopping = true;
	s->stop_ns = clock_mono_ns() + s->o->grace_ns;
}

static void take_signals(struct ship *s)
{
	struct signalfd_siginfo info;

	while (read(s->parts->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR2)
			print_stats(s);
		else if (info.ssi_signo == SIGHUP)
			reading_look(s->reading);
		else
			stop(s);
	}
}

/* Waits for anything, for so long at most. */
static void wait_for_news(struct ship *s, int ms)
{
	struct pollfd fds[] = {
		{ .fd = s->parts->signals, .events = POLLIN },
		{ .fd = s->engine ? engine_news(s->engine) : -1, .events = POLLIN },
		{ .fd = s->nothing ? reading_fd(s->reading) : -1, .events = POLLIN },
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), ms) > 0 && fds[0].revents)
		take_signals(s);
}

/* ---- trouble ---- */

static void say_trouble(struct ship *s, int64_t after_s)
{
	int64_t now = clock_mono_ns();
	size_t count = flight_count(s->shipment->flight);
	const char *why = s->engine ? engine_why(s->engine) : "";

	if (now - s->trouble_ns < after_s * CLOCK_SECOND ||
	    !ratelimit_pass(&s->trouble, now, AGAIN_S * CLOCK_SECOND))
		return;
	s->said_trouble = true;
	if (s->found)
		diag(DIAG_PAUSING,
		     "nothing was stored for %jd s, and %zu records wait for it: %s; no line is "
		     "lost",
		     (intmax_t)((now - s->trouble_ns) / CLOCK_SECOND), count,
		     *why ? why : "the brokers do not answer");
	else
		diag(DIAG_PAUSING, "cannot ship to the topic %s: %s; it is tried again",
		     s->o->topic, *why ? why : "the brokers do not answer");
}

static void end_trouble(struct ship *s)
{
	if (s->said_trouble)
		diag(DIAG_RESUMED, "shipping to the topic %s", s->o->topic);
	s->said_trouble = false;
	s->trouble_ns = 0;
	s->trouble = (struct ratelimit){ 0 };
	s->backoff_ns = BACKOFF_S * CLOCK_SECOND;
}

static void begin_trouble(struct ship *s, int64_t since_ns)
{
	if (s->trouble_ns == 0)
		s->trouble_ns = since_ns;
}

/* ---- the position ---- */

/* clean: nothing is on its way. */
static void save(struct ship *s, bool clean)
{
	s->saved_ns = clock_mono_ns();
	reading_head(s->reading, s->position);
	s->position->clean = clean;
	if (posfile_save(s->parts->posfile, s->position))
		s->shipment->changed = false;
}

static void save_if_due(struct ship *s)
{
	if (s->shipment->changed && clock_mono_ns() - s->saved_ns >= SAVE_MS * CLOCK_MS)
		save(s, false);
}

/* ---- the engine ---- */

static void on_stored(void *arg, uint64_t ticket, int64_t number)
{
	struct ship *s = arg;

	shipment_stored(s->shipment, ticket, number);
}

static bool go_on(void *arg)
{
	struct ship *s = arg;

	take_signals(s);
	return !s->stopping;
}

static void drop_engine(struct ship *s)
{
	if (s->engine)
		engine_free(s->engine);
	s->engine = NULL;
	s->found = false;
	s->has_record = s->has_end = s->ending = s->nothing = false;
	s->gap = NULL;
	cutter_forget(s->cutter);
	shipment_restart(s->shipment);
}

static void retry_later(struct ship *s)
{
	shipment_land(s->shipment);
	if (s->found)
		save(s, false);
	drop_engine(s);
	begin_trouble(s, clock_mono_ns());
	s->retry_ns = clock_mono_ns() + s->backoff_ns;
	s->backoff_ns *= 2;
	if (s->backoff_ns > BACKOFF_MOST_S * CLOCK_SECOND)
		s->backoff_ns = BACKOFF_MOST_S * CLOCK_SECOND;
}

/*
 * Records that were sent together were too much. Fewer are sent together from now on, until the
 * first one is alone; if that is refused, too, it is too large itself.
 */
static void shrink(struct ship *s)
{
	const struct flight_step *first = flight_first(s->shipment->flight);
	uint64_t largest = first ? first->bytes : 0;

	if (s->batch_size == 0)
		s->batch_size = BATCH_FIRST;
	if (s->batch_size > largest && s->batch_size / 2 >= BATCH_LEAST) {
		s->batch_size /= 2;
		diag(DIAG_INFO, "the topic takes less at once; sending %" PRIu64 " bytes at once",
		     s->batch_size);
		return;
	}
	s->limit = largest / 2 > LIMIT_LEAST ? (size_t)largest / 2 : LIMIT_LEAST;
	diag(DIAG_WARNING,
	     "the topic %s takes less than its limit says: a record of %" PRIu64
	     " bytes was refused; records have %zu bytes at most from now on",
	     s->o->topic, largest, s->limit);
}

static void on_broken(struct ship *s)
{
	bool batch = engine_refused_batch(s->engine);

	s->shipment->counts.restarts++;
	shipment_land(s->shipment);
	if (batch) {
		shrink(s);
	} else {
		diag(DIAG_PAUSING,
		     "the brokers refused a record: %s; shipping goes on behind what "
		     "is stored, in %jd s",
		     engine_why(s->engine), (intmax_t)(s->backoff_ns / CLOCK_SECOND));
		s->said_trouble = true;
		s->refused = true;
	}
	retry_later(s);
	if (batch)
		s->retry_ns = 0;
}

static bool make_engine(struct ship *s)
{
	const struct engine_options e = {
		.topic = s->o->topic,
		.properties = s->parts->properties->list,
		.property_count = s->parts->properties->count,
		.buffer = s->o->buffer,
		.batch_size = s->batch_size,
		.on_stored = on_stored,
		.arg = s,
	};
	char why[512];

	s->engine = engine_new(&e, why);
	if (s->engine)
		return true;
	diag(DIAG_USAGE, "%s; try 'logsink-ship --help'", why);
	return false;
}

/* ---- getting ready ---- */

static bool check_cluster(struct ship *s)
{
	const char *cluster = engine_cluster(s->engine);

	if (s->position->cluster[0] && strcmp(s->position->cluster, cluster) != 0) {
		diag(DIAG_FATAL,
		     "the position is that of the cluster '%s', and the brokers are of the cluster "
		     "'%s'; to ship to that one, too, give another --position",
		     s->position->cluster, cluster);
		return false;
	}
	snprintf(s->position->cluster, sizeof(s->position->cluster), "%s", cluster);
	return true;
}

/* The topic may have got more partitions since; all lines go where the first have gone. */
static bool choose_partition(struct ship *s)
{
	int32_t there = engine_partitions(s->engine);

	if (s->position->partition_total == 0 || s->position->partition_total > (uint32_t)there)
		s->position->partition_total = (uint32_t)there;
	sender_choose(s->sender, (int32_t)s->position->partition_total);
	if (s->o->partition < there)
		return true;
	diag(DIAG_FATAL,
	     "--partition=%" PRId32 ": the topic %s has %" PRId32 " partitions, the first is 0",
	     s->o->partition, s->o->topic, there);
	return false;
}

static bool make_cutter(struct ship *s)
{
	size_t limit = engine_limit(s->engine);

	if (s->limit && s->limit < limit)
		limit = s->limit;
	if (s->o->max_record && s->o->max_record < limit)
		limit = (size_t)s->o->max_record;
	const struct cutter_options c = { .limit = sender_room(s->sender, limit),
					  .large = s->o->large,
					  .begins = s->begins };
	cutter_free(s->cutter);
	s->cutter = cutter_new(&c);
	must(s->cutter ? 0 : ENOMEM);
	return true;
}

/* Reads back what a process that was killed, or an engine that was dropped, has sent. */
static enum resume_result read_back(struct ship *s)
{
	const struct resume_options o = {
		.id = s->position->id,
		.partition = sender_partition(s->sender),
		.settle = s->position->count > 0 && !s->position->clean,
		.go_on = go_on,
		.arg = s,
	};
	enum resume_result result = resume_read_back(&o, s->engine, s->shipment, s->reading);

	if (result != RESUME_UNKNOWN)
		return result;
	diag(DIAG_WARNING,
	     "the topic %s may not be read: %s; lines may be sent twice after an error, or after "
	     "this process was killed",
	     s->o->topic, engine_why(s->engine));
	return RESUME_READY;
}

/* The topic is found, or not yet; false: it is over. */
static bool get_ready(struct ship *s)
{
	enum engine_state state = engine_find(s->engine, FIND_MS);

	if (state == ENGINE_BROKEN) {
		on_broken(s);
		return true;
	}
	if (state == ENGINE_WAITING) {
		begin_trouble(s, clock_mono_ns());
		say_trouble(s, FIRST_S);
		return true;
	}
	if (!check_cluster(s) || !choose_partition(s)) {
		s->failed = true;
		return false;
	}
	switch (read_back(s)) {
	case RESUME_READY:
		break;
	case RESUME_STOPPED:
		return true;
	case RESUME_UNKNOWN:
	case RESUME_FAILED:
		begin_trouble(s, clock_mono_ns());
		say_trouble(s, FIRST_S);
		return true;
	}
	make_cutter(s);
	save(s, false); /* from now on something may be on its way */
	reading_go(s->reading, s->position);
	s->found = true;
	s->refused = false;
	diag(DIAG_INFO, "connected to the topic %s, partition %" PRId32 " of %" PRId32, s->o->topic,
	     sender_partition(s->sender), engine_partitions(s->engine));
	return true;
}

/* ---- reading ---- */

static struct flight_step end_of_file(const struct ship *s)
{
	return (struct flight_step){ .period = reading_period(s->reading),
				     .part = reading_part(s->reading),
				     .end = reading_offset(s->reading),
				     .number = -1,
				     .done = true,
				     .ends = true };
}

/* The file is at its end, and all records of it are given. */
static void end_file(struct ship *s)
{
	s->ending = false;
	if (s->has_end)
		shipment_add(s->shipment, &s->end); /* of the one before, by now */
	s->has_end = cutter_holds(s->cutter) > 0;
	s->end = end_of_file(s);
	if (!s->has_end)
		shipment_add(s->shipment, &s->end);
}

/* A record of several lines has waited long enough for more. */
static bool may_flush(const struct ship *s)
{
	return s->nothing && (s->o->drain || s->stopping ||
			      clock_mono_ns() - s->nothing_ns >= s->o->join_wait_ns);
}

/* Nothing more is there for now. */
static bool rest_record(struct ship *s)
{
	if (s->o->drain && cutter_end(s->cutter, &s->record)) {
		reading_torn(s->reading);
		return true;
	}
	return may_flush(s) && cutter_flush(s->cutter, &s->record);
}

/* Takes more bytes; false: there are none now. */
static bool read_more(struct ship *s)
{
	const char *bytes;
	size_t len;

	switch (reading_next(s->reading, &bytes, &len)) {
	case READING_FILE:
		cutter_begin(s->cutter, reading_offset(s->reading), reading_after_torn(s->reading));
		return true;
	case READING_BYTES:
		s->nothing = false;
		cutter_feed(s->cutter, bytes, len);
		return true;
	case READING_END:
		s->ending = true;
		return true;
	case READING_GAP:
		s->gap = reading_gap(s->reading);
		return true;
	case READING_FAILED:
		s->failed = s->o->drain;
		break;
	case READING_NOTHING:
		break;
	}
	if (!s->nothing)
		s->nothing_ns = clock_mono_ns();
	s->nothing = true;
	return false;
}

/* Whether there is a record, or a gap, to be sent. */
static bool next_record(struct ship *s)
{
	while (!s->has_record && !s->gap) {
		s->has_record = cutter_next(s->cutter, &s->record);
		if (s->has_record)
			break;
		if (s->ending) {
			s->has_record = cutter_end(s->cutter, &s->record);
			if (s->has_record)
				reading_torn(s->reading);
			else
				end_file(s);
			continue;
		}
		if (!read_more(s)) {
			s->has_record = rest_record(s);
			break;
		}
	}
	return s->has_record || s->gap;
}

/* ---- sending ---- */

static void count_large(struct ship *s)
{
	if (s->record.piece == 1 || s->record.size) {
		if (s->shipment->counts.large_lines++ == 0)
			diag(DIAG_WARNING,
			     "a line of %s is longer than a record may be; see --large",
			     reading_name(s->reading));
	}
}

static enum engine_sent send_gap(struct ship *s)
{
	enum engine_sent sent = sender_mark(s->sender, s->engine, s->shipment, s->gap);

	if (sent != ENGINE_SENT)
		return sent;
	diag(DIAG_LOSS, "a gap in the topic %s: %s", s->o->topic, s->gap->text);
	s->shipment->counts.gaps++;
	s->shipment->counts.gap_bytes += s->gap->bytes;
	s->position->gaps++;
	s->gap = NULL;
	return ENGINE_SENT;
}

static enum engine_sent send_record(struct ship *s)
{
	if (!s->has_record)
		return send_gap(s);
	enum engine_sent sent =
		sender_send(s->sender, s->engine, s->shipment, s->reading, &s->record);
	if (sent != ENGINE_SENT)
		return sent;
	count_large(s);
	s->has_record = false;
	if (s->has_end && !s->record.more) {
		shipment_add(s->shipment, &s->end);
		s->has_end = false;
	}
	return ENGINE_SENT;
}

/* A record that the library itself does not take: the limit was wrong. */
static void on_too_large(struct ship *s)
{
	s->limit = s->record.len / 2 > LIMIT_LEAST ? s->record.len / 2 : LIMIT_LEAST;
	drop_engine(s);
	s->retry_ns = 0;
}

/* Reads and sends for a while. Returns: how long to wait then, in ms. */
static int send_some(struct ship *s)
{
	for (int i = 0; i < AT_ONCE; i++) {
		if (!next_record(s))
			return reading_fd(s->reading) < 0 ? NO_WATCH_MS : IDLE_MS;
		switch (send_record(s)) {
		case ENGINE_SENT:
			break;
		case ENGINE_FULL:
			return FULL_MS;
		case ENGINE_TOO_LARGE:
			on_too_large(s);
			return 0;
		case ENGINE_REFUSED:
			return 0;
		}
	}
	return 0;
}

/* ---- the loop ---- */

static void watch_progress(struct ship *s)
{
	if (flight_count(s->shipment->flight) == 0 ||
	    clock_mono_ns() - s->shipment->stored_ns < STALL_S * CLOCK_SECOND) {
		if (s->trouble_ns && s->shipment->stored_ns > s->trouble_ns)
			end_trouble(s);
		return;
	}
	begin_trouble(s, s->shipment->stored_ns);
	say_trouble(s, STALL_S);
}

/* For the next thing that is to be done at a time. */
static int wait_ms(const struct ship *s, int ms)
{
	int64_t now = clock_mono_ns();
	int64_t until = now + ms * CLOCK_MS;
	const struct {
		bool there;
		int64_t at;
	} times[] = {
		{ s->shipment->changed, s->saved_ns + SAVE_MS * CLOCK_MS },
		{ flight_count(s->shipment->flight) > 0, now + CLOCK_SECOND },
		{ s->stopping, s->stop_ns },
		{ s->o->stats_ns > 0, s->stats_ns + s->o->stats_ns },
		{ s->begins && s->nothing && cutter_holds(s->cutter) > 0,
		  s->nothing_ns + s->o->join_wait_ns },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i].there && times[i].at < until)
			until = times[i].at;
	return until <= now ? 0 : (int)((until - now) / CLOCK_MS) + 1;
}

/* One turn while there is a connection. */
static void pump(struct ship *s)
{
	int ms = IDLE_MS;

	take_signals(s);
	if (engine_serve(s->engine, 0) == ENGINE_BROKEN) {
		on_broken(s);
		return;
	}
	shipment_land(s->shipment);
	if (!s->stopping)
		ms = send_some(s);
	if (!s->engine)
		return;
	shipment_land(s->shipment);
	save_if_due(s);
	watch_progress(s);
	if (ms > 0 && !(s->o->drain && s->nothing && flight_count(s->shipment->flight) == 0))
		wait_for_news(s, wait_ms(s, ms));
}

/* One turn without. Returns: false if it cannot go on. */
static bool connect_again(struct ship *s)
{
	int64_t now = clock_mono_ns();

	if (now < s->retry_ns) {
		wait_for_news(s, (int)((s->retry_ns - now) / CLOCK_MS) + 1);
		return true;
	}
	if (!s->engine && !make_engine(s))
		return false;
	take_signals(s);
	if (s->stopping)
		return true;
	return get_ready(s);
}

static void print_stats_if_due(struct ship *s)
{
	if (s->o->stats_ns == 0 || clock_mono_ns() - s->stats_ns < s->o->stats_ns)
		return;
	s->stats_ns = clock_mono_ns();
	print_stats(s);
}

static bool is_over(struct ship *s)
{
	bool landed = flight_count(s->shipment->flight) == 0;

	if (s->at_once || (s->stopping && (landed || clock_mono_ns() >= s->stop_ns)))
		return true;
	if (s->o->exit_on_error && s->refused) {
		diag(DIAG_FATAL, "ending after an error, because of --exit-on-error");
		s->failed = true;
		return true;
	}
	if (s->o->exit_on_error && s->trouble_ns && !s->found &&
	    clock_mono_ns() - s->trouble_ns > REFUSED_S * CLOCK_SECOND) {
		diag(DIAG_FATAL,
		     "cannot ship to the topic %s: %s; ending, because of --exit-on-error",
		     s->o->topic, s->engine ? engine_why(s->engine) : "");
		s->failed = true;
		return true;
	}
	return s->o->drain && s->found && s->nothing && !s->has_record && !s->gap && landed;
}

static enum ship_status finish(struct ship *s)
{
	size_t left = flight_count(s->shipment->flight);

	if (s->found) {
		bool clean = left == 0;

		save(s, clean);
	}
	if (left > 0)
		diag(DIAG_WARNING,
		     "%zu records are not known to be stored; the next start finds out, and sends "
		     "those that are not",
		     left);
	if (s->o->stats)
		print_stats(s);
	return s->failed || left > 0 || s->shipment->counts.gaps ? SHIP_REST : SHIP_ALL;
}

static bool make_parts(struct ship *s)
{
	static const char *join[1];

	gethostname(s->host, sizeof(s->host) - 1);
	const struct sender_options o = { .host = s->host,
					  .family = s->position->family,
					  .id = s->position->id,
					  .partition = s->o->partition };
	struct sender_options all = o;
	memcpy(all.extra, s->o->headers, sizeof(all.extra));
	all.extra_count = s->o->header_count;
	s->sender = sender_new(&all);
	s->shipment = shipment_new(s->position);
	join[0] = s->o->join;
	s->begins = s->o->join ? filter_new(join, 1, NULL, 0) : NULL;
	const struct cutter_options c = { .limit = LIMIT_LEAST };
	s->cutter = cutter_new(&c); /* until the limit is known */
	if (s->sender && s->shipment && s->cutter && (s->begins || !s->o->join))
		return true;
	diag_cannot_start("shipping");
	return false;
}

static void free_parts(struct ship *s)
{
	if (s->engine)
		engine_free(s->engine);
	cutter_free(s->cutter);
	if (s->begins)
		filter_free(s->begins);
	sender_free(s->sender);
	shipment_free(s->shipment);
}

enum ship_status ship_run(const struct ship_parts *parts)
{
	struct ship s = { .o = parts->o,
			  .parts = parts,
			  .position = parts->position,
			  .reading = parts->reading,
			  .backoff_ns = BACKOFF_S * CLOCK_SECOND };
	enum ship_status status = SHIP_REST;

	if (!make_parts(&s))
		goto free;
	if (!make_engine(&s)) {
		status = SHIP_REFUSED;
		goto free;
	}
	s.stats_ns = clock_mono_ns();
	while (!is_over(&s)) {
		print_stats_if_due(&s);
		if (s.found)
			pump(&s);
		else if (!connect_again(&s))
			break;
	}
	status = finish(&s);
free:
	free_parts(&s);
	return status;
}
