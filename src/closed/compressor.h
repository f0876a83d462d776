/* The thread that compresses closed files, one at a time, when nothing else wants the machine. */
#ifndef PRESS_H
#define PRESS_H

#include "family/names.h"

#include <stdbool.h>

struct logdir;
struct press;
struct stat;

struct press_options {
	enum names_suffix suffix; /* NAMES_ZST or NAMES_GZ */
	int level;
};

enum press_result {
	PRESS_BUSY,
	PRESS_DONE,
	PRESS_DOUBLE,  /* there is a compressed form of it already */
	PRESS_FAILED,  /* and it was said */
	PRESS_GONE,    /* there is no such file any more */
	PRESS_STOPPED, /* cancelled, or nothing was asked for so far */
};

/*
 * press_start(dir, o, on_end, arg): start the thread, at idle CPU and I/O priority.
 * on_end(arg) is called from it after each file.
 * Owner:   the caller; press_stop. dir must outlive it.
 * Returns: NULL and errno.
 */
struct press *press_start(const struct logdir *dir, const struct press_options *o,
			  void (*on_end)(void *arg), void *arg);

/*
 * press_begin(p, plain, final, temporary): compress the file plain into the new file
 * temporary, with its times, mode and owner, and sync it; unless there is a file named final: if
 * that is what it should become, nothing is made, otherwise it fails. plain is only read.
 * Call it when nothing is under way.
 */
void press_begin(struct press *p, const char *plain, const char *final, const char *temporary);

/*
 * press_result(p): how the last file went. Only PRESS_DONE leaves a temporary file.
 */
enum press_result press_result(struct press *p);

/*
 * press_source(p, st): what the plain file was that is compressed now, after PRESS_DONE or
 * PRESS_DOUBLE.
 * press_same_bytes(a, b): whether both are of one file, which was not written to between.
 */
void press_source(struct press *p, struct stat *st);
bool press_same_bytes(const struct stat *a, const struct stat *b);

/* press_cancel(p): stop what is under way, and wait until it has stopped. */
void press_cancel(struct press *p);

/* press_stop(p): the same, end the thread, and free p. */
void press_stop(struct press *p);

#endif
