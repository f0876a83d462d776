/* How far a family was shipped: what is kept of it, and the file that keeps it. */
#ifndef POSITION_H
#define POSITION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct family_file;

enum {
	POSITION_FILES = 32,        /* the newest files that were read */
	POSITION_PARTITIONS = 1024, /* of a topic that records were sent to */
	POSITION_ID = 16,           /* hexadecimal digits of an id */
	POSITION_TOPIC = 250,       /* bytes of a topic's name, with the final NUL */
	POSITION_CLUSTER = 128,     /* bytes of a cluster's name, with the final NUL */
};

/* How far one file of the family was shipped. */
struct position_file {
	int64_t period;  /* its period and part, see struct names_member */
	uint64_t offset; /* in uncompressed bytes: these and no others are shipped */
	unsigned part;
	bool ended; /* all of it was shipped, and there was a newer file */
	bool torn;  /* its last line was shipped without a newline */
};

struct position_partition {
	int64_t next; /* the broker's offset behind our last stored record; -1: unknown */
	int32_t partition;
};

struct position {
	uint64_t count;             /* how often it was written */
	char id[POSITION_ID + 1];   /* in each of our records; made with the file */
	char family[PATH_MAX];      /* FILE, as an absolute path */
	char topic[POSITION_TOPIC]; /* where to */
	char cluster[POSITION_CLUSTER];
	int64_t saved_ns;               /* the time of day when it was written */
	uint64_t records, lines, bytes; /* shipped so far */
	uint64_t gaps;                  /* bytes known to be deleted before they were shipped */
	bool clean;                     /* when it was written nothing was on its way */

	/* In order. All files that are older than the first were shipped. */
	struct position_file files[POSITION_FILES];
	size_t file_count;

	/* The beginning of one of them, by which it is known again; 0 bytes: of none. */
	int64_t head_period;
	unsigned head_part;
	uint32_t head_bytes, head_crc;

	uint32_t partition_total; /* of the topic; a key's partition depends on it; 0: unknown */
	struct position_partition partitions[POSITION_PARTITIONS];
	size_t partition_count;
};

/*
 * position_find(p, period, part): what is known of that file; NULL: nothing.
 * position_add(p, period, part): the same; an unknown one is put in its place. If there is no room
 * the oldest is forgotten. The result is valid until the next call.
 */
struct position_file *position_find(struct position *p, int64_t period, unsigned part);
struct position_file *position_add(struct position *p, int64_t period, unsigned part);

/* position_is_old(p, period, part): whether that file is older than all that are known. */
bool position_is_old(const struct position *p, int64_t period, unsigned part);

/*
 * position_holds(p, f): whether something of this file has not been shipped yet. Of a compressed
 * file it is not known how much it holds: all of it was shipped if the shipper is beyond it.
 */
bool position_holds(const struct position *p, const struct family_file *f);

/* position_partition(p, partition): that of this number; NULL: no room. */
struct position_partition *position_partition(struct position *p, int32_t partition);

enum position_result {
	POSITION_FOUND,
	POSITION_NEW,     /* the file is empty: nothing was shipped yet */
	POSITION_DAMAGED, /* there is something, and it is no position */
	POSITION_FAILED,  /* errno */
};

/*
 * position_read(fd, p): read the newest position that is whole.
 *
 * The file has two slots, which are written in turn, so that a crash while one is written leaves
 * the other. Each is text: a line for each value, as NAME=VALUE; the last is the checksum of all
 * before it.
 */
enum position_result position_read(int fd, struct position *p);

/*
 * position_write(fd, p): write it into the other slot, and wait until it is on the disk; p->count
 * says which slot it is in.
 * Returns: 0, or -1 and errno; the position before is then still in the file.
 */
int position_write(int fd, struct position *p);

/*
 * position_format(p, to, size): the text of a slot.
 * Returns: its length, or 0 if it does not fit.
 * position_parse(text, len, p): the reverse. Returns: false if it is not whole.
 */
enum { POSITION_SLOT = 65536 };
size_t position_format(const struct position *p, char *to, size_t size);
bool position_parse(const char *text, size_t len, struct position *p);

#endif
