/*
 * The current file: find, open, repair, append, split by size, sync, close.
 *
 * A file is only ever appended to. It is opened when there is something to
 * write, so a period without lines has no file. Which part goes on is looked up
 * in the directory once in each period; after that we know, for the family is
 * locked. All names are relative to the directory's descriptor, and links are
 * not followed.
 */
#include "logfile.h"

#include "diag.h"
#include "fdio.h"
#include "logdir.h"
#include "stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct logfile {
	struct logdir *dir;
	struct stats *stats;
	struct logfile_options o;

	struct names_member member; /* the current file's name; part 0: not looked up yet */
	bool fresh;                 /* the file must not exist yet */
	char name[NAMES_SIZE];
	const char *verb; /* what is being done with it, for messages */
	char doing[NAMES_SIZE + 4096];
	bool failed;

	int fd; /* -1: none is open */
	uint64_t size;
	bool midline; /* its last byte is no newline */
	bool dirty;   /* written to since the last fdatasync */
};

struct logfile *logfile_new(struct logdir *dir, const struct logfile_options *o,
			    struct stats *stats)
{
	struct logfile *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->dir = dir;
	f->o = *o;
	f->stats = stats;
	f->fd = -1;
	return f;
}

void logfile_free(struct logfile *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

const char *logfile_doing(struct logfile *f)
{
	snprintf(f->doing, sizeof(f->doing), "%s %s%s", f->verb, logdir_path(f->dir), f->name);
	return f->doing;
}

bool logfile_failed(const struct logfile *f)
{
	return f->failed;
}

/* ---- which file ---- */

/* Looks up the newest part of the period. */
static int find_part(struct logfile *f)
{
	struct names_member newest = { .part = 0 }, m;
	bool compressed = false;
	struct dirent *e;
	DIR *dir = NULL;
	int fd;

	snprintf(f->name, sizeof(f->name), ".");
	f->verb = "read the directory";
	fd = openat(logdir_fd(f->dir), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
		if (!names_parse(&f->o.names, e->d_name, &m) ||
		    strcmp(m.period, f->member.period) != 0 || m.part < newest.part)
			continue;
		compressed = m.suffix != NAMES_PLAIN || (compressed && m.part == newest.part);
		newest = m;
	}
	int error = errno;
	closedir(dir);
	if (error) {
		errno = error;
		return -1;
	}
	f->member.part = newest.part + (newest.part == 0 || compressed);
	f->fresh = compressed;
	return 0;
}

static void next_part(struct logfile *f)
{
	f->member.part++;
	f->fresh = true;
}

/* ---- open and close ---- */

/* -1 and errno; ENOTSUP: something is there that is no file for us. */
static int open_regular(struct logfile *f, struct stat *st)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(logdir_fd(f->dir), f->name, flags | (f->fresh ? O_EXCL : 0), f->o.mode);

	if (fd < 0) {
		if (errno == ELOOP || errno == EISDIR || errno == ENXIO)
			errno = ENOTSUP;
		return -1;
	}
	if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode))
			return fd;
		errno = ENOTSUP;
	}
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* A crash may have left half a line: closes it, so that ours does not glue to it. */
static int repair(struct logfile *f, int fd, uint64_t *size)
{
	char last;

	if (*size == 0)
		return 0;
	if (pread(fd, &last, 1, (off_t)*size - 1) != 1 || last == '\n')
		return 0;
	f->verb = "close the torn last line of";
	if (fdio_write(fd, "\n", 1) != 1)
		return -1;
	diag(DIAG_INFO, "closed the torn last line of %s%s", logdir_path(f->dir), f->name);
	++*size;
	return 0;
}

static int open_file(struct logfile *f)
{
	struct stat st;
	uint64_t size;
	int fd;

	if (f->member.part == 0 && find_part(f) < 0)
		return -1;
	for (;;) {
		names_build(&f->o.names, &f->member, f->name);
		f->verb = "open";
		fd = open_regular(f, &st);
		if (fd < 0 && errno == EEXIST) {
			next_part(f);
			continue;
		}
		if (fd < 0 && errno == ENOTSUP) {
			diag(DIAG_WARNING,
			     "%s%s is not a regular file and is left alone; taking the next part",
			     logdir_path(f->dir), f->name);
			next_part(f);
			continue;
		}
		if (fd < 0)
			return -1;
		size = (uint64_t)st.st_size;
		if (size == 0 || size < f->o.size_limit)
			break;
		close(fd);
		next_part(f);
	}
	if (repair(f, fd, &size) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	f->fd = fd;
	f->size = size;
	f->fresh = false;
	f->midline = f->dirty = false;
	stats_add(&f->stats->files, 1);
	logdir_link(f->dir, f->name);
	diag(DIAG_INFO, "opened %s%s", logdir_path(f->dir), f->name);
	return 0;
}

static void say_failed(struct logfile *f)
{
	f->failed = true;
	diag(DIAG_LOSS, "cannot %s: %s; what was written last may not be on the disk",
	     logfile_doing(f), strerror(errno));
}

void logfile_sync(struct logfile *f)
{
	if (f->fd < 0 || !f->dirty)
		return;
	f->verb = "sync";
	f->dirty = false;
	if (fdatasync(f->fd) < 0)
		say_failed(f);
}

void logfile_close(struct logfile *f)
{
	if (f->fd < 0)
		return;
	f->verb = "close";
	if (close(f->fd) < 0)
		say_failed(f);
	f->fd = -1;
	diag(DIAG_INFO, "closed %s%s", logdir_path(f->dir), f->name);
}

/* Closes a file that nothing will be added to. */
static void complete(struct logfile *f)
{
	if (f->o.sync_complete)
		logfile_sync(f);
	logfile_close(f);
}

void logfile_roll(struct logfile *f, const struct tm *moment)
{
	complete(f);
	names_period(&f->o.names, moment, f->member.period);
	f->member.part = 0;
	f->fresh = false;
}

/* Whether the next line would begin a new part anyway. */
static bool newest_is_empty(struct logfile *f)
{
	struct stat st;

	if (f->fd >= 0)
		return f->size == 0;
	if (f->member.part == 0 && find_part(f) < 0)
		return true; /* the next append meets the same error, and waits it out */
	names_build(&f->o.names, &f->member, f->name);
	return fstatat(logdir_fd(f->dir), f->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size == 0;
}

void logfile_part(struct logfile *f)
{
	if (newest_is_empty(f))
		return;
	complete(f);
	next_part(f);
}

/* ---- append ---- */

/* How many of the bytes may go into this file; 0: the next line begins a new part. */
static size_t fitting(const struct logfile *f, const char *p, size_t len)
{
	uint64_t room = f->size < f->o.size_limit ? f->o.size_limit - f->size : 0;
	const char *newline;

	if (len <= room)
		return len;
	newline = memrchr(p, '\n', (size_t)room);
	if (newline)
		return (size_t)(newline - p) + 1;
	if (f->size > 0 && !f->midline)
		return 0;
	/* A line longer than the limit, or one that has begun here: to its end. */
	newline = memchr(p, '\n', len);
	return newline ? (size_t)(newline - p) + 1 : len;
}

ssize_t logfile_append(struct logfile *f, const char *p, size_t len)
{
	size_t fits;

	if (f->fd < 0 && open_file(f) < 0)
		return -1;
	fits = fitting(f, p, len);
	if (fits == 0) {
		complete(f);
		next_part(f);
		if (open_file(f) < 0)
			return -1;
		fits = fitting(f, p, len);
	}
	f->verb = "write";
	ssize_t n = fdio_write(f->fd, p, fits);
	if (n == 0)
		errno = ENOSPC;
	if (n <= 0)
		return -1;
	f->size += (uint64_t)n;
	f->midline = p[n - 1] != '\n';
	f->dirty = true;
	return n;
}
