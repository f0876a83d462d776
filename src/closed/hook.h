/* The thread that runs the command of --on-roll, for one closed file at a time. */
#ifndef HOOK_H
#define HOOK_H

#include <stdint.h>
#include <sys/types.h>

struct hook;

enum { HOOK_WORDS = 64 }; /* the most that a command may have */

struct hook_options {
	const char *command; /* split on spaces; no shell */
	int64_t timeout_ns;  /* after this it is killed, with a message */
	mode_t umask;        /* of the command */
	char *const *environment;
};

/*
 * hook_start(o): start the thread, and open /dev/null, the standard input of every command.
 * Owner:   the caller; hook_stop. o->command and o->environment must outlive it.
 * Returns: NULL and errno. A failure to open /dev/null is also reported.
 */
struct hook *hook_start(const struct hook_options *o);

/*
 * hook_run(h, path): queue the command with path as its last argument. A path that begins with '-'
 * is preceded by "./", so that it is not taken for an option. Commands run in the order of calls.
 */
void hook_run(struct hook *h, const char *path);

/*
 * hook_stop(h, patience_ns): wait for the queued commands for at most patience_ns. A command that
 * is then still running is left running; commands that were not started are reported.
 */
void hook_stop(struct hook *h, int64_t patience_ns);

#endif
