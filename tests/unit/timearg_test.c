/* timearg: times as people write them, on nights that have an hour twice, too. */
#include "reader/timearg.h"

#include "base/clock.h"
#include "moment.h"
#include "record/stamp.h"
#include "test.h"

static struct timearg how;

/* Makes it this time of a clock at UTC. */
static void at(const char *zone, const char *now)
{
	moment_zone(zone);
	how = (struct timearg){ .now = moment_utc(now) * CLOCK_SECOND };
}

/* What a text means, in UTC; "?" and the reason if it means nothing. */
static const char *means(const char *text)
{
	static char to[256];
	const char *why;
	int64_t ns;

	if (timearg_parse(text, &how, &ns, &why))
		stamp_rfc3339(ns, true, to);
	else
		snprintf(to, sizeof(to), "? %s", why);
	return to;
}

#define MEANS(text, want) CHECK_STR(means(text), want)

static void refused(const char *text)
{
	if (!CHECK(means(text)[0] == '?'))
		printf("# %s: %s\n", text, means(text));
}

/* ---- tests ---- */

static void knows_dates(void)
{
	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-22 14:05:09");
	MEANS("2026-11-22T14:05:09Z", "2026-11-22T14:05:09.000000Z");
	MEANS("2026-11-22t14:05:09z", "2026-11-22T14:05:09.000000Z");
	MEANS("2026-11-22T14:05:09.25+01:00", "2026-11-22T13:05:09.250000Z");
	MEANS("2026-11-22 14:05:09,000250 -0330", "2026-11-22T17:35:09.000250Z");
	MEANS("2026-11-22 14:05:09 UTC", "2026-11-22T14:05:09.000000Z");
	MEANS("2026-11-22 14:05+05", "2026-11-22T09:05:00.000000Z");
	MEANS("2026-11-22 14:05", "2026-11-22T13:05:00.000000Z");
	MEANS("2026-07-22 14:05", "2026-07-22T12:05:00.000000Z");
	MEANS("2026/07/22", "2026-07-21T22:00:00.000000Z");
	MEANS("2028-02-29", "2028-02-28T23:00:00.000000Z");
	MEANS("Sun 2026-11-22 14:05:09 UTC", "2026-11-22T14:05:09.000000Z");
	MEANS("2026-12-31 23:59:60Z", "2026-12-31T23:59:59.000000Z");
	MEANS("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z");
	how.utc = true;
	MEANS("2026-07-22", "2026-07-22T00:00:00.000000Z");
	MEANS("2026-07-22 14:05", "2026-07-22T14:05:00.000000Z");
}

static void knows_words(void)
{
	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-22 23:30:00"); /* it is the 23rd there */
	MEANS("now", "2026-11-22T23:30:00.000000Z");
	MEANS("Today", "2026-11-22T23:00:00.000000Z");
	MEANS("yesterday", "2026-11-21T23:00:00.000000Z");
	MEANS("tomorrow", "2026-11-23T23:00:00.000000Z");
	MEANS("yesterday 14:05", "2026-11-22T13:05:00.000000Z");
	MEANS("14:05", "2026-11-23T13:05:00.000000Z");
	MEANS("14:05:09.5", "2026-11-23T13:05:09.500000Z");
	MEANS("14:05Z", "2026-11-23T14:05:00.000000Z");
	at("UTC0", "2027-01-01 00:00:00");
	MEANS("yesterday", "2026-12-31T00:00:00.000000Z");
	at("UTC0", "2028-03-01 00:00:00");
	MEANS("yesterday", "2028-02-29T00:00:00.000000Z");
	at("UTC0", "2026-12-31 12:00:00");
	MEANS("tomorrow", "2027-01-01T00:00:00.000000Z");
}

static void knows_durations(void)
{
	at("UTC0", "2026-11-22 14:05:09");
	MEANS("-2h", "2026-11-22T12:05:09.000000Z");
	MEANS("2h", "2026-11-22T12:05:09.000000Z");
	MEANS("2h ago", "2026-11-22T12:05:09.000000Z");
	MEANS("2 hours ago", "2026-11-22T12:05:09.000000Z");
	MEANS("1h30m", "2026-11-22T12:35:09.000000Z");
	MEANS("-1h 30min", "2026-11-22T12:35:09.000000Z");
	MEANS("+5m", "2026-11-22T14:10:09.000000Z");
	MEANS("1d", "2026-11-21T14:05:09.000000Z");
	MEANS("2 weeks ago", "2026-11-08T14:05:09.000000Z");
	MEANS("1.5h", "2026-11-22T12:35:09.000000Z");
	MEANS("500ms", "2026-11-22T14:05:08.500000Z");
	MEANS("90s", "2026-11-22T14:03:39.000000Z");
}

static void knows_numbers(void)
{
	at("UTC0", "2026-11-22 14:05:09");
	MEANS("@0", "1970-01-01T00:00:00.000000Z");
	MEANS("@1795352709", "2026-11-22T13:05:09.000000Z");
	MEANS("@1795352709.00025", "2026-11-22T13:05:09.000250Z");
	MEANS("@400000006b02900f0003d090", "2026-11-22T06:47:33.000250Z");
	MEANS("Nov 22 14:05:09", "2026-11-22T14:05:09.000000Z");
}

/* With --since the first of two equal times, with --until the second: no line is left out. */
static void knows_nights(void)
{
	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25 12:00:00");
	MEANS("02:30", "2026-10-25T00:30:00.000000Z");
	MEANS("01:59:59", "2026-10-24T23:59:59.000000Z");
	MEANS("02:00", "2026-10-25T00:00:00.000000Z");
	MEANS("03:00", "2026-10-25T02:00:00.000000Z");
	MEANS("02:30+01:00", "2026-10-25T01:30:00.000000Z");
	how.last = true;
	MEANS("02:30", "2026-10-25T01:30:00.000000Z");
	MEANS("02:00", "2026-10-25T01:00:00.000000Z");
	MEANS("01:59:59", "2026-10-24T23:59:59.000000Z");
	MEANS("03:00", "2026-10-25T02:00:00.000000Z");
	MEANS("today", "2026-10-24T22:00:00.000000Z");
	how.last = false;
	MEANS("2026-03-29 01:59:59", "2026-03-29T00:59:59.000000Z");
	MEANS("2026-03-29 02:30", "2026-03-29T01:00:00.000000Z"); /* there is none */
	MEANS("2026-03-29 03:00", "2026-03-29T01:00:00.000000Z");
	/* Half an hour, in the south. */
	moment_zone("LHST-10:30LHDT-11,M10.1.0,M4.1.0");
	MEANS("2026-04-05 01:45", "2026-04-04T14:45:00.000000Z");
	how.last = true;
	MEANS("2026-04-05 01:45", "2026-04-04T15:15:00.000000Z");
	/* A whole day was skipped, and one was lived through twice. */
	moment_zone(":Pacific/Apia");
	MEANS("2011-12-30 12:00", "2011-12-30T10:00:00.000000Z");
	MEANS("2011-12-31", "2011-12-30T10:00:00.000000Z");
	moment_zone("UTC0");
}

static void refuses_others(void)
{
	static const char *const texts[] = {
		"",
		" ",
		"x",
		"2026",
		"1795352709",
		"2026-13-01",
		"2026-02-29",
		"2026-11-31",
		"2026-11-22T",
		"2026-11-22 24:00",
		"14:60",
		"14",
		"14:5",
		"2h x",
		"-",
		"-2",
		"ago",
		"2h ago ago",
		"-2h ago",
		"@",
		"@x",
		"@-5",
		"@99999999999",
		"today x",
		"yesterdayx",
		"2026-11-22Tx",
		"2026-11-22 14:05 +25:00",
		"0000-01-01",
		"2parsecs",
		"9999999999999999999h",
		"now-2h",
		"h",
		"1h-2m",
		"2026-11-22 14:05:09.",
		"+2h ago",
	};

	at("UTC0", "2026-11-22 14:05:09");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		refused(texts[i]);
	MEANS("17", "? is a number without a unit; write -2h, 14:05 or @1795352709");
	MEANS("noon", "? is no time; write \"2026-11-22 14:05\", 14:05, yesterday, -2h or "
		      "@1795352709");
}

/* Every quarter of an hour of two years, in zones that change: what is written is what is meant. */
static void comes_back(void)
{
	static const char *const zones[] = { "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3",
					     "LHST-10:30LHDT-11,M10.1.0,M4.1.0",
					     "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
					     "<-0930>9:30" };
	time_t begin = moment_utc("2026-01-01 00:00:00"), end = moment_utc("2028-01-01 00:00:00");

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		moment_zone(zones[i]);
		for (time_t t = begin; t < end; t += 900) {
			struct timearg first = { 0 }, last = { .last = true };
			int64_t a, b;
			char text[64];
			struct tm tm;
			const char *why;

			localtime_r(&t, &tm);
			strftime(text, sizeof(text), "%F %T", &tm);
			bool read = timearg_parse(text, &first, &a, &why) &&
				    timearg_parse(text, &last, &b, &why);
			if (!read || a > b || (a != t * CLOCK_SECOND && b != t * CLOCK_SECOND) ||
			    (a != b && b - a != 3600 * CLOCK_SECOND &&
			     b - a != 1800 * CLOCK_SECOND))
				CHECK_STR(text, zones[i]);
			strftime(text, sizeof(text), "%FT%T%z", &tm);
			if (!timearg_parse(text, &first, &a, &why) || a != t * CLOCK_SECOND)
				CHECK_STR(text, zones[i]);
		}
	}
	moment_zone("UTC0");
}

int main(void)
{
	TEST("timearg: dates, with T or a blank, with a zone or without", knows_dates);
	TEST("timearg: today, yesterday, and a time alone", knows_words);
	TEST("timearg: durations before now, and after it", knows_durations);
	TEST("timearg: numbers, and times as they stand in lines", knows_numbers);
	TEST("timearg: a time that comes twice, or not at all", knows_nights);
	TEST("timearg: anything else is refused, and what to write is said", refuses_others);
	TEST("timearg: each moment of two years comes back", comes_back);
	return test_end();
}
