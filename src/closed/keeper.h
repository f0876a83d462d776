/* The thread that looks after closed files: delete, have them synced and compressed, on-roll. */
#ifndef KEEPER_H
#define KEEPER_H

#include "closed/compressor.h"
#include "closed/hook.h"
#include "family/calendar.h"
#include "family/names.h"
#include "family/retain.h"

#include <stdbool.h>
#include <stdint.h>

struct keeper;
struct directory;

struct keeper_options {
	struct names names;
	struct calendar calendar;
	struct retain_rules rules;
	bool default_keep_free; /* rules.keep_free is that of retain_default_free */
	uint64_t part_limit;    /* the largest size of the current file, in bytes */
	bool compress;
	struct compressor_options compressor;
	struct hook_options hook; /* command NULL: none */
	int64_t patience_ns;      /* at the end, for a compression and a command */

	void (*on_end)(void *arg); /* the thread has ended; called by it, with no lock; or NULL */
	void *arg;
};

/*
 * keeper_start(dir, o): start the thread. It reads the directory in the
 * background, and changes nothing before the first keeper_current.
 * Owner:   the caller; keeper_end, and keeper_join. dir must outlive it.
 * Returns: NULL and errno.
 */
struct keeper *keeper_start(struct directory *dir, const struct keeper_options *o);

/*
 * keeper_current(k, m, may_open): lines now go to this file; all older ones are closed. Call it
 * before opening the file: otherwise the keeper may delete a file with a newer name. With part 0
 * only the period is known so far, and the directory is read again at the next call.
 * may_open: a newer file may later be opened without another call.
 * Thread: the writer's, as for the three functions below.
 */
void keeper_current(struct keeper *k, const struct names_member *m, bool may_open);

/*
 * keeper_closed(k, m, fd, size): nothing more will be added to this file.
 * Owner: fd passes to the keeper, which syncs and closes it; -1: nothing to sync.
 */
void keeper_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size);

/*
 * keeper_make_room(k, quota): the disk is full; delete files as far as the rules allow. quota: not
 * the disk is full but our quota on it.
 * Returns: whether any file was deleted.
 */
bool keeper_make_room(struct keeper *k, bool quota);

/*
 * keeper_settle(k): wait until the keeper has processed all calls above, including the deletions
 * that they cause; not until files are compressed or synced, or commands have run.
 */
void keeper_settle(struct keeper *k);

/*
 * keeper_end(k): ask the thread to end: it syncs the remaining files, and finishes a running
 * compression if that takes no longer than patience_ns.
 * Thread: the one that started it, when the writer has ended, as for the four functions below.
 */
void keeper_end(struct keeper *k);

/* keeper_hurry(k): do not wait for a running compression. */
void keeper_hurry(struct keeper *k);

/*
 * keeper_ended(k): whether the thread has ended. It reports a disk that does not answer.
 */
bool keeper_ended(struct keeper *k);

/*
 * keeper_abandon(k, ns, synced): abandon the thread if it is in a call that has lasted for a second
 * and for ns since keeper_end. A message says so. Then neither join it nor free the objects that it
 * uses.
 * Gives:   *synced: whether all files were synced.
 * Returns: whether the thread was abandoned.
 */
bool keeper_abandon(struct keeper *k, int64_t ns, bool *synced);

/*
 * keeper_join(k): free k after the thread has ended.
 * Returns: false if a sync failed; a message was printed.
 */
bool keeper_join(struct keeper *k);

#endif
