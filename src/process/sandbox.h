/* Give up what is not needed: places to write to, and system calls. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum sandbox_mode {
	SANDBOX_DEFAULT, /* as on, unless commands are to be run */
	SANDBOX_OFF,
	SANDBOX_ON,     /* writing is confined, where the kernel can do that */
	SANDBOX_STRICT, /* and only known system calls are let through */
};

enum { SANDBOX_DIRS = 10, SANDBOX_FIFOS = 32 };

struct sandbox_options {
	enum sandbox_mode mode;
	bool commands;                     /* programs are to be run (--on-roll) */
	char dirs[SANDBOX_DIRS][PATH_MAX]; /* where files are made */
	size_t dir_count;
	const char *const *fifos; /* paths of FIFOs that may have to be made and opened again */
	size_t fifo_count;
};

/*
 * sandbox_enter(o): from now on write only in and beside o->dirs, run no programs unless
 * o->commands, and with SANDBOX_STRICT make only known system calls.
 *
 * Files that are open stay as they are. A directory may be removed and made again, and
 * another file system be mounted there, and files can be made in it as before. Below the
 * directories of o->fifos, FIFOs can be made, and what is there be written to. Where the kernel
 * cannot do it, or one would have to give up too little or too much, that is said with
 * --verbose, or as a warning if SANDBOX_STRICT asked for it.
 * Thread:  before any other is started: it holds for this one and those that it starts.
 * Returns: 0, or -1 after a message: the system calls of SANDBOX_STRICT cannot be limited.
 */
int sandbox_enter(const struct sandbox_options *o);

#endif
