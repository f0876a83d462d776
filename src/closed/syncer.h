/* The thread that syncs closed files. */
#ifndef SYNCER_H
#define SYNCER_H

#include <stdbool.h>

struct directory;
struct names;
struct names_member;
struct syncer;
struct watchdog;

/*
 * syncer_start(dir, names): start the thread.
 * Owner:   the caller; syncer_finish, then syncer_free. dir and names must outlive it.
 * Returns: NULL and errno.
 */
struct syncer *syncer_start(struct directory *dir, const struct names *names);

/*
 * syncer_sync(s, m, fd): make the file m, which is open as fd, and its directory entry durable.
 * Blocks while 8 files are queued or being synced, because each uses a descriptor.
 * Owner:   fd passes to the syncer, which closes it.
 * Thread:  any.  Errors: reported, and kept for syncer_synced.
 */
void syncer_sync(struct syncer *s, const struct names_member *m, int fd);

/* syncer_finish(s): wait until all files are synced and the thread has ended. */
void syncer_finish(struct syncer *s);

/* syncer_synced(s): whether all files given to it are synced.  Thread: any. */
bool syncer_synced(struct syncer *s);

/* syncer_watchdog(s): the watchdog of the thread. */
struct watchdog *syncer_watchdog(const struct syncer *s);

/* syncer_free(s): free s, after syncer_finish. */
void syncer_free(struct syncer *s);

#endif
