/*
 * Where a run stopped, kept in a file for the next one.
 *
 * The file is a line of text: a word for the format, the offset, and the member's name as it is
 * when it is plain. A name is the identity of a member: it does not change by compression.
 */
#include "logsink-cat/cursor.h"

#include "base/fdio.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char word[] = "logsink-cat-1 ";

enum { LINE = NAMES_SIZE + 64 };

/* "logsink-cat-1 OFFSET NAME\n" */
static bool parse(char *text, const struct members *m, struct cursor *c)
{
	char *offset = text + strlen(word), *name, *end = strchr(text, '\n');
	int64_t n;

	if (strncmp(text, word, strlen(word)) != 0 || !end || end[1])
		return false;
	*end = '\0';
	name = strchr(offset, ' ');
	if (!name)
		return false;
	*name++ = '\0';
	if (!units_count(offset, &n) || !members_parse(m, name, &c->member))
		return false;
	c->offset = (uint64_t)n;
	return true;
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
	n = snprintf(text, sizeof(text), "%s%" PRIu64 " %s\n", word, c->offset, name);
	if (write_new(temporary, text, (size_t)n) == 0 && rename(temporary, path) == 0)
		return 0;
	error = errno;
	(void)unlink(temporary);
	errno = error;
	return -1;
}
