/*
 * newlines: as many as a loop over the bytes finds. All is asked twice: of the program's own
 * function, and of one that is told that the processor has nothing but vectors of 16 bytes.
 */
#include "base/newlines.h"

#include "test.h"

size_t count_without_avx2(const char *p, size_t len);
#define newlines_count                  count_without_avx2
#define __builtin_cpu_supports(feature) 0
#include "base/newlines.c" // NOLINT(bugprone-suspicious-include)
#undef newlines_count

static size_t count_naively(const char *p, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += p[i] == '\n';
	return lines;
}

static bool counts(const char *p, size_t len, size_t expected)
{
	return CHECK_INT(newlines_count(p, len), expected) &&
	       CHECK_INT(count_without_avx2(p, len), expected);
}

static void a_few(void)
{
	counts(NULL, 0, 0);
	counts("\n", 1, 1);
	counts("a\nb\nc", 5, 2);
	counts("\n\n\n", 2, 2);
	counts("\x8a\x0a\x0b\x09\x1a", 5, 1);
}

static void fill(char *bytes, size_t len, long density, unsigned short seed[3])
{
	for (size_t i = 0; i < len; i++) {
		long random = nrand48(seed);

		bytes[i] = random % density ? (char)(random >> 16) : '\n';
	}
}

/* Every place relative to a vector, and every length up to several of them. */
static void all_places_and_lengths(void)
{
	enum { PLACES = 64, MOST = 600 };
	static char bytes[PLACES + MOST];
	unsigned short seed[3] = { 1, 3, 5 };

	fill(bytes, sizeof(bytes), 3, seed);
	for (size_t from = 0; from < PLACES; from++) {
		size_t expected = 0;

		for (size_t len = 0; len <= MOST; len++) {
			if (!counts(bytes + from, len, expected))
				return;
			expected += bytes[from + len] == '\n';
		}
	}
}

static void random_bytes(void)
{
	enum { MOST = 70000 };
	static char bytes[MOST + 64];
	unsigned short seed[3] = { 2, 4, 6 };

	for (unsigned long i = 0; i < 100 * test_rounds(); i++) {
		size_t from = (size_t)nrand48(seed) % 64;
		size_t len = (size_t)nrand48(seed) % (i % 4 ? 2000 : MOST);

		fill(bytes + from, len, 1 << nrand48(seed) % 8, seed);
		if (!counts(bytes + from, len, count_naively(bytes + from, len)))
			return;
	}
}

/* Nothing but newlines: the most that a narrow counter has to hold. */
static void newlines_only(void)
{
	static char bytes[100000];

	memset(bytes, '\n', sizeof(bytes));
	for (size_t len = 0; len < sizeof(bytes); len += len / 7 + 1)
		if (!counts(bytes + len % 13, len - len % 13, len - len % 13))
			return;
	counts(bytes, sizeof(bytes), sizeof(bytes));
}

/* The bytes on both sides are newlines, and do not count. */
static void nothing_outside(void)
{
	char bytes[256];

	for (size_t from = 0; from < 64; from++) {
		for (size_t len = 0; len < 128; len++) {
			memset(bytes, '\n', sizeof(bytes));
			memset(bytes + from, 'x', len);
			if (!counts(bytes + from, len, 0))
				return;
		}
	}
}

int main(void)
{
	TEST("newlines: a few are counted right", a_few);
	TEST("newlines: as many as a loop finds, at every alignment and length",
	     all_places_and_lengths);
	TEST("newlines: as many as a loop finds in random bytes", random_bytes);
	TEST("newlines: nothing but newlines is counted right", newlines_only);
	TEST("newlines: nothing outside the bytes is counted", nothing_outside);
	return test_end();
}
