/* The thread that compresses closed files, one at a time, when nothing else wants the machine. */
#ifndef COMPRESSOR_H
#define COMPRESSOR_H

#include "family/names.h"

#include <stdbool.h>

struct directory;
struct compressor;
struct stat;

struct compressor_options {
	enum names_suffix suffix; /* NAMES_ZST or NAMES_GZ */
	int level;
};

enum compressor_result {
	COMPRESSOR_BUSY,
	COMPRESSOR_DONE,
	COMPRESSOR_DOUBLE,  /* there is a compressed form of it already */
	COMPRESSOR_FAILED,  /* and it was said */
	COMPRESSOR_GONE,    /* there is no such file any more */
	COMPRESSOR_STOPPED, /* cancelled, or nothing was asked for so far */
};

/*
 * compressor_start(dir, o, on_end, arg): start the thread, at idle CPU and I/O priority.
 * on_end(arg) is called from it after each file.
 * Owner:   the caller; compressor_stop. dir must outlive it.
 * Returns: NULL and errno.
 */
struct compressor *compressor_start(const struct directory *dir, const struct compressor_options *o,
				    void (*on_end)(void *arg), void *arg);

/*
 * compressor_begin(p, plain, final, temporary): compress the file plain into the new file
 * temporary, with its times, mode and owner, and sync it; unless there is a file named final: if
 * that is what it should become, nothing is made, otherwise it fails. plain is only read.
 * Call it when nothing is under way.
 */
void compressor_begin(struct compressor *p, const char *plain, const char *final,
		      const char *temporary);

/*
 * compressor_result(p): how the last file went. Only COMPRESSOR_DONE leaves a temporary file.
 */
enum compressor_result compressor_result(struct compressor *p);

/*
 * compressor_source(p, st): what the plain file was that is compressed now, after COMPRESSOR_DONE
 * or COMPRESSOR_DOUBLE. compressor_same_bytes(a, b): whether both are of one file, which was not
 * written to between.
 */
void compressor_source(struct compressor *p, struct stat *st);
bool compressor_same_bytes(const struct stat *a, const struct stat *b);

/* compressor_cancel(p): stop what is under way, and wait until it has stopped. */
void compressor_cancel(struct compressor *p);

/* compressor_stop(p): the same, end the thread, and free p. */
void compressor_stop(struct compressor *p);

#endif
