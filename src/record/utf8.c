/*
 * Read UTF-8, and copy plain ASCII fast. Pure.
 *
 * Log lines are nearly always ASCII, so copying works in blocks, with the compiler's vector types.
 * They have 16 bytes, which on a processor without vectors become words, or 32 where an ordinary if
 * finds AVX2 at run time (newlines.c says why no ifunc).
 */
#include "record/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef signed char block16 __attribute__((vector_size(16)));
typedef char byte16 __attribute__((vector_size(16))); /* as the compiler's functions want them */
#ifdef __x86_64__
typedef signed char block32 __attribute__((vector_size(32)));
typedef char byte32 __attribute__((vector_size(32)));
#endif

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

/* The position of the first byte of a block that is not 0; its size if there is none. */
static inline size_t first_of_16(block16 b)
{
#ifdef __SSE2__
	unsigned found = (unsigned)__builtin_ia32_pmovmskb128((byte16)b);

	return found ? (size_t)__builtin_ctz(found) : sizeof(b);
#else
	uint64_t words[2];

	memcpy(words, &b, sizeof(b));
	for (size_t i = 0; i < 2; i++)
		if (words[i]) {
			const unsigned char *byte = (const unsigned char *)&words[i];
			size_t n = 0;

			while (!byte[n])
				n++;
			return i * sizeof(words[0]) + n;
		}
	return sizeof(b);
#endif
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static inline size_t first_of_32(block32 b)
{
	unsigned found = (unsigned)__builtin_ia32_pmovmskb256((byte32)b);

	return found ? (size_t)__builtin_ctz(found) : sizeof(b);
}
#endif

/*
 * Defines name(to, from, len, p): copies blocks up to the first byte that is not plain, or until
 * less than a block is left. Returns: the number of plain bytes copied; *odd: whether one that is
 * not plain follows.
 */
#define DEFINE_COPY(name, block, first, target)                                                    \
	target static size_t name(char *to, const char *from, size_t len,                          \
				  const struct utf8_plain *p, bool *odd)                           \
	{                                                                                          \
		const block zero = { 0 };                                                          \
		const block not0 = zero + p->not [0], not1 = zero + p->not [1];                    \
		const block also = zero + p->also;                                                 \
		size_t i = 0, n = sizeof(block);                                                   \
		block b;                                                                           \
                                                                                                   \
		for (; len - i >= sizeof(b) && n == sizeof(b); i += n) {                           \
			memcpy(&b, from + i, sizeof(b));                                           \
			memcpy(to + i, &b, sizeof(b));                                             \
			/* bytes from 0x80 on are negative */                                      \
			b = ((b < zero + ' ') | (b == not0) | (b == not1)) & (b != also);          \
			n = first(b);                                                              \
		}                                                                                  \
		*odd = n < sizeof(b);                                                              \
		return i;                                                                          \
	}

DEFINE_COPY(copy_by_16, block16, first_of_16, )
#ifdef __x86_64__
DEFINE_COPY(copy_by_32, block32, first_of_32, __attribute__((target("avx2"))))
#endif

size_t utf8_copy_plain(char *to, const char *from, size_t len, const struct utf8_plain *p)
{
	size_t i = 0;
	bool odd;

#ifdef __x86_64__
	if (len >= sizeof(block32) && __builtin_cpu_supports("avx2")) {
		i = copy_by_32(to, from, len, p, &odd);
		if (odd)
			return i;
	}
#endif
	i += copy_by_16(to + i, from + i, len - i, p, &odd);
	if (odd)
		return i;
	/* The last bytes are copied with a block that overlaps the one before. */
	if (i > 0 && i < len) {
		size_t last = len - sizeof(block16);

		return last + copy_by_16(to + last, from + last, sizeof(block16), p, &odd);
	}
	for (; i < len && is_plain(from[i], p); i++)
		to[i] = from[i];
	return i;
}
