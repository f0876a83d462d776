/*
 * Write a time in RFC 3339 and other formats, cached per second. Pure.
 *
 * The text for a second is kept, with the positions of its fractions. Within
 * the second only these digits are rewritten. Nothing is carried over from one
 * second to the next, so the zone's rules are applied to each second.
 */
#include "record/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STAMP_HEX = 16 };

#define SECOND       INT64_C(1000000000)
#define TAI64_OFFSET (UINT64_C(0x4000000000000000) + 10) /* as in libtai's taia_now */

static const struct {
	const char *name;
	enum stamp_kind kind;
} words[] = {
	{ "rfc3339", STAMP_RFC3339 },
	{ "iso8601", STAMP_ISO8601 },
	{ "unix", STAMP_UNIX },
	{ "tai64n", STAMP_TAI64N },
};

/* ---- the text of a second ---- */

static void add(struct stamp *s, const char *text)
{
	size_t n = strlen(text);

	if (n > STAMP_MOST - s->len)
		n = STAMP_MOST - s->len;
	memcpy(s->text + s->len, text, n);
	s->len += n;
}

static void add_fraction(struct stamp *s, int digits)
{
	size_t width = digits == STAMP_HEX ? 8 : (size_t)digits;

	if (width > STAMP_MOST - s->len || s->fraction_count == STAMP_FRACTIONS)
		return;
	s->fractions[s->fraction_count].at = s->len;
	s->fractions[s->fraction_count++].digits = digits;
	s->len += width;
}

/* Formats len bytes of a pattern with strftime; the result may be empty. */
static void add_dates(struct stamp *s, const char *pattern, size_t len, const struct tm *tm)
{
	char part[STAMP_MOST + 2], text[STAMP_MOST + 2];
	size_t n;

	if (len > STAMP_MOST)
		return;
	memcpy(part, pattern, len);
	memcpy(part + len, ".", 2); /* so that 0 means that it does not fit */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = strftime(text, sizeof(text), part, tm);
#pragma GCC diagnostic pop
	text[n ? n - 1 : 0] = '\0';
	add(s, text);
}

/*
 * The next conversion of a pattern that is ours and not strftime's: %N, or %s, which
 * strftime computes as local time even for a time in UTC. NULL: there is none.
 */
static const char *find_ours(const char *p, size_t *len, int *digits)
{
	while ((p = strchr(p, '%')) != NULL) {
		bool counted = p[1] >= '1' && p[1] <= '9' && p[2] == 'N';

		if (counted || p[1] == 'N' || p[1] == 's') {
			*digits = counted ? p[1] - '0' : p[1] == 'N' ? 9 : 0;
			*len = counted ? 3 : 2;
			return p;
		}
		p += p[1] ? 2 : 1;
	}
	return NULL;
}

static void add_pattern(struct stamp *s, const struct tm *tm)
{
	const char *p = s->format.pattern, *ours;
	int digits;
	size_t len;

	while ((ours = find_ours(p, &len, &digits)) != NULL) {
		char seconds[24];

		add_dates(s, p, (size_t)(ours - p), tm);
		snprintf(seconds, sizeof(seconds), "%" PRId64, s->second);
		if (digits)
			add_fraction(s, digits);
		else
			add(s, seconds);
		p = ours + len;
	}
	add_dates(s, p, strlen(p), tm);
}

static void add_zone(struct stamp *s, const struct tm *tm)
{
	long minutes = tm->tm_gmtoff / 60;
	char zone[24] = "Z";

	if (!s->format.utc)
		snprintf(zone, sizeof(zone), "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
			 (minutes < 0 ? -minutes : minutes) / 60 % 100,
			 (minutes < 0 ? -minutes : minutes) % 60);
	add(s, zone);
}

static void fill(struct stamp *s)
{
	time_t t = (time_t)s->second;
	struct tm tm = { 0 };
	char text[32];

	s->len = s->fraction_count = 0;
	if (s->format.utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	switch (s->format.kind) {
	case STAMP_NONE:
		break;
	case STAMP_RFC3339:
		add_dates(s, "%Y-%m-%dT%H:%M:%S.", 18, &tm);
		add_fraction(s, 6);
		add_zone(s, &tm);
		break;
	case STAMP_ISO8601:
		add_dates(s, "%Y-%m-%dT%H:%M:%S,", 18, &tm);
		add_fraction(s, 3);
		add_zone(s, &tm);
		break;
	case STAMP_UNIX:
		snprintf(text, sizeof(text), "%" PRId64 ".", s->second);
		add(s, text);
		add_fraction(s, 6);
		break;
	case STAMP_TAI64N:
		snprintf(text, sizeof(text), "@%016" PRIx64, TAI64_OFFSET + (uint64_t)s->second);
		add(s, text);
		add_fraction(s, STAMP_HEX);
		break;
	case STAMP_STRFTIME:
		add_pattern(s, &tm);
		break;
	}
	s->text[s->len] = '\0';
}

/* ---- the fraction ---- */

static void put_digits(char *to, size_t width, uint32_t value, uint32_t base)
{
	while (width-- > 0) {
		to[width] = "0123456789abcdef"[value % base];
		value /= base;
	}
}

static void put_fractions(struct stamp *s, uint32_t ns)
{
	for (size_t i = 0; i < s->fraction_count; i++) {
		char *to = s->text + s->fractions[i].at;
		int digits = s->fractions[i].digits;
		uint32_t value = ns;

		if (digits == STAMP_HEX) {
			put_digits(to, 8, ns, 16);
			continue;
		}
		for (int left = digits; left < 9; left++)
			value /= 10;
		put_digits(to, (size_t)digits, value, 10);
	}
}

/* ---- public ---- */

void stamp_init(struct stamp *s, const struct stamp_format *f)
{
	*s = (struct stamp){ .format = *f };
}

const char *stamp_at(struct stamp *s, int64_t ns)
{
	int64_t fraction = ns % SECOND < 0 ? ns % SECOND + SECOND : ns % SECOND;
	int64_t second = ns / SECOND - (ns % SECOND < 0);

	if (s->filled && ns == s->ns)
		return s->text;
	if (!s->filled || second != s->second) {
		s->second = second;
		fill(s);
	}
	put_fractions(s, (uint32_t)fraction);
	s->filled = true;
	s->ns = ns;
	return s->text;
}

void stamp_rfc3339(int64_t ns, bool utc, char to[STAMP_SIZE])
{
	struct stamp s;

	stamp_init(&s, &(struct stamp_format){ .kind = STAMP_RFC3339, .utc = utc });
	snprintf(to, STAMP_SIZE, "%s", stamp_at(&s, ns));
}

/*
 * Whether all conversions of a pattern are ours, or defined by C and POSIX. strftime's result for
 * others is undefined; it copies them to the stamp, or writes nothing. Flags and widths are
 * glibc's.
 */
static bool conversions_known(const char *pattern)
{
	const char *ours = pattern;
	size_t len = 0;
	int digits;

	for (const char *p = pattern; (p = strchr(p, '%')) != NULL; p++) {
		const char *letters = "%aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ+";

		if (ours && ours < p + 1)
			ours = find_ours(p, &len, &digits);
		if (p == ours) {
			p += len - 1;
			continue;
		}
		p += 1 + strspn(p + 1, "_-0^#+");
		p += strspn(p, "0123456789");
		if (*p == 'E' || *p == 'O')
			letters = *p++ == 'E' ? "cCxXyY" : "bBdehHImMSuUVwWy";
		if (*p == '\0' || !strchr(letters, *p))
			return false;
	}
	return true;
}

/* Whether the stamps of this pattern are short, and stay on one line. */
static bool is_sound(const struct stamp_format *f, const char **why)
{
	/* Wednesday, September 30: no stamp in English is longer. */
	struct stamp s;
	size_t fractions = 0, len;
	int digits;

	for (const char *p = f->pattern; (p = find_ours(p, &len, &digits)) != NULL; p += len)
		fractions += digits > 0;
	*why = "has a conversion that strftime(3) does not know";
	if (!conversions_known(f->pattern))
		return false;
	*why = "has %N more than 4 times";
	if (fractions > STAMP_FRACTIONS)
		return false;
	stamp_init(&s, f);
	stamp_at(&s, INT64_C(1790812799999999999));
	*why = "gives stamps that are empty or longer than 100 bytes";
	if (s.len == 0 || s.len > 100)
		return false;
	*why = "contains control characters";
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.text[i] < ' ' || s.text[i] == 0x7f)
			return false;
	return true;
}

bool stamp_parse(const char *text, struct stamp_format *f, const char **why)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].name) == 0) {
			f->kind = words[i].kind;
			return true;
		}
	}
	*why = "is not known";
	if (!strchr(text, '%'))
		return false;
	f->kind = STAMP_STRFTIME;
	f->pattern = text;
	return is_sound(f, why);
}
