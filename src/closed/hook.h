/* The thread that runs the command of --on-roll, for one closed file after another. */
#ifndef HOOK_H
#define HOOK_H

#include <stdint.h>
#include <sys/types.h>

struct hook;

enum { HOOK_WORDS = 64 }; /* the most that a command may have */

struct hook_options {
	const char *command; /* split on spaces; no shell */
	int64_t timeout_ns;  /* then it is killed, and that is said */
	mode_t umask;        /* for the command, as is */
	char *const *environment;
};

/*
 * hook_start(o): start the thread, and open /dev/null, which is every command's standard input.
 * Owner:   the caller; hook_stop. o->command and o->environment must outlive it.
 * Returns: NULL and errno; that of /dev/null was said, too.
 */
struct hook *hook_start(const struct hook_options *o);

/*
 * hook_run(h, path): run the command with path as its last argument, after those before;
 * with "./" before a path that begins with '-', so that it is not taken for an option.
 */
void hook_run(struct hook *h, const char *path);

/*
 * hook_stop(h, patience_ns): wait for the commands that were asked for, at most
 * so long. One that still runs is left to itself; those that did not begin are said.
 */
void hook_stop(struct hook *h, int64_t patience_ns);

#endif
