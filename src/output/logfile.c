/*
 * The current file: find, open, repair, append, split by size, sync, close.
 *
 * A file is only ever appended to. It is opened when there is something to
 * write, so a period without lines has no file. Which part goes on is looked up
 * in the directory once in each period; after that we know, for the family is
 * locked. All names are relative to the directory's descriptor, and links are
 * not followed.
 */
#include "output/logfile.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/ratelimit.h"
#include "base/trust.h"
#include "base/watchdog.h"
#include "closed/keeper.h"
#include "family/directory.h"
#include "family/family.h"
#include "family/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/*
 * The most for one write(2). Large enough for the call to cost nothing, small enough
 * to be still in the cache, and room in the ring comes sooner: measured on ext4, 512 KiB
 * take 0.7 of the time of 4 MiB.
 */
enum { MAX_WRITE = 512 * 1024 };

enum { ALLOCATE = 64 * 1024 }; /* bytes: where it is worth it, so much is allocated in one piece */

#define LOOK_EVERY CLOCK_SECOND        /* whether the file is still there */
#define SAY_AGAIN  (60 * CLOCK_SECOND) /* the pause between messages about syncs */

/* A file of ours: the one that lines go to, or is to be. */
struct target {
	struct names_member member; /* part 0: not looked up yet */
	char name[NAMES_SIZE];
	bool begun;    /* it is there, and lines will be added to it */
	bool fresh;    /* it must not exist yet */
	bool unlisted; /* we made it, and its directory was not synced since */
	int fd;        /* -1: not open */
	uint64_t size;
	bool midline;   /* its last byte is no newline */
	bool dirty;     /* written to since the last fdatasync */
	bool allocates; /* its file system takes space better when asked for it */
};

struct logfile {
	struct directory *dir;
	counter *files;
	struct logfile_options o;

	struct target now;
	struct target before; /* what was complete last; only member, and that if part > 0 */
	struct target due;    /* while staying: what lines should go to instead of now */
	bool staying;
	bool trying;           /* to open now, while lines still go to another file */
	int64_t newest_period; /* the newest that a member ever had */
	int64_t looked_ns;     /* CLOCK_MONOTONIC: when it was last seen in its place */
	bool failed;
	struct ratelimit said_sync; /* that it failed */
	const char *verb;           /* what is being done, as the watchdog knows it */
	struct watchdog *watchdog;
};

/* From now on this is being done with the current file. */
static void doing(struct logfile *f, const char *verb)
{
	f->verb = verb;
	watchdog_step(f->watchdog, verb, f->now.name);
}

struct logfile *logfile_new(struct directory *dir, const struct logfile_options *o, counter *files)
{
	struct logfile *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->dir = dir;
	f->o = *o;
	f->files = files;
	f->newest_period = INT64_MIN;
	f->now.fd = -1;
	f->watchdog = watchdog_new(directory_prefix(dir), true);
	if (!f->watchdog) {
		free(f);
		return NULL;
	}
	doing(f, "open");
	return f;
}

void logfile_free(struct logfile *f)
{
	if (!f)
		return;
	if (f->now.fd >= 0)
		close(f->now.fd);
	watchdog_free(f->watchdog);
	free(f);
}

struct watchdog *logfile_watchdog(const struct logfile *f)
{
	return f->watchdog;
}

bool logfile_failed(const struct logfile *f)
{
	return f->failed;
}

/* ---- which file ---- */

/*
 * Lets the keeper know where lines go now; or are to go, before such a file is opened. Not while
 * one is only tried: the keeper would take the file that they still go to for closed.
 */
static void tell_current(struct logfile *f)
{
	if (!f->trying)
		(f->staying ? keeper_stay : keeper_current)(f->o.keeper, f->now.member.period,
							    f->now.member.part);
}

static void next_part(struct logfile *f)
{
	f->now.member.part++;
	f->now.fresh = true;
	f->now.begun = false;
	tell_current(f);
}

static uint64_t size_on_disk(const struct logfile *f)
{
	struct stat st;
	bool there = directory_stat(f->dir, f->now.name, &st) == 0;

	return there && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Looks up which part of the period goes on, or begins. */
static int find_part(struct logfile *f)
{
	unsigned newest;
	bool compressed;

	f->now.member.part = 1;
	names_build(&f->o.names, &f->now.member, f->now.name);
	doing(f, "read the directory of");
	f->now.member.part = 0;
	if (family_newest_part(f->dir, &f->o.names, f->now.member.period, &newest, &compressed) < 0)
		return -1;
	f->now.member.part = newest > 0 ? newest : 1;
	names_build(&f->o.names, &f->now.member, f->now.name);
	f->now.size = compressed ? 0 : size_on_disk(f);
	f->now.begun = f->now.size > 0;
	if (compressed)
		next_part(f);
	else
		tell_current(f);
	return 0;
}

/*
 * The directory is another one than before: lines go on in its newest part, or in the one that is
 * due, whichever is newer. The keeper has to read it, too. -1 and errno.
 */
static int change_directory(struct logfile *f)
{
	unsigned due = f->now.member.part;

	keeper_period(f->o.keeper, f->now.member.period);
	if (due == 0)
		return 0; /* it is looked up anyway */
	f->now.fresh = false;
	if (find_part(f) < 0)
		return -1;
	if (f->now.member.part < due) {
		f->now.member.part = due;
		f->now.begun = false;
		tell_current(f);
	}
	return 0;
}

/* ---- open and close ---- */

/* Whether there is something of the current name. */
static bool exists(const struct logfile *f)
{
	struct stat st;

	return directory_stat(f->dir, f->now.name, &st) == 0;
}

/* Whether we would read again what we write to it, without end. */
static bool is_stdin(const struct stat *st)
{
	struct stat input;

	return fstat(STDIN_FILENO, &input) == 0 && fdio_same_file(&input, st);
}

/*
 * 0 if the open file is one for us, and then it has our mark; otherwise an errno, as open_regular
 * has it. ours: what we have open under another descriptor, with the mark; or NULL.
 */
static int judge(const struct logfile *f, int dir, int fd, const struct stat *ours, struct stat *st)
{
	if (f->now.fresh ? fstat(fd, st) < 0
			 : !trust_is_ours(dir, directory_base(f->now.name), fd, st))
		return errno;
	if (f->o.reads_stdin && is_stdin(st))
		return EDEADLK;
	return (ours && fdio_same_file(ours, st)) || lock_mark_file(fd) ? 0 : EADDRINUSE;
}

/*
 * Whether open(2) failed with error because of what has the current name, and not because of
 * the directory dir or the disk: somebody else's file, one that is immutable, or one that runs.
 */
static bool is_refused(const struct logfile *f, int dir, int error)
{
	switch (error) {
	case ELOOP:
	case EISDIR:
	case ENXIO:
		return true;
	case EACCES:
	case EPERM:
	case ETXTBSY:
		return exists(f);
	case EROFS: /* of the file alone, if one can write beside it */
		return exists(f) && faccessat(dir, ".", W_OK, AT_EACCESS) == 0;
	default:
		return false;
	}
}

/*
 * -1 and errno; ENOTSUP: something is there that is no file for us; EDEADLK: it is standard
 * input; EADDRINUSE: another logsink writes to it. ours: see judge.
 */
static int open_regular(struct logfile *f, const struct stat *ours, struct stat *st)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int dir = directory_enter(f->dir, f->now.name, true);

	if (dir < 0)
		return -1;
	int fd = openat(dir, directory_base(f->now.name), flags | (f->now.fresh ? O_EXCL : 0),
			f->o.mode);
	int error = errno;

	if (fd >= 0)
		error = judge(f, dir, fd, ours, st);
	else if (is_refused(f, dir, error))
		error = ENOTSUP;
	directory_leave(f->dir, dir);
	if (!error)
		return fd;
	if (fd >= 0)
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
	doing(f, "close the torn last line of");
	if (pread(fd, &last, 1, (off_t)*size - 1) < 0)
		return -1;
	if (last == '\n')
		return 0;
	errno = ENOSPC; /* what a write of nothing means */
	if (fdio_write(fd, "\n", 1) != 1)
		return -1;
	diag(DIAG_INFO, "closed the torn last line of %s%s", directory_prefix(f->dir), f->now.name);
	++*size;
	return 0;
}

static void say_failed(struct logfile *f)
{
	char text[WATCHDOG_DOING];

	f->failed = true;
	diag(DIAG_LOSS, "cannot %s: %s; what was written last may not be on the disk",
	     watchdog_doing(f->watchdog, text), strerror(errno));
}

void logfile_close(struct logfile *f)
{
	if (f->now.fd < 0)
		return;
	doing(f, "close");
	lock_unmark_file(f->now.fd);
	if (close(f->now.fd) < 0)
		say_failed(f);
	f->now.fd = -1;
	diag(DIAG_INFO, "closed %s%s", directory_prefix(f->dir), f->now.name);
}

/* Leaves a file that nothing will be added to; it need not be open. */
static void complete(struct logfile *f)
{
	struct target *t = &f->now;
	int fd = t->fd;

	if (!t->begun)
		return;
	if (fd >= 0 && (!f->o.sync_complete || !t->dirty)) {
		logfile_close(f);
		fd = -1;
	}
	if (fd >= 0) {
		lock_unmark_file(fd);
		diag(DIAG_INFO, "closed %s%s", directory_prefix(f->dir), t->name);
	}
	t->fd = -1;
	t->begun = false;
	f->before.member = t->member;
	keeper_closed(f->o.keeper, &t->member, fd, t->size);
}

/*
 * Whether space is to be allocated before a large write. ext4 reserves it block by block
 * otherwise: measured, a write takes 0.88 of the time. tmpfs fills it with zeros (1.3), and
 * others were not measured.
 */
static bool is_worth_allocating(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == EXT4_SUPER_MAGIC;
}

/*
 * Allocates what the next write of len bytes takes, and no more; if it cannot, the write will tell.
 * Somebody may have emptied the file, so where it ends is asked.
 */
static void allocate(struct target *t, size_t len)
{
	struct stat st;

	if (t->allocates && len >= ALLOCATE && fstat(t->fd, &st) == 0)
		t->allocates = fallocate(t->fd, FALLOC_FL_KEEP_SIZE, st.st_size, (off_t)len) == 0;
}

/*
 * Opens the current part, or the first after it that can be added to; -1 and errno. go_on: it is
 * the file `ours`, and half a line of ours is at its end.
 */
static int open_part(struct logfile *f, const struct stat *ours, uint64_t *size, bool *go_on)
{
	struct target *t = &f->now;
	struct stat st;

	for (;; next_part(f)) {
		names_build(&f->o.names, &t->member, t->name);
		doing(f, "open");
		int fd = open_regular(f, ours, &st);
		if (fd < 0 && errno == EADDRINUSE)
			diag(DIAG_WARNING,
			     "%s%s is being written to by another logsink, and is left to it; taking the "
			     "next part",
			     directory_prefix(f->dir), t->name);
		if (fd < 0 && errno == ENOTSUP)
			diag(DIAG_WARNING,
			     "%s%s is not a regular file of ours, has a second name, or may not be "
			     "written to, and is left alone; taking the next part",
			     directory_prefix(f->dir), t->name);
		if (fd < 0 && errno == EDEADLK)
			diag(DIAG_WARNING,
			     "%s%s is standard input, and would never end if lines were added to "
			     "it; taking the next part",
			     directory_prefix(f->dir), t->name);
		if (fd < 0 && (errno == EEXIST || errno == EADDRINUSE || errno == ENOTSUP ||
			       errno == EDEADLK))
			continue;
		if (fd < 0)
			return -1;
		*size = (uint64_t)st.st_size;
		*go_on = ours && t->midline && fdio_same_file(ours, &st) && *size == t->size;
		if (*go_on || *size == 0 || *size < f->o.size_limit)
			return fd;
		close(fd);
		complete(f); /* an earlier run's, and full */
	}
}

/*
 * Opens the current file by name. ours: what we had open last, if we may have left
 * half a line in it that is to be gone on with; or NULL.
 */
static int open_file(struct logfile *f, const struct stat *ours)
{
	struct target *t = &f->now;
	uint64_t size;
	bool go_on;
	int fd;

	doing(f, "make the directory of");
	enum directory_renewal directory = directory_renew(f->dir);
	if (directory == DIRECTORY_GONE ||
	    (directory == DIRECTORY_OTHER && change_directory(f) < 0))
		return -1;
	if (t->member.part == 0 && find_part(f) < 0)
		return -1;
	if (f->o.wait_for_room && !t->begun)
		keeper_settle(f->o.keeper); /* until the files before it are deleted */
	fd = open_part(f, ours, &size, &go_on);
	if (fd < 0)
		return -1;
	if (!go_on && repair(f, fd, &size) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	t->fd = fd;
	t->begun = true;
	t->size = size;
	t->unlisted = t->unlisted || size == 0;
	t->fresh = t->dirty = false;
	t->midline = go_on;
	t->allocates = is_worth_allocating(fd);
	f->before.member.part = 0;
	f->looked_ns = clock_mono_ns();
	counter_add(f->files, 1);
	tell_current(f);
	directory_link(f->dir, t->name);
	diag(DIAG_INFO, "opened %s%s", directory_prefix(f->dir), t->name);
	return 0;
}

/*
 * The same while lines go to the file last, and will if this fails. The keeper then knows that
 * file for the current one, and that another may be opened without a word.
 */
static int try_open(struct logfile *f, const struct stat *ours, const struct names_member *last)
{
	keeper_stay(f->o.keeper, last->period, last->part);
	f->trying = true;
	int result = open_file(f, ours), error = errno;
	f->trying = false;
	if (result < 0) /* the directory may have changed */
		keeper_stay(f->o.keeper, last->period, last->part);
	errno = error;
	return result;
}

/* A disk that fails may fail each time; it is enough to hear that once a minute. */
static void say_not_synced(struct logfile *f)
{
	f->failed = true;
	if (ratelimit_pass(&f->said_sync, clock_mono_ns(), SAY_AGAIN))
		say_failed(f);
}

void logfile_sync(struct logfile *f)
{
	if (f->now.fd < 0 || !f->now.dirty)
		return;
	doing(f, "sync");
	f->now.dirty = false;
	if (fdatasync(f->now.fd) < 0)
		say_not_synced(f);
	if (!f->now.unlisted)
		return;
	doing(f, "sync the directory of");
	f->now.unlisted = false;
	if (directory_sync(f->dir, f->now.name) < 0)
		say_not_synced(f);
}

/* Leaves a file to which lines may still be added, for another of its name. */
static void leave(struct logfile *f)
{
	if (f->o.sync_complete)
		logfile_sync(f);
	logfile_close(f);
}

void logfile_reopen(struct logfile *f)
{
	struct stat ours;
	struct target last = f->now, next;

	if (last.fd < 0)
		return;
	if (!last.midline || fstat(last.fd, &ours) < 0) {
		leave(f);
		return;
	}
	f->now.fd = -1;
	if (try_open(f, &ours, &last.member) < 0) {
		f->now = last; /* there is none to go on in */
		return;
	}
	next = f->now;
	f->now = last;
	leave(f);
	f->now = next;
	(void)lock_mark_file(next.fd);
	tell_current(f);
}

/* ---- rolls ---- */

void logfile_roll(struct logfile *f, const struct tm *moment)
{
	complete(f);
	f->staying = false;
	f->now.member.period = names_period(&f->o.names, moment);
	f->now.member.part = 0;
	f->now.fresh = f->now.begun = false;
	keeper_period(f->o.keeper, f->now.member.period);
	if (f->now.member.period <= f->newest_period)
		keeper_settle(f->o.keeper); /* the clock was set back: it may be at these files */
	else
		f->newest_period = f->now.member.period;
	(void)find_part(f); /* if it fails, the next append meets the same error, and waits */
}

void logfile_part(struct logfile *f)
{
	if (!f->now.begun || f->now.size == 0)
		return; /* the next line begins a new file anyway */
	complete(f);
	if (f->staying) {
		f->now = f->due;
		f->staying = false;
	} else {
		next_part(f);
	}
}

bool logfile_can_stay(const struct logfile *f)
{
	return f->now.fd < 0 && f->before.member.part > 0 && !f->o.wait_for_room;
}

bool logfile_stay(struct logfile *f)
{
	struct target *t = &f->now;
	struct target due = *t;
	uint64_t size = 0;
	struct stat st;

	insist(logfile_can_stay(f));
	t->member = f->before.member;
	/* It is current again before it is opened, so that nobody deletes it meanwhile. */
	keeper_stay(f->o.keeper, t->member.period, t->member.part);
	keeper_settle(f->o.keeper);
	names_build(&f->o.names, &t->member, t->name);
	if (directory_stat(f->dir, t->name, &st) == 0) {
		t->fresh = false;
		t->fd = open_regular(f, NULL, &st);
		size = (uint64_t)st.st_size;
	}
	if (t->fd >= 0 && repair(f, t->fd, &size) < 0) {
		close(t->fd);
		t->fd = -1;
	}
	if (t->fd < 0) {
		*t = due;
		f->before.member.part = 0;
		keeper_period(f->o.keeper, t->member.period);
		return false;
	}
	t->begun = true;
	t->size = size;
	t->midline = t->dirty = false;
	f->due = due;
	f->staying = true;
	f->looked_ns = clock_mono_ns();
	diag(DIAG_INFO, "opened %s%s again", directory_prefix(f->dir), t->name);
	return true;
}

bool logfile_staying(const struct logfile *f)
{
	return f->staying;
}

int logfile_move_on(struct logfile *f)
{
	struct target last = f->now, next;
	int error;

	f->now = f->due;
	f->staying = false;
	if (try_open(f, NULL, &last.member) == 0) {
		next = f->now;
		f->now = last;
		complete(f);
		f->now = next;
		f->before.member.part = 0;
		tell_current(f);
		doing(f, "open");
		return 0;
	}
	error = errno;
	f->due = f->now;
	f->now = last;
	f->staying = true;
	errno = error;
	return -1;
}

bool logfile_make_room(struct logfile *f, bool quota)
{
	const char *failed = f->verb;
	bool made;

	doing(f, "make room for");
	made = keeper_make_room(f->o.keeper, quota);
	doing(f, failed);
	return made;
}

/* ---- append ---- */

/* How many of the bytes may go into this file; 0: the next line begins a new part. */
static size_t fitting(const struct logfile *f, const char *p, size_t len)
{
	uint64_t room = f->now.size < f->o.size_limit ? f->o.size_limit - f->now.size : 0;
	const char *newline;

	if (len <= room)
		return len;
	newline = memrchr(p, '\n', (size_t)room);
	if (newline)
		return (size_t)(newline - p) + 1;
	if (f->now.size > 0 && !f->now.midline)
		return 0;
	/* A line longer than the limit, or one that has begun here: to its end. */
	newline = memchr(p, '\n', len);
	return newline ? (size_t)(newline - p) + 1 : len;
}

/*
 * Sees now and then whether the file is still where its name leads to, and leaves it
 * if not, but for a line that has begun in it.
 */
static int look(struct logfile *f)
{
	int64_t now = clock_mono_ns();
	struct stat ours, there;

	if (now - f->looked_ns < LOOK_EVERY || fstat(f->now.fd, &ours) < 0)
		return 0;
	if (f->now.midline && ours.st_nlink > 0)
		return 0;
	doing(f, "make the directory of");
	enum directory_renewal directory = directory_renew(f->dir);
	if (directory == DIRECTORY_GONE)
		return -1;
	f->looked_ns = now;
	(void)lock_mark_file(f->now.fd); /* what was open before may have had it */
	if (directory_stat(f->dir, f->now.name, &there) == 0) {
		if (fdio_same_file(&ours, &there)) {
			f->now.size = (uint64_t)ours.st_size; /* somebody may have emptied it */
			return 0;
		}
	} else if (errno != ENOENT && errno != ENOTDIR) {
		return 0;
	}
	if (directory == DIRECTORY_SAME)
		diag(DIAG_WARNING, "%s%s was moved or deleted; going on in a new file of that name",
		     directory_prefix(f->dir), f->now.name);
	leave(f);
	return directory == DIRECTORY_OTHER ? change_directory(f) : 0;
}

ssize_t logfile_append(struct logfile *f, const char *p, size_t len)
{
	size_t fits;

	if (f->now.fd >= 0 && look(f) < 0)
		return -1;
	if (f->now.fd < 0 && open_file(f, NULL) < 0)
		return -1;
	fits = f->staying ? len : fitting(f, p, len);
	if (fits == 0) {
		complete(f);
		next_part(f);
		if (open_file(f, NULL) < 0)
			return -1;
		fits = fitting(f, p, len);
	}
	doing(f, "write");
	if (fits > MAX_WRITE)
		fits = MAX_WRITE;
	allocate(&f->now, fits);
	ssize_t n = fdio_write(f->now.fd, p, fits);
	if (n == 0)
		errno = ENOSPC;
	if (n <= 0)
		return -1;
	f->now.size += (uint64_t)n;
	f->now.midline = p[n - 1] != '\n';
	f->now.dirty = true;
	return n;
}

bool logfile_is_taken(const struct directory *dir, const struct names *names,
		      const struct tm *moment)
{
	struct names_member m = { .period = names_period(names, moment) };
	char name[NAMES_SIZE];
	bool compressed;
	struct stat st;

	if (family_newest_part(dir, names, m.period, &m.part, &compressed) < 0 || m.part == 0 ||
	    compressed)
		return false;
	names_build(names, &m, name);
	int at = directory_enter(dir, name, false);
	bool taken = at >= 0 && trust_is_ours(at, directory_base(name), -1, &st) &&
		     lock_is_written(at, directory_base(name));
	directory_leave(dir, at);
	return taken;
}
