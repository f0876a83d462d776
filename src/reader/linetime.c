/*
 * The time that stands at the beginning of a line. Pure.
 *
 * Each form is tried in turn; the first bytes tell most of them apart at once. It must rather
 * not see a time than see one where there is none: such a line counts as a part of the one before.
 */
#include "reader/linetime.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "reader/datetime.h"

#include <string.h>
#include <strings.h>

enum { MOST = 1024 }; /* bytes of a line that are looked at */

static void set_moments(struct linetime *t, const struct datetime *d, bool utc)
{
	struct datetime_moments m;

	datetime_moments(d, utc, &m);
	t->first = m.first;
	t->last = m.last;
}

/* The year in which a date without one is next to near. */
static void set_year(struct datetime *d, const struct linetime_rules *r)
{
	struct datetime now;
	int month;

	datetime_now(r->near, r->utc, &now);
	month = d->month - now.month;
	d->year = now.year + (month < -6) - (month > 6);
}

/* ---- the forms ---- */

/* 2026-11-22T14:05:09.000250+01:00, and with a blank, a comma, slashes, or without a zone. */
static bool find_date(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	struct datetime d = { 0 };

	if (!datetime_date(p, &d) || p->at == p->end || !strchr("T t_", *p->at))
		return false;
	p->at++;
	if (!datetime_clock(p, &d))
		return false;
	(void)datetime_zone(p, &d);
	set_moments(t, &d, r->utc);
	return true;
}

/* Nov 22 14:05:09, or with one digit and a blank before it; RFC 3164, 4.1.2. */
static bool find_syslog(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	struct datetime d = { 0 };

	if (!datetime_month(p, &d) || !datetime_literal(p, ' '))
		return false;
	(void)datetime_literal(p, ' ');
	if (!datetime_digits(p, 2, &d.day) && !datetime_digits(p, 1, &d.day))
		return false;
	if (!datetime_literal(p, ' ') || !datetime_clock(p, &d))
		return false;
	set_year(&d, r);
	if (!datetime_is_day(&d))
		return false;
	set_moments(t, &d, r->utc);
	return true;
}

/* I1122 14:05:09.000250 of glog and klog. */
static bool find_glog(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	struct datetime d = { 0 };
	int date;

	if (p->at == p->end || !strchr("IWEFD", *p->at))
		return false;
	p->at++;
	if (!datetime_digits(p, 4, &date) || !datetime_literal(p, ' ') || !datetime_clock(p, &d))
		return false;
	d.month = date / 100;
	d.day = date % 100;
	set_year(&d, r);
	if (!datetime_is_day(&d))
		return false;
	set_moments(t, &d, r->utc);
	return true;
}

/* Seconds since the Epoch with a fraction, or, as more digits, milli-, micro-, nanoseconds. */
static bool read_number(struct datetime_text *p, int64_t *ns, bool *has_fraction)
{
	const char *begin = p->at;
	int64_t unit = CLOCK_SECOND, fraction = 0;
	uint64_t value = 0; /* of at most 19 digits */

	for (; p->at < p->end && ascii_is_digit(*p->at) && p->at - begin < 19; p->at++)
		value = 10 * value + (uint64_t)(*p->at - '0');
	switch (p->at - begin) {
	case 9:
	case 10:
		break;
	case 13:
		unit = CLOCK_SECOND / 1000;
		break;
	case 16:
		unit = CLOCK_SECOND / 1000000;
		break;
	case 19:
		unit = 1;
		break;
	default:
		return false;
	}
	*has_fraction = datetime_literal(p, '.') && datetime_fraction(p, &fraction);
	if (value > (uint64_t)(INT64_MAX / unit - 1) || (p->at < p->end && ascii_is_digit(*p->at)))
		return false;
	*ns = (int64_t)value * unit +
	      (int64_t)((double)fraction / (double)CLOCK_SECOND * (double)unit);
	return true;
}

/* 1795352709.000250; a line may begin with any number, but hardly with one like this. */
static bool find_unix(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	bool has_fraction;

	(void)r;
	if (!read_number(p, &t->first, &has_fraction) || !has_fraction)
		return false;
	t->last = t->first;
	return p->at == p->end || *p->at == ' ' || *p->at == '\t' || *p->at == ']';
}

static bool read_hex(struct datetime_text *p, int digits, uint64_t *value)
{
	*value = 0;
	for (; digits > 0; digits--, p->at++) {
		bool letter = p->at < p->end && *p->at >= 'a' && *p->at <= 'f';

		if (!letter && (p->at == p->end || !ascii_is_digit(*p->at)))
			return false;
		*value = *value << 4 | (uint64_t)(letter ? *p->at - 'a' + 10 : *p->at - '0');
	}
	return true;
}

/* @40000000..., https://cr.yp.to/libtai/tai64.html; 10 is the difference that libtai adds. */
static bool find_tai64n(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	const uint64_t epoch = (UINT64_C(1) << 62) + 10;
	uint64_t second, ns;

	(void)r;
	if (!datetime_literal(p, '@') || !read_hex(p, 16, &second) || !read_hex(p, 8, &ns))
		return false;
	if (second < epoch || second - epoch > INT64_MAX / CLOCK_SECOND - 1 || ns >= CLOCK_SECOND)
		return false;
	t->first = t->last = (int64_t)(second - epoch) * CLOCK_SECOND + (int64_t)ns;
	return true;
}

/* [22/Nov/2026:14:05:09 +0100], behind the names of who asks. */
static bool find_web(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	enum { WITHIN = 120 };
	size_t len = (size_t)(p->end - p->at);
	const char *open = memchr(p->at, '[', len < WITHIN ? len : WITHIN);
	struct datetime d = { 0 };

	if (!open)
		return false;
	p->at = open + 1;
	if (!datetime_digits(p, 2, &d.day) || !datetime_literal(p, '/') || !datetime_month(p, &d) ||
	    !datetime_literal(p, '/') || !datetime_digits(p, 4, &d.year) ||
	    !datetime_literal(p, ':') || !datetime_clock(p, &d) || !datetime_is_day(&d))
		return false;
	(void)datetime_zone(p, &d);
	set_moments(t, &d, r->utc);
	return true;
}

/* A time as the value of a member or a pair: as text or as a number. */
static bool find_value(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	struct datetime_text number = *p;
	bool has_fraction;

	if (datetime_literal(p, '"')) {
		if (find_date(p, r, t))
			return true;
		number.at++;
	} else if (find_date(p, r, t)) {
		return true;
	}
	*p = number;
	if (!read_number(p, &t->first, &has_fraction))
		return false;
	t->last = t->first;
	return true;
}

/* In a string of JSON quotes are escaped, so what is found before a colon is a member. */
static bool find_json(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	static const char *const names[] = { "\"time\"", "\"timestamp\"", "\"@timestamp\"",
					     "\"ts\"" };
	const struct datetime_text line = *p;

	if (p->at == p->end || *p->at != '{')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		for (p->at = line.at;
		     (p->at = memmem(p->at, (size_t)(line.end - p->at), names[i], len)) != NULL;) {
			bool is_name = p->at[-1] != '\\';

			p->at += len;
			while (datetime_literal(p, ' '))
				;
			if (!is_name || !datetime_literal(p, ':'))
				continue;
			while (datetime_literal(p, ' '))
				;
			if (find_value(p, r, t))
				return true;
		}
	}
	return false;
}

/* time="2026-11-22T14:05:09Z" level=info ... */
static bool find_pair(struct datetime_text *p, const struct linetime_rules *r, struct linetime *t)
{
	static const char *const names[] = { "time=", "ts=", "timestamp=", "t=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);

		if ((size_t)(p->end - p->at) > len && memcmp(p->at, names[i], len) == 0) {
			p->at += len;
			return find_value(p, r, t);
		}
	}
	return false;
}

/* "<34>" or "<34>1 ", the priority of syslog. */
static void skip_priority(struct datetime_text *p)
{
	const char *at = p->at;

	if (at == p->end || *at++ != '<')
		return;
	while (at < p->end && ascii_is_digit(*at))
		at++;
	if (at == p->end || *at++ != '>')
		return;
	if (p->end - at > 2 && at[0] == '1' && at[1] == ' ')
		at += 2;
	p->at = at;
}

bool linetime_find(const struct linetime_rules *r, const char *line, size_t len, struct linetime *t)
{
	static bool (*const forms[])(struct datetime_text *, const struct linetime_rules *,
				     struct linetime *) = {
		find_date,   find_json, find_syslog, find_unix,
		find_tai64n, find_pair, find_glog,   find_web,
	};
	struct datetime_text begin = { line, line + (len < MOST ? len : MOST) };

	skip_priority(&begin);
	while (begin.at < begin.end && *begin.at && strchr("[( \"\t", *begin.at) &&
	       begin.at - line < 8)
		begin.at++;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct datetime_text p = begin;

		if (forms[i] == find_web)
			p.at = line;
		if (forms[i](&p, r, t)) {
			t->len = (size_t)(p.at - line);
			return true;
		}
	}
	return false;
}
