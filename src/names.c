/*
 * File names: build one, recognise one of ours. Pure.
 *
 *      stem [.PERIOD] [.partNNN] ext [.zst|.gz]
 *
 * A name is ours if what we read from it, built again, gives that very name. So
 * there is one description of a name, names_build, and no near miss (part01,
 * 2026-13-01, a second suffix) can be taken for a member.
 */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_TAIL = 48 }; /* ".2026-11-22T14-05.part4294967295" and a suffix, generously */

static const char *const suffixes[] = { "", ".zst", ".gz" };

/* The period as it stands in a name; empty if it cannot be written in 24 bytes. */
static void print_period(enum calendar_roll roll, const struct tm *tm, char to[24])
{
	size_t n = 0;

	switch (roll) {
	case CALENDAR_NEVER:
		break;
	case CALENDAR_MINUTELY:
		n = strftime(to, 24, "%Y-%m-%dT%H-%M", tm);
		break;
	case CALENDAR_HOURLY:
		n = strftime(to, 24, "%Y-%m-%dT%H", tm);
		break;
	case CALENDAR_DAILY:
		n = strftime(to, 24, "%Y-%m-%d", tm);
		break;
	case CALENDAR_WEEKLY:
		n = strftime(to, 24, "%G-W%V", tm);
		break;
	case CALENDAR_MONTHLY:
		n = strftime(to, 24, "%Y-%m", tm);
		break;
	}
	to[n] = '\0';
}

bool names_init(struct names *n, const char *base, enum calendar_roll roll)
{
	const char *dot = strrchr(base, '.');
	size_t stem = dot && dot != base ? (size_t)(dot - base) : strlen(base);

	if (strlen(base) + LONGEST_TAIL >= NAMES_SIZE)
		return false;
	memcpy(n->stem, base, stem);
	n->stem[stem] = '\0';
	memcpy(n->ext, base + stem, strlen(base + stem) + 1);
	n->roll = roll;
	return true;
}

void names_period(const struct names *n, const struct tm *tm, char to[24])
{
	print_period(n->roll, tm, to);
}

void names_build(const struct names *n, const struct names_member *m, char to[NAMES_SIZE])
{
	char *p = stpcpy(to, n->stem); /* names_init has seen to it that all fits */

	if (m->period[0])
		p = stpcpy(stpcpy(p, "."), m->period);
	if (m->part > 1)
		p += sprintf(p, ".part%03u", m->part);
	stpcpy(stpcpy(p, n->ext), suffixes[m->suffix]);
}

/* Whether text is the date of a period that exists. */
static bool period_is_valid(enum calendar_roll roll, const char *text)
{
	int year, month = 1, day = 1, hour = 0, minute = 0, week = 1;
	struct tm tm;
	int end = 0;

	switch (roll) {
	case CALENDAR_NEVER:
		return text[0] == '\0';
	case CALENDAR_WEEKLY:
		sscanf(text, "%4d-W%2d%n", &year, &week, &end);
		day = 4 + 7 * (week - 1);
		break;
	case CALENDAR_MINUTELY:
		sscanf(text, "%4d-%2d-%2dT%2d-%2d%n", &year, &month, &day, &hour, &minute, &end);
		break;
	case CALENDAR_HOURLY:
		sscanf(text, "%4d-%2d-%2dT%2d%n", &year, &month, &day, &hour, &end);
		break;
	case CALENDAR_DAILY:
		sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end);
		break;
	case CALENDAR_MONTHLY:
		sscanf(text, "%4d-%2d%n", &year, &month, &end);
		break;
	}
	if (end == 0 || text[end] != '\0' || year < 1000)
		return false;
	tm = (struct tm){ .tm_year = year - 1900,
			  .tm_mon = month - 1,
			  .tm_mday = day,
			  .tm_hour = hour,
			  .tm_min = minute };
	/* A date that exists is one that timegm leaves alone, written our way. */
	char again[24];
	timegm(&tm);
	print_period(roll, &tm, again);
	return strcmp(again, text) == 0;
}

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

bool names_parse(const struct names *n, const char *name, struct names_member *m)
{
	size_t stem = strlen(n->stem), len = strlen(name);
	char middle[64], again[NAMES_SIZE];

	if (strncmp(name, n->stem, stem) != 0)
		return false;
	*m = (struct names_member){ .part = 1 };
	for (int s = NAMES_ZST; s <= NAMES_GZ; s++) {
		if (ends_with(name, len, suffixes[s])) {
			m->suffix = (enum names_suffix)s;
			len -= strlen(suffixes[s]);
			break;
		}
	}
	if (len < stem || !ends_with(name + stem, len - stem, n->ext))
		return false;
	len -= strlen(n->ext) + stem;
	if (len >= sizeof(middle))
		return false;
	memcpy(middle, name + stem, len);
	middle[len] = '\0';

	char *part = strstr(middle, ".part");
	if (part) {
		unsigned long number = strtoul(part + 5, NULL, 10);

		if (number < 2 || number > 999999999)
			return false;
		m->part = (unsigned)number;
		*part = '\0';
	}
	const char *period = middle + (middle[0] == '.');
	if (strlen(period) >= sizeof(m->period) || !period_is_valid(n->roll, period))
		return false;
	memcpy(m->period, period, strlen(period) + 1);
	names_build(n, m, again);
	return strcmp(again, name) == 0;
}
