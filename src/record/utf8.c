/*
 * Read UTF-8, and copy plain ASCII fast. Pure.
 *
 * Log lines are nearly always ASCII, so copying works in blocks of 16 bytes, with
 * the compiler's vector types. On a processor without vectors they become words.
 */
#include "record/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef signed char block __attribute__((vector_size(16)));

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The length that the first byte announces; 0: no character begins with it. */
static size_t promised(char c)
{
	unsigned char first = (unsigned char)c;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_length(const char *at, size_t len)
{
	size_t n = len ? promised(at[0]) : 0;
	unsigned char first, second;

	if (n == 1)
		return 1;
	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!is_tail(at[i]))
			return 0;
	first = (unsigned char)at[0];
	second = (unsigned char)at[1];
	/* An overlong form, a surrogate, or beyond U+10FFFF. */
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return n;
}

size_t utf8_cut(const char *text, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		char c = text[len - back];

		if (is_tail(c))
			continue;
		return promised(c) > back ? len - back : len;
	}
	return len;
}

size_t utf8_mark(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_plain(char c, const struct utf8_plain *p)
{
	return (c >= ' ' && (signed char)c > 0 && c != p->not [0] && c != p->not [1]) ||
	       c == p->also;
}

/* Copies a block; returns whether it is plain. */
static inline bool copy_block(char *to, const char *from, const struct utf8_plain *p)
{
	const block zero = { 0 };
	uint64_t odd[2];
	block b;

	memcpy(&b, from, sizeof(b));
	memcpy(to, &b, sizeof(b));
	b = ((b < zero + ' ') | (b == zero + p->not [0]) | (b == zero + p->not [1])) &
	    (b != zero + p->also); /* bytes from 0x80 on are negative */
	memcpy(odd, &b, sizeof(odd));
	return !(odd[0] | odd[1]);
}

size_t utf8_copy_plain(char *to, const char *from, size_t len, const struct utf8_plain *p)
{
	const size_t size = sizeof(block);
	size_t i = 0;

	while (len - i >= size && copy_block(to + i, from + i, p))
		i += size;
	/* Copies the last bytes with a block that overlaps the one before. */
	if (i > 0 && len - i < size && copy_block(to + len - size, from + len - size, p))
		return len;
	for (; i < len && is_plain(from[i], p); i++)
		to[i] = from[i];
	return i;
}
