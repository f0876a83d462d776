/* span: the members and offsets between two times, by stamps, by the index, and by names. */
#include "reader/span.h"

#include "base/clock.h"
#include "closed/encoder.h"
#include "family/arrivals.h"
#include "moment.h"
#include "record/stamp.h"
#include "scratch.h"
#include "test.h"

static atomic_bool stop;

static int64_t ns(const char *when)
{
	return moment_utc(when) * CLOCK_SECOND;
}

/* A file with a line each minute from a time on, with stamps or without. */
static void make(const char *name, const char *from, int minutes, bool stamps)
{
	static char text[200000];
	size_t len = 0;

	for (int i = 0; i < minutes; i++) {
		char stamp[STAMP_SIZE];

		stamp_rfc3339(ns(from) + i * 60 * CLOCK_SECOND, true, stamp);
		len += (size_t)sprintf(text + len, "%.19sZ%s\n",
				       stamps ? stamp : "line no stamp here.",
				       stamps ? " hello" : "");
	}
	scratch_bytes(name, text, len, 0600);
}

static void compress(const char *plain, const char *packed)
{
	struct stat st;
	struct encoder_job job = { .from = open(plain, O_RDONLY | O_CLOEXEC),
				   .to = open(packed, O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
				   .suffix = NAMES_ZST,
				   .level = 1,
				   .stop = &stop };

	if (fstat(job.from, &st) < 0)
		scratch_fail(plain);
	job.size = (uint64_t)st.st_size;
	CHECK_INT(encoder_run(&job), 0);
	close(job.from);
	close(job.to);
	unlink(plain);
}

/* "app.2026-11-20.log 54 app.2026-11-21.part002.log 27", or "" if there is nothing. */
static const char *find(const char *since, const char *until)
{
	static char text[4 * NAMES_SIZE];
	const struct span_times t = { since ? ns(since) : INT64_MIN, until ? ns(until) : INT64_MAX,
				      .utc = true };
	char first[NAMES_SIZE], last[NAMES_SIZE];
	struct members *m = members_new("app.log");
	struct span s;
	int found;

	if (!CHECK(m != NULL))
		return "?";
	found = span_find(m, &t, &s);
	text[0] = '\0';
	if (found == 1) {
		members_name(m, &s.first, NAMES_PLAIN, first);
		members_name(m, &s.last, NAMES_PLAIN, last);
		snprintf(text, sizeof(text), "%s %lld %s %lld", first, (long long)s.from, last,
			 s.to == UINT64_MAX ? -1 : (long long)s.to);
	}
	CHECK(found >= 0);
	members_free(m);
	return text;
}

enum { LINE = 27 };

/* ---- tests ---- */

static void by_stamps(void)
{
	scratch_enter();
	make("app.2026-11-19.log", "2026-11-19 00:00:00", 600, true);
	compress("app.2026-11-19.log", "app.2026-11-19.log.zst");
	make("app.2026-11-20.log", "2026-11-20 00:00:00", 600, true);
	compress("app.2026-11-20.log", "app.2026-11-20.log.zst");
	make("app.2026-11-20.part002.log", "2026-11-20 10:00:00", 600, true);
	make("app.2026-11-21.log", "2026-11-21 00:00:00", 600, true);
	CHECK_STR(find(NULL, NULL), "app.2026-11-19.log 0 app.2026-11-21.log -1");
	CHECK_STR(find("2026-11-20 00:10:00", NULL),
		  "app.2026-11-20.log 270 app.2026-11-21.log -1");
	CHECK_STR(find("2026-11-20 00:09:59", "2026-11-20 00:11:00"),
		  "app.2026-11-20.log 270 app.2026-11-20.log 324");
	CHECK_STR(find("2026-11-20 09:59:00", "2026-11-20 10:00:00"),
		  "app.2026-11-20.log 16173 app.2026-11-20.part002.log 27");
	CHECK_STR(find("2026-11-20 15:00:00", "2026-11-21 00:00:30"),
		  "app.2026-11-20.part002.log 8100 app.2026-11-21.log 27");
	CHECK_STR(find("2026-11-01 00:00:00", "2026-11-19 00:00:00"),
		  "app.2026-11-19.log 0 app.2026-11-19.log 27");
	CHECK_STR(find(NULL, "2026-11-18 00:00:00"), "");
	CHECK_STR(find("2026-11-20 23:00:00", "2026-11-20 23:30:00"), "");
	CHECK_STR(find("2026-11-22 00:00:00", NULL),
		  "app.2026-11-21.log 16200 app.2026-11-21.log -1");
	scratch_leave();
}

static void note(int fd, const char *name, const char *when, uint64_t offset, bool opened)
{
	const struct arrivals_record r = { arrivals_file(name), ns(when), offset, opened };

	CHECK_INT(arrivals_write(fd, &r, 0), 0);
}

static void by_the_index(void)
{
	scratch_enter();
	make("app.2026-11-20.log", "2026-11-20 00:00:00", 600, false);
	make("app.2026-11-20.part002.log", "2026-11-20 00:00:00", 600, false);
	make("app.2026-11-21.log", "2026-11-21 00:00:00", 600, false);
	compress("app.2026-11-20.log", "app.2026-11-20.log.zst");
	int fd = open(".app.log.times", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	note(fd, "app.2026-11-20.log", "2026-11-20 10:00:00", 0, true);
	note(fd, "app.2026-11-20.log", "2026-11-20 11:00:00", 2700, false);
	note(fd, "app.2026-11-20.part002.log", "2026-11-20 12:00:00", 0, true);
	note(fd, "app.2026-11-20.part002.log", "2026-11-20 12:00:01", 270, false);
	close(fd);
	CHECK_STR(find("2026-11-20 12:00:01", NULL),
		  "app.2026-11-20.part002.log 270 app.2026-11-21.log -1");
	CHECK_STR(find("2026-11-20 10:30:00", "2026-11-20 12:00:00"),
		  "app.2026-11-20.log 2700 app.2026-11-20.part002.log 270");
	CHECK_STR(find("2026-11-20 11:30:00", "2026-11-20 11:59:00"),
		  "app.2026-11-20.log 2700 app.2026-11-20.log -1");
	scratch_leave();
}

static void by_names(void)
{
	scratch_enter();
	make("app.2026-11-19.log", "2026-11-20 00:00:00", 6, false);
	make("app.2026-11-20.log", "2026-11-20 00:00:00", 6, false);
	make("app.2026-11-21.log", "2026-11-20 00:00:00", 6, false);
	scratch_file("app.2026-11-21.part002.log", "");
	CHECK_STR(find("2026-11-20 12:00:00", "2026-11-20 13:00:00"),
		  "app.2026-11-20.log 0 app.2026-11-20.log -1");
	CHECK_STR(find("2026-11-20 12:00:00", "2026-11-21 13:00:00"),
		  "app.2026-11-20.log 0 app.2026-11-21.part002.log -1");
	scratch_leave();
}

/* A file may be of the day of UTC or of the local day: both days are looked at. */
static void by_names_of_any_zone(void)
{
	scratch_enter();
	moment_zone("AEST-10");
	make("app.2026-11-19.log", "2026-11-20 00:00:00", 6, false);
	make("app.2026-11-20.log", "2026-11-20 00:00:00", 6, false);
	make("app.2026-11-21.log", "2026-11-20 00:00:00", 6, false);
	CHECK(strncmp(find("2026-11-20 12:00:00", NULL), "app.2026-11-20.log ", 19) == 0);
	CHECK_STR(find("2026-11-20 18:00:00", "2026-11-20 18:00:00"),
		  "app.2026-11-21.log 0 app.2026-11-21.log -1");
	moment_zone("UTC0");
	scratch_leave();
}

static void without_files(void)
{
	scratch_enter();
	CHECK_STR(find(NULL, NULL), "");
	CHECK_STR(find("2026-11-20 12:00:00", "2026-11-20 13:00:00"), "");
	scratch_file("app.2026-11-20.log", "");
	scratch_file("app.2026-11-20.part002.log.zst", "damaged");
	CHECK_STR(find("2026-11-20 12:00:00", "2026-11-20 13:00:00"),
		  "app.2026-11-20.part002.log 0 app.2026-11-20.part002.log -1");
	scratch_leave();
}

int main(void)
{
	moment_zone("UTC0");
	TEST("span: by the times in the lines, over plain and compressed parts", by_stamps);
	TEST("span: by the index, where lines have none", by_the_index);
	TEST("span: by the dates in names, where nothing else is known", by_names);
	TEST("span: dates in names may be local or UTC", by_names_of_any_zone);
	TEST("span: empty, damaged and missing files", without_files);
	return test_end();
}
