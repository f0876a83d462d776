/*
 * One writer for a family: the lock beside its files.
 *
 * Whoever has the flock(2) of `.FILE.lock` (lockfile.h) looks at the locks of all families that may
 * share files with its own (rivals.h), and lets go if somebody holds one. Two who start at the same
 * moment take their own lock first and look then. So they may both refuse, but never both go on.
 *
 * Simpler would be to lock the log itself. Refused: it has another name tomorrow, and there may be
 * none yet. Or to leave the lock's file where it is, for ever. Refused: it would be left in each
 * directory that ever held a log. As it is removed, a lock just taken may be of a file that has no
 * name any more; so after taking it the name is looked at once more.
 *
 * Never: a file is written to, or given away, that this very process did not make; what an earlier
 * run left is removed first. Whoever may write in the directory could put another file in its
 * place.
 */
#include "family/lock.h"

#include "base/clock.h"
#include "base/fdio.h"
#include "base/owner.h"
#include "base/ratelimit.h"
#include "base/trust.h"
#include "family/lockfile.h"
#include "family/rivals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100 };

#define REFRESH_EVERY (3600 * CLOCK_SECOND) /* cleaners count in days */
#define RETAKE_EVERY  (60 * CLOCK_SECOND)
#define SAY_AGAIN     (3600 * CLOCK_SECOND) /* that it was in vain */

struct lock {
	struct lock_options o;
	char name[LOCKFILE_NAME];
	int fd;                /* -1: not held */
	bool wanted;           /* it was held once */
	int64_t touched_ns;    /* CLOCK_MONOTONIC */
	int64_t tried_ns;      /* CLOCK_MONOTONIC: when it was last taken in vain */
	struct ratelimit said; /* that it failed */

	/* under the list's lock */
	struct stat held; /* what fd is */
	struct lock *next_held;
};

/* Which this process holds; several threads take theirs again, each its own. */
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lock *all_held;

/* ---- what is held, and by whom ---- */

static void list_held(struct lock *l)
{
	if (fstat(l->fd, &l->held) < 0)
		l->held = (struct stat){ .st_ino = 0 };
	must(pthread_mutex_lock(&held_lock));
	l->next_held = all_held;
	all_held = l;
	must(pthread_mutex_unlock(&held_lock));
}

static void unlist_held(const struct lock *l)
{
	must(pthread_mutex_lock(&held_lock));
	for (struct lock **p = &all_held; *p; p = &(*p)->next_held) {
		if (*p == l) {
			*p = l->next_held;
			break;
		}
	}
	must(pthread_mutex_unlock(&held_lock));
}

/*
 * Whether it is this very process that holds the lock file fd. Its process ID does not tell:
 * containers number their processes alike.
 */
static bool hold_it_ourselves(int fd)
{
	bool ours = false;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	must(pthread_mutex_lock(&held_lock));
	for (const struct lock *l = all_held; l && !ours; l = l->next_held)
		ours = fdio_same_file(&l->held, &st);
	must(pthread_mutex_unlock(&held_lock));
	return ours;
}

/* Says who holds the lock file fd of that name. Returns: -1. */
static int refuse(const struct lock *l, enum diag_word grave, int fd, const char *name)
{
	long owner = lockfile_owner(fd);

	if (hold_it_ourselves(fd))
		diag(grave,
		     "the FILE %s%s is given twice, in two spellings (see the lock %s%s); give "
		     "each FILE once",
		     l->o.prefix, l->o.base, l->o.prefix, name);
	else if (owner > 0 && strcmp(name, l->name) == 0)
		diag(grave,
		     "another logsink (pid %ld) writes %s%s already; stop it, or name another FILE",
		     owner, l->o.prefix, l->o.base);
	else if (owner > 0)
		diag(grave,
		     "another logsink (pid %ld, lock %s%s) writes files that are also files of %s%s; "
		     "stop it, or name another FILE",
		     owner, l->o.prefix, name, l->o.prefix, l->o.base);
	else
		diag(grave, "another program holds the lock %s%s; stop it, or name another FILE",
		     l->o.prefix, name);
	return -1;
}

bool lock_mark_file(int fd)
{
	return lockfile_mark(fd, true, CALENDAR_NEVER) == 0 || !lockfile_is_marked(fd);
}

/* Closing would do, but a command that is just being started has the descriptor, too. */
void lock_unmark_file(int fd)
{
	(void)lockfile_mark(fd, false, CALENDAR_NEVER);
}

bool lock_is_written(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool marked = fd >= 0 && lockfile_is_marked(fd);
	if (fd >= 0)
		close(fd);
	return marked;
}

/* Returns: 0, or -1 after a message: somebody writes a family that shares files with ours. */
static int check_rivals(const struct lock *l, enum diag_word grave)
{
	const struct rivals r = {
		.dir = l->o.dir,
		.prefix = l->o.prefix,
		.base = l->o.base,
		.own = l->name,
		.calendar = &l->o.calendar,
	};
	char name[NAMES_SIZE];
	int rival = rivals_find(&r, name);

	if (rival < 0)
		return 0;
	(void)refuse(l, grave, rival, name);
	close(rival);
	return -1;
}

/* ---- our own ---- */

struct lock *lock_new(const struct lock_options *o)
{
	struct lock *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	insist(strlen(o->base) < NAMES_SIZE); /* as names_init has seen to */
	lockfile_name(o->base, l->name);
	l->o = *o;
	l->fd = -1;
	return l;
}

/* Whether the lock's name still leads to what we hold; not known counts as yes. */
static bool is_there(const struct lock *l)
{
	struct stat held;

	return fstat(l->fd, &held) < 0 ||
	       fdio_leads_to(l->o.dir, l->name, AT_SYMLINK_NOFOLLOW, &held) != 0;
}

static void let_go(struct lock *l)
{
	if (l->fd < 0)
		return;
	unlist_held(l);
	close(l->fd);
	l->fd = -1;
}

/* While it is still ours, and only if it is: somebody may have removed it. */
static void remove_and_let_go(struct lock *l)
{
	if (l->fd >= 0 && is_there(l))
		(void)unlinkat(l->o.dir, l->name, 0);
	let_go(l);
}

enum attempt {
	TAKEN,
	STALE,   /* it was removed meanwhile: try again */
	REFUSED, /* which was said */
};

static enum attempt refuse_to_make(const struct lock *l, enum diag_word grave)
{
	diag(grave,
	     "cannot make the lock %s%s: %s; logsink must be able to write in the directory of the "
	     "log",
	     l->o.prefix, l->name, errno == ELOOP ? "it is a symbolic link" : strerror(errno));
	return REFUSED;
}

static enum attempt refuse_plant(const struct lock *l, enum diag_word grave, const struct stat *st)
{
	if (trust_is_foreign(l->o.dir, st))
		diag(grave,
		     "the lock %s%s belongs to user %ld, and this directory is open to others; name "
		     "a FILE in a directory of your own",
		     l->o.prefix, l->name, (long)st->st_uid);
	else
		diag(grave,
		     "the lock %s%s is not a plain file, or has a second name; remove it if it is not "
		     "wanted",
		     l->o.prefix, l->name);
	return REFUSED;
}

/* What a stranger put in the lock's place does not keep root from its own. */
static void displace_foreign(const struct lock *l)
{
	struct stat st;

	if (geteuid() != 0 || fstatat(l->o.dir, l->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_uid == owner_uid(l->o.owner) || !trust_is_foreign(l->o.dir, &st))
		return;
	if (unlinkat(l->o.dir, l->name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) == 0)
		diag(DIAG_WARNING,
		     "the lock %s%s was put there by user %ld, who is a stranger here; it was removed",
		     l->o.prefix, l->name, (long)st.st_uid);
}

/* Opens the lock's file; *made: which did not exist. -1 and errno. */
static int open_lock(const struct lock *l, bool *made)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(l->o.dir, l->name, flags | O_CREAT | O_EXCL, 0600);

	*made = fd >= 0;
	return fd < 0 && errno == EEXIST ? openat(l->o.dir, l->name, flags) : fd;
}

/* Judges what was opened, and holds it: only then is anything written to it. */
static enum attempt try_fd(const struct lock *l, enum diag_word grave, int fd)
{
	struct stat opened, st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 &&
	    (lockfile_held(fd) != LOCKFILE_NOT || flock(fd, LOCK_EX | LOCK_NB) < 0)) {
		(void)refuse(l, grave, fd, l->name);
		return REFUSED;
	}
	if (trust_is_ours(l->o.dir, l->name, fd, &st))
		return TAKEN;
	if (errno == ENOENT)
		return STALE;
	if (errno != ENOTSUP || fstat(fd, &opened) < 0)
		return refuse_to_make(l, grave);
	if (!fdio_same_file(&opened, &st))
		return STALE;
	return st.st_uid == owner_uid(l->o.owner) && S_ISREG(st.st_mode) && st.st_nlink == 1
		       ? TAKEN /* an earlier run as that user left it */
		       : refuse_plant(l, grave, &st);
}

/*
 * Takes what is left of an earlier run out of the way. It is never written to: whoever may write
 * in the directory could make it a name of another file at any moment.
 */
static enum attempt replace(struct lock *l, int fd)
{
	if (unlinkat(l->o.dir, l->name, 0) == 0 || errno == ENOENT) {
		close(fd);
		return STALE;
	}
	l->fd = fd; /* nothing can be removed there, so it is held as it is */
	return TAKEN;
}

static enum attempt try_take(struct lock *l, enum diag_word grave, bool *made)
{
	displace_foreign(l);
	int fd = open_lock(l, made);
	if (fd < 0 && errno == ENOENT)
		return STALE;
	if (fd < 0)
		return refuse_to_make(l, grave);
	enum attempt result = try_fd(l, grave, fd);
	if (result == TAKEN && !*made)
		return replace(l, fd);
	if (result == TAKEN)
		l->fd = fd;
	else
		close(fd);
	return result;
}

/* For people only; on a full disk the lock holds all the same. */
static void write_pid(const struct lock *l)
{
	char pid[24];
	int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

	if (fdio_write(l->fd, pid, (size_t)n) < 0)
		diag(DIAG_INFO, "cannot write the process ID into %s%s: %s", l->o.prefix, l->name,
		     strerror(errno));
}

/* What this process made is given to the user that it is going to be, and gets its number. */
static void fill(const struct lock *l)
{
	if (geteuid() == 0 && fchown(l->fd, owner_uid(l->o.owner), owner_gid(l->o.owner)) < 0)
		diag(DIAG_WARNING, "cannot give the lock %s%s to user %ld: %s", l->o.prefix,
		     l->name, (long)owner_uid(l->o.owner), strerror(errno));
	write_pid(l);
}

static int take_file(struct lock *l, enum diag_word grave)
{
	bool made = false;

	for (int tries = 0; tries < TRIES; tries++) {
		switch (try_take(l, grave, &made)) {
		case TAKEN:
			if (made)
				fill(l);
			return 0;
		case REFUSED:
			return -1;
		case STALE:
			break;
		}
	}
	diag(grave,
	     "cannot take the lock %s%s: it is removed or replaced again and again; "
	     "find out by which program",
	     l->o.prefix, l->name);
	return -1;
}

int lock_take(struct lock *l, enum diag_word grave)
{
	let_go(l); /* it may keep a file system busy */
	l->wanted = true;
	if (take_file(l, grave) < 0)
		return -1;
	list_held(l);
	(void)lockfile_mark(l->fd, true, l->o.calendar.roll);
	l->touched_ns = clock_mono_ns();
	if (check_rivals(l, grave) == 0)
		return 0;
	remove_and_let_go(l);
	return -1;
}

int lock_look(struct lock *l)
{
	struct stat st;
	int fd = openat(l->o.dir, l->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int result = 0;

	if (fd >= 0 && fstat(fd, &st) == 0 &&
	    !(geteuid() == 0 && trust_is_foreign(l->o.dir, &st)) &&
	    lockfile_held(fd) != LOCKFILE_NOT)
		result = refuse(l, DIAG_FATAL, fd, l->name);
	if (fd >= 0)
		close(fd);
	return result < 0 ? -1 : check_rivals(l, DIAG_FATAL);
}

/* It is tried often, and said now and then that it was in vain. */
static void retake(struct lock *l)
{
	int64_t now = clock_mono_ns();
	bool failed = l->said.begun, say = ratelimit_pass(&l->said, now, SAY_AGAIN);
	enum diag_word grave = say ? DIAG_WARNING : DIAG_INFO;

	l->tried_ns = now;
	if (lock_take(l, grave) == 0) {
		if (failed)
			diag(DIAG_RESUMED, "the lock %s%s is held again", l->o.prefix, l->name);
		l->said.begun = false;
		return;
	}
	diag(grave, "continuing without a lock");
}

void lock_retake(struct lock *l)
{
	l->said.begun = false;
	retake(l);
}

void lock_keep(struct lock *l)
{
	int64_t now = clock_mono_ns();

	if (l->fd < 0) {
		if (l->wanted && now - l->tried_ns >= RETAKE_EVERY)
			retake(l);
		return;
	}
	if (!is_there(l)) {
		diag(DIAG_WARNING, "the lock %s%s was removed or replaced; taking it again",
		     l->o.prefix, l->name);
		lock_retake(l);
	} else if (now - l->touched_ns >= REFRESH_EVERY) {
		l->touched_ns = now;
		(void)futimens(l->fd, NULL);
	}
}

void lock_free(struct lock *l)
{
	if (!l)
		return;
	remove_and_let_go(l);
	free(l);
}
