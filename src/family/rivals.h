/* Locks of other families that may share files with ours. */
#ifndef RIVALS_H
#define RIVALS_H

#include "family/names.h"

/* Who looks. */
struct rivals {
	int dir;            /* of the log */
	const char *prefix; /* its path, with '/' at its end; or empty */
	const char *base;   /* FILE in it */
	const char *own;    /* the name of FILE's own lock */
	const struct calendar *calendar;
};

/*
 * rivals_find(r, found): find a lock that somebody holds for a family that may share a file with
 * FILE's. Of a name in a template only the one of today is known.
 * Gives:   found: its path from the directory of the log.
 * Owner:   the caller, of the descriptor.
 * Blocks:  for up to 200 ms for each lock that somebody holds.
 * Returns: a descriptor of it; -1: there is none that can be seen.
 */
int rivals_find(const struct rivals *r, char found[NAMES_SIZE]);

#endif
