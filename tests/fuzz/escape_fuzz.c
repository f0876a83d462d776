/* No byte that moves a cursor comes through, and sequences go wherever the text is cut. */
#include "record/escape.h"

#include "record/utf8.h"

#include "fuzz.h"

static void escaped_is_safe(const char *text, size_t len)
{
	static const char *const unsafe[] = {
		"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b",
		"\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
	};
	char *to = malloc(ESCAPE_FACTOR * len + 1);
	size_t n = escape_text(to, text, len), length;

	HOLDS(n >= len && n <= ESCAPE_FACTOR * len);
	for (size_t i = 0; i < n; i += length) {
		unsigned char c = (unsigned char)to[i];

		length = utf8_length(to + i, n - i);
		HOLDS(length > 0);
		HOLDS(c >= ' ' || c == '\t');
		HOLDS(c != 0x7f);
		HOLDS(c != 0xc2 || (unsigned char)to[i + 1] >= 0xa0);
		for (size_t k = 0; k < sizeof(unsafe) / sizeof(unsafe[0]); k++)
			HOLDS(strncmp(to + i, unsafe[k], length) != 0);
	}
	free(to);
}

static void stripped_in_parts(const char *text, size_t len, size_t cut)
{
	char *whole = malloc(len + 1), *parts = malloc(len + 1);
	size_t used, first, n = escape_strip(whole, text, len, false, &used);

	HOLDS(used == len && n <= len);
	HOLDS(memchr(whole, '\033', n) == NULL);
	first = escape_strip(parts, text, cut, true, &used);
	HOLDS(used <= cut && used + ESCAPE_SEQUENCE > cut);
	first += escape_strip(parts + first, text + used, len - used, false, &used);
	HOLDS(first == n && memcmp(whole, parts, n) == 0);
	free(whole);
	free(parts);
}

FUZZ(data, len)
{
	size_t cut;
	char *text;

	if (len < 2)
		return;
	cut = ((size_t)data[0] << 8 | data[1]) % (len - 1);
	len -= 2;
	text = malloc(len ? len : 1);
	memcpy(text, data + 2, len);
	escaped_is_safe(text, len);
	stripped_in_parts(text, len, cut);
	free(text);
}
