/* Turn argv and the environment into a struct options, or a usage error. Pure. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "closed/compressor.h"
#include "family/calendar.h"
#include "family/retain.h"
#include "input/intake.h"
#include "logsink/supervise.h"
#include "output/writer.h"
#include "process/sandbox.h"
#include "record/filter.h"
#include "record/formatter.h"
#include "record/level.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { OPTIONS_INPUTS = 32, OPTIONS_ALSO = 4 };

enum options_tee { OPTIONS_NO_TEE, OPTIONS_TEE, OPTIONS_TEE_BEST_EFFORT };

/* Another family, for lines of this level and above. */
struct options_also {
	enum level level;
	const char *file;
	const char *link; /* NULL: none */
};

struct options {
	const char *file;
	const char *link; /* NULL: none */

	const char *inputs[OPTIONS_INPUTS]; /* none: standard input */
	size_t input_count;
	bool once;

	char *const *command; /* its words, then NULL; NULL: there is none */
	enum supervise_signals signals;
	enum supervise_wait wait;
	bool kill_group, subreaper;
	bool pty, line_buffered, notes;
	bool keep_command;       /* when logsink dies */
	bool split;              /* its standard error goes through a pipe of its own */
	const char *errors;      /* FILE of its standard error; NULL: the same as of its output */
	const char *errors_link; /* NULL: none */

	enum options_tee tee;

	struct formatter_options lines; /* all but its filter */
	const char *match[FILTER_PATTERNS], *reject[FILTER_PATTERNS];
	size_t match_count, reject_count; /* at most FILTER_PATTERNS in all */
	struct options_also also[OPTIONS_ALSO];
	size_t also_count;

	struct calendar calendar;
	uint64_t size_limit; /* bytes */
	struct retain_rules retain;
	bool default_keep_free; /* keep_free depends on the file system */
	bool compress;
	struct compressor_options compressor;
	const char *on_roll; /* NULL: none */
	int64_t on_roll_timeout_ns;
	char *const *environment; /* the unchanged environment, for the command */
	bool check;
	uint64_t buffer; /* bytes */
	enum intake_policy overflow;
	int64_t interval_ns, grace_ns;
	bool spill; /* lines that are given up go to standard error */
	bool index; /* keep the index of arrival times */
	enum writer_sync sync;
	int64_t sync_ns;
	mode_t mode, dir_mode;
	bool exact_mode, exact_dir_mode; /* given: the umask is ignored */
	const char *user;                /* NULL: stay the same user */
	enum sandbox_mode sandbox;

	bool stats;
	int64_t stats_ns; /* 0: at the end only */
	bool quiet, verbose;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_ERROR };

/*
 * options_parse(argc, argv, o, error): parse the command line.
 *
 * It depends only on its arguments and LOGSINK_LEVEL. *o points into argv.
 * Gives:   with OPTIONS_ERROR a sentence in error that says what is wrong and
 *          what to write instead.
 */
enum options_result options_parse(int argc, char *argv[], struct options *o, char error[512]);

/* options_help(): the text of --help. */
const char *options_help(void);

#endif
