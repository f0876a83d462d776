/*
 * The current file: find, open, repair, append, split by size, sync, close.
 *
 * A file is only ever appended to. It is opened when there is something to write, so a period
 * without lines has no file. All names are relative to the directory's descriptor, and links are
 * not followed.
 *
 * There are two files: the one that is due, by the clock and its size; and the one before it,
 * from when that is complete until the one that is due is open. Each is at a stage:
 *
 *     stage     the file                                the next line
 *     NONE      there is none
 *     UNKNOWN   its period is known, its part is not    looks up the newest part
 *     EXPECTED  none of its lines is known of           opens it, or makes it
 *     NEW       begins a part, so must not exist        makes it; if it exists, the next part
 *     LEFT      has lines, and gets more                opens it again
 *     OPEN      is open                                 is appended
 *     COMPLETE  gets no more lines, unless in need
 *
 * A roll goes through these stages for the file that is due, and what fails does not go back: the
 * next try goes on at the stage that was reached. A roll itself therefore cannot fail. become()
 * alone changes a stage, and refuses what may not follow. Where lines go follows from the two
 * stages:
 *
 *     due                the one before  the state
 *     UNKNOWN to LEFT    NONE            opening; if it fails, lines wait in memory
 *     UNKNOWN to LEFT    COMPLETE        opening; if it fails for a second, staying
 *     UNKNOWN to LEFT    LEFT, OPEN      staying: lines go to the file before
 *     OPEN               LEFT, OPEN      moving on, for a moment: the file before becomes COMPLETE
 *     OPEN               NONE            writing
 *
 * What must never happen:
 * - A file that lines go to is deleted or compressed. So the keeper is told the current file before
 *   that is opened, and a closed one after its last line. A file that is only tried while lines
 *   go to another is not told, for the keeper would take that other one for closed.
 * - A line is split between two files while the first can still be written to. So the size limit,
 *   and the look whether the file was moved, wait for the end of a line.
 * - A line glues to half a line that somebody else left. So whatever is opened is repaired first,
 *   but for the very file that we left within a line.
 *
 * Refused:
 * - To stay in the file before as soon as a roll fails. Most such errors pass within a second, and
 *   then each line is in the file of its period.
 * - To close the file before only when the new one is open. Retention and compression would then
 *   wait for a line to come, and after a quiet night that may be long.
 * - A flag for each thing that is known of a file (open, begun, must be new, staying). Few of the
 *   combinations meant something, and which ones did was written nowhere.
 */
#include "output/logfile.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "base/ratelimit.h"
#include "base/trust.h"
#include "base/watchdog.h"
#include "family/directory.h"
#include "family/family.h"
#include "family/lock.h"
#include "output/index.h"

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

#define LOOK_EVERY    CLOCK_SECOND        /* whether the file is still there */
#define STAY_AFTER    CLOCK_SECOND        /* lines for a file that cannot be opened wait so long */
#define MOVE_ON_EVERY CLOCK_SECOND        /* while staying, the file that is due is tried */
#define SAY_AGAIN     (60 * CLOCK_SECOND) /* the pause between messages about syncs */

enum stage { NONE, UNKNOWN, EXPECTED, NEW, LEFT, OPEN, COMPLETE };

#define TO(stage) (1U << (stage))

/* Which stages may follow one. */
static const unsigned follow[] = {
	[NONE] = TO(UNKNOWN),
	[UNKNOWN] = TO(UNKNOWN) | TO(EXPECTED) | TO(NEW) | TO(LEFT),
	[EXPECTED] = TO(UNKNOWN) | TO(EXPECTED) | TO(NEW) | TO(OPEN),
	[NEW] = TO(UNKNOWN) | TO(EXPECTED) | TO(NEW) | TO(OPEN),
	[LEFT] = TO(NONE) | TO(UNKNOWN) | TO(EXPECTED) | TO(NEW) | TO(OPEN) | TO(COMPLETE),
	[OPEN] = TO(LEFT) | TO(COMPLETE),
	[COMPLETE] = TO(NONE) | TO(UNKNOWN) | TO(NEW) | TO(LEFT),
};

/* A file of ours. */
struct file {
	enum stage stage;
	struct names_member member; /* part 0: UNKNOWN */
	char name[NAMES_SIZE];
	uint64_t size;
	bool unlisted; /* we made it, and its directory was not synced since */

	/* while it is OPEN */
	int fd;
	bool midline; /* its last byte is no newline */
	bool dirty;   /* written to since the last fdatasync */
};

struct logfile {
	struct directory *dir;
	counter *files;
	struct logfile_options o;
	struct watchdog *watchdog;
	struct index *index; /* of arrival times; NULL: none is kept */

	struct file due, before;
	int64_t newest_period;    /* the newest that a member ever had */
	int64_t looked_ns;        /* CLOCK_MONOTONIC: when it was last seen in its place */
	int64_t failing_since_ns; /* CLOCK_MONOTONIC: due cannot be opened; 0: it can */
	int64_t move_on_ns;       /* CLOCK_MONOTONIC: while staying, when it is tried next */
	uint64_t stayed_bytes;
	bool failed;
	struct ratelimit said_sync; /* that it failed */

	/* what is being done, as the watchdog knows it */
	const char *operation;
	char on[NAMES_SIZE];
};

/* From now on this is being done with t. */
static void doing(struct logfile *f, const struct file *t, const char *operation)
{
	if (f->operation == operation && strcmp(f->on, t->name) == 0)
		return; /* as for most lines */
	f->operation = operation;
	stpcpy(f->on, t->name);
	watchdog_step(f->watchdog, operation, t->name);
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
	f->watchdog = watchdog_new(directory_prefix(dir), true);
	f->index = o->index ? index_new(dir, o->index, o->mode) : NULL;
	if (!f->watchdog || (o->index && !f->index)) {
		int error = errno;

		logfile_free(f);
		errno = error;
		return NULL;
	}
	doing(f, &f->due, "open");
	return f;
}

void logfile_free(struct logfile *f)
{
	if (!f)
		return;
	if (f->due.stage == OPEN)
		close(f->due.fd);
	if (f->before.stage == OPEN)
		close(f->before.fd);
	index_free(f->index);
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

/* What was being done failed, with errno. Returns: -1. */
static int fail(const struct logfile *f, struct logfile_failure *why)
{
	why->error = errno;
	why->operation = f->operation;
	snprintf(why->path, sizeof(why->path), "%s%s", directory_prefix(f->dir), f->on);
	errno = why->error;
	return -1;
}

/* ---- which file ---- */

bool logfile_staying(const struct logfile *f)
{
	return f->before.stage == LEFT || f->before.stage == OPEN;
}

/* The file that lines go to, or will when it is open. */
static struct file *current(struct logfile *f)
{
	return logfile_staying(f) ? &f->before : &f->due;
}

/*
 * Lets the keeper know where lines go, or will. may_open: a file that is newer than that may be
 * opened without a word.
 */
static void tell_current(struct logfile *f, bool may_open)
{
	f->o.keeper.current(f->o.keeper.keeper, &current(f)->member, may_open);
}

/*
 * Moves t to another stage, and tells the keeper if that is about where lines go. What was OPEN it
 * knows already, and complete() tells what is closed. A file that is only tried, while lines go
 * to another one, is not told.
 */
static void become(struct logfile *f, struct file *t, enum stage stage)
{
	enum stage last = t->stage;

	insist(follow[last] & TO(stage));
	t->stage = stage;
	if (stage == UNKNOWN)
		t->member.part = 0;
	if (last != OPEN && t == current(f) && stage != COMPLETE)
		tell_current(f, logfile_staying(f));
}

static void next_part(struct logfile *f, struct file *t)
{
	t->member.part++;
	become(f, t, NEW);
}

static uint64_t size_on_disk(const struct logfile *f, const struct file *t)
{
	struct stat st;
	bool there = directory_stat(f->dir, t->name, &st) == 0;

	return there && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

/* Looks up which part of the period goes on, or begins. -1 and errno. */
static int find_part(struct logfile *f, struct file *t)
{
	unsigned newest;
	bool compressed;

	t->member.part = 1;
	names_build(&f->o.names, &t->member, t->name);
	doing(f, t, "read the directory of");
	t->member.part = 0;
	if (family_newest_part(f->dir, &f->o.names, t->member.period, &newest, &compressed) < 0)
		return -1;
	t->member.part = newest > 0 ? newest : 1;
	names_build(&f->o.names, &t->member, t->name);
	t->size = compressed ? 0 : size_on_disk(f, t);
	if (compressed)
		next_part(f, t);
	else
		become(f, t, t->size > 0 ? LEFT : EXPECTED);
	return 0;
}

/*
 * The directory is another one than before: lines go on in its newest part, or in the one that is
 * due, whichever is newer. The keeper reads it, too, as if a period began. -1 and errno.
 */
static int change_directory(struct logfile *f, struct file *t)
{
	unsigned due = t->member.part;

	become(f, t, UNKNOWN);
	if (t != current(f)) { /* it is only tried */
		f->o.keeper.current(f->o.keeper.keeper, &t->member, true);
		tell_current(f, true);
	}
	if (due == 0)
		return 0; /* it is looked up anyway */
	if (find_part(f, t) < 0)
		return -1;
	if (t->member.part < due) {
		t->member.part = due;
		become(f, t, EXPECTED);
	}
	return 0;
}

/* ---- open and close ---- */

/* Whether there is something of this name. */
static bool exists(const struct logfile *f, const struct file *t)
{
	struct stat st;

	return directory_stat(f->dir, t->name, &st) == 0;
}

/* EDEADLK or EISCONN, as open_regular has them, if it is the file of a standard descriptor. */
static int is_standard(const struct logfile *f, const struct stat *st)
{
	struct stat ours;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (f->o.uses[fd] && fstat(fd, &ours) == 0 && fdio_same_file(&ours, st))
			return fd == STDIN_FILENO ? EDEADLK : EISCONN;
	return 0;
}

/*
 * 0 if the open file is one for us, and then it has our mark; otherwise an errno, as open_regular
 * has it. ours: what we have open under another descriptor, with the mark; or NULL.
 */
static int judge(const struct logfile *f, const struct file *t, int dir, int fd,
		 const struct stat *ours, struct stat *st)
{
	if (t->stage == NEW ? fstat(fd, st) < 0 : !trust_is_ours(dir, path_base(t->name), fd, st))
		return errno;
	int standard = is_standard(f, st);
	if (standard)
		return standard;
	return (ours && fdio_same_file(ours, st)) || lock_mark_file(fd) ? 0 : EADDRINUSE;
}

/*
 * Whether open(2) failed with error because of what has this name, and not because of
 * the directory dir or the disk: somebody else's file, one that is immutable, or one that runs.
 */
static bool is_refused(const struct logfile *f, const struct file *t, int dir, int error)
{
	switch (error) {
	case ELOOP:
	case EISDIR:
	case ENXIO:
		return true;
	case EACCES:
	case EPERM:
	case ETXTBSY:
		return exists(f, t);
	case EROFS: /* of the file alone, if one can write beside it */
		return exists(f, t) && faccessat(dir, ".", W_OK, AT_EACCESS) == 0;
	default:
		return false;
	}
}

/*
 * -1 and errno; ENOTSUP: something is there that is no file for us; EDEADLK: it is standard
 * input; EISCONN: standard output or standard error; EADDRINUSE: another logsink writes to it.
 * ours: see judge.
 */
static int open_regular(struct logfile *f, const struct file *t, const struct stat *ours,
			struct stat *st)
{
	int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int dir = directory_enter(f->dir, t->name, true);

	if (dir < 0)
		return -1;
	int fd = openat(dir, path_base(t->name), flags | (t->stage == NEW ? O_EXCL : 0), f->o.mode);
	int error = errno;

	if (fd >= 0)
		error = judge(f, t, dir, fd, ours, st);
	else if (is_refused(f, t, dir, error))
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
static int repair(struct logfile *f, const struct file *t, int fd, uint64_t *size)
{
	char last = '\n';

	if (*size == 0)
		return 0;
	doing(f, t, "close the torn last line of");
	if (pread(fd, &last, 1, (off_t)*size - 1) < 0)
		return -1;
	if (last == '\n')
		return 0;
	errno = ENOSPC; /* what a write of nothing means */
	if (fdio_write(fd, "\n", 1) != 1)
		return -1;
	diag(DIAG_INFO, "closed the torn last line of %s%s", directory_prefix(f->dir), t->name);
	++*size;
	return 0;
}

static void say_failed(struct logfile *f)
{
	struct logfile_failure why;

	f->failed = true;
	fail(f, &why);
	diag(DIAG_LOSS, "cannot %s %s: %s; the lines written last may not be on the disk",
	     why.operation, why.path, strerror(why.error));
}

static void close_file(struct logfile *f, const struct file *t)
{
	doing(f, t, "close");
	lock_unmark_file(t->fd);
	if (close(t->fd) < 0)
		say_failed(f);
	diag(DIAG_INFO, "closed %s%s", directory_prefix(f->dir), t->name);
}

void logfile_close(struct logfile *f)
{
	struct file *t = current(f);

	if (t->stage != OPEN)
		return;
	close_file(f, t);
	become(f, t, LEFT);
}

/*
 * Hands a file that nothing will be added to over to the keeper; it need not be open. One that has
 * no lines stays as it is. The current file becomes the one before, for lines may have to go on
 * there.
 */
static void complete(struct logfile *f, struct file *t)
{
	bool was_current = t == current(f);
	int fd = -1;

	if (t->stage != LEFT && t->stage != OPEN)
		return;
	if (t->stage == OPEN && f->o.sync_complete && t->dirty) {
		fd = t->fd;
		lock_unmark_file(fd);
		diag(DIAG_INFO, "closed %s%s", directory_prefix(f->dir), t->name);
	} else if (t->stage == OPEN) {
		close_file(f, t);
	}
	become(f, t, COMPLETE);
	if (was_current)
		f->before = *t;
	f->o.keeper.closed(f->o.keeper.keeper, &t->member, fd, t->size);
}

/* Whether open_regular failed because of what has the name t, which then is said. */
static bool is_taken(const struct logfile *f, const struct file *t, int error)
{
	const char *prefix = directory_prefix(f->dir);

	switch (error) {
	case EEXIST: /* a part that others have begun, or hold free, is none of our concern */
		return true;
	case EADDRINUSE:
		diag(DIAG_WARNING,
		     "%s%s is being written to by another logsink; using the next part", prefix,
		     t->name);
		return true;
	case ENOTSUP:
		diag(DIAG_WARNING,
		     "%s%s is not a regular file of ours, has a second name, or may not be "
		     "written to; using the next part",
		     prefix, t->name);
		return true;
	case EDEADLK:
		diag(DIAG_WARNING,
		     "%s%s is standard input, and would never end if lines were appended to it; "
		     "using the next part",
		     prefix, t->name);
		return true;
	case EISCONN:
		diag(DIAG_WARNING,
		     "%s%s is standard output or standard error, which would be written into the "
		     "lines; taking the next part",
		     prefix, t->name);
		return true;
	default:
		return false;
	}
}

/*
 * Opens the part t, or the first after it that can be added to; -1 and errno. go_on: it is
 * the file `ours`, and half a line of ours is at its end.
 *
 * It ends, for a part that does not exist yet is made. What has the name of a part and is not for
 * us is skipped for good, so that the parts stay in the order of their lines.
 */
static int open_part(struct logfile *f, struct file *t, const struct stat *ours, uint64_t *size,
		     bool *go_on)
{
	struct stat st;

	for (;; next_part(f, t)) {
		names_build(&f->o.names, &t->member, t->name);
		doing(f, t, "open");
		int fd = open_regular(f, t, ours, &st);
		if (fd < 0 && is_taken(f, t, errno))
			continue;
		if (fd < 0)
			return -1;
		*size = (uint64_t)st.st_size;
		*go_on = ours && t->midline && fdio_same_file(ours, &st) && *size == t->size;
		if (*go_on || *size == 0 || *size < f->o.size_limit)
			return fd;
		close(fd);
		complete(f, t); /* an earlier run's, and full */
	}
}

/* Notes for readers how long the file is by now; opened: it just was. */
static void note_arrival(struct logfile *f, const struct file *t, bool opened)
{
	if (!f->index || t->midline)
		return;
	doing(f, t, "write the index of");
	if (opened)
		index_close(f->index); /* the directory may be another one */
	index_note(f->index, t->name, t->size);
}

/*
 * Makes sure that no line glues to what is in the file, and makes it OPEN. The descriptor is t's
 * from here on, or closed. -1 and errno: its stage stays.
 */
static int take_file(struct logfile *f, struct file *t, int fd, uint64_t size, bool go_on)
{
	if (!go_on && repair(f, t, fd, &size) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	t->fd = fd;
	t->size = size;
	t->unlisted = t->unlisted || size == 0;
	t->dirty = false;
	t->midline = go_on;
	f->looked_ns = clock_mono_ns();
	become(f, t, OPEN);
	note_arrival(f, t, true);
	return 0;
}

/*
 * Takes t from the stage it is at to OPEN; -1 and errno, and the next call goes on at the stage
 * that it came to. ours: what we had open last, if we may have left half a line in it that is to be
 * gone on with; or NULL.
 */
static int open_file(struct logfile *f, struct file *t, const struct stat *ours)
{
	uint64_t size;
	bool go_on;

	doing(f, t, "make the directory of");
	enum directory_renewal directory = directory_renew(f->dir);
	if (directory == DIRECTORY_GONE ||
	    (directory == DIRECTORY_OTHER && change_directory(f, t) < 0))
		return -1;
	if (t->stage == UNKNOWN && find_part(f, t) < 0)
		return -1;
	if (f->o.wait_for_room && t->stage != LEFT)
		f->o.keeper.settle(f->o.keeper.keeper); /* until the files before it are deleted */
	int fd = open_part(f, t, ours, &size, &go_on);
	if (fd < 0 || take_file(f, t, fd, size, go_on) < 0)
		return -1;
	if (f->before.stage == COMPLETE)
		become(f, &f->before, NONE);
	counter_add(f->files, 1);
	directory_link(f->dir, t->name);
	diag(DIAG_INFO, "opened %s%s", directory_prefix(f->dir), t->name);
	return 0;
}

/*
 * The same while lines go to the current file, and will if this fails. The keeper knows that one
 * for the current one, and that another may be opened without a word.
 */
static int try_open(struct logfile *f, struct file *t, const struct stat *ours)
{
	tell_current(f, true);
	return open_file(f, t, ours);
}

/* The same with the file that is due; since when it fails is kept for logfile_stay. */
static int open_due(struct logfile *f)
{
	int result = open_file(f, &f->due, NULL), error = errno;

	if (result == 0)
		f->failing_since_ns = 0;
	else if (!f->failing_since_ns)
		f->failing_since_ns = clock_mono_ns();
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
	struct file *t = current(f);

	if (t->stage != OPEN || !t->dirty)
		return;
	doing(f, t, "sync");
	t->dirty = false;
	if (fdatasync(t->fd) < 0)
		say_not_synced(f);
	if (!t->unlisted)
		return;
	doing(f, t, "sync the directory of");
	t->unlisted = false;
	if (directory_sync(f->dir, t->name) < 0)
		say_not_synced(f);
}

/* Leaves the current file, to which lines may still be added, for another of its name. */
static void leave(struct logfile *f)
{
	if (f->o.sync_complete)
		logfile_sync(f);
	logfile_close(f);
}

/*
 * Between lines the file is closed, and the next line opens what has its name then. Within a line,
 * where only a write that failed leads to this, what has its name now is opened beside it. If that
 * is the same file, the line goes on behind its first half; if not, its rest is at least in a file
 * that can be written to. If nothing can be opened, nothing changes.
 */
void logfile_reopen(struct logfile *f)
{
	struct file *t = current(f), again = *t;
	struct stat ours;

	if (t->stage != OPEN)
		return;
	if (!t->midline || fstat(t->fd, &ours) < 0) {
		leave(f);
		return;
	}
	again.stage = LEFT;
	if (try_open(f, &again, &ours) < 0)
		return;
	leave(f);
	*t = again;
	(void)lock_mark_file(t->fd);
	tell_current(f, logfile_staying(f));
}

/* ---- rolls ---- */

void logfile_roll(struct logfile *f, const struct tm *moment)
{
	complete(f, current(f));
	f->due.member.period = names_period(&f->o.names, moment);
	become(f, &f->due, UNKNOWN);
	/* If the clock was set back, the keeper may be at these files. */
	if (f->due.member.period <= f->newest_period)
		f->o.keeper.settle(f->o.keeper.keeper);
	else
		f->newest_period = f->due.member.period;
	(void)find_part(f, &f->due); /* the next append meets the same error, and waits */
}

void logfile_part(struct logfile *f)
{
	struct file *t = current(f);

	if ((t->stage != LEFT && t->stage != OPEN) || t->size == 0)
		return; /* the next line begins a new file anyway */
	complete(f, t);
	if (t == &f->due)
		next_part(f, t);
}

/* ---- staying in the file before ---- */

bool logfile_can_stay(const struct logfile *f)
{
	return f->before.stage == COMPLETE && !f->o.wait_for_room;
}

/* Opens the file before again; make: even if it is not there any more. -1 and errno. */
static int open_before(struct logfile *f, bool make)
{
	struct file *t = &f->before;
	struct stat st;

	doing(f, t, "open");
	if (!make && !exists(f, t))
		return -1;
	int fd = open_regular(f, t, NULL, &st);
	if (fd < 0)
		return -1;
	return take_file(f, t, fd, (uint64_t)st.st_size, false);
}

/* The file before is no help any more. */
static void forget_before(struct logfile *f)
{
	become(f, &f->before, NONE);
	tell_current(f, false);
}

/*
 * It is the current file again before it is opened, so that the keeper, which has it for closed,
 * neither deletes nor compresses it meanwhile; what it is at already is waited for.
 */
bool logfile_stay(struct logfile *f, bool at_once)
{
	if (!logfile_can_stay(f) ||
	    (!at_once && clock_mono_ns() - f->failing_since_ns < STAY_AFTER))
		return false;
	become(f, &f->before, LEFT);
	f->o.keeper.settle(f->o.keeper.keeper);
	if (open_before(f, false) < 0) {
		forget_before(f);
		return false;
	}
	f->move_on_ns = clock_mono_ns() + MOVE_ON_EVERY;
	diag(DIAG_INFO, "opened %s%s again", directory_prefix(f->dir), f->before.name);
	return true;
}

int64_t logfile_move_on_ns(const struct logfile *f)
{
	return logfile_staying(f) ? f->move_on_ns : INT64_MAX;
}

uint64_t logfile_stayed_bytes(const struct logfile *f)
{
	return f->stayed_bytes;
}

/*
 * The file before is complete only when the one that is due is open: until then lines go to it, and
 * if the try fails, nothing has happened.
 */
int logfile_move_on(struct logfile *f, struct logfile_failure *why)
{
	insist(logfile_staying(f));
	f->move_on_ns = clock_mono_ns() + MOVE_ON_EVERY;
	if (try_open(f, &f->due, NULL) < 0)
		return fail(f, why);
	f->failing_since_ns = 0;
	complete(f, &f->before);
	forget_before(f);
	doing(f, &f->due, "open");
	return 0;
}

bool logfile_make_room(struct logfile *f, bool quota)
{
	doing(f, current(f), "make room for");
	return f->o.keeper.make_room(f->o.keeper.keeper, quota);
}

/* ---- append ---- */

/* How many of the bytes may go into this file; 0: the next line begins a new part. */
static size_t fitting(const struct logfile *f, const struct file *t, const char *p, size_t len)
{
	uint64_t room = t->size < f->o.size_limit ? f->o.size_limit - t->size : 0;
	const char *newline;

	if (len <= room)
		return len;
	newline = memrchr(p, '\n', (size_t)room);
	if (newline)
		return (size_t)(newline - p) + 1;
	if (t->size > 0 && !t->midline)
		return 0;
	/* A line longer than the limit, or one that has begun here: to its end. */
	newline = memchr(p, '\n', len);
	return newline ? (size_t)(newline - p) + 1 : len;
}

/*
 * Leaves the current file, for another directory is in the place of its own. A file before is of no
 * use there: its lines are in the old one.
 */
static int leave_directory(struct logfile *f)
{
	leave(f);
	if (logfile_staying(f))
		forget_before(f);
	return change_directory(f, &f->due);
}

/*
 * Sees now and then whether the current file is still where its name leads to, and leaves it
 * if not, but for a line that has begun in it. -1 and errno.
 */
static int look(struct logfile *f)
{
	struct file *t = current(f);
	int64_t now = clock_mono_ns();
	struct stat ours, there;

	if (now - f->looked_ns < LOOK_EVERY || fstat(t->fd, &ours) < 0)
		return 0;
	if (t->midline && ours.st_nlink > 0)
		return 0;
	doing(f, t, "make the directory of");
	enum directory_renewal directory = directory_renew(f->dir);
	if (directory == DIRECTORY_GONE)
		return -1;
	f->looked_ns = now;
	(void)lock_mark_file(t->fd); /* what was open before may have had it */
	if (directory_stat(f->dir, t->name, &there) == 0) {
		if (fdio_same_file(&ours, &there)) {
			t->size = (uint64_t)ours.st_size; /* somebody may have emptied it */
			note_arrival(f, t, false);
			return 0;
		}
	} else if (errno != ENOENT && errno != ENOTDIR) {
		return 0;
	}
	if (directory == DIRECTORY_OTHER)
		return leave_directory(f);
	diag(DIAG_WARNING, "%s%s was moved or deleted; continuing in a new file with that name",
	     directory_prefix(f->dir), t->name);
	leave(f);
	return 0;
}

/* Makes sure that the current file is open, and still has its name. -1 and errno. */
static int open_current(struct logfile *f)
{
	if (current(f)->stage == OPEN && look(f) < 0)
		return -1;
	if (current(f)->stage == OPEN)
		return 0;
	if (logfile_staying(f)) {
		if (open_before(f, true) == 0)
			return 0;
		forget_before(f);
	}
	return open_due(f);
}

/* The file of the next line; fits: how many of its bytes and those behind it go there. */
static struct file *find_place(struct logfile *f, const char *p, size_t len, size_t *fits)
{
	if (open_current(f) < 0)
		return NULL;
	*fits = logfile_staying(f) ? len : fitting(f, &f->due, p, len);
	if (*fits == 0) {
		complete(f, &f->due);
		next_part(f, &f->due);
		if (open_due(f) < 0)
			return NULL;
		*fits = fitting(f, &f->due, p, len);
	}
	return current(f);
}

ssize_t logfile_append(struct logfile *f, const char *p, size_t len, struct logfile_failure *why)
{
	size_t fits;
	struct file *t = find_place(f, p, len, &fits);

	if (!t)
		return fail(f, why);
	doing(f, t, "write");
	if (fits > MAX_WRITE)
		fits = MAX_WRITE;
	ssize_t n = fdio_write(t->fd, p, fits);
	if (n == 0)
		errno = ENOSPC;
	if (n <= 0)
		return fail(f, why);
	t->size += (uint64_t)n;
	t->midline = p[n - 1] != '\n';
	t->dirty = true;
	if (t == &f->before)
		f->stayed_bytes += (uint64_t)n;
	return n;
}

bool logfile_find_first(const struct directory *dir, const struct names *names,
			const struct tm *moment, char name[NAMES_SIZE])
{
	struct names_member m = { .period = names_period(names, moment) };
	bool compressed;

	if (family_newest_part(dir, names, m.period, &m.part, &compressed) < 0 || m.part == 0 ||
	    compressed)
		return false;
	names_build(names, &m, name);
	return true;
}

bool logfile_is_taken(const struct directory *dir, const char *name)
{
	struct stat st;
	int at = directory_enter(dir, name, false);
	bool taken = at >= 0 && trust_is_ours(at, path_base(name), -1, &st) &&
		     lock_is_written(at, path_base(name));

	directory_leave(dir, at);
	return taken;
}
