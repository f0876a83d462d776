/* filter: which lines pass, which patterns are refused, and what takes too long. */
#include "record/filter.h"

#include "test.h"

#include <errno.h>

#define LIST(...) ((const char *const[]){ __VA_ARGS__ })

/* Does the line pass this one pattern? */
static int passes_n(const char *pattern, bool reject, const char *line, size_t len)
{
	struct filter *f =
		reject ? filter_new(NULL, 0, &pattern, 1) : filter_new(&pattern, 1, NULL, 0);
	/* PCRE2's machine code reads whole blocks, and valgrind minds when these are not set. */
	char *copy = calloc(1, len + 32);

	if (!CHECK(f != NULL))
		return -1;
	memcpy(copy, line, len);
	filter_look(f, copy, len);
	enum filter_verdict v = filter_line(f, copy, len);
	free(copy);
	filter_free(f);
	return (int)v;
}

static bool matches(const char *pattern, const char *line)
{
	enum filter_verdict got = (enum filter_verdict)passes_n(pattern, false, line, strlen(line));

	CHECK_INT(passes_n(pattern, true, line, strlen(line)),
		  got == FILTER_PASS ? FILTER_STOP : FILTER_PASS);
	return got == FILTER_PASS;
}

static void patterns(void)
{
	static const struct {
		const char *pattern, *line;
		bool want;
	} table[] = {
		{ "", "", true },
		{ "", "x", true },
		{ "abc", "xabcx", true },
		{ "abc", "xabx", false },
		{ "abc", "ab", false },
		{ "a.c", "xabcx", true },
		{ "^abc$", "abc", true },
		{ "^abc$", "xabc", false },
		{ "a|b", "b", true },
		{ "^$", "", true },
		{ "(?i)error", "ERROR", true },
		{ "id=[0-9]+ .*timeout", "id=77 a timeout", true },
		{ "id=[0-9]+ .*timeout", "id=77 a time", false },
		{ "\\.log\\b", "a.log b", true },
		{ "\\.log\\b", "alog b", false },
		{ "colou?r", "color", true },
		{ "colou?r", "colour", true },
		{ "ab*c", "ac", true },
		{ "ab{0}c", "ac", true },
		{ "ab{2}c", "abbc", true },
		{ "ab{2,3}c", "abc", false },
		{ "a{|b}", "b}", true },
		{ "a{x", "a{x", true },
		{ "(foo)?bar", "bar", true },
		{ "(foo|baz)bar", "bazbar", true },
		{ "(a(b|c)*)?d", "d", true },
		{ "[]x]y", "]y", true },
		{ "[^]]y", "xy", true },
		{ "[a\\]b]y", "]y", true },
		{ "[[:digit:]]+x", "12x", true },
		{ "\\Qa.b\\E", "a.b", true },
		{ "\\x41", "A", true },
		{ "a\\d+b", "a12b", true },
		{ "caf\xc3\xa9?s", "cafs", true },
		{ "caf.s", "caf\xc3\xa9s", true },
		{ "\xc3\xa9", "caf\xc3\xa9", true },
		{ "a(?=b)", "ab", true },
		{ "foo\\|bar", "foo|bar", true },
		{ "a)", "", false }, /* refused, see below */
		{ "a+?b", "aab", true },
		{ "a**", "", false }, /* the same */
		{ "x(*ACCEPT)y", "xz", true },
		{ "abc\\", "", false },
		{ "a$b", "ab", false },
		{ "ab\\?c", "ab?c", true },
		{ "ab\\.?c", "abc", true },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char why[384];

		if (!filter_check(table[i].pattern, why)) {
			CHECK(!table[i].want);
			continue;
		}
		if (!CHECK_INT(matches(table[i].pattern, table[i].line), table[i].want))
			printf("# %s in %s\n", table[i].pattern, table[i].line);
	}
}

/* Bytes that are no UTF-8 match nothing but do not keep the rest from matching. */
static void any_bytes(void)
{
	CHECK_INT(passes_n("abc.", false,
			   "\xff\xfe"
			   "abcd",
			   6),
		  FILTER_PASS);
	CHECK_INT(passes_n("a.b", false,
			   "a\xff"
			   "b",
			   3),
		  FILTER_STOP);
	CHECK_INT(passes_n("\\d$", false,
			   "\xc3"
			   "7",
			   2),
		  FILTER_PASS);
	CHECK_INT(passes_n("[^x]{2}", false, "\0\0", 2), FILTER_PASS);
	CHECK_INT(passes_n("abc", false, "\0abc\xff", 5), FILTER_PASS);
}

static void together(void)
{
	struct filter *f = filter_new(LIST("one", "t.o"), 2, LIST("no", "n.t"), 2);
	static const struct {
		const char *line;
		enum filter_verdict want;
	} table[] = {
		{ "one", FILTER_PASS },     { "two", FILTER_PASS },     { "three", FILTER_STOP },
		{ "one no", FILTER_STOP },  { "two nut", FILTER_STOP }, { "no", FILTER_STOP },
		{ "one two", FILTER_PASS }, { "", FILTER_STOP },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		filter_look(f, table[i].line, strlen(table[i].line));
		CHECK_INT(filter_line(f, table[i].line, strlen(table[i].line)), table[i].want);
	}
	filter_free(f);
	f = filter_new(NULL, 0, LIST("x"), 1); /* without --match all that is not rejected */
	const char *text = "a\nax";
	filter_look(f, text, 4);
	CHECK_INT(filter_line(f, text, 1), FILTER_PASS);
	CHECK_INT(filter_line(f, text + 2, 2), FILTER_STOP);
	filter_free(f);
}

/* Lines of one text, of which each is found by itself. */
static void one_text(void)
{
	static const char text[] = "no\nab\ncd\nabab\nba\n\nxab\na\nb";
	static const bool want[] = { false, true, false, true, false, false, true, false, false };
	static const char *const same[] = { "ab", "a[b]", "ab|ab" };

	for (size_t k = 0; k < 3; k++) {
		struct filter *f = filter_new(&same[k], 1, NULL, 0);
		const char *p = text;

		filter_look(f, text, sizeof(text) - 1);
		for (size_t i = 0; i < sizeof(want); i++) {
			size_t len = strcspn(p, "\n");

			CHECK_INT(filter_line(f, p, len) == FILTER_PASS, want[i]);
			p += len + 1;
		}
		filter_free(f);
	}
}

/* What is looked for first, at every place of random lines, changes nothing. */
static void random_lines(void)
{
	static const char *const all[] = {
		"ab", "a[bc]+d", "ab.*cd", "b+a", "ca?b", "(ab)+c", "d"
	};
	struct filter *plain[7], *slow[7];
	unsigned short seed[3] = { 9, 9, 9 };
	char text[400];

	for (size_t k = 0; k < 7; k++) {
		static char other[7][64];

		snprintf(other[k], sizeof(other[k]), "(?:%s)|(?!)", all[k]);
		const char *p = other[k];
		plain[k] = filter_new(&all[k], 1, NULL, 0);
		slow[k] = filter_new(&p, 1, NULL, 0);
	}
	for (unsigned long i = 0; i < 300 * test_rounds(); i++) {
		for (size_t c = 0; c < sizeof(text); c++)
			text[c] = "abcd\n"[nrand48(seed) % 5];
		for (size_t k = 0; k < 7; k++) {
			filter_look(plain[k], text, sizeof(text));
			filter_look(slow[k], text, sizeof(text));
			for (size_t at = 0; at < sizeof(text);) {
				const char *end = memchr(text + at, '\n', sizeof(text) - at);
				size_t len =
					(size_t)((end ? end : text + sizeof(text)) - text) - at;

				CHECK_INT(filter_line(plain[k], text + at, len),
					  filter_line(slow[k], text + at, len));
				at += len + 1;
			}
		}
	}
	for (size_t k = 0; k < 7; k++) {
		filter_free(plain[k]);
		filter_free(slow[k]);
	}
}

static void bad_patterns(void)
{
	char why[384];

	CHECK(!filter_check("a(b", why));
	CHECK_STR(why, "missing closing parenthesis\n    a(b\n       ^");
	CHECK(!filter_check("caf\xc3\xa9[", why));
	CHECK_STR(why, "missing terminating ] for character class\n    caf\xc3\xa9[\n         ^");
	CHECK(!filter_check("a**", why) || true); /* a possessive or an error: PCRE2's business */
	CHECK(!filter_check("\n(", why));
	CHECK(strstr(why, "\n    ?(\n") != NULL);
	CHECK(!filter_check("\xff", why));
	CHECK(strlen(why) > 20);
	CHECK(filter_check("a(b)", why));
	errno = 0;
	CHECK(filter_new(LIST("good", "a(b"), 2, NULL, 0) == NULL);
	CHECK_INT(errno, EINVAL);
}

/* Of a long pattern the part around the fault is shown, and the caret stays below it. */
static void long_patterns(void)
{
	static char pattern[3000];
	char why[384];

	for (size_t at = 0; at < 2000; at += 37) {
		memset(pattern, 'x', 2000);
		pattern[at] = '(';
		pattern[at + 1] = '?';
		pattern[at + 2] = '!';
		pattern[at + 3] = ']';
		memset(pattern + 2010, 0, 10);
		CHECK(!filter_check(pattern, why));
		const char *shown = strchr(why, '\n');
		if (!CHECK(shown != NULL))
			return;
		const char *caret = strchr(shown + 1, '\n');
		CHECK(caret && strlen(caret + 1) <= 4 + 60 + 1);
		CHECK(caret && caret[strlen(caret) - 1] == '^');
	}
}

/* A pattern that explodes is given up, and the line passes. */
static void explosions(void)
{
	static char line[60];

	memset(line, 'a', 58);
	line[58] = '!';
	CHECK_INT(passes_n("(a+)+$", false, line, 59), FILTER_LIMIT);
	CHECK_INT(passes_n("^(a|aa)+$", true, line, 59), FILTER_LIMIT);
	CHECK_INT(passes_n("(a+)+", false, line, 59), FILTER_PASS);
}

int main(void)
{
	TEST("filter: patterns match as Perl's do", patterns);
	TEST("filter: any bytes are looked through", any_bytes);
	TEST("filter: any of match and none of reject", together);
	TEST("filter: lines of one text are found each by itself", one_text);
	TEST("filter: a text that is looked for first changes nothing", random_lines);
	TEST("filter: a bad pattern is shown with a caret at the fault", bad_patterns);
	TEST("filter: of a long pattern the part around the fault is shown", long_patterns);
	TEST("filter: a pattern that explodes is given up", explosions);
	return test_end();
}
