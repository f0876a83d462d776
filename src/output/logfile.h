/* The current file: find, open, repair, append, split by size, sync, close. */
#ifndef LOGFILE_H
#define LOGFILE_H

#include "base/counter.h"
#include "family/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper;
struct directory;
struct logfile;
struct stat;
struct watchdog;

/* Who looks after closed files, and must know which is not: functions of keeper.h. */
struct logfile_keeper {
	struct keeper *keeper;
	void (*current)(struct keeper *k, const struct names_member *m, bool may_open);
	void (*closed)(struct keeper *k, const struct names_member *m, int fd, uint64_t size);
	bool (*make_room)(struct keeper *k, bool quota);
	void (*settle)(struct keeper *k);
};

struct logfile_options {
	struct names names;
	uint64_t size_limit; /* bytes; a new part before the line that would pass it */
	mode_t mode;         /* of files made; less the umask */
	bool sync_complete;  /* have a file synced that nothing will be added to */
	bool wait_for_room;  /* before a new part, let the keeper delete what must go */
	const char *index;   /* FILE relative to the directory, for the index; NULL: none is kept */
	bool uses[3];        /* standard descriptors whose file is none to write to */
	struct logfile_keeper keeper;
};

/* What the disk refused: "open", "logs/app.2026-11-22.log", EACCES. */
enum { LOGFILE_PATH = NAMES_SIZE + 4096 };
struct logfile_failure {
	const char *operation;
	char path[LOGFILE_PATH];
	int error; /* an errno */
};

/*
 * logfile_new(dir, o, files): a log without a current file; logfile_roll first.
 * files counts those that are opened.
 * Owner:   the caller; logfile_free. dir, files and the keeper must outlive it.
 * Thread:  one, for all calls below.
 * Returns: NULL and errno.
 */
struct logfile *logfile_new(struct directory *dir, const struct logfile_options *o, counter *files);
void logfile_free(struct logfile *f);

/*
 * logfile_append(f, p, len, why): one write(2) of the first bytes at p.
 *
 * If no file is open, the newest part of the period is opened, and a torn last
 * line in it is closed with a newline; so no file is made before there is
 * something to write. If the next line would pass the size limit, a new part is
 * started. What is not a regular file at our name is left alone, and the next
 * free part is taken. A file that was moved or deleted is noticed within a second
 * of appending, and the line that begins then goes to a new one.
 * Returns: how many bytes are in the file, at least 1; or -1 and why, no byte of
 *          these being in a file: call again, and it goes on with what failed.
 */
ssize_t logfile_append(struct logfile *f, const char *p, size_t len, struct logfile_failure *why);

/*
 * logfile_roll(f, moment): the next line belongs to the period of that moment.
 * logfile_part(f):         the next line begins a new part, unless the newest is empty.
 * logfile_reopen(f):       go on in the file of the same name, opened again; within a
 *                          line too.
 * logfile_close(f):        this was the last line.
 * logfile_sync(f):         what was written is to be on the disk (fdatasync(2)), and that
 *                          there is such a file (fsync(2) of its directory).
 *
 * All but the last close the current file; the first two hand it to the keeper.
 * Failing is said and kept for logfile_failed; there is nothing to try again, for
 * the system has dropped what it could not write.
 */
void logfile_roll(struct logfile *f, const struct tm *moment);
void logfile_part(struct logfile *f);
void logfile_reopen(struct logfile *f);
void logfile_close(struct logfile *f);
void logfile_sync(struct logfile *f);

/*
 * logfile_can_stay(f): whether, if the file that is due cannot be opened, lines may go to the one
 * before: there was one, and files may grow (without wait_for_room).
 * logfile_stay(f, at_once): if so, and opening has failed for a second or at_once, from now on
 * they do. That is the current file again, and grows beyond the size limit if need be.
 * Returns: whether that was done.
 */
bool logfile_can_stay(const struct logfile *f);
bool logfile_stay(struct logfile *f, bool at_once);

/*
 * logfile_staying(f):      whether lines go to the file before the one that is due.
 * logfile_move_on_ns(f):   CLOCK_MONOTONIC: when to call logfile_move_on; INT64_MAX: not staying.
 * logfile_move_on(f, why): while staying, try again to open the one that is due, and go on there.
 *                          Returns: 0; or -1 and why, and all stays as it is.
 * logfile_stayed_bytes(f): how many bytes went to files before, in all.
 */
bool logfile_staying(const struct logfile *f);
int64_t logfile_move_on_ns(const struct logfile *f);
int logfile_move_on(struct logfile *f, struct logfile_failure *why);
uint64_t logfile_stayed_bytes(const struct logfile *f);

/*
 * logfile_make_room(f, quota): the disk is full; delete old files as the rules allow. quota:
 * what is full is what the disk has for us.
 * Returns: whether any was.
 */
bool logfile_make_room(struct logfile *f, bool quota);

/*
 * logfile_find_first(dir, names, moment, name): which file the first line of the moment's period
 * would be added to. Reads the directory.
 * Returns: false if that file is not there yet.
 */
bool logfile_find_first(const struct directory *dir, const struct names *names,
			const struct tm *moment, char name[NAMES_SIZE]);

/*
 * logfile_is_taken(dir, name): whether somebody writes to that file now; for one who holds the
 * lock, which may have been removed from under another.
 */
bool logfile_is_taken(const struct directory *dir, const char *name);

/* logfile_failed(f): whether a sync or a close has failed. */
bool logfile_failed(const struct logfile *f);

/*
 * logfile_watchdog(f): knows what is being done with the file, for a message; who calls these
 * functions tells it when a call begins and ends.
 */
struct watchdog *logfile_watchdog(const struct logfile *f);

#endif
