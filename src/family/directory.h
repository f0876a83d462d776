/* The directory of the log: lock, enter, sync, prune; and the link to the current file. */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include "family/calendar.h"
#include "family/link.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct directory;
struct owner;
struct stat;

struct directory_options {
	const char *file; /* FILE of the command line */
	struct calendar calendar;
	const char *link;          /* where the link is to be; NULL: none */
	mode_t dir_mode;           /* of directories made; less the umask */
	const struct owner *owner; /* of directories and the lock made by root */
	bool look_only;            /* make nothing: neither directories nor, later, the lock */
};

/*
 * directory_open(o): make what is missing of the directory of o->file, and open it;
 * of a template, the directory that does not change (names_directory).
 *
 * Its last component is not followed if it is a symbolic link. Refuses a FILE
 * that is a directory and a link whose place something else has taken, and
 * then leaves everything as it was.
 * Owner:   the caller; directory_close. The strings must outlive it.
 * Returns: NULL after a message. With look_only, directory_fd is -1 if the directory
 *          is not there yet.
 */
struct directory *directory_open(const struct directory_options *o);

/*
 * directory_close(d, unmake): also gives up the lock, and removes its file. unmake: and the
 * directories that were made, as far as they are empty.
 */
void directory_close(struct directory *d, bool unmake);

/*
 * directory_lock(d): make sure that no other logsink writes this family, or one that shares a file
 * with it (lock.h).
 * With look_only it says how that stands, and holds nothing.
 * Returns: 0, or -1 after a message that tells the other's process ID.
 */
int directory_lock(struct directory *d);

enum directory_renewal {
	DIRECTORY_SAME,  /* nothing has changed, or there is nothing else to go to */
	DIRECTORY_OTHER, /* going on in the directory that is there now, after a warning */
	DIRECTORY_GONE,  /* it was removed, and cannot be made again: errno */
};

/*
 * directory_renew(d): see whether the directory's path leads to another one by now.
 *
 * If it was removed, moved or mounted on, what is there now is opened, and made if
 * missing; the lock is taken there too. A symbolic link in its place is not
 * followed: a directory that still exists is kept, otherwise errno is ELOOP.
 */
enum directory_renewal directory_renew(struct directory *d);

/*
 * directory_link(d, name): let the link point to the file name of the directory.
 *
 * Replaced atomically; the target is relative to the link. Failing is not
 * fatal: it is said once.
 */
void directory_link(struct directory *d, const char *name);

/* directory_link_target(d, name, to): what the link would hold; false: there is no link. */
bool directory_link_target(const struct directory *d, const char *name, char to[LINK_TARGET]);

/*
 * directory_may_write(d): whether this process may make files in the directory.
 * Returns: 0, or -1 and errno.
 */
int directory_may_write(const struct directory *d);

/*
 * directory_places(d, path): the directories in which files and links are made.
 * Returns: how many.
 */
enum { DIRECTORY_PLACES = 2 };
size_t directory_places(const struct directory *d, char path[DIRECTORY_PLACES][PATH_MAX]);

/*
 * directory_parent(d, path): where the first missing directory would be made, or the
 * directory itself.
 */
void directory_parent(const struct directory *d, char path[PATH_MAX]);

/* directory_fd(d): for the *at() calls. */
int directory_fd(const struct directory *d);

/*
 * directory_enter(d, name, make): the directory that name, relative to d, is in.
 *
 * Goes from component to component and follows no link; make: makes those that
 * are missing.
 * Returns: a descriptor, to be given back with directory_leave; or -1 and errno.
 */
int directory_enter(const struct directory *d, const char *name, bool make);
void directory_leave(const struct directory *d, int fd);

/*
 * directory_sync(d, name): that there is something of this name is to be on the disk:
 * fsync(2) of the directories it is in, up to the log's, and above if we made that.
 * Of those that were removed or replaced since there is nothing to sync.
 * Thread: any.
 * Returns: 0, or -1 and errno.
 */
int directory_sync(struct directory *d, const char *name);

/* directory_stat(d, name, st): what is at name, no link followed. Returns: 0, or -1 and errno. */
int directory_stat(const struct directory *d, const char *name, struct stat *st);

/* directory_prune(d, name): remove the directories that name is in, as far as they are empty. */
void directory_prune(const struct directory *d, const char *name);

/*
 * directory_prefix(d): the directory as a prefix for messages: "logs/", or "".
 * directory_name(d): and by itself: "logs/", or ".".
 */
const char *directory_prefix(const struct directory *d);
const char *directory_name(const struct directory *d);

#endif
