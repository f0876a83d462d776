/* The current file: find, open, repair, append, split by size, sync, close. */
#ifndef LOGFILE_H
#define LOGFILE_H

#include "names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper;
struct logdir;
struct logfile;
struct stats;

struct logfile_options {
	struct names names;
	uint64_t size_limit; /* bytes; a new part before the line that would pass it */
	mode_t mode;         /* of files made; less the umask */
	bool sync_complete;  /* have a file synced that nothing will be added to */
	bool wait_for_room;  /* before a new part, let the keeper delete what must go */
	struct keeper *keeper;
};

/*
 * logfile_new(dir, o, stats): a log without a current file; logfile_roll first.
 * Owner:   the caller; logfile_free. dir, stats and the keeper must outlive it.
 * Thread:  one, for all calls below.
 * Returns: NULL and errno.
 */
struct logfile *logfile_new(struct logdir *dir, const struct logfile_options *o,
			    struct stats *stats);
void logfile_free(struct logfile *f);

/*
 * logfile_append(f, p, len): one write(2) of the first bytes at p.
 *
 * If no file is open, the newest part of the period is opened, and a torn last
 * line in it is closed with a newline; so no file is made before there is
 * something to write. If the next line would pass the size limit, a new part is
 * started. What is not a regular file at our name is left alone, and the next
 * free part is taken.
 * Returns: how many bytes are in the file, at least 1; or -1 and errno, nothing
 *          being changed: call again to go on (logfile_doing says what failed).
 */
ssize_t logfile_append(struct logfile *f, const char *p, size_t len);

/*
 * logfile_roll(f, moment): the next line belongs to the period of that moment.
 * logfile_part(f):         the next line begins a new part, unless the newest is empty.
 * logfile_close(f):        the next line goes to the file of the same name, opened again.
 * logfile_sync(f):         what was written is to be on the disk (fdatasync(2)).
 *
 * The first three close the current file; the first two hand it to the keeper.
 * Failing is said and kept for logfile_failed; there is nothing to try again, for
 * the system has dropped what it could not write.
 */
void logfile_roll(struct logfile *f, const struct tm *moment);
void logfile_part(struct logfile *f);
void logfile_close(struct logfile *f);
void logfile_sync(struct logfile *f);

/*
 * logfile_make_room(f): the disk is full; delete old files as the rules allow.
 * Returns: whether any was.
 */
bool logfile_make_room(struct logfile *f);

/* logfile_failed(f): whether a sync or a close has failed. */
bool logfile_failed(const struct logfile *f);

/*
 * logfile_doing(f): "open logs/app.2026-11-22.log": what was done last, for a message.
 * Owner: f, until the next call.
 */
const char *logfile_doing(struct logfile *f);

#endif
