/* json: every byte in a string, and what is an object. */
#include "record/json.h"

#include "test.h"

static const char *escaped(const char *text, size_t len)
{
	static char to[4096];
	char *copy = malloc(len ? len : 1), *exact = malloc(JSON_FACTOR * len + 1);

	memcpy(copy, text, len);
	size_t n = json_escape(exact, copy, len);
	CHECK(n <= JSON_FACTOR * len);
	memcpy(to, exact, n);
	to[n] = '\0';
	free(copy);
	free(exact);
	return to;
}

static void strings(void)
{
	CHECK_STR(escaped("", 0), "");
	CHECK_STR(escaped("plain text of more than sixteen bytes", 37),
		  "plain text of more than sixteen bytes");
	CHECK_STR(escaped("a\"b\\c/d", 7), "a\\\"b\\\\c/d");
	CHECK_STR(escaped("\b\f\n\r\t\0\x1f", 7), "\\b\\f\\n\\r\\t\\u0000\\u001f");
	CHECK_STR(escaped("\x7f\xc2\x80", 3), "\x7f\xc2\x80");
	CHECK_STR(escaped("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9),
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

#define BAD "\xef\xbf\xbd"

static void not_utf8(void)
{
	CHECK_STR(escaped("a\xff!", 3), "a" BAD "!");
	CHECK_STR(escaped("\xc3", 1), BAD);
	CHECK_STR(escaped("\xe2\x82", 2), BAD BAD);
	CHECK_STR(escaped("\xc0\xaf", 2), BAD BAD);                 /* too long a form */
	CHECK_STR(escaped("\xe0\x80\x80", 3), BAD BAD BAD);         /* too long a form */
	CHECK_STR(escaped("\xed\xa0\x80", 3), BAD BAD BAD);         /* a surrogate */
	CHECK_STR(escaped("\xf4\x90\x80\x80", 4), BAD BAD BAD BAD); /* beyond U+10FFFF */
	CHECK_STR(escaped("\xf8\x88\x80\x80\x80", 5), BAD BAD BAD BAD BAD);
}

/* A special byte at each place of lines of each length, around a block's 16 or 32 bytes. */
static void every_place(void)
{
	char text[160], want[320];

	for (size_t len = 1; len < 140; len++) {
		for (size_t at = 0; at < len; at++) {
			memset(text, 'x', len);
			text[at] = '"';
			memset(want, 'x', len + 1);
			memcpy(want + at, "\\\"", 2);
			want[len + 1] = '\0';
			CHECK_STR(escaped(text, len), want);
		}
	}
}

/* Up to the newline it is what json_escape makes of the line alone. */
static void a_line(void)
{
	static const char *const lines[] = {
		"",     "x",    "\"", "a line with more bytes than two blocks have, and \"quotes\"",
		"\xff", "\xc3", "\t", "\xe2\x82\xac and \xe2\x82",
	};
	char text[256], to[JSON_FACTOR * 256];
	size_t used;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t len = strlen(lines[i]);

		snprintf(text, sizeof(text), "%s\nthe next", lines[i]);
		size_t n = json_escape_line(to, text, strlen(text), &used);
		CHECK_INT(used, len);
		to[n] = '\0';
		CHECK_STR(to, escaped(lines[i], len));
		n = json_escape_line(to, text, len, &used); /* without its end */
		CHECK_INT(used, len);
		to[n] = '\0';
		CHECK_STR(to, escaped(lines[i], len));
	}
}

/* What is escaped is a string that an object may have. */
static void every_pair(void)
{
	struct json_object o;
	char text[64];

	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			const char pair[2] = { (char)a, (char)b };
			int n = snprintf(text, sizeof(text), "{\"k\":\"%s\"}", escaped(pair, 2));

			CHECK(json_object(text, (size_t)n, &o));
		}
	}
}

static bool is_object(const char *text, struct json_object *o)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	bool is = json_object(copy, len, o);
	if (is)
		o->members = text + (o->members - copy);
	free(copy);
	return is;
}

static void objects(void)
{
	static const char *const good[] = {
		"{}",
		" { } ",
		"{\"a\":1}",
		"{\"a\":-0.5e+10,\"b\":[1,2,[]],\"c\":{\"d\":{}}}",
		"\t{\"a\" : true , \"b\" : null , \"c\" : false}\r",
		"{\"\":\"\\u00e9\\n\\\"\\/\"}",
		"{\"a\":[[],{},[{}]]}",
		"{\"a\":0,\"a\":0}",
		"{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
		"{\"a\":1E5}",
		"\xef\xbb\xbf{}",
		"{\"a\":\"\\ud83d\\ude00\\uD7ff\\ue000\"}",
	};
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"}",
		"[]",
		"1",
		"\"a\"",
		"null",
		"{}{}",
		"{} x",
		"{,}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"{\"a\":01}",
		"{\"a\":1.}",
		"{\"a\":.5}",
		"{\"a\":+1}",
		"{\"a\":1e}",
		"{\"a\":-}",
		"{\"a\":NaN}",
		"{\"a\":tru}",
		"{\"a\":truex}",
		"{\"a\":\"\n\"}",
		"{\"a\":\"\t\"}",
		"{\"a\":\"\\x41\"}",
		"{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\\u12",
		"{\"a\":\"\\ud800\"}", /* halves of surrogate pairs */
		"{\"a\":\"\\uDC00\"}",
		"{\"a\":\"\\ud83dx\"}",
		"{\"a\":\"\\ud83d\\n\"}",
		"{\"a\":\"\\ud83d\\ud83d\"}",
		"{\"a\":\"\\ud83d\\u00e9\"}",
		"{\"\\ud83d\":1}",
		"{\"a\":\"\\",
		"{\"a\":\"b}",
		"{\"a\":\"\xff\"}",
		"{\"a\":[1,]}",
		"{\"a\":[}",
		"{\"a\":[1}}",
		"{\"a\":{]}",
		"{\"a\":1 \"b\":2}",
		"{\"a\"::1}",
		"{\"a\":1]",
		"\xef\xbb\xbf\xef\xbb\xbf{}",
		" \xef\xbb\xbf{}",
		"\xef\xbb{}",
		"{\"a\":[1 2]}",
		"{\"a\":{\"b\"}}",
	};
	struct json_object o;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!CHECK(is_object(good[i], &o)))
			printf("# %s\n", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK(!is_object(bad[i], &o)))
			printf("# %s\n", bad[i]);
}

static void members(void)
{
	struct json_object o;
	const char *text = " { \"a\" : 1 } ";

	CHECK(is_object(text, &o));
	CHECK(o.members == text + 3);
	CHECK_INT(o.len, 8);
	CHECK(is_object("{ }", &o));
	CHECK_INT(o.len, 0);
	CHECK(!o.has_time && !o.has_stream);
	CHECK(is_object("{\"a\":{\"time\":1,\"stream\":2},\"b\":\"time\"}", &o));
	CHECK(!o.has_time && !o.has_stream);
	CHECK(is_object("{\"a\":[{}],\"time\":1}", &o));
	CHECK(o.has_time && !o.has_stream);
	CHECK(is_object("{\"stream\" :1,\"times\":1}", &o));
	CHECK(!o.has_time && o.has_stream);
	CHECK(is_object("{\"\\u0074im\\u0065\":1,\"\\u0073tream\\n\":1}", &o));
	CHECK(o.has_time && !o.has_stream);
	CHECK(is_object("{\"strea\\u006D\":1,\"tim\\\\u0065\":1,\"tim\":1}", &o));
	CHECK(!o.has_time && o.has_stream);
}

static void deep(void)
{
	static char text[100000];
	struct json_object o;

	for (int depth = 1; depth < 200; depth++) { /* brackets within the braces */
		char *p = stpcpy(text, "{\"a\":");

		memset(p, '[', (size_t)depth);
		memset(p + depth, ']', (size_t)depth);
		strcpy(p + 2 * depth, "}");
		CHECK_INT(is_object(text, &o), depth < JSON_DEPTH);
	}
	memset(text, '[', sizeof(text) - 1);
	memcpy(text, "{\"a\":", 5);
	CHECK(!is_object(text, &o));
}

int main(void)
{
	TEST("json: strings are escaped as RFC 8259 has it", strings);
	TEST("json: each byte that is not UTF-8 is U+FFFD", not_utf8);
	TEST("json: a special byte is found at every place", every_place);
	TEST("json: a line is escaped up to its newline", a_line);
	TEST("json: any two bytes make a good string", every_pair);
	TEST("json: what is an object and what is not", objects);
	TEST("json: the members of an object are found", members);
	TEST("json: depth is bounded", deep);
	return test_end();
}
