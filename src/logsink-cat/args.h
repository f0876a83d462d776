/* Turn argv into a struct args, or a usage error, by one table of options. Pure. */
#ifndef ARGS_H
#define ARGS_H

#include "logsink-cat/lines.h"
#include "reader/span.h"

#include <stdbool.h>
#include <stdint.h>

struct args {
	const char *file;
	bool follow;
	bool poll;             /* do not use inotify */
	int64_t until_idle_ns; /* end when nothing has come for so long; -1: do not */
	bool quiet;
	uint64_t last;               /* so many lines; UINT64_MAX: all */
	const char *cursor;          /* a file; NULL: none */
	bool list, disk_usage;       /* instead of lines */
	bool null;                   /* of the list, only paths with a NUL behind each */
	struct span_times times;     /* the lines from a time to a time */
	bool reverse;                /* the newest line first */
	bool on_colour, on_terminal; /* --color: always; or as standard output is */
	struct lines_options lines;
};

enum args_result { ARGS_RUN, ARGS_HELP, ARGS_VERSION, ARGS_ERROR };

/*
 * args_parse(argc, argv, a, error): parse the command line. *a points into argv.
 * Gives:   with ARGS_ERROR a sentence in error that says what is wrong and what to write instead.
 */
enum args_result args_parse(int argc, char *argv[], struct args *a, char error[512]);

/* args_help(): the text of --help. */
const char *args_help(void);

#endif
