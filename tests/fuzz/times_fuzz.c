/* Any text is a time in range or none, as an argument and before a line; nothing behind it is read.
 */
#include "reader/linetime.h"
#include "reader/timearg.h"

#include "fuzz.h"

static const int64_t now = INT64_C(1795356309000000000);

static void as_argument(const char *text, bool utc)
{
	struct timearg first = { .now = now, .utc = utc }, last = first;
	int64_t a, b;
	const char *why = NULL;

	last.last = true;
	if (!timearg_parse(text, &first, &a, &why)) {
		HOLDS(why && !timearg_parse(text, &last, &b, &why));
		return;
	}
	HOLDS(timearg_parse(text, &last, &b, &why));
	HOLDS(a <= b && b - a <= INT64_C(86400000000000));
}

static void before_a_line(const char *line, size_t len, bool utc)
{
	struct linetime_rules r = { .near = now, .utc = utc };
	struct linetime t = { 0 };

	if (!linetime_find(&r, line, len, &t))
		return;
	HOLDS(t.first <= t.last && t.len > 0 && t.len <= len);
}

FUZZ(data, len)
{
	char *text = malloc(len + 1), *line = malloc(len ? len : 1);

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	memcpy(text, data, len);
	text[len] = '\0';
	memcpy(line, data, len);
	for (int utc = 0; utc < 2; utc++) {
		as_argument(text, utc);
		before_a_line(line, len, utc);
	}
	free(text);
	free(line);
}
