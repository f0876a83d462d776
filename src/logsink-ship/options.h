/* Turn argv into a struct options, or a usage error. Pure. */
#ifndef SHIP_OPTIONS_H
#define SHIP_OPTIONS_H

#include "logsink-ship/cutter.h"
#include "logsink-ship/engine.h"
#include "logsink-ship/reading.h"
#include "logsink-ship/sender.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIONS_PROPERTIES = 128 };

struct options {
	const char *file;
	const char *topic, *brokers;                /* brokers NULL: a property has them */
	const char *config;                         /* NULL: none */
	const char *properties[OPTIONS_PROPERTIES]; /* NAME=VALUE */
	size_t property_count;

	const char *position; /* NULL: beside the log */
	enum reading_from from;
	bool any_roll;
	enum calendar_roll roll;

	int32_t partition; /* -1: by host and family */
	struct engine_header headers[SENDER_HEADERS];
	size_t header_count;
	enum cutter_large large;
	uint64_t max_record; /* bytes; 0: as large as the topic takes */
	const char *join;    /* NULL: each line is a record */
	int64_t join_wait_ns;

	uint64_t buffer; /* bytes */
	int64_t grace_ns;
	bool drain, check, exit_on_error;
	bool stats;
	int64_t stats_ns; /* 0: at the end only */
	bool quiet, verbose;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_ERROR };

/*
 * options_parse(argc, argv, o, error): parse the command line. It depends only on that; *o points
 * into argv.
 * Gives:   with OPTIONS_ERROR a sentence in error that says what is wrong and what to write
 * instead.
 */
enum options_result options_parse(int argc, char *argv[], struct options *o, char error[512]);

/* options_help(): the text of --help. */
const char *options_help(void);

#endif
