/*
 * Find the level of a line. Pure.
 *
 * Programs write their level near the beginning, in capitals, or in brackets, or as
 * the value of a key. The same words stand in ordinary sentences. So a word counts by
 * what is around it: capitals count anywhere among the first bytes, small letters
 * where a field begins, and a few words ("fine", "log") only where they are marked
 * as a level, as in "[fine]" or "FINE:".
 */
#include "level.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
	WORD_LIMIT = 64,  /* words are looked for so far, colours not counted */
	KEY_LIMIT = 1024, /* and keys so far */
};

enum accept {
	ANY_CASE, /* "warn" */
	CAPITALS, /* "INF", or marked: "[inf]" */
	MARKED,   /* "FINE:", "[fine]" */
	KEY,      /* what stands behind = or : is the level */
	ASIDE,    /* "DETAIL:": the line adds to the one before it */
};

struct word {
	const char *text;
	enum accept accept;
	enum level level;
};

/* By first letter. */
static const struct word words_a[] = { { "alert", CAPITALS, LEVEL_ERROR }, { .text = NULL } };
static const struct word words_c[] = {
	{ "crit", ANY_CASE, LEVEL_ERROR },
	{ "critical", CAPITALS, LEVEL_ERROR },
	{ "config", MARKED, LEVEL_DEBUG },
	{ "context", ASIDE, LEVEL_NONE },
	{ .text = NULL },
};
static const struct word words_d[] = {
	{ "debug", ANY_CASE, LEVEL_DEBUG },
	{ "dbg", CAPITALS, LEVEL_DEBUG },
	{ "dbug", ANY_CASE, LEVEL_DEBUG },
	{ "detail", ASIDE, LEVEL_NONE },
	{ "dpanic", ANY_CASE, LEVEL_ERROR },
	{ "debu", CAPITALS, LEVEL_DEBUG },
	{ .text = NULL },
};
static const struct word words_e[] = {
	{ "error", ANY_CASE, LEVEL_ERROR },
	{ "err", ANY_CASE, LEVEL_ERROR },
	{ "eror", ANY_CASE, LEVEL_ERROR },
	{ "emerg", ANY_CASE, LEVEL_ERROR },
	{ "emergency", CAPITALS, LEVEL_ERROR },
	{ "erro", CAPITALS, LEVEL_ERROR },
	{ .text = NULL },
};
static const struct word words_f[] = {
	{ "fatal", ANY_CASE, LEVEL_ERROR }, { "ftl", CAPITALS, LEVEL_ERROR },
	{ "fine", MARKED, LEVEL_DEBUG },    { "finer", MARKED, LEVEL_TRACE },
	{ "finest", MARKED, LEVEL_TRACE },  { "fail", MARKED, LEVEL_ERROR },
	{ "fata", CAPITALS, LEVEL_ERROR },  { .text = NULL },
};
static const struct word words_h[] = { { "hint", ASIDE, LEVEL_NONE }, { .text = NULL } };
static const struct word words_i[] = {
	{ "info", ANY_CASE, LEVEL_INFO },
	{ "inf", CAPITALS, LEVEL_INFO },
	{ "information", MARKED, LEVEL_INFO },
	{ .text = NULL },
};
static const struct word words_l[] = {
	{ "level", KEY, LEVEL_NONE },
	{ "lvl", KEY, LEVEL_NONE },
	{ "levelname", KEY, LEVEL_NONE },
	{ "loglevel", KEY, LEVEL_NONE },
	{ "log", MARKED, LEVEL_INFO },
	{ "l", KEY, LEVEL_NONE },
	{ .text = NULL },
};
static const struct word words_n[] = {
	{ "notice", CAPITALS, LEVEL_INFO },
	{ "note", MARKED, LEVEL_INFO },
	{ .text = NULL },
};
static const struct word words_p[] = {
	{ "panic", CAPITALS, LEVEL_ERROR },
	{ "panicked", ANY_CASE, LEVEL_ERROR },
	{ "pani", CAPITALS, LEVEL_ERROR },
	{ "priority", KEY, LEVEL_NONE },
	{ .text = NULL },
};
static const struct word words_q[] = { { "query", ASIDE, LEVEL_NONE }, { .text = NULL } };
static const struct word words_s[] = {
	{ "severity", KEY, LEVEL_NONE },
	{ "severe", CAPITALS, LEVEL_ERROR },
	{ "success", CAPITALS, LEVEL_INFO },
	{ "system", MARKED, LEVEL_INFO },
	{ "statement", ASIDE, LEVEL_NONE },
	{ "s", KEY, LEVEL_NONE },
	{ .text = NULL },
};
static const struct word words_t[] = {
	{ "trace", ANY_CASE, LEVEL_TRACE },
	{ "trc", CAPITALS, LEVEL_TRACE },
	{ "trce", ANY_CASE, LEVEL_TRACE },
	{ "trac", CAPITALS, LEVEL_TRACE },
	{ .text = NULL },
};
static const struct word words_v[] = {
	{ "verbose", CAPITALS, LEVEL_DEBUG },
	{ "vrb", CAPITALS, LEVEL_TRACE },
	{ .text = NULL },
};
static const struct word words_w[] = {
	{ "warn", ANY_CASE, LEVEL_WARN },
	{ "warning", ANY_CASE, LEVEL_WARN },
	{ "wrn", CAPITALS, LEVEL_WARN },
	{ .text = NULL },
};

static const struct word *const words[26] = {
	['a' - 'a'] = words_a, ['c' - 'a'] = words_c, ['d' - 'a'] = words_d, ['e' - 'a'] = words_e,
	['f' - 'a'] = words_f, ['h' - 'a'] = words_h, ['i' - 'a'] = words_i, ['l' - 'a'] = words_l,
	['n' - 'a'] = words_n, ['p' - 'a'] = words_p, ['q' - 'a'] = words_q, ['s' - 'a'] = words_s,
	['t' - 'a'] = words_t, ['v' - 'a'] = words_v, ['w' - 'a'] = words_w,
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_wordy(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* A space is in none of the sets, and what there is mostly. */
static bool is_in(char c, const char *set)
{
	return c && c != ' ' && strchr(set, c);
}

/* The word that len letters are, in any case. */
static const struct word *find_word(const char *at, size_t len)
{
	const struct word *w = words[(at[0] | 0x20) - 'a'];

	for (; w && w->text; w++) {
		size_t i = 1;

		while (i < len && w->text[i] == (at[i] | 0x20))
			i++;
		if (i == len && w->text[i] == '\0')
			return w;
	}
	return NULL;
}

static bool is_capital(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] & 0x20)
			return false;
	return true;
}

/* syslog's severities. */
static enum level of_severity(int n)
{
	n &= 7;
	return n <= 3 ? LEVEL_ERROR : n == 4 ? LEVEL_WARN : n <= 6 ? LEVEL_INFO : LEVEL_DEBUG;
}

/* ---- values of keys ---- */

static enum level of_number(const char *at, const char *end, bool severity)
{
	int n = 0;
	const char *p = at;

	for (; p < end && is_digit(*p) && n < 1000; p++)
		n = n * 10 + (*p - '0');
	if (p < end && (is_wordy(*p) || *p == '.'))
		return LEVEL_NONE;
	if (severity && n <= 7)
		return of_severity(n);
	if (n < 10 || n > 60 || n % 10 != 0)
		return LEVEL_NONE;
	return n >= 50 ? LEVEL_ERROR : (enum level)(n / 10);
}

/* MongoDB's and glog's letters. */
static enum level of_letter(char c)
{
	switch (c) {
	case 'F':
	case 'E':
		return LEVEL_ERROR;
	case 'W':
		return LEVEL_WARN;
	case 'I':
		return LEVEL_INFO;
	case 'D':
		return LEVEL_DEBUG;
	default:
		return LEVEL_NONE;
	}
}

/* The level behind a key that ends at `at`; NONE if what stands there is none. */
static enum level of_value(const char *key, const char *at, const char *end)
{
	bool quoted = at < end && *at == '"';
	char first = (char)(key[0] | 0x20);
	const char *stop;
	size_t len;

	for (at += quoted; at < end && *at == ' ' && quoted; at++)
		;
	if (at == end || *at != (quoted ? ':' : '='))
		return LEVEL_NONE;
	for (at++; at < end && *at == ' ' && quoted; at++)
		;
	if (at < end && (*at == '"' || *at == '\''))
		at++;
	if (at < end && is_digit(*at))
		return of_number(at, end, first == 'p' || first == 's');
	for (stop = at; stop < end && is_letter(*stop); stop++)
		;
	len = (size_t)(stop - at);
	if (len == 0 || (stop < end && (*stop == '_' || *stop == '=')))
		return LEVEL_NONE;
	if (first == 's' && !is_letter(key[1]))
		return len == 1 && quoted ? of_letter(*at) : LEVEL_NONE;
	const struct word *w = find_word(at, len);
	return w ? w->level : LEVEL_NONE;
}

/* Whether the len letters at key are a key of ours: not the end of a longer one. */
static bool is_key(const char *line, const char *key, size_t len)
{
	const struct word *w = find_word(key, len);

	if (!w || w->accept != KEY || key == line)
		return w && w->accept == KEY && len > 1;
	if (len == 1) /* too short for anything but "s": and "@l": */
		return key[-1] == (*key == 'l' ? '@' : '"');
	return !is_digit(key[-1]) && !is_in(key[-1], "\\?&-/");
}

/* The first key with a level, from `from` on; keys end before = or ":. */
static enum level find_key(const char *line, const char *from, const char *end, char mark)
{
	const char *p = from;

	while (p < end && (p = memchr(p, mark, (size_t)(end - p))) != NULL) {
		const char *stop = p, *key;

		while (stop > line && stop[-1] == ' ' && mark == ':')
			stop--;
		if (stop > line && stop[-1] == '"')
			stop--;
		for (key = stop; key > line && is_letter(key[-1]) && stop - key < 16; key--)
			;
		if (key < stop && is_key(line, key, (size_t)(stop - key))) {
			enum level l = of_value(key, stop, end);

			if (l != LEVEL_NONE)
				return l;
		}
		p++;
	}
	return LEVEL_NONE;
}

/* ---- words ---- */

/* Between two letters these join: "non-fatal", "error.log". */
static bool joins(char c)
{
	return c == '-' || c == '.' || c == '\'' || c == ':';
}

/* But a level stands in "[core:error]", " -WARN ", "|-WARN ", "production.ERROR:". */
static bool may_follow(char join, char before, char behind, bool capital)
{
	if (join == ':')
		return before != ':';
	return before == ' ' || (capital && (before == '|' || (join == '.' && behind == ':')));
}

struct around {
	bool marked;       /* bracketed, or with a colon behind it */
	bool begins_field; /* no word of a sentence is before it */
};

/* Is the word a word of its own, from `at` to `stop`? What is around it goes to *a. */
static bool stands_alone(const char *line, const char *at, const char *stop, const char *end,
			 bool capital, struct around *a)
{
	char before = at > line ? at[-1] : ' ', behind = stop < end ? *stop : ' ';
	char before2 = at - line > 1 ? at[-2] : ' ', behind2 = end - stop > 1 ? stop[1] : ' ';
	const char *p = at, *q = stop;

	if (is_wordy(before) || is_wordy(behind))
		return false;
	if (is_in(before, "/\\\"'@#$%&=`~+") && !(before == '/' && capital && behind == ']'))
		return false; /* but "[main/INFO]" */
	if (is_in(behind, "\\\"'@=`~("))
		return false;
	if (behind == '/' && !(capital && is_letter(behind2)))
		return false;
	if (joins(before) && !may_follow(before, before2, behind, capital))
		return false;
	if (joins(behind) && (is_wordy(behind2) || behind2 == ':') && !(capital && behind == ':'))
		return false;
	while (q < end && *q == ' ')
		q++;
	a->marked = is_in(before, "[<(|") || behind == ':' || behind == ']' ||
		    (q < end && (*q == ']' || *q == '|'));
	while (p > line && p[-1] == ' ')
		p--;
	a->begins_field = p == line || !is_letter(p[-1]);
	if (!a->begins_field) { /* or only the program's name is before it: "npm warn" */
		while (p > line && ((p[-1] >= 'a' && p[-1] <= 'z') || is_digit(p[-1])))
			p--;
		a->begins_field = p == line;
	}
	for (p = line; p < at && (*p == ' ' || *p == '\t'); p++)
		;
	if (p == at && p > line) /* indented: it belongs to the line before it */
		a->begins_field = false;
	return true;
}

static bool accepted(const struct word *w, bool capital, const struct around *a)
{
	switch (w->accept) {
	case ANY_CASE:
		return capital || a->marked || a->begins_field;
	case CAPITALS:
		return capital || a->marked;
	case MARKED:
		return a->marked;
	case ASIDE:
		return a->marked && capital;
	case KEY:
		return false;
	}
	return false;
}

/* Behind the escape sequence at `at`, if that is one for colours and such. */
static const char *skip_colour(const char *at, const char *end)
{
	const char *p = at + 1;

	if (p == end || *p++ != '[')
		return at + 1;
	while (p < end && (is_digit(*p) || *p == ';'))
		p++;
	return p < end ? p + 1 : p;
}

/* The level in the words; *at is where the search ended. */
static enum level find_words(const char *line, const char *end, const char **at)
{
	const char *limit = end - line > WORD_LIMIT ? line + WORD_LIMIT : end;
	const char *start = line, *p = line; /* a colour ends what was before it */

	while (p < limit) {
		const char *stop = p;

		if (*p == '\033') {
			start = skip_colour(p, end);
			limit = end - limit > start - p ? limit + (start - p) : end;
			p = start;
			continue;
		}
		if (!is_letter(*p)) {
			p++;
			continue;
		}
		while (stop < end && is_letter(*stop))
			stop++;
		size_t len = (size_t)(stop - p);
		const struct word *w = len <= 11 && len > 1 ? find_word(p, len) : NULL;
		if (w) {
			bool capital = is_capital(p, len);
			struct around a;

			if (w->accept == KEY && is_key(line, p, len)) {
				enum level l = of_value(p, stop, end);

				if (l != LEVEL_NONE)
					return l;
			} else if (stands_alone(start, p, stop, end, capital, &a) &&
				   accepted(w, capital, &a)) {
				*at = end;
				return w->level;
			}
		}
		p = stop;
	}
	*at = p;
	return LEVEL_NONE;
}

/* ---- the beginning of a line ---- */

/* <N>, with the facility in it or not. */
static enum level of_syslog(const char *line, size_t len)
{
	size_t i = 1;
	int n = 0;

	for (; i < len && i < 4 && is_digit(line[i]); i++)
		n = n * 10 + (line[i] - '0');
	return i > 1 && i < len && line[i] == '>' && n <= 191 ? of_severity(n) : LEVEL_NONE;
}

/* W1122 14:05:09.123456, or W20261122 */
static enum level of_glog(const char *line, size_t len)
{
	size_t n = 1;

	while (n < len && n < 10 && is_digit(line[n]))
		n++;
	return (n == 5 || n == 9) && len > n + 3 && line[n] == ' ' && is_digit(line[n + 1]) &&
			       is_digit(line[n + 2]) && line[n + 3] == ':'
		       ? of_letter(line[0])
		       : LEVEL_NONE;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* "    at Logger.log [as error] (app.js:3:5)": a line of a stack trace, whatever is in it. */
static bool is_frame(const char *line, const char *end)
{
	const char *p = line;

	while (p < end && is_space(*p))
		p++;
	return end - p > 3 && memcmp(p, "at ", 3) == 0;
}

/* "PHP Stack trace:", which begins one. */
static bool is_heading(const char *line, const char *end)
{
	static const char heading[] = "tack trace:";
	const long n = sizeof(heading) - 1;

	return end - line > n && memcmp(end - n, heading, (size_t)n) == 0;
}

enum level level_of(const char *line, size_t len)
{
	const char *end = line + (len < KEY_LIMIT ? len : KEY_LIMIT), *at = line;
	enum level l = LEVEL_NONE;

	if (len == 0)
		return LEVEL_NONE;
	if (line[0] == '<')
		l = of_syslog(line, len);
	else if (of_letter(line[0]) != LEVEL_NONE)
		l = of_glog(line, len);
	if (l != LEVEL_NONE)
		return l;
	if (line[0] == '{')
		return find_key(line, line, end, ':');
	if (is_space(line[0]) && is_frame(line, end))
		return LEVEL_NONE;
	l = find_words(line, end, &at);
	if (l == LEVEL_NONE)
		return find_key(line, at, end, '=');
	return l == LEVEL_TRACE && is_heading(line, end) ? LEVEL_NONE : l;
}

bool level_parse(const char *word, enum level *level)
{
	static const char *const names[] = { "none", "trace", "debug", "info", "warn", "error" };

	for (int l = LEVEL_TRACE; l <= LEVEL_ERROR; l++) {
		if (strcasecmp(word, names[l]) == 0) {
			*level = (enum level)l;
			return true;
		}
	}
	return false;
}
