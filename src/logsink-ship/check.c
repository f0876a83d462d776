/* Dry run: --check. */
#include "logsink-ship/check.h"

#include "base/clock.h"
#include "base/diag.h"
#include "family/position.h"
#include "logsink-ship/engine.h"
#include "logsink-ship/options.h"
#include "logsink-ship/properties.h"
#include "logsink-ship/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_S = 5, FIND_MS = 1000 };

static void on_stored(void *arg, uint64_t ticket, int64_t number)
{
	(void)arg;
	(void)ticket;
	(void)number;
}

/* Whether the topic is there; says so. */
static bool ask_brokers(const struct options *o, const struct properties *properties)
{
	const struct engine_options e = {
		.topic = o->topic,
		.properties = properties->list,
		.property_count = properties->count,
		.buffer = o->buffer,
		.on_stored = on_stored,
	};
	int64_t until = clock_mono_ns() + ANSWER_S * CLOCK_SECOND;
	char why[512];
	struct engine *engine = engine_new(&e, why);
	enum engine_state state = ENGINE_WAITING;

	if (!engine) {
		diag(DIAG_USAGE, "%s; try 'logsink-ship --help'", why);
		return false;
	}
	while (state == ENGINE_WAITING && clock_mono_ns() < until)
		state = engine_find(engine, FIND_MS);
	if (state == ENGINE_READY)
		printf("topic: %s, %" PRId32 " partitions, records of %zu bytes at most\n"
		       "cluster: %s\n",
		       o->topic, engine_partitions(engine), engine_limit(engine),
		       engine_cluster(engine));
	else
		diag(DIAG_FATAL, "cannot ship to the topic %s: %s", o->topic, engine_why(engine));
	engine_free(engine);
	return state == ENGINE_READY;
}

static void print_position(const char *path, bool found, const struct position *p)
{
	const struct position_file *last = p->file_count ? &p->files[p->file_count - 1] : NULL;

	if (!found)
		printf("position: none in %s yet\n", path);
	else
		printf("position: %s: %" PRIu64 " lines, %" PRIu64 " bytes shipped; %s\n", path,
		       p->lines, p->bytes,
		       p->clean ? "nothing was on its way"
				: "it ended in the middle, so what it sent is read back first");
	if (last)
		printf("offset: %" PRIu64 " in the newest of %zu files\n", last->offset,
		       p->file_count);
}

bool check_run(const struct options *o, const struct properties *properties, const char *path,
	       bool found, struct position *p, struct reading *reading)
{
	bool there = reading_is_there(reading);
	size_t files;
	uint64_t bytes = reading_waiting(reading, &files);

	print_position(path, found, p);
	printf("waiting: %" PRIu64 " bytes on the disk in %zu files\n", bytes, files);
	if (!there)
		diag(DIAG_WARNING, "there is no file of %s yet; shipping would wait for one",
		     o->file);
	bool fine = ask_brokers(o, properties);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return fine;
	diag(DIAG_FATAL, "cannot write to standard output: %s", strerror(errno));
	return false;
}
