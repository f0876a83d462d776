/* A directory by its path: taken apart, made, opened, opened anew, unmade. */
#include "family/place.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int place_init(struct place *p, const char *path, size_t directory, const struct place_options *o)
{
	*p = (struct place){ .base = path + directory, .fd = -1, .o = *o };
	p->prefix = strndup(path, directory);
	return p->prefix ? 0 : -1;
}

void place_path(const struct place *p, char to[PATH_MAX])
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
static void give_away(const struct place *p, int fd)
{
	if (fd >= 0 && geteuid() == 0 && fchown(fd, p->o.owner, p->o.group) < 0)
		diag(DIAG_WARNING, "cannot give what was made in %s to user %ld: %s",
		     *p->prefix ? p->prefix : ".", (long)p->o.owner, strerror(errno));
}

/* 1: made; 0: it was there; -1 and errno. */
static int make_directory(const struct place *p, const char *path)
{
	if (mkdir(path, p->o.dir_mode) < 0)
		return errno == EEXIST ? 0 : -1;
	int fd = open_directory(path);
	give_away(p, fd);
	if (fd >= 0)
		close(fd);
	return 1;
}

/* path: the prefix. -1 and errno; then it ends with what could not be made. */
static int make_directories(struct place *p, char *path)
{
	for (char *end = path; *end; end++) {
		if (end == path || *end != '/' || end[-1] == '/')
			continue;
		*end = '\0';
		int made = make_directory(p, path);
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
static int walk_there(struct place *p, char *path)
{
	struct walk w = { .owner = p->o.owner, .group = p->o.group, .mode = p->o.dir_mode };
	char last[PATH_MAX];
	struct stat st;

	if (geteuid() != 0 || p->o.owner == (uid_t)-1)
		return make_directories(p, path);
	place_path(p, last);
	if (lstat(last, &st) == 0 && S_ISLNK(st.st_mode))
		return 1;
	int fd = walk_open(path, &w, true), why = errno;
	if (w.ungiven)
		diag(DIAG_WARNING, "cannot give what was made in %s to user %ld: %s", path,
		     (long)p->o.owner, strerror(w.ungiven));
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
static void unmake_directory(const struct place *p, const char *path)
{
	struct walk w = { .owner = p->o.owner, .group = p->o.group };
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
static void unmake_directories(const struct place *p)
{
	char path[PATH_MAX];

	if (p->first_made == 0)
		return;
	place_path(p, path);
	for (size_t n = strlen(path); n >= p->first_made; path[n] = '\0') {
		unmake_directory(p, path);
		while (n > 0 && path[n - 1] != '/')
			n--;
		while (n > 0 && path[n - 1] == '/')
			n--;
	}
}

int place_open(struct place *p)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct stat st;

	if (strlen(p->prefix) >= sizeof(path)) {
		diag(DIAG_FATAL, "cannot open the directory %.60s...: %s", p->prefix,
		     strerror(ENAMETOOLONG));
		return -1;
	}
	stpcpy(path, p->prefix);
	int there = p->o.look_only ? 0 : walk_there(p, path);
	if (there < 0) {
		diag(DIAG_FATAL, "cannot make the directory %s: %s", path,
		     errno == ELOOP ? "it is a symbolic link, and not root's" : strerror(errno));
		return -1;
	}
	place_path(p, path);
	errno = ELOOP; /* a link that was seen is not opened: it may be another thing now */
	if (p->fd < 0 && there == 0)
		p->fd = open_directory(path);
	if (p->fd >= 0)
		return 0;
	int error = errno;
	if (p->o.look_only && error == ENOENT)
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
int place_renew(struct place *p)
{
	char path[PATH_MAX], directory[PATH_MAX];
	struct stat st;
	int fd;

	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return 0;
	place_path(p, directory);
	if (is_directory(directory, &st))
		return 0;
	stpcpy(path, p->prefix);
	fd = make_directories(p, path) < 0 ? -1 : open_directory(directory);
	if (fd >= 0)
		return place_change(p, fd) < 0 ? -1 : 1;
	int error = errno;
	if (st.st_nlink > 0)
		return 0;
	/* With O_DIRECTORY the system calls a link no directory. */
	errno = lstat(directory, &st) == 0 && S_ISLNK(st.st_mode) ? ELOOP : error;
	return -1;
}

/* realpath(3), also of a directory that is not there yet; false and errno. */
static bool find(const char *directory, char to[PATH_MAX])
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
	return path_add(to, directory + n);
}

bool place_resolve(const struct place *p, char to[PATH_MAX])
{
	char path[PATH_MAX];

	place_path(p, path);
	return find(path, to);
}

static int sync_above(const struct place *p)
{
	char path[PATH_MAX];
	char *slash;

	place_path(p, path);
	do {
		slash = strrchr(path, '/');
		stpcpy(!slash ? path : slash == path ? path + 1 : slash, slash ? "" : ".");
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int result =
			fd < 0 ? 0 : fdio_sync_directory(fd); /* one we may not read is not ours */
		int error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		if (result < 0)
			return -1;
	} while (slash && slash != path);
	return 0;
}

int place_sync_above(struct place *p)
{
	/* Taken back first: meanwhile another thread may make it once more. */
	if (!atomic_exchange(&p->made, false) || sync_above(p) == 0)
		return 0;
	p->made = true;
	return -1;
}

void place_close(struct place *p, bool unmake)
{
	if (unmake)
		unmake_directories(p);
	if (p->fd >= 0)
		close(p->fd);
	free(p->prefix);
}
