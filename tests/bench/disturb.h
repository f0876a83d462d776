/*
 * disturb: another process that keeps a disk busy with syncs, as a database beside the log does.
 */
#ifndef DISTURB_H
#define DISTURB_H

#include <stdint.h>

struct disturb;

/*
 * Start it on a file system: it appends 1 MiB to the file PATH and calls fsync(2), without a pause,
 * and syncfs(2) after each 16 MiB; then the file begins anew. It ends with its parent. Returns once
 * the first sync is done.
 */
struct disturb *disturb_start(const char *path);

/* End it, remove its file. Returns: how many syncs it has done. */
int64_t disturb_stop(struct disturb *disturb);

#endif
