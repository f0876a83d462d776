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
	uint64_t part_limit;    /* what the current file may come to, in bytes */
	bool compress;
	struct compressor_options compressor;
	struct hook_options hook; /* command NULL: none */
	int64_t patience_ns;      /* at the end, for a compression and a command */
};

/*
 * keeper_start(dir, o): start the thread. It reads the directory in the
 * background, and touches nothing before the first keeper_current.
 * Owner:   the caller; keeper_end, and keeper_join. dir must outlive it.
 * Returns: NULL and errno.
 */
struct keeper *keeper_start(struct directory *dir, const struct keeper_options *o);

/*
 * keeper_period(k, period): lines now go to a file of this period, which is still to
 * be found out. The directory is read again when it is known.
 * Thread: the writer's; so are the five below.
 */
void keeper_period(struct keeper *k, int64_t period);

/*
 * keeper_current(k, period, part): lines now go to this file; all older ones are closed. Say so
 * before the file is opened, or one that is newer by its name may be deleted.
 * keeper_stay(k, period, part): the same, but that one may be opened without a word.
 */
void keeper_current(struct keeper *k, int64_t period, unsigned part);
void keeper_stay(struct keeper *k, int64_t period, unsigned part);

/*
 * keeper_closed(k, m, fd, size): nothing will be added to this file any more.
 * Owner: fd passes to the keeper, who syncs and closes it; -1: nothing to sync.
 */
void keeper_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size);

/*
 * keeper_make_room(k, quota): the disk is full; delete what the rules allow. quota: what is
 * full is what the disk has for us.
 * Returns: whether that was anything.
 */
bool keeper_make_room(struct keeper *k, bool quota);

/*
 * keeper_settle(k): wait until the keeper has dealt with all of the above, as far
 * as deleting and compressing goes (not for syncs, nor for commands).
 */
void keeper_settle(struct keeper *k);

/*
 * keeper_end(k):   sync what is to be synced, finish a compression under way if that
 *                  takes no longer than the patience, and end.
 * keeper_hurry(k): do not finish it.
 * keeper_ended(k): whether it has; waits a moment for that, and says it if the disk does not
 *                  answer.
 * keeper_abandon(k, ns, synced): whether it is in a call that has lasted a second,
 *                  and so long since keeper_end, which is said. Then neither join
 *                  it nor free what it uses. *synced: whether all files were synced.
 * keeper_join(k):  free k when it has ended. Returns: false if a sync failed, which was
 *                  said.
 * Thread: the one that started it, when the writer has ended.
 */
void keeper_end(struct keeper *k);
void keeper_hurry(struct keeper *k);
bool keeper_ended(struct keeper *k);
bool keeper_abandon(struct keeper *k, int64_t ns, bool *synced);
bool keeper_join(struct keeper *k);

#endif
