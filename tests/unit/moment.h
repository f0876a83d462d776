/* moment.h: times and zones for unit tests, written as a clock shows them. */
#ifndef MOMENT_H
#define MOMENT_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* "2026-11-22 14:05:09" or the beginning of it, with the days of the week and of the year. */
static inline struct tm moment_tm(const char *text)
{
	struct tm tm = { .tm_mday = 1 };

	sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
	       &tm.tm_min, &tm.tm_sec);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	timegm(&tm);
	return tm;
}

/* The same, by a clock at UTC. */
static inline time_t moment_utc(const char *text)
{
	struct tm tm = moment_tm(text);

	return timegm(&tm);
}

/* Sets local time: a rule such as "CET-1CEST,M3.5.0,M10.5.0/3", or the name of a zone. */
static inline void moment_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

#endif
