/*
 * A directory by its path: taken apart, made, opened, opened anew, unmade.
 *
 * Once it is open, fd is a directory, and the same number for as long as the place lives: writer,
 * keeper and compressor use it without asking. So when the path leads elsewhere, because the
 * directory was removed, renamed or mounted on, the new directory takes the number over in one step
 * (dup3(2)). A call that another thread has just begun ends in the old one, which is as good as a
 * call made a moment earlier.
 *
 * Simpler would be to pass paths to the system, and to open nothing. Refused: each call would walk
 * the path anew, and whoever may rename one of its directories could lead root's calls one by one
 * to wherever he likes. With a descriptor only the walk at the start has to be safe, and that is
 * one function (walk.h), by which directories are made, opened, opened anew and removed alike.
 *
 * Simpler, too, would be to open the path anew whenever a file is opened. Refused: while a
 * directory is moved away and nothing is in its place, there is still a directory in which the log
 * can go on.
 *
 * Never: the last component is followed if it is a symbolic link. A directory that exists is given
 * up for none. A directory is removed that was not made here, or that is not empty.
 */
#include "family/place.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/owner.h"
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

/*
 * Opens what is at the path now, in a way in which nobody can lead root elsewhere (walk.h), and
 * makes what is missing. -1 and errno; *at: bytes of the prefix up to what failed.
 */
static int open_there(struct place *p, size_t *at)
{
	struct walk w = {
		.owner = p->o.owner,
		.mode = p->o.dir_mode,
		.make = !p->o.look_only,
		.nofollow = true,
	};
	int way = walk_open(p->prefix, &w);
	int fd = way < 0 ? -1 : openat(way, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = errno;

	if (way >= 0)
		close(way);
	if (w.ungiven)
		diag(DIAG_WARNING, "cannot give what was made in %s to user %ld: %s", p->prefix,
		     (long)owner_uid(p->o.owner), strerror(w.ungiven));
	if (w.first_made > 0)
		p->made = true;
	if (p->first_made == 0)
		p->first_made = w.first_made;
	*at = w.at;
	errno = error;
	return fd;
}

/* at: as open_there has it; errno: why. Returns: -1. */
static int refuse(const struct place *p, size_t at)
{
	char path[PATH_MAX], real[PATH_MAX];
	const char *why = errno == ELOOP ? "it is a symbolic link that does not belong to root"
					 : strerror(errno);
	struct stat st;

	place_path(p, path);
	bool last = at == 0 || at >= strlen(path), there = lstat(path, &st) == 0;
	if (!last)
		path[at] = '\0';
	if (last && there && S_ISLNK(st.st_mode) && realpath(path, real))
		diag(DIAG_FATAL,
		     "%s is a symbolic link, and links are not followed to write a log; name the "
		     "directory itself: %s/%s",
		     path, real, p->base);
	else if (last && there)
		diag(DIAG_FATAL, "cannot open the directory %s: %s", path, why);
	else
		diag(DIAG_FATAL, "cannot make the directory %s: %s", path, why);
	return -1;
}

int place_open(struct place *p)
{
	size_t at;

	if (strlen(p->prefix) >= PATH_MAX) {
		diag(DIAG_FATAL, "cannot open the directory %.60s...: %s", p->prefix,
		     strerror(ENAMETOOLONG));
		return -1;
	}
	p->fd = open_there(p, &at);
	if (p->fd >= 0 || (p->o.look_only && errno == ENOENT)) /* then it would be made */
		return 0;
	return refuse(p, at);
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

int place_renew(struct place *p)
{
	char path[PATH_MAX];
	struct stat st;
	size_t at;

	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return 0;
	place_path(p, path);
	if (fdio_leads_to(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st) > 0)
		return 0;
	int fd = open_there(p, &at);
	if (fd >= 0)
		return place_change(p, fd) < 0 ? -1 : 1;
	return st.st_nlink > 0 ? 0 : -1; /* while it exists it is not given up */
}

void place_parent(const struct place *p, char to[PATH_MAX])
{
	struct stat st;

	place_path(p, to);
	while (*to && stat(to, &st) < 0)
		if (!path_cut(to))
			break;
	if (!*to)
		stpcpy(to, ".");
}

bool place_resolve(const struct place *p, char to[PATH_MAX])
{
	char whole[PATH_MAX], there[PATH_MAX];

	place_path(p, whole);
	place_path(p, there);
	while (*there && !realpath(there, to))
		if (errno != ENOENT || !path_cut(there))
			return false;
	if (!*there && !realpath(".", to))
		return false;
	return path_add(to, whole + strlen(there));
}

/* fsync(2) of one directory; one that we may not read is not ours. -1 and errno. */
static int sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? 0 : fdio_sync_directory(fd);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return result;
}

static int sync_above(const struct place *p)
{
	char path[PATH_MAX];

	place_path(p, path);
	while (path_cut(path))
		if (sync_directory(*path ? path : ".") < 0)
			return -1;
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

/* Removes a directory in the way in which it was made. */
static void unmake(const struct place *p, char *path)
{
	struct walk w = { .owner = p->o.owner };
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s", path_base(path));
	(void)path_cut(path);
	int above = walk_open(path, &w);
	if (above < 0)
		return;
	(void)unlinkat(above, name, AT_REMOVEDIR);
	close(above);
}

void place_close(struct place *p, bool unmake_it)
{
	char path[PATH_MAX];

	if (unmake_it && p->first_made > 0) {
		place_path(p, path);
		while (strlen(path) >= p->first_made)
			unmake(p, path);
	}
	if (p->fd >= 0)
		close(p->fd);
	free(p->prefix);
}
