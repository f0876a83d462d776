/*
 * What a mistyped option was meant as: a slip, or the word of another program. Pure.
 *
 * A synonym comes before a similar name: --max-files is --keep, although --max-age looks more like
 * it.
 */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 40, SHOWN = 100 };

/* A word without its "--", and the value after its '='. */
struct split {
	const char *name;
	size_t len;
	const char *value; /* NULL: none */
};

static struct split split(const char *word)
{
	size_t len = strcspn(word, "=");

	return (struct split){ word, len, word[len] ? word + len + 1 : NULL };
}

static bool is_name(const struct split *s, const char *name)
{
	return strncmp(s->name, name, s->len) == 0 && name[s->len] == '\0';
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/* Both are at most LONGEST bytes long. */
static int distance(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b);
	int rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t k = 0; k <= m; k++)
		last[k] = (int)k;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (int)i;
		for (size_t k = 1; k <= m; k++) {
			int same = a[i - 1] == b[k - 1] ? 0 : 1;

			now[k] = min(min(last[k], now[k - 1]) + 1, last[k - 1] + same);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = min(now[k], before[k - 2] + 1);
		}

		int *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[m];
}

static const struct suggest_option *find_option(const struct split *s,
						const struct suggest_option *o)
{
	while (o->name && !is_name(s, o->name))
		o++;
	return o->name ? o : NULL;
}

static const struct suggest_synonym *find_synonym(const struct split *s,
						  const struct suggest_synonym *y)
{
	while (y->word && !is_name(s, y->word))
		y++;
	return y->word ? y : NULL;
}

/* ---- the sentence ---- */

static void append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s", more);
}

/* A value is repeated if that is no longer than a line. */
static bool repeats(const struct split *s)
{
	return s->value && strlen(s->value) < SHOWN;
}

static void append_name(char *text, size_t size, const char *name, const struct split *value)
{
	append(text, size, "--");
	append(text, size, name);
	if (value && repeats(value)) {
		append(text, size, "=");
		append(text, size, value->value);
	}
}

/* The options for which count() is true, as in "--match, --max-age"; returns their number. */
static int append_all(char *text, size_t size, const struct suggest_option *o,
		      const struct split *s,
		      bool (*counts)(const char *, const struct split *, int), int limit)
{
	int count = 0;

	for (const struct suggest_option *one = o; one->name; one++)
		count += counts(one->name, s, limit);
	for (int left = count; o->name; o++)
		if (counts(o->name, s, limit)) {
			append_name(text, size, o->name, count == 1 && o->value ? s : NULL);
			append(text, size, --left > 1 ? ", " : left ? " or " : "");
		}
	return count;
}

static bool is_cut_short(const char *name, const struct split *s, int unused)
{
	(void)unused;
	return strncmp(name, s->name, s->len) == 0;
}

static bool is_near(const char *name, const struct split *s, int limit)
{
	return distance(s->name, s->len, name) == limit;
}

/* "max-age=*d" with the value 7: --max-age=7d */
static void append_meant(char *text, size_t size, const char *meant, const struct split *s,
			 const struct suggest_option *options)
{
	struct split m = split(meant);
	const struct suggest_option *option = find_option(&m, options);
	const char *star = strchr(meant, '*');
	char filled[2 * SHOWN];

	if (star && repeats(s))
		snprintf(filled, sizeof(filled), "%.*s%s%s", (int)(star - meant), meant, s->value,
			 star + 1);
	else
		snprintf(filled, sizeof(filled), "%.*s", star ? (int)m.len : SHOWN, meant);
	append_name(text, size, filled, option && option->value && !m.value ? s : NULL);
}

static void ask(char *text, size_t size, const char *what)
{
	append(text, size, "; did you mean ");
	append(text, size, what);
	append(text, size, "?");
}

static void similar(const struct split *s, const struct suggest_words *words, char *text,
		    size_t size)
{
	const struct suggest_synonym *y = find_synonym(s, words->synonyms);
	char meant[256] = "";

	if (y && y->note) {
		append(text, size, "; ");
		append(text, size, y->note);
		return;
	}
	if (y)
		append_meant(meant, sizeof(meant), y->meant, s, words->options);
	for (int limit = 1; !*meant && s->len <= LONGEST && limit <= (s->len < 5 ? 1 : 2);
	     limit++) {
		append_all(meant, sizeof(meant), words->options, s, is_near, limit);
		for (y = words->synonyms; y->word && !*meant; y++)
			if (y->meant && is_near(y->word, s, limit))
				append_meant(meant, sizeof(meant), y->meant, s, words->options);
	}
	if (*meant)
		ask(text, size, meant);
}

void suggest_option(const char *word, const struct suggest_words *words, char *text, size_t size)
{
	struct split s = split(word + 2);
	char list[512] = "";

	if (find_option(&s, words->options)) {
		snprintf(text, size, "option --%.*s takes no value, and '%.*s' gives it one",
			 (int)s.len, s.name, SHOWN, word);
		return;
	}
	if (s.len > 0 && !find_synonym(&s, words->synonyms)) {
		switch (append_all(list, sizeof(list), words->options, &s, is_cut_short, 0)) {
		case 0:
			break;
		case 1:
			snprintf(text, size,
				 "option --%.*s is cut short; write the name in full, %s",
				 (int)s.len, s.name, list);
			return;
		default:
			snprintf(text, size, "option --%.*s is ambiguous: %s", (int)s.len, s.name,
				 list);
			return;
		}
	}
	snprintf(text, size, "unknown option --%.*s", (int)(s.len < SHOWN ? s.len : SHOWN), s.name);
	similar(&s, words, text, size);
}

bool suggest_is_whole(const char *word, const char *name)
{
	struct split s = split(word + 2);

	return is_name(&s, name);
}

bool suggest_is_long(const char *word, const struct suggest_words *words)
{
	struct split s = split(word + 1);

	return s.len > 1 && (find_option(&s, words->options) || find_synonym(&s, words->synonyms));
}

const char *suggest_dash(const char *word)
{
	static const char *const dashes[] = {
		"\xe2\x80\x90",                                 /* U+2010, hyphen */
		"\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", /* U+2013, en dash */
		"\xe2\x80\x94",                                 /* U+2014, em dash */
		"\xe2\x80\x95", "\xe2\x88\x92",                 /* U+2212, minus */
		"\xef\xb9\xa3", "\xef\xbc\x8d",                 /* small and full width */
	};

	for (size_t i = 0; i < sizeof(dashes) / sizeof(dashes[0]); i++)
		if (strncmp(word, dashes[i], 3) == 0)
			return word + 3;
	return NULL;
}
