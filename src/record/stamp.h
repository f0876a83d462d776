/* Write a time in RFC 3339 and other formats, cached per second. Pure. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STAMP_SIZE = 40,     /* bytes of a time in RFC 3339, with its NUL */
	STAMP_MOST = 128,    /* bytes of any stamp */
	STAMP_FRACTIONS = 4, /* %N in one pattern */
};

enum stamp_kind {
	STAMP_NONE,
	STAMP_RFC3339,  /* 2026-11-22T14:05:09.000250+01:00; RFC 3339, section 5.6 */
	STAMP_ISO8601,  /* 2026-11-22T14:05:09,000+01:00; ISO 8601, 5.3.1.4: a comma is preferred */
	STAMP_UNIX,     /* 1795352709.000250 */
	STAMP_TAI64N,   /* @400000006b02...: https://cr.yp.to/libtai/tai64.html */
	STAMP_STRFTIME, /* a pattern of strftime(3), and %N */
};

struct stamp_format {
	enum stamp_kind kind;
	const char *pattern; /* STAMP_STRFTIME only */
	bool utc;            /* otherwise local time */
};

/*
 * stamp_parse(text, f, why): parse a format: a word such as "unix", or a
 * pattern of strftime(3), which contains a %.
 *
 * In a pattern %N stands for the nanoseconds, and %1N to %9N for 1 to 9 digits of the fraction.
 * Gives:   f->kind and f->pattern, which points into text; or *why, the reason.
 * Returns: false if there is no such format.
 */
bool stamp_parse(const char *text, struct stamp_format *f, const char **why);

/* A writer of stamps. */
struct stamp {
	struct stamp_format format;
	bool filled;
	int64_t ns, second; /* of text */
	struct {
		size_t at;
		int digits; /* STAMP_HEX: eight in hexadecimal */
	} fractions[STAMP_FRACTIONS];
	size_t fraction_count, len;
	char text[STAMP_MOST + 1];
};

/* stamp_init(s, f): initialise s. f's pattern is kept, not copied. */
void stamp_init(struct stamp *s, const struct stamp_format *f);

/*
 * stamp_at(s, ns): the stamp for a time in nanoseconds since the Epoch.
 *
 * The whole text is made when the second changes; otherwise only the fraction. Text beyond
 * STAMP_MOST bytes is left out.
 * Owner:   the text is s's and valid until the next call; s->len is its length.
 */
const char *stamp_at(struct stamp *s, int64_t ns);

/*
 * stamp_rfc3339(ns, utc, to): "2026-11-22T14:05:09.000250+01:00", or with Z.
 * ns: nanoseconds since the Epoch.
 * Thread: any.
 */
void stamp_rfc3339(int64_t ns, bool utc, char to[STAMP_SIZE]);

#endif
