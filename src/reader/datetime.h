/* A date and a time as text, and the moment that they mean. Pure. */
#ifndef DATETIME_H
#define DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands there: the fields are in their ranges, and the day is one of its month. */
struct datetime {
	int year, month, day; /* 1 to 9999, 1 to 12, 1 to 31 */
	int hour, minute, second;
	int64_t ns;    /* of the second */
	bool has_zone; /* otherwise it is local time, or UTC */
	int offset;    /* its zone: seconds east of UTC */
};

/* A part of a text that is being read. */
struct datetime_text {
	const char *at, *end;
};

/*
 * Each of these reads one thing and goes behind it. If it is not there, they stay where they are
 * and return false.
 *
 * datetime_date(t, d): 2026-11-22, or with slashes.
 * datetime_clock(t, d): 14:05, 14:05:09, and with a fraction behind a point or a comma; a second
 *                       of 60 is taken as 59.
 * datetime_zone(t, d): Z, +01:00, +0100, +01, UTC or GMT; also behind a blank.
 * datetime_month(t, d): Nov, in any case.
 * datetime_digits(t, count, value): just so many digits, of which no more follow.
 * datetime_fraction(t, ns): digits of a fraction of a second; after the ninth they do not count.
 * datetime_literal(t, c): this character.
 */
bool datetime_date(struct datetime_text *t, struct datetime *d);
bool datetime_clock(struct datetime_text *t, struct datetime *d);
bool datetime_zone(struct datetime_text *t, struct datetime *d);
bool datetime_month(struct datetime_text *t, struct datetime *d);
bool datetime_digits(struct datetime_text *t, int count, int *value);
bool datetime_fraction(struct datetime_text *t, int64_t *ns);
bool datetime_literal(struct datetime_text *t, char c);

/* datetime_is_day(d): whether there is this day of the month. */
bool datetime_is_day(const struct datetime *d);

/* Nanoseconds since the Epoch: a time that local clocks show twice is two moments. */
struct datetime_moments {
	int64_t first, last;
};

/*
 * datetime_moments(d, utc, m): when a clock shows this. Without a zone it is a clock of local time,
 * or with utc one of UTC. For a time that is skipped, both moments are the first after the gap.
 */
void datetime_moments(const struct datetime *d, bool utc, struct datetime_moments *m);

/* datetime_now(ns, utc, d): what the clock shows at a moment; with its zone. */
void datetime_now(int64_t ns, bool utc, struct datetime *d);

/* datetime_add_days(d, days): the same time on another day. */
void datetime_add_days(struct datetime *d, int days);

#endif
