/* lines: records of every format, and the same ones however the bytes are cut. */
#include "record/formatter.h"

#include "record/filter.h"
#include "record/json.h"

#include "test.h"

#include <time.h>

enum { ROOM = 4 << 20, PIECE = 4096 };

#define SEC INT64_C(1000000000)
#define NOW (1795356309 * SEC + 250000) /* 2026-11-22T14:05:09.000250Z */

static char result[ROOM], other[ROOM], source[2 * PIECE];
static size_t result_len, other_len;
static struct formatter_tally tally;

static struct formatter_options raw(void)
{
	return (struct formatter_options){ .piece = PIECE, .stamp = { .utc = true } };
}

static struct formatter_options stamped(void)
{
	struct formatter_options o = raw();

	o.stamp.kind = STAMP_RFC3339;
	return o;
}

static struct formatter_options format(enum formatter_format f)
{
	struct formatter_options o = raw();

	o.format = f;
	return o;
}

/* ---- a caller ---- */

/* Renders text into result, given `step` bytes at a time, or at random if that is 0. */
static void render_by(const struct formatter_options *o, const char *text, size_t len, size_t step,
		      unsigned short seed[3])
{
	struct formatter *l = formatter_new(o, "stdin");
	size_t held = 0, used, room = formatter_most(l, PIECE);

	memset(&tally, 0, sizeof(tally));
	result_len = 0;
	for (bool done = false; !done;) {
		size_t n = 2 * PIECE - held;
		struct formatter_out out = { .at = result + result_len, .size = room };

		if (step == 0)
			n = (size_t)nrand48(seed) % (n + 1);
		else if (step < n)
			n = step;
		if (n > len)
			n = len;
		len -= n;
		held += n;
		if (step == 0) /* any room that is enough */
			out.size += (size_t)nrand48(seed) % 1000;
		if (len > 0)
			used = formatter_render(l, NOW, text, held, &out, 1, &tally);
		else
			done = formatter_finish(l, NOW, text, held, false, &out, 1, &tally, &used);
		text += used;
		held -= used;
		result_len += out.len;
		if (!CHECK(out.len <= out.size && result_len < ROOM / 2))
			break;
	}
	CHECK_INT(held, 0);
	result[result_len] = '\0';
	formatter_free(l);
}

static const char *render(const struct formatter_options *o, const char *text)
{
	render_by(o, text, strlen(text), SIZE_MAX, NULL);
	return result;
}

/* ---- formats ---- */

static void raw_lines(void)
{
	struct formatter_options o = raw(), s = stamped();

	CHECK_STR(render(&o, "one\n\ntwo"), "one\n\ntwo");
	CHECK_INT(tally.lines, 3);
	CHECK_STR(render(&o, ""), "");
	CHECK_STR(render(&s, "one\n\ntwo\n"), "2026-11-22T14:05:09.000250Z one\n"
					      "2026-11-22T14:05:09.000250Z \n"
					      "2026-11-22T14:05:09.000250Z two\n");
	CHECK_STR(render(&s, "torn"), "2026-11-22T14:05:09.000250Z torn");
	s.stamp = (struct stamp_format){ STAMP_STRFTIME, "%H:%M", true };
	CHECK_STR(render(&s, "a\n"), "14:05 a\n");
}

#define JSON_HEAD "{\"time\":\"2026-11-22T14:05:09.000250Z\",\"stream\":\"stdin\","

static void json_lines(void)
{
	struct formatter_options o = format(FORMATTER_JSON);

	CHECK_STR(render(&o, "one\n"), JSON_HEAD "\"message\":\"one\"}\n");
	CHECK_STR(render(&o, "torn"), JSON_HEAD "\"message\":\"torn\"}\n");
	CHECK_STR(render(&o, "\n"), JSON_HEAD "\"message\":\"\"}\n");
	CHECK_STR(render(&o, "{\"a\":1}\n"), JSON_HEAD "\"message\":\"{\\\"a\\\":1}\"}\n");
	CHECK_STR(render(&o, "\x01\xff\xc3\xa9\t\x7f\n"),
		  JSON_HEAD "\"message\":\"\\u0001\xef\xbf\xbd\xc3\xa9\\t\x7f\"}\n");
	o.escape = true;
	CHECK_STR(render(&o, "\x01\xff\xc3\xa9\t\x7f\n"),
		  JSON_HEAD "\"message\":\"\\\\x01\\\\xff\xc3\xa9\\t\\\\x7f\"}\n");
	o.stamp = (struct stamp_format){ STAMP_STRFTIME, "\"%H\"", true };
	o.escape = false;
	CHECK_STR(render(&o, "a\n"),
		  "{\"time\":\"\\\"14\\\"\",\"stream\":\"stdin\",\"message\":\"a\"}\n");
}

static void merged(void)
{
	struct formatter_options o = format(FORMATTER_JSON_MERGE);

	CHECK_STR(render(&o, "{\"a\":1}\n"), JSON_HEAD "\"a\":1}\n");
	CHECK_STR(render(&o, " { \"a\" : [1,{}] } \r\n"), JSON_HEAD "\"a\" : [1,{}] }\n");
	CHECK_STR(render(&o, "{}"), "{\"time\":\"2026-11-22T14:05:09.000250Z\","
				    "\"stream\":\"stdin\"}\n");
	CHECK_STR(render(&o, "{\"time\":7}\n"), "{\"stream\":\"stdin\",\"time\":7}\n");
	CHECK_STR(render(&o, "{\"stream\":7}\n"),
		  "{\"time\":\"2026-11-22T14:05:09.000250Z\",\"stream\":7}\n");
	CHECK_STR(render(&o, "{\"stream\":7,\"time\":8}\n"), "{\"stream\":7,\"time\":8}\n");
	CHECK_STR(render(&o, "[1]\n"), JSON_HEAD "\"message\":\"[1]\"}\n");
	CHECK_STR(render(&o, "{\"a\":1\n"), JSON_HEAD "\"message\":\"{\\\"a\\\":1\"}\n");
	o.escape = true;
	CHECK_STR(render(&o, "{\"a\":1}\n"), JSON_HEAD "\"a\":1}\n");
	CHECK_STR(render(&o, "{\"a\":\"\x7f\"}\n"),
		  JSON_HEAD "\"message\":\"{\\\"a\\\":\\\"\\\\x7f\\\"}\"}\n");
}

static void cri_lines(void)
{
	struct formatter_options o = format(FORMATTER_CRI);
	char text[10001];
	const char *p = result;

	o.stamp.kind = STAMP_UNIX; /* CRI has one time format */
	CHECK_STR(render(&o, "one\ntorn"), "2026-11-22T14:05:09.000250Z stdout F one\n"
					   "2026-11-22T14:05:09.000250Z stdout F torn\n");
	memset(text, 'x', 10000);
	text[10000] = '\0';
	render(&o, text);
	for (int i = 0; i < 3; i++) {
		CHECK(strncmp(p, "2026-11-22T14:05:09.000250Z stdout ", 35) == 0);
		CHECK_INT(p[35], i < 2 ? 'P' : 'F');
		CHECK_INT(strcspn(p + 37, "\n"), i < 2 ? PIECE : 10000 - 2 * PIECE);
		p = strchr(p, '\n') + 1;
	}
	CHECK_STR(p, "");
	CHECK_INT(tally.lines, 1);
}

static void characters(void)
{
	struct formatter_options o = stamped();

	o.escape = true;
	CHECK_STR(render(&o, "a\033[2J\\\n"), "2026-11-22T14:05:09.000250Z a\\x1b[2J\\\n");
	o.strip_ansi = true;
	CHECK_STR(render(&o, "a\033[2Jb\033]0;title\n"),
		  "2026-11-22T14:05:09.000250Z ab]0;title\n");
	o.escape = false;
	CHECK_STR(render(&o, "\033[31mred\033[m\n"), "2026-11-22T14:05:09.000250Z red\n");
}

/* ---- long lines ---- */

/* A line of many pieces is one: one stamp, one object, one decision. */
static void long_lines(void)
{
	struct formatter_options o = stamped(), j = format(FORMATTER_JSON);
	struct formatter_options m = format(FORMATTER_JSON_MERGE);
	static char text[50001], want[60000];
	struct json_object object;

	memset(text, 'x', 50000);
	for (size_t len = PIECE - 2; len < PIECE + 3; len++) {
		text[len] = '\n';
		text[len + 1] = '\0';
		snprintf(want, sizeof(want), "2026-11-22T14:05:09.000250Z %s", text);
		CHECK_STR(render(&o, text), want);
		render(&j, text);
		CHECK(json_object(result, result_len, &object));
		CHECK_INT(strcspn(result, "\n"), result_len - 1);
		text[len] = text[len + 1] = 'x';
	}
	snprintf(want, sizeof(want), "2026-11-22T14:05:09.000250Z %s", text);
	CHECK_STR(render(&o, text), want);
	CHECK_INT(tally.lines, 1);
	snprintf(want, sizeof(want), JSON_HEAD "\"message\":\"%s\"}\n", text);
	CHECK_STR(render(&j, text), want);
	memcpy(text, "{\"a\":\"", 6);
	memcpy(text + 49998, "\"}", 2);
	render(&m, text);
	CHECK(json_object(result, result_len, &object));
	CHECK(strstr(result, "\"message\":\"{\\\"a\\\":") != NULL); /* too long to merge */
}

static void torn_characters(void)
{
	struct formatter_options o = format(FORMATTER_JSON), s = raw();
	static char text[3 * PIECE];

	for (size_t at = PIECE - 8; at < PIECE + 2; at++) {
		memset(text, 'x', sizeof(text));
		text[sizeof(text) - 1] = '\0';
		memcpy(text + at, "\xf0\x9f\x98\x80", 4);
		CHECK(strstr(render(&o, text), "\xf0\x9f\x98\x80") != NULL);
		CHECK(strstr(result, "\xef\xbf\xbd") == NULL);
		memcpy(text + at, "\033]0;some title\033\\", 16);
		s.strip_ansi = true;
		CHECK_INT(strlen(render(&s, text)), sizeof(text) - 1 - 16);
		CHECK_INT(strspn(result, "x"), strlen(result));
	}
}

/* ---- what is left out ---- */

static void levels(void)
{
	struct formatter_options o = raw();

	o.level = LEVEL_WARN;
	CHECK_STR(render(&o, "first\nINFO a\n at b\nWARN c\n at d\nDEBUG e\nERROR f"),
		  "first\nWARN c\n at d\nERROR f");
	CHECK_INT(tally.lines, 7);
	CHECK_INT(tally.filtered_lines, 3);
	CHECK_INT(tally.filtered_bytes, 7 + 6 + 8);
	CHECK_STR(render(&o, "WARN c\nINFO torn"), "WARN c\n");
	CHECK_INT(tally.filtered_bytes, 9);
}

static void long_left_out(void)
{
	struct formatter_options o = raw();
	static char text[3 * PIECE + 20];

	o.level = LEVEL_WARN;
	memset(text, 'x', sizeof(text));
	memcpy(text, "INFO ", 5);
	memcpy(text + PIECE, " ERROR ", 7);
	strcpy(text + 3 * PIECE, "\nWARN b\n");
	CHECK_STR(render(&o, text), "WARN b\n");
	CHECK_INT(tally.filtered_bytes, 3 * PIECE + 1);
	CHECK_INT(tally.lines, 2);
}

static void patterns(void)
{
	const char *match[] = { "a.c", "xyz" }, *reject[] = { "no" };
	struct formatter_options o = stamped();

	o.filter = filter_new(match, 2, reject, 1);
	o.stamp.kind = STAMP_NONE;
	CHECK_STR(render(&o, "abc\nab\nxyz\nxyz no\nac"), "abc\nxyz\n");
	CHECK_INT(tally.lines, 5);
	CHECK_INT(tally.filtered_lines, 3);
	CHECK_INT(tally.filtered_bytes, 3 + 7 + 2);
	o.strip_ansi = true; /* patterns see the line as it came */
	CHECK_STR(render(&o, "a\033[mc\naxc\n"), "axc\n");
	filter_free(o.filter);
}

static void several_outs(void)
{
	static const char text[] = "first\nERROR a\n at b\nINFO c\nWARN d\n";
	struct formatter_options o = stamped();
	char one[1024] = "", two[1024] = "", three[1024] = "";
	struct formatter_out outs[] = { { one, 1023, 0, LEVEL_NONE },
					{ two, 1023, 0, LEVEL_WARN },
					{ three, 1023, 0, LEVEL_INFO } };

	o.stamp = (struct stamp_format){ STAMP_STRFTIME, "%M", true };
	o.level = LEVEL_INFO;
	struct formatter *l = formatter_new(&o, "x");
	memset(&tally, 0, sizeof(tally));
	CHECK_INT(formatter_render(l, NOW, text, strlen(text), outs, 3, &tally), strlen(text));
	CHECK_STR(one, "05 first\n05 ERROR a\n05  at b\n05 INFO c\n05 WARN d\n");
	CHECK_STR(two, "05 ERROR a\n05  at b\n05 WARN d\n");
	CHECK_STR(three, one);
	CHECK_INT(tally.filtered_lines, 0);
	formatter_free(l);
}

/* ---- the caller's side ---- */

/* A stamp is the time that its line was begun at, however many calls it takes. */
static void times(void)
{
	static const char text[] = "one\ntwo\nthree\n";
	struct formatter_options o = stamped();
	struct formatter_out out = { result, 4000, 0, LEVEL_NONE };

	o.stamp.kind = STAMP_UNIX;
	struct formatter *l = formatter_new(&o, "x");
	CHECK_INT(formatter_render(l, 1 * SEC, text, 3, &out, 1, &tally), 0);
	CHECK_INT(formatter_render(l, 1 * SEC, text, 9, &out, 1, &tally), 8);
	CHECK_INT(formatter_render(l, 2 * SEC, text + 8, 6, &out, 1, &tally), 6);
	result[out.len] = '\0';
	CHECK_STR(result, "1.000000 one\n1.000000 two\n2.000000 three\n");
	formatter_free(l);

	/* Each part of a long CRI line bears the time of the first. */
	static const char last[] = "1970-01-01T00:00:01.000000Z stdout F x\n";
	o = format(FORMATTER_CRI);
	l = formatter_new(&o, "stdout");
	memset(source, 'x', PIECE + 1);
	source[PIECE + 1] = '\n';
	out = (struct formatter_out){ result, 2 * PIECE, 0, LEVEL_NONE };
	CHECK_INT(formatter_render(l, 1 * SEC, source, PIECE + 1, &out, 1, &tally), PIECE);
	CHECK_INT(formatter_render(l, 2 * SEC, source + PIECE, 2, &out, 1, &tally), 2);
	result[out.len] = '\0';
	CHECK_STR(result + out.len - strlen(last), last);
	formatter_free(l);
}

/* Short lines up to the end of the room; a sanitizer sees what goes beyond it. */
static void short_lines(void)
{
	struct formatter_options o = stamped();
	const char *text = "a\nbb\n\ncccc\n";
	size_t left = strlen(text);

	o.stamp.kind = STAMP_UNIX;
	struct formatter *l = formatter_new(&o, "x");
	size_t room = formatter_most(l, 5);
	char *at = malloc(room);
	other_len = 0;
	for (size_t used; left > 0; left -= used, text += used) {
		struct formatter_out out = { .at = at, .size = room };

		used = formatter_render(l, 1 * SEC, text, left, &out, 1, &tally);
		CHECK(used > 0 && out.len <= room);
		memcpy(other + other_len, at, out.len);
		other_len += out.len;
	}
	other[other_len] = '\0';
	CHECK_STR(other, "1.000000 a\n1.000000 bb\n1.000000 \n1.000000 cccc\n");
	free(at);
	formatter_free(l);
}

static void little_room(void)
{
	struct formatter_options o = format(FORMATTER_JSON);
	struct formatter *l = formatter_new(&o, "x");
	char *out_at = malloc(formatter_most(l, 3));
	struct formatter_out out = { out_at, formatter_most(l, 3), 0, LEVEL_NONE };

	CHECK_INT(formatter_render(l, NOW, "\x01\x02\x03\nabc\n", 8, &out, 1, &tally), 4);
	CHECK(out.len <= out.size);
	out.len = 1;
	CHECK_INT(formatter_render(l, NOW, "abc\n", 4, &out, 1, &tally), 0);
	CHECK_INT(out.len, 1);
	free(out_at);
	formatter_free(l);
}

static void broken_off(void)
{
	struct formatter_options o = raw(), j = format(FORMATTER_JSON);
	static char text[2 * PIECE];
	struct formatter *l = formatter_new(&o, "x"), *k = formatter_new(&j, "x");
	struct formatter_out out = { result, ROOM, 0, LEVEL_NONE };
	struct json_object object;
	size_t used;

	memset(text, 'x', sizeof(text));
	CHECK(!formatter_midline(l));
	CHECK_INT(formatter_render(l, NOW, text, PIECE + 10, &out, 1, &tally), PIECE);
	CHECK(formatter_midline(l));
	CHECK(formatter_finish(l, NOW, text, 10, true, &out, 1, &tally, &used));
	CHECK(!formatter_midline(l));
	CHECK_INT(out.len, PIECE + 11);
	CHECK_INT(result[out.len - 1], '\n');

	out.len = 0;
	CHECK_INT(formatter_render(k, NOW, text, PIECE + 1, &out, 1, &tally), PIECE);
	out.size = out.len;
	CHECK(!formatter_finish(k, NOW, text, 0, true, &out, 1, &tally, &used));
	out.size = ROOM;
	CHECK(formatter_finish(k, NOW, text, 0, true, &out, 1, &tally, &used));
	CHECK(json_object(result, out.len, &object));
	CHECK(formatter_finish(k, NOW, text, 0, true, &out, 1, &tally, &used));
	formatter_free(l);
	formatter_free(k);
}

static void notices(void)
{
	struct formatter_options all[] = { raw(), stamped(), format(FORMATTER_JSON),
					   format(FORMATTER_CRI) };
	static const char *const want[] = {
		"a \"b\"\n",
		"2026-11-22T14:05:09.000250Z a \"b\"\n",
		"{\"time\":\"2026-11-22T14:05:09.000250Z\",\"stream\":\"logsink\",\"message\":\"a \\\"b\\\"\"}\n",
		"2026-11-22T14:05:09.000250Z stderr F a \"b\"\n",
	};

	for (size_t i = 0; i < 4; i++) {
		struct formatter *l = formatter_new(&all[i], "x");
		struct formatter_out out = { result, formatter_most(l, 5), 0, LEVEL_NONE };

		CHECK(formatter_notice(l, NOW, "a \"b\"", &out));
		result[out.len] = '\0';
		CHECK_STR(result, want[i]);
		CHECK(!formatter_notice(l, NOW, "a \"b\"", &out));
		formatter_free(l);
	}
}

static void names_of_streams(void)
{
	struct formatter_options j = format(FORMATTER_JSON), c = format(FORMATTER_CRI);
	struct formatter *l = formatter_new(&j, "a \"fifo\"\n"),
			 *k = formatter_new(&c, "/run/stderr"),
			 *m = formatter_new(&c, "stderr/out");
	struct formatter_out out = { result, ROOM, 0, LEVEL_NONE };

	formatter_render(l, NOW, "a\n", 2, &out, 1, &tally);
	formatter_render(k, NOW, "a\n", 2, &out, 1, &tally);
	formatter_render(m, NOW, "a\n", 2, &out, 1, &tally);
	result[out.len] = '\0';
	CHECK_STR(result, "{\"time\":\"2026-11-22T14:05:09.000250Z\","
			  "\"stream\":\"a \\\"fifo\\\"\\n\",\"message\":\"a\"}\n"
			  "2026-11-22T14:05:09.000250Z stderr F a\n"
			  "2026-11-22T14:05:09.000250Z stdout F a\n");
	formatter_free(l);
	formatter_free(k);
	formatter_free(m);
}

/* ---- random input, cut at random ---- */

/* Bytes of which many begin something: lines, characters, sequences, objects, levels. */
static size_t random_text(char *to, size_t size, unsigned short seed[3])
{
	static const char *const bits[] = {
		"\n",   "\n",   "\033[31m", "\033]0;t\a", "\033", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0", "\xff", "\xc2\x9b", "{\"a\":1}",  "\"",   "INFO ",    "\nERROR ",
		"abc",  "\t",   "\x01",     "\033P",      "x",    "\\",       "\033\\",
	};
	size_t len = 0;

	while (len < size - 600) {
		const char *bit = bits[(size_t)nrand48(seed) % (sizeof(bits) / sizeof(bits[0]))];
		size_t times = nrand48(seed) % 50 == 0 ? (size_t)nrand48(seed) % 60 : 1;

		for (; times > 0; times--) {
			memcpy(to + len, bit, strlen(bit));
			len += strlen(bit);
		}
		if (nrand48(seed) % 1000 == 0) { /* a long line */
			size_t n = (size_t)nrand48(seed) % (3 * PIECE);

			n = n < size - len ? n : size - len;
			memset(to + len, nrand48(seed) % 2 ? 'y' : '\xa9', n);
			len += n;
		}
	}
	return len;
}

static void random_cuts(void)
{
	const char *match[] = { "[a-z]" };
	struct filter *filter = filter_new(match, 1, NULL, 0);
	unsigned short seed[3] = { 5, 5, 5 };
	static char text[60000];

	for (unsigned long i = 0; i < 40 * test_rounds(); i++) {
		struct formatter_options o = format((enum formatter_format)(i % 4));
		size_t len = random_text(text, sizeof(text), seed);
		struct formatter_tally whole;
		struct json_object object;

		o.stamp.kind = i / 4 % 2 ? STAMP_RFC3339 : STAMP_NONE;
		o.escape = i / 8 % 2;
		o.strip_ansi = nrand48(seed) % 2;
		o.level = nrand48(seed) % 2 ? LEVEL_WARN : LEVEL_NONE;
		o.filter = nrand48(seed) % 2 ? filter : NULL;
		render_by(&o, text, len, SIZE_MAX, seed);
		memcpy(other, result, result_len);
		other_len = result_len;
		whole = tally;
		render_by(&o, text, len, i % 7 == 0 ? 1 : 0, seed);
		if (!CHECK_INT(result_len, other_len) ||
		    !CHECK(memcmp(result, other, result_len) == 0) ||
		    !CHECK(memcmp(&tally, &whole, sizeof(tally)) == 0))
			break;
		if (o.format != FORMATTER_JSON && o.format != FORMATTER_JSON_MERGE)
			continue;
		for (char *p = result; *p; p += strcspn(p, "\n") + 1)
			CHECK(json_object(p, strcspn(p, "\n"), &object));
	}
	filter_free(filter);
}

int main(void)
{
	TEST("lines: raw ones have a stamp in front, or nothing", raw_lines);
	TEST("lines: json is one object for a line, whatever its bytes", json_lines);
	TEST("lines: a line that is an object is merged, and its own members win", merged);
	TEST("lines: cri has a long line in parts", cri_lines);
	TEST("lines: escape and strip-ansi, alone and together", characters);
	TEST("lines: a line of many pieces is one line", long_lines);
	TEST("lines: characters and sequences are whole at the edge of a piece", torn_characters);
	TEST("lines: a level leaves lines out, with what belongs to them", levels);
	TEST("lines: a long line is left out to its end", long_left_out);
	TEST("lines: patterns leave lines out", patterns);
	TEST("lines: each output has the lines of its level", several_outs);
	TEST("lines: a stamp is the time at which the line was begun", times);
	TEST("lines: short lines end where the room does", short_lines);
	TEST("lines: nothing is taken that may not fit", little_room);
	TEST("lines: a line can be broken off", broken_off);
	TEST("lines: a notice has the format in force", notices);
	TEST("lines: the name of a stream is escaped", names_of_streams);
	TEST("lines: random input cut at random gives the same records", random_cuts);
	return test_end();
}
