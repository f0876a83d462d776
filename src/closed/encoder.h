/* Write the bytes of a file in compressed form. */
#ifndef ENCODER_H
#define ENCODER_H

#include "family/names.h"

#include <stdatomic.h>
#include <stdint.h>

enum { ENCODER_FRAME = 4 * 1024 * 1024 }; /* bytes of the plain file in a zstd frame, at most */

struct encoder_job {
	int from, to;             /* both at their beginning; from is a regular file */
	uint64_t size;            /* of from, in bytes */
	enum names_suffix suffix; /* NAMES_ZST or NAMES_GZ */
	int level;                /* zstd: 1 to 19; gzip: 1 to 9 */
	const atomic_bool *stop;  /* looked at before each chunk */
};

/*
 * encoder_run(job): write the first size bytes of from to to, compressed.
 *
 * zstd: in frames of whole lines, each with its length and a checksum, and behind them their seek
 * table (family/frames). Only a line longer than a frame is in several. gzip: in one member.
 * Memory:  as the man page says; all of it is freed.
 * Returns: 0; or -1 and errno: ECANCELED when *stop became true, EIO also if from is shorter.
 */
int encoder_run(const struct encoder_job *job);

#endif
