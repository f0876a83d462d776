/* calendar: periods tile time, whatever the clocks of the world do. */
#include "family/calendar.h"

#include "family/names.h"
#include "moment.h"
#include "test.h"

#include <stdint.h>
#include <unistd.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const char *const roll_names[] = { "never", "minutely", "hourly",
					  "daily", "weekly",   "monthly" };

/* Sets local time; false, and the test is skipped, if the system does not know the zone. */
static bool set_zone(const char *zone)
{
	char path[256];

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	if (access(path, R_OK) != 0) {
		printf("# %s is missing\n", path);
		test_skip("time zones are not installed (tzdata)");
		return false;
	}
	moment_zone(zone);
	return true;
}

static const char *show(time_t t)
{
	static char texts[4][32];
	static unsigned next;
	char *to = texts[next++ % 4];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(to, sizeof(texts[0]), "%Y-%m-%d %H:%M:%S", &tm);
	return to;
}

/* The period that every moment from start up to end is in. All times in UTC. */
static void check_period(const struct calendar *c, const char *start, const char *end,
			 const char *name)
{
	const time_t from = moment_utc(start), to = moment_utc(end);
	const time_t moments[] = { from,   from + 1, from + (to - from) / 3, (from + to) / 2,
				   to - 2, to - 1 };
	struct names names;

	names_init(&names, "log", c->roll);
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct calendar_period p;
		char text[NAMES_SIZE];

		calendar_find(c, moments[i], &p);
		names_build(
			&names,
			&(struct names_member){ .period = names_period(&names, &p.tm), .part = 1 },
			text);
		if (!CHECK_STR(show(p.start), show(from)) || !CHECK_STR(show(p.end), show(to)) ||
		    !CHECK_STR(text + strlen("log."), name)) {
			printf("# %s, TZ=%s, at %s\n", roll_names[c->roll], getenv("TZ"),
			       show(moments[i]));
			return;
		}
	}
}

struct expected {
	enum calendar_roll roll;
	const char *start, *end; /* in UTC */
	const char *name;
};

static void check_zone(const char *zone, const struct expected *e, size_t count)
{
	if (!set_zone(zone))
		return;
	for (size_t i = 0; i < count; i++)
		check_period(&(struct calendar){ .roll = e[i].roll }, e[i].start, e[i].end,
			     e[i].name);
}

#define CHECK_ZONE(zone, ...)                                                                      \
	do {                                                                                       \
		static const struct expected e[] = __VA_ARGS__;                                    \
		check_zone((zone), e, sizeof(e) / sizeof(e[0]));                                   \
	} while (0)

/* ---- in UTC ---- */

static void each_roll(void)
{
	static const struct expected e[] = {
		{ CALENDAR_MINUTELY, "2026-11-22 14:05", "2026-11-22 14:06", "2026-11-22T14-05" },
		{ CALENDAR_MINUTELY, "2026-12-31 23:59", "2027-01-01", "2026-12-31T23-59" },
		{ CALENDAR_HOURLY, "2026-11-22 14:00", "2026-11-22 15:00", "2026-11-22T14" },
		{ CALENDAR_HOURLY, "2026-12-31 23:00", "2027-01-01", "2026-12-31T23" },
		{ CALENDAR_DAILY, "2026-11-22", "2026-11-23", "2026-11-22" },
		{ CALENDAR_DAILY, "2026-12-31", "2027-01-01", "2026-12-31" },
		{ CALENDAR_WEEKLY, "2026-11-16", "2026-11-23", "2026-W47" },
		{ CALENDAR_MONTHLY, "2026-11-01", "2026-12-01", "2026-11" },
		{ CALENDAR_MONTHLY, "2026-12-01", "2027-01-01", "2026-12" },
	};

	setenv("TZ", "America/New_York", 1); /* UTC is asked for, so this does not count */
	tzset();
	for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++)
		check_period(&(struct calendar){ .roll = e[i].roll, .utc = true }, e[i].start,
			     e[i].end, e[i].name);
}

static void never(void)
{
	const struct calendar c = { .roll = CALENDAR_NEVER, .utc = true };
	struct calendar_period p;

	calendar_find(&c, moment_utc("2026-11-22"), &p);
	CHECK(p.start <= INT64_MIN / 2);
	CHECK(p.end >= INT64_MAX / 2);
	CHECK(calendar_holds(&p, 0));
	CHECK(calendar_holds(&p, -5000000000));
	CHECK(calendar_holds(&p, 5000000000));
}

static void holds(void)
{
	const struct calendar c = { .roll = CALENDAR_DAILY, .utc = true };
	struct calendar_period p;

	calendar_find(&c, moment_utc("2026-11-22 12:00"), &p);
	CHECK(!calendar_holds(&p, moment_utc("2026-11-22") - 1));
	CHECK(calendar_holds(&p, moment_utc("2026-11-22")));
	CHECK(calendar_holds(&p, moment_utc("2026-11-22 12:00")));
	CHECK(calendar_holds(&p, moment_utc("2026-11-23") - 1));
	CHECK(!calendar_holds(&p, moment_utc("2026-11-23")));
}

static void leap_days(void)
{
	const struct calendar daily = { .roll = CALENDAR_DAILY, .utc = true };
	const struct calendar monthly = { .roll = CALENDAR_MONTHLY, .utc = true };

	check_period(&daily, "2024-02-28", "2024-02-29", "2024-02-28");
	check_period(&daily, "2024-02-29", "2024-03-01", "2024-02-29");
	check_period(&daily, "2000-02-29", "2000-03-01", "2000-02-29");
	check_period(&daily, "2100-02-28", "2100-03-01", "2100-02-28");
	check_period(&monthly, "2024-02-01", "2024-03-01", "2024-02");
	check_period(&monthly, "2026-02-01", "2026-03-01", "2026-02");
	check_period(&monthly, "2100-02-01", "2100-03-01", "2100-02");
}

static void iso_weeks(void)
{
	const struct calendar c = { .roll = CALENDAR_WEEKLY, .utc = true };

	check_period(&c, "2020-12-21", "2020-12-28", "2020-W52");
	check_period(&c, "2020-12-28", "2021-01-04", "2020-W53");
	check_period(&c, "2021-01-04", "2021-01-11", "2021-W01");
	check_period(&c, "2024-12-30", "2025-01-06", "2025-W01"); /* begins in the year before */
	check_period(&c, "2026-12-28", "2027-01-04", "2026-W53");
	check_period(&c, "2027-12-27", "2028-01-03", "2027-W52");
}

static void negative_times(void)
{
	const struct calendar daily = { .roll = CALENDAR_DAILY, .utc = true };
	const struct calendar weekly = { .roll = CALENDAR_WEEKLY, .utc = true };
	struct calendar_period p;

	check_period(&daily, "1969-12-31", "1970-01-01", "1969-12-31");
	check_period(&daily, "1970-01-01", "1970-01-02", "1970-01-01");
	check_period(&daily, "1900-02-28", "1900-03-01", "1900-02-28");
	check_period(&weekly, "1969-12-29", "1970-01-05", "1970-W01");
	calendar_find(&daily, -1, &p);
	CHECK_INT(p.start, -DAY);
	CHECK_INT(p.end, 0);
}

/* ---- in local time ---- */

static void new_york(void)
{
	CHECK_ZONE(
		"America/New_York",
		{ { CALENDAR_DAILY, "2026-03-08 05:00", "2026-03-09 04:00", "2026-03-08" },
		  { CALENDAR_HOURLY, "2026-03-08 06:00", "2026-03-08 07:00", "2026-03-08T01" },
		  { CALENDAR_HOURLY, "2026-03-08 07:00", "2026-03-08 08:00", "2026-03-08T03" },
		  { CALENDAR_MINUTELY, "2026-03-08 06:59", "2026-03-08 07:00", "2026-03-08T01-59" },
		  { CALENDAR_DAILY, "2026-11-01 04:00", "2026-11-02 05:00", "2026-11-01" },
		  /* one o'clock comes twice in a row, and is one hour of two */
		  { CALENDAR_HOURLY, "2026-11-01 05:00", "2026-11-01 07:00", "2026-11-01T01" },
		  { CALENDAR_HOURLY, "2026-11-01 07:00", "2026-11-01 08:00", "2026-11-01T02" },
		  /* its minutes come twice too, but not in a row */
		  { CALENDAR_MINUTELY, "2026-11-01 05:30", "2026-11-01 05:31", "2026-11-01T01-30" },
		  { CALENDAR_MINUTELY, "2026-11-01 06:30", "2026-11-01 06:31", "2026-11-01T01-30" },
		  { CALENDAR_WEEKLY, "2026-03-02 05:00", "2026-03-09 04:00", "2026-W10" },
		  { CALENDAR_MONTHLY, "2026-03-01 05:00", "2026-04-01 04:00", "2026-03" },
		  { CALENDAR_MONTHLY, "2026-11-01 04:00", "2026-12-01 05:00", "2026-11" } });
}

static void berlin(void)
{
	CHECK_ZONE("Europe/Berlin",
		   { { CALENDAR_DAILY, "2026-03-28 23:00", "2026-03-29 22:00", "2026-03-29" },
		     { CALENDAR_HOURLY, "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29T01" },
		     { CALENDAR_HOURLY, "2026-03-29 01:00", "2026-03-29 02:00", "2026-03-29T03" },
		     { CALENDAR_DAILY, "2026-10-24 22:00", "2026-10-25 23:00", "2026-10-25" },
		     { CALENDAR_HOURLY, "2026-10-25 00:00", "2026-10-25 02:00", "2026-10-25T02" },
		     { CALENDAR_WEEKLY, "2026-10-18 22:00", "2026-10-25 23:00", "2026-W43" },
		     { CALENDAR_MONTHLY, "2026-09-30 22:00", "2026-10-31 23:00", "2026-10" } });
}

static void lord_howe(void)
{
	CHECK_ZONE(
		"Australia/Lord_Howe",
		{ { CALENDAR_DAILY, "2026-04-04 13:00", "2026-04-05 13:30", "2026-04-05" },
		  { CALENDAR_HOURLY, "2026-04-04 14:00", "2026-04-04 15:30", "2026-04-05T01" },
		  { CALENDAR_MINUTELY, "2026-04-04 14:59", "2026-04-04 15:00", "2026-04-05T01-59" },
		  { CALENDAR_MINUTELY, "2026-04-04 15:00", "2026-04-04 15:01", "2026-04-05T01-30" },
		  { CALENDAR_DAILY, "2026-10-03 13:30", "2026-10-04 13:00", "2026-10-04" },
		  { CALENDAR_HOURLY, "2026-10-03 14:30", "2026-10-03 15:30", "2026-10-04T01" },
		  { CALENDAR_HOURLY, "2026-10-03 15:30", "2026-10-03 16:00", "2026-10-04T02" } });
}

static void no_midnight(void)
{
	CHECK_ZONE(
		"America/Sao_Paulo",
		{ { CALENDAR_DAILY, "2018-11-03 03:00", "2018-11-04 03:00", "2018-11-03" },
		  { CALENDAR_DAILY, "2018-11-04 03:00", "2018-11-05 02:00", "2018-11-04" },
		  { CALENDAR_HOURLY, "2018-11-04 02:00", "2018-11-04 03:00", "2018-11-03T23" },
		  { CALENDAR_HOURLY, "2018-11-04 03:00", "2018-11-04 04:00", "2018-11-04T01" },
		  /* and the night with two hours before midnight */
		  { CALENDAR_DAILY, "2019-02-16 02:00", "2019-02-17 03:00", "2019-02-16" },
		  { CALENDAR_HOURLY, "2019-02-17 01:00", "2019-02-17 03:00", "2019-02-16T23" } });
	CHECK_ZONE(
		"Africa/Cairo",
		{ { CALENDAR_DAILY, "2023-04-26 22:00", "2023-04-27 22:00", "2023-04-27" },
		  { CALENDAR_DAILY, "2023-04-27 22:00", "2023-04-28 21:00", "2023-04-28" },
		  { CALENDAR_DAILY, "2023-10-25 21:00", "2023-10-26 22:00", "2023-10-26" },
		  { CALENDAR_HOURLY, "2023-10-26 20:00", "2023-10-26 22:00", "2023-10-26T23" } });
}

static void no_such_day(void)
{
	CHECK_ZONE("Pacific/Apia",
		   { { CALENDAR_DAILY, "2011-12-29 10:00", "2011-12-30 10:00", "2011-12-29" },
		     { CALENDAR_DAILY, "2011-12-30 10:00", "2011-12-31 10:00", "2011-12-31" },
		     { CALENDAR_HOURLY, "2011-12-30 09:00", "2011-12-30 10:00", "2011-12-29T23" },
		     { CALENDAR_HOURLY, "2011-12-30 10:00", "2011-12-30 11:00", "2011-12-31T00" },
		     { CALENDAR_WEEKLY, "2011-12-26 10:00", "2012-01-01 10:00", "2011-W52" },
		     { CALENDAR_MONTHLY, "2011-12-01 10:00", "2011-12-31 10:00", "2011-12" } });
}

static void two_hours(void)
{
	CHECK_ZONE(
		"Antarctica/Troll",
		{ { CALENDAR_DAILY, "2026-03-29 00:00", "2026-03-29 22:00", "2026-03-29" },
		  { CALENDAR_HOURLY, "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29T00" },
		  { CALENDAR_HOURLY, "2026-03-29 01:00", "2026-03-29 02:00", "2026-03-29T03" },
		  { CALENDAR_DAILY, "2026-10-24 22:00", "2026-10-26 00:00", "2026-10-25" },
		  /* one and two o'clock, and one and two o'clock again */
		  { CALENDAR_HOURLY, "2026-10-24 23:00", "2026-10-25 00:00", "2026-10-25T01" },
		  { CALENDAR_HOURLY, "2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25T02" },
		  { CALENDAR_HOURLY, "2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25T01" },
		  { CALENDAR_HOURLY, "2026-10-25 02:00", "2026-10-25 03:00", "2026-10-25T02" } });
}

/* In Newfoundland the clocks went back at 00:01: a new day of one minute, the old one again. */
static void back_over_midnight(void)
{
	CHECK_ZONE(
		"America/St_Johns",
		{ { CALENDAR_DAILY, "2010-11-06 02:30", "2010-11-07 02:30", "2010-11-06" },
		  { CALENDAR_DAILY, "2010-11-07 02:30", "2010-11-07 02:31", "2010-11-07" },
		  { CALENDAR_DAILY, "2010-11-07 02:31", "2010-11-07 03:30", "2010-11-06" },
		  { CALENDAR_DAILY, "2010-11-07 03:30", "2010-11-08 03:30", "2010-11-07" },
		  { CALENDAR_HOURLY, "2010-11-07 01:30", "2010-11-07 02:30", "2010-11-06T23" },
		  { CALENDAR_HOURLY, "2010-11-07 02:30", "2010-11-07 02:31", "2010-11-07T00" },
		  { CALENDAR_HOURLY, "2010-11-07 02:31", "2010-11-07 03:30", "2010-11-06T23" } });
}

/* ---- periods tile time ---- */

static unsigned short seed[3] = { 4, 5, 6 };

static struct tm date_of(const struct calendar *c, time_t t)
{
	struct tm tm = { 0 };

	if (c->utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	return tm;
}

/* Do two moments have the same date, as far as the roll looks? Written another way than calendar.
 */
static bool same_date(const struct calendar *c, time_t a, time_t b)
{
	static const size_t lengths[] = {
		[CALENDAR_MINUTELY] = sizeof("2026-11-22 14:05") - 1,
		[CALENDAR_HOURLY] = sizeof("2026-11-22 14") - 1,
		[CALENDAR_DAILY] = sizeof("2026-11-22") - 1,
		[CALENDAR_MONTHLY] = sizeof("2026-11") - 1,
	};
	char texts[2][32];
	struct tm tm;

	for (int i = 0; i < 2; i++) {
		tm = date_of(c, i ? b : a);
		if (c->roll == CALENDAR_WEEKLY)
			strftime(texts[i], sizeof(texts[i]), "%G-W%V", &tm);
		else
			strftime(texts[i], sizeof(texts[i]), "%Y-%m-%d %H:%M", &tm);
	}
	if (c->roll == CALENDAR_WEEKLY)
		return strcmp(texts[0], texts[1]) == 0;
	return strncmp(texts[0], texts[1], lengths[c->roll]) == 0;
}

/* Everything that must be so for the period of one moment. */
static bool tiles(const struct calendar *c, time_t moment)
{
	struct calendar_period p, q;
	struct tm tm;

	calendar_find(c, moment, &p);
	if (!CHECK(p.start <= moment && moment < p.end) || !CHECK(calendar_holds(&p, moment)))
		return false;
	tm = date_of(c, p.start);
	if (!CHECK(tm.tm_mday == p.tm.tm_mday && tm.tm_hour == p.tm.tm_hour &&
		   tm.tm_min == p.tm.tm_min && tm.tm_year == p.tm.tm_year))
		return false;
	if (!CHECK(same_date(c, p.start, p.end - 1)) || !CHECK(!same_date(c, p.start, p.end)) ||
	    !CHECK(!same_date(c, p.start - 1, p.start)))
		return false;
	calendar_find(c, p.end, &q);
	if (!CHECK_INT(q.start, p.end))
		return false;
	calendar_find(c, p.start - 1, &q);
	if (!CHECK_INT(q.end, p.start))
		return false;
	calendar_find(c, p.start + nrand48(seed) % (p.end - p.start), &q);
	return CHECK_INT(q.start, p.start) && CHECK_INT(q.end, p.end);
}

static bool tile(const struct calendar *c, time_t moment)
{
	if (tiles(c, moment))
		return true;
	printf("# %s, TZ=%s, around %s (%lld)\n", roll_names[c->roll], c->utc ? "" : getenv("TZ"),
	       show(moment), (long long)moment);
	return false;
}

static time_t random_between(time_t from, time_t to)
{
	return from + (time_t)(erand48(seed) * (double)(to - from));
}

static void utc_tiles(void)
{
	for (unsigned long i = 0; i < 300 * test_rounds(); i++)
		for (int roll = CALENDAR_MINUTELY; roll <= CALENDAR_MONTHLY; roll++)
			if (!tile(&(struct calendar){ .roll = (enum calendar_roll)roll,
						      .utc = true },
				  random_between(moment_utc("1800-01-01"),
						 moment_utc("2400-01-01"))))
				return;
}

static const char *const zones[] = {
	"Africa/Cairo",      "Africa/Casablanca",   "America/Asuncion",  "America/Caracas",
	"America/Havana",    "America/New_York",    "America/Nuuk",      "America/Santiago",
	"America/Sao_Paulo", "Antarctica/Troll",    "Asia/Beirut",       "Asia/Gaza",
	"Asia/Kathmandu",    "Asia/Pyongyang",      "Asia/Tehran",       "Atlantic/Azores",
	"Europe/Berlin",     "Australia/Lord_Howe", "Europe/Dublin",     "Europe/London",
	"Pacific/Apia",      "Pacific/Auckland",    "Pacific/Chatham",   "Pacific/Kiritimati",
	"Pacific/Norfolk",   "Asia/Kolkata",        "America/Anchorage", "Europe/Moscow",
};

enum { ZONES = sizeof(zones) / sizeof(zones[0]) };

static long offset_at(time_t t)
{
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* A moment near one at which the zone's clocks change, if there is one within two years. */
static time_t near_change(time_t t)
{
	for (time_t to = t + 2 * 365 * DAY; t < to; t += DAY) {
		if (offset_at(t) == offset_at(t + DAY))
			continue;
		time_t before = t, after = t + DAY;
		while (after - before > 1) {
			time_t middle = before + (after - before) / 2;

			*(offset_at(middle) == offset_at(t) ? &before : &after) = middle;
		}
		return random_between(after - 3 * HOUR, after + 3 * HOUR);
	}
	return t;
}

static void zones_tile(void)
{
	for (size_t z = 0; z < ZONES; z++) {
		if (!set_zone(zones[z]))
			return;
		for (unsigned long i = 0; i < 12 * test_rounds(); i++) {
			time_t moment =
				random_between(moment_utc("1970-01-01"), moment_utc("2038-01-01"));
			struct calendar c = { .roll = CALENDAR_MINUTELY };

			if (i % 4 > 0)
				moment = near_change(moment);
			for (; c.roll <= CALENDAR_MONTHLY; c.roll++)
				if (!tile(&c, moment))
					return;
		}
	}
}

/* ---- from what the clock shows to the moment ---- */

/* What the clock shows, as seconds since the Epoch if it were at UTC. */
static time_t reading_at(const struct calendar *c, time_t moment)
{
	struct tm tm = date_of(c, moment);

	return timegm(&tm);
}

static void moment_in_utc(void)
{
	const struct calendar c = { .roll = CALENDAR_DAILY, .utc = true };
	static const char *const texts[] = { "2026-11-22 14:05:09", "1969-12-31 23:59:59",
					     "2024-02-29", "2026-03-08 02:30" };

	setenv("TZ", "America/New_York", 1);
	tzset();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_INT(calendar_moment(&c, moment_utc(texts[i])), moment_utc(texts[i]));
	CHECK_INT(calendar_moment(&c, 0), 0);
}

static void moment_in_new_york(void)
{
	const struct calendar c = { .roll = CALENDAR_DAILY };
	static const struct {
		const char *reading, *moment;
	} e[] = {
		{ "2026-01-15 00:00:00", "2026-01-15 05:00:00" },
		{ "2026-07-15 00:00:00", "2026-07-15 04:00:00" },
		{ "2026-03-08 01:59:59", "2026-03-08 06:59:59" },
		{ "2026-03-08 03:00:00", "2026-03-08 07:00:00" },
		{ "2026-11-01 00:59:59", "2026-11-01 04:59:59" },
		{ "2026-11-01 02:00:00", "2026-11-01 07:00:00" },
	};

	if (!set_zone("America/New_York"))
		return;
	for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++)
		CHECK_STR(show(calendar_moment(&c, moment_utc(e[i].reading))), e[i].moment);
	/* half past one comes twice, half past two not at all */
	CHECK_INT(reading_at(&c, calendar_moment(&c, moment_utc("2026-11-01 01:30"))),
		  moment_utc("2026-11-01 01:30"));
	CHECK(labs(calendar_moment(&c, moment_utc("2026-03-08 02:30")) -
		   moment_utc("2026-03-08 07:00")) <= HOUR);
}

/* Wherever the clocks went, what they showed leads back to a moment at which they show it. */
static void moments_lead_back(void)
{
	for (size_t z = 0; z < ZONES; z++) {
		const struct calendar c = { .roll = CALENDAR_DAILY };

		if (!set_zone(zones[z]))
			return;
		for (unsigned long i = 0; i < 20 * test_rounds(); i++) {
			time_t moment =
				random_between(moment_utc("1970-01-01"), moment_utc("2038-01-01"));

			if (i % 4 > 0)
				moment = near_change(moment);
			time_t reading = reading_at(&c, moment);
			time_t got = calendar_moment(&c, reading);

			if (!CHECK_INT(reading_at(&c, got), reading) ||
			    !CHECK(labs(got - moment) <= 3 * HOUR)) {
				printf("# TZ=%s, %s\n", zones[z], show(moment));
				return;
			}
		}
	}
}

/*
 * The date in a name leads back to the period it was made from, also where the first moment of
 * the period is not what its name says: a day without midnight, a month without its first day.
 */
static void names_lead_back(void)
{
	for (size_t z = 0; z < ZONES; z++) {
		struct calendar c = { .roll = CALENDAR_DAILY };

		if (!set_zone(zones[z]))
			return;
		for (; c.roll <= CALENDAR_MONTHLY; c.roll++) {
			struct calendar_period p, q;
			struct names names;

			names_init(&names, "app.log", c.roll);
			for (unsigned long i = 0; i < 12 * test_rounds(); i++) {
				time_t moment = random_between(moment_utc("1990-01-01"),
							       moment_utc("2038-01-01"));

				calendar_find(&c, near_change(moment), &p);
				calendar_find(&c, calendar_moment(&c, names_period(&names, &p.tm)),
					      &q);
				if (!CHECK_STR(show(q.start), show(p.start))) {
					printf("# %s, TZ=%s\n", roll_names[c.roll], zones[z]);
					return;
				}
			}
		}
	}
}

int main(void)
{
	TEST("calendar: a minute, an hour, a day, a week, a month have their edges in UTC",
	     each_roll);
	TEST("calendar: never has one period without end", never);
	TEST("calendar: a period holds its first moment and not its end", holds);
	TEST("calendar: leap days are days, and centuries know when", leap_days);
	TEST("calendar: weeks are those of ISO 8601, with a week 53 where there is one", iso_weeks);
	TEST("calendar: times before 1970 are times like all others", negative_times);
	TEST("calendar: New York has days of 23 and 25 hours, and an hour of two", new_york);
	TEST("calendar: Berlin has days of 23 and 25 hours, and an hour of two", berlin);
	TEST("calendar: Lord Howe moves its clocks by half an hour", lord_howe);
	TEST("calendar: a day without midnight begins when it begins", no_midnight);
	TEST("calendar: a day that never was has no period", no_such_day);
	TEST("calendar: Troll moves its clocks by two hours", two_hours);
	TEST("calendar: clocks that go back over midnight end the new day after a minute",
	     back_over_midnight);
	TEST("calendar: in UTC periods tile time without gap or overlap", utc_tiles);
	TEST("calendar: in many zones periods tile time, also where the clocks change", zones_tile);
	TEST("calendar: in UTC a reading of the clock is its moment", moment_in_utc);
	TEST("calendar: a reading of New York's clock is five or four hours later in UTC",
	     moment_in_new_york);
	TEST("calendar: what a clock showed leads back to a moment at which it shows that",
	     moments_lead_back);
	TEST("calendar: the date in a name leads back to the period it was made from",
	     names_lead_back);
	return test_end();
}
