/*
 * A date and a time as text, and the moment that they mean. Pure.
 *
 * Local time is asked with localtime_r(3), not mktime(3), which would have to guess which of two
 * equal times is meant: the offsets of the zone shortly before and after are tried, and
 * what the clock then shows tells which of them hold.
 */
#include "reader/datetime.h"

#include "base/ascii.h"
#include "base/clock.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* ---- reading ---- */

bool datetime_literal(struct datetime_text *t, char c)
{
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

bool datetime_digits(struct datetime_text *t, int count, int *value)
{
	int n = 0;

	if (t->end - t->at < count || (t->end - t->at > count && ascii_is_digit(t->at[count])))
		return false;
	for (int i = 0; i < count; i++) {
		if (!ascii_is_digit(t->at[i]))
			return false;
		n = 10 * n + (t->at[i] - '0');
	}
	t->at += count;
	*value = n;
	return true;
}

bool datetime_fraction(struct datetime_text *t, int64_t *ns)
{
	int64_t value = 0, unit = CLOCK_SECOND / 10;

	if (t->at == t->end || !ascii_is_digit(*t->at))
		return false;
	for (; t->at < t->end && ascii_is_digit(*t->at); t->at++, unit /= 10)
		value += unit * (*t->at - '0');
	*ns = value;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool datetime_is_day(const struct datetime *d)
{
	return d->year >= 1 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	       d->day <= days_in(d->year, d->month);
}

bool datetime_date(struct datetime_text *t, struct datetime *d)
{
	struct datetime_text p = *t;
	struct datetime r = *d;

	if (!datetime_digits(&p, 4, &r.year) || p.at == p.end || (*p.at != '-' && *p.at != '/'))
		return false;
	char between = *p.at++;
	if (!datetime_digits(&p, 2, &r.month) || !datetime_literal(&p, between) ||
	    !datetime_digits(&p, 2, &r.day) || !datetime_is_day(&r))
		return false;
	*t = p;
	*d = r;
	return true;
}

static bool read_second(struct datetime_text *t, struct datetime *d)
{
	struct datetime_text p;

	if (!datetime_digits(t, 2, &d->second) || d->second > 60)
		return false;
	if (d->second == 60) /* a leap second */
		d->second = 59;
	p = *t;
	if ((datetime_literal(&p, '.') || datetime_literal(&p, ',')) &&
	    datetime_fraction(&p, &d->ns))
		*t = p;
	return true;
}

bool datetime_clock(struct datetime_text *t, struct datetime *d)
{
	struct datetime_text p = *t;
	struct datetime r = *d;

	r.second = 0;
	r.ns = 0;
	if (!datetime_digits(&p, 2, &r.hour) || !datetime_literal(&p, ':') ||
	    !datetime_digits(&p, 2, &r.minute) || r.hour > 23 || r.minute > 59)
		return false;
	if (datetime_literal(&p, ':') && !read_second(&p, &r))
		return false;
	*t = p;
	*d = r;
	return true;
}

static bool read_offset(struct datetime_text *t, int *offset)
{
	int hours, minutes = 0, sign = datetime_literal(t, '-') ? -1 : 1;

	if (sign > 0 && !datetime_literal(t, '+'))
		return false;
	if (datetime_digits(t, 4, &minutes)) {
		hours = minutes / 100;
		minutes %= 100;
	} else if (!datetime_digits(t, 2, &hours)) {
		return false;
	} else if (datetime_literal(t, ':') && !datetime_digits(t, 2, &minutes)) {
		return false;
	}
	*offset = sign * (hours * HOUR + minutes * MINUTE);
	return hours <= 24 && minutes <= 59;
}

/* Whether no letter or digit follows. */
static bool ends_word(const struct datetime_text *t)
{
	return t->at == t->end || !(ascii_is_digit(*t->at) || (*t->at >= 'a' && *t->at <= 'z') ||
				    (*t->at >= 'A' && *t->at <= 'Z'));
}

bool datetime_zone(struct datetime_text *t, struct datetime *d)
{
	static const char *const names[] = { "UTC", "GMT", "Z" };
	struct datetime_text p = *t;
	int offset = 0;
	bool found = false;

	(void)datetime_literal(&p, ' ');
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !found; i++) {
		size_t len = strlen(names[i]);

		found = (size_t)(p.end - p.at) >= len && strncasecmp(p.at, names[i], len) == 0;
		p.at += found ? len : 0;
	}
	if (!found && !read_offset(&p, &offset))
		return false;
	if (!ends_word(&p))
		return false;
	*t = p;
	d->has_zone = true;
	d->offset = offset;
	return true;
}

bool datetime_month(struct datetime_text *t, struct datetime *d)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12 && t->end - t->at >= 3; i++) {
		if (strncasecmp(t->at, names + 3 * (size_t)i, 3) == 0) {
			t->at += 3;
			d->month = i + 1;
			return true;
		}
	}
	return false;
}

/* ---- moments ---- */

/*
 * Days since 1970-01-01 in the Gregorian calendar: years begin with March, so that the leap day
 * is their last. Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil.
 */
static int64_t days_since_epoch(int year, int month, int day)
{
	enum { DAYS_IN_ERA = 146097, EPOCH = 719468 };
	int y = year - (month <= 2), era = y / 400, year_of_era = y % 400;
	int day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return (int64_t)era * DAYS_IN_ERA + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - EPOCH;
}

/* The seconds since the Epoch, if the clock were one of UTC. */
static int64_t reading_of(const struct datetime *d)
{
	return days_since_epoch(d->year, d->month, d->day) * DAY + d->hour * HOUR +
	       d->minute * MINUTE + d->second;
}

/* What the local clock is ahead of UTC. */
static int64_t offset_at(int64_t second)
{
	time_t t = (time_t)second;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

/* The first second after `before` at which the local clock shows reading or more. */
static int64_t end_of_gap(int64_t reading, int64_t before, int64_t after)
{
	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (middle + offset_at(middle) >= reading)
			after = middle;
		else
			before = middle;
	}
	return after;
}

/* A time with a date that is in no range of nanoseconds is at the end of what there is. */
static int64_t bounded_ns(int64_t second, int64_t ns)
{
	const int64_t most = INT64_MAX / CLOCK_SECOND - 1;

	return second > most    ? most * CLOCK_SECOND
	       : second < -most ? -most * CLOCK_SECOND
				: second * CLOCK_SECOND + ns;
}

void datetime_moments(const struct datetime *d, bool utc, struct datetime_moments *m)
{
	enum { EAST = 15 * HOUR, WEST = 13 * HOUR }; /* no zone is further from UTC */
	int64_t reading = reading_of(d);
	int64_t first = reading - d->offset, last = first;

	if (!d->has_zone && !utc) {
		int64_t before = offset_at(reading - EAST), after = offset_at(reading + WEST);
		int64_t a = reading - before, b = reading - after;
		bool is_a = offset_at(a) == before, is_b = offset_at(b) == after;

		first = is_a ? a : b;
		last = is_b ? b : a;
		if (!is_a && !is_b)
			first = last = end_of_gap(reading, reading - EAST, reading + WEST);
	}
	m->first = bounded_ns(first < last ? first : last, d->ns);
	m->last = bounded_ns(first < last ? last : first, d->ns);
}

void datetime_now(int64_t ns, bool utc, struct datetime *d)
{
	time_t t = (time_t)(ns / CLOCK_SECOND - (ns % CLOCK_SECOND < 0));
	struct tm tm = { 0 };

	if (utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	*d = (struct datetime){ .year = tm.tm_year + 1900,
				.month = tm.tm_mon + 1,
				.day = tm.tm_mday,
				.hour = tm.tm_hour,
				.minute = tm.tm_min,
				.second = tm.tm_sec > 59 ? 59 : tm.tm_sec,
				.ns = ns % CLOCK_SECOND < 0 ? ns % CLOCK_SECOND + CLOCK_SECOND
							    : ns % CLOCK_SECOND,
				.has_zone = true,
				.offset = (int)tm.tm_gmtoff };
}

void datetime_add_days(struct datetime *d, int days)
{
	d->day += days;
	while (d->day < 1) {
		d->year -= d->month == 1;
		d->month = d->month == 1 ? 12 : d->month - 1;
		d->day += days_in(d->year, d->month);
	}
	while (d->day > days_in(d->year, d->month)) {
		d->day -= days_in(d->year, d->month);
		d->year += d->month == 12;
		d->month = d->month == 12 ? 1 : d->month + 1;
	}
}
