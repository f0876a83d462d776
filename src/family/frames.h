/* The seek table of a .zst file: which bytes of the log each of its frames holds. Pure. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAMES_TAIL = 9,         /* bytes at the end of a file that tell whether it has a table */
	FRAMES_MOST = 512 * 1024 /* frames in a table; at 4 MiB each 2 TiB */
};

/* A frame: it can be decompressed without any other. */
struct frames_frame {
	uint64_t at, size;             /* in the file, in bytes */
	uint64_t plain_at, plain_size; /* in what the file decompresses to */
};

struct frames;

/*
 * frames_new(): a table without frames.
 * Owner:   the caller; frames_free.
 * Returns: NULL and errno. The same holds for frames_read.
 */
struct frames *frames_new(void);
void frames_free(struct frames *f);

/*
 * frames_add(f, size, plain_size): a frame behind those that are there; of less than 4 GiB, before
 * and after compression.
 * Returns: 0, or -1 and errno: ENOMEM, or EOVERFLOW: it is too large, or one too many.
 */
int frames_add(struct frames *f, uint64_t size, uint64_t plain_size);

/*
 * frames_table(f, len): the table as it is written at the end of the file, behind the frames. To
 * any zstd it is a frame that is skipped. Format:  zstd,
 * contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0; without checksums,
 * because the frames have theirs. Owner:   the caller; free(3). Returns: len bytes, or NULL and
 * errno.
 */
void *frames_table(const struct frames *f, size_t *len);

/*
 * frames_table_len(tail, size): the length of the table of a file of so many bytes, of which
 * the last FRAMES_TAIL are at tail. 0: it has none, or one that cannot be right.
 */
size_t frames_table_len(const void *tail, uint64_t size);

/*
 * frames_read(table, len, size): the frames of a file of so many bytes that ends with this
 * table. len is what frames_table_len gave.
 *
 * The table is refused unless the frames fill the file up to it. Whoever uses it still has to
 * look whether a frame begins where it says, and whether it holds as many bytes.
 * Errors:  EINVAL: this is no such table.
 */
struct frames *frames_read(const void *table, size_t len, uint64_t size);

/* frames_count(f): how many frames there are, those that hold nothing included. */
size_t frames_count(const struct frames *f);

/* frames_get(f, i, frame): the frame number i, which is less than frames_count. */
void frames_get(const struct frames *f, size_t i, struct frames_frame *frame);

/* frames_plain_size(f): the bytes that all frames decompress to. */
uint64_t frames_plain_size(const struct frames *f);

/*
 * frames_find(f, at): the frame that holds the byte at this offset of what the file decompresses
 * to; frames_count if there is no such byte.
 */
size_t frames_find(const struct frames *f, uint64_t at);

#endif
