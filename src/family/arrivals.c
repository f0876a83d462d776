/*
 * The index of arrival times: how long each file of a log was at a time.
 *
 * A place is found by the time alone, so nothing has to be known, read or cleaned up to write a
 * record, and a run goes on where another stopped, however that ended. Records of files that
 * were deleted are not looked for by anybody, and give way in time.
 *
 * Refused: a record behind the other, in a file that grows. It would have to be cut now and then,
 * by somebody who may not be interrupted in that. Refused: to keep the times in the compressed
 * files. The plain ones would still need another place.
 */
#include "family/arrivals.h"

#include "base/clock.h"
#include "base/fdio.h"
#include "base/fnv.h"
#include "family/lockfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { VERSION = 1 };

/* The three parts of the file, one behind the other. */
static const struct level {
	int64_t unit; /* seconds */
	int64_t places;
} levels[] = { { 1, 16384 }, { 60, 16384 }, { 3600, 8192 } };

enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

struct entry {
	struct arrivals_record record;
	bool last; /* fine, and the next record is of another file: lines went there by then */
	bool fine; /* of the level of seconds, and none of those that followed has given way yet */
};

struct arrivals {
	size_t count;
	struct entry entries[]; /* by file, then time, then offset */
};

/* ---- names ---- */

void arrivals_name(const char *file, char name[ARRIVALS_NAME])
{
	size_t len;

	lockfile_name(file, name);
	len = strlen(name) - strlen(".lock");
	stpcpy(name + len, ".times");
}

uint64_t arrivals_file(const char *name)
{
	return fnv1a(name, strlen(name));
}

/* ---- records ---- */

static void put(unsigned char *to, uint64_t value, int len)
{
	for (int i = 0; i < len; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *from, int len)
{
	uint64_t value = 0;

	for (int i = len; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static uint32_t checksum(const unsigned char *record)
{
	return (uint32_t)crc32(crc32(0, NULL, 0), record + 4, ARRIVALS_RECORD - 4);
}

static void encode(const struct arrivals_record *r, unsigned char *to)
{
	put(to + 4, VERSION, 2);
	put(to + 6, r->starts, 2);
	put(to + 8, r->file, 8);
	put(to + 16, (uint64_t)r->ns, 8);
	put(to + 24, r->offset, 8);
	put(to, checksum(to), 4);
}

static bool decode(const unsigned char *from, struct arrivals_record *r)
{
	if (get(from + 4, 2) != VERSION || get(from, 4) != checksum(from))
		return false;
	*r = (struct arrivals_record){ .file = get(from + 8, 8),
				       .ns = (int64_t)get(from + 16, 8),
				       .offset = get(from + 24, 8),
				       .starts = get(from + 6, 2) };
	return r->ns > 0;
}

static int write_at(int fd, const unsigned char *record, int64_t place)
{
	ssize_t n;

	do
		n = pwrite(fd, record, ARRIVALS_RECORD, place * ARRIVALS_RECORD);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && n < ARRIVALS_RECORD)
		errno = ENOSPC;
	return n == ARRIVALS_RECORD ? 0 : -1;
}

int arrivals_write(int fd, const struct arrivals_record *r, int64_t last_ns)
{
	unsigned char record[ARRIVALS_RECORD];
	int64_t first = 0;

	encode(r, record);
	for (size_t i = 0; i < LEVELS; i++) {
		int64_t now = r->ns / CLOCK_SECOND / levels[i].unit;

		if (i > 0 && now == last_ns / CLOCK_SECOND / levels[i].unit)
			break;
		if (write_at(fd, record, first + now % levels[i].places) < 0)
			return -1;
		first += levels[i].places;
	}
	return 0;
}

/* ---- searching ---- */

static int by_time(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;

	if (p->record.ns != q->record.ns)
		return p->record.ns < q->record.ns ? -1 : 1;
	return q->fine - p->fine;
}

static int by_file(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;
	const struct arrivals_record *r = &p->record, *s = &q->record;

	if (r->file != s->file)
		return r->file < s->file ? -1 : 1;
	if (r->ns != s->ns)
		return r->ns < s->ns ? -1 : 1;
	if (r->offset != s->offset)
		return r->offset < s->offset ? -1 : 1;
	return q->fine - p->fine;
}

/* Finds those records after which lines went to another file, in the same run. */
static void find_last(struct arrivals *a)
{
	const struct entry *next = NULL;

	qsort(a->entries, a->count, sizeof(*a->entries), by_time);
	for (size_t i = a->count; i-- > 0;) {
		struct entry *e = &a->entries[i];

		e->last = next && e->fine && !next->record.starts &&
			  next->record.file != e->record.file;
		if (i > 0 && a->entries[i - 1].record.ns != e->record.ns)
			next = e;
	}
}

/* Puts what was read in order; of one that is in several levels, the finest stays. */
static void put_in_order(struct arrivals *a)
{
	size_t n = 0;
	int64_t newest = 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->entries[i].record.ns > newest)
			newest = a->entries[i].record.ns;
	for (size_t i = 0; i < a->count; i++)
		if (newest - a->entries[i].record.ns >= levels[0].places * CLOCK_SECOND)
			a->entries[i].fine = false;
	find_last(a);
	qsort(a->entries, a->count, sizeof(*a->entries), by_file);
	for (size_t i = 0; i < a->count; i++) {
		const struct arrivals_record *r = &a->entries[i].record,
					     *last = n ? &a->entries[n - 1].record : NULL;

		if (!last || last->file != r->file || last->ns != r->ns)
			a->entries[n++] = a->entries[i];
	}
	a->count = n;
}

/* The length of what can be read, at most the size of an index; -1 and errno. */
static ssize_t read_all(int fd, unsigned char *to)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < ARRIVALS_SIZE) {
		n = fdio_read_at(fd, to + len, ARRIVALS_SIZE - len, len);
		len += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? -1 : (ssize_t)len;
}

struct arrivals *arrivals_read(int fd)
{
	enum { PLACES = ARRIVALS_SIZE / ARRIVALS_RECORD };
	struct arrivals *a = malloc(sizeof(*a) + PLACES * sizeof(*a->entries));
	unsigned char *bytes = malloc(ARRIVALS_SIZE);
	ssize_t len = a && bytes ? read_all(fd, bytes) : -1;

	if (len < 0) {
		int error = errno;

		free(a);
		free(bytes);
		errno = error;
		return NULL;
	}
	a->count = 0;
	for (ssize_t i = 0; i < len / ARRIVALS_RECORD; i++) {
		struct entry *e = &a->entries[a->count];

		e->fine = i < levels[0].places;
		a->count += decode(bytes + i * ARRIVALS_RECORD, &e->record);
	}
	free(bytes);
	put_in_order(a);
	return a;
}

void arrivals_free(struct arrivals *a)
{
	free(a);
}

/* The first entry of the file that is later; the count: none is. */
static size_t first_later(const struct arrivals *a, uint64_t file, int64_t ns)
{
	size_t low = 0, high = a->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct arrivals_record *r = &a->entries[middle].record;

		if (r->file < file || (r->file == file && r->ns <= ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * What came between two entries, came in the second that began with the first, if that is of the
 * level of seconds, and both of one run: with the next line after that second there would be
 * another entry. The second one may have left its place to an entry of the next file.
 */
bool arrivals_find(const struct arrivals *a, uint64_t file, enum arrivals_edge edge, int64_t ns,
		   uint64_t *offset)
{
	size_t later = first_later(a, file, ns);
	const struct entry *before = later > 0 ? &a->entries[later - 1] : NULL;
	const struct entry *behind = later < a->count ? &a->entries[later] : NULL;

	if (before && before->record.file != file)
		before = NULL;
	if (behind && behind->record.file != file)
		behind = NULL;
	if (!before && !behind)
		return false;
	if (edge == ARRIVALS_BEHIND)
		*offset = behind ? behind->record.offset : UINT64_MAX;
	else if (before && behind && before->fine && !behind->record.starts &&
		 ns - before->record.ns > 2 * CLOCK_SECOND)
		*offset = behind->record.offset;
	else if (before && !behind && before->last && ns - before->record.ns > 2 * CLOCK_SECOND)
		*offset = UINT64_MAX;
	else
		*offset = before ? before->record.offset : behind->record.offset;
	return true;
}

bool arrivals_first(const struct arrivals *a, uint64_t file, int64_t *ns)
{
	size_t first = first_later(a, file, INT64_MIN);

	if (first == a->count || a->entries[first].record.file != file)
		return false;
	*ns = a->entries[first].record.ns;
	return true;
}
