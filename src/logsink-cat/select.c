/* Which lines are printed: patterns and levels. Pure. */
#include "logsink-cat/select.h"

#include "record/filter.h"
#include "record/header.h"
#include "record/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FOLLOWERS = 100
}; /* lines at most that go on with one that has a level, as in formatter.c */

struct select {
	struct filter *filter; /* NULL: none */
	char *patterns[SELECT_PATTERNS];
	size_t count;
	enum level least, most;
	enum level level; /* of the record that the line belongs to */
	int followers;
};

/* Capital letters that are not part of an escape such as \S or \p{Lu}. */
static bool has_capital(const char *pattern)
{
	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && p[1])
			p += p[1] == 'p' || p[1] == 'P'
				     ? 1 + strcspn(p + 1, "}") - (!strchr(p, '}'))
				     : 1;
		else if (isupper((unsigned char)*p))
			return true;
	}
	return false;
}

static char *smart(const char *pattern)
{
	char *copy;

	return asprintf(&copy, "%s%s", has_capital(pattern) ? "" : "(?i)", pattern) < 0 ? NULL
											: copy;
}

bool select_check(const char *pattern, char why[384])
{
	return filter_check(pattern, why);
}

bool select_any(const struct select_options *o)
{
	return o->matches > 0 || o->least != LEVEL_NONE || o->most != LEVEL_NONE;
}

struct select *select_new(const struct select_options *o)
{
	struct select *s = calloc(1, sizeof(*s));
	const char *const *patterns;

	if (!s)
		return NULL;
	s->least = o->least;
	s->most = o->most;
	for (size_t i = 0; i < o->matches; i++) {
		s->patterns[i] = smart(o->match[i]);
		if (!s->patterns[i])
			goto fail;
		s->count++;
	}
	patterns = (const char *const *)s->patterns;
	if (s->count > 0)
		s->filter = o->invert ? filter_new(NULL, 0, patterns, s->count)
				      : filter_new(patterns, s->count, NULL, 0);
	if (s->count > 0 && !s->filter)
		goto fail;
	return s;
fail:
	select_free(s);
	errno = ENOMEM;
	return NULL;
}

void select_free(struct select *s)
{
	if (!s)
		return;
	filter_free(s->filter);
	for (size_t i = 0; i < s->count; i++)
		free(s->patterns[i]);
	free(s);
}

void select_begin(struct select *s)
{
	s->level = LEVEL_NONE;
	s->followers = 0;
}

void select_look(struct select *s, const char *text, size_t len)
{
	if (s->filter)
		filter_look(s->filter, text, len);
}

static bool has_level(struct select *s, const char *line, size_t len)
{
	enum header_place place;
	enum level own = header_level(line, len, &place);

	if (place == HEADER_BEGINS || (place == HEADER_FOLLOWS && ++s->followers > FOLLOWERS))
		s->level = own;
	if (place == HEADER_BEGINS)
		s->followers = 0;
	if (s->level == LEVEL_NONE)
		return true;
	return s->level >= s->least && (s->most == LEVEL_NONE || s->level <= s->most);
}

bool select_line(struct select *s, const char *line, size_t len)
{
	size_t mark = utf8_mark(line, len);

	line += mark;
	len -= mark;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if ((s->least != LEVEL_NONE || s->most != LEVEL_NONE) && !has_level(s, line, len))
		return false;
	return !s->filter || filter_line(s->filter, line, len) != FILTER_STOP;
}
