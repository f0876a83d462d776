/*
 * Reach a directory by its path, as root on behalf of another user.
 *
 * That user may own directories on the way, and put a link in them between any two system calls.
 * So each component is opened relative to the one before, and a link is not followed unless root
 * made it where nobody else could have. In a directory that is not root's, new directories are
 * created as the user: there a name may lead to another file a moment later, and root would give
 * that file away.
 */
#include "base/walk.h"

#include "base/fdio.h"
#include "base/owner.h"
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40 }; /* as the kernel has it */

static bool is_strict(const struct walk *w)
{
	return geteuid() == 0 && w->owner;
}

/* Whether only root can replace root's files in the directory. */
static bool is_roots(int dir)
{
	struct stat d;

	return fstat(dir, &d) == 0 && d.st_uid == 0 &&
	       (!trust_is_shared(&d) || (d.st_mode & S_ISVTX));
}

/* Whether name is a link that may be followed; -1 and ELOOP: a link that may not. */
static int judge_link(int dir, const char *name, bool nofollow)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	if (!nofollow && st.st_uid == 0 && is_roots(dir))
		return 1;
	errno = ELOOP;
	return -1;
}

/* Root's own groups, while it acts as the user. */
static struct {
	gid_t list[NGROUPS_MAX];
	int count;
} roots_groups;

/* Becomes root again; preserves errno. Returns: 0, or -1 and errno. */
static int act_as_root(void)
{
	int error = errno;

	if (seteuid(0) < 0 || setegid(0) < 0 ||
	    setgroups((size_t)roots_groups.count, roots_groups.list) < 0)
		return -1;
	errno = error;
	return 0;
}

/* Becomes the user of w, with its groups, to create something. Returns: 0, or -1 and errno. */
static int act_as_user(const struct walk *w)
{
	roots_groups.count = getgroups(NGROUPS_MAX, roots_groups.list);
	if (roots_groups.count < 0 || setgroups(w->owner->group_count, w->owner->groups) < 0)
		return -1;
	if (setegid(w->owner->gid) == 0 && seteuid(w->owner->uid) == 0)
		return 0;
	(void)act_as_root();
	return -1;
}

typedef int make_function(int dir, const char *name, mode_t mode);

/* 1: created, and its owner must still be set; 2: created; 0: it existed; -1 and errno. */
static int make(int dir, const char *name, const struct walk *w, make_function *f, mode_t mode)
{
	bool as_user = is_strict(w) && !is_roots(dir);

	if (as_user && act_as_user(w) < 0)
		return -1;
	int result = f(dir, name, mode);
	if (as_user && act_as_root() < 0)
		return -1;
	if (result < 0)
		return errno == EEXIST ? 0 : -1;
	return as_user ? 2 : 1;
}

/* Something that root made where nobody else can have replaced it since. */
static void give_away(int fd, struct walk *w)
{
	if (is_strict(w) && fchownat(fd, "", w->owner->uid, w->owner->gid, AT_EMPTY_PATH) < 0)
		w->ungiven = errno;
}

/* The user may not even be allowed to examine the existing one. */
static bool is_missing(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static int walk_from(int dir, const char *path, struct walk *w, int links);

/* Opens the target of the link, in the same way. */
static int follow(int dir, const char *name, struct walk *w, int links)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, name, text, sizeof(text) - 1);

	if (n < 0)
		return -1;
	errno = ELOOP;
	if (links >= MOST_LINKS)
		return -1;
	text[n] = '\0';
	int from = text[0] == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
				  : fcntl(dir, F_DUPFD_CLOEXEC, 0);
	return from < 0 ? -1 : walk_from(from, text, w, links + 1);
}

/*
 * One component; last: it is the last one of the path. Nothing is created below a link's target.
 * Returns: a descriptor, or -1 and errno; *made: the result of make().
 */
static int step(int dir, const char *name, struct walk *w, bool last, int links, int *made)
{
	int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	bool nofollow = w->nofollow && last;

	*made = w->make && links == 0 && is_missing(dir, name)
			? make(dir, name, w, mkdirat, w->mode)
			: 0;
	if (*made < 0)
		return -1;
	if (is_strict(w) || nofollow) {
		int link = judge_link(dir, name, nofollow);

		if (link < 0)
			return -1;
		if (link > 0)
			return follow(dir, name, w, links);
	}
	int fd = openat(dir, name, flags | (is_strict(w) || nofollow || *made ? O_NOFOLLOW : 0));
	if (fd >= 0 && *made == 1)
		give_away(fd, w);
	return fd;
}

/* Owns dir from here on. */
static int walk_from(int dir, const char *path, struct walk *w, int links)
{
	char name[NAME_MAX + 1];
	const char *p = path;

	for (size_t n; p += strspn(p, "/"), (n = strcspn(p, "/")) > 0; p += n) {
		bool last = links == 0 && p[n + strspn(p + n, "/")] == '\0';
		int next = -1, made = 0, error = ENAMETOOLONG;

		if (links == 0)
			w->at = (size_t)(p + n - path);
		if (n <= NAME_MAX) {
			memcpy(name, p, n);
			name[n] = '\0';
			next = step(dir, name, w, last, links, &made);
			error = errno;
		}
		close(dir);
		if (next < 0) {
			errno = error;
			return -1;
		}
		if (made > 0 && w->first_made == 0)
			w->first_made = w->at;
		dir = next;
	}
	return dir;
}

int walk_open(const char *path, struct walk *w)
{
	int from = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	w->at = w->first_made = 0;
	w->ungiven = 0;
	return from < 0 ? -1 : walk_from(from, path, w, 0);
}

int walk_open_fifo(int dir, const char *name, struct walk *w, int flags)
{
	w->ungiven = 0;
	/* None is made that could then not be opened: its writers would wait for ever. */
	if (fdio_can_open(1) < 1)
		return -1;
	int made = is_missing(dir, name) ? make(dir, name, w, mkfifoat, 0600) : 0;
	int link = made == 0 && is_strict(w) ? judge_link(dir, name, false) : 0;

	if (made < 0 || link < 0)
		return -1;
	int fd = openat(dir, name,
			flags | (made > 0 || (is_strict(w) && link == 0) ? O_NOFOLLOW : 0));
	if (fd >= 0 && made == 1)
		give_away(fd, w);
	return fd;
}
