/* One family of files and all that writes it: names, directory, keeper, current file, writer. */
#ifndef SINK_H
#define SINK_H

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
struct ring;
struct ring_cursor;
struct writer;

/* To be read, and written by sink_*() only. */
struct sink {
	const struct options *o;
	const char *path; /* FILE */
	const char *link; /* where the link is to be; NULL: none */
	mode_t umask;
	struct writer_counts counts;

	struct names names;
	bool ambiguous;      /* the names repeat */
	uint64_t part_limit; /* bytes that a file may come to */
	struct retain_rules rules;
	bool compress;
	struct directory *dir;
	struct keeper *keeper;
	struct logfile *file;

	struct ring *ring;
	struct ring_cursor *cursor;
	struct formatter *notices; /* how lines of our own are written; NULL: as they are */
	struct writer *writer;
	bool hung;   /* a thread of it never came back from the disk; do not close it */
	bool failed; /* something was not written, or not synced */
};

/*
 * sink_init(t, o, path, link, umask): a sink for FILE path.
 * Owner:   what is given must outlive it. It needs sink_close from here on.
 * Returns: -1 after a message if path cannot name a family.
 */
int sink_init(struct sink *t, const struct options *o, const char *path, const char *link,
	      mode_t umask);

/*
 * sink_open(t, owner, group): make and lock its directory; what root makes is given to
 *                  them (-1: stays root's). With --check, only look at it.
 * sink_check(t): say what would happen.
 * sink_start(t, ring, cursor, transformed): start its threads, which take from cursor of
 *                  ring until that has ended. transformed: lines are not written as they came.
 * All three: Returns: 0, or -1 after a message.
 */
int sink_open(struct sink *t, uid_t owner, gid_t group);
int sink_check(const struct sink *t);
int sink_start(struct sink *t, struct ring *ring, struct ring_cursor *cursor, bool transformed);

/*
 * sink_end(t): when the cursor was left: wait for the writer, and let the keeper end.
 * sink_ended(t, hurry, leave_ns): whether that has, after waiting a moment; hurry: it is to
 *                leave undone what takes long; leave_ns: a call that has lasted so long, and a
 *                second or more, is left behind; -1: none is.
 * sink_join(t): wait for all its threads, and say what was lost.
 * Returns: whether all was written and synced.
 */
void sink_end(struct sink *t);
bool sink_ended(struct sink *t, bool hurry, int64_t leave_ns);
bool sink_join(struct sink *t);

/* sink_close(t): give up the lock, and free all. */
void sink_close(struct sink *t);

#endif
