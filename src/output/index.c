/*
 * Keep the index of arrival times while a log is written.
 *
 * It is a help for readers and worth no line, so nothing here is tried twice, synced or waited
 * for. It is written on the writer's thread, between two lines and at most once a second: a
 * record of 32 bytes in a place that needs no look at what is there. A thread of its own would cost
 * more than that, and could tell of lines that are not in the file yet.
 */
#include "output/index.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/trust.h"
#include "family/arrivals.h"
#include "family/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct index {
	const struct directory *dir;
	mode_t mode;
	char name[ARRIVALS_NAME];
	int fd;          /* -1: not open */
	int64_t last_ns; /* of the last record; 0: there is none, or one is missing since */
	bool said;       /* that it failed */
};

struct index *index_new(const struct directory *dir, const char *file, mode_t mode)
{
	struct index *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->dir = dir;
	i->mode = mode;
	i->fd = -1;
	arrivals_name(file, i->name);
	return i;
}

void index_close(struct index *i)
{
	if (i->fd >= 0)
		close(i->fd);
	i->fd = -1;
}

void index_free(struct index *i)
{
	if (i)
		index_close(i);
	free(i);
}

/* Opens the index, or makes it. What is no file of ours is left alone. -1 and errno. */
static int open_index(struct index *i)
{
	int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int dir = directory_fd(i->dir), fd = openat(dir, i->name, flags, i->mode), error;
	struct stat st;

	if (fd < 0 || trust_is_ours(dir, i->name, fd, &st))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

void index_note(struct index *i, const char *name, uint64_t offset)
{
	const struct arrivals_record r = { .file = arrivals_file(name),
					   .ns = clock_real_ns(),
					   .offset = offset,
					   .starts = i->last_ns == 0 };

	if (i->fd < 0)
		i->fd = open_index(i);
	if (i->fd >= 0 && arrivals_write(i->fd, &r, i->last_ns) == 0) {
		i->last_ns = r.ns;
		return;
	}
	if (!i->said)
		diag(DIAG_WARNING,
		     "cannot write the index of arrival times %s%s: %s; lines without a time are "
		     "found by the dates of their files only",
		     directory_prefix(i->dir), i->name,
		     errno == ENOTSUP ? "something else has its name" : strerror(errno));
	i->said = true;
	i->last_ns = 0;
	index_close(i);
}
