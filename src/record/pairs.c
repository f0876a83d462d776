/*
 * Find the level in a JSON object, or among pairs such as level=warn. Pure.
 *
 * The level is the value of a key, and the meaning of a number depends on the key. In an object its
 * own keys count, and those of its member "log".
 */
#include "record/pairs.h"

#include "base/ascii.h"

#include <string.h>
#include <strings.h>

enum scale {
	BY_SIZE,   /* pino's and bunyan's 10 to 60, Monolog's 100 to 600 */
	SEVERITY,  /* syslog's 0 to 7 */
	OTEL,      /* OpenTelemetry's 1 to 24 */
	BY_LETTER, /* MongoDB's, without numbers */
	CLEF,      /* Serilog's words, without numbers */
	WHEN,      /* not a level, but the time of the record */
};

#define KEY(text, scale)                                                                           \
	{                                                                                          \
		text, sizeof(text) - 1, scale                                                      \
	}

static const struct {
	const char *text;
	size_t len;
	enum scale scale;
} keys[] = {
	KEY("level", BY_SIZE),
	KEY("lvl", BY_SIZE),
	KEY("severity", SEVERITY),
	KEY("levelname", BY_SIZE),
	KEY("level_name", BY_SIZE),
	KEY("loglevel", BY_SIZE),
	KEY("log.level", BY_SIZE),
	KEY("@l", CLEF),
	KEY("priority", SEVERITY),
	KEY("severitytext", OTEL),
	KEY("severitynumber", OTEL),
	KEY("s", BY_LETTER),
	KEY("time", WHEN),
	KEY("ts", WHEN),
	KEY("timestamp", WHEN),
	KEY("@timestamp", WHEN),
	KEY("datetime", WHEN),
	KEY("@t", WHEN),
	KEY("t", WHEN),
};

/* Numbers that belong to exactly one scale. */
static enum level of_size(int n)
{
	if (n >= 10 && n <= 60 && n % 10 == 0)
		return n >= 50 ? LEVEL_ERROR : (enum level)(n / 10);
	if (n < 100 || n > 600 || n % 50 != 0)
		return LEVEL_NONE;
	return n >= 400 ? LEVEL_ERROR : n >= 300 ? LEVEL_WARN : n >= 200 ? LEVEL_INFO : LEVEL_DEBUG;
}

static enum level of_number(enum scale scale, int n)
{
	switch (scale) {
	case BY_SIZE:
		return of_size(n);
	case SEVERITY:
		return n <= 7 ? level_of_severity(n) : LEVEL_NONE;
	case OTEL:
		if (n < 1 || n > 24)
			return LEVEL_NONE;
		return n > 16 ? LEVEL_ERROR : (enum level)((n + 3) / 4);
	case BY_LETTER:
	case CLEF:
	case WHEN:
		break;
	}
	return LEVEL_NONE;
}

/* The level that a value means, with or without quotes. */
static enum level of_value(enum scale scale, const char *at, const char *end)
{
	bool quoted = at < end && ascii_is_in(*at, "\"'");
	const char *stop;
	int n = 0;

	at += quoted;
	stop = ascii_skip_letters(at, end);
	if (stop > at && scale == BY_LETTER)
		return stop - at == 1 && quoted ? level_of_letter(*at) : LEVEL_NONE;
	if (stop > at && scale != WHEN && !(stop < end && ascii_is_in(*stop, "_="))) {
		const struct level_word *w = level_word(at, stop);

		if (scale == CLEF && ascii_is_text(at, stop, "verbose"))
			return LEVEL_TRACE; /* elsewhere it is debug */
		return w ? w->level : LEVEL_NONE;
	}
	for (stop = at; stop < end && ascii_is_digit(*stop) && n < 1000; stop++)
		n = n * 10 + (*stop - '0');
	if (stop == at || (stop < end && (ascii_is_letter(*stop) || ascii_is_in(*stop, "._"))))
		return LEVEL_NONE;
	return of_number(scale, n);
}

/* The state of reading pairs. */
struct reading {
	const char *begin, *end;
	enum level level;
	bool time;       /* there was one */
	bool clef;       /* an object with "@t" */
	enum level kept; /* of a member, while an "@l" may follow, which comes before it */
};

/* Reads the key from key to stop and its value at `at`; returns whether the level is known now. */
static bool read_pair(struct reading *r, const char *key, const char *stop, const char *at)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((size_t)(stop - key) != keys[i].len ||
		    strncasecmp(key, keys[i].text, keys[i].len) != 0)
			continue;
		r->time |= keys[i].scale == WHEN;
		r->level = of_value(keys[i].scale, at, r->end);
		break;
	}
	return r->level != LEVEL_NONE;
}

/* The end of the string that begins at p, or of the line. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < end;
	return p < end ? p + 1 : end;
}

/* level=warn msg="..." */
static void read_pairs(struct reading *r)
{
	const char *p = r->begin;

	while (p < r->end) {
		const char *key = p = ascii_skip_blanks(p, r->end);

		while (p < r->end && !ascii_is_blank(*p) && *p != '=' && *p != '"')
			p++;
		if (p < r->end && *p == '=' && read_pair(r, key, p, p + 1))
			return;
		while (p < r->end && !ascii_is_blank(*p))
			p = *p == '"' ? skip_string(p, r->end) : p + 1;
	}
}

/* Whether a level of 0 to 7 is a syslog severity, as in GELF. */
static bool is_gelf(const struct reading *r)
{
	static const char key[] = "\"short_message\"";

	return memmem(r->begin, (size_t)(r->end - r->begin), key, sizeof(key) - 1);
}

/* Whether "@l" is there, as a key or as a word. */
static bool has_l(const char *p, const char *end)
{
	for (; end - p > 2 && (p = memchr(p, '@', (size_t)(end - p - 2))) != NULL; p++)
		if (p[-1] == '"' && p[1] == 'l' && p[2] == '"')
			return true;
	return false;
}

/* The same as read_pair, of an object. Serilog's own "@l" comes before any other member. */
static bool read_member(struct reading *r, const char *key, const char *stop, const char *value)
{
	if (read_pair(r, key, stop, value) && *key == '@')
		return true;
	if (r->level == LEVEL_NONE && ascii_is_text(key, stop, "level") && value < r->end &&
	    *value < '8' && ascii_is_digit(*value) && is_gelf(r))
		r->level = of_value(SEVERITY, value, r->end);
	r->clef |= stop - key == 2 && memcmp(key, "@t", 2) == 0;
	if (r->level == LEVEL_NONE && r->clef && *key != '@')
		r->level = LEVEL_INFO;
	if (r->level == LEVEL_NONE || !has_l(value, r->end))
		return r->level != LEVEL_NONE;
	if (r->kept == LEVEL_NONE)
		r->kept = r->level;
	r->level = LEVEL_NONE;
	return false;
}

/* The members of the object, and of "log" in it. */
static void read_object(struct reading *r)
{
	const char *p = r->begin, *log = NULL; /* the value of "log" */
	bool in_log = false;
	int depth = 0;

	do {
		const char *stop, *value;

		if (*p != '"') {
			depth += ascii_is_in(*p, "{[") ? 1 : ascii_is_in(*p, "}]") ? -1 : 0;
			in_log = depth == 2 && (in_log || p == log);
			p++;
			continue;
		}
		stop = skip_string(p, r->end);
		value = ascii_skip_blanks(stop, r->end);
		if (value < r->end && *value == ':') {
			value = ascii_skip_blanks(value + 1, r->end);
			if (depth == 1 && ascii_is_text(p + 1, stop - 1, "log"))
				log = value;
			if ((depth == 1 || in_log) && read_member(r, p + 1, stop - 1, value))
				return;
		}
		p = stop;
	} while (p < r->end && depth > 0);
	r->level = r->kept;
	if (r->level == LEVEL_NONE && depth == 0 && r->clef)
		r->level = LEVEL_INFO;
}

enum level pairs_level(const char *at, const char *end, bool *time)
{
	struct reading r = { .begin = at, .end = end, .time = *time };

	read_pairs(&r);
	*time = r.time;
	return r.level;
}

enum level pairs_object_level(const char *at, const char *end, bool *time)
{
	struct reading r = { .begin = at, .end = end, .time = *time };

	read_object(&r);
	*time = r.time;
	return r.level;
}
