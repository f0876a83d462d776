/* Deletes files as the rules say. */
#ifndef PRUNER_H
#define PRUNER_H

#include "family/calendar.h"
#include "family/retain.h"

#include <stdbool.h>
#include <stdint.h>

struct catalog;
struct compression;

struct pruner_options {
	struct calendar calendar;
	struct retain_rules rules;
	bool default_keep_free; /* rules.keep_free is that of retain_default_free */
	uint64_t part_limit;    /* the largest size of the current file, in bytes */
	bool compress;

	/* Whether the writer opens no file that is newer than the current one until release. */
	bool (*claim)(void *arg);
	void (*release)(void *arg);
	void *arg;
};

/* To be read and written by pruner_*() only; those are for one thread, the catalog's. */
struct pruner {
	struct pruner_options o;
	struct catalog *catalog;
	struct compression *compression;
	bool scanned; /* since the period began */
	bool said_behind;
};

/* pruner_begin_period(p): the directory is read again when the current file is known. */
void pruner_begin_period(struct pruner *p);

/* pruner_know_file(p): the current file is known; if a period has begun, read the directory. */
void pruner_know_file(struct pruner *p);

/*
 * pruner_run(p, quota): apply the rules. quota: a quota is exceeded, so the free space of the disk
 * does not count.
 * Returns: whether a file was deleted.
 */
bool pruner_run(struct pruner *p, bool quota);

#endif
