/* Records come out the same, however the bytes come in. */
#include "logsink-ship/cutter.h"

#include "record/filter.h"

#include "test.h"

static char got[65536]; /* the records, as text */

static void note(const struct cutter_record *r)
{
	size_t n = strlen(got);

	snprintf(got + n, sizeof(got) - n, "[%.*s]%ju", (int)r->len, r->text, (uintmax_t)r->end);
	n = strlen(got);
	if (r->lines != 1)
		n += (size_t)snprintf(got + n, sizeof(got) - n, " lines %u", r->lines);
	if (r->piece)
		n += (size_t)snprintf(got + n, sizeof(got) - n, " piece %u%s", r->piece,
				      r->more ? "+" : "");
	if (r->size)
		n += (size_t)snprintf(got + n, sizeof(got) - n, " of %ju", (uintmax_t)r->size);
	n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s ", r->skip ? " skip" : "",
			      r->torn ? " torn" : "");
}

static void feed(struct cutter *c, const char *text, size_t len, size_t chunk)
{
	struct cutter_record r;
	char *copy = malloc(len + 1); /* so that reading beyond it is noticed */

	for (size_t at = 0; at < len; at += chunk) {
		size_t n = len - at < chunk ? len - at : chunk;

		memcpy(copy, text + at, n);
		cutter_feed(c, copy, n);
		while (cutter_next(c, &r))
			note(&r);
		memset(copy, '#', n);
	}
	free(copy);
}

static void all_chunks(const struct cutter_options *o, const char *text, const char *want)
{
	for (size_t chunk = 1; chunk <= strlen(text); chunk++) {
		struct cutter *c = cutter_new(o);
		struct cutter_record r;

		got[0] = '\0';
		cutter_begin(c, 0, false);
		feed(c, text, strlen(text), chunk);
		while (cutter_end(c, &r))
			note(&r);
		while (cutter_flush(c, &r))
			note(&r);
		if (!CHECK_STR(got, want))
			printf("# in chunks of %zu\n", chunk);
		CHECK_INT(cutter_holds(c), 0);
		cutter_free(c);
	}
}

static void lines(void)
{
	struct cutter_options o = { .limit = 64 };

	all_chunks(&o, "one\ntwo\n\nfour\n", "[one]4 [two]8 []9 [four]14 ");
	all_chunks(&o, "one\ntwo", "[one]4 [two]7 torn ");
	all_chunks(&o, "0123456789012345678901234567890123456789012345678901234567890123\nx\n",
		   "[0123456789012345678901234567890123456789012345678901234567890123]65 [x]67 ");
}

static void large(void)
{
	struct cutter_options o = { .limit = 4, .large = CUTTER_SPLIT };

	all_chunks(&o, "abcdefghij\nx\nabcde\nabcd\n",
		   "[abcd]4 lines 0 piece 1+ [efgh]8 lines 0 piece 2+ [ij]11 piece 3 [x]13 "
		   "[abcd]17 lines 0 piece 1+ [e]19 piece 2 [abcd]24 ");
	all_chunks(&o, "abcdefg", "[abcd]4 lines 0 piece 1+ [efg]7 piece 2 torn ");
	o.large = CUTTER_TRUNCATE;
	all_chunks(&o, "abcdefghij\nx\nabcde\nabcd\n",
		   "[abcd]11 of 10 [x]13 [abcd]19 of 5 [abcd]24 ");
	all_chunks(&o, "abcdefg", "[abcd]7 of 7 torn ");
	o.large = CUTTER_SKIP;
	all_chunks(&o, "abcdefghij\nx\n", "[abcd]11 of 10 skip [x]13 ");
}

static void joined(void)
{
	static const char *const begin[] = { "^[^ ]" };
	struct cutter_options o = { .limit = 64, .begins = filter_new(begin, 1, NULL, 0) };

	all_chunks(&o, "a\n b\n c\nd\ne\n f\n", "[a\n b\n c]8 lines 3 [d]10 [e\n f]15 lines 2 ");
	all_chunks(&o, " b\n c\nd\ne", "[ b\n c]6 lines 2 [d]8 [e]9 torn ");
	all_chunks(&o, "a\n b", "[a\n b]4 lines 2 torn ");
	o.limit = 6;
	all_chunks(&o, "a\n b\n c\n d\ne\n", "[a\n b]5 lines 2 [ c\n d]11 lines 2 [e]13 ");
	all_chunks(&o, "abcdefgh\n i\nj\n",
		   "[abcdef]6 lines 0 piece 1+ [gh]9 piece 2 [ i]12 [j]14 ");
	filter_free(o.begins);
}

static void over_files(void)
{
	static const char *const begin[] = { "^[^ ]" };
	struct cutter_options o = { .limit = 64, .begins = filter_new(begin, 1, NULL, 0) };
	struct cutter *c = cutter_new(&o);
	struct cutter_record r;

	got[0] = '\0';
	cutter_begin(c, 100, false);
	feed(c, "a\n b\n", 5, 5);
	CHECK(!cutter_end(c, &r));
	CHECK_INT(cutter_holds(c), 5);
	cutter_begin(c, 0, false);
	feed(c, " c\nd\n", 5, 5);
	CHECK_STR(got, "[a\n b\n c]3 lines 3 ");
	while (cutter_flush(c, &r))
		note(&r);
	CHECK_STR(got, "[a\n b\n c]3 lines 3 [d]5 ");
	cutter_free(c);
	filter_free(o.begins);
}

static void torn(void)
{
	struct cutter_options o = { .limit = 64 };
	struct cutter *c = cutter_new(&o);

	got[0] = '\0';
	cutter_begin(c, 7, true);
	feed(c, "\nmore\n", 6, 1);
	CHECK_STR(got, "[more]13 ");
	got[0] = '\0';
	cutter_begin(c, 7, true);
	feed(c, "rest\n\n", 6, 1);
	CHECK_STR(got, "[rest]12 []13 ");
	CHECK(!cutter_is_torn(c));
	feed(c, "half", 4, 1);
	CHECK(cutter_is_torn(c));
	CHECK_INT(cutter_holds(c), 4);
	cutter_begin(c, 0, false); /* the file was replaced */
	CHECK_INT(cutter_holds(c), 0);
	feed(c, "x\n", 2, 1);
	CHECK_STR(got, "[rest]12 []13 [x]2 ");
	cutter_free(c);
	cutter_free(NULL);
}

int main(void)
{
	TEST("cutter: each line is a record", lines);
	TEST("cutter: a line that is too long is split, truncated or skipped", large);
	TEST("cutter: lines are joined to the one that begins a record", joined);
	TEST("cutter: a record of several lines goes on in the next file", over_files);
	TEST("cutter: a newline after a torn line that was sent is no line", torn);
	return test_end();
}
