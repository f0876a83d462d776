/* Drop rights that are not needed: places to write to, and system calls. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum sandbox_mode {
	SANDBOX_DEFAULT, /* as on, unless commands are to be run */
	SANDBOX_OFF,
	SANDBOX_ON,     /* writing is confined, if the kernel supports that */
	SANDBOX_STRICT, /* and only known system calls are allowed */
};

enum { SANDBOX_DIRS = 12, SANDBOX_FIFOS = 32 };

struct sandbox_options {
	enum sandbox_mode mode;
	bool commands; /* programs will be run (--on-roll) */
	bool signals;  /* other processes will be signalled and waited for (COMMAND) */
	char dirs[SANDBOX_DIRS][PATH_MAX]; /* where files are created */
	size_t dir_count;
	const char *const *fifos; /* paths of FIFOs that may have to be recreated and reopened */
	size_t fifo_count;
};

/*
 * sandbox_enter(o): from now on write only in and beside o->dirs, run no programs unless
 * o->commands, and with SANDBOX_STRICT make only known system calls.
 *
 * Open files are not affected. If a directory is removed and recreated, or mounted over, files can
 * still be created in it. Below the directories of o->fifos, FIFOs can be created and existing
 * files can be written to. If the kernel does not support this, or no sensible rule exists, that
 * is reported with --verbose, or as a warning with SANDBOX_STRICT.
 * Thread:  before any other is started: it applies to this thread and those that it starts.
 * Returns: 0, or -1 after a message: SANDBOX_STRICT cannot limit the system calls.
 */
int sandbox_enter(const struct sandbox_options *o);

#endif
