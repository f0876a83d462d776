/* One file of a log as a stream of bytes: plain, .zst or .gz. */
#ifndef UNPACK_H
#define UNPACK_H

#include "family/names.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Offsets are those of the bytes before compression. Everything goes through one descriptor, so
 * that a file that is renamed, deleted or replaced meanwhile is read on.
 */
struct unpack;

/*
 * unpack_new(): a stream without a file, with memory for any: less than 2 MiB, and up to 8 MiB
 * more for the window of a zstd file.
 * Owner:   the caller; unpack_free. One stream can read many files, one after the other.
 * Thread:  one at a time.
 * Returns: NULL and errno (ENOMEM).
 */
struct unpack *unpack_new(void);
void unpack_free(struct unpack *u);

/*
 * unpack_start(u, fd, form): go to the beginning of a file; the one before is closed.
 * Owner:   fd is the stream's from now on, also if this fails.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int unpack_start(struct unpack *u, int fd, enum names_suffix form);

/* unpack_close(u): close the file, if there is one. */
void unpack_close(struct unpack *u);

/*
 * unpack_next(u, bytes): the next bytes of the file, as many as are at hand.
 *
 * Owner:   the bytes stay the stream's, until the next call of a function of this room.
 * Returns: how many; 0: the end; a plain file may have grown by the next call.
 *          -1 and EBADMSG: bytes are missing here, unpack_missing says which; the next call goes
 *          on behind them. -1 and another errno: the file cannot be read.
 */
ssize_t unpack_next(struct unpack *u, const char **bytes);

/* unpack_missing(u): what the last EBADMSG was about, for a message: "damaged at byte 4711". */
const char *unpack_missing(const struct unpack *u);

/*
 * unpack_seek(u, offset): let unpack_next go on there. In a plain file this costs nothing; in
 * another one, what lies between unpack_entry and the offset is decompressed.
 * Returns: 0: it is there, or at the end of the file if that is before; -1 and errno as
 * unpack_next.
 */
int unpack_seek(struct unpack *u, uint64_t offset);

/*
 * unpack_size(u, size): how many bytes the file holds before compression, if that can be known
 * without reading it: of a plain one, and of a .zst with a seek table (family/frames).
 * Returns: 1; 0: unknown; -1 and errno.
 * unpack_entry(u, offset): the nearest offset not above this one at which reading can begin without
 * decompressing what is before it.
 */
int unpack_size(struct unpack *u, uint64_t *size);
uint64_t unpack_entry(struct unpack *u, uint64_t offset);

/* unpack_offset(u): the offset of the byte that comes next; without what was missing. */
uint64_t unpack_offset(const struct unpack *u);

/*
 * unpack_fd(u): the descriptor, for fstat(2) and the like; -1: no file.
 * unpack_form(u): the form of the file.
 */
int unpack_fd(const struct unpack *u);
enum names_suffix unpack_form(const struct unpack *u);

#endif
