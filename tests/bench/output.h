/*
 * output: what the measured program has written: the log files of one directory.
 *
 * A log file is a regular file that is not hidden and is not called config, lock or state
 * (those are s6-log's, multilog's and svlogd's own); a symbolic link is not one. They
 * are taken in the order of their names, "current" last, which is the order in which
 * all the programs compared here fill them.
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

/* Die unless the log files joined are exactly these bytes. */
void output_check(const char *directory, const char *expected, size_t length);

#endif
