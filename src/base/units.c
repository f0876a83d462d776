/* Parse counts, sizes, times and modes; no other room parses numbers from the user. Pure. */
#include "base/units.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit none[] = { { "", 1 }, { NULL, 0 } };

static const struct unit sizes[] = {
	{ "", 1 }, { "K", UNITS_KIB }, { "M", UNITS_MIB }, { "G", UNITS_GIB }, { NULL, 0 },
};

static const struct unit times[] = {
	{ "", UNITS_SECOND }, { "ms", UNITS_MS }, { "s", UNITS_SECOND }, { "m", UNITS_MINUTE },
	{ "h", UNITS_HOUR },  { "d", UNITS_DAY }, { NULL, 0 },
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
