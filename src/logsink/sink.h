/* One family of files, and everything that writes it: names, directory, keeper, file, writer. */
#ifndef SINK_H
#define SINK_H

#include "base/ratelimit.h"
#include "family/names.h"
#include "family/retain.h"
#include "logsink/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper;
struct formatter;
struct directory;
struct logfile;
struct owner;
struct ring;
struct ring_cursor;
struct writer;

/* Others may read it; only sink_*() writes it. */
struct sink {
	const struct options *o;
	const char *path; /* FILE */
	const char *link; /* path of the link; NULL: none */
	mode_t umask;
	bool uses[3]; /* standard descriptors whose file is none to write to */
	struct writer_counts counts;

	struct names names;
	bool ambiguous;      /* the names repeat */
	uint64_t part_limit; /* the largest size of a file, in bytes */
	struct retain_rules rules;
	bool compress;
	struct directory *dir;
	struct keeper *keeper;
	struct logfile *file;

	struct ring *ring;
	struct ring_cursor *cursor;
	struct formatter *notices; /* the format of our own lines; NULL: raw */
	struct writer *writer;
	struct ratelimit said_slow; /* that the end waits for its disk; the loop's */
	bool hung;   /* one of its threads never returned from the disk; do not close it */
	bool failed; /* some lines were not written, or not synced */
};

/*
 * sink_init(t, o, path, link, umask): a sink for FILE path.
 * Owner:   the arguments must outlive it. It needs sink_close from here on.
 * Returns: 0, or -1 after a message if path cannot name a family.
 */
int sink_init(struct sink *t, const struct options *o, const char *path, const char *link,
	      mode_t umask);

/*
 * sink_open(t, owner): create and lock its directory; directories that root creates are given to
 * owner. With --check, only look at it.
 * Returns: 0, or -1 after a message.
 */
int sink_open(struct sink *t, const struct owner *owner);

/* sink_check(t): print what would be done.  Returns: 0, or -1 after a message. */
int sink_check(const struct sink *t);

/*
 * sink_start(t, ring, cursor, transformed, on_end, arg): start its threads, which read at cursor of
 * ring until the ring has ended. transformed: lines in ring are already in the form of the file.
 * on_end: called by the keeper's thread when it has ended.
 * Returns: 0, or -1 after a message.
 */
int sink_start(struct sink *t, struct ring *ring, struct ring_cursor *cursor, bool transformed,
	       void (*on_end)(void *arg), void *arg);

/* sink_end(t): wait for the writer, which has left its cursor, and ask the keeper to end. */
void sink_end(struct sink *t);

/* sink_hurry(t): the keeper skips work that takes long. */
void sink_hurry(struct sink *t);

/*
 * sink_ended(t, leave_ns): whether the keeper has ended. leave_ns: the keeper is abandoned if it is
 * in a call that has lasted for leave_ns, and for a second or more; -1: it is never abandoned.
 */
bool sink_ended(struct sink *t, int64_t leave_ns);

/*
 * sink_join(t): wait for all its threads, and report lost lines.
 * Returns: whether everything was written and synced.
 */
bool sink_join(struct sink *t);

/* sink_close(t): release the lock, and free everything. */
void sink_close(struct sink *t);

#endif
