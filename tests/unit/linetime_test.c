/* linetime: the times before lines of many programs, and no time where there is none. */
#include "reader/linetime.h"

#include "base/clock.h"
#include "moment.h"
#include "record/stamp.h"
#include "test.h"

static struct linetime_rules rules;

static void at(const char *zone, const char *now)
{
	moment_zone(zone);
	rules = (struct linetime_rules){ .near = moment_utc(now) * CLOCK_SECOND };
}

static const char *time_of(const char *line)
{
	static char to[STAMP_SIZE];
	struct linetime t;

	if (!linetime_find(&rules, line, strlen(line), &t))
		return NULL;
	CHECK(t.len <= strlen(line) && t.first <= t.last);
	stamp_rfc3339(t.first, true, to);
	return to;
}

#define TIME(line, want) CHECK_STR(time_of(line), want)
#define NONE(line)       CHECK(!time_of(line))

/* ---- tests ---- */

static void knows_ours(void)
{
	static const enum stamp_kind kinds[] = { STAMP_RFC3339, STAMP_ISO8601, STAMP_UNIX,
						 STAMP_TAI64N };
	static const char *const zones[] = { "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "NST3:30" };
	int64_t ns = moment_utc("2026-11-22 14:05:09") * CLOCK_SECOND + 123000000;

	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		at(zones[z], "2026-11-20 00:00:00");
		for (size_t i = 0; i < 2 * sizeof(kinds) / sizeof(*kinds); i++) {
			struct stamp_format f = { .kind = kinds[i / 2], .utc = i % 2 };
			char line[STAMP_MOST + 20];
			struct linetime t = { 0 };
			struct stamp s;

			stamp_init(&s, &f);
			snprintf(line, sizeof(line), "%s hello", stamp_at(&s, ns));
			CHECK(linetime_find(&rules, line, strlen(line), &t));
			CHECK_INT(t.first, ns);
			CHECK_INT(t.last, ns);
			CHECK_INT(t.len, strlen(line) - 6);
		}
	}
	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-20 00:00:00");
	TIME("{\"time\":\"2026-11-22T15:05:09.000250+01:00\",\"stream\":\"stdout\",\"message\":\"x\"}",
	     "2026-11-22T14:05:09.000250Z");
	TIME("2026-11-22T15:05:09.000250+01:00 stdout F x", "2026-11-22T14:05:09.000250Z");
	TIME("2026-11-22 15:05:09 x", "2026-11-22T14:05:09.000000Z");
}

static void knows_others(void)
{
	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-20 00:00:00");
	TIME("2026-11-22 15:05:09,123 INFO main - x", "2026-11-22T14:05:09.123000Z");
	TIME("2026/11/22 15:05:09 [error] 7#7: x", "2026-11-22T14:05:09.000000Z");
	TIME("[2026-11-22T14:05:09Z WARN x] y", "2026-11-22T14:05:09.000000Z");
	TIME("2026-11-22 14:05:09.123 UTC [7] LOG:  x", "2026-11-22T14:05:09.123000Z");
	TIME("2026-11-22 14:05:09 GMT x", "2026-11-22T14:05:09.000000Z");
	TIME("2026-11-22 15:05:09 UTCTIME x", "2026-11-22T14:05:09.000000Z");
	TIME("Nov 22 15:05:09 host x[7]: y", "2026-11-22T14:05:09.000000Z");
	TIME("Nov  2 15:05:09 host x[7]: y", "2026-11-02T14:05:09.000000Z");
	TIME("<34>Nov 22 15:05:09 host x: y", "2026-11-22T14:05:09.000000Z");
	TIME("<165>1 2026-11-22T14:05:09.003Z host x - - y", "2026-11-22T14:05:09.003000Z");
	TIME("10.0.0.1 - - [22/Nov/2026:15:05:09 +0100] \"GET / HTTP/1.1\" 200 2",
	     "2026-11-22T14:05:09.000000Z");
	TIME("I1122 15:05:09.000250   7 x.go:5] y", "2026-11-22T14:05:09.000250Z");
	TIME("time=\"2026-11-22T14:05:09Z\" level=info msg=x", "2026-11-22T14:05:09.000000Z");
	TIME("ts=2026-11-22T14:05:09.5Z caller=x", "2026-11-22T14:05:09.500000Z");
	TIME("{\"level\":30,\"time\":1795356309123,\"msg\":\"x\"}", "2026-11-22T14:05:09.123000Z");
	TIME("{\"level\":\"info\",\"ts\":1795356309.5,\"msg\":\"x\"}",
	     "2026-11-22T14:05:09.500000Z");
	TIME("{\"log\":\"\\\"time\\\":\\\"1999-01-01T00:00:00Z\\\"\\n\",\"time\":\"2026-11-22T14:05:09Z\"}",
	     "2026-11-22T14:05:09.000000Z");
	TIME("{\"@timestamp\" : \"2026-11-22T14:05:09Z\"}", "2026-11-22T14:05:09.000000Z");
}

static void chooses_the_year(void)
{
	at("UTC0", "2027-01-01 00:10:00");
	TIME("Dec 31 23:59:59 x", "2026-12-31T23:59:59.000000Z");
	TIME("Jan  1 00:00:00 x", "2027-01-01T00:00:00.000000Z");
	at("UTC0", "2026-12-31 23:50:00");
	TIME("Jan  1 00:00:00 x", "2027-01-01T00:00:00.000000Z");
	TIME("E0101 00:00:00.5 x", "2027-01-01T00:00:00.500000Z");
	at("UTC0", "2028-03-01 00:00:00");
	TIME("Feb 29 12:00:00 x", "2028-02-29T12:00:00.000000Z");
	at("UTC0", "2027-03-01 00:00:00");
	NONE("Feb 29 12:00:00 x");
}

static void tells_both_moments(void)
{
	static const char line[] = "2026-10-25 02:30:00 x";
	struct linetime t = { 0 };

	at("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25 00:00:00");
	CHECK(linetime_find(&rules, line, strlen(line), &t));
	CHECK_INT(t.first, moment_utc("2026-10-25 00:30:00") * CLOCK_SECOND);
	CHECK_INT(t.last, moment_utc("2026-10-25 01:30:00") * CLOCK_SECOND);
	rules.utc = true;
	CHECK(linetime_find(&rules, line, strlen(line), &t));
	CHECK_INT(t.first, moment_utc("2026-10-25 02:30:00") * CLOCK_SECOND);
	CHECK_INT(t.last, t.first);
}

static void sees_none_elsewhere(void)
{
	static const char *const lines[] = {
		"",
		"\n",
		"hello",
		"\tat java.lang.Thread.run(Thread.java:840)",
		"  File \"x.py\", line 5, in <module>",
		"2026-11-22",
		"2026-11-22 hello",
		"2026-11-22T25:00:00Z",
		"2026-02-30T05:00:00Z",
		"1795356309 items",
		"1795356309.txt",
		"12345.678 x",
		"Nov",
		"November rain",
		"Nov 31 15:05:09 x",
		"@400000006b02",
		"@400000006b02900fffffffff x",
		"@0000000000000000ffffffff",
		"[22/Nov",
		"[99/Nov/2026:15:05:09 +0100]",
		"{\"msg\":\"time\"}",
		"{\"time\"}",
		"{\"time\":\"never\"}",
		"{",
		"<",
		"<34",
		"<34>",
		"I1322 15:05:09 x",
		"time=",
		"time=soon",
		"14:05:09 x",
	};

	at("UTC0", "2026-11-20 00:00:00");
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!CHECK(!time_of(lines[i])))
			printf("# %s\n", lines[i]);
}

int main(void)
{
	TEST("linetime: all that logsink writes before lines", knows_ours);
	TEST("linetime: what other programs write", knows_others);
	TEST("linetime: a time without a year is in the nearest", chooses_the_year);
	TEST("linetime: a time that comes twice is two moments", tells_both_moments);
	TEST("linetime: where there is no time none is seen", sees_none_elsewhere);
	return test_end();
}
