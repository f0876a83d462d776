/* The directory of the log: make and open it, keep the link. */
#ifndef LOGDIR_H
#define LOGDIR_H

#include "family/calendar.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct logdir;
struct stat;

struct logdir_options {
	const char *file; /* FILE of the command line */
	struct calendar calendar;
	const char *link; /* where the link is to be; NULL: none */
	mode_t dir_mode;  /* of directories made; less the umask */
	uid_t owner;      /* of directories and the lock made by root; -1: root */
	gid_t group;
	bool look_only; /* make nothing: neither directories nor, later, the lock */
};

/*
 * logdir_open(o): make what is missing of the directory of o->file, and open it;
 * of a template, the directory that does not change (names_directory).
 *
 * Its last component is not followed if it is a symbolic link. Refuses a FILE
 * that is a directory and a link whose place something else has taken, and
 * then leaves everything as it was.
 * Owner:   the caller; logdir_close. The strings must outlive it.
 * Returns: NULL after a message. With look_only, logdir_fd is -1 if the directory
 *          is not there yet.
 */
struct logdir *logdir_open(const struct logdir_options *o);

/*
 * logdir_close(d, unmake): also gives up the lock, and removes its file. unmake: and the
 * directories that were made, as far as they are empty.
 */
void logdir_close(struct logdir *d, bool unmake);

/*
 * logdir_lock(d): make sure that no other logsink writes this family, or one that shares a file
 * with it (lock.h).
 * With look_only it says how that stands, and holds nothing.
 * Returns: 0, or -1 after a message that tells the other's process ID.
 */
int logdir_lock(struct logdir *d);

enum logdir_renewal {
	LOGDIR_SAME,  /* nothing has changed, or there is nothing else to go to */
	LOGDIR_OTHER, /* going on in the directory that is there now, after a warning */
	LOGDIR_GONE,  /* it was removed, and cannot be made again: errno */
};

/*
 * logdir_renew(d): see whether the directory's path leads to another one by now.
 *
 * If it was removed, moved or mounted on, what is there now is opened, and made if
 * missing; the lock is taken there too. A symbolic link in its place is not
 * followed: a directory that still exists is kept, otherwise errno is ELOOP.
 */
enum logdir_renewal logdir_renew(struct logdir *d);

/*
 * logdir_link(d, name): let the link point to the file name of the directory.
 *
 * Replaced atomically; the target is relative to the link. Failing is not
 * fatal: it is said once.
 */
void logdir_link(struct logdir *d, const char *name);

/* logdir_link_target(d, name, to): what the link would hold; false: there is no link. */
enum { LOGDIR_TARGET = 8192 };
bool logdir_link_target(const struct logdir *d, const char *name, char to[LOGDIR_TARGET]);

/*
 * logdir_may_write(d): whether this process may make files in the directory.
 * Returns: 0, or -1 and errno.
 */
int logdir_may_write(const struct logdir *d);

/*
 * logdir_places(d, path): the directories in which files and links are made.
 * Returns: how many.
 */
enum { LOGDIR_PLACES = 2 };
size_t logdir_places(const struct logdir *d, char path[LOGDIR_PLACES][PATH_MAX]);

/*
 * logdir_parent(d, path): where the first missing directory would be made, or the
 * directory itself.
 */
void logdir_parent(const struct logdir *d, char path[PATH_MAX]);

/* logdir_fd(d): for the *at() calls. */
int logdir_fd(const struct logdir *d);

/*
 * logdir_enter(d, name, make): the directory that name, relative to d, is in.
 *
 * Goes from component to component and follows no link; make: makes those that
 * are missing.
 * Returns: a descriptor, to be given back with logdir_leave; or -1 and errno.
 */
int logdir_enter(const struct logdir *d, const char *name, bool make);
void logdir_leave(const struct logdir *d, int fd);

/*
 * logdir_sync(d, name): that there is something of this name is to be on the disk:
 * fsync(2) of the directories it is in, up to the log's, and above if we made that.
 * Of those that were removed or replaced since there is nothing to sync.
 * Thread: any.
 * Returns: 0, or -1 and errno.
 */
int logdir_sync(struct logdir *d, const char *name);

/* logdir_stat(d, name, st): what is at name, no link followed. Returns: 0, or -1 and errno. */
int logdir_stat(const struct logdir *d, const char *name, struct stat *st);

/* logdir_prune(d, name): remove the directories that name is in, as far as they are empty. */
void logdir_prune(const struct logdir *d, const char *name);

/* logdir_base(name): its last component, as the *at() calls want it with logdir_enter. */
const char *logdir_base(const char *name);

/*
 * logdir_path(d): the directory as a prefix for messages: "logs/", or "".
 * logdir_directory(d): and by itself: "logs/", or ".".
 */
const char *logdir_path(const struct logdir *d);
const char *logdir_directory(const struct logdir *d);

#endif
