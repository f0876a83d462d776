/* Where the last lines of a log begin. */
#ifndef LAST_H
#define LAST_H

#include "logsink-cat/select.h"
#include "reader/members.h"

#include <stdbool.h>
#include <stdint.h>

/* Printing is to begin at this offset of this member, ... */
struct last {
	struct member member;
	uint64_t offset;
	bool partial;  /* ... without the rest of a line that begins before, ... */
	uint64_t skip; /* ... and without so many selected lines */
};

/*
 * last_find(m, o, n, to): where the last n lines that o selects begin; n is at least 1.
 *
 * Files are read from their ends, and no more of them than needed; one that cannot be entered
 * anywhere is read as a whole, twice. What cannot be read is left out, without a word: whoever
 * prints will find it.
 * Returns: 1; 0: there are fewer, so all are to be printed; -1 and errno (ENOMEM).
 */
int last_find(const struct members *m, const struct select_options *o, uint64_t n, struct last *to);

#endif
