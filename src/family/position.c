/*
 * How far a family was shipped: what is kept of it, and the file that keeps it.
 *
 * A position is not one offset. If the clock is set back, logsink goes on in an older file, whose
 * new lines are shipped after those of newer files. So there is an offset for each of the newest
 * files; what is older than all of them was shipped.
 *
 * Files are known by their names, not by their inodes, which are used again, and which are other
 * ones after compression or a restore.
 *
 * Two slots in one file take one fdatasync. A new file that is renamed takes two more, for itself
 * and its directory, and needs the right to make files there.
 */
#include "family/position.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "family/family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "logsink position 1\n";

/* ---- what is kept ---- */

static int order(int64_t period, unsigned part, const struct position_file *f)
{
	if (period != f->period)
		return period < f->period ? -1 : 1;
	return part < f->part ? -1 : part > f->part;
}

struct position_file *position_find(struct position *p, int64_t period, unsigned part)
{
	for (size_t i = p->file_count; i-- > 0;)
		if (order(period, part, &p->files[i]) == 0)
			return &p->files[i];
	return NULL;
}

struct position_file *position_add(struct position *p, int64_t period, unsigned part)
{
	struct position_file *found = position_find(p, period, part);
	size_t at;

	if (found)
		return found;
	if (p->file_count == POSITION_FILES)
		memmove(p->files, p->files + 1, --p->file_count * sizeof(p->files[0]));
	for (at = p->file_count; at > 0 && order(period, part, &p->files[at - 1]) < 0; at--)
		p->files[at] = p->files[at - 1];
	p->files[at] = (struct position_file){ .period = period, .part = part };
	p->file_count++;
	return &p->files[at];
}

bool position_is_old(const struct position *p, int64_t period, unsigned part)
{
	return p->file_count > 0 && order(period, part, &p->files[0]) < 0;
}

bool position_holds(const struct position *p, const struct family_file *f)
{
	if (position_is_old(p, f->member.period, f->member.part))
		return false;
	for (size_t i = 0; i < p->file_count; i++) {
		const struct position_file *known = &p->files[i];

		if (order(f->member.period, f->member.part, known) != 0)
			continue;
		if (f->member.suffix != NAMES_PLAIN)
			return !known->ended;
		return f->measured ? f->size > known->offset : !known->ended;
	}
	return true;
}

struct position_partition *position_partition(struct position *p, int32_t partition)
{
	for (size_t i = 0; i < p->partition_count; i++)
		if (p->partitions[i].partition == partition)
			return &p->partitions[i];
	if (p->partition_count == POSITION_PARTITIONS)
		return NULL;
	p->partitions[p->partition_count] =
		(struct position_partition){ .next = -1, .partition = partition };
	return &p->partitions[p->partition_count++];
}

/* ---- as text ---- */

struct text {
	char *at, *end;
	bool full;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(t->at, (size_t)(t->end - t->at), format, args);
	va_end(args);
	if (n < 0 || n >= t->end - t->at)
		t->full = true;
	else
		t->at += n;
}

/* A path may contain newlines. */
static void put_path(struct text *t, const char *name, const char *path)
{
	put(t, "%s=", name);
	for (; *path; path++)
		if ((unsigned char)*path <= ' ' || *path == '%' || *path == 0x7f)
			put(t, "%%%02x", (unsigned char)*path);
		else
			put(t, "%c", *path);
	put(t, "\n");
}

size_t position_format(const struct position *p, char *to, size_t size)
{
	struct text t = { .at = to, .end = to + size };

	put(&t, "%s", magic);
	put(&t, "count=%" PRIu64 "\nid=%s\n", p->count, p->id);
	put_path(&t, "family", p->family);
	put_path(&t, "topic", p->topic);
	put_path(&t, "cluster", p->cluster);
	put(&t, "saved_ns=%" PRId64 "\n", p->saved_ns);
	put(&t, "records=%" PRIu64 "\nlines=%" PRIu64 "\nbytes=%" PRIu64 "\ngaps=%" PRIu64 "\n",
	    p->records, p->lines, p->bytes, p->gaps);
	put(&t, "clean=%d\n", p->clean);
	for (size_t i = 0; i < p->file_count; i++) {
		const struct position_file *f = &p->files[i];

		put(&t, "file=%" PRId64 " %u %" PRIu64 "%s%s\n", f->period, f->part, f->offset,
		    f->ended ? " ended" : "", f->torn ? " torn" : "");
	}
	put(&t, "head=%" PRId64 " %u %" PRIu32 " %08" PRIx32 "\n", p->head_period, p->head_part,
	    p->head_bytes, p->head_crc);
	put(&t, "partitions=%" PRIu32 "\n", p->partition_total);
	for (size_t i = 0; i < p->partition_count; i++)
		put(&t, "next=%" PRId32 " %" PRId64 "\n", p->partitions[i].partition,
		    p->partitions[i].next);
	put(&t, "crc32c=%08" PRIx32 "\n", crc32c(0, to, (size_t)(t.at - to)));
	return t.full ? 0 : (size_t)(t.at - to);
}

/* Takes a number off the text. */
static bool take(const char **at, uint64_t *n)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*n = strtoull(*at, &end, 10);
	*at = end + (*end == ' ');
	return errno == 0;
}

static bool take_signed(const char **at, int64_t *n)
{
	bool negative = **at == '-';
	uint64_t u;

	*at += negative;
	if (!take(at, &u) || u > INT64_MAX)
		return false;
	*n = negative ? -(int64_t)u : (int64_t)u;
	return true;
}

static bool take_word(const char **at, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool take_file(const char *at, struct position *p)
{
	struct position_file f = { 0 };
	uint64_t part;

	if (!take_signed(&at, &f.period) || !take(&at, &part) || part > UINT_MAX ||
	    !take(&at, &f.offset) || p->file_count == POSITION_FILES)
		return false;
	f.part = (unsigned)part;
	f.ended = take_word(&at, "ended");
	at += *at == ' ';
	f.torn = take_word(&at, "torn");
	if (p->file_count > 0 && order(f.period, f.part, &p->files[p->file_count - 1]) <= 0)
		return false;
	p->files[p->file_count++] = f;
	return *at == '\0';
}

static bool take_next(const char *at, struct position *p)
{
	uint64_t partition;
	int64_t next;

	if (!take(&at, &partition) || partition > INT32_MAX || !take_signed(&at, &next))
		return false;
	struct position_partition *to = position_partition(p, (int32_t)partition);
	if (!to)
		return false;
	to->next = next;
	return *at == '\0';
}

static bool take_head(const char *at, struct position *p)
{
	uint64_t part, bytes;
	char *end;

	if (!take_signed(&at, &p->head_period) || !take(&at, &part) || part > UINT_MAX ||
	    !take(&at, &bytes) || bytes > UINT32_MAX || strlen(at) != 8)
		return false;
	p->head_part = (unsigned)part;
	p->head_bytes = (uint32_t)bytes;
	p->head_crc = (uint32_t)strtoul(at, &end, 16);
	return *end == '\0';
}

/* The reverse of put_path. */
static bool take_path(const char *at, char *to, size_t size)
{
	char *end = to + size - 1, hex[3] = "";

	for (; *at && to < end; at++) {
		*to++ = *at;
		if (*at != '%')
			continue;
		if (!at[1] || !at[2])
			return false;
		memcpy(hex, at + 1, 2);
		to[-1] = (char)strtoul(hex, NULL, 16);
		at += 2;
	}
	*to = '\0';
	return *at == '\0';
}

static bool take_number(const char *at, uint64_t *n)
{
	return take(&at, n) && *at == '\0';
}

static bool take_value(const char *name, const char *value, struct position *p)
{
	uint64_t n = 0;
	bool number = take_number(value, &n);

	if (strcmp(name, "id") == 0) {
		snprintf(p->id, sizeof(p->id), "%s", value);
		return strlen(value) == POSITION_ID;
	}
	if (strcmp(name, "family") == 0)
		return take_path(value, p->family, sizeof(p->family));
	if (strcmp(name, "topic") == 0)
		return take_path(value, p->topic, sizeof(p->topic));
	if (strcmp(name, "cluster") == 0)
		return take_path(value, p->cluster, sizeof(p->cluster));
	if (strcmp(name, "saved_ns") == 0)
		return take_signed(&value, &p->saved_ns);
	if (strcmp(name, "file") == 0)
		return take_file(value, p);
	if (strcmp(name, "head") == 0)
		return take_head(value, p);
	if (strcmp(name, "next") == 0)
		return take_next(value, p);
	if (strcmp(name, "clean") == 0)
		p->clean = n == 1;
	else if (strcmp(name, "partitions") == 0)
		p->partition_total = (uint32_t)n;
	else if (strcmp(name, "count") == 0)
		p->count = n;
	else if (strcmp(name, "records") == 0)
		p->records = n;
	else if (strcmp(name, "lines") == 0)
		p->lines = n;
	else if (strcmp(name, "bytes") == 0)
		p->bytes = n;
	else if (strcmp(name, "gaps") == 0)
		p->gaps = n;
	else
		return true; /* of a later version, which can do without it */
	return number;
}

bool position_parse(const char *text, size_t len, struct position *p)
{
	const char *at = text, *end = text + len;
	char line[PATH_MAX * 3 + 64];

	memset(p, 0, sizeof(*p));
	if (len < strlen(magic) || memcmp(text, magic, strlen(magic)) != 0)
		return false;
	for (at += strlen(magic); at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline || (size_t)(newline - at) >= sizeof(line))
			return false;
		memcpy(line, at, (size_t)(newline - at));
		line[newline - at] = '\0';
		char *value = strchr(line, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (strcmp(line, "crc32c") == 0)
			return p->id[0] &&
			       strtoul(value, NULL, 16) == crc32c(0, text, (size_t)(at - text));
		if (!take_value(line, value, p))
			return false;
		at = newline + 1;
	}
	return false;
}

/* ---- the file ---- */

/* The bytes of a slot, fewer at the end of the file; or -1 and errno. */
static ssize_t read_slot(int fd, int slot, char *to)
{
	size_t n = 0;

	while (n < POSITION_SLOT) {
		ssize_t got = pread(fd, to + n, POSITION_SLOT - n,
				    (off_t)slot * POSITION_SLOT + (off_t)n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static bool is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == '\0' && memcmp(p, p + 1, n - 1) == 0);
}

enum position_result position_read(int fd, struct position *p)
{
	struct position *other = malloc(sizeof(*other));
	char *text = malloc(POSITION_SLOT);
	enum position_result result = POSITION_NEW;

	if (!other || !text) {
		result = POSITION_FAILED;
		goto free;
	}
	memset(p, 0, sizeof(*p));
	for (int slot = 0; slot < 2; slot++) {
		ssize_t n = read_slot(fd, slot, text);

		if (n < 0) {
			result = POSITION_FAILED;
			break;
		}
		if (position_parse(text, (size_t)n, other)) {
			if (result != POSITION_FOUND || other->count > p->count)
				*p = *other;
			result = POSITION_FOUND;
		} else if (result == POSITION_NEW && !is_zero(text, (size_t)n)) {
			result = POSITION_DAMAGED;
		}
	}
free:
	free(other);
	free(text);
	return result;
}

static int write_slot(int fd, uint64_t count, const char *text, size_t len)
{
	off_t at = (off_t)(count % 2) * POSITION_SLOT;

	for (size_t n = 0; n < len;) {
		ssize_t done = pwrite(fd, text + n, len - n, at + (off_t)n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done < 0 ? errno : ENOSPC;
			return -1;
		}
		n += (size_t)done;
	}
	return fdatasync(fd);
}

int position_write(int fd, struct position *p)
{
	char *text = malloc(POSITION_SLOT);
	int result = -1;

	if (!text)
		return -1;
	p->count++;
	p->saved_ns = clock_real_ns();
	size_t len = position_format(p, text, POSITION_SLOT);
	if (len == 0)
		errno = EMSGSIZE;
	else
		result = write_slot(fd, p->count, text, len);
	if (result < 0)
		p->count--; /* the other slot stays as it is */
	free(text);
	return result;
}
