/*
 * Which period does a moment belong to, and when does it end? Pure.
 *
 * Boundaries are found by asking the clock's dates, not by adding seconds and
 * not by mktime(3): time zones skip and repeat minutes, hours and whole days,
 * and mktime must guess which of two equal dates is meant. From the moment we
 * step by the nominal length until the dates differ, then halve the interval.
 */
#include "calendar.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static void break_down(const struct calendar *c, time_t t, struct tm *tm)
{
	memset(tm, 0, sizeof(*tm));
	if (c->utc)
		gmtime_r(&t, tm);
	else
		localtime_r(&t, tm);
}

/* Monday's day number within a span long enough that weeks never repeat. */
static long week_of(const struct tm *tm)
{
	char text[32];

	strftime(text, sizeof(text), "%G%V", tm);
	return strtol(text, NULL, 10);
}

static bool same_period(const struct calendar *c, const struct tm *a, const struct tm *b)
{
	bool month = a->tm_year == b->tm_year && a->tm_mon == b->tm_mon;
	bool day = month && a->tm_mday == b->tm_mday;
	bool hour = day && a->tm_hour == b->tm_hour;

	switch (c->roll) {
	case CALENDAR_NEVER:
		return true;
	case CALENDAR_MINUTELY:
		return hour && a->tm_min == b->tm_min;
	case CALENDAR_HOURLY:
		return hour;
	case CALENDAR_DAILY:
		return day;
	case CALENDAR_WEEKLY:
		return week_of(a) == week_of(b);
	case CALENDAR_MONTHLY:
		return month;
	}
	abort();
}

static time_t nominal_length(enum calendar_roll roll)
{
	switch (roll) {
	case CALENDAR_MINUTELY:
		return MINUTE;
	case CALENDAR_HOURLY:
		return HOUR;
	case CALENDAR_DAILY:
	case CALENDAR_NEVER:
		return DAY;
	case CALENDAR_WEEKLY:
		return 7 * DAY;
	case CALENDAR_MONTHLY:
		return 31 * DAY;
	}
	abort();
}

/*
 * The moment next to the edge of the period around t, in direction +1 or -1:
 * the first second that is no longer in it.
 */
static time_t beyond(const struct calendar *c, time_t t, const struct tm *tm, int direction)
{
	time_t step = direction * nominal_length(c->roll);
	time_t in = t, out = t + step;
	struct tm other;

	/* Steps of the nominal length cannot jump over a neighbouring period. */
	for (;; in = out, out += step) {
		break_down(c, out, &other);
		if (!same_period(c, tm, &other))
			break;
	}
	while (out - in > 1 || in - out > 1) {
		time_t middle = in + (out - in) / 2;

		break_down(c, middle, &other);
		if (same_period(c, tm, &other))
			in = middle;
		else
			out = middle;
	}
	return out;
}

void calendar_find(const struct calendar *c, time_t moment, struct calendar_period *p)
{
	struct tm tm;

	break_down(c, moment, &tm);
	if (c->roll == CALENDAR_NEVER) {
		*p = (struct calendar_period){ .start = INT64_MIN, .end = INT64_MAX, .tm = tm };
		return;
	}
	p->end = beyond(c, moment, &tm, +1);
	p->start = beyond(c, moment, &tm, -1) + 1;
	break_down(c, p->start, &p->tm);
}

bool calendar_holds(const struct calendar_period *p, time_t moment)
{
	return p->start <= moment && moment < p->end;
}
