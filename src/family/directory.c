/*
 * The directory of the log: lock, enter, sync, prune; and the link to the current file.
 *
 * Two places, the log's and the link's, which may be one directory by two paths, and what stands in
 * them: the lock and the link. Only the log's place matters: without it nothing can be written, and
 * the caller is told; without the link's place, or the link, the log goes on after a message.
 *
 * At the start everything is looked at before anything is made, and what was made is removed again
 * if the start fails. So a FILE or a link that is refused leaves the disk as it was.
 *
 * In the sub-directories of a template each component is opened relative to the one before, and no
 * symbolic link is followed, whoever made it. To keep those directories open would be simpler to
 * use. Refused: they come and go with the periods, and an open directory that somebody removed
 * takes no files.
 */
#include "family/directory.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "base/trust.h"
#include "family/link.h"
#include "family/lock.h"
#include "family/names.h"
#include "family/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct directory {
	struct place log, at_link; /* the second only if there is to be a link */
	struct link *link;         /* NULL: none is wanted */
	struct lock *lock;         /* NULL: there is no directory yet */
	char *way;                 /* from the link's directory to the log's, with '/' at its end */
};

/* Refuses what we could not, or should not, put a link or a log in place of. */
static int check_places(const struct directory_options *o)
{
	struct stat st;

	if (lstat(o->file, &st) == 0 && S_ISDIR(st.st_mode)) {
		diag(DIAG_FATAL, "%s is a directory; name a file in it, such as %s/app.log",
		     o->file, o->file);
		return -1;
	}
	return o->link ? link_may_be(o->link) : 0;
}

static int find_way(struct directory *d)
{
	char link[PATH_MAX], log[PATH_MAX], from[PATH_MAX], to[PATH_MAX];

	if (place_resolve(&d->at_link, from) && place_resolve(&d->log, to)) {
		d->way = path_relative(from, to);
		if (d->way)
			return 0;
	}
	place_path(&d->at_link, link);
	place_path(&d->log, log);
	diag(DIAG_FATAL, "cannot find the way from %s to %s: %s", link, log, strerror(errno));
	return -1;
}

static void warn_of_others(const struct directory *d)
{
	const char *path = directory_name(d);
	struct stat st;

	if (fstat(d->log.fd, &st) == 0 && trust_is_shared(&st) && !(st.st_mode & S_ISVTX))
		diag(DIAG_WARNING,
		     "others may write in the directory %s (mode %04o), so they can delete or "
		     "replace the log; to prevent it, use 'chmod go-w %s'; to restrict them to "
		     "their own files, use 'chmod +t %s'",
		     path, (unsigned)(st.st_mode & 07777), path, path);
}

/* A lock that is not taken yet, if there is a directory for it. */
static int make_lock(struct directory *d, const struct directory_options *o)
{
	const struct lock_options l = {
		.dir = d->log.fd,
		.prefix = d->log.prefix,
		.base = d->log.base,
		.calendar = o->calendar,
		.owner = o->owner,
	};

	if (d->log.fd < 0)
		return 0;
	d->lock = lock_new(&l);
	return d->lock ? 0 : -1;
}

/* The link as the lock. */
static int make_link(struct directory *d)
{
	const struct link_options l = {
		.dir = d->at_link.fd,
		.prefix = d->at_link.prefix,
		.name = d->at_link.base,
		.log = d->log.fd,
		.file = d->log.base,
		.way = d->way,
	};

	d->link = link_new(&l);
	return d->link ? 0 : -1;
}

struct directory *directory_open(const struct directory_options *o)
{
	const struct place_options p = {
		.dir_mode = o->dir_mode,
		.owner = o->owner,
		.look_only = o->look_only,
	};
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		goto no_memory;
	d->at_link.fd = -1;
	if (place_init(&d->log, o->file, names_directory(o->file), &p) < 0 ||
	    (o->link &&
	     place_init(&d->at_link, o->link, (size_t)(path_base(o->link) - o->link), &p) < 0))
		goto no_memory;
	if (check_places(o) < 0) /* before anything is made */
		goto close;
	if (place_open(&d->log) < 0 || (o->link && place_open(&d->at_link) < 0))
		goto close;
	if (make_lock(d, o) < 0)
		goto no_memory;
	if (o->link && find_way(d) < 0)
		goto close;
	if (o->link && make_link(d) < 0)
		goto no_memory;
	if (d->at_link.fd >= 0 && link_check(d->link) < 0)
		goto close;
	if (d->log.fd >= 0)
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
	link_free(d->link);
	place_close(&d->log, unmake);
	place_close(&d->at_link, unmake);
	free(d->way);
	free(d);
}

int directory_may_write(const struct directory *d)
{
	return faccessat(d->log.fd, ".", W_OK | X_OK, AT_EACCESS);
}

size_t directory_places(const struct directory *d, char path[DIRECTORY_PLACES][PATH_MAX])
{
	place_path(&d->log, path[0]);
	if (d->link)
		place_path(&d->at_link, path[1]);
	return d->link ? 2 : 1;
}

void directory_parent(const struct directory *d, char path[PATH_MAX])
{
	place_parent(&d->log, path);
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
	return d->log.o.look_only ? look_at_lock(d) : lock_take(d->lock, DIAG_FATAL);
}

enum directory_renewal directory_renew(struct directory *d)
{
	int renewed = place_renew(&d->log);

	if (renewed < 0)
		return DIRECTORY_GONE;
	/* The log does not depend on the link. */
	if (d->link && place_renew(&d->at_link) < 0)
		link_lost(d->link);
	if (renewed == 0) {
		lock_keep(d->lock);
		return DIRECTORY_SAME;
	}
	diag(DIAG_WARNING,
	     "the directory %s was removed, moved or mounted over; continuing in the "
	     "one that is there now",
	     directory_name(d));
	lock_retake(d->lock);
	return DIRECTORY_OTHER;
}

bool directory_link_target(const struct directory *d, const char *name, char to[LINK_TARGET])
{
	if (d->link)
		link_target(d->link, name, to);
	return d->link != NULL;
}

void directory_link(struct directory *d, const char *name)
{
	if (d->link)
		link_point(d->link, name);
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
			if (make && mkdirat(fd, component, d->log.o.dir_mode) < 0 &&
			    errno != EEXIST)
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
	return place_sync_above(&d->log);
}

int directory_stat(const struct directory *d, const char *name, struct stat *st)
{
	int fd = directory_enter(d, name, false);
	int result = fd < 0 ? -1 : fstatat(fd, path_base(name), st, AT_SYMLINK_NOFOLLOW);
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
		int result = fd < 0 ? -1 : unlinkat(fd, path_base(path), AT_REMOVEDIR);

		directory_leave(d, fd);
		if (result < 0)
			return;
	}
}

const char *directory_prefix(const struct directory *d)
{
	return d->log.prefix;
}

const char *directory_name(const struct directory *d)
{
	return *d->log.prefix ? d->log.prefix : ".";
}
