/* Cut the bytes of a log into records. Pure. */
#ifndef CUTTER_H
#define CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;

/* What to do with a line that is longer than a record may be. */
enum cutter_large { CUTTER_SPLIT, CUTTER_TRUNCATE, CUTTER_SKIP };

struct cutter_options {
	size_t limit; /* bytes of a record, at least 64 */
	enum cutter_large large;
	struct filter *begins; /* the lines that a record begins with; NULL: each line is one */
};

struct cutter_record {
	const char *text; /* without the last newline */
	size_t len;
	uint64_t end;   /* where it ends in the file, with its newline */
	uint64_t size;  /* of a line that was truncated or skipped: its length; otherwise 0 */
	uint32_t lines; /* that end in it */
	uint32_t piece; /* of a line that was split: 1, 2, ...; otherwise 0 */
	bool more;      /* and more pieces follow */
	bool skip;      /* nothing is to be sent */
	bool torn;      /* the file ends without a newline */
};

struct cutter;

/*
 * cutter_new(o): nothing was read yet. It takes memory for one record.
 * Owner:   the caller; cutter_free (NULL: nothing). o->begins must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct cutter *cutter_new(const struct cutter_options *o);
void cutter_free(struct cutter *c);

/*
 * cutter_begin(c, offset, after_torn): the next bytes are those of a file from this offset on;
 * after_torn: what was sent of it before ended without a newline. A record of several lines goes
 * on from the file before; otherwise what is unfinished is forgotten.
 */
void cutter_begin(struct cutter *c, uint64_t offset, bool after_torn);

/*
 * cutter_feed(c, bytes, len): the next bytes. They must hold still until cutter_next is false,
 * and no more may be given before.
 *
 * cutter_next(c, r): the next record.
 * Owner:   r->text stays the cutter's or the caller's, until the next call.
 * Returns: false if it takes more bytes.
 */
void cutter_feed(struct cutter *c, const char *bytes, size_t len);
bool cutter_next(struct cutter *c, struct cutter_record *r);

/*
 * cutter_end(c, r): the file is at its end: what stands there without a newline is a line.
 * cutter_flush(c, r): a record of several lines is not waited for any longer.
 * Both after cutter_next was false.
 * Returns: whether there is a record; call again until there is none.
 */
bool cutter_end(struct cutter *c, struct cutter_record *r);
bool cutter_flush(struct cutter *c, struct cutter_record *r);

/*
 * cutter_holds(c): bytes that are not in a record yet.
 * cutter_is_torn(c): whether they end without a newline.
 */
size_t cutter_holds(const struct cutter *c);
bool cutter_is_torn(const struct cutter *c);

/* cutter_forget(c): what is not in a record yet is not looked at any more. */
void cutter_forget(struct cutter *c);

#endif
