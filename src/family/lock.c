/*
 * One writer for a family: the lock beside its files.
 *
 * `.FILE.lock` holds the process ID and an flock(2). It is named after the text of FILE, as it
 * always was, so that different versions meet there. But one family can be written in several
 * ways, and two families may share files without being equal (`app.log` by the day, and
 * `app.2026-11-22.log` with --roll=never). So whoever has its own lock looks at all others in
 * the directory, and in those that a template leads to or from. A lock's name tells FILE; which
 * --roll belongs to it is told by a byte far behind its end, which is locked as well (fcntl(2),
 * F_OFD_SETLK). Where that byte is missing, because the version is older or the file system cannot,
 * every --roll is thought possible.
 *
 * Two who start at the same moment take their own lock first and look then. So they may both
 * refuse, but never both go on.
 *
 * Only a file that this very process made is written to and given away; what an earlier run left
 * is removed first. Whoever may write in the directory could put another file in its place.
 */
#include "family/lock.h"

#include "base/clock.h"
#include "base/fdio.h"
#include "base/ratelimit.h"
#include "base/owner.h"
#include "base/trust.h"
#include "family/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_NAME = 2 * NAMES_SIZE + 8 };

static const char lock_end[] = ".lock";

enum { LEVELS_ABOVE = 4 }; /* as %Y/%m/%d/%H has */

enum { TRIES = 100, MOMENT_MS = 10, MOMENTS = 20 };

#define REFRESH_EVERY (3600 * CLOCK_SECOND) /* cleaners count in days */
#define RETAKE_EVERY  (60 * CLOCK_SECOND)
#define SAY_AGAIN     (3600 * CLOCK_SECOND) /* that it was in vain */

static const off_t roll_byte = (off_t)1 << 40; /* that of CALENDAR_NEVER; the others follow */

enum held {
	HELD_NEVER = CALENDAR_NEVER, /* and so on: a lock is held, by a family of this --roll */
	HELD_LAST = CALENDAR_MONTHLY,
	HELD_SOMEHOW, /* it is held; with which --roll is not known */
	HELD_NOT,
};

struct lock {
	struct lock_options o;
	char name[LOCK_NAME];
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

/* The process ID in the lock file; whoever made it may be about to write it. */
static long read_owner(int fd)
{
	char text[24];

	for (int tries = 0; tries < MOMENTS; tries++) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n > 0) {
			text[n] = '\0';
			return strtol(text, NULL, 10);
		}
		poll(NULL, 0, MOMENT_MS);
	}
	return 0;
}

/* type: F_WRLCK or F_UNLCK. -1 and errno. */
static int mark(int fd, short type, enum calendar_roll roll)
{
	struct flock byte = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = roll_byte + (off_t)roll, .l_len = 1
	};

	return fcntl(fd, F_OFD_SETLK, &byte);
}

/* The --roll that somebody else marked; HELD_NOT: nobody did. */
static enum held marked_roll(int fd)
{
	struct flock bytes = { .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = roll_byte,
			       .l_len = HELD_LAST + 1 };

	if (fcntl(fd, F_OFD_GETLK, &bytes) < 0 || bytes.l_type == F_UNLCK)
		return HELD_NOT;
	if (bytes.l_start < roll_byte || bytes.l_start > roll_byte + HELD_LAST)
		return HELD_SOMEHOW;
	return (enum held)(bytes.l_start - roll_byte);
}

/*
 * How somebody else holds the lock file. Who holds it without a mark may be about to make
 * one, or only be looking, as we do here.
 */
static enum held look_how_held(int fd)
{
	for (int tries = 0; tries < MOMENTS; tries++) {
		enum held held = marked_roll(fd);

		if (held != HELD_NOT)
			return held;
		if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
			(void)flock(fd, LOCK_UN);
			return HELD_NOT;
		}
		poll(NULL, 0, MOMENT_MS);
	}
	return HELD_SOMEHOW;
}

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
	long owner = read_owner(fd);

	if (hold_it_ourselves(fd))
		diag(grave,
		     "the FILE %s%s is given twice, in different ways (see the lock %s%s); give each "
		     "FILE once",
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

/* Asked as a reader, so that readers, who can lock only against writers, are not seen. */
static bool is_marked(int fd)
{
	struct flock byte = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = roll_byte, .l_len = 1
	};

	return fcntl(fd, F_OFD_GETLK, &byte) == 0 && byte.l_type != F_UNLCK;
}

bool lock_mark_file(int fd)
{
	return mark(fd, F_WRLCK, CALENDAR_NEVER) == 0 || !is_marked(fd);
}

/* Closing would do, but a command that is just being started has the descriptor, too. */
void lock_unmark_file(int fd)
{
	(void)mark(fd, F_UNLCK, CALENDAR_NEVER);
}

bool lock_is_written(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool marked = fd >= 0 && is_marked(fd);
	if (fd >= 0)
		close(fd);
	return marked;
}

/* ---- locks of other families ---- */

/*
 * The lock's name of FILE: "." and ".lock" around it. In a template, behind its first '%', a '/'
 * is written '+', and a '+' is written "%+", which is no conversion.
 */
static void name_of(const char *file, char name[LOCK_NAME])
{
	bool template = false;
	char *to = name;

	*to++ = '.';
	for (const char *p = file; *p; p++) {
		template = template || *p == '%';
		if (template && *p == '+')
			*to++ = '%';
		*to++ = template && *p == '/' ? '+' : *p;
	}
	stpcpy(to, lock_end);
}

/* FILE of a lock's name; false: it is no lock's name. */
static bool file_of(const char *name, char file[NAMES_SIZE])
{
	size_t len = strlen(name), tail = sizeof(lock_end) - 1;
	bool template = false;
	char *to = file;

	if (name[0] != '.' || len < tail + 2 || len >= NAMES_SIZE ||
	    strcmp(name + len - tail, lock_end) != 0)
		return false;
	for (const char *p = name + 1, *end = name + len - tail; p < end; p++) {
		template = template || *p == '%';
		if (*p == '%' && p[1] == '+')
			*to++ = *++p;
		else if (*p == '%' && p[1] == '%')
			*to++ = *p, *to++ = *++p;
		else
			*to++ = template && *p == '+' ? '/' : *p;
	}
	*to = '\0';
	return true;
}

static bool overlaps(const struct names *ours, const char *file, enum calendar_roll roll)
{
	struct names theirs;

	return names_init(&theirs, file, roll) != NAMES_TOO_LONG &&
	       names_overlap(ours, &theirs, (time_t)(clock_real_ns() / CLOCK_SECOND));
}

/* A directory in which locks are looked for. Names are relative to the upper one of it and ours. */
struct place {
	int fd;            /* its own */
	const char *way;   /* from ours to it: "", "../", "2026/" */
	const char *below; /* to it, if it is below ours: "", "2026/" */
	struct names ours;
};

/* Whether a family of that FILE shares files with ours; how: held with which --roll. */
static bool may_share(const struct place *p, const char *lock_name, enum held how)
{
	char file[NAMES_SIZE], path[NAMES_SIZE];

	if (!file_of(lock_name, file) ||
	    snprintf(path, sizeof(path), "%s%s", p->below, file) >= (int)sizeof(path))
		return false;
	for (int roll = CALENDAR_NEVER; roll <= CALENDAR_MONTHLY; roll++)
		if ((how == HELD_SOMEHOW || roll == (int)how) &&
		    overlaps(&p->ours, path, (enum calendar_roll)roll))
			return true;
	return false;
}

/* Looks at one name in the directory. Returns: 0, or -1 after a message. */
static int check_other(const struct lock *l, enum diag_word grave, const struct place *p,
		       const char *name)
{
	char path[NAMES_SIZE];
	struct stat st;
	int result = 0;

	if ((!*p->way && strcmp(name, l->name) == 0) || !may_share(p, name, HELD_SOMEHOW))
		return 0;
	int fd = openat(p->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* gone; or of somebody whose files we could not touch either */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !trust_is_foreign(p->fd, &st)) {
		enum held how = look_how_held(fd);

		snprintf(path, sizeof(path), "%s%s", p->way, name);
		if (how != HELD_NOT && may_share(p, name, how))
			result = refuse(l, grave, fd, path);
	}
	close(fd);
	return result;
}

/* Looks at all locks of a directory; takes p->fd, which may be none. As check_other. */
static int check_place(const struct lock *l, enum diag_word grave, struct place *p)
{
	DIR *dir = p->fd < 0 ? NULL : fdopendir(p->fd);
	struct dirent *e;
	int result = 0;

	if (!dir) {
		if (p->fd >= 0)
			close(p->fd);
		return 0; /* whoever reads the directory next will say so */
	}
	while (result == 0 && (e = readdir(dir)) != NULL)
		result = check_other(l, grave, p, e->d_name);
	closedir(dir);
	return result;
}

static int open_directory(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The directories that our template gives now. */
static int check_below(const struct lock *l, enum diag_word grave, const struct names *ours)
{
	char name[NAMES_SIZE], component[NAMES_SIZE], way[NAMES_SIZE];
	struct names_member m = { .part = 1 };
	struct calendar_period now;
	int fd = open_directory(l->o.dir, "."), result = 0;

	calendar_find(&l->o.calendar, (time_t)(clock_real_ns() / CLOCK_SECOND), &now);
	m.period = names_period(ours, &now.tm);
	names_build(ours, &m, name);
	for (char *at = name, *slash; result == 0 && (slash = strchr(at, '/')); at = slash + 1) {
		snprintf(component, sizeof(component), "%.*s", (int)(slash - at), at);
		snprintf(way, sizeof(way), "%.*s", (int)(slash + 1 - name), name);
		int next = fd < 0 ? -1 : open_directory(fd, component);
		if (fd >= 0)
			close(fd);
		fd = next;
		struct place p = {
			.fd = fd < 0 ? -1 : open_directory(fd, "."),
			.way = way,
			.below = way,
			.ours = *ours,
		};
		result = check_place(l, grave, &p);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

/* The directories above ours, of which a template may lead to it. */
static int check_above(const struct lock *l, enum diag_word grave)
{
	char path[PATH_MAX], file[NAMES_SIZE], longer[NAMES_SIZE], way[3 * LEVELS_ABOVE + 1] = "";
	int result = 0;

	if (!realpath(*l->o.prefix ? l->o.prefix : ".", path))
		return 0;
	stpcpy(file, l->o.base);
	for (int level = 0; result == 0 && level < LEVELS_ABOVE; level++) {
		char *slash = strrchr(path, '/');
		struct place p = { .way = way, .below = "" };

		if (!slash || slash[1] == '\0' || strchr(slash, '%') ||
		    snprintf(longer, sizeof(longer), "%s/%s", slash + 1, file) >=
			    (int)sizeof(longer))
			return 0;
		stpcpy(file, longer);
		*slash = '\0';
		stpcpy(way + strlen(way), "../");
		if (names_init(&p.ours, file, l->o.calendar.roll) == NAMES_TOO_LONG)
			return 0;
		p.fd = openat(l->o.dir, way, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = check_place(l, grave, &p);
	}
	return result;
}

/* Whether anybody writes a family that shares files with ours. Returns: 0, or -1 after a message.
 */
static int check_others(const struct lock *l, enum diag_word grave)
{
	struct place here = { .fd = open_directory(l->o.dir, "."), .way = "", .below = "" };

	(void)names_init(&here.ours, l->o.base, l->o.calendar.roll);
	return check_place(l, grave, &here) < 0 || check_below(l, grave, &here.ours) < 0 ||
			       check_above(l, grave) < 0
		       ? -1
		       : 0;
}

/* ---- our own ---- */

struct lock *lock_new(const struct lock_options *o)
{
	struct lock *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	insist(strlen(o->base) < NAMES_SIZE); /* as names_init has seen to */
	name_of(o->base, l->name);
	l->o = *o;
	l->fd = -1;
	return l;
}

/* Whether the lock's name still leads to what we hold; not known counts as yes. */
static bool is_there(const struct lock *l)
{
	struct stat held, st;

	if (fstatat(l->o.dir, l->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT;
	return fstat(l->fd, &held) < 0 || fdio_same_file(&held, &st);
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
	    (look_how_held(fd) != HELD_NOT || flock(fd, LOCK_EX | LOCK_NB) < 0)) {
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
	     "cannot take the lock %s%s: it is removed again and again, or never the file that was "
	     "opened; find out what removes it",
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
	(void)mark(l->fd, F_WRLCK, l->o.calendar.roll);
	l->touched_ns = clock_mono_ns();
	if (check_others(l, grave) == 0)
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
	    !(geteuid() == 0 && trust_is_foreign(l->o.dir, &st)) && look_how_held(fd) != HELD_NOT)
		result = refuse(l, DIAG_FATAL, fd, l->name);
	if (fd >= 0)
		close(fd);
	return result < 0 ? -1 : check_others(l, DIAG_FATAL);
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
	diag(grave, "going on without a lock");
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
