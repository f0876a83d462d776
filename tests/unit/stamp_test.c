/* stamp: RFC 3339, in every zone and century, and the other formats. */
#include "record/stamp.h"

#include "moment.h"
#include "test.h"

#include <inttypes.h>
#include <time.h>

#define SEC INT64_C(1000000000)

static const char *stamp(int64_t ns, bool utc)
{
	static char text[STAMP_SIZE + 8];

	memset(text, '#', sizeof(text));
	stamp_rfc3339(ns, utc, text);
	for (size_t i = STAMP_SIZE; i < sizeof(text); i++)
		CHECK(text[i] == '#');
	CHECK(memchr(text, '\0', STAMP_SIZE) != NULL);
	text[STAMP_SIZE] = '\0';
	return text;
}

static void in_utc(void)
{
	moment_zone("EST5EDT");
	CHECK_STR(stamp(0, true), "1970-01-01T00:00:00.000000Z");
	CHECK_STR(stamp(1795356309 * SEC + 250000, true), "2026-11-22T14:05:09.000250Z");
	CHECK_STR(stamp(951868799 * SEC, true), "2000-02-29T23:59:59.000000Z");
	CHECK_STR(stamp(INT64_C(4102444800) * SEC, true), "2100-01-01T00:00:00.000000Z");
	CHECK_STR(stamp(INT64_MAX, true), "2262-04-11T23:47:16.854775Z");
}

static void fractions(void)
{
	CHECK_STR(stamp(1, true), "1970-01-01T00:00:00.000000Z");
	CHECK_STR(stamp(999, true), "1970-01-01T00:00:00.000000Z");
	CHECK_STR(stamp(1000, true), "1970-01-01T00:00:00.000001Z");
	CHECK_STR(stamp(120000000, true), "1970-01-01T00:00:00.120000Z");
	CHECK_STR(stamp(SEC - 1, true), "1970-01-01T00:00:00.999999Z"); /* never rounded up */
	CHECK_STR(stamp(SEC, true), "1970-01-01T00:00:01.000000Z");
}

static void negative(void)
{
	CHECK_STR(stamp(-1, true), "1969-12-31T23:59:59.999999Z");
	CHECK_STR(stamp(-1000, true), "1969-12-31T23:59:59.999999Z");
	CHECK_STR(stamp(-1001, true), "1969-12-31T23:59:59.999998Z");
	CHECK_STR(stamp(-SEC, true), "1969-12-31T23:59:59.000000Z");
	CHECK_STR(stamp(-SEC - 1, true), "1969-12-31T23:59:58.999999Z");
	CHECK_STR(stamp(-86400 * SEC, true), "1969-12-31T00:00:00.000000Z");
	CHECK_STR(stamp(-2208988800 * SEC, true), "1900-01-01T00:00:00.000000Z");
	CHECK_STR(stamp(INT64_MIN + SEC, true), "1677-09-21T00:12:44.145224Z");
	moment_zone("<+0545>-5:45");
	CHECK_STR(stamp(-1, false), "1970-01-01T05:44:59.999999+05:45");
}

static void offsets(void)
{
	static const struct {
		const char *rule, *want;
	} zones[] = {
		{ "UTC0", "1970-01-01T12:00:00.000000+00:00" },
		{ "CET-1", "1970-01-01T13:00:00.000000+01:00" },
		{ "EST5", "1970-01-01T07:00:00.000000-05:00" },
		{ "<+0545>-5:45", "1970-01-01T17:45:00.000000+05:45" },
		{ "NST3:30", "1970-01-01T08:30:00.000000-03:30" },
		{ "<+1245>-12:45", "1970-01-02T00:45:00.000000+12:45" },
		{ "<+14>-14", "1970-01-02T02:00:00.000000+14:00" },
		{ "<-12>12", "1970-01-01T00:00:00.000000-12:00" },
		{ "<-0030>0:30", "1970-01-01T11:30:00.000000-00:30" },
		{ "<+0001>-0:01", "1970-01-01T12:01:00.000000+00:01" },
		{ "<+24>-24", "1970-01-02T12:00:00.000000+24:00" },
	};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		moment_zone(zones[i].rule);
		CHECK_STR(stamp(43200 * SEC, false), zones[i].want);
		CHECK_STR(stamp(43200 * SEC, true), "1970-01-01T12:00:00.000000Z");
	}
}

static void summer_time(void)
{
	moment_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	CHECK_STR(stamp(1774745999 * SEC, false), "2026-03-29T01:59:59.000000+01:00");
	CHECK_STR(stamp(1774746000 * SEC, false), "2026-03-29T03:00:00.000000+02:00");
	CHECK_STR(stamp(1792889999 * SEC, false), "2026-10-25T02:59:59.000000+02:00");
	CHECK_STR(stamp(1792890000 * SEC, false), "2026-10-25T02:00:00.000000+01:00");
}

/* What is read from a stamp is the time it was made of, to the microsecond. */
static void reads_back(void)
{
	static const char *const rules[] = {
		"UTC0",          "EST5EDT",
		"<+0545>-5:45",  "NST3:30NDT,M3.2.0,M11.1.0",
		"<+1245>-12:45", "CET-1CEST,M3.5.0,M10.5.0/3",
		"<-0030>0:30",
	};
	unsigned short seed[3] = { 3, 3, 3 };

	for (unsigned long i = 0; i < 5000 * test_rounds(); i++) {
		int64_t ns = (int64_t)((erand48(seed) - 0.5) * 1.8e19);
		int hours = 0, minutes = 0, micros;
		struct tm tm = { 0 };
		char sign = '+', zone;

		if (i % 100 == 0)
			moment_zone(rules[i / 100 % (sizeof(rules) / sizeof(rules[0]))]);
		const char *text = stamp(ns, i % 4 == 0);
		int n = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6d%c%2d:%2d", &tm.tm_year,
			       &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
			       &micros, &zone, &hours, &minutes);
		CHECK(i % 4 == 0 ? n == 8 && zone == 'Z' : n == 10 && strchr("+-", zone));
		sign = zone == '-' ? '-' : '+';
		tm.tm_year -= 1900;
		tm.tm_mon -= 1;
		int64_t offset = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
		int64_t us = ((int64_t)timegm(&tm) - offset) * 1000000 + micros;
		if (!CHECK_INT(us, ns / 1000 - (ns % 1000 < 0))) {
			printf("# %s\n", text);
			return;
		}
	}
}

/* ---- the other formats ---- */

/* The stamp of a moment in UTC, by a fresh writer. */
static const char *as(const char *format, int64_t ns)
{
	static struct stamp s;
	struct stamp_format f = { .utc = true };
	const char *why;

	if (!CHECK(stamp_parse(format, &f, &why)))
		return "";
	stamp_init(&s, &f);
	const char *text = stamp_at(&s, ns);
	CHECK_INT(strlen(text), s.len);
	return text;
}

static void formats(void)
{
	const int64_t ns = 1795356309 * SEC + 250417;

	moment_zone("CET-1");
	CHECK_STR(as("rfc3339", ns), "2026-11-22T14:05:09.000250Z");
	CHECK_STR(as("iso8601", ns + 7000000), "2026-11-22T14:05:09,007Z");
	CHECK_STR(as("unix", ns), "1795356309.000250");
	CHECK_STR(as("tai64n", ns), "@400000006b02f69f0003d231");
	CHECK_STR(as("tai64n", 0), "@400000000000000a00000000");
	CHECK_STR(as("%H:%M:%S", ns), "14:05:09");
	CHECK_STR(as("%H:%M:%S.%3N", ns + 7000000), "14:05:09.007");
	CHECK_STR(as("%N", ns), "000250417");
	CHECK_STR(as("%1N|%6N|%9N|%N", ns), "0|000250|000250417|000250417");
	CHECK_STR(as("%%N %%%3N %s%%", ns), "%N %000 1795356309%");
	CHECK_STR(as("[%d/%b/%Y:%T %z]", ns), "[22/Nov/2026:14:05:09 +0000]");
	CHECK_STR(as("%-d %_m %^b %05H %Ey %Od %e|%k", ns), "22 11 NOV 00014 26 22 22|14");
}

static void patterns_refused(void)
{
	static const char *const bad[] = {
		"",       "rfc",    "RFC3339",    "iso",        "12",          "%n",        "%H\n",
		"%H%t%M", "%1000d", "%N%N%N%N%N", "%c%c%c%c%c", "%999999999Y", "%H \033[m", "a%",
		"%L",     "%T.%L",  "%f",         "%Q",         "%i %H",       "%12N",      "%-N",
		"%EQ",    "%Ed",    "%3",         "%%%v",
	};
	struct stamp_format f = { .utc = true };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		if (!CHECK(!stamp_parse(bad[i], &f, &why)) || !CHECK(why && strlen(why) > 5))
			printf("# %s\n", bad[i]);
	}
}

/* A writer that is used again and again says what a fresh one says. */
static void cached(void)
{
	static const char *const names[] = { "rfc3339", "iso8601", "unix", "tai64n",
					     "%a %d %T.%6N %z %s.%3N" };
	unsigned short seed[3] = { 1, 2, 3 };

	moment_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stamp_format f = { .utc = false };
		struct stamp s, fresh;
		const char *why;
		int64_t ns = 1792889999 * SEC; /* the end of summer time is a second away */

		CHECK(stamp_parse(names[i], &f, &why));
		stamp_init(&s, &f);
		for (int k = 0; k < 3000; k++) {
			stamp_init(&fresh, &f);
			CHECK_STR(stamp_at(&s, ns), stamp_at(&fresh, ns));
			CHECK_INT(s.len, fresh.len);
			ns += k % 3 == 0 ? 0 : k % 3 == 1 ? nrand48(seed) : -nrand48(seed) / 2;
		}
	}
}

int main(void)
{
	TEST("stamp: in UTC a stamp ends with Z, whatever TZ says", in_utc);
	TEST("stamp: a fraction has six digits and is never rounded up", fractions);
	TEST("stamp: times before 1970 count their fraction forwards", negative);
	TEST("stamp: offsets have a sign, hours and minutes", offsets);
	TEST("stamp: in summer the offset is another", summer_time);
	TEST("stamp: a stamp read back gives the time it was made of", reads_back);
	TEST("stamp: iso8601, unix, tai64n and patterns with %N", formats);
	TEST("stamp: patterns that would break a line, or be too long, are refused",
	     patterns_refused);
	TEST("stamp: a writer used again says what a fresh one says, over the end of summer time",
	     cached);
	return test_end();
}
