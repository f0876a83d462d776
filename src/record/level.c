/* Levels, and the words, letters and numbers that stand for them. Pure. */
#include "record/level.h"

#include "base/ascii.h"

#include <string.h>
#include <strings.h>

enum { WORDS_A_LETTER = 9 };

/* By first letter; the most frequent word of each letter comes first. */
/* clang-format off */
static const struct level_word words[26][WORDS_A_LETTER] = {
	['a' - 'a'] = { { "alert", LEVEL_MARKED, LEVEL_ERROR }, { "apr", LEVEL_DATE, LEVEL_NONE },
		{ "aug", LEVEL_DATE, LEVEL_NONE } },
	['c' - 'a'] = { { "crit", LEVEL_PLAIN, LEVEL_ERROR }, { "critical", LEVEL_MARKED, LEVEL_ERROR },
		{ "config", LEVEL_STRICT, LEVEL_DEBUG }, { "context", LEVEL_ASIDE, LEVEL_NONE } },
	['d' - 'a'] = { { "debug", LEVEL_PLAIN, LEVEL_DEBUG }, { "dbg", LEVEL_MARKED, LEVEL_DEBUG },
		{ "dbug", LEVEL_PLAIN, LEVEL_DEBUG }, { "debu", LEVEL_MARKED, LEVEL_DEBUG },
		{ "dpanic", LEVEL_PLAIN, LEVEL_ERROR }, { "deprecated", LEVEL_MARKED, LEVEL_WARN },
		{ "detail", LEVEL_ASIDE, LEVEL_NONE }, { "dec", LEVEL_DATE, LEVEL_NONE } },
	['e' - 'a'] = { { "error", LEVEL_PLAIN, LEVEL_ERROR }, { "err", LEVEL_PLAIN, LEVEL_ERROR },
		{ "eror", LEVEL_PLAIN, LEVEL_ERROR }, { "erro", LEVEL_MARKED, LEVEL_ERROR },
		{ "emerg", LEVEL_PLAIN, LEVEL_ERROR }, { "emergency", LEVEL_MARKED, LEVEL_ERROR } },
	['f' - 'a'] = { { "fatal", LEVEL_PLAIN, LEVEL_ERROR }, { "ftl", LEVEL_MARKED, LEVEL_ERROR },
		{ "fata", LEVEL_MARKED, LEVEL_ERROR }, { "fail", LEVEL_MARKED, LEVEL_ERROR },
		{ "fine", LEVEL_STRICT, LEVEL_DEBUG }, { "finer", LEVEL_STRICT, LEVEL_TRACE },
		{ "finest", LEVEL_STRICT, LEVEL_TRACE }, { "feb", LEVEL_DATE, LEVEL_NONE },
		{ "fri", LEVEL_DATE, LEVEL_NONE } },
	['h' - 'a'] = { { "http", LEVEL_TOOL, LEVEL_INFO }, { "hint", LEVEL_ASIDE, LEVEL_NONE } },
	['i' - 'a'] = { { "info", LEVEL_PLAIN, LEVEL_INFO }, { "inf", LEVEL_MARKED, LEVEL_INFO },
		{ "information", LEVEL_PLAIN, LEVEL_INFO }, { "informational", LEVEL_PLAIN, LEVEL_INFO } },
	['j' - 'a'] = { { "jan", LEVEL_DATE, LEVEL_NONE }, { "jun", LEVEL_DATE, LEVEL_NONE },
		{ "jul", LEVEL_DATE, LEVEL_NONE } },
	['l' - 'a'] = { { "log", LEVEL_STRICT, LEVEL_INFO } },
	['m' - 'a'] = { { "mar", LEVEL_DATE, LEVEL_NONE }, { "may", LEVEL_DATE, LEVEL_NONE },
		{ "mon", LEVEL_DATE, LEVEL_NONE } },
	['n' - 'a'] = { { "notice", LEVEL_MARKED, LEVEL_INFO }, { "note", LEVEL_STRICT, LEVEL_INFO },
		{ "npm", LEVEL_NAME, LEVEL_NONE }, { "nov", LEVEL_DATE, LEVEL_NONE } },
	['o' - 'a'] = { { "oct", LEVEL_DATE, LEVEL_NONE } },
	['p' - 'a'] = { { "panic", LEVEL_MARKED, LEVEL_ERROR }, { "panicked", LEVEL_PLAIN, LEVEL_ERROR },
		{ "pani", LEVEL_MARKED, LEVEL_ERROR }, { "php", LEVEL_NAME, LEVEL_NONE },
		{ "pnpm", LEVEL_NAME, LEVEL_NONE } },
	['q' - 'a'] = { { "query", LEVEL_ASIDE, LEVEL_NONE } },
	['s' - 'a'] = { { "severe", LEVEL_MARKED, LEVEL_ERROR }, { "success", LEVEL_MARKED, LEVEL_INFO },
		{ "system", LEVEL_STRICT, LEVEL_INFO }, { "statement", LEVEL_ASIDE, LEVEL_NONE },
		{ "sep", LEVEL_DATE, LEVEL_NONE }, { "sat", LEVEL_DATE, LEVEL_NONE },
		{ "sun", LEVEL_DATE, LEVEL_NONE }, { "sill", LEVEL_TOOL, LEVEL_TRACE },
		{ "silly", LEVEL_TOOL, LEVEL_TRACE } },
	['t' - 'a'] = { { "trace", LEVEL_PLAIN, LEVEL_TRACE }, { "trc", LEVEL_MARKED, LEVEL_TRACE },
		{ "trce", LEVEL_PLAIN, LEVEL_TRACE }, { "trac", LEVEL_MARKED, LEVEL_TRACE },
		{ "thread", LEVEL_NAME, LEVEL_NONE }, { "tue", LEVEL_DATE, LEVEL_NONE },
		{ "thu", LEVEL_DATE, LEVEL_NONE }, { "timing", LEVEL_TOOL, LEVEL_INFO } },
	['v' - 'a'] = { { "verbose", LEVEL_MARKED, LEVEL_DEBUG }, { "vrb", LEVEL_MARKED, LEVEL_TRACE },
		{ "verb", LEVEL_TOOL, LEVEL_DEBUG } },
	['w' - 'a'] = { { "warn", LEVEL_PLAIN, LEVEL_WARN }, { "warning", LEVEL_PLAIN, LEVEL_WARN },
		{ "wrn", LEVEL_MARKED, LEVEL_WARN }, { "wed", LEVEL_DATE, LEVEL_NONE } },
	['y' - 'a'] = { { "yarn", LEVEL_NAME, LEVEL_NONE } },
};
/* clang-format on */

const struct level_word *level_word(const char *at, const char *stop)
{
	const struct level_word *w = words[(*at | 0x20) - 'a'];

	for (int i = 0; i < WORDS_A_LETTER && w[i].text; i++)
		if (ascii_is_text(at, stop, w[i].text))
			return &w[i];
	return NULL;
}

enum level level_of_letter(char c)
{
	static const char letters[] = "DIWEF";
	const char *found = memchr(letters, c, sizeof(letters) - 1);

	if (!found)
		return LEVEL_NONE;
	return c == 'F' ? LEVEL_ERROR : (enum level)(LEVEL_DEBUG + (found - letters));
}

enum level level_of_severity(int n)
{
	n &= 7;
	return n <= 3 ? LEVEL_ERROR : n == 4 ? LEVEL_WARN : n <= 6 ? LEVEL_INFO : LEVEL_DEBUG;
}

bool level_parse(const char *word, enum level *level)
{
	static const struct {
		const char *name;
		enum level level;
	} names[] = {
		{ "trace", LEVEL_TRACE }, { "debug", LEVEL_DEBUG },  { "info", LEVEL_INFO },
		{ "warn", LEVEL_WARN },   { "warning", LEVEL_WARN }, { "error", LEVEL_ERROR },
		{ "err", LEVEL_ERROR },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(word, names[i].name) == 0) {
			*level = names[i].level;
			return true;
		}
	}
	return false;
}
