/* Make a text safe for a terminal: escape control characters, strip sequences. Pure. */
#include "record/escape.h"

#include "record/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t put_byte(char *to, char c)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	to[0] = '\\';
	to[1] = 'x';
	to[2] = digits[byte >> 4];
	to[3] = digits[byte & 15];
	return 4;
}

/* The code point of the character of n bytes at `at`. */
static uint32_t code_point(const char *at, size_t n)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)at[0] & first_bits[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)at[i] & 0x3f);
	return code;
}

/* Whether a character ends a line, moves the cursor, or turns the direction of writing. */
static bool is_control(uint32_t code)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{ 0, '\t' - 1 },    { '\t' + 1, ' ' - 1 }, { 0x7f, 0x9f },     { 0x61c, 0x61c },
		{ 0x200e, 0x200f }, { 0x2028, 0x202e },    { 0x2066, 0x2069 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].from && code <= ranges[i].to)
			return true;
	return false;
}

size_t escape_text(char *to, const char *from, size_t len)
{
	static const struct utf8_plain plain = { .not = { 0x7f, 0x7f }, .also = '\t' };
	const char *end = from + len;
	char *t = to;

	while (from < end) {
		size_t n = utf8_copy_plain(t, from, (size_t)(end - from), &plain);

		t += n;
		from += n;
		for (; from < end; from += n) { /* others are in runs, too */
			n = utf8_length(from, (size_t)(end - from));
			if (n == 1 && *from >= ' ' && *from != 0x7f)
				break;
			if (n > 0 && !is_control(code_point(from, n))) {
				memcpy(t, from, n);
				t += n;
				continue;
			}
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++)
				t += put_byte(t, from[i]);
		}
	}
	return (size_t)(t - to);
}

/* Depends on its value alone, so that compilers vectorise it. */
static bool is_plain(char c)
{
	return (c >= ' ' && (signed char)c > 0 && c != 0x7f) || c == '\n' || c == '\t';
}

size_t escape_plain(const char *text, size_t len)
{
	enum { BLOCK = 64 };
	size_t n = 0;

	for (; n + BLOCK <= len; n += BLOCK) {
		unsigned char special = 0;

		for (size_t i = 0; i < BLOCK; i++)
			special |= !is_plain(text[n + i]);
		if (special)
			break;
	}
	while (n < len && is_plain(text[n]))
		n++;
	return n;
}

/* ---- sequences ---- */

enum {
	NO_SEQUENCE = 0,
	CUT_SEQUENCE = -1, /* incomplete: its end is missing */
};

/* Skips bytes of a range from p on, as ECMA-48 writes them: column/row in hexadecimal. */
static const char *skip_range(const char *p, const char *end, char low, char high)
{
	while (p < end && *p >= low && *p <= high)
		p++;
	return p;
}

/* The end of the string that begins at p, after its BEL or ESC \; or NULL. */
static const char *string_end(const char *p, const char *end, bool bel_ends)
{
	for (; p < end; p++) {
		if (*p == '\a' && bel_ends)
			return p + 1;
		if (*p == '\033')
			return end - p > 1 && p[1] == '\\' ? p + 2 : NULL;
	}
	return NULL;
}

/* The length of the sequence at `at`, an ESC; or one of the above. */
static long sequence(const char *at, const char *end)
{
	const char *limit = end - at > ESCAPE_SEQUENCE ? at + ESCAPE_SEQUENCE : end;
	const char *p = at + 1, *stop;
	char low = '0';

	if (p == limit)
		return CUT_SEQUENCE;
	if (strchr("]PX^_", *p) && *p) {
		stop = string_end(p + 1, limit, *p == ']');
		if (stop)
			return stop - at;
		/* An ESC in it that begins nothing else ends it. */
		stop = memchr(p + 1, '\033', (size_t)(limit - p - 1));
		return stop && stop + 1 < limit ? NO_SEQUENCE : CUT_SEQUENCE;
	}
	if (*p == '[') {
		p = skip_range(p + 1, limit, '0', '?');
		low = '@';
	}
	p = skip_range(p, limit, ' ', '/');
	if (p == limit)
		return CUT_SEQUENCE;
	return *p >= low && *p <= '~' ? p + 1 - at : NO_SEQUENCE;
}

size_t escape_strip(char *to, const char *from, size_t len, bool more, size_t *used)
{
	const char *p = from, *end = from + len;
	char *t = to;

	while (p < end) {
		const char *esc = memchr(p, '\033', (size_t)(end - p));
		size_t n = (size_t)((esc ? esc : end) - p);

		memmove(t, p, n);
		t += n;
		p += n;
		if (!esc)
			break;
		long length = sequence(p, end);
		if (length == CUT_SEQUENCE && more && end - p < ESCAPE_SEQUENCE)
			break;
		p += length > 0 ? length : 1;
	}
	*used = (size_t)(p - from);
	return (size_t)(t - to);
}
