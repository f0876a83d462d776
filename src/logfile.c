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
#include "family.h"
#include "fdio.h"
#include "keeper.h"
#include "logdir.h"
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The most for one write(2). Large enough for the call to cost nothing, small enough
 * to be still in the cache, and room in the ring comes sooner: measured on ext4, 512 KiB
 * take 0.7 of the time of 4 MiB.
 */
enum { MAX_WRITE = 512 * 1024 };

struct logfile {
	struct logdir *dir;
	struct stats *stats;
	struct logfile_options o;

	struct names_member member; /* the current file's name; part 0: not looked up yet */
	int64_t newest_period;      /* the newest that member ever had */
	bool begun;                 /* it is there, and lines will be added to it */
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
	f->newest_period = INT64_MIN;
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

static void next_part(struct logfile *f)
{
	f->member.part++;
	f->fresh = true;
	f->begun = false;
	keeper_current(f->o.keeper, f->member.period, f->member.part);
}

static uint64_t size_on_disk(const struct logfile *f)
{
	struct stat st;
	bool there = logdir_stat(f->dir, f->name, &st) == 0;

	return there && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Looks up which part of the period goes on, or begins. */
static int find_part(struct logfile *f)
{
	unsigned newest;
	bool compressed;

	f->verb = "read the directory of";
	f->member.part = 1;
	names_build(&f->o.names, &f->member, f->name);
	f->member.part = 0;
	if (family_newest_part(f->dir, &f->o.names, f->member.period, &newest, &compressed) < 0)
		return -1;
	f->member.part = newest > 0 ? newest : 1;
	names_build(&f->o.names, &f->member, f->name);
	f->size = compressed ? 0 : size_on_disk(f);
	f->begun = f->size > 0;
	if (compressed)
		next_part(f);
	return 0;
}

/* ---- open and close ---- */

/* Whether there is something of the current name; keeps errno. */
static bool exists(const struct logfile *f)
{
	int error = errno;
	struct stat st;
	bool there = logdir_stat(f->dir, f->name, &st) == 0;

	errno = error;
	return there;
}

/* -1 and errno; ENOTSUP: something is there that is no file for us. */
static int open_regular(struct logfile *f, struct stat *st)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int dir = logdir_enter(f->dir, f->name, true);

	if (dir < 0)
		return -1;
	int fd = openat(dir, logdir_base(f->name), flags | (f->fresh ? O_EXCL : 0), f->o.mode);
	int open_error = errno;
	logdir_leave(f->dir, dir);
	errno = open_error;

	if (fd < 0) {
		/* Also what is there and not ours to write to: somebody else's file. */
		if (errno == ELOOP || errno == EISDIR || errno == ENXIO ||
		    (errno == EACCES && exists(f)))
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
	char last = '\n';

	if (*size == 0)
		return 0;
	f->verb = "close the torn last line of";
	if (pread(fd, &last, 1, (off_t)*size - 1) < 0)
		return -1;
	if (last == '\n')
		return 0;
	errno = ENOSPC; /* what a write of nothing means */
	if (fdio_write(fd, "\n", 1) != 1)
		return -1;
	diag(DIAG_INFO, "closed the torn last line of %s%s", logdir_path(f->dir), f->name);
	++*size;
	return 0;
}

static void say_failed(struct logfile *f)
{
	f->failed = true;
	diag(DIAG_LOSS, "cannot %s: %s; what was written last may not be on the disk",
	     logfile_doing(f), strerror(errno));
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

/* Leaves a file that nothing will be added to; it need not be open. */
static void complete(struct logfile *f)
{
	int fd = f->fd;

	if (!f->begun)
		return;
	if (fd >= 0 && (!f->o.sync_complete || !f->dirty)) {
		logfile_close(f);
		fd = -1;
	}
	f->fd = -1;
	f->begun = false;
	keeper_closed(f->o.keeper, &f->member, fd, f->size);
}

static int open_file(struct logfile *f)
{
	struct stat st;
	uint64_t size;
	int fd;

	f->verb = "make the directory of";
	if (logdir_renew(f->dir) < 0)
		return -1;
	if (f->member.part == 0 && find_part(f) < 0)
		return -1;
	if (f->o.wait_for_room && !f->begun)
		keeper_settle(f->o.keeper); /* until the files before it are deleted */
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
			     "%s%s is not a regular file of ours and is left alone; taking the next part",
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
		complete(f); /* an earlier run's, and full */
		next_part(f);
	}
	if (repair(f, fd, &size) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	f->fd = fd;
	f->begun = true;
	f->size = size;
	f->fresh = false;
	f->midline = f->dirty = false;
	stats_add(&f->stats->files, 1);
	keeper_current(f->o.keeper, f->member.period, f->member.part);
	logdir_link(f->dir, f->name);
	diag(DIAG_INFO, "opened %s%s", logdir_path(f->dir), f->name);
	return 0;
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

void logfile_roll(struct logfile *f, const struct tm *moment)
{
	complete(f);
	f->member.period = names_period(&f->o.names, moment);
	f->member.part = 0;
	f->fresh = f->begun = false;
	keeper_period(f->o.keeper, f->member.period);
	if (f->member.period <= f->newest_period)
		keeper_settle(f->o.keeper); /* the clock was set back: it may be at these files */
	else
		f->newest_period = f->member.period;
	if (find_part(f) == 0) /* otherwise the next append meets the same error, and waits */
		keeper_current(f->o.keeper, f->member.period, f->member.part);
}

void logfile_part(struct logfile *f)
{
	if (!f->begun || f->size == 0)
		return; /* the next line begins a new file anyway */
	complete(f);
	next_part(f);
}

bool logfile_make_room(struct logfile *f)
{
	return keeper_make_room(f->o.keeper);
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
	ssize_t n = fdio_write(f->fd, p, fits < MAX_WRITE ? fits : MAX_WRITE);
	if (n == 0)
		errno = ENOSPC;
	if (n <= 0)
		return -1;
	f->size += (uint64_t)n;
	f->midline = p[n - 1] != '\n';
	f->dirty = true;
	return n;
}
