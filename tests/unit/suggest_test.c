/* suggest: slips of each kind, synonyms with and without values, and what is like nothing. */
#include "base/suggest.h"

#include "test.h"

static const struct suggest_option options[] = {
	{ "size", true },      { "keep", true },  { "keep-free", true }, { "max-age", true },
	{ "max-total", true }, { "match", true }, { "quiet", false },    { "utc", false },
	{ "format", true },    { NULL, false },
};

static const struct suggest_synonym synonyms[] = {
	{ "max-files", "keep", NULL },
	{ "days", "max-age=*d", NULL },
	{ "json", "format=json", NULL },
	{ "silent", "quiet", NULL },
	{ "group", "user=USER:*", NULL },
	{ "append", NULL, "it always appends" },
	{ NULL, NULL, NULL },
};

static const struct suggest_words words = { options, synonyms };
static char text[256];

static const char *say(const char *word)
{
	memset(text, 0x7f, sizeof(text));
	suggest_option(word, &words, text, sizeof(text));
	return text;
}

static void slips(void)
{
	CHECK_STR(say("--sizee=3"), "unknown option --sizee; did you mean --size=3?"); /* more */
	CHECK_STR(say("--mtch=3"), "unknown option --mtch; did you mean --match=3?");  /* less */
	CHECK_STR(say("--kepe"), "unknown option --kepe; did you mean --keep?");       /* swapped */
	CHECK_STR(say("--udc"), "unknown option --udc; did you mean --utc?"); /* replaced */
	CHECK_STR(say("--fromta"), "unknown option --fromta; did you mean --format?"); /* two */
	CHECK_STR(say("--qiet=1"), "unknown option --qiet; did you mean --quiet?"); /* no value */
	CHECK_STR(say("--max-toatl=1K"),
		  "unknown option --max-toatl; did you mean --max-total=1K?");
	CHECK_STR(say("--keep--free"), "unknown option --keep--free; did you mean --keep-free?");
}

static void strangers(void)
{
	CHECK_STR(say("--frobnicate"), "unknown option --frobnicate");
	CHECK_STR(say("--fromtaa"), "unknown option --fromtaa"); /* three slips */
	CHECK_STR(say("--ab"), "unknown option --ab");
	CHECK_STR(say("--dtu"), "unknown option --dtu"); /* two in three letters */
	CHECK_STR(say("--"), "unknown option --");
	CHECK_STR(say("--=x"), "unknown option --");
}

static void whole_names(void)
{
	CHECK(suggest_is_whole("--size", "size"));
	CHECK(suggest_is_whole("--size=", "size"));
	CHECK(suggest_is_whole("--size=a=b", "size"));
	CHECK(!suggest_is_whole("--siz", "size"));
	CHECK(!suggest_is_whole("--sizes", "size"));
	CHECK(!suggest_is_whole("--siz=size", "size"));
	CHECK(!suggest_is_whole("--", "size"));
}

static void several(void)
{
	CHECK_STR(say("--max"), "option --max is ambiguous: --max-age or --max-total");
	CHECK_STR(say("--ma=1"), "option --ma is ambiguous: --max-age, --max-total or --match");
	CHECK_STR(say("--fo=x"), "option --fo is cut short; write the name in full, --format=x");
	CHECK_STR(say("--qui=x"), "option --qui is cut short; write the name in full, --quiet");
	CHECK_STR(say("--keep-"),
		  "option --keep- is cut short; write the name in full, --keep-free");
}

static void known(void)
{
	CHECK_STR(say("--quiet=yes"),
		  "option --quiet takes no value, and '--quiet=yes' gives it one");
}

static void other_words(void)
{
	CHECK_STR(say("--max-files=3"), "unknown option --max-files; did you mean --keep=3?");
	CHECK_STR(say("--days=14"), "unknown option --days; did you mean --max-age=14d?");
	CHECK_STR(say("--days"), "unknown option --days; did you mean --max-age?");
	CHECK_STR(say("--dayz=14"), "unknown option --dayz; did you mean --max-age=14d?");
	CHECK_STR(say("--json=1"), "unknown option --json; did you mean --format=json?");
	CHECK_STR(say("--silent=1"), "unknown option --silent; did you mean --quiet?");
	CHECK_STR(say("--group=adm"), "unknown option --group; did you mean --user=USER:adm?");
	CHECK_STR(say("--append"), "unknown option --append; it always appends");
	CHECK_STR(say("--apend"), "unknown option --apend"); /* nothing to write instead */
}

static void long_words(void)
{
	static char word[4096];

	memset(word, 'x', sizeof(word) - 1);
	memcpy(word, "--", 2);
	CHECK(strlen(say(word)) < 200);
	memcpy(word, "--size", 7);
	word[6] = '=';
	word[7] = 'x';
	CHECK(strlen(say(word)) < 200);
	memcpy(word, "--dayz=", 7);
	CHECK_STR(say(word), "unknown option --dayz; did you mean --max-age?");
	memcpy(word, "--sizee=", 8);
	CHECK_STR(say(word), "unknown option --sizee; did you mean --size?");

	char tiny[12];
	suggest_option("--max", &words, tiny, sizeof(tiny));
	CHECK_STR(tiny, "option --ma");
}

static void single_dashes(void)
{
	CHECK(suggest_is_long("-size", &words));
	CHECK(suggest_is_long("-size=3", &words));
	CHECK(suggest_is_long("-json", &words));
	CHECK(!suggest_is_long("-siz", &words));
	CHECK(!suggest_is_long("-s", &words));
	CHECK(!suggest_is_long("-", &words));
}

static void dashes(void)
{
	CHECK_STR(suggest_dash("\xe2\x80\x93size"), "size");
	CHECK_STR(suggest_dash("\xe2\x80\x90"), "");
	CHECK(suggest_dash("--size") == NULL);
	CHECK(suggest_dash("\xe2\x80\x99size") == NULL); /* an apostrophe */
	CHECK(suggest_dash("") == NULL);
}

int main(void)
{
	TEST("suggest: up to two slips are forgiven, in short words one", slips);
	TEST("suggest: what is like nothing is only unknown", strangers);
	TEST("suggest: a whole name, before its value too", whole_names);
	TEST("suggest: a name that is cut short could be these", several);
	TEST("suggest: an option that takes no value", known);
	TEST("suggest: the words of other programs, with their values", other_words);
	TEST("suggest: a word of any length fits", long_words);
	TEST("suggest: a long name behind one dash", single_dashes);
	TEST("suggest: dashes that are none", dashes);
	return test_end();
}
