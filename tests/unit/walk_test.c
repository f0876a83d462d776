/* Come to a directory by its path. */
#include "base/walk.h"

#include "base/owner.h"

#include "scratch.h"

#include <grp.h>

enum { USER = 54321, GROUP = 54322, TEAM = 54323 };

static gid_t alone[] = { GROUP }, with_team[] = { GROUP, TEAM };
static const struct owner user = { USER, GROUP, alone, 1 };
static const struct owner member = { USER, GROUP, with_team, 2 };

/* Walks, and says how: 0 or errno. */
static int walk(const char *path, struct walk *w)
{
	int fd = walk_open(path, w);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static struct stat look(const char *path)
{
	struct stat st = { 0 };

	if (lstat(path, &st) < 0)
		scratch_fail(path);
	return st;
}

static void make_directory(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	if (mkdir(path, 0755) < 0 || (geteuid() == 0 && chown(path, uid, gid) < 0) ||
	    chmod(path, mode) < 0)
		scratch_fail(path);
}

static void make_link(const char *to, const char *path, uid_t uid)
{
	if (symlink(to, path) < 0 || (geteuid() == 0 && lchown(path, uid, (gid_t)-1) < 0))
		scratch_fail(path);
}

static void makes(void)
{
	struct walk w = { .mode = 0750, .make = true };

	scratch_enter();
	make_directory("a", 0, 0, 0755);
	CHECK_INT(walk("a/b//c/", &w), 0);
	CHECK_INT(w.first_made, strlen("a/b"));
	CHECK_INT(look("a/b/c").st_mode & 07777, 0750);
	CHECK_INT(walk("a/b/c", &w), 0);
	CHECK_INT(w.first_made, 0);
	CHECK_INT(walk("", &w), 0);
	w.make = false;
	CHECK_INT(walk("a/x/y", &w), ENOENT);
	CHECK_INT(w.at, strlen("a/x"));
	CHECK(!scratch_has("a/x"));
	scratch_leave();
}

static void fails_where(void)
{
	struct walk w = { .mode = 0750, .make = true };
	char path[NAME_MAX + 10];

	scratch_enter();
	scratch_file("file", "");
	CHECK_INT(walk("new/../file/x", &w), ENOTDIR);
	CHECK_INT(w.at, strlen("new/../file"));
	CHECK_INT(w.first_made, strlen("new"));
	memset(path, 'x', NAME_MAX + 1);
	strcpy(path + NAME_MAX + 1, "/y");
	CHECK_INT(walk(path, &w), ENAMETOOLONG);
	scratch_leave();
}

static void last_link(void)
{
	struct walk w = { .mode = 0750, .make = true, .nofollow = true };

	scratch_enter();
	make_directory("real", 0, 0, 0755);
	make_link("real", "way", 0);
	CHECK_INT(walk("way", &w), ELOOP);
	CHECK_INT(walk("way/", &w), ELOOP);
	CHECK_INT(w.at, strlen("way"));
	CHECK_INT(walk("way/new", &w), 0);
	CHECK(scratch_has("real/new"));
	w.nofollow = false;
	CHECK_INT(walk("way", &w), 0);
	scratch_leave();
}

static bool is_root(void)
{
	if (geteuid() != 0)
		test_skip("needs root");
	return geteuid() == 0;
}

/* For a user: the test's directory is one that it may pass. */
static void enter_for_user(void)
{
	scratch_enter();
	if (chmod(".", 0755) < 0)
		scratch_fail(".");
}

static void links_of_users(void)
{
	struct walk w = { .owner = &user, .mode = 0750, .make = true };

	if (!is_root())
		return;
	enter_for_user();
	make_directory("victim", 0, 0, 0755);
	make_directory("home", USER, GROUP, 0755);
	make_link("../victim", "home/way", USER);
	make_link("../victim", "home/roots", 0); /* which the user may replace */
	make_link("victim", "way", 0);
	make_link("none", "dangling", 0);
	CHECK_INT(walk("home/way/new", &w), ELOOP);
	CHECK_INT(w.at, strlen("home/way"));
	CHECK_INT(walk("home/roots/new", &w), ELOOP);
	CHECK(!scratch_has("victim/new"));
	CHECK_INT(walk("way/new", &w), 0);
	CHECK_INT(look("victim/new").st_uid, USER);
	CHECK_INT(walk("dangling", &w), ENOENT); /* nothing is made where a link leads */
	CHECK(!scratch_has("none"));
	scratch_leave();
}

static void given_or_made(void)
{
	struct walk w = { .owner = &user, .mode = 0750, .make = true };
	int groups = getgroups(0, NULL);

	if (!is_root())
		return;
	enter_for_user();
	CHECK_INT(walk("roots/made", &w), 0);
	CHECK_INT(look("roots/made").st_uid, USER);
	CHECK_INT(look("roots/made").st_gid, GROUP);
	make_directory("strangers", USER + 1, GROUP + 1,
		       0755); /* root could, but the user may not */
	CHECK_INT(walk("strangers/made", &w), EACCES);
	CHECK_INT(geteuid(), 0);
	CHECK_INT(getegid(), 0);
	CHECK_INT(getgroups(0, NULL), groups);
	scratch_leave();
}

static void groups_of_user(void)
{
	struct walk w = { .owner = &user, .mode = 0750, .make = true };

	if (!is_root())
		return;
	enter_for_user();
	make_directory("shared", USER + 1, TEAM, 0775);
	CHECK_INT(walk("shared/made", &w), EACCES);
	w.owner = &member;
	CHECK_INT(walk("shared/made", &w), 0);
	CHECK_INT(look("shared/made").st_uid, USER);
	scratch_leave();
}

static void fifos(void)
{
	struct walk w = { .owner = &user };

	if (!is_root())
		return;
	enter_for_user();
	int dir = walk_open("", &w);
	int fd = walk_open_fifo(dir, "fifo", &w, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(S_ISFIFO(look("fifo").st_mode));
	CHECK_INT(look("fifo").st_mode & 07777, 0600);
	CHECK_INT(look("fifo").st_uid, USER);
	close(fd);
	make_link("fifo", "way", USER);
	CHECK_INT(walk_open_fifo(dir, "way", &w, O_RDWR | O_NONBLOCK | O_CLOEXEC), -1);
	CHECK_INT(errno, ELOOP);
	close(dir);
	scratch_leave();
}

int main(void)
{
	umask(022);
	TEST("walk: what is missing is made, if that is asked for, and told", makes);
	TEST("walk: a failure tells how far it came", fails_where);
	TEST("walk: a link in the last place is not followed where that is asked for", last_link);
	TEST("walk: for a user root follows its own links only, where nobody can replace them",
	     links_of_users);
	TEST("walk: in a directory of root's a new one is given to the user, elsewhere made by it",
	     given_or_made);
	TEST("walk: the user has the groups that it was given, and no others", groups_of_user);
	TEST("walk: a FIFO is made for the user alone, and no link of the user leads to one",
	     fifos);
	return test_end();
}
