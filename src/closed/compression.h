/* Which closed file is compressed next, and what becomes of the outcome. */
#ifndef COMPRESSION_H
#define COMPRESSION_H

#include "closed/compressor.h"
#include "family/names.h"

#include <stdbool.h>

struct catalog;

/* Zero: nothing is ever compressed. To be read and written by compression_*() only. */
struct compression {
	struct catalog *catalog;
	struct compressor *compressor;
	enum names_suffix suffix;
	void (*on_done)(void *arg, const struct names_member *m);
	void *arg;
	struct names_member file; /* the file that the compressor was given */
	bool out;                 /* its outcome has not been read yet */
};

/*
 * compression_start(c, catalog, o, on_end, on_done, arg): begin to compress files of catalog.
 * on_end(arg) is called from the compressor's thread when compression_collect has something to do;
 * on_done(arg, m) by that, when m is the compressed file.
 * Owner:   the caller; compression_stop. catalog must outlive it.
 * Thread:  one, the catalog's, for all functions here.
 * Returns: 0, or -1 and errno.
 */
int compression_start(struct compression *c, struct catalog *catalog,
		      const struct compressor_options *o, void (*on_end)(void *arg),
		      void (*on_done)(void *arg, const struct names_member *m), void *arg);
void compression_stop(struct compression *c);

/* compression_begin(c): if the compressor is idle, give it the oldest file to compress. */
void compression_begin(struct compression *c);

/*
 * compression_collect(c): if the compressor has finished its file, put the compressed form in the
 * plain one's place, unless that was deleted or lines go to it again.
 */
void compression_collect(struct compression *c);

/* compression_cancel(c, m): stop the compression of this file, if it is the running one. */
void compression_cancel(struct compression *c, const struct names_member *m);

/* compression_recheck(c): the same if its file is no longer closed. */
void compression_recheck(struct compression *c);

/* compression_is_out(c): whether the compressor has a file, and may have made a temporary one. */
bool compression_is_out(const struct compression *c);

/* compression_is_busy(c): whether the compressor still works on its file. */
bool compression_is_busy(const struct compression *c);

/* compression_end(c): stop a running compression, and collect one that is complete. */
void compression_end(struct compression *c);

#endif
