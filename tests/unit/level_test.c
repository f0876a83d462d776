/* level: words, letters and numbers. */
#include "record/level.h"

#include "test.h"

static const char *const level_names[] = { "none", "trace", "debug", "info", "warn", "error" };

static enum level of(const char *word)
{
	const struct level_word *w = level_word(word, word + strlen(word));

	return w ? w->level : LEVEL_NONE;
}

static void words(void)
{
	CHECK_INT(of("Warning"), LEVEL_WARN);
	CHECK_INT(of("FINEST"), LEVEL_TRACE);
	CHECK_INT(of("deprecated"), LEVEL_WARN);
	CHECK_INT(of("warn_"), LEVEL_NONE);
	CHECK_INT(of("warnings"), LEVEL_NONE);
	CHECK_INT(of("w"), LEVEL_NONE);
	CHECK_INT(of("z"), LEVEL_NONE);
}

static void letters_and_numbers(void)
{
	static const enum level severities[] = {
		LEVEL_ERROR, LEVEL_ERROR, LEVEL_ERROR, LEVEL_ERROR,
		LEVEL_WARN,  LEVEL_INFO,  LEVEL_INFO,  LEVEL_DEBUG
	};

	for (int n = 0; n < 192; n++)
		CHECK_INT(level_of_severity(n), severities[n % 8]);
	CHECK_INT(level_of_letter('D'), LEVEL_DEBUG);
	CHECK_INT(level_of_letter('W'), LEVEL_WARN);
	CHECK_INT(level_of_letter('F'), LEVEL_ERROR);
	CHECK_INT(level_of_letter('X'), LEVEL_NONE);
	CHECK_INT(level_of_letter('\0'), LEVEL_NONE);
}

static void names(void)
{
	static const char *const bad[] = { "", "none", "all", "warnings", "fatal", "2" };
	enum level l = LEVEL_NONE;

	for (int i = LEVEL_TRACE; i <= LEVEL_ERROR; i++) {
		CHECK(level_parse(level_names[i], &l));
		CHECK_INT(l, i);
	}
	CHECK(level_parse("Warn", &l) && l == LEVEL_WARN);
	CHECK(level_parse("ERROR", &l) && l == LEVEL_ERROR);
	CHECK(level_parse("warning", &l) && l == LEVEL_WARN);
	CHECK(level_parse("err", &l) && l == LEVEL_ERROR);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!level_parse(bad[i], &l));
}

int main(void)
{
	TEST("level: words in any case, whole ones only", words);
	TEST("level: syslog's numbers and glog's letters", letters_and_numbers);
	TEST("level: names are read as they are written", names);
	return test_end();
}
