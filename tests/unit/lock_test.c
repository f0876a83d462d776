/* The lock of a family, its file, and locks of other families. */
#include "family/lock.h"

#include "base/fdio.h"
#include "base/owner.h"
#include "family/lockfile.h"

#include "scratch.h"

/* ---- the file ---- */

static const char *name_of(const char *file)
{
	static char name[LOCKFILE_NAME];
	char back[NAMES_SIZE];

	lockfile_name(file, name);
	CHECK(lockfile_file(name, back));
	CHECK_STR(back, file);
	return name;
}

static void names(void)
{
	char file[NAMES_SIZE];

	CHECK_STR(name_of("app.log"), ".app.log.lock");
	CHECK_STR(name_of("c++.log"), ".c++.log.lock");
	CHECK_STR(name_of("%Y/%m/app.log"), ".%Y+%m+app.log.lock");
	CHECK_STR(name_of("a+%Y/c++.log"), ".a+%Y+c%+%+.log.lock");
	CHECK_STR(name_of("a%%b/c.log"), ".a%%b+c.log.lock");
	CHECK(!lockfile_file("app.log.lock", file));
	CHECK(!lockfile_file(".app.log", file));
	CHECK(!lockfile_file(".lock", file));
}

/* ---- the lock ---- */

static int dir;

static void enter(void)
{
	scratch_enter();
	if (mkdir("logs", 0755) < 0)
		scratch_fail("logs");
	dir = open("logs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void leave(void)
{
	close(dir);
	scratch_leave();
}

static struct lock *make(const char *base, enum calendar_roll roll)
{
	const struct lock_options o = { .dir = dir,
					.prefix = "logs/",
					.base = base,
					.calendar = { .roll = roll, .utc = true } };
	struct lock *l = lock_new(&o);

	if (!l)
		scratch_fail(base);
	return l;
}

/* Whether a family can be locked while app.log of each day is. */
static bool goes_beside(const char *base, enum calendar_roll roll)
{
	struct lock *l = make(base, roll);
	bool looked = lock_look(l) == 0, taken = lock_take(l, DIAG_FATAL) == 0;

	CHECK_INT(looked, taken);
	lock_free(l);
	return taken;
}

static void taken_once(void)
{
	struct lock *l;
	char pid[32];

	enter();
	l = make("app.log", CALENDAR_DAILY);
	CHECK_INT(lock_look(l), 0);
	CHECK(!scratch_has("logs/.app.log.lock")); /* looking makes nothing */
	CHECK_INT(lock_take(l, DIAG_FATAL), 0);
	snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	CHECK_STR(scratch_read("logs/.app.log.lock"), pid);
	CHECK(!goes_beside("app.log", CALENDAR_DAILY));
	CHECK_INT(scratch_said_times("the FILE logs/app.log is given twice"), 2);
	CHECK_STR(scratch_read("logs/.app.log.lock"), pid);
	lock_free(l);
	CHECK(!scratch_has("logs/.app.log.lock"));
	CHECK(goes_beside("app.log", CALENDAR_DAILY));
	leave();
}

static void rivals(void)
{
	struct lock *l;

	enter();
	l = make("app.log", CALENDAR_DAILY);
	CHECK_INT(lock_take(l, DIAG_FATAL), 0);
	CHECK(goes_beside("db.log", CALENDAR_DAILY));
	CHECK(goes_beside("app.log.old", CALENDAR_DAILY));
	CHECK(!goes_beside("app.%Y-%m-%d.log", CALENDAR_DAILY)); /* the same, in other words */
	CHECK(!goes_beside("app.%F.log", CALENDAR_DAILY));
	CHECK(goes_beside("app.%Y-%j.log", CALENDAR_DAILY));
	CHECK_STR(scratch_list("logs"), "");
	CHECK(scratch_has("logs/.app.log.lock") && !scratch_has("logs/.app.%F.log.lock"));
	lock_free(l);
	/* Nobody holds the lock that a crash left. */
	scratch_file("logs/.app.log.lock", "1\n");
	CHECK(goes_beside("app.%F.log", CALENDAR_DAILY));
	leave();
}

static void kept(void)
{
	struct lock *l;

	enter();
	l = make("app.log", CALENDAR_DAILY);
	CHECK_INT(lock_take(l, DIAG_FATAL), 0);
	lock_keep(l);
	CHECK_STR(scratch_said(), "");
	CHECK_INT(unlink("logs/.app.log.lock"), 0);
	lock_keep(l);
	CHECK_INT(scratch_said_times("the lock logs/.app.log.lock was removed or replaced"), 1);
	CHECK(scratch_has("logs/.app.log.lock"));
	CHECK(!goes_beside("app.log", CALENDAR_DAILY));
	/* Another file there is somebody else's. */
	CHECK_INT(unlink("logs/.app.log.lock"), 0);
	scratch_file("logs/.app.log.lock", "other");
	lock_free(l);
	CHECK_STR(scratch_read("logs/.app.log.lock"), "other");
	leave();
}

static void never_written(void)
{
	struct lock *l;

	enter();
	scratch_file("victim", "precious");
	CHECK_INT(link("victim", "logs/.app.log.lock"), 0);
	l = make("app.log", CALENDAR_DAILY);
	CHECK_INT(lock_take(l, DIAG_FATAL), -1);
	CHECK_INT(unlink("logs/.app.log.lock"), 0);
	CHECK_INT(symlink("../victim", "logs/.app.log.lock"), 0);
	CHECK_INT(lock_take(l, DIAG_FATAL), -1);
	CHECK_STR(scratch_read("victim"), "precious");
	lock_free(l);
	CHECK(scratch_has("logs/.app.log.lock"));
	leave();
}

static void given(void)
{
	gid_t groups[] = { 54322 };
	const struct owner owner = { 54321, 54322, groups, 1 };
	struct lock_options o = { .prefix = "logs/",
				  .base = "app.log",
				  .calendar = { .roll = CALENDAR_DAILY, .utc = true },
				  .owner = &owner };
	struct stat st;

	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	enter();
	o.dir = dir;
	scratch_file("logs/.app.log.lock", "1\n"); /* a stranger's, in a directory of all */
	if (chmod("logs", 01777) < 0 || chown("logs/.app.log.lock", 54323, 54323) < 0)
		scratch_fail("logs");
	struct lock *l = lock_new(&o);
	CHECK_INT(lock_take(l, DIAG_FATAL), 0);
	CHECK_INT(scratch_said_times("was put there by user 54323"), 1);
	CHECK_INT(stat("logs/.app.log.lock", &st), 0);
	CHECK_INT(st.st_uid, 54321);
	lock_free(l);
	leave();
}

/* ---- the mark on a log file ---- */

static void marks(void)
{
	enter();
	scratch_file("logs/file", "");
	int one = open("logs/file", O_RDWR | O_CLOEXEC),
	    two = open("logs/file", O_RDWR | O_CLOEXEC);
	CHECK(!lock_is_written(dir, "file"));
	CHECK(lock_mark_file(one));
	CHECK(lock_mark_file(one));
	CHECK(lock_is_written(dir, "file"));
	CHECK(!lock_mark_file(two));
	lock_unmark_file(one);
	CHECK(!lock_is_written(dir, "file"));
	CHECK(lock_mark_file(two));
	close(two);
	CHECK(!lock_is_written(dir, "file"));
	CHECK(!lock_is_written(dir, "none"));
	close(one);
	leave();
}

int main(void)
{
	TEST("lockfile: FILE gives the name of its lock, and that gives FILE", names);
	TEST("lock: it is held once, tells the process, and is removed at the end", taken_once);
	TEST("lock: families that share files keep each other away, and others do not", rivals);
	TEST("lock: what was removed is taken again, and what is there instead is left alone",
	     kept);
	TEST("lock: nothing is written to a file of another name", never_written);
	TEST("lock: root removes a stranger's, and gives its own to the user", given);
	TEST("lock: one descriptor has the mark of a file, until it is closed", marks);
	return test_end();
}
