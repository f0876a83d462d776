/* Which closed files go, and by which rule. Pure. */
#ifndef RETAIN_H
#define RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct calendar;
struct family_file;

enum { RETAIN_ALL = -1 };

struct retain_rules {
	int64_t keep;       /* so many closed files; RETAIN_ALL: any number */
	int64_t max_age_s;  /* since the end of the file's period; 0: any age */
	uint64_t max_total; /* bytes of all files, the current one included; 0: any */
	uint64_t keep_free; /* bytes of the file system; 0: do not care */
};

/* The family at one moment. */
struct retain_state {
	size_t closed;         /* files */
	uint64_t closed_bytes; /* of them */
	uint64_t other_bytes;  /* what the current file and a compression may come to */
	uint64_t free_bytes;   /* in the file system */
	bool over_quota;       /* free_bytes are not for us */
	time_t now;
};

enum retain_verdict {
	RETAIN_STAYS,
	RETAIN_KEEP,
	RETAIN_MAX_TOTAL,
	RETAIN_KEEP_FREE,
	RETAIN_MAX_AGE,
};

/*
 * retain_step(r, s, c, f): whether the file f goes, the oldest of the closed ones in
 * s. If so, s is what it will be without f. Files go one after another, the oldest
 * first, until one stays. Over quota nobody knows how much is missing: then --keep-free asks
 * for one file.
 */
enum retain_verdict retain_step(const struct retain_rules *r, struct retain_state *s,
				const struct calendar *c, const struct family_file *f);

/* retain_option(v): the option that a verdict comes from, "--keep". */
const char *retain_option(enum retain_verdict v);

/*
 * retain_part_limit(r, size): the largest that a file may grow, in bytes, so that
 * --max-total can be kept by deleting closed files: a quarter of it, or size.
 */
uint64_t retain_part_limit(const struct retain_rules *r, uint64_t size);

/*
 * retain_other_bytes(part_limit, compress): what the current file may come to, and with
 * it the temporary file of a compression, which may even be a little larger.
 */
uint64_t retain_other_bytes(uint64_t part_limit, bool compress);

/* retain_default_free(total): --keep-free by default, for a file system of so many bytes. */
uint64_t retain_default_free(uint64_t total);

#endif
