/* escape: no byte that moves a cursor comes through, and sequences go. */
#include "record/escape.h"

#include "test.h"

static char to[8192];

static const char *escaped(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1), *exact = malloc(ESCAPE_FACTOR * len + 1);

	memcpy(copy, text, len);
	size_t n = escape_text(exact, copy, len);
	memcpy(to, exact, n);
	to[n] = '\0';
	free(copy);
	free(exact);
	return to;
}

static void characters(void)
{
	CHECK_STR(escaped("", 0), "");
	CHECK_STR(escaped("a\tb\\x41", 7), "a\tb\\x41");
	CHECK_STR(escaped("\0\x01\x1b[2J\r\n\x7f", 9), "\\x00\\x01\\x1b[2J\\x0d\\x0a\\x7f");
	CHECK_STR(escaped("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", 8),
		  "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0");
	CHECK_STR(escaped("\x9b\x85\xff", 3), "\\x9b\\x85\\xff");
	CHECK_STR(escaped("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9),
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	CHECK_STR(escaped("\xe2\x82", 2), "\\xe2\\x82");
	CHECK_STR(escaped("\xc0\x80\xed\xa0\x80", 5), "\\xc0\\x80\\xed\\xa0\\x80");
}

static void every_place(void)
{
	char text[80], want[160];

	for (size_t len = 1; len < 70; len++) {
		for (size_t at = 0; at < len; at++) {
			memset(text, 'x', len);
			text[at] = '\x7f';
			memset(want, 'x', len + 3);
			memcpy(want + at, "\\x7f", 4);
			want[len + 3] = '\0';
			CHECK_STR(escaped(text, len), want);
			text[at] = '\t';
			text[len] = '\0';
			CHECK_STR(escaped(text, len), text);
		}
	}
}

/* ---- sequences ---- */

static size_t used;

static const char *stripped(const char *text, bool more)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	size_t n = escape_strip(copy, copy, len, more, &used);
	memcpy(to, copy, n);
	to[n] = '\0';
	free(copy);
	return to;
}

static void sequences(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\033[31mred\033[0m", "red" },
		{ "\033[mx\033[38;5;196my\033[1;2Hz", "xyz" },
		{ "\033[?25lhidden\033[?25h", "hidden" },
		{ "\033[!p\033[0 qx\033[>c", "x" },
		{ "\033]0;title\ax", "x" },
		{ "\033]0;title\033\\x", "x" },
		{ "\033]8;;http://a/b\033\\link\033]8;;\033\\", "link" },
		{ "\033Pq#0\a1\033\\x\033_a\033\\\033^b\033\\\033Xc\033\\", "x" },
		{ "\033c\0337x\0338\033=\033>\033M", "x" },
		{ "\033(Bx\033)0\033#8\033%G", "x" },
		{ "\033\033[mx", "x" },
		/* not whole: the ESC goes, the text stays */
		{ "x\033", "x" },
		{ "x\033[", "x[" },
		{ "x\033[31", "x[31" },
		{ "x\033[3\0011m", "x[3\0011m" },
		{ "x\033[\xc3\xa9y", "x[\xc3\xa9y" },
		{ "x\033]0;no end", "x]0;no end" },
		{ "x\033]0;a\033[31mb", "x]0;ab" },
		{ "x\033(", "x(" },
		{ "x\033\xc3\xa9", "x\xc3\xa9" },
		{ "x\033\001y", "x\001y" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK_STR(stripped(table[i].text, false), table[i].want);
		CHECK_INT(used, strlen(table[i].text));
	}
}

/* Where the text goes on, a sequence that may go on too is left for the next time. */
static void cut_sequences(void)
{
	static const char *const cut[] = { "\033",  "\033[",        "\033[31",  "\033]0;title",
					   "\033(", "\033]0;x\033", "\033Pq\a", "\033[?25 " };
	char text[64];

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		snprintf(text, sizeof(text), "\033[mabc%s", cut[i]);
		CHECK_STR(stripped(text, true), "abc");
		CHECK_INT(used, 6);
	}
	CHECK_STR(stripped("abc\033[m", true), "abc");
	CHECK_INT(used, 6);
}

static void endless(void)
{
	static char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "\033]0;", 4);
	CHECK_STR(stripped(text, true), text + 1);
	CHECK_INT(used, sizeof(text) - 1);
	text[ESCAPE_SEQUENCE - 1] = '\a'; /* the longest that is one */
	CHECK_INT(strlen(stripped(text, false)), sizeof(text) - 1 - ESCAPE_SEQUENCE);
	text[ESCAPE_SEQUENCE - 1] = 'x';
	text[ESCAPE_SEQUENCE] = '\a';
	CHECK_STR(stripped(text, false), text + 1);
	memset(text, ';', sizeof(text) - 1);
	memcpy(text, "\033[", 2);
	CHECK_STR(stripped(text, true), text + 1);
}

/* Each byte at each place: it ends the plain beginning if it is changed, or not ASCII. */
static void plain(void)
{
	char text[140];

	for (int byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		bool fine =
			c == '\n' || (byte < 0x80 && strcmp(escaped(&c, 1), (char[]){ c, 0 }) == 0);

		memset(text, 'x', sizeof(text));
		for (size_t at = 0; at < sizeof(text); at++) {
			text[at] = c;
			CHECK_INT(escape_plain(text, sizeof(text)), fine ? sizeof(text) : at);
			text[at] = 'x';
		}
	}
	CHECK_INT(escape_plain(text, 0), 0);
}

int main(void)
{
	TEST("escape: control characters and what is not UTF-8 are \\xNN", characters);
	TEST("escape: a special byte is found at every place", every_place);
	TEST("escape: sequences go, and of what is none the ESC", sequences);
	TEST("escape: a sequence that is cut waits for its end", cut_sequences);
	TEST("escape: a sequence without end takes nothing with it", endless);
	TEST("escape: what is plain ends at the first special byte", plain);
	return test_end();
}
