/* Which period does a moment belong to, and when does it end? Pure. */
#ifndef CALENDAR_H
#define CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum calendar_roll {
	CALENDAR_NEVER,
	CALENDAR_MINUTELY,
	CALENDAR_HOURLY,
	CALENDAR_DAILY,
	CALENDAR_WEEKLY, /* ISO 8601: from Monday */
	CALENDAR_MONTHLY,
};

struct calendar {
	enum calendar_roll roll;
	bool utc; /* otherwise local time */
};

struct calendar_period {
	time_t start, end; /* start <= moment < end; seconds since the Epoch */
	struct tm tm;      /* start, broken down */
};

/*
 * calendar_find(c, moment, p): the period that moment is in.
 *
 * A period is the longest stretch of time around the moment in which the dates
 * on the clock agree: year and month, ISO year and week, day, hour or minute.
 * So a day may have 23 or 25 hours, and an hour that the clock goes through twice
 * in a row is one period. With CALENDAR_NEVER there is one period, without end.
 * Thread: any; local time is that of tzset(3).
 */
void calendar_find(const struct calendar *c, time_t moment, struct calendar_period *p);

/*
 * A reading is what a clock shows, as a number: the seconds from 1970-01-01T00:00:00 until
 * then, were each day 86,400 of them. It knows no zone, no DST and no leap seconds.
 *
 * calendar_reading(tm): of year, month, day, hour, minute and second; they need not be in range.
 * calendar_show(reading, tm): all of tm, for strftime(3).
 * calendar_moment(c, reading): when the clock shows it. Of a time that is skipped or comes
 * twice, one near it.
 */
int64_t calendar_reading(const struct tm *tm);
void calendar_show(int64_t reading, struct tm *tm);
time_t calendar_moment(const struct calendar *c, int64_t reading);

/* calendar_holds(p, moment): whether moment is in p. */
bool calendar_holds(const struct calendar_period *p, time_t moment);

#endif
