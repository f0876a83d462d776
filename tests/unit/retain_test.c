/* retain: which closed files go, to the file, the byte and the second. */
#include "family/retain.h"

#include "family/calendar.h"
#include "family/family.h"
#include "moment.h"
#include "test.h"

#include <time.h>

#define KIB UINT64_C(1024)
#define GIB (KIB * KIB * KIB)

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct calendar daily_utc = { .roll = CALENDAR_DAILY, .utc = true };

static struct family_file file_of(const char *date, uint64_t size)
{
	return (struct family_file){ .member = { .period = moment_utc(date), .part = 1 },
				     .size = size };
}

/* How many of `closed` files of so many bytes each go, the oldest first; *s is what is left. */
static size_t goes(const struct retain_rules *r, struct retain_state *s, size_t closed,
		   uint64_t size, enum retain_verdict why)
{
	const struct family_file f = file_of("2026-11-01", size);
	size_t gone = 0;

	s->closed = closed;
	s->closed_bytes = closed * size;
	while (gone < closed) {
		const struct retain_state before = *s;
		enum retain_verdict v = retain_step(r, s, &daily_utc, &f);

		if (v == RETAIN_STAYS) {
			CHECK(memcmp(&before, s, sizeof(before)) == 0);
			break;
		}
		CHECK_INT(v, why);
		gone++;
	}
	CHECK_INT(s->closed, closed - gone);
	CHECK_INT(s->closed_bytes, (closed - gone) * size);
	return gone;
}

/* ---- a quota ---- */

static void quota(void)
{
	const struct retain_rules r = { .keep = RETAIN_ALL, .keep_free = 1 };
	const struct retain_rules off = { .keep = RETAIN_ALL };
	struct retain_state s = { .free_bytes = GIB, .over_quota = true };

	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 1);
	CHECK(!s.over_quota);
	s.over_quota = true;
	CHECK_INT(goes(&off, &s, 5, 10, RETAIN_KEEP_FREE), 0);
}

/* ---- --keep ---- */

static void keep(void)
{
	for (int64_t n = 0; n <= 2; n++) {
		for (size_t closed = 0; closed <= 5; closed++) {
			const struct retain_rules r = { .keep = n };
			struct retain_state s = { .now = moment_utc("2026-11-22") };
			size_t want = closed > (size_t)n ? closed - (size_t)n : 0;

			CHECK_INT(goes(&r, &s, closed, 10, RETAIN_KEEP), want);
		}
	}
}

static void keep_all(void)
{
	const struct retain_rules r = { .keep = RETAIN_ALL };
	struct retain_state s = { .now = moment_utc("9999-01-01"), .other_bytes = 1 << 30 };

	CHECK_INT(goes(&r, &s, 100000, GIB, RETAIN_STAYS), 0);
}

/* ---- --max-age ---- */

/* The file of a period stays until `age` after end, to the second, and then goes. */
static void check_age(const struct calendar *c, const struct family_file *f, time_t end,
		      int64_t age)
{
	const struct retain_rules r = { .keep = RETAIN_ALL, .max_age_s = age };
	const time_t due = end + age;
	const struct {
		time_t now;
		enum retain_verdict want;
	} t[] = {
		{ due - DAY, RETAIN_STAYS }, { due - HOUR, RETAIN_STAYS },
		{ due - 1, RETAIN_STAYS },   { due, RETAIN_MAX_AGE },
		{ due + 1, RETAIN_MAX_AGE }, { due + DAY, RETAIN_MAX_AGE },
		{ 0, RETAIN_STAYS }, /* a clock that has not been set yet */
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct retain_state s = { .closed = 1, .closed_bytes = f->size, .now = t[i].now };

		if (!CHECK_INT(retain_step(&r, &s, c, f), t[i].want))
			printf("# %s, %lld s after it is due\n", c->utc ? "UTC" : getenv("TZ"),
			       (long long)(t[i].now - due));
		CHECK_INT(s.closed, t[i].want == RETAIN_STAYS);
	}
}

static void ages_in_utc(void)
{
	static const struct {
		enum calendar_roll roll;
		const char *date, *end;
	} t[] = {
		{ CALENDAR_MINUTELY, "2026-11-22 14:05", "2026-11-22 14:06" },
		{ CALENDAR_HOURLY, "2026-11-22 23:00", "2026-11-23" },
		{ CALENDAR_DAILY, "2026-11-22", "2026-11-23" },
		{ CALENDAR_DAILY, "2024-02-29", "2024-03-01" },
		{ CALENDAR_WEEKLY, "2026-12-28", "2027-01-04" },
		{ CALENDAR_MONTHLY, "2026-02-01", "2026-03-01" },
	};

	moment_zone("EST5EDT,M3.2.0,M11.1.0"); /* does not count */
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct calendar c = { .roll = t[i].roll, .utc = true };
		const struct family_file f = file_of(t[i].date, 5);

		check_age(&c, &f, moment_utc(t[i].end), 1);
		check_age(&c, &f, moment_utc(t[i].end), 7 * DAY);
		check_age(&c, &f, moment_utc(t[i].end), INT64_C(36500) * DAY);
	}
}

static void ages_where_clocks_change(void)
{
	static const struct {
		const char *zone;
		enum calendar_roll roll;
		const char *date, *end; /* on the clock; in UTC */
	} t[] = {
		/* New York: days of 23 and 25 hours, and the days after them */
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_DAILY, "2026-03-07", "2026-03-08 05:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_DAILY, "2026-03-08", "2026-03-09 04:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_DAILY, "2026-10-31", "2026-11-01 04:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_DAILY, "2026-11-01", "2026-11-02 05:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_WEEKLY, "2026-10-26", "2026-11-02 05:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_MONTHLY, "2026-03-01", "2026-04-01 04:00" },
		/* one o'clock comes twice, and its hour has two */
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_HOURLY, "2026-11-01 01:00",
		  "2026-11-01 07:00" },
		{ "EST5EDT,M3.2.0,M11.1.0", CALENDAR_HOURLY, "2026-03-08 03:00",
		  "2026-03-08 08:00" },
		/* Sao Paulo until 2019: a day without midnight, a day with an hour twice */
		{ "<-03>3<-02>,M11.1.0/0,M2.3.0/0", CALENDAR_DAILY, "2018-11-03",
		  "2018-11-04 03:00" },
		{ "<-03>3<-02>,M11.1.0/0,M2.3.0/0", CALENDAR_DAILY, "2018-11-04",
		  "2018-11-05 02:00" },
		{ "<-03>3<-02>,M11.1.0/0,M2.3.0/0", CALENDAR_DAILY, "2019-02-16",
		  "2019-02-17 03:00" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct calendar c = { .roll = t[i].roll };
		const struct family_file f = file_of(t[i].date, 5);

		moment_zone(t[i].zone);
		check_age(&c, &f, moment_utc(t[i].end), 1);
		check_age(&c, &f, moment_utc(t[i].end), 30 * DAY);
	}
}

/* With --roll=never there is no period: the file's last change counts. */
static void age_of_a_part(void)
{
	const struct calendar c = { .roll = CALENDAR_NEVER };
	struct family_file f = file_of("1970-01-01", 5);

	f.mtime = moment_utc("2026-11-22 14:05:09");
	check_age(&c, &f, f.mtime, 1);
	check_age(&c, &f, f.mtime, 7 * DAY);
}

/* Of a dated file its last change does not count. */
static void no_time_of_change(void)
{
	struct family_file f = file_of("2026-11-22", 5);

	f.mtime = moment_utc("2030-01-01");
	check_age(&daily_utc, &f, moment_utc("2026-11-23"), DAY);
	f.mtime = 0;
	check_age(&daily_utc, &f, moment_utc("2026-11-23"), DAY);
}

/* ---- --max-total ---- */

static void max_total(void)
{
	const struct retain_rules r = { .keep = RETAIN_ALL, .max_total = 100 };
	struct retain_state s = { .now = moment_utc("2026-11-22") };

	CHECK_INT(goes(&r, &s, 10, 10, RETAIN_MAX_TOTAL), 0); /* just so much */
	CHECK_INT(goes(&r, &s, 11, 10, RETAIN_MAX_TOTAL), 1);
	CHECK_INT(goes(&r, &s, 5, 101, RETAIN_MAX_TOTAL), 5);
	s.other_bytes = 50;
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_MAX_TOTAL), 0);
	CHECK_INT(goes(&r, &s, 6, 10, RETAIN_MAX_TOTAL), 1);
	CHECK_INT(goes(&r, &s, 10, 10, RETAIN_MAX_TOTAL), 5);
	CHECK_INT(s.other_bytes, 50);
	s.other_bytes = 100;
	CHECK_INT(goes(&r, &s, 3, 1, RETAIN_MAX_TOTAL), 3);
	CHECK_INT(goes(&r, &s, 3, 0, RETAIN_MAX_TOTAL), 0); /* empty ones are in nobody's way */
	s.other_bytes = 101;
	CHECK_INT(goes(&r, &s, 3, 0, RETAIN_MAX_TOTAL), 3);
}

/* ---- --keep-free ---- */

static void keep_free(void)
{
	const struct retain_rules r = { .keep = RETAIN_ALL, .keep_free = 1000 };
	struct retain_state s = { .now = moment_utc("2026-11-22") };

	s.free_bytes = 1000; /* just so much */
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 0);
	CHECK_INT(s.free_bytes, 1000);
	s.free_bytes = 999;
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 1);
	CHECK_INT(s.free_bytes, 1009); /* by our own account */
	s.free_bytes = 970;
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 3);
	CHECK_INT(s.free_bytes, 1000);
	s.free_bytes = 0;
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 5);
	CHECK_INT(s.free_bytes, 50);
	s.free_bytes = UINT64_MAX; /* not known */
	CHECK_INT(goes(&r, &s, 5, 10, RETAIN_KEEP_FREE), 0);
}

/* Whatever rule a file goes by, its bytes are free then; and never more than there are numbers. */
static void frees_by_any_rule(void)
{
	const struct retain_rules r = { .keep = 1, .keep_free = 1000 };
	struct retain_state s = { .now = moment_utc("2026-11-22"), .free_bytes = 980 };

	CHECK_INT(goes(&r, &s, 3, 10, RETAIN_KEEP), 2);
	CHECK_INT(s.free_bytes, 1000);
	s.free_bytes = UINT64_MAX - 5;
	CHECK_INT(goes(&r, &s, 3, 10, RETAIN_KEEP), 2);
	CHECK(s.free_bytes >= UINT64_MAX - 5);
}

/* ---- several rules ---- */

static void order_of_rules(void)
{
	const struct retain_rules all = {
		.keep = 1, .max_total = 100, .keep_free = 1000, .max_age_s = DAY
	};
	struct {
		enum retain_verdict want;
		struct retain_rules r;
	} t[] = {
		{ RETAIN_KEEP, all },    { RETAIN_MAX_TOTAL, all }, { RETAIN_KEEP_FREE, all },
		{ RETAIN_MAX_AGE, all }, { RETAIN_STAYS, all },
	};
	const struct family_file f = file_of("2026-01-01", 60);
	const struct retain_state before = {
		.closed = 2, .closed_bytes = 120, .free_bytes = 10, .now = moment_utc("2026-11-22")
	};

	/* Each time one rule less: the next one says so. */
	for (size_t i = 1; i < sizeof(t) / sizeof(t[0]); i++) {
		t[i].r.keep = RETAIN_ALL;
		t[i].r.max_total = i > 1 ? 0 : 100;
		t[i].r.keep_free = i > 2 ? 0 : 1000;
		t[i].r.max_age_s = i > 3 ? 0 : DAY;
	}
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct retain_state s = before;

		CHECK_INT(retain_step(&t[i].r, &s, &daily_utc, &f), t[i].want);
	}
	/* They go one by one, each by the first rule that wants it. */
	struct retain_state s = before;
	CHECK_INT(retain_step(&all, &s, &daily_utc, &f), RETAIN_KEEP);
	CHECK_INT(retain_step(&all, &s, &daily_utc, &f), RETAIN_KEEP_FREE);
	CHECK_INT(s.closed, 0);
	CHECK_INT(s.closed_bytes, 0);
	CHECK_INT(s.free_bytes, 130);
}

static void option_names(void)
{
	CHECK_STR(retain_option(RETAIN_KEEP), "--keep");
	CHECK_STR(retain_option(RETAIN_MAX_AGE), "--max-age");
	CHECK_STR(retain_option(RETAIN_MAX_TOTAL), "--max-total");
	CHECK_STR(retain_option(RETAIN_KEEP_FREE), "--keep-free");
	CHECK_STR(retain_option(RETAIN_STAYS), "");
}

/* ---- limits ---- */

static void part_limit(void)
{
	struct retain_rules r = { .keep = RETAIN_ALL };

	CHECK_INT(retain_part_limit(&r, 1000), 1000);
	CHECK(retain_part_limit(&r, UINT64_MAX) == UINT64_MAX);
	r.max_total = 4096;
	CHECK_INT(retain_part_limit(&r, GIB), 1024);
	CHECK_INT(retain_part_limit(&r, UINT64_MAX), 1024);
	CHECK_INT(retain_part_limit(&r, 1025), 1024);
	CHECK_INT(retain_part_limit(&r, 1024), 1024);
	CHECK_INT(retain_part_limit(&r, 1023), 1023);
	CHECK_INT(retain_part_limit(&r, 1), 1);
	r.max_total = 4099;
	CHECK_INT(retain_part_limit(&r, GIB), 1024); /* rather less than more */
	r.max_total = INT64_MAX;
	CHECK_INT(retain_part_limit(&r, UINT64_MAX), INT64_MAX / 4);
}

static void default_free(void)
{
	CHECK_INT(retain_default_free(0), 0);
	CHECK_INT(retain_default_free(100), 5);
	CHECK_INT(retain_default_free(10 * GIB), GIB / 2);
	CHECK_INT(retain_default_free(20 * GIB - 20), GIB - 1);
	CHECK_INT(retain_default_free(20 * GIB), GIB);
	CHECK_INT(retain_default_free(20 * GIB + 20), GIB);
	CHECK_INT(retain_default_free(UINT64_MAX), GIB);
}

int main(void)
{
	TEST("retain: --keep leaves exactly so many closed files", keep);
	TEST("retain: without a rule nothing goes", keep_all);
	TEST("retain: --max-age counts from the end of the period, to the second", ages_in_utc);
	TEST("retain: --max-age finds that end where the clocks change", ages_where_clocks_change);
	TEST("retain: --max-age of a file without a period counts from its last change",
	     age_of_a_part);
	TEST("retain: the last change of a dated file does not count", no_time_of_change);
	TEST("retain: --max-total counts all files, to the byte", max_total);
	TEST("retain: --keep-free counts what was deleted as free", keep_free);
	TEST("retain: over quota --keep-free asks for one file", quota);
	TEST("retain: what goes by one rule is free for another", frees_by_any_rule);
	TEST("retain: of several rules the first one says why", order_of_rules);
	TEST("retain: a verdict is told by its option", option_names);
	TEST("retain: a part is at most a quarter of --max-total", part_limit);
	TEST("retain: by default 5 % of the file system stays free, at most 1G", default_free);
	return test_end();
}
