/*
 * output: what the measured program has written: the log files of one directory.
 *
 * A log file is a regular file that is not hidden and is not called config, lock or state
 * (those are s6-log's, multilog's and svlogd's own); a symbolic link is not one. They
 * are taken in the order of their names, numbers in them by value, "current" last, which is the
 * order in which all the programs compared here fill them. One that ends in .zst is looked at
 * through zstd(1).
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All the log files' sizes together; 0 if there are none, or no directory. */
int64_t output_bytes(const char *directory);

/* Wait until there are that many; false if that takes longer than LIMIT_MS. */
bool output_wait(const char *directory, int64_t bytes, int64_t poll_us, int64_t limit_ms);

/* The last log file, open for reading; dies if there is none. The caller closes it. */
int output_open_last(const char *directory);

/* What must be in the log files, joined. */
struct output_expected {
	const char *data;
	size_t length;
	int64_t times;       /* the data so often, one after another */
	const char *wrapped; /* NULL: these very bytes; else see below */
	bool some;           /* with WRAPPED: lines may be missing, see below */
};

/*
 * Die unless the log files are as expected. With WRAPPED, each line of them is anything, then the
 * line that was sent, then WRAPPED: a stamp before it, a JSON object around it. With SOME, lines
 * may be missing, as many as lines of logsink's own among them say.
 *
 * Returns: how many bytes they have.
 */
int64_t output_check(const char *directory, const struct output_expected *expected);

#endif
