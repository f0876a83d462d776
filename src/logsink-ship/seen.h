/* What was stored already, as far as it was read back. Pure. */
#ifndef SEEN_H
#define SEEN_H

#include <stddef.h>
#include <stdint.h>

/* How far each file is stored in each partition. */
struct seen {
	struct seen_file *files;
	size_t count, room;
};

struct seen_file {
	int64_t period;
	uint64_t end; /* bytes of the file */
	uint32_t part;
	int32_t partition;
};

/*
 * seen_add(s, partition, period, part, end): a record of that file is stored in the partition, and
 * ends there.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int seen_add(struct seen *s, int32_t partition, int64_t period, uint32_t part, uint64_t end);

/* seen_end(s, partition, period, part): how far that file is stored there; -1: nothing is known. */
int64_t seen_end(const struct seen *s, int32_t partition, int64_t period, uint32_t part);

/* seen_clear(s): forget all, and free the memory. */
void seen_clear(struct seen *s);

#endif
