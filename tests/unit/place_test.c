/* A directory by its path. */
#include "family/place.h"

#include "base/fdio.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not of place.h: that is this room's name, too. */
static char root[] = "/tmp/place_test.XXXXXX";

static void fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type;
	return at->level > 0 ? remove(path) : 0;
}

static void clean(void)
{
	nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static struct place take_apart(const char *path, bool look_only)
{
	const struct place_options o = { .dir_mode = 0755, .look_only = look_only };
	const char *slash = strrchr(path, '/');
	struct place p;

	if (place_init(&p, path, slash ? (size_t)(slash + 1 - path) : 0, &o) < 0)
		fail(path);
	return p;
}

static struct place enter(const char *path)
{
	struct place p = take_apart(path, false);

	CHECK_INT(place_open(&p), 0);
	return p;
}

/* Whether fd is what is at path. */
static bool is_at(const struct place *p, const char *path)
{
	struct stat st;

	return fstat(p->fd, &st) == 0 &&
	       fdio_leads_to(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &st) > 0;
}

static void taken_apart(void)
{
	char path[PATH_MAX];
	struct place p = take_apart("a//b//app.log", true);

	CHECK_STR(p.prefix, "a//b//");
	CHECK_STR(p.base, "app.log");
	place_path(&p, path);
	CHECK_STR(path, "a//b");
	place_close(&p, true);
	p = take_apart("app.log", true);
	CHECK_STR(p.prefix, "");
	place_path(&p, path);
	CHECK_STR(path, ".");
	place_close(&p, true);
	p = take_apart("/app.log", true);
	place_path(&p, path);
	CHECK_STR(path, "/");
	place_close(&p, true);
}

static void made_and_unmade(void)
{
	if (mkdir("a", 0755) < 0)
		fail("a");
	struct place p = enter("a/b/c/app.log");
	CHECK(is_at(&p, "a/b/c"));
	place_close(&p, false);
	CHECK(exists("a/b/c"));
	p = enter("a/b/c/app.log");
	place_close(&p, true); /* which made nothing */
	CHECK(exists("a/b/c"));
	p = enter("a/x/y/app.log");
	place_close(&p, true);
	CHECK(exists("a") && !exists("a/x"));
	p = enter("a/x/y/app.log");
	if (mkdir("a/x/full", 0755) < 0)
		fail("a/x/full");
	place_close(&p, true);
	CHECK(exists("a/x/full") && !exists("a/x/y"));
	clean();
}

static void looked_at(void)
{
	char path[PATH_MAX], want[PATH_MAX];
	struct place p = take_apart("a/b/../c/app.log", true);

	CHECK_INT(place_open(&p), 0);
	CHECK_INT(p.fd, -1);
	CHECK(!exists("a"));
	CHECK_INT(place_renew(&p), 0);
	place_parent(&p, path);
	CHECK_STR(path, ".");
	if (mkdir("a", 0755) < 0)
		fail("a");
	place_parent(&p, path);
	CHECK_STR(path, "a");
	CHECK(place_resolve(&p, path));
	CHECK(realpath(".", want) != NULL);
	strcat(want, "/a/c");
	CHECK_STR(path, want);
	place_close(&p, true);
	CHECK(exists("a"));
	clean();
}

static void refused(void)
{
	struct place p;

	if (mkdir("real", 0755) < 0 || symlink("real", "way") < 0 || symlink("none", "dead") < 0 ||
	    mkfifo("fifo", 0600) < 0)
		fail("what is refused");
	p = take_apart("way/app.log", false);
	CHECK_INT(place_open(&p), -1);
	place_close(&p, true);
	p = take_apart("dead/app.log", false);
	CHECK_INT(place_open(&p), -1);
	place_close(&p, true);
	p = take_apart("new/../fifo/app.log", false);
	CHECK_INT(place_open(&p), -1);
	place_close(&p, true);
	CHECK(!exists("none") && exists("real"));
	p = enter("way/below/app.log"); /* on the way there links are followed */
	CHECK(is_at(&p, "real/below"));
	place_close(&p, true);
	CHECK(exists("real") && !exists("real/below"));
	clean();
}

static void renewed(void)
{
	struct place p = enter("logs/app.log");
	const int fd = p.fd;

	CHECK_INT(place_renew(&p), 0);
	CHECK_INT(rename("logs", "moved"), 0);
	CHECK_INT(place_renew(&p), 1);
	CHECK(is_at(&p, "logs") && p.fd == fd);
	CHECK_INT(rmdir("logs"), 0);
	CHECK_INT(place_renew(&p), 1);
	CHECK(is_at(&p, "logs") && p.fd == fd);
	CHECK_INT(place_renew(&p), 0);
	place_close(&p, false);
	clean();
}

static void given_up_for_none(void)
{
	struct place p = enter("logs/app.log");

	CHECK_INT(rename("logs", "moved"), 0);
	CHECK_INT(symlink("elsewhere", "logs"), 0);
	CHECK_INT(place_renew(&p), 0);
	CHECK(is_at(&p, "moved"));
	CHECK_INT(rmdir("moved"), 0);
	CHECK_INT(place_renew(&p), -1);
	CHECK_INT(errno, ELOOP);
	CHECK(!exists("elsewhere"));
	CHECK_INT(unlink("logs"), 0);
	CHECK_INT(mkfifo("logs", 0600), 0);
	CHECK_INT(place_renew(&p), -1);
	CHECK_INT(errno, ENOTDIR);
	CHECK_INT(unlink("logs"), 0);
	CHECK_INT(place_renew(&p), 1);
	CHECK(is_at(&p, "logs"));
	place_close(&p, false);
	clean();
}

static void synced(void)
{
	struct place p = enter("a/b/app.log");

	CHECK(p.made);
	CHECK_INT(place_sync_above(&p), 0);
	CHECK(!p.made);
	CHECK_INT(place_sync_above(&p), 0);
	place_close(&p, false);
	p = enter("a/b/app.log");
	CHECK(!p.made);
	place_close(&p, false);
	clean();
}

int main(void)
{
	if (!mkdtemp(root) || chdir(root) < 0)
		fail(root);
	TEST("place: a path is a directory and what is behind it", taken_apart);
	TEST("place: what is missing is made, and unmade as far as it is empty", made_and_unmade);
	TEST("place: looking makes nothing, and tells what would be where", looked_at);
	TEST("place: a link in the last place, and what is no directory, are refused", refused);
	TEST("place: a directory that was moved or removed is made again, under the same number",
	     renewed);
	TEST("place: one that exists is given up for none", given_up_for_none);
	TEST("place: that it was made is synced once", synced);
	if (rmdir(root) < 0)
		fail(root);
	return test_end();
}
