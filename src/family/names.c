/*
 * File names: build one, recognise one of ours. Pure.
 *
 *      pattern [.partNNN] ext [.zst|.gz]
 *
 * The pattern is strftime's. Only conversions of fixed width are taken, so that
 * a name can be read back: match() goes through pattern and name side by side.
 * A name is ours if what we read from it, built again, gives that very name. So
 * there is one description of a name, names_build, and no near miss (part01,
 * 2026-13-01, a second suffix) can be taken for a member.
 */
#include "family/names.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400 };       /* seconds */
enum { LONGEST_TAIL = 32 }; /* ".part4294967295.zst" and to spare */

static const char *const suffixes[] = { "", ".zst", ".gz" };

/* What a name tells of its date; what it does not tell stays at the default. */
struct date {
	int year, hour, minute, second;
	int month, day, yday;   /* from 1; 0: not told */
	int iso_year, iso_week; /* 0: not told */
};

/* ---- reading ---- */

/* Reads exactly width digits; NULL if they are not there. */
static const char *digits(const char *p, int width, int *value)
{
	*value = 0;
	for (; width > 0; width--, p++) {
		if (!isdigit((unsigned char)*p))
			return NULL;
		*value = *value * 10 + (*p - '0');
	}
	return p;
}

static const char *month_name(const char *p, int *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (strncmp(p, names + 3 * i, 3) == 0) {
			*month = i + 1;
			return p + 3;
		}
	}
	return NULL;
}

/* Reads what strftime writes for %c; NULL if it is not there or c is not known. */
static const char *conversion(char c, const char *p, struct date *d)
{
	int year;

	switch (c) {
	case '%':
		return *p == '%' ? p + 1 : NULL;
	case 'Y':
		return digits(p, 4, &d->year);
	case 'y':
		p = digits(p, 2, &year);
		d->year = year + (year < 69 ? 2000 : 1900);
		return p;
	case 'm':
		return digits(p, 2, &d->month);
	case 'b':
		return month_name(p, &d->month);
	case 'd':
		return digits(p, 2, &d->day);
	case 'j':
		return digits(p, 3, &d->yday);
	case 'H':
		return digits(p, 2, &d->hour);
	case 'M':
		return digits(p, 2, &d->minute);
	case 'S':
		return digits(p, 2, &d->second);
	case 'G':
		return digits(p, 4, &d->iso_year);
	case 'V':
		return digits(p, 2, &d->iso_week);
	default:
		return NULL;
	}
}

/* Reads text up to its end, or to the end of the pattern's component of that depth. */
static bool match(const char *pattern, const char *text, bool directory, struct date *d)
{
	while (*pattern && *text) {
		if (*pattern == '%') {
			text = conversion(pattern[1], text, d);
			if (!text)
				return false;
			pattern += 2;
		} else if (*pattern++ != *text++) {
			return false;
		}
	}
	return *text == '\0' && *pattern == (directory ? '/' : '\0');
}

/* Day 0 is 1970-01-01. Thursday of the ISO week decides; week 1 holds January 4th. */
static int64_t iso_monday(int year, int week)
{
	int64_t january4 = calendar_reading(&(struct tm){ .tm_year = year - 1900, .tm_mday = 4 });
	struct tm tm;

	calendar_show(january4, &tm);
	return january4 / DAY - (tm.tm_wday + 6) % 7 + 7 * ((int64_t)week - 1);
}

static int64_t seconds_of(const struct date *d)
{
	struct tm tm = { .tm_year = d->year - 1900,
			 .tm_mon = d->yday || !d->month ? 0 : d->month - 1,
			 .tm_mday = d->yday  ? d->yday
				    : d->day ? d->day
					     : 1,
			 .tm_hour = d->hour,
			 .tm_min = d->minute,
			 .tm_sec = d->second };

	if (d->iso_year && d->iso_week && !d->day && !d->yday)
		return iso_monday(d->iso_year, d->iso_week) * DAY;
	return calendar_reading(&tm);
}

/* The year is a leap year, so that February 29th has a place without a year. */
static struct date no_date(void)
{
	return (struct date){ .year = 1972 };
}

/* ---- building ---- */

static bool build_pattern(const struct names *n, const struct tm *tm, char to[NAMES_SIZE])
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	size_t len = strftime(to, NAMES_SIZE - LONGEST_TAIL, n->pattern, tm);
#pragma GCC diagnostic pop
	return len > 0 && len + strlen(n->ext) + LONGEST_TAIL < NAMES_SIZE;
}

void names_build(const struct names *n, const struct names_member *m, char to[NAMES_SIZE])
{
	struct tm tm;
	char *p;

	to[0] = '\0';
	calendar_show(m->period, &tm);
	(void)build_pattern(n, &tm, to); /* names_init has seen to it that all fits */
	p = to + strlen(to);
	if (m->part > 1)
		p += sprintf(p, ".part%03u", m->part);
	stpcpy(stpcpy(p, n->ext), suffixes[m->suffix]);
}

int64_t names_period(const struct names *n, const struct tm *clock)
{
	struct date d = no_date();
	char text[NAMES_SIZE];

	/* What the name tells, and no more, so that a name read back is equal. */
	if (!build_pattern(n, clock, text) || !match(n->pattern, text, false, &d))
		return calendar_reading(clock);
	return seconds_of(&d);
}

/* ---- a family ---- */

size_t names_directory(const char *file)
{
	const char *percent = strchr(file, '%');
	const char *end = percent ? percent : file + strlen(file);

	while (end > file && end[-1] != '/')
		end--;
	return (size_t)(end - file);
}

static const char *date_format(enum calendar_roll roll)
{
	switch (roll) {
	case CALENDAR_NEVER:
		return "";
	case CALENDAR_MINUTELY:
		return ".%Y-%m-%dT%H-%M";
	case CALENDAR_HOURLY:
		return ".%Y-%m-%dT%H";
	case CALENDAR_DAILY:
		return ".%Y-%m-%d";
	case CALENDAR_WEEKLY:
		return ".%G-W%V";
	case CALENDAR_MONTHLY:
		return ".%Y-%m";
	}
	abort();
}

/* Spells out the conversions that stand for several; false if it does not fit. */
static bool spell_out(char *to, size_t size, const char *from)
{
	size_t n = 0;

	while (*from) {
		const char *piece = NULL;

		if (strncmp(from, "%%", 2) == 0)
			piece = "%%";
		else if (strncmp(from, "%F", 2) == 0)
			piece = "%Y-%m-%d";
		else if (strncmp(from, "%T", 2) == 0)
			piece = "%H:%M:%S";
		else if (strncmp(from, "%R", 2) == 0)
			piece = "%H:%M";
		size_t taken = piece ? 2 : 1, len = piece ? strlen(piece) : 1;
		if (n + len + 1 > size)
			return false;
		memcpy(to + n, piece ? piece : from, len);
		n += len;
		from += taken;
	}
	to[n] = '\0';
	return true;
}

static bool conversions_known(const char *pattern)
{
	for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%'))
		if (p[1] == '\0' || !strchr("%YymbdjHMSGV", p[1]))
			return false;
	return true;
}

/* No component may be longer than a file name can be, with the longest tail. */
static bool components_fit(const char *name)
{
	while (*name) {
		size_t len = strcspn(name, "/");

		if (len + LONGEST_TAIL > NAME_MAX)
			return false;
		name += len + (name[len] == '/');
	}
	return true;
}

/* Looks at the names of some periods in a row. */
static enum names_verdict try_periods(const struct names *n, enum calendar_roll roll)
{
	const struct calendar utc = { .roll = roll, .utc = true };
	enum names_verdict verdict = NAMES_FINE;
	char last[NAMES_SIZE] = "", text[NAMES_SIZE], again[NAMES_SIZE];
	bool misread = false;
	struct calendar_period p;
	time_t t = 1704067200;

	for (int i = 0; i < 40; i++, t = p.end) {
		struct names_member m = { .part = 1 };

		calendar_find(&utc, t, &p);
		m.period = names_period(n, &p.tm);
		if (!build_pattern(n, &p.tm, text))
			return NAMES_TOO_LONG;
		stpcpy(text + strlen(text), n->ext);
		names_build(n, &m, again);
		if (!components_fit(text))
			return NAMES_TOO_LONG;
		if (strcmp(again, last) == 0)
			return NAMES_CONSTANT;
		memcpy(last, again, sizeof(last));
		/* A year of ISO 8601 without its week, or the other way round. */
		if (strcmp(text, again) != 0)
			misread = true;
		if (m.period != calendar_reading(&p.tm))
			verdict = NAMES_REPEATING;
	}
	return misread ? NAMES_UNKNOWN : verdict;
}

/* Where the extension of FILE begins, behind which no date is put; at its end if there is none. */
static const char *extension_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	const char *dot = strrchr(base, '.');

	return dot && dot != base && !strchr(dot, '%') ? dot : base + strlen(base);
}

enum names_verdict names_init(struct names *n, const char *name, enum calendar_roll roll)
{
	const char *dot = extension_of(name);
	bool template = strchr(name, '%') != NULL;
	char whole[NAMES_SIZE];

	if (strlen(name) + 2 * LONGEST_TAIL >= NAMES_SIZE)
		return NAMES_TOO_LONG;
	sprintf(whole, "%.*s%s", (int)(dot - name), name, template ? "" : date_format(roll));
	if (!spell_out(n->pattern, sizeof(n->pattern), whole))
		return NAMES_TOO_LONG;
	memcpy(n->ext, dot, strlen(dot) + 1);
	if (!conversions_known(n->pattern))
		return NAMES_UNKNOWN;
	if (roll != CALENDAR_NEVER)
		return try_periods(n, roll);
	if (!components_fit(name))
		return NAMES_TOO_LONG;
	return template ? NAMES_UNKNOWN : NAMES_FINE;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* Takes ".partNNN" off the end of text. */
static bool take_part(char *text, unsigned *part)
{
	char *dot = strrchr(text, '.');

	if (!dot || strncmp(dot, ".part", 5) != 0 || !isdigit((unsigned char)dot[5]))
		return false;
	unsigned long number = strtoul(dot + 5, NULL, 10);
	if (number < 2 || number > 999999999)
		return false;
	*part = (unsigned)number;
	*dot = '\0';
	return true;
}

/* Whether name, which begins with text, is that of a member of this part and suffix. */
static bool read_period(const struct names *n, const char *text, const char *name,
			struct names_member *m)
{
	char again[NAMES_SIZE];
	struct date d = no_date();

	if (!match(n->pattern, text, false, &d))
		return false;
	m->period = seconds_of(&d);
	names_build(n, m, again);
	return strcmp(again, name) == 0;
}

bool names_parse(const struct names *n, const char *name, struct names_member *m)
{
	char text[NAMES_SIZE];
	size_t len = strlen(name);

	*m = (struct names_member){ .part = 1, .suffix = NAMES_PLAIN };
	if (len >= NAMES_SIZE)
		return false;
	for (int s = NAMES_ZST; s <= NAMES_GZ; s++) {
		if (ends_with(name, len, suffixes[s])) {
			m->suffix = (enum names_suffix)s;
			len -= strlen(suffixes[s]);
			break;
		}
	}
	if (!ends_with(name, len, n->ext))
		return false;
	len -= strlen(n->ext);
	memcpy(text, name, len);
	text[len] = '\0';
	/* FILE itself may end like a part: app.part002.log */
	return read_period(n, text, name, m) ||
	       (take_part(text, &m->part) && read_period(n, text, name, m));
}

bool names_may_hold(const struct names *n, const char *path)
{
	struct date d = no_date();

	return match(n->pattern, path, true, &d);
}

/* Whether a file that a names on one of many days is a member of b, too. */
static bool shares_days(const struct names *a, const struct names *b, time_t now)
{
	const time_t hour = 3600, first = now - now % DAY - 366 * DAY;
	struct names_member m = { .part = 1 }, read;
	char name[NAMES_SIZE];
	struct tm tm;

	for (int day = 0; day <= 2 * 366; day++) {
		time_t t = first + day * 24 * hour + day % 24 * hour + (day % 2 ? 61 : 0);

		gmtime_r(&t, &tm);
		m.period = names_period(a, &tm);
		names_build(a, &m, name);
		if (names_parse(b, name, &read))
			return true;
		if (!strchr(a->pattern, '%'))
			return false; /* it has one name only */
	}
	return false;
}

/* Whether the text before the first conversion of one is the beginning of that of the other. */
static bool begin_alike(const struct names *a, const struct names *b)
{
	size_t n = strcspn(a->pattern, "%"), m = strcspn(b->pattern, "%");

	return strncmp(a->pattern, b->pattern, n < m ? n : m) == 0;
}

bool names_begin_alike(const struct names *n, const char *name)
{
	size_t ours = strcspn(n->pattern, "%"), theirs = strcspn(name, "%");

	if (name[theirs] == '\0')
		theirs = (size_t)(extension_of(name) - name);
	return strncmp(n->pattern, name, ours < theirs ? ours : theirs) == 0;
}

bool names_overlap(const struct names *a, const struct names *b, time_t now)
{
	if (!begin_alike(a, b))
		return false;
	return (strcmp(a->pattern, b->pattern) == 0 && strcmp(a->ext, b->ext) == 0) ||
	       shares_days(a, b, now) || shares_days(b, a, now);
}

int names_order(const struct names_member *a, const struct names_member *b)
{
	if (a->period != b->period)
		return a->period < b->period ? -1 : 1;
	return (a->part > b->part) - (a->part < b->part);
}
