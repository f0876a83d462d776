/* What may be used of a directory in which others may write. */
#include "base/trust.h"

#include "scratch.h"

enum { US = 54321, OTHER = 54322 };

static bool shared(mode_t mode, uid_t uid, gid_t gid)
{
	const struct stat st = { .st_mode = S_IFDIR | mode, .st_uid = uid, .st_gid = gid };

	return trust_is_shared(&st);
}

static void shared_directories(void)
{
	CHECK(!shared(0755, 1, 1));
	CHECK(!shared(0700, 1, 2));
	CHECK(shared(0757, 1, 1));
	CHECK(shared(01777, 0, 0));
	CHECK(shared(0775, 1, 2));
	CHECK(!shared(0775, 1, 1)); /* the user's own group */
}

/* Whether what uid made is foreign in "dir", which becomes owner's with that mode. */
static bool foreign(uid_t uid, uid_t owner, mode_t mode)
{
	const struct stat st = { .st_mode = S_IFREG | 0644, .st_uid = uid };

	if (seteuid(0) < 0 || chown("dir", owner, owner) < 0 || chmod("dir", mode) < 0)
		scratch_fail("dir");
	int dir = open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool result = dir >= 0 && trust_is_foreign(dir, &st);

	CHECK(dir >= 0);
	close(dir);
	return result;
}

static bool enter_as_root(void)
{
	if (geteuid() != 0) {
		test_skip("needs root");
		return false;
	}
	scratch_enter();
	if (mkdir("dir", 0755) < 0)
		scratch_fail("dir");
	return true;
}

static void strangers_of_root(void)
{
	if (!enter_as_root())
		return;
	CHECK(!foreign(OTHER, US, 0755)); /* only its owner could have put it there */
	CHECK(foreign(OTHER, US, 0777));
	CHECK(foreign(OTHER, US, 01777));
	CHECK(!foreign(US, US, 01777));
	CHECK(!foreign(0, US, 01777));
	scratch_leave();
}

/* As `foreign`, but asked by US. */
static bool foreign_to_us(uid_t uid, uid_t owner, mode_t mode)
{
	const struct stat st = { .st_mode = S_IFREG | 0644, .st_uid = uid };

	if (chown("dir", owner, owner) < 0 || chmod("dir", mode) < 0)
		scratch_fail("dir");
	int dir = open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || seteuid(US) < 0)
		scratch_fail("dir");
	bool result = trust_is_foreign(dir, &st), some = trust_may_be_foreign(dir);

	if (seteuid(0) < 0)
		scratch_fail("root");
	CHECK(some || !result);
	close(dir);
	return result;
}

static void strangers_of_others(void)
{
	if (!enter_as_root())
		return;
	CHECK(!foreign_to_us(OTHER, 0, 0777)); /* whoever may write there may delete everything */
	CHECK(foreign_to_us(OTHER, 0, 01777));
	CHECK(foreign_to_us(OTHER, OTHER, 01777));
	CHECK(foreign_to_us(0, 0, 01777));
	CHECK(!foreign_to_us(0, US, 01777));
	CHECK(foreign_to_us(OTHER, US, 01777));
	CHECK(!foreign_to_us(US, 0, 01777));
	scratch_leave();
}

/* 0 if "dir/name" is a file to write to, or the errno. */
static int judge(int dir, const char *name, int fd)
{
	struct stat st;

	return trust_is_ours(dir, name, fd, &st) ? 0 : errno;
}

static void files_to_write_to(void)
{
	scratch_enter();
	if (mkdir("dir", 0777) < 0 || chmod("dir", 0777) < 0)
		scratch_fail("dir");
	scratch_file("dir/file", "");
	scratch_file("dir/other", "");
	int dir = open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = open("dir/file", O_RDONLY | O_CLOEXEC);
	CHECK_INT(judge(dir, "file", fd), 0);
	CHECK_INT(judge(dir, "file", -1), 0);
	CHECK_INT(judge(dir, "other", fd), ENOTSUP); /* the name leads elsewhere */
	CHECK_INT(judge(dir, "none", fd), ENOENT);
	CHECK_INT(symlink("file", "dir/link"), 0);
	CHECK_INT(judge(dir, "link", -1), ENOTSUP);
	CHECK_INT(mkfifo("dir/fifo", 0600), 0);
	CHECK_INT(judge(dir, "fifo", -1), ENOTSUP);
	CHECK_INT(link("dir/file", "dir/second"), 0);
	CHECK_INT(judge(dir, "file", fd), ENOTSUP); /* it has another name, too */
	close(fd);
	close(dir);
	scratch_leave();
}

int main(void)
{
	TEST("trust: a directory is shared if others may write there, or a group not the owner's own",
	     shared_directories);
	TEST("trust: for root all are strangers in a shared directory but root and its owner",
	     strangers_of_root);
	TEST("trust: for others it takes the sticky bit, and root is none in a directory of theirs",
	     strangers_of_others);
	TEST("trust: a file to write to is a regular one, with one name that leads to it",
	     files_to_write_to);
	return test_end();
}
