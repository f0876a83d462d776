/*
 * Cut bytes into lines, select, and print those that are selected, in the form that is asked for.
 *
 * Where all bytes are printed as they are, nothing is done for a line. Otherwise lines are looked
 * at where they are; only one that is not whole yet is kept, up to LINES_LONGEST bytes of it.
 */
#include "logsink-cat/lines.h"

#include "logsink-cat/output.h"
#include "record/escape.h"
#include "record/header.h"
#include "record/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 16 * 1024, KEPT = 64 * 1024 }; /* bytes: of a line at once; of one before a match */

/* A line that was not selected, for the context of one that is. */
struct kept {
	char *text; /* KEPT bytes at most */
	size_t len;
};

struct lines {
	const struct lines_options *o;
	struct select *select; /* NULL: all lines */
	bool whole;            /* all bytes are printed as they are */
	char *file;

	bool within;     /* a line is printed, and its end did not come yet */
	bool partial;    /* the rest of a line is left out */
	uint64_t skip;   /* so many selected lines, too */
	uint64_t count;  /* of those that were selected */
	enum level last; /* of the record, for its colour */

	char *carry; /* of a line that is not whole yet */
	size_t carried;
	enum { UNDECIDED, PRINTED, LEFT_OUT } rest; /* of a line longer than that */

	struct kept *kept; /* a ring of o->before lines */
	size_t kept_count, kept_at;
	unsigned after; /* lines still to be printed */
	bool gap;       /* lines were left out since the last one that was printed */
};

/* ---- making ---- */

static bool keep_room(struct lines *l)
{
	if (l->o->before == 0)
		return true;
	l->kept = calloc(l->o->before, sizeof(*l->kept));
	return l->kept != NULL;
}

struct lines *lines_new(const struct lines_options *o)
{
	struct lines *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->o = o;
	l->whole = !o->count_only && !o->hold && !select_any(&o->select) && o->form == LINES_CAT &&
		   !o->colour && !o->escape;
	l->carry = malloc(LINES_LONGEST);
	if (select_any(&o->select))
		l->select = select_new(&o->select);
	if (l->carry && keep_room(l) && (l->select || !select_any(&o->select)))
		return l;
	lines_free(l);
	errno = ENOMEM;
	return NULL;
}

void lines_free(struct lines *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->kept && i < l->o->before; i++)
		free(l->kept[i].text);
	free(l->kept);
	select_free(l->select);
	free(l->carry);
	free(l->file);
	free(l);
}

/* ---- printing ---- */

static void print_text(const char *text)
{
	output_write(text, strlen(text));
}

/* Bytes that are to be no longer than a piece, cut between two characters of UTF-8. */
static size_t piece_of(const char *p, size_t len)
{
	size_t n = len < PIECE ? len : PIECE;

	for (int i = 0; n < len && n > 1 && i < 3 && ((unsigned char)p[n] & 0xc0) == 0x80; i++)
		n--;
	return n;
}

static void print_json(const char *p, size_t len)
{
	static char to[JSON_FACTOR * PIECE];

	for (size_t n; len > 0; p += n, len -= n) {
		n = piece_of(p, len);
		output_write(to, json_escape(to, p, n));
	}
}

static void print_escaped(const char *p, size_t len)
{
	static char to[ESCAPE_FACTOR * PIECE];

	for (size_t n; len > 0; p += n, len -= n) {
		n = piece_of(p, len);
		output_write(to, escape_text(to, p, n));
	}
}

static void print_bytes(const struct lines *l, const char *p, size_t len)
{
	if (l->o->form == LINES_JSON)
		print_json(p, len);
	else if (l->o->escape)
		print_escaped(p, len);
	else
		output_write(p, len);
}

static const char *colour_of(enum level level)
{
	switch (level) {
	case LEVEL_ERROR:
		return "\033[31m";
	case LEVEL_WARN:
		return "\033[33m";
	case LEVEL_TRACE:
	case LEVEL_DEBUG:
		return "\033[2m";
	case LEVEL_INFO:
	case LEVEL_NONE:
		break;
	}
	return "";
}

/* What is before the bytes of a line. */
static void print_head(struct lines *l, const char *line, size_t len)
{
	enum header_place place;
	enum level level;

	switch (l->o->form) {
	case LINES_CAT:
		break;
	case LINES_WITH_FILE:
		print_text(l->file ? l->file : "");
		print_text(": ");
		break;
	case LINES_JSON:
		print_text("{\"file\":\"");
		print_json(l->file ? l->file : "", l->file ? strlen(l->file) : 0);
		print_text("\",\"message\":\"");
		break;
	}
	if (!l->o->colour)
		return;
	level = header_level(line, len, &place);
	if (place == HEADER_BEGINS)
		l->last = level;
	print_text(colour_of(l->last));
}

static void print_tail(const struct lines *l, bool newline)
{
	if (l->o->colour && *colour_of(l->last))
		print_text("\033[0m");
	if (l->o->form == LINES_JSON)
		print_text("\"}");
	if (newline || l->o->form == LINES_JSON)
		print_text("\n");
}

static void print_line(struct lines *l, const char *line, size_t len, bool newline)
{
	if (l->within)
		print_text("\n");
	print_head(l, line, len);
	print_bytes(l, line, len);
	print_tail(l, newline);
	l->within = !newline && l->o->form != LINES_JSON;
}

void lines_print_selected(struct lines *l, const char *line, size_t len)
{
	l->count++;
	print_line(l, line, len, true);
}

/* ---- context ---- */

static void keep(struct lines *l, const char *line, size_t len)
{
	struct kept *k = &l->kept[l->kept_at];

	if (!k->text)
		k->text = malloc(KEPT);
	if (!k->text)
		return;
	k->len = len < KEPT ? len : KEPT;
	memcpy(k->text, line, k->len);
	l->kept_at = (l->kept_at + 1) % l->o->before;
	if (l->kept_count < l->o->before)
		l->kept_count++;
	else
		l->gap = true;
}

static void print_kept(struct lines *l)
{
	size_t at = l->o->before ? (l->kept_at + l->o->before - l->kept_count) % l->o->before : 0;

	if (l->gap && l->count > 1 && (l->o->before || l->o->after) && l->o->form != LINES_JSON)
		print_text("--\n");
	l->gap = false;
	for (; l->kept_count > 0; l->kept_count--, at = (at + 1) % l->o->before)
		print_line(l, l->kept[at].text, l->kept[at].len, true);
}

/* ---- a line ---- */

/* Whether to print a line of which these bytes are known. */
static bool decide(struct lines *l, const char *line, size_t len)
{
	bool selected = !l->select || select_line(l->select, line, len);

	if (selected && l->skip > 0) {
		l->skip--;
		return false;
	}
	if (selected) {
		l->count++;
		if (l->o->count_only)
			return false;
		print_kept(l);
		l->after = l->o->after;
		return true;
	}
	if (l->after > 0) {
		l->after--;
		return true;
	}
	if (l->o->before > 0)
		keep(l, line, len);
	else
		l->gap = true;
	return false;
}

static void take_line(struct lines *l, const char *line, size_t len, bool newline)
{
	if (decide(l, line, len))
		print_line(l, line, len, newline);
}

/* More of a line that was decided about. */
static void take_rest(struct lines *l, const char *p, size_t len, bool ends, bool newline)
{
	if (l->rest == PRINTED) {
		print_bytes(l, p, len);
		if (ends)
			print_tail(l, newline);
		l->within = ends && !newline && l->o->form != LINES_JSON;
	}
	if (ends)
		l->rest = UNDECIDED;
}

/* Keeps the beginning of a line; one that is too long is decided about. */
static void carry(struct lines *l, const char *p, size_t len)
{
	if (l->carried + len <= LINES_LONGEST) {
		memcpy(l->carry + l->carried, p, len);
		l->carried += len;
		return;
	}
	if (l->select)
		select_look(l->select, l->carry, l->carried);
	l->rest = decide(l, l->carry, l->carried) ? PRINTED : LEFT_OUT;
	if (l->rest == PRINTED) {
		if (l->within)
			print_text("\n");
		print_head(l, l->carry, l->carried);
	}
	take_rest(l, l->carry, l->carried, false, false);
	take_rest(l, p, len, false, false);
	l->carried = 0;
}

/* The end of a line of which the beginning was kept. */
static void take_carried(struct lines *l, const char *p, size_t len, bool newline)
{
	if (l->rest == UNDECIDED)
		carry(l, p, len);
	else
		take_rest(l, p, len, false, false);
	if (l->rest != UNDECIDED) {
		take_rest(l, p, 0, true, newline);
		return;
	}
	if (l->select)
		select_look(l->select, l->carry, l->carried);
	take_line(l, l->carry, l->carried, newline);
	l->carried = 0;
}

/* ---- bytes ---- */

/* All bytes as they are, but for the first lines. */
static void take_whole(struct lines *l, const char *p, size_t len)
{
	const char *end = p + len;

	while (l->skip > 0 && p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		p = newline ? newline + 1 : end;
		l->skip -= newline != NULL;
	}
	if (p == end)
		return;
	l->count++; /* something was */
	output_write(p, (size_t)(end - p));
	l->within = end[-1] != '\n';
}

void lines_take(struct lines *l, const char *p, size_t len)
{
	const char *end = p + len, *newline;

	if (l->partial) {
		newline = memchr(p, '\n', len);
		p = newline ? newline + 1 : end;
		l->partial = !newline;
	}
	if (p == end)
		return;
	if (l->whole) {
		take_whole(l, p, (size_t)(end - p));
		return;
	}
	if (l->carried > 0 || l->rest != UNDECIDED) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (newline) {
			take_carried(l, p, (size_t)(newline - p), true);
			p = newline + 1;
		}
	}
	if (l->select)
		select_look(l->select, p, (size_t)(end - p));
	while (p < end && (newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		take_line(l, p, (size_t)(newline - p), true);
		p = newline + 1;
	}
	if (p == end)
		return;
	if (l->rest == UNDECIDED)
		carry(l, p, (size_t)(end - p));
	else
		take_rest(l, p, (size_t)(end - p), false, false);
}

void lines_end(struct lines *l)
{
	if (l->carried > 0 || l->rest != UNDECIDED)
		take_carried(l, "", 0, false);
	l->partial = false;
}

void lines_begin(struct lines *l, const char *file)
{
	lines_end(l);
	/* A line does not go on in another file. */
	if (l->within)
		print_text("\n");
	l->within = false;
	free(l->file);
	l->file = strdup(file);
	if (l->select)
		select_begin(l->select);
}

/* ---- questions ---- */

struct select *lines_select(struct lines *l)
{
	return l->select;
}

void lines_leave_out(struct lines *l, bool partial, uint64_t skip)
{
	l->partial = partial;
	l->skip = skip;
}

uint64_t lines_selected(const struct lines *l)
{
	return l->count;
}

size_t lines_pending(const struct lines *l)
{
	return l->carried;
}
