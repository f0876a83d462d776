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
	COMPRESSOR_DOUBLE,  /* its compressed form already exists */
	COMPRESSOR_FAILED,  /* a message was printed */
	COMPRESSOR_GONE,    /* the file no longer exists */
	COMPRESSOR_STOPPED, /* cancelled, or nothing was begun so far */
};

/*
 * compressor_start(dir, o, on_end, arg): start the thread, at idle CPU and I/O priority.
 * The thread calls on_end(arg) after each file.
 * Owner:   the caller; compressor_stop. dir must outlive it.
 * Returns: NULL and errno.
 */
struct compressor *compressor_start(const struct directory *dir, const struct compressor_options *o,
				    void (*on_end)(void *arg), void *arg);

/*
 * compressor_begin(p, plain, final, temporary): compress the file plain into the new file
 * temporary, with the times, mode and owner of plain, and sync it. plain is only read.
 * If the file final exists, nothing is created: the result is COMPRESSOR_DOUBLE if final is the
 * compressed form of plain, and otherwise COMPRESSOR_FAILED.
 * Call it only when no compression is running.
 */
void compressor_begin(struct compressor *p, const char *plain, const char *final,
		      const char *temporary);

/*
 * compressor_result(p): the result for the last file. Only COMPRESSOR_DONE leaves a temporary file.
 */
enum compressor_result compressor_result(struct compressor *p);

/*
 * compressor_source(p, st): the status of the plain file when it was compressed; after
 * COMPRESSOR_DONE or COMPRESSOR_DOUBLE.
 */
void compressor_source(struct compressor *p, struct stat *st);

/* compressor_same_bytes(a, b): whether both describe one file, unmodified in between. */
bool compressor_same_bytes(const struct stat *a, const struct stat *b);

/* compressor_cancel(p): stop a running compression, and wait until it has stopped. */
void compressor_cancel(struct compressor *p);

/* compressor_stop(p): compressor_cancel, end the thread, and free p. */
void compressor_stop(struct compressor *p);

#endif
