/* The index of arrival times: how long each file of a log was at a time. */
#ifndef ARRIVALS_H
#define ARRIVALS_H

#include "family/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The index is one file beside those of the log. It has a place for each of the last 16,384
 * seconds, of the last 16,384 minutes and of the last 8,192 hours, so it never has more than
 * ARRIVALS_SIZE bytes, and a new time takes the place of one that long ago. Each record has a
 * checksum, and a place without a right one counts as empty: nothing has to be repaired.
 *
 * Format of a record, numbers with the lowest byte first:
 *     0   4  CRC-32 (RFC 1952) of the bytes from 4 on
 *     4   2  1, the version
 *     6   2  1: the first record of a run; otherwise 0
 *     8   8  the file: fnv1a of the name that it has plain, relative to the directory
 *     16  8  the time, nanoseconds since the Epoch
 *     24  8  how many bytes the file had then
 */
enum { ARRIVALS_RECORD = 32, ARRIVALS_SIZE = (16384 + 16384 + 8192) * ARRIVALS_RECORD };

enum { ARRIVALS_NAME = 2 * NAMES_SIZE + 8 };

struct arrivals_record {
	uint64_t file; /* arrivals_file */
	int64_t ns;
	uint64_t offset; /* what is before it was there at ns; what is behind it came then or later
			  */
	bool starts; /* the first of a run: since the one before it, files may have grown unnoted */
};

/* arrivals_name(file, name): the name of the index of FILE: "." and ".times" around it. */
void arrivals_name(const char *file, char name[ARRIVALS_NAME]);

/* arrivals_file(name): the number of a file, of whose name a .zst or .gz is left out. */
uint64_t arrivals_file(const char *name);

/*
 * arrivals_write(fd, r, last_ns): write a record. last_ns: the time of the one written before; with
 * the first of a minute or an hour there are two or three writes. 0: none was written yet.
 * Returns: 0, or -1 and errno.
 */
int arrivals_write(int fd, const struct arrivals_record *r, int64_t last_ns);

struct arrivals;

/*
 * arrivals_read(fd): all records, to be searched. What is no record is left out.
 * Owner:   the caller; arrivals_free.
 * Returns: NULL and errno.
 */
struct arrivals *arrivals_read(int fd);
void arrivals_free(struct arrivals *a);

enum arrivals_edge {
	ARRIVALS_FROM,   /* no line that came at the time, or later, is before the offset */
	ARRIVALS_BEHIND, /* no line that came at the time, or before, is behind it */
};

/*
 * arrivals_find(a, file, edge, ns, offset): the edge of a time in a file, as near as is known: up
 * to a second of lines too many; a minute of what is older than four and a half hours; an hour of
 * what is older than eleven days.
 * Gives:   *offset, the beginning of a line; UINT64_MAX: the end of the file.
 * Returns: false if nothing is known of the file.
 */
bool arrivals_find(const struct arrivals *a, uint64_t file, enum arrivals_edge edge, int64_t ns,
		   uint64_t *offset);

/* arrivals_first(a, file, ns): the first time that is known of a file. Returns: false: none is. */
bool arrivals_first(const struct arrivals *a, uint64_t file, int64_t *ns);

#endif
