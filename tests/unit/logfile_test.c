/*
 * logfile: in which file lines are, and what the keeper hears of it and when; with a keeper and a
 * clock that are the test's own. A day's file is in a directory of that day, so that a day whose
 * directory is a file cannot be opened, while others can.
 */
#include "output/logfile.h"

#include "base/clock.h"
#include "base/diag.h"
#include "family/directory.h"
#include "moment.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t mono_ns = CLOCK_SECOND;

int64_t clock_mono_ns(void)
{
	return mono_ns;
}

int64_t clock_real_ns(void)
{
	return mono_ns;
}

static char place[] = "/tmp/logfile_test.XXXXXX";
static struct names names;
static struct directory *dir;
static struct logfile *file;
static struct logfile_failure why;
static counter files;

static void bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- the keeper ---- */

struct keeper {
	char heard[1024];
	struct names_member current;
};

static struct keeper keeper;

static void hear(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void hear(const char *format, ...)
{
	size_t len = strlen(keeper.heard);
	va_list args;

	va_start(args, format);
	vsnprintf(keeper.heard + len, sizeof(keeper.heard) - len, format, args);
	va_end(args);
}

/* "22/1": of the 22nd, the first part. */
static const char *show(const struct names_member *m)
{
	static char text[64];
	time_t moment = (time_t)m->period;
	struct tm tm;

	gmtime_r(&moment, &tm);
	snprintf(text, sizeof(text), "%d/%u", tm.tm_mday, m->part);
	return text;
}

static void path_of(const struct names_member *m, char path[NAMES_SIZE])
{
	char name[NAMES_SIZE];

	names_build(&names, m, name);
	snprintf(path, NAMES_SIZE, "logs/%.64s", name);
}

/* "22/1 ": lines go there now; "*": that is there already; "?": a newer one may be opened. */
static void on_current(struct keeper *k, const struct names_member *m, bool may_open)
{
	char name[NAMES_SIZE];

	k->current = *m;
	path_of(m, name);
	hear("%s%s%s ", show(m), m->part && access(name, F_OK) == 0 ? "*" : "",
	     may_open ? "?" : "");
}

/* "-22/1:4 ": it is closed, with 4 bytes; "s": and is still to be synced. */
static void on_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size)
{
	(void)k;
	hear("-%s:%d%s ", show(m), (int)size, fd >= 0 ? "s" : "");
	if (fd >= 0)
		close(fd);
}

static bool on_make_room(struct keeper *k, bool quota)
{
	(void)k;
	hear("room%s ", quota ? " of the quota" : "");
	return true;
}

static void on_settle(struct keeper *k)
{
	(void)k;
	hear("settle ");
}

/* What it heard since it was asked last. */
static const char *heard(void)
{
	static char text[sizeof(keeper.heard)];
	size_t len = strlen(strcpy(text, keeper.heard));

	if (len > 0)
		text[len - 1] = '\0';
	keeper.heard[0] = '\0';
	return text;
}

/* ---- the log ---- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type;
	return ftw->level > 0 ? remove(path) : 0;
}

static void make_log(const struct logfile_options *wanted)
{
	struct directory_options d = {
		.file = "logs/%F/app.log",
		.calendar = { .roll = CALENDAR_DAILY, .utc = true },
		.dir_mode = 0700,
	};
	struct logfile_options o = *wanted;

	if (names_init(&names, "%F/app.log", CALENDAR_DAILY) != NAMES_FINE)
		bail_out("names");
	o.names = names;
	o.mode = 0600;
	o.size_limit = o.size_limit ? o.size_limit : UINT64_MAX;
	o.keeper =
		(struct logfile_keeper){ &keeper, on_current, on_closed, on_make_room, on_settle };
	keeper.heard[0] = '\0';
	dir = directory_open(&d);
	file = dir ? logfile_new(dir, &o, &files) : NULL;
	if (!file)
		bail_out("the log");
}

static void end_log(void)
{
	logfile_close(file);
	CHECK(!logfile_failed(file));
	logfile_free(file);
	directory_close(dir, false);
	nftw(place, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Lets the next line belong to that day of November. */
static void roll(int day)
{
	const struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = day };

	logfile_roll(file, &tm);
}

/* Whether all of the text was taken; it is in the file that the keeper knows for the current one.
 */
static bool append(const char *text)
{
	char name[NAMES_SIZE];
	size_t len = strlen(text), done = 0;
	struct stat st;

	while (done < len) {
		ssize_t n = logfile_append(file, text + done, len - done, &why);
		if (n < 0)
			return false;
		path_of(&keeper.current, name);
		CHECK(stat(name, &st) < 0 || st.st_size >= n); /* or it was moved */
		done += (size_t)n;
	}
	return true;
}

static void put(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0)
		bail_out(name);
}

static const char *holds(const char *name)
{
	static char text[4096];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return "(none)";
	text[n] = '\0';
	return text;
}

/* From now on nothing of that day can be opened; until allow. */
static void forbid(const char *day)
{
	put(day, "");
}

static void allow(const char *day)
{
	if (unlink(day) < 0)
		bail_out(day);
}

static const struct logfile_options plain = { .size_limit = 0 };

#define DAY_22 "logs/2026-11-22"
#define DAY_23 "logs/2026-11-23"
#define DAY_24 "logs/2026-11-24"
#define DAY_25 "logs/2026-11-25"

/* ---- rolls ---- */

static void rolls(void)
{
	make_log(&plain);
	roll(22);
	CHECK_STR(heard(), "22/0 22/1");
	CHECK_STR(holds(DAY_22 "/app.log"), "(none)");
	CHECK(append("one\n"));
	CHECK_STR(heard(), "22/1*");
	roll(23);
	CHECK_STR(heard(), "-22/1:4 23/0 23/1");
	roll(24);
	CHECK_STR(heard(), "24/0 24/1"); /* a day without lines has no file to be closed */
	CHECK(append("two\n"));
	CHECK_STR(heard(), "24/1*");
	CHECK_STR(holds(DAY_22 "/app.log"), "one\n");
	CHECK_STR(holds(DAY_23 "/app.log"), "(none)");
	CHECK_STR(holds(DAY_24 "/app.log"), "two\n");
	end_log();
}

static void rolls_back(void)
{
	make_log(&plain);
	roll(23);
	CHECK(append("one\n"));
	heard();
	roll(22);
	CHECK_STR(heard(), "-23/1:4 22/0 settle 22/1");
	end_log();
}

static void hands_over(void)
{
	make_log(&(struct logfile_options){ .sync_complete = true });
	roll(22);
	CHECK(append("one\n"));
	heard();
	roll(23);
	CHECK_STR(heard(), "-22/1:4s 23/0 23/1");
	CHECK(append("two\n"));
	logfile_sync(file);
	heard();
	roll(24);
	CHECK_STR(heard(), "-23/1:4 24/0 24/1");
	end_log();
}

static void goes_on(void)
{
	make_log(&plain);
	mkdir(DAY_22, 0700);
	put(DAY_22 "/app.log", "a\n");
	put(DAY_22 "/app.part002.log", "to");
	roll(22);
	CHECK_STR(heard(), "22/0 22/2*");
	CHECK(append("one\n"));
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "to\none\n");
	CHECK_STR(holds(DAY_22 "/app.log"), "a\n");
	end_log();
}

/* ---- parts ---- */

static void splits(void)
{
	make_log(&(struct logfile_options){ .size_limit = 8 });
	roll(22);
	heard();
	CHECK(append("one\ntwo\nthree\n"));
	CHECK_STR(heard(), "22/1* -22/1:8 22/2 22/2*");
	CHECK_STR(holds(DAY_22 "/app.log"), "one\ntwo\n");
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "three\n");
	end_log();
}

static void skips_full(void)
{
	make_log(&(struct logfile_options){ .size_limit = 8 });
	mkdir(DAY_22, 0700);
	put(DAY_22 "/app.log", "an earlier run's\n");
	roll(22);
	heard();
	CHECK(append("one\n"));
	CHECK_STR(heard(), "-22/1:17 22/2 22/2*");
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "one\n");
	end_log();
}

static void asks_for_part(void)
{
	make_log(&plain);
	roll(22);
	logfile_part(file);
	CHECK_STR(heard(), "22/0 22/1"); /* there is nothing in it */
	CHECK(append("one\n"));
	heard();
	logfile_part(file);
	logfile_part(file);
	CHECK_STR(heard(), "-22/1:4 22/2");
	CHECK(append("two\n"));
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "two\n");
	end_log();
}

static void waits_for_room(void)
{
	make_log(&(struct logfile_options){ .wait_for_room = true });
	roll(22);
	CHECK(append("one\n"));
	CHECK_STR(heard(), "22/0 22/1 settle 22/1*");
	logfile_part(file);
	rename(DAY_22, "away");
	forbid(DAY_22);
	CHECK(!append("two\n"));
	CHECK(!logfile_can_stay(file));
	CHECK(!logfile_stay(file, true));
	end_log();
}

/* ---- what fails ---- */

static void fails_by_name(void)
{
	make_log(&plain);
	forbid(DAY_22);
	roll(22);
	CHECK(!append("one\n"));
	CHECK_STR(why.path, DAY_22 "/app.log");
	CHECK_INT(why.error, ENOTDIR);
	CHECK(!logfile_can_stay(file)); /* there is none before it */
	CHECK(!logfile_stay(file, true));
	allow(DAY_22);
	CHECK(append("one\n"));
	CHECK_STR(holds(DAY_22 "/app.log"), "one\n");
	CHECK_INT(logfile_stayed_bytes(file), 0);
	end_log();
}

/* Which part it is, was known when it failed: what took its place since is nobody's to add to. */
static void resumes_part(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\n"));
	logfile_part(file);
	rename(DAY_22, "away");
	forbid(DAY_22);
	CHECK(!append("two\n"));
	CHECK_STR(why.operation, "open");
	CHECK_STR(why.path, DAY_22 "/app.part002.log");
	allow(DAY_22);
	rename("away", DAY_22);
	put(DAY_22 "/app.part002.log", "not ours\n");
	heard();
	CHECK(append("two\n"));
	CHECK_STR(heard(), "22/3 22/3*");
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "not ours\n");
	CHECK_STR(holds(DAY_22 "/app.part003.log"), "two\n");
	end_log();
}

/* ---- staying ---- */

/* One line in yesterday's file, and today's cannot be opened. */
static void stay_in_22(const struct logfile_options *o)
{
	make_log(o);
	roll(22);
	CHECK(append("one\n"));
	forbid(DAY_23);
	roll(23);
	CHECK(!append("two\n"));
	CHECK(logfile_can_stay(file));
	CHECK(!logfile_stay(file, false));
	CHECK(!logfile_staying(file));
	CHECK_INT(logfile_move_on_ns(file), INT64_MAX);
	heard();
	mono_ns += CLOCK_SECOND;
	CHECK(logfile_stay(file, false));
	CHECK(logfile_staying(file));
}

static void stays(void)
{
	stay_in_22(&plain);
	CHECK_STR(heard(), "22/1*? settle 22/1*?"); /* before it is opened, and waited for */
	CHECK(append("two\n"));
	CHECK(logfile_move_on_ns(file) <= mono_ns + CLOCK_SECOND);
	mono_ns += CLOCK_SECOND;
	CHECK(logfile_move_on_ns(file) <= mono_ns);
	CHECK_INT(logfile_move_on(file, &why), -1);
	CHECK_STR(why.path, DAY_23 "/app.log");
	CHECK(logfile_move_on_ns(file) > mono_ns);
	CHECK(append("three\n"));
	CHECK_STR(holds(DAY_22 "/app.log"), "one\ntwo\nthree\n");
	CHECK_INT(logfile_stayed_bytes(file), 10);
	end_log();
}

static void moves_on(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	allow(DAY_23);
	heard();
	CHECK_INT(logfile_move_on(file, &why), 0);
	CHECK_STR(heard(), "22/1*? -22/1:8 23/1*");
	CHECK(!logfile_staying(file));
	CHECK(!logfile_can_stay(file));
	CHECK(append("three\n"));
	CHECK_STR(holds(DAY_22 "/app.log"), "one\ntwo\n");
	CHECK_STR(holds(DAY_23 "/app.log"), "three\n");
	CHECK_INT(logfile_stayed_bytes(file), 4);
	end_log();
}

static void moves_on_to_full_file(void)
{
	stay_in_22(&(struct logfile_options){ .size_limit = 8 });
	allow(DAY_23);
	mkdir(DAY_23, 0700);
	put(DAY_23 "/app.log", "an earlier run's\n");
	heard();
	CHECK_INT(logfile_move_on(file, &why), 0);
	CHECK_STR(heard(), "22/1*? -23/1:17 -22/1:4 23/2*");
	end_log();
}

/* Each failure has its own second. */
static void waits_again(void)
{
	stay_in_22(&plain);
	allow(DAY_23);
	CHECK_INT(logfile_move_on(file, &why), 0);
	CHECK(append("two\n"));
	mono_ns += CLOCK_SECOND;
	forbid(DAY_24);
	roll(24);
	CHECK(!append("three\n"));
	CHECK(!logfile_stay(file, false));
	allow(DAY_24);
	CHECK(append("three\n"));
	mono_ns += CLOCK_SECOND;
	forbid(DAY_25);
	roll(25);
	CHECK(!append("four\n"));
	CHECK(!logfile_stay(file, false));
	mono_ns += CLOCK_SECOND;
	CHECK(logfile_stay(file, false));
	end_log();
}

/* The next roll leaves the file before again; its own file is tried at once, and then no more
 * waited. */
static void rolls_while_staying(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	heard();
	forbid(DAY_24);
	roll(24);
	CHECK(!logfile_staying(file));
	CHECK(!append("three\n"));
	CHECK(logfile_stay(file, false));
	CHECK(append("three\n"));
	allow(DAY_24);
	CHECK_INT(logfile_move_on(file, &why), 0);
	CHECK(append("four\n"));
	CHECK_STR(holds(DAY_22 "/app.log"), "one\ntwo\nthree\n");
	CHECK_STR(holds(DAY_24 "/app.log"), "four\n");
	end_log();
}

static void parts_while_staying(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	heard();
	logfile_part(file);
	CHECK_STR(heard(), "-22/1:8");
	allow(DAY_23);
	CHECK(append("three\n"));
	CHECK_STR(holds(DAY_23 "/app.log"), "three\n");
	end_log();
}

static void stays_torn(void)
{
	make_log(&(struct logfile_options){ .size_limit = 4 });
	mkdir(DAY_22, 0700);
	put(DAY_22 "/app.log", "an earlier run's, torn");
	roll(22);
	CHECK(append("one\n")); /* in the part behind it */
	CHECK(!logfile_can_stay(file));
	forbid(DAY_23);
	roll(23);
	put(DAY_22 "/app.part002.log", "one\nto");
	CHECK(!append("two\n"));
	CHECK(logfile_stay(file, true));
	CHECK(append("two\n"));
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "one\nto\ntwo\n");
	end_log();
}

static void before_is_gone(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\n"));
	forbid(DAY_23);
	roll(23);
	CHECK(!append("two\n"));
	unlink(DAY_22 "/app.log");
	heard();
	CHECK(!logfile_stay(file, true));
	CHECK(!logfile_staying(file));
	CHECK(!logfile_can_stay(file));
	CHECK_STR(holds(DAY_22 "/app.log"), "(none)");
	allow(DAY_23);
	CHECK(append("two\n"));
	CHECK_STR(holds(DAY_23 "/app.log"), "two\n");
	end_log();
}

/* ---- files that are moved, deleted or opened again ---- */

static void is_moved(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\n"));
	rename(DAY_22 "/app.log", "moved");
	CHECK(append("two\n")); /* looked at once a second */
	mono_ns += CLOCK_SECOND;
	CHECK(append("thr"));
	rename(DAY_22 "/app.log", "moved2");
	mono_ns += CLOCK_SECOND;
	CHECK(append("ee\n")); /* not within a line */
	CHECK(append("four\n"));
	CHECK_STR(holds("moved"), "one\ntwo\n");
	CHECK_STR(holds("moved2"), "three\n");
	CHECK_STR(holds(DAY_22 "/app.log"), "four\n");
	end_log();
}

static void before_is_moved(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	rename(DAY_22 "/app.log", "moved");
	mono_ns += CLOCK_SECOND;
	CHECK(append("three\n"));
	CHECK(logfile_staying(file));
	CHECK_STR(holds("moved"), "one\ntwo\n");
	CHECK_STR(holds(DAY_22 "/app.log"), "three\n");
	end_log();
}

static void before_cannot_be_opened_again(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	logfile_reopen(file);
	rename(DAY_22, "away");
	forbid(DAY_22);
	CHECK(!append("three\n"));
	CHECK(!logfile_staying(file)); /* the one that is due is all there is */
	CHECK_STR(why.path, DAY_23 "/app.log");
	allow(DAY_23);
	CHECK(append("three\n"));
	CHECK_STR(holds(DAY_23 "/app.log"), "three\n");
	end_log();
}

static void reopens(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\n"));
	rename(DAY_22 "/app.log", "moved");
	heard();
	logfile_reopen(file);
	CHECK_STR(heard(), "");
	CHECK(append("two\nth"));
	logfile_reopen(file);
	CHECK(append("ree\n")); /* the same file: the line stays whole */
	CHECK_STR(holds("moved"), "one\n");
	CHECK_STR(holds(DAY_22 "/app.log"), "two\nthree\n");
	end_log();
}

/* Another directory is in the place of ours; the keeper reads it, too. */
static void directory_is_replaced(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\n"));
	rename("logs", "elsewhere");
	mono_ns += CLOCK_SECOND;
	heard();
	CHECK(append("two\n"));
	CHECK_STR(heard(), "22/0 22/1 22/1*");
	CHECK_STR(holds(DAY_22 "/app.log"), "two\n");
	logfile_part(file);
	rename("logs", "elsewhere2");
	heard();
	CHECK(append("three\n"));
	CHECK_STR(heard(), "22/0 22/1 22/2 22/2*"); /* its number does not go down */
	CHECK_STR(holds(DAY_22 "/app.part002.log"), "three\n");
	end_log();
}

/* What the file before got is in the old one. */
static void directory_is_replaced_while_staying(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	rename("logs", "elsewhere");
	mono_ns += CLOCK_SECOND;
	CHECK(append("three\n"));
	CHECK(!logfile_staying(file));
	CHECK_STR(holds("elsewhere/2026-11-22/app.log"), "one\ntwo\n");
	CHECK_STR(holds(DAY_23 "/app.log"), "three\n");
	end_log();
}

static void moves_on_to_another_directory(void)
{
	stay_in_22(&plain);
	CHECK(append("two\n"));
	rename("logs", "elsewhere");
	heard();
	CHECK_INT(logfile_move_on(file, &why), 0);
	CHECK_STR(heard(), "22/1? 23/0? 22/1? -22/1:8 23/1*");
	CHECK(append("three\n"));
	CHECK_STR(holds(DAY_23 "/app.log"), "three\n");
	end_log();
}

static void reopens_in_vain(void)
{
	make_log(&plain);
	roll(22);
	CHECK(append("one\ntw"));
	rename(DAY_22, "away");
	forbid(DAY_22);
	heard();
	logfile_reopen(file);
	CHECK_INT(logfile_append(file, "o\n", 2, &why), 2);
	CHECK_STR(holds("away/app.log"), "one\ntwo\n");
	CHECK_INT(keeper.current.part, 1);
	end_log();
}

int main(void)
{
	diag_init(DIAG_QUIET);
	if (!mkdtemp(place) || chdir(place) < 0)
		bail_out(place);
	TEST("logfile: a roll closes a file with lines, and the next line makes the new one",
	     rolls);
	TEST("logfile: a clock set back waits for the keeper before it looks", rolls_back);
	TEST("logfile: what was not synced is handed over to be synced", hands_over);
	TEST("logfile: the newest part goes on, its torn line closed", goes_on);
	TEST("logfile: the line that would pass the limit begins a part", splits);
	TEST("logfile: an earlier run's full file is closed, and the next part begun", skips_full);
	TEST("logfile: a part is begun once, and not after an empty one", asks_for_part);
	TEST("logfile: with a cap the keeper is waited for, and no file grows", waits_for_room);
	TEST("logfile: what failed is told, and tried again", fails_by_name);
	TEST("logfile: a part that failed goes on with its number, and in no file of others",
	     resumes_part);
	TEST("logfile: after a second lines go to the file before, and the other is tried", stays);
	TEST("logfile: the file before is closed when the other is open", moves_on);
	TEST("logfile: it is closed, too, if the other's first part is full",
	     moves_on_to_full_file);
	TEST("logfile: each time a file cannot be opened, a second is waited", waits_again);
	TEST("logfile: a roll while lines go to the file before", rolls_while_staying);
	TEST("logfile: a part is asked for while lines go to the file before", parts_while_staying);
	TEST("logfile: nothing glues to a torn line in the file before", stays_torn);
	TEST("logfile: a file before that is gone is not made again", before_is_gone);
	TEST("logfile: a moved file is noticed within a second, between lines", is_moved);
	TEST("logfile: so is the file before, and lines still go there", before_is_moved);
	TEST("logfile: a file before that cannot be opened again is given up",
	     before_cannot_be_opened_again);
	TEST("logfile: in another directory lines go on in its newest part, or the one that is due",
	     directory_is_replaced);
	TEST("logfile: in another directory there is no file before",
	     directory_is_replaced_while_staying);
	TEST("logfile: the file that is due is opened in another directory",
	     moves_on_to_another_directory);
	TEST("logfile: opened again, a line stays whole", reopens);
	TEST("logfile: what cannot be opened again is kept open", reopens_in_vain);
	if (chdir("/") < 0 || rmdir(place) < 0)
		bail_out(place);
	return test_end();
}
