/*
 * Which period does a moment belong to, and when does it end? Pure.
 *
 * Boundaries are found by asking the clock's dates, not by adding seconds and
 * not by mktime(3): time zones skip and repeat minutes, hours and whole days,
 * and mktime must guess which of two equal dates is meant. From the moment we
 * step until the dates differ, then halve the interval.
 */
#include "family/calendar.h"

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

/* No neighbouring period can be jumped over by so much. */
static time_t step_of(enum calendar_roll roll)
{
	switch (roll) {
	case CALENDAR_MINUTELY:
		return MINUTE;
	case CALENDAR_HOURLY:
		return HOUR;
	case CALENDAR_DAILY:
	case CALENDAR_WEEKLY:
	case CALENDAR_MONTHLY:
	case CALENDAR_NEVER:
		return DAY;
	}
	abort();
}

typedef bool alike(const struct calendar *c, const struct tm *a, const struct tm *b);

static bool same_offset(const struct calendar *c, const struct tm *a, const struct tm *b)
{
	(void)c;
	return a->tm_gmtoff == b->tm_gmtoff;
}

static bool agree(const struct calendar *c, alike *same, time_t a, time_t b)
{
	struct tm at_a, at_b;

	break_down(c, a, &at_a);
	break_down(c, b, &at_b);
	return same(c, &at_a, &at_b);
}

/* Between in and out there is one change; returns the first second beyond it. */
static time_t halve(const struct calendar *c, alike *same, time_t in, time_t out)
{
	while (out - in > 1 || in - out > 1) {
		time_t middle = in + (out - in) / 2;

		if (agree(c, same, in, middle))
			in = middle;
		else
			out = middle;
	}
	return out;
}

/*
 * The first second, in direction +1 or -1, that is no longer in the period of t.
 * Goes by stretches in which time flows evenly: dates do not repeat in them.
 */
static time_t beyond(const struct calendar *c, time_t t, int direction)
{
	time_t step = direction * step_of(c->roll);

	for (time_t in = t;;) {
		time_t next = in + step, last = next;

		if (!agree(c, same_offset, in, next)) {
			next = halve(c, same_offset, in, next);
			last = next - direction;
		}
		if (!agree(c, same_period, t, last))
			return halve(c, same_period, in, last);
		if (!agree(c, same_period, t, next))
			return next;
		in = next;
	}
}

void calendar_find(const struct calendar *c, time_t moment, struct calendar_period *p)
{
	struct tm tm;

	break_down(c, moment, &tm);
	if (c->roll == CALENDAR_NEVER) {
		*p = (struct calendar_period){ .start = INT64_MIN, .end = INT64_MAX, .tm = tm };
		return;
	}
	p->end = beyond(c, moment, +1);
	p->start = beyond(c, moment, -1) + 1;
	break_down(c, p->start, &p->tm);
}

/*
 * With a zone that counts leap seconds (right/UTC) timegm and gmtime_r count them, too. Rounded to
 * the day they make no difference.
 */
int64_t calendar_reading(const struct tm *tm)
{
	struct tm midnight = { .tm_year = tm->tm_year,
			       .tm_mon = tm->tm_mon,
			       .tm_mday = tm->tm_mday };
	int64_t t = timegm(&midnight) + DAY / 2;
	int64_t day = t / DAY - (t % DAY < 0);

	return day * DAY + tm->tm_hour * HOUR + tm->tm_min * MINUTE + tm->tm_sec;
}

void calendar_show(int64_t reading, struct tm *tm)
{
	int64_t second = reading % DAY < 0 ? reading % DAY + DAY : reading % DAY;

	*tm = (struct tm){ .tm_year = 70,
			   .tm_mday = 1 + (int)((reading - second) / DAY),
			   .tm_hour = (int)(second / HOUR),
			   .tm_min = (int)(second % HOUR / MINUTE),
			   .tm_sec = (int)(second % MINUTE) };
	timegm(tm);
}

/* Nearer to the moment at which the clock shows it than t is; t, if there it does. */
static time_t approach(const struct calendar *c, int64_t reading, time_t t)
{
	struct tm tm;

	break_down(c, t, &tm);
	return t + (time_t)(reading - calendar_reading(&tm));
}

/*
 * Not by mktime(3), which reads the zone anew, in any thread. If the time is skipped, one of the
 * last two is before the gap and one behind it.
 */
time_t calendar_moment(const struct calendar *c, int64_t reading)
{
	time_t t = approach(c, reading, approach(c, reading, (time_t)reading));
	time_t last = approach(c, reading, t);

	return last > t ? last : t;
}

bool calendar_holds(const struct calendar_period *p, time_t moment)
{
	return p->start <= moment && moment < p->end;
}
