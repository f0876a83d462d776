/* The directory of the log: make and open it, keep the link. */
#include "family/directory.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/trust.h"
#include "base/walk.h"
#include "family/lock.h"
#include "family/names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A path taken apart: prefix (with its '/', or empty) and last component. */
struct place {
	char *prefix;
	const char *base;
	int fd;            /* of the directory */
	atomic_bool made;  /* it, or one above it; and that may not be on the disk */
	size_t first_made; /* bytes of prefix that name the uppermost one made; 0: none was */
};

struct directory {
	struct place log, link;
	mode_t dir_mode;
	uid_t owner;
	gid_t group;
	bool look_only, has_link, link_said;
	char *to_log; /* relative path from the link's directory to the log's, with '/' */
	char *link_temp;
	struct lock *lock; /* NULL: there is no directory yet */
};

static int split(const char *path, size_t directory, struct place *p)
{
	p->base = path + directory;
	p->prefix = strndup(path, directory);
	return p->prefix ? 0 : -1;
}

/* The directory for open(2): without the last slash, so that O_NOFOLLOW sees a link. */
static void directory_of(const struct place *p, char to[PATH_MAX])
{
	size_t n = strlen(p->prefix);

	snprintf(to, PATH_MAX, "%s", n ? p->prefix : ".");
	while (n > 1 && to[n - 1] == '/')
		to[--n] = '\0';
}

static int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What root makes for the user that it is going to be. Others make what is theirs. */
static void give_away(const struct directory *d, int fd)
{
	if (fd >= 0 && geteuid() == 0 && fchown(fd, d->owner, d->group) < 0)
		diag(DIAG_WARNING, "cannot give what was made in %s to user %ld: %s",
		     directory_name(d), (long)d->owner, strerror(errno));
}

/* 1: made; 0: it was there; -1 and errno. */
static int make_directory(const struct directory *d, const char *path)
{
	if (mkdir(path, d->dir_mode) < 0)
		return errno == EEXIST ? 0 : -1;
	int fd = open_directory(path);
	give_away(d, fd);
	if (fd >= 0)
		close(fd);
	return 1;
}

/* path: the prefix. -1 and errno; then it ends with what could not be made. */
static int make_directories(const struct directory *d, struct place *p, char *path)
{
	for (char *end = path; *end; end++) {
		if (end == path || *end != '/' || end[-1] == '/')
			continue;
		*end = '\0';
		int made = make_directory(d, path);
		if (made < 0)
			return -1;
		if (made && p->first_made == 0)
			p->first_made = (size_t)(end - path);
		if (made)
			p->made = true;
		*end = '/';
	}
	return 0;
}

/*
 * For root that is going to be another user: opens the directory, and makes it, in a way that the
 * user cannot lead elsewhere (walk.h). Otherwise makes the directories. Fails as make_directories.
 * Returns: 1: there is a link, which is not to be opened.
 */
static int walk_there(const struct directory *d, struct place *p, char *path)
{
	struct walk w = { .owner = d->owner, .group = d->group, .mode = d->dir_mode };
	char last[PATH_MAX];
	struct stat st;

	if (geteuid() != 0 || d->owner == (uid_t)-1)
		return make_directories(d, p, path);
	directory_of(p, last);
	if (lstat(last, &st) == 0 && S_ISLNK(st.st_mode))
		return 1;
	int fd = walk_open(path, &w, true), why = errno;
	if (w.ungiven)
		diag(DIAG_WARNING, "cannot give what was made in %s to user %ld: %s", path,
		     (long)d->owner, strerror(w.ungiven));
	p->first_made = w.first_made;
	p->made = w.first_made > 0;
	if (fd < 0) {
		path[w.at] = '\0';
		errno = why;
		return -1;
	}
	p->fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = errno;
	close(fd);
	errno = error;
	return p->fd < 0 ? -1 : 0;
}

/* For root, too, in the way in which it was made: by a path alone the user could lead elsewhere. */
static void unmake_directory(const struct directory *d, const char *path)
{
	struct walk w = { .owner = d->owner, .group = d->group };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char above[PATH_MAX];

	snprintf(above, sizeof(above), "%.*s", (int)(name - path), path);
	int fd = walk_open(above, &w, false);
	if (fd < 0)
		return;
	(void)unlinkat(fd, name, AT_REMOVEDIR);
	close(fd);
}

/* Removes what make_directories made, as far as it is empty. */
static void unmake_directories(const struct directory *d, const struct place *p)
{
	char path[PATH_MAX];

	if (p->first_made == 0)
		return;
	directory_of(p, path);
	for (size_t n = strlen(path); n >= p->first_made; path[n] = '\0') {
		unmake_directory(d, path);
		while (n > 0 && path[n - 1] != '/')
			n--;
		while (n > 0 && path[n - 1] == '/')
			n--;
	}
}

static int place_open(const struct directory *d, struct place *p)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct stat st;

	if (strlen(p->prefix) >= sizeof(path)) {
		diag(DIAG_FATAL, "cannot open the directory %.60s...: %s", p->prefix,
		     strerror(ENAMETOOLONG));
		return -1;
	}
	stpcpy(path, p->prefix);
	int there = d->look_only ? 0 : walk_there(d, p, path);
	if (there < 0) {
		diag(DIAG_FATAL, "cannot make the directory %s: %s", path,
		     errno == ELOOP ? "it is a symbolic link, and not root's" : strerror(errno));
		return -1;
	}
	directory_of(p, path);
	errno = ELOOP; /* a link that was seen is not opened: it may be another thing now */
	if (p->fd < 0 && there == 0)
		p->fd = open_directory(path);
	if (p->fd >= 0)
		return 0;
	int error = errno;
	if (d->look_only && error == ENOENT)
		return 0; /* it would be made */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
		diag(DIAG_FATAL,
		     "%s is a symbolic link, and links are not followed to write a log; name the "
		     "directory itself: %s/%s",
		     path, real, p->base);
	else
		diag(DIAG_FATAL, "cannot open the directory %s: %s", path, strerror(error));
	return -1;
}

/* Whether path, not followed, is the directory that fd is; false also if there is none. */
static bool is_directory(const char *path, const struct stat *directory)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && fdio_same_file(&st, directory);
}

/* Lets p->fd be another directory; the number stays, for all threads. */
static int place_change(const struct place *p, int fd)
{
	int result = dup3(fd, p->fd, O_CLOEXEC);
	int error = errno;

	close(fd);
	errno = error;
	return result < 0 ? -1 : 0;
}

/*
 * Opens what is at the directory's path now, if that is another directory or none.
 * Nothing is given up for it: one that was only moved stays until there is another.
 */
static enum directory_renewal place_renew(const struct directory *d, struct place *p)
{
	char path[PATH_MAX], directory[PATH_MAX];
	struct stat st;
	int fd;

	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return DIRECTORY_SAME;
	directory_of(p, directory);
	if (is_directory(directory, &st))
		return DIRECTORY_SAME;
	stpcpy(path, p->prefix);
	fd = make_directories(d, p, path) < 0 ? -1 : open_directory(directory);
	if (fd >= 0)
		return place_change(p, fd) < 0 ? DIRECTORY_GONE : DIRECTORY_OTHER;
	int error = errno;
	if (st.st_nlink > 0)
		return DIRECTORY_SAME;
	/* With O_DIRECTORY the system calls a link no directory. */
	errno = lstat(directory, &st) == 0 && S_ISLNK(st.st_mode) ? ELOOP : error;
	return DIRECTORY_GONE;
}

static void place_close(struct place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->prefix);
}

/* Refuses what we could not, or should not, put a link or a log in place of. */
static int check_places(const struct directory_options *o)
{
	struct stat st;

	if (lstat(o->file, &st) == 0 && S_ISDIR(st.st_mode)) {
		diag(DIAG_FATAL, "%s is a directory; name a file in it, such as %s/app.log",
		     o->file, o->file);
		return -1;
	}
	if (o->link && lstat(o->link, &st) == 0 && !S_ISLNK(st.st_mode)) {
		diag(DIAG_FATAL,
		     "%s is %s, and the link to the current log is to be there; move it away, or "
		     "use --link=PATH or --no-link",
		     o->link, S_ISREG(st.st_mode) ? "a regular file" : "not a link");
		return -1;
	}
	return 0;
}

/* "../../var/log/" leads from /srv/links to /var/log. */
static char *relative_path(const char *from, const char *to)
{
	size_t same = 0, up = 0, i;
	char *path, *p;

	for (i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i;
	if (from[i] == to[i] || (from[i] == '\0' && to[i] == '/') ||
	    (to[i] == '\0' && from[i] == '/'))
		same = i;
	for (const char *q = from + same; *q; q++)
		up += q[0] == '/' && q[1] != '\0';
	while (to[same] == '/')
		same++;
	path = malloc(up * 3 + strlen(to + same) + 2);
	if (!path)
		return NULL;
	p = path;
	for (; up > 0; up--)
		p = stpcpy(p, "../");
	p = stpcpy(p, to + same);
	if (to[same])
		stpcpy(p, "/");
	return path;
}

/* Adds to the path what follows rest's slashes, as mkdir(2) and open(2) would understand it. */
static bool add_components(char path[PATH_MAX], const char *rest)
{
	for (size_t n; rest += strspn(rest, "/"), (n = strcspn(rest, "/")) > 0; rest += n) {
		size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

		if (n == 2 && memcmp(rest, "..", 2) == 0)
			*(strrchr(path, '/') + (strrchr(path, '/') == path)) = '\0';
		else if (len + 1 + n >= PATH_MAX)
			return false;
		else if (n != 1 || *rest != '.')
			sprintf(path + len, "/%.*s", (int)n, rest);
	}
	return true;
}

/* realpath(3), also of a directory that is not there yet; false and errno. */
static bool find_path(const char *directory, char to[PATH_MAX])
{
	char head[PATH_MAX];
	size_t n = strlen(directory);

	stpcpy(head, directory);
	while (n > 0 && !realpath(head, to)) {
		if (errno != ENOENT)
			return false;
		while (n > 0 && head[n - 1] == '/')
			n--;
		while (n > 0 && head[n - 1] != '/')
			n--;
		head[n] = '\0';
	}
	if (n == 0 && !realpath(".", to))
		return false;
	errno = ENAMETOOLONG;
	return add_components(to, directory + n);
}

static int find_way(struct directory *d)
{
	char link[PATH_MAX], log[PATH_MAX], from[PATH_MAX], to[PATH_MAX];

	directory_of(&d->link, link);
	directory_of(&d->log, log);
	if (find_path(link, from) && find_path(log, to)) {
		d->to_log = relative_path(from, to);
		if (d->to_log)
			return 0;
		errno = ENOMEM;
	}
	diag(DIAG_FATAL, "cannot find the way from %s to %s: %s", link, log, strerror(errno));
	return -1;
}

/* Whether name is that of a file of FILE, with whatever --roll it was made. */
static bool is_name_of_ours(const struct directory *d, const char *name)
{
	struct names_member m;
	struct names names;

	for (int roll = CALENDAR_NEVER; roll <= CALENDAR_MONTHLY; roll++)
		if (names_init(&names, d->log.base, (enum calendar_roll)roll) != NAMES_TOO_LONG &&
		    names_parse(&names, name, &m))
			return true;
	return false;
}

/* Whether the first n bytes of a link's text lead from its directory to the log's. */
static bool leads_to_log(const struct directory *d, const char *text, size_t n)
{
	char path[PATH_MAX];
	struct stat there, log;

	if (n == strlen(d->to_log) && memcmp(text, d->to_log, n) == 0)
		return true; /* whether the directory is there or not */
	snprintf(path, sizeof(path), "%.*s", n ? (int)n : 1, n ? text : ".");
	return fstatat(d->link.fd, path, &there, 0) == 0 && fstat(d->log.fd, &log) == 0 &&
	       fdio_same_file(&there, &log);
}

/*
 * Whether the symbolic link in the link's place is one to a file of this log, which need not be
 * there: only such a link is replaced. text: what is in it.
 */
static bool is_link_of_ours(const struct directory *d, char text[PATH_MAX])
{
	ssize_t len = readlinkat(d->link.fd, d->link.base, text, PATH_MAX - 1);

	if (len < 0) {
		stpcpy(text, "somewhere");
		return false;
	}
	text[len] = '\0';
	for (char *name = text; name; name = strchr(name, '/')) {
		name += *name == '/';
		if (is_name_of_ours(d, name) && leads_to_log(d, text, (size_t)(name - text)))
			return true;
	}
	return false;
}

/* Refuses a link that leads to something else than a file of ours. */
static int check_link(const struct directory *d)
{
	char text[PATH_MAX];
	struct stat st;

	if (fstatat(d->link.fd, d->link.base, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISLNK(st.st_mode) || is_link_of_ours(d, text))
		return 0;
	diag(DIAG_FATAL,
	     "%s%s is a symbolic link to %s, which is no file of this log, and the link to the "
	     "current log is to be there; remove it, or use --link=PATH or --no-link",
	     d->link.prefix, d->link.base, text);
	return -1;
}

static void warn_of_others(const struct directory *d)
{
	const char *path = directory_name(d);
	struct stat st;

	if (fstat(d->log.fd, &st) == 0 && trust_is_shared(&st) && !(st.st_mode & S_ISVTX))
		diag(DIAG_WARNING,
		     "others may write in the directory %s (mode %04o), so they can delete or replace "
		     "the log; 'chmod go-w %s' keeps them from it, and 'chmod +t %s' from what is not "
		     "theirs",
		     path, (unsigned)(st.st_mode & 07777), path, path);
}

/* A lock that is not taken yet, if there is a directory for it. */
static int make_lock(struct directory *d, const struct calendar *calendar)
{
	const struct lock_options o = {
		.dir = d->log.fd,
		.prefix = d->log.prefix,
		.base = d->log.base,
		.calendar = *calendar,
		.owner = d->owner,
		.group = d->group,
	};

	if (d->log.fd < 0)
		return 0;
	d->lock = lock_new(&o);
	return d->lock ? 0 : -1;
}

struct directory *directory_open(const struct directory_options *o)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		goto no_memory;
	d->log.fd = d->link.fd = -1;
	d->has_link = o->link != NULL;
	d->dir_mode = o->dir_mode;
	d->owner = o->owner;
	d->group = o->group;
	if (split(o->file, names_directory(o->file), &d->log) < 0 ||
	    (d->has_link &&
	     split(o->link, (size_t)(directory_base(o->link) - o->link), &d->link) < 0) ||
	    (d->has_link && asprintf(&d->link_temp, ".%s.link", d->link.base) < 0))
		goto no_memory;
	d->look_only = o->look_only;
	if (check_places(o) < 0) /* before anything is made */
		goto close;
	if (place_open(d, &d->log) < 0 || (d->has_link && place_open(d, &d->link) < 0))
		goto close;
	if (make_lock(d, &o->calendar) < 0)
		goto no_memory;
	if (d->has_link && find_way(d) < 0)
		goto close;
	if (d->has_link && d->link.fd >= 0 && check_link(d) < 0)
		goto close;
	if (d->log.fd < 0)
		return d;
	warn_of_others(d);
	return d;

no_memory:
	diag(DIAG_FATAL, "cannot open the log: %s", strerror(ENOMEM));
close:
	directory_close(d, true);
	return NULL;
}

void directory_close(struct directory *d, bool unmake)
{
	if (!d)
		return;
	lock_free(d->lock);
	if (unmake) {
		unmake_directories(d, &d->log);
		unmake_directories(d, &d->link);
	}
	place_close(&d->log);
	place_close(&d->link);
	free(d->to_log);
	free(d->link_temp);
	free(d);
}

int directory_may_write(const struct directory *d)
{
	return faccessat(d->log.fd, ".", W_OK | X_OK, AT_EACCESS);
}

size_t directory_places(const struct directory *d, char path[DIRECTORY_PLACES][PATH_MAX])
{
	directory_of(&d->log, path[0]);
	if (d->has_link)
		directory_of(&d->link, path[1]);
	return d->has_link ? 2 : 1;
}

void directory_parent(const struct directory *d, char path[PATH_MAX])
{
	struct stat st;
	char *slash;

	directory_of(&d->log, path);
	while (stat(path, &st) < 0 && (slash = strrchr(path, '/')) != NULL && slash != path)
		*slash = '\0';
	if (stat(path, &st) < 0)
		stpcpy(path, path[0] == '/' ? "/" : ".");
}

/* File systems in which root may write, and nobody can make a file; sets errno. */
static bool is_of_kernel(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return false;
	errno = ENOENT; /* what open(2) says there */
	return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	       fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int look_at_lock(const struct directory *d)
{
	char path[PATH_MAX];

	if (d->lock && lock_look(d->lock) < 0)
		return -1;
	directory_parent(d, path);
	if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 && !is_of_kernel(path))
		return 0;
	diag(DIAG_FATAL, "cannot write in the directory %s: %s", path, strerror(errno));
	return -1;
}

int directory_lock(struct directory *d)
{
	return d->look_only ? look_at_lock(d) : lock_take(d->lock, DIAG_FATAL);
}

/* The log does not depend on the link, so a directory that cannot be had again is only said. */
static void renew_link(struct directory *d)
{
	if (place_renew(d, &d->link) != DIRECTORY_GONE || d->link_said)
		return;
	d->link_said = true;
	diag(DIAG_WARNING,
	     "cannot make the directory of the link %s%s again: %s; the log itself goes on",
	     d->link.prefix, d->link.base, strerror(errno));
}

enum directory_renewal directory_renew(struct directory *d)
{
	enum directory_renewal log = place_renew(d, &d->log);

	if (log == DIRECTORY_GONE)
		return DIRECTORY_GONE;
	renew_link(d);
	if (log == DIRECTORY_SAME) {
		lock_keep(d->lock);
		return DIRECTORY_SAME;
	}
	diag(DIAG_WARNING,
	     "the directory %s was removed, moved or mounted on; going on in the one that is there "
	     "now",
	     directory_name(d));
	lock_retake(d->lock);
	return DIRECTORY_OTHER;
}

/* -1 and errno; EEXIST: what is at *blocked is not ours to replace. */
static int replace_link(const struct directory *d, const char *target, const char **blocked)
{
	char text[PATH_MAX];
	struct stat st;

	if (fstatat(d->link.fd, d->link.base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !(S_ISLNK(st.st_mode) && is_link_of_ours(d, text))) {
		*blocked = d->link.base; /* put there since the start */
		errno = EEXIST;
		return -1;
	}
	*blocked = d->link_temp;
	if (fstatat(d->link.fd, d->link_temp, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode) && unlinkat(d->link.fd, d->link_temp, 0) < 0)
		return -1; /* left by a crash, in a directory where nothing can be removed */
	if (symlinkat(target, d->link.fd, d->link_temp) < 0)
		return -1;
	if (renameat(d->link.fd, d->link_temp, d->link.fd, d->link.base) < 0) {
		int error = errno;

		(void)unlinkat(d->link.fd, d->link_temp, 0);
		errno = error;
		return -1;
	}
	return 0;
}

bool directory_link_target(const struct directory *d, const char *name, char to[DIRECTORY_TARGET])
{
	if (!d->has_link)
		return false;
	snprintf(to, DIRECTORY_TARGET, "%s%s", d->to_log ? d->to_log : "", name);
	return true;
}

void directory_link(struct directory *d, const char *name)
{
	char target[DIRECTORY_TARGET];
	const char *blocked = "";

	if (!directory_link_target(d, name, target))
		return;
	if (replace_link(d, target, &blocked) == 0 || d->link_said)
		return;
	d->link_said = true;
	if (errno == EEXIST)
		diag(DIAG_WARNING,
		     "cannot let the link %s%s point to %s: %s%s is there, and is not a link of ours; "
		     "the log itself goes on",
		     d->link.prefix, d->link.base, target, d->link.prefix, blocked);
	else
		diag(DIAG_WARNING,
		     "cannot let the link %s%s point to %s: %s; the log itself goes on",
		     d->link.prefix, d->link.base, target, strerror(errno));
}

int directory_fd(const struct directory *d)
{
	return d->log.fd;
}

int directory_enter(const struct directory *d, const char *name, bool make)
{
	char component[NAME_MAX + 1];
	int fd = d->log.fd;

	for (const char *slash; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		size_t n = (size_t)(slash - name);
		int error = ENAMETOOLONG, next = -1, why_missing = ENOENT;

		if (n <= NAME_MAX) {
			memcpy(component, name, n);
			component[n] = '\0';
			if (make && mkdirat(fd, component, d->dir_mode) < 0 && errno != EEXIST)
				why_missing = errno;
			next = openat(fd, component,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			error = errno == ENOENT ? why_missing : errno;
		}
		directory_leave(d, fd);
		if (next < 0) {
			errno = error;
			return -1;
		}
		fd = next;
	}
	return fd;
}

void directory_leave(const struct directory *d, int fd)
{
	if (fd >= 0 && fd != d->log.fd)
		close(fd);
}

/* fsync(2) of a directory; takes fd, which may be none: -1 and errno. */
static int sync_directory(const struct directory *d, int fd)
{
	int result = fd < 0 ? -1 : fdio_sync_directory(fd);
	int error = errno;

	directory_leave(d, fd);
	errno = error;
	return result;
}

/* The directories above the log's. */
static int sync_above(const struct directory *d)
{
	char path[PATH_MAX];
	char *slash;

	directory_of(&d->log, path);
	do {
		slash = strrchr(path, '/');
		stpcpy(!slash ? path : slash == path ? path + 1 : slash, slash ? "" : ".");
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && sync_directory(d, fd) < 0) /* one we may not read is not ours */
			return -1;
	} while (slash && slash != path);
	return 0;
}

/* The file is somewhere else now, with its directory, or nowhere. */
static bool moved(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

int directory_sync(struct directory *d, const char *name)
{
	char path[NAMES_SIZE];
	char *slash;

	snprintf(path, sizeof(path), "%s", name);
	do {
		if (sync_directory(d, directory_enter(d, path, false)) < 0 && !moved(errno))
			return -1;
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	/* Taken back first: meanwhile another thread may make it once more. */
	if (atomic_exchange(&d->log.made, false) && sync_above(d) < 0) {
		d->log.made = true;
		return -1;
	}
	return 0;
}

int directory_stat(const struct directory *d, const char *name, struct stat *st)
{
	int fd = directory_enter(d, name, false);
	int result = fd < 0 ? -1 : fstatat(fd, directory_base(name), st, AT_SYMLINK_NOFOLLOW);
	int error = errno;

	directory_leave(d, fd);
	errno = error;
	return result;
}

void directory_prune(const struct directory *d, const char *name)
{
	char path[NAMES_SIZE];
	char *slash;

	snprintf(path, sizeof(path), "%s", name);
	while ((slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		int fd = directory_enter(d, path, false);
		int result = fd < 0 ? -1 : unlinkat(fd, directory_base(path), AT_REMOVEDIR);

		directory_leave(d, fd);
		if (result < 0)
			return;
	}
}

const char *directory_base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

const char *directory_prefix(const struct directory *d)
{
	return d->log.prefix;
}

const char *directory_name(const struct directory *d)
{
	return *d->log.prefix ? d->log.prefix : ".";
}
