/* The directory of the log: make and open it, lock the family, keep the link. */
#ifndef LOGDIR_H
#define LOGDIR_H

#include <stdbool.h>
#include <sys/types.h>

struct logdir;

struct logdir_options {
	const char *file; /* FILE of the command line */
	const char *link; /* where the link is to be; NULL: none */
	mode_t dir_mode;  /* of directories made; less the umask */
};

/*
 * logdir_open(o): make what is missing of the directory of o->file, and open it.
 *
 * Its last component is not followed if it is a symbolic link. Refuses a FILE
 * that is a directory and a link whose place something else has taken, and
 * then leaves everything as it was.
 * Owner:   the caller; logdir_close. The strings must outlive it.
 * Returns: NULL after a message.
 */
struct logdir *logdir_open(const struct logdir_options *o);

/* logdir_close(d): also gives up the lock, and removes its file. */
void logdir_close(struct logdir *d);

/*
 * logdir_lock(d): make sure that no other logsink writes this family.
 * Returns: 0, or -1 after a message that tells the other's process ID.
 */
int logdir_lock(struct logdir *d);

/*
 * logdir_link(d, name): let the link point to the file name of the directory.
 *
 * Replaced atomically; the target is relative to the link. Failing is not
 * fatal: it is said once.
 */
void logdir_link(struct logdir *d, const char *name);

/* logdir_fd(d): for the *at() calls. */
int logdir_fd(const struct logdir *d);

/* logdir_base(d): the last component of FILE. */
const char *logdir_base(const struct logdir *d);

/* logdir_path(d): the directory as a prefix for messages: "logs/", or "". */
const char *logdir_path(const struct logdir *d);

#endif
