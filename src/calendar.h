/* Which period does a moment belong to, and when does it end? Pure. */
#ifndef CALENDAR_H
#define CALENDAR_H

#include <stdbool.h>
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
 * calendar_moment(c, reading): when the clock shows what it would show at UTC so
 * many seconds after the Epoch. Of a time that is skipped or comes twice, one near it.
 */
time_t calendar_moment(const struct calendar *c, time_t reading);

/* calendar_holds(p, moment): whether moment is in p. */
bool calendar_holds(const struct calendar_period *p, time_t moment);

#endif
