/* keeper: only closed files go or are compressed, by the rules; and in doubt all that there is
 * stays. */
#include "closed/keeper.h"

#include "base/clock.h"
#include "family/directory.h"
#include "family/lock.h"
#include "moment.h"
#include "scratch.h"
#include "test.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <zlib.h>

#define FOR_EVER (1000 * CLOCK_SECOND)

/* ---- a disk that fails ---- */

static struct {
	const char *name; /* removing it fails, once; NULL: nothing fails */
	bool done;        /* but it is done, as with a network file system that lost the answer */
	bool blind;       /* and after that nobody can see what is there */
} failing;
static _Atomic bool blind;

int unlinkat(int dir, const char *name, int flags)
{
	if (failing.name && strcmp(name, failing.name) == 0) {
		failing.name = NULL;
		blind = failing.blind;
		if (failing.done)
			syscall(SYS_unlinkat, dir, name, flags);
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int fstatat(int dir, const char *name, struct stat *st, int flags)
{
	int fd = -1, error = EIO, result;

	if (!blind) {
		fd = openat(dir, name,
			    O_PATH | O_CLOEXEC | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0));
		error = errno;
	}
	if (fd < 0) {
		errno = error;
		return -1;
	}
	result = fstat(fd, st);
	close(fd);
	return result;
}

/* ---- a directory, and its keeper ---- */

static struct {
	struct directory *dir;
	struct keeper *k;
	struct keeper_options o;
} t;

/* "app.DATE.log", or "app.DATE.part002.log": a file of so many bytes, with a time of its own. */
static void file(const char *name, size_t size)
{
	static char bytes[SCRATCH_TEXT];
	const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	char path[128];

	memset(bytes, 'x', size);
	snprintf(path, sizeof(path), "logs/%s", name);
	scratch_bytes(path, bytes, size, 0640);
	utimensat(AT_FDCWD, path, times, 0);
}

static int64_t day(const char *date)
{
	return moment_utc(date);
}

/* Without rules, and the clock at noon of 2026-11-22. */
static void enter(void)
{
	scratch_enter();
	scratch_clock(day("2026-11-22 12"), 0);
	mkdir("logs", 0755);
	t.o = (struct keeper_options){
		.calendar = { .roll = CALENDAR_DAILY, .utc = true },
		.rules = { .keep = RETAIN_ALL },
		.part_limit = 1000,
		.compressor = { .suffix = NAMES_GZ, .level = 1 },
		.patience_ns = FOR_EVER,
	};
	CHECK_INT(names_init(&t.o.names, "app.log", CALENDAR_DAILY), NAMES_FINE);
}

static void start(void)
{
	const struct directory_options o = { .file = "logs/app.log",
					     .calendar = t.o.calendar,
					     .dir_mode = 0755 };

	t.dir = directory_open(&o);
	t.k = t.dir ? keeper_start(t.dir, &t.o) : NULL;
	if (!t.k)
		scratch_fail("keeper_start");
}

static void tell(const char *date, unsigned part, bool may_open)
{
	keeper_current(t.k, &(struct names_member){ .period = day(date), .part = part }, may_open);
}

static void current(const char *date, unsigned part)
{
	tell(date, part, false);
	keeper_settle(t.k);
}

static void closed(const char *date, unsigned part, int fd, uint64_t size)
{
	keeper_closed(t.k, &(struct names_member){ day(date), part, NAMES_PLAIN }, fd, size);
}

/* For CHECK_SOON. */
static bool ended(const void *k)
{
	return keeper_ended((struct keeper *)k);
}

static bool end(void)
{
	keeper_end(t.k);
	CHECK_SOON(ended, t.k);
	bool synced = keeper_join(t.k);

	directory_close(t.dir, false);
	return synced;
}

static void end_and_leave(void)
{
	CHECK(end());
	scratch_leave();
}

/* For CHECK_SOON. */
static bool left(const void *names)
{
	return strcmp(scratch_list("logs"), names) == 0;
}

static bool said(const void *text)
{
	return scratch_said_times(text) > 0;
}

/* ---- deletion ---- */

static void touches_nothing_at_first(void)
{
	enter();
	file("app.2026-11-20.log", 10);
	t.o.rules.keep = 0;
	start();
	tell("2026-11-22", 0, false);
	keeper_settle(t.k);
	CHECK(!keeper_make_room(t.k, false));
	CHECK_STR(scratch_list("logs"), "app.2026-11-20.log");
	end_and_leave();
}

static void keeps_the_newest(void)
{
	enter();
	file("app.2026-11-18.log", 10);
	file("app.2026-11-19.log", 10);
	file("app.2026-11-20.log", 10);
	file("app.2026-11-20.part002.log.gz", 10);
	file("app.2026-11-22.log", 10);
	file("other.2026-11-18.log", 10);
	t.o.rules.keep = 2;
	start();
	current("2026-11-22", 1);
	CHECK_STR(scratch_list("logs"), "app.2026-11-20.log app.2026-11-20.part002.log.gz "
					"app.2026-11-22.log other.2026-11-18.log");
	CHECK_INT(scratch_said_times("logsink: deleted: logs/app.2026-11-18.log (--keep)\n"), 1);
	/* What is closed while it runs counts, too. */
	closed("2026-11-22", 1, -1, 10);
	current("2026-11-22", 2);
	CHECK_STR(scratch_list("logs"), "app.2026-11-20.part002.log.gz app.2026-11-22.log "
					"other.2026-11-18.log");
	end_and_leave();
}

static void never_deletes_the_current_file(void)
{
	enter();
	file("app.2026-11-20.log", 100);
	file("app.2026-11-22.log", 100);
	file("app.2026-11-22.part002.log", 100);
	file("app.2026-11-23.log", 100); /* the clock was set back */
	t.o.rules = (struct retain_rules){ .keep = 0, .max_age_s = 1, .max_total = 1 };
	start();
	tell("2026-11-22", 2, true); /* and the newer one may be opened at any time */
	keeper_settle(t.k);
	CHECK_STR(scratch_list("logs"), "app.2026-11-22.part002.log app.2026-11-23.log");
	current("2026-11-22", 2);
	CHECK_STR(scratch_list("logs"), "app.2026-11-22.part002.log");
	CHECK(!keeper_make_room(t.k, true));
	CHECK_STR(scratch_list("logs"), "app.2026-11-22.part002.log");
	CHECK_STR(scratch_said(), "logsink: deleted: logs/app.2026-11-20.log (--keep)\n"
				  "logsink: deleted: logs/app.2026-11-22.log (--keep)\n"
				  "logsink: deleted: logs/app.2026-11-23.log (--max-total)\n");
	end_and_leave();
}

static void takes_back_what_was_closed(void)
{
	enter();
	file("app.2026-11-20.log", 10);
	file("app.2026-11-21.log", 10);
	t.o.rules.keep_free = 1; /* what is full is the quota, so each try takes a closed file */
	start();
	current("2026-11-21", 1);
	/* Lines go to the one before again, for this one could not be opened. */
	tell("2026-11-20", 1, true);
	CHECK(!keeper_make_room(t.k, true));
	CHECK_STR(scratch_list("logs"), "app.2026-11-20.log app.2026-11-21.log");
	current("2026-11-21", 1);
	CHECK(keeper_make_room(t.k, true));
	CHECK_STR(scratch_list("logs"), "app.2026-11-21.log");
	end_and_leave();
}

static void waits_until_it_is_known_where_lines_go(void)
{
	enter();
	file("app.2026-11-23.log", 10);
	t.o.rules.max_total = 1;
	start();
	current("2026-11-23", 1);
	/* The clock was set back, to a period whose file is still looked for. */
	tell("2026-11-21", 0, false);
	keeper_settle(t.k);
	CHECK(scratch_has("logs/app.2026-11-23.log"));
	current("2026-11-21", 1);
	CHECK(!scratch_has("logs/app.2026-11-23.log"));
	end_and_leave();
}

static void makes_room(void)
{
	enter();
	file("app.2026-11-20.log", 10);
	file("app.2026-11-22.log", 10);
	t.o.rules.keep_free = 1; /* the disk has that */
	start();
	current("2026-11-22", 1);
	CHECK(!keeper_make_room(t.k, false));
	CHECK(keeper_make_room(t.k, true)); /* but not for us */
	CHECK(!keeper_make_room(t.k, true));
	CHECK_STR(scratch_list("logs"), "app.2026-11-22.log");
	end_and_leave();
}

static void leaves_what_another_writes(void)
{
	enter();
	file("app.2026-11-18.log", 10);
	file("app.2026-11-19.log", 10);
	t.o.rules.keep = 0;
	t.o.compress = true;
	int fd = open("logs/app.2026-11-18.log", O_RDWR | O_CLOEXEC);
	CHECK(lock_mark_file(fd));
	start();
	current("2026-11-22", 1);
	CHECK_STR(scratch_list("logs"), "app.2026-11-18.log");
	CHECK_INT(scratch_said_times("app.2026-11-18.log is being written to by another logsink"),
		  1);
	end();
	t.o.rules.keep = RETAIN_ALL;
	file("app.2026-11-19.log", 10);
	file("app.2026-11-20.log", 10);
	start();
	current("2026-11-22", 1);
	CHECK_SOON(left, "app.2026-11-18.log app.2026-11-19.log.gz app.2026-11-20.log");
	CHECK_INT(scratch_said_times("app.2026-11-18.log is being written to by another logsink"),
		  2);
	CHECK_INT(scratch_said_times("cannot replace"), 0); /* it was not even tried */
	close(fd);
	end_and_leave();
}

/* ---- compression ---- */

/* Whether that is the compressed form of a file() of so many bytes, with its time and mode. */
static void check_packed(const char *path, int size)
{
	static char bytes[SCRATCH_TEXT + 1]; /* one NUL at least */
	struct stat st;
	gzFile f = gzopen(path, "rb");

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(gzread(f, bytes, SCRATCH_TEXT), size);
	CHECK_INT(strspn(bytes, "x"), size);
	gzclose(f);
	CHECK(stat(path, &st) == 0 && st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2);
	CHECK_INT(st.st_mode & 07777, 0640);
}

static void compresses_all_but_the_newest(void)
{
	enter();
	file("app.2026-11-18.log", 5000);
	file("app.2026-11-19.log", 0);
	file("app.2026-11-20.log", 10);
	file("app.2026-11-22.log", 10);
	t.o.compress = true;
	start();
	current("2026-11-22", 1);
	CHECK_SOON(left, "app.2026-11-18.log.gz app.2026-11-19.log.gz app.2026-11-20.log "
			 "app.2026-11-22.log");
	check_packed("logs/app.2026-11-18.log.gz", 5000);
	closed("2026-11-22", 1, -1, 10);
	current("2026-11-22", 2);
	CHECK_SOON(left, "app.2026-11-18.log.gz app.2026-11-19.log.gz app.2026-11-20.log.gz "
			 "app.2026-11-22.log");
	CHECK_STR(scratch_said(), "");
	end_and_leave();
}

static void mends_what_a_crash_left(void)
{
	enter();
	file("app.2026-11-18.log", 5000);
	file(".app.2026-11-18.log.gz.tmp", 7);
	t.o.compress = true;
	start();
	current("2026-11-22", 1);
	CHECK(!scratch_has("logs/.app.2026-11-18.log.gz.tmp"));
	end();
	/* Both forms are there: of the same bytes one is enough. */
	gzFile f = gzopen("logs/app.2026-11-18.log.gz", "wb");
	CHECK_INT(gzwrite(f, scratch_read("logs/app.2026-11-18.log"), 5000), 5000);
	gzclose(f);
	file("app.2026-11-19.log", 10);
	start();
	current("2026-11-22", 1);
	CHECK_SOON(left, "app.2026-11-18.log.gz app.2026-11-19.log");
	end_and_leave();
}

static void keeps_both_if_they_differ(void)
{
	enter();
	file("app.2026-11-18.log", 5000);
	file("app.2026-11-18.log.gz", 10);
	file("app.2026-11-19.log", 10);
	t.o.compress = true;
	start();
	current("2026-11-22", 1);
	CHECK_SOON(said, "app.2026-11-18.log.gz already exists with other content");
	end();
	CHECK_STR(scratch_list("logs"),
		  "app.2026-11-18.log app.2026-11-18.log.gz app.2026-11-19.log");
	scratch_leave();
}

/* Removing the plain file after it was compressed fails so; what is left then. */
static void failing_swap(bool done, bool unseen, const char *names)
{
	enter();
	file("app.2026-11-18.log", 5000);
	file("app.2026-11-19.log", 10);
	t.o.compress = true;
	failing.name = "app.2026-11-18.log";
	failing.done = done;
	failing.blind = unseen;
	start();
	current("2026-11-22", 1);
	CHECK_SOON(left, names);
	end();
	CHECK_STR(scratch_list("logs"), names);
	CHECK_INT(scratch_said_times("cannot replace logs/app.2026-11-18.log"),
		  done || unseen ? 0 : 1);
	CHECK(failing.name == NULL);
	blind = false;
	scratch_leave();
}

static void a_plain_file_that_stays(void)
{
	failing_swap(false, false, "app.2026-11-18.log app.2026-11-19.log");
}

static void a_plain_file_that_is_gone_all_the_same(void)
{
	failing_swap(true, false, "app.2026-11-18.log.gz app.2026-11-19.log");
}

static void a_plain_file_that_may_be_gone(void)
{
	failing_swap(false, true, "app.2026-11-18.log app.2026-11-18.log.gz app.2026-11-19.log");
}

static void hurries(void)
{
	enter();
	for (int i = 1; i <= 9; i++) {
		char name[64];

		snprintf(name, sizeof(name), "app.2026-11-0%d.log", i);
		file(name, SCRATCH_TEXT);
	}
	t.o.compress = true;
	start();
	current("2026-11-22", 1);
	keeper_hurry(t.k); /* somewhere in the first files */
	end();
	struct stat st;
	for (int i = 1; i <= 9; i++) {
		char plain[64], final[80], temporary[80];

		snprintf(plain, sizeof(plain), "logs/app.2026-11-0%d.log", i);
		snprintf(final, sizeof(final), "%s.gz", plain);
		snprintf(temporary, sizeof(temporary), "logs/.app.2026-11-0%d.log.gz.tmp", i);
		CHECK(scratch_has(plain) != scratch_has(final)); /* one form, and whole */
		CHECK(!scratch_has(temporary));
		if (scratch_has(final))
			check_packed(final, SCRATCH_TEXT);
		else
			CHECK(stat(plain, &st) == 0 && st.st_size == SCRATCH_TEXT);
	}
	scratch_leave();
}

/* ---- syncs and commands ---- */

static void syncs_and_closes(void)
{
	int fds[2];

	enter();
	file("app.2026-11-21.log", 10);
	int fd = open("logs/app.2026-11-21.log", O_RDWR | O_CLOEXEC);
	start();
	closed("2026-11-21", 1, fd, 10);
	current("2026-11-22", 1);
	CHECK(end());
	CHECK(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
	CHECK_STR(scratch_said(), "");
	/* What cannot be synced is said, and not forgotten. */
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	start();
	closed("2026-11-21", 1, fds[1], 10);
	current("2026-11-22", 1);
	CHECK(!end());
	CHECK(fcntl(fds[1], F_GETFD) < 0 && errno == EBADF);
	CHECK_INT(scratch_said_times("cannot sync a closed file in logs/: Invalid argument"), 1);
	close(fds[0]);
	scratch_leave();
}

static void runs_the_command_for_what_is_left(void)
{
	static char *environment[] = { "PATH=/usr/bin:/bin", NULL };

	enter();
	scratch_bytes("hook", "#!/bin/sh\necho $1 >>got\n", 24, 0755);
	t.o.hook = (struct hook_options){ .command = "./hook",
					  .timeout_ns = FOR_EVER,
					  .environment = environment };
	start();
	current("2026-11-22", 1);
	closed("2026-11-22", 1, -1, 10);
	current("2026-11-22", 2);
	closed("2026-11-22", 2, -1, 10);
	current("2026-11-22", 3);
	end();
	CHECK_STR(scratch_read("got"),
		  "logs/app.2026-11-22.log\nlogs/app.2026-11-22.part002.log\n");
	/* With compression a file is given when it has the form that it keeps. */
	file("app.2026-11-18.log", 10);
	file("app.2026-11-19.log", 10);
	t.o.compress = true;
	scratch_file("got", "");
	start();
	current("2026-11-22", 3);
	closed("2026-11-22", 3, -1, 10);
	current("2026-11-22", 4);
	CHECK_SOON(left, "app.2026-11-18.log.gz app.2026-11-19.log.gz");
	end();
	CHECK_STR(scratch_read("got"), "logs/app.2026-11-18.log.gz\nlogs/app.2026-11-19.log.gz\n");
	scratch_leave();
}

int main(void)
{
	TEST("keeper: nothing is touched before it is known where lines go",
	     touches_nothing_at_first);
	TEST("keeper: the newest closed files are kept, compressed or not, and no other family's go",
	     keeps_the_newest);
	TEST("keeper: no rule deletes the current file, nor a newer one that may be opened",
	     never_deletes_the_current_file);
	TEST("keeper: a file that lines go to again is not closed", takes_back_what_was_closed);
	TEST("keeper: newer files stay while it is not known where lines go",
	     waits_until_it_is_known_where_lines_go);
	TEST("keeper: a full quota takes the oldest closed file, and never the current one",
	     makes_room);
	TEST("keeper: a file that another logsink writes to is neither deleted nor compressed",
	     leaves_what_another_writes);
	TEST("keeper: all closed files but the newest are compressed, with time and mode",
	     compresses_all_but_the_newest);
	TEST("keeper: what a crash left of a compression is mended", mends_what_a_crash_left);
	TEST("keeper: a compressed form that is another file is left alone, with the plain one",
	     keeps_both_if_they_differ);
	TEST("keeper: the compressed form goes if the plain file cannot be removed",
	     a_plain_file_that_stays);
	TEST("keeper: it stays if the plain file is gone, though that was said to have failed",
	     a_plain_file_that_is_gone_all_the_same);
	TEST("keeper: both stay if nobody can tell", a_plain_file_that_may_be_gone);
	TEST("keeper: in a hurry every file is there in one form, and whole", hurries);
	TEST("keeper: a closed file is synced and closed, and a failure is not forgotten",
	     syncs_and_closes);
	TEST("keeper: the command gets each closed file once, in the form that it keeps",
	     runs_the_command_for_what_is_left);
	return test_end();
}
