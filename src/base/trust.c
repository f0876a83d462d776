/* Which files may be used in a directory that others may write in. */
#include "base/trust.h"

#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICKS_MS = 25 };

bool trust_is_shared(const struct stat *dir)
{
	return (dir->st_mode & S_IWOTH) || ((dir->st_mode & S_IWGRP) && dir->st_gid != dir->st_uid);
}

/* Whether the directory may contain foreign files at all. */
static bool may_be_foreign(const struct stat *dir)
{
	return trust_is_shared(dir) && (geteuid() == 0 || (dir->st_mode & S_ISVTX));
}

bool trust_may_be_foreign(int dir)
{
	struct stat d;

	return fstat(dir, &d) == 0 && may_be_foreign(&d);
}

bool trust_is_foreign(int dir, const struct stat *st)
{
	struct stat d;

	if (st->st_uid == geteuid() || fstat(dir, &d) < 0 || !may_be_foreign(&d))
		return false;
	if (geteuid() == 0)
		return st->st_uid != d.st_uid;
	return st->st_uid != 0 || d.st_uid != geteuid();
}

/* Whether another user could rename or remove files in the directory. */
static bool is_open(int dir)
{
	struct stat d;

	return fstat(dir, &d) < 0 || trust_is_shared(&d) ||
	       (d.st_uid != 0 && d.st_uid != geteuid());
}

/* One examination of the name; as trust_is_ours. */
static bool look(int dir, const char *name, int fd, struct stat *st)
{
	struct stat opened;

	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0 || (fd >= 0 && fstat(fd, &opened) < 0))
		return false;
	errno = ENOTSUP;
	if (fd >= 0 && !fdio_same_file(&opened, st))
		return false;
	return S_ISREG(st->st_mode) && st->st_nlink <= 1 && !trust_is_foreign(dir, st);
}

static bool same_change(const struct stat *a, const struct stat *b)
{
	return a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * fstatat(2) looks up the name first and reads the link count after that. An attacker who links
 * another user's file to this name and unlinks it, again and again, may hit the moment in between.
 * To hit it a second time, the file must be linked again, which updates its ctime. The ctime has a
 * resolution of at most 10 ms.
 */
bool trust_is_ours(int dir, const char *name, int fd, struct stat *st)
{
	struct stat first;

	if (!look(dir, name, fd, st))
		return false;
	if (fd < 0 || !is_open(dir))
		return true;
	first = *st;
	poll(NULL, 0, TICKS_MS);
	if (!look(dir, name, fd, st))
		return false;
	errno = ENOTSUP;
	return same_change(&first, st);
}
