/*
 * Where a run stopped, kept in a file for the next one.
 *
 * The file is a line of text: a word for the format, the offset, how many first bytes of the member
 * were hashed and to what, and its name as it is when it is plain. Compression does not change that
 * name. A name may come again in a new directory, and then the hash tells the two apart.
 */
#include "logsink-cat/cursor.h"

#include "base/fdio.h"
#include "base/fnv.h"
#include "base/units.h"
#include "reader/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char word[] = "logsink-cat-1 ";

enum { LINE = NAMES_SIZE + 128 };

/* "logsink-cat-1 OFFSET LENGTH HASH NAME\n" */
static bool parse(char *text, const struct members *m, struct cursor *c)
{
	int64_t numbers[3];
	char *at = text + strlen(word), *end = strchr(text, '\n');

	if (strncmp(text, word, strlen(word)) != 0 || !end || end[1])
		return false;
	*end = '\0';
	for (int i = 0; i < 3; i++) {
		char *blank = strchr(at, ' ');

		if (!blank)
			return false;
		*blank = '\0';
		if (!units_count(at, &numbers[i]))
			return false;
		at = blank + 1;
	}
	c->offset = (uint64_t)numbers[0];
	c->head_len = numbers[1] <= CURSOR_HEAD ? (size_t)numbers[1] : 0;
	c->head = (uint64_t)numbers[2];
	return members_parse(m, at, &c->member);
}

/* In 63 bits, so that it is a count. */
static uint64_t hash(const char *p, size_t len)
{
	return fnv1a(p, len) >> 1;
}

/* The hash of up to *len first bytes of a member, and how many they are; false: unknown. */
static bool hash_head(const struct members *m, const struct member *which, uint64_t *head,
		      size_t *len)
{
	enum names_suffix form;
	int fd = members_open(m, which, &form);
	struct unpack *u = fd >= 0 ? unpack_new() : NULL;
	const char *p;
	ssize_t n = -1;

	if (u && unpack_start(u, fd, form) == 0)
		n = unpack_next(u, &p);
	else if (fd >= 0 && !u)
		close(fd);
	if (n >= 0) {
		*len = (size_t)n < *len ? (size_t)n : *len;
		*head = hash(p, *len);
	}
	unpack_free(u);
	return n >= 0;
}

void cursor_learn(const struct members *m, struct cursor *c)
{
	c->head_len = c->offset < CURSOR_HEAD ? (size_t)c->offset : CURSOR_HEAD;
	if (!hash_head(m, &c->member, &c->head, &c->head_len))
		c->head_len = 0;
}

bool cursor_fits(const struct members *m, const struct cursor *c)
{
	size_t len = c->head_len;
	uint64_t head;

	if (len == 0 || !hash_head(m, &c->member, &head, &len))
		return true;
	return len == c->head_len && head == c->head;
}

int cursor_read(const char *path, const struct members *m, struct cursor *c)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), error;
	char text[LINE + 1];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	n = fdio_read(fd, text, LINE);
	error = errno;
	close(fd);
	errno = n < 0 ? error : EINVAL;
	if (n < 0)
		return -1;
	text[n] = '\0';
	return parse(text, m, c) ? 1 : -1;
}

static int write_new(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), error;

	if (fd < 0)
		return -1;
	ssize_t n = fdio_write(fd, text, len);
	if (n >= 0 && (size_t)n < len)
		errno = ENOSPC;
	int result = (size_t)n == len && fsync(fd) == 0 ? 0 : -1;
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int cursor_write(const char *path, const struct members *m, const struct cursor *c)
{
	char name[NAMES_SIZE], text[LINE], temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.new", path), error;

	if (n >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	members_name(m, &c->member, NAMES_PLAIN, name);
	n = snprintf(text, sizeof(text), "%s%" PRIu64 " %zu %" PRIu64 " %s\n", word, c->offset,
		     c->head_len, c->head, name);
	if (write_new(temporary, text, (size_t)n) == 0 && rename(temporary, path) == 0)
		return 0;
	error = errno;
	(void)unlink(temporary);
	errno = error;
	return -1;
}
