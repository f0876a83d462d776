/*
 * Count newlines. Pure.
 *
 * Two vectors of bytes are compared at a time. Each byte of two other vectors counts the matches at
 * its position, which works 255 times before it overflows. Every x86-64 and arm64 has vectors of 16
 * bytes, and most x86-64 have those of 32, AVX2; an ordinary if tests for them at run time. An
 * ifunc (target_clones) would save the if, but musl has none, and its resolver runs before a
 * sanitizer is ready.
 */
#include "base/newlines.h"

#include <string.h>

/* Defines name(p, len): the newlines in len bytes, a multiple of twice the width. */
#define DEFINE_COUNT(name, width, target)                                                          \
	target static size_t name(const char *p, size_t len)                                       \
	{                                                                                          \
		typedef unsigned char vector __attribute__((vector_size(width)));                  \
		size_t total = 0;                                                                  \
                                                                                                   \
		while (len > 0) {                                                                  \
			size_t rounds = len / (2 * (width)) < 255 ? len / (2 * (width)) : 255;     \
			vector even = { 0 }, odd = { 0 }, bytes;                                   \
                                                                                                   \
			len -= rounds * 2 * (width);                                               \
			for (; rounds > 0; rounds--, p += 2 * (width)) {                           \
				memcpy(&bytes, p, width);                                          \
				even -= (vector)(bytes == '\n'); /* true is -1 */                  \
				memcpy(&bytes, p + (width), width);                                \
				odd -= (vector)(bytes == '\n');                                    \
			}                                                                          \
			for (size_t i = 0; i < (width); i++)                                       \
				total += (size_t)even[i] + odd[i];                                 \
		}                                                                                  \
		return total;                                                                      \
	}

DEFINE_COUNT(count_by_16, 16, )
#ifdef __x86_64__
DEFINE_COUNT(count_by_32, 32, __attribute__((target("avx2"))))
#endif

size_t newlines_count(const char *p, size_t len)
{
	size_t total = 0;
	size_t whole;

#ifdef __x86_64__
	if (len >= 64 && __builtin_cpu_supports("avx2")) {
		whole = len - len % 64;
		total = count_by_32(p, whole);
		p += whole;
		len -= whole;
	}
#endif
	whole = len - len % 32;
	total += count_by_16(p, whole);
	for (size_t i = whole; i < len; i++)
		total += p[i] == '\n';
	return total;
}
