/*
 * The seek table of a .zst file: which bytes of the log each of its frames holds. Pure.
 *
 * The table is read from files of anybody. Nothing in it is believed because it is there: the
 * number of frames must agree with the table's length, that with the file's, and the frames'
 * lengths with where the table begins. So memory is reserved only for what the file contains,
 * and FRAMES_MOST bounds it.
 */
#include "family/frames.h"

#include "base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The table is a skippable frame: a header, an entry for each frame, a footer. */
enum { HEADER = 8, ENTRY = 8, CHECKSUM = 4, FOOTER = FRAMES_TAIL };

#define SKIPPABLE_MAGIC UINT32_C(0x184D2A5E)
#define SEEKABLE_MAGIC  UINT32_C(0x8F92EAB1)

/* The bits of the footer's descriptor. */
enum { HAS_CHECKSUMS = 0x80, RESERVED = 0x7c };

struct start {
	uint64_t at, plain_at;
};

struct frames {
	size_t count, room;
	struct start *starts; /* of each frame, and, as the last, where another would begin */
};

/* ---- numbers of 32 bits, the lowest byte first ---- */

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static unsigned char *put32(unsigned char *p, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		*p++ = (unsigned char)(value >> 8 * i);
	return p;
}

/* ---- a table in memory ---- */

static int reserve(struct frames *f, size_t count)
{
	struct start *starts;

	if (count + 1 <= f->room)
		return 0;
	starts = realloc(f->starts, (count + 1) * sizeof(*starts));
	if (!starts)
		return -1;
	f->starts = starts;
	f->room = count + 1;
	return 0;
}

struct frames *frames_new(void)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f || reserve(f, 1) < 0) {
		free(f);
		return NULL;
	}
	f->starts[0] = (struct start){ 0, 0 };
	return f;
}

void frames_free(struct frames *f)
{
	if (f)
		free(f->starts);
	free(f);
}

int frames_add(struct frames *f, uint64_t size, uint64_t plain_size)
{
	const struct start *last;

	if (size > UINT32_MAX || plain_size > UINT32_MAX || f->count == FRAMES_MOST) {
		errno = EOVERFLOW;
		return -1;
	}
	if (f->count + 2 > f->room && reserve(f, 2 * f->count + 1) < 0)
		return -1;
	last = &f->starts[f->count++];
	f->starts[f->count] = (struct start){ last->at + size, last->plain_at + plain_size };
	return 0;
}

size_t frames_count(const struct frames *f)
{
	return f->count;
}

void frames_get(const struct frames *f, size_t i, struct frames_frame *frame)
{
	const struct start *s = &f->starts[i];

	insist(i < f->count);
	*frame = (struct frames_frame){ .at = s[0].at,
					.size = s[1].at - s[0].at,
					.plain_at = s[0].plain_at,
					.plain_size = s[1].plain_at - s[0].plain_at };
}

uint64_t frames_plain_size(const struct frames *f)
{
	return f->starts[f->count].plain_at;
}

size_t frames_find(const struct frames *f, uint64_t at)
{
	size_t low = 0, high = f->count; /* the first that ends behind at is one of these */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->starts[middle + 1].plain_at > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* ---- a table in a file ---- */

void *frames_table(const struct frames *f, size_t *len)
{
	unsigned char *table, *p;

	*len = HEADER + f->count * ENTRY + FOOTER;
	table = p = malloc(*len);
	if (!table)
		return NULL;
	p = put32(p, SKIPPABLE_MAGIC);
	p = put32(p, *len - HEADER);
	for (size_t i = 0; i < f->count; i++) {
		struct frames_frame frame;

		frames_get(f, i, &frame);
		p = put32(p, frame.size);
		p = put32(p, frame.plain_size);
	}
	p = put32(p, f->count);
	*p++ = 0; /* no checksums */
	put32(p, SEEKABLE_MAGIC);
	return table;
}

/* The bytes of an entry; 0: the descriptor is of a later version of the format. */
static size_t entry_len(unsigned char descriptor)
{
	if (descriptor & RESERVED)
		return 0;
	return descriptor & HAS_CHECKSUMS ? ENTRY + CHECKSUM : ENTRY;
}

size_t frames_table_len(const void *tail, uint64_t size)
{
	const unsigned char *footer = tail;
	size_t count = get32(footer), entry = entry_len(footer[4]);
	size_t len = HEADER + count * entry + FOOTER;

	if (get32(footer + 5) != SEEKABLE_MAGIC || entry == 0)
		return 0;
	return count <= FRAMES_MOST && len <= size ? len : 0;
}

struct frames *frames_read(const void *table, size_t len, uint64_t size)
{
	const unsigned char *p = table;
	struct frames *f;
	size_t count, entry;

	errno = EINVAL;
	if (len < HEADER + FOOTER || frames_table_len(p + len - FOOTER, size) != len)
		return NULL;
	if (get32(p) != SKIPPABLE_MAGIC || get32(p + 4) != len - HEADER)
		return NULL;
	count = get32(p + len - FOOTER);
	entry = entry_len(p[len - FOOTER + 4]);
	f = frames_new();
	if (!f || reserve(f, count) < 0) {
		frames_free(f);
		return NULL;
	}
	p += HEADER;
	for (size_t i = 0; i < count; i++, p += entry)
		(void)frames_add(f, get32(p), get32(p + 4)); /* it cannot fail: there is room */
	if (f->starts[count].at == size - len)
		return f;
	frames_free(f);
	errno = EINVAL;
	return NULL;
}
