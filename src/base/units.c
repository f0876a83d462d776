/* Parse counts, sizes, times and modes; no other room parses numbers from the user. Pure. */
#include "base/units.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit none[] = { { "", 1 }, { NULL, 0 } };

/* MB is a power of 1000, as in the SI and for dd(1); M and MiB are powers of 1024. */
static const struct unit sizes[] = {
	{ "", 1 },
	{ "K", UNITS_KIB },
	{ "M", UNITS_MIB },
	{ "G", UNITS_GIB },
	{ "T", 1024 * UNITS_GIB },
	{ "KiB", UNITS_KIB },
	{ "MiB", UNITS_MIB },
	{ "GiB", UNITS_GIB },
	{ "TiB", 1024 * UNITS_GIB },
	{ "kB", INT64_C(1000) },
	{ "KB", INT64_C(1000) },
	{ "MB", INT64_C(1000000) },
	{ "GB", INT64_C(1000000000) },
	{ "TB", INT64_C(1000000000000) },
	{ NULL, 0 },
};

/* No months and years, whose length depends on the date. */
static const struct unit times[] = {
	{ "", UNITS_SECOND },        { "ms", UNITS_MS },
	{ "s", UNITS_SECOND },       { "m", UNITS_MINUTE },
	{ "h", UNITS_HOUR },         { "d", UNITS_DAY },
	{ "w", 7 * UNITS_DAY },      { "sec", UNITS_SECOND },
	{ "second", UNITS_SECOND },  { "seconds", UNITS_SECOND },
	{ "min", UNITS_MINUTE },     { "minute", UNITS_MINUTE },
	{ "minutes", UNITS_MINUTE }, { "hour", UNITS_HOUR },
	{ "hours", UNITS_HOUR },     { "day", UNITS_DAY },
	{ "days", UNITS_DAY },       { "week", 7 * UNITS_DAY },
	{ "weeks", 7 * UNITS_DAY },  { NULL, 0 },
};

/* Digits of the base at the beginning of text. Returns the end of the digits; NULL if there are
 * none, or too many. */
static const char *digits(const char *text, int base, int64_t *value)
{
	const char *p = text;
	int64_t n = 0;

	for (; *p >= '0' && *p < '0' + base; p++)
		if (__builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return NULL;
	*value = n;
	return p == text ? NULL : p;
}

static bool number(const char *text, const struct unit *units, int64_t *value)
{
	int64_t n, product;
	const char *unit = digits(text, 10, &n);

	if (!unit)
		return false;
	while (units->name && strcmp(unit, units->name) != 0)
		units++;
	if (!units->name || __builtin_mul_overflow(n, units->factor, &product))
		return false;
	*value = product;
	return true;
}

bool units_count(const char *text, int64_t *n)
{
	return number(text, none, n);
}

bool units_size(const char *text, int64_t *bytes)
{
	return number(text, sizes, bytes);
}

bool units_time(const char *text, int64_t *ns)
{
	return number(text, times, ns);
}

bool units_mode(const char *text, mode_t *mode)
{
	int64_t n;
	const char *end = digits(text, 8, &n);

	if (!end || *end != '\0' || n > 07777)
		return false;
	*mode = (mode_t)n;
	return true;
}
