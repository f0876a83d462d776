/*
 * Where in a file the lines of a time begin: by halving, where the lines have times.
 *
 * The interval is halved at places where the file can be entered: any in a plain file, and the
 * beginnings of frames in a .zst. What is left, a few blocks or one frame, is read line by line. A
 * place is judged by the first time behind it. If none comes before the end of the interval, the
 * lines there belong to an earlier one, and the interval ends where they begin.
 */
#include "reader/bytime.h"

#include "reader/linetime.h"
#include "reader/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	HEAD = 1024,        /* of a line, in which its time is looked for */
	GRAIN = 128 * 1024, /* an interval so long is not halved, but read */
	FIRST = 256 *
		1024, /* if there is no time in so many bytes at the beginning, there is none */
};

/* A reader of lines' beginnings. */
struct lines {
	struct unpack *u;
	const char *p, *end; /* of the bytes that were read, those that are left */
	uint64_t at;         /* the offset of p */
	bool within;         /* p is not at the beginning of a line */
	char head[HEAD];     /* of a line that is in two reads */
};

struct search {
	struct lines lines;
	const struct linetime_rules *rules;
	enum bytime_edge edge;
	int64_t when;
	struct linetime found; /* the last time that was seen */
};

/* ---- lines ---- */

/* More bytes: 1; 0: the end; -1 and errno. What is missing of a damaged file is passed over. */
static int refill(struct lines *l)
{
	ssize_t n;

	do
		n = unpack_next(l->u, &l->p);
	while (n < 0 && errno == EBADMSG);
	if (n <= 0)
		l->p = l->end;
	if (n <= 0)
		return (int)n;
	l->end = l->p + n;
	l->at = unpack_offset(l->u) - (uint64_t)n;
	return 1;
}

static int seek(struct lines *l, uint64_t at, bool within)
{
	l->p = l->end = l->head;
	l->at = at;
	l->within = within;
	return unpack_seek(l->u, at);
}

static void pass(struct lines *l, size_t n)
{
	l->p += n;
	l->at += n;
}

/* Goes to the beginning of a line: 1; 0: there is no further one; -1 and errno. */
static int begin_line(struct lines *l)
{
	const char *newline;

	while (l->within) {
		newline = memchr(l->p, '\n', (size_t)(l->end - l->p));
		pass(l, newline ? (size_t)(newline + 1 - l->p) : (size_t)(l->end - l->p));
		l->within = !newline;
		int more = newline ? 1 : refill(l);
		if (more <= 0)
			return more;
	}
	return l->p < l->end ? 1 : refill(l);
}

/* Passes the rest of a line, up to most bytes that are at hand; returns how many, no newline. */
static size_t pass_some(struct lines *l, size_t most)
{
	size_t len = (size_t)(l->end - l->p) < most ? (size_t)(l->end - l->p) : most;
	const char *newline = memchr(l->p, '\n', len);

	if (newline)
		len = (size_t)(newline - l->p);
	pass(l, newline ? len + 1 : len);
	l->within = !newline;
	return len;
}

/*
 * The beginning of the next line: at most HEAD bytes, in one piece, and its offset.
 * Returns: 1; 0: there is none; -1 and errno.
 */
static int next_line(struct lines *l, const char **line, size_t *len, uint64_t *at)
{
	int more = begin_line(l);

	if (more <= 0)
		return more;
	*at = l->at;
	*line = l->p;
	*len = pass_some(l, HEAD);
	if (!l->within || *len == HEAD)
		return 1;
	memcpy(l->head, *line, *len);
	*line = l->head;
	while (l->within && *len < HEAD && (more = refill(l)) == 1) {
		const char *p = l->p;
		size_t n = pass_some(l, HEAD - *len);

		memcpy(l->head + *len, p, n);
		*len += n;
	}
	return more < 0 ? -1 : 1;
}

/*
 * Goes behind the first line with a time that begins before the offset `to`, and judges it.
 * Returns: 1, *at: its offset, *is_behind: it is at the edge or behind it; 0: there is none; -1 and
 *          errno.
 */
static int find_time(struct search *s, uint64_t to, uint64_t *at, bool *is_behind)
{
	struct linetime *t = &s->found;
	const char *line;
	size_t len;
	int more;

	while ((more = next_line(&s->lines, &line, &len, at)) == 1 && *at < to) {
		if (linetime_find(s->rules, line, len, t)) {
			*is_behind =
				s->edge == BYTIME_FROM ? t->last >= s->when : t->first > s->when;
			return 1;
		}
	}
	return more < 0 ? -1 : 0;
}

/* ---- halving ---- */

struct interval {
	uint64_t low;  /* the beginning, or a line that is before the edge */
	uint64_t high; /* all lines with a time that are before the edge are before this, too */
	uint64_t edge; /* the first line known to be behind it, or the end */
};

/* One step: 1; 0: it cannot be made smaller in this way; -1 and errno. */
static int halve(struct search *s, struct interval *i)
{
	uint64_t middle = unpack_entry(s->lines.u, i->low + (i->high - i->low) / 2), line, at;
	bool is_behind;
	int result;

	if (middle <= i->low)
		return 0;
	if (seek(&s->lines, middle, true) < 0)
		return -1;
	result = begin_line(&s->lines);
	line = s->lines.at;
	if (result <= 0 || line >= i->high)
		return result < 0 ? -1 : 0;
	result = find_time(s, i->high, &at, &is_behind);
	if (result == 0)
		i->high = line;
	else if (result == 1 && is_behind)
		i->high = i->edge = at;
	else if (result == 1)
		i->low = at;
	return result < 0 ? -1 : 1;
}

/* The first line that is behind the edge in what is left. */
static int walk(struct search *s, const struct interval *i, uint64_t *offset)
{
	bool is_behind = false;
	int result;

	if (seek(&s->lines, i->low, false) < 0)
		return -1;
	do
		result = find_time(s, i->high, offset, &is_behind);
	while (result == 1 && !is_behind);
	if (result == 0)
		*offset = s->lines.at < i->high ? s->lines.at : i->edge;
	return result < 0 ? -1 : 1;
}

int bytime_find(struct unpack *u, const struct linetime_rules *rules, enum bytime_edge edge,
		int64_t when, uint64_t *offset)
{
	struct search s = { .lines = { .u = u }, .rules = rules, .edge = edge, .when = when };
	struct interval i = { 0, UINT64_MAX, UINT64_MAX };
	uint64_t size;
	bool is_behind;
	int result;

	if (unpack_size(u, &size) == 1)
		i.high = i.edge = size;
	if (seek(&s.lines, 0, false) < 0)
		return -1;
	result = find_time(&s, FIRST, offset, &is_behind);
	if (result != 1 || is_behind)
		return result;
	i.low = *offset;
	do
		result = i.high - i.low > GRAIN ? halve(&s, &i) : 0;
	while (result == 1);
	return result < 0 ? -1 : walk(&s, &i, offset);
}

int bytime_first(struct unpack *u, const struct linetime_rules *rules, int64_t *ns)
{
	struct search s = { .lines = { .u = u }, .rules = rules };
	uint64_t offset;
	bool is_behind;
	int result = seek(&s.lines, 0, false) < 0 ? -1 : find_time(&s, FIRST, &offset, &is_behind);

	if (result == 1)
		*ns = s.found.first;
	return result;
}
