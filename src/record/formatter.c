/*
 * Cut bytes into records and render each: stamp, format, filter, escape. Pure.
 *
 * The head of a record, the part before the text, is the same for nearly all lines of one
 * read, so it is made once for each time and then copied.
 *
 * A line that is longer than a piece is cut at positions that depend only on its bytes: at
 * the size of a piece, or before a character or a terminal sequence that would otherwise be
 * torn. So each piece can be rendered by itself. Only two things are kept from one piece to the
 * next: that the line continues, and the decisions about it.
 */
#include "record/formatter.h"

#include "base/diag.h"
#include "record/escape.h"
#include "record/filter.h"
#include "record/header.h"
#include "record/json.h"
#include "record/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
	SPARE = 64,      /* more than the bytes of a head and an end without stamp and stream */
	FOLLOWERS = 100, /* at most this many lines after one with a level have the same level */
	SHORT = 64,      /* most heads are not longer than two of these, and all have the memory */
};

/* The part of a record before the text. */
struct head {
	char *text;
	size_t len;
	size_t time_at, stream_at, message_at; /* offsets of the members; JSON only */
};

struct formatter {
	struct formatter_options o;
	size_t piece, factor, most_head;
	struct stamp stamp;
	char *stream; /* as written in a record */
	struct head head;
	int64_t head_ns;
	bool head_made;
	char *stripped, *escaped; /* buffers for a piece; NULL: not needed */

	/* The unfinished line. */
	bool midline, left_out;
	enum level level;

	enum level last_level; /* of the record; NONE: without a level */
	unsigned followers; /* lines with neither level nor time since the last one with either */
};

static bool is_json(const struct formatter *l)
{
	return l->o.format == FORMATTER_JSON || l->o.format == FORMATTER_JSON_MERGE;
}

/* ---- making ---- */

/* The name of a stream as written in records; NULL and errno. */
static char *stream_in(enum formatter_format format, const char *stream)
{
	const char *slash = strrchr(stream, '/'), *name = slash ? slash + 1 : stream;
	size_t len = strlen(stream);
	char *text;

	if (format == FORMATTER_CRI)
		return strdup(strcmp(name, "stderr") == 0 ? "stderr" : "stdout");
	text = malloc(JSON_FACTOR * len + 1);
	if (text)
		text[json_escape(text, stream, len)] = '\0';
	return text;
}

static bool allocate(struct formatter *l, const char *stream)
{
	l->stream = stream_in(l->o.format, stream);
	if (!l->stream)
		return false;
	l->most_head = SPARE + strlen(l->stream) + JSON_FACTOR * (size_t)STAMP_MOST;
	l->head.text = calloc(1, l->most_head);
	if (l->o.beside) {
		l->stripped = l->o.beside->stripped;
		l->escaped = l->o.beside->escaped;
		return l->head.text;
	}
	if (l->o.strip_ansi)
		l->stripped = malloc(l->piece);
	if (l->o.escape && is_json(l))
		l->escaped = malloc(ESCAPE_FACTOR * l->piece);
	return l->head.text && (l->stripped || !l->o.strip_ansi) &&
	       (l->escaped || !l->o.escape || !is_json(l));
}

struct formatter *formatter_new(const struct formatter_options *o, const char *stream)
{
	struct formatter *l = calloc(1, sizeof(*l));
	struct stamp_format stamp = o->stamp;

	if (!l)
		return NULL;
	l->o = *o;
	l->piece = o->piece ? o->piece : FORMATTER_PIECE;
	insist(l->piece >= 4 * (size_t)ESCAPE_SEQUENCE);
	insist(!o->beside || l->piece <= o->beside->piece);
	if (o->format == FORMATTER_CRI && l->piece > FORMATTER_PIECE_CRI)
		l->piece = FORMATTER_PIECE_CRI;
	if (o->format == FORMATTER_CRI || (is_json(l) && stamp.kind == STAMP_NONE))
		stamp.kind = STAMP_RFC3339;
	l->factor = is_json(l) ? JSON_FACTOR : o->escape ? ESCAPE_FACTOR : 1;
	stamp_init(&l->stamp, &stamp);
	if (!allocate(l, stream)) {
		formatter_free(l);
		return NULL;
	}
	return l;
}

void formatter_free(struct formatter *l)
{
	if (!l)
		return;
	free(l->stream);
	free(l->head.text);
	if (!l->o.beside) {
		free(l->stripped);
		free(l->escaped);
	}
	free(l);
}

size_t formatter_most(const struct formatter *l, size_t len)
{
	return l->most_head + SPARE + l->factor * len;
}

bool formatter_midline(const struct formatter *l)
{
	return l->midline && !l->left_out;
}

/* ---- one record ---- */

static char *put(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static char *put_text(char *to, const char *text)
{
	return put(to, text, strlen(text));
}

static void make_head(struct formatter *l, struct head *h, int64_t ns, const char *stream)
{
	char *t = h->text;

	if (l->stamp.format.kind != STAMP_NONE)
		stamp_at(&l->stamp, ns);
	switch (l->o.format) {
	case FORMATTER_RAW:
		if (l->stamp.format.kind != STAMP_NONE) {
			t = put(t, l->stamp.text, l->stamp.len);
			*t++ = ' ';
		}
		break;
	case FORMATTER_CRI:
		t = put(t, l->stamp.text, l->stamp.len);
		*t++ = ' ';
		t = put_text(t, stream);
		t = put_text(t, " F ");
		break;
	case FORMATTER_JSON:
	case FORMATTER_JSON_MERGE:
		*t++ = '{';
		h->time_at = (size_t)(t - h->text);
		t = put_text(t, "\"time\":\"");
		t += json_escape(t, l->stamp.text, l->stamp.len);
		t = put_text(t, "\",");
		h->stream_at = (size_t)(t - h->text);
		t = put_text(t, "\"stream\":\"");
		t = put_text(t, stream);
		t = put_text(t, "\",");
		h->message_at = (size_t)(t - h->text);
		t = put_text(t, "\"message\":\"");
		break;
	}
	h->len = (size_t)(t - h->text);
}

/* The head of a line that began at ns. */
static void renew_head(struct formatter *l, int64_t ns)
{
	if (!l->head_made || ns != l->head_ns)
		make_head(l, &l->head, ns, l->stream);
	l->head_made = true;
	l->head_ns = ns;
}

/* A piece of a line. */
struct piece {
	const char *at;
	size_t len;
	bool first, last;
	bool newline; /* a raw line has one after its last piece */
};

/* Writes a line that is an object as an object; returns NULL if it is not one. */
static char *put_object(const struct head *h, const char *text, size_t len, char *to)
{
	struct json_object o;
	const char *end = h->text + h->message_at;

	if (!json_object(text, len, &o))
		return NULL;
	*to++ = '{';
	if (!o.has_time)
		to = put(to, h->text + h->time_at, h->stream_at - h->time_at);
	if (!o.has_stream)
		to = put(to, h->text + h->stream_at, (size_t)(end - h->text) - h->stream_at);
	if (o.len > 0)
		to = put(to, o.members, o.len);
	else
		to--; /* the comma */
	return put_text(to, "}\n");
}

/* Returns the end of the text written. */
static char *put_json(const struct formatter *l, const struct head *h, const struct piece *p,
		      char *to)
{
	const char *text = p->at;
	size_t len = p->len;

	if (l->o.escape) {
		len = escape_text(l->escaped, text, len);
		text = l->escaped;
	}
	/* An object in which something was escaped has changed. */
	if (l->o.format == FORMATTER_JSON_MERGE && p->first && p->last && len == p->len) {
		char *end = put_object(h, text, len, to);

		if (end)
			return end;
	}
	if (p->first)
		to = put(to, h->text, h->len);
	to += json_escape(to, text, len);
	return p->last ? put_text(to, "\"}\n") : to;
}

static char *put_plain(const struct formatter *l, const struct head *h, const struct piece *p,
		       char *to)
{
	bool record = l->o.format == FORMATTER_CRI;

	if (p->first || record)
		to = put(to, h->text, h->len);
	if (record && !p->last)
		to[-2] = 'P';
	if (l->o.escape)
		to += escape_text(to, p->at, p->len);
	else
		to = put(to, p->at, p->len);
	if (record || (p->last && p->newline))
		*to++ = '\n';
	return to;
}

/* Writes a piece at to, where there is room; returns the number of bytes written. */
static size_t put_piece(const struct formatter *l, const struct head *h, const struct piece *p,
			char *to)
{
	return (size_t)((is_json(l) ? put_json(l, h, p, to) : put_plain(l, h, p, to)) - to);
}

/* ---- lines ---- */

/* Finds the level of a line, and whether the line is left out because of it. */
static void find_level(struct formatter *l, const char *at, size_t len)
{
	enum header_place place;
	enum level own = header_level(at, len, &place);

	if (place == HEADER_BEGINS || (place == HEADER_FOLLOWS && ++l->followers > FOLLOWERS))
		l->last_level = own;
	if (place == HEADER_BEGINS)
		l->followers = 0;
	l->level = l->last_level == LEVEL_NONE ? LEVEL_INFO : l->last_level;
	l->left_out = l->last_level != LEVEL_NONE && l->last_level < l->o.level;
}

/*
 * Decides about a line by its first piece. A byte order mark before it and the CR of CR LF are not
 * part of the text, and ignored.
 */
static void decide(struct formatter *l, const struct piece *p, bool levels,
		   struct formatter_tally *t)
{
	size_t mark = utf8_mark(p->at, p->len), len = p->len - mark;
	const char *at = p->at + mark;

	if (p->last && len > 0 && at[len - 1] == '\r')
		len--;
	l->left_out = false;
	if (levels)
		find_level(l, at, len);
	if (!l->left_out && l->o.filter) {
		enum filter_verdict v = filter_line(l->o.filter, at, len);

		l->left_out = v == FILTER_STOP;
		t->limit_hits += v == FILTER_LIMIT;
	}
}

static void put_out(struct formatter *l, const struct piece *p, struct formatter_out outs[],
		    size_t n)
{
	const char *done = NULL;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct formatter_out *out = &outs[i];
		char *to = out->at + out->len;

		if (out->least != LEVEL_NONE && l->level < out->least)
			continue;
		if (done)
			memcpy(to, done, len);
		else
			len = put_piece(l, &l->head, p, to);
		done = to;
		out->len += len;
	}
}

/* The outs of one call. */
struct outs {
	struct formatter_out *at;
	size_t count;
	bool levels; /* levels are needed */
};

static struct outs outs_of(const struct formatter *l, struct formatter_out at[], size_t count)
{
	struct outs outs = { at, count, l->o.level != LEVEL_NONE };

	for (size_t i = 0; i < count; i++)
		outs.levels |= at[i].least != LEVEL_NONE;
	return outs;
}

static bool has_room(const struct outs *outs, size_t most)
{
	for (size_t i = 0; i < outs->count; i++)
		if (outs->at[i].size - outs->at[i].len < most)
			return false;
	return true;
}

/*
 * Consumes the next piece, p, of a line that began at ns. Returns the bytes consumed, which may be
 * fewer than p->len if it is not the last piece of its line. Without room it consumes nothing, and
 * sets *full.
 */
static size_t take(struct formatter *l, struct piece *p, int64_t ns, const struct outs *outs,
		   struct formatter_tally *t, bool *full)
{
	size_t used = p->len;

	*full = !has_room(outs, formatter_most(l, p->len));
	if (*full)
		return 0;
	p->first = !l->midline;
	if (p->first) {
		decide(l, p, outs->levels, t);
		renew_head(l, ns);
	}
	if (l->stripped) {
		p->len = escape_strip(l->stripped, p->at, p->len, !p->last, &used);
		p->at = l->stripped;
	}
	if (!l->left_out)
		put_out(l, p, outs->at, outs->count);
	else
		t->filtered_bytes += used + (p->last && p->newline);
	t->lines += p->last;
	t->filtered_lines += p->last && l->left_out;
	l->midline = !p->last;
	return used;
}

/*
 * A lane does the work of take() for whole lines of the simple kind in half the time or less. `in`
 * begins with a line. It stops at a line that is unfinished, too long, has no room, or needs more
 * than the lane can do. Returns the bytes consumed.
 */
typedef size_t lane(const struct formatter *l, const char *in, size_t len,
		    struct formatter_out *out, struct formatter_tally *t);

/* Copies a head in a size that the compiler knows; more than its length may be written. */
static char *put_short(char *to, const struct head *h)
{
	memcpy(to, h->text, SHORT);
	if (h->len > SHORT)
		memcpy(to + SHORT, h->text + SHORT, SHORT);
	return to + h->len;
}

static size_t put_raw_lines(const struct formatter *l, const char *in, size_t len,
			    struct formatter_out *out, struct formatter_tally *t)
{
	const size_t most = formatter_most(l, 0);
	const char *at = in, *newline;
	char *to = out->at + out->len, *end = out->at + out->size;

	if (l->o.escape || l->o.strip_ansi)
		len = escape_plain(in, len);
	while ((newline = memchr(at, '\n', len < l->piece ? len : l->piece))) {
		size_t line = (size_t)(newline + 1 - at);

		if ((size_t)(end - to) < most + line)
			break;
		to = put_short(to, &l->head);
		memcpy(to, at, line);
		to += line;
		at += line;
		len -= line;
		t->lines++;
	}
	out->len = (size_t)(to - out->at);
	return (size_t)(at - in);
}

static size_t put_json_lines(const struct formatter *l, const char *in, size_t len,
			     struct formatter_out *out, struct formatter_tally *t)
{
	const size_t most = formatter_most(l, 0);
	const char *at = in;
	char *to = out->at + out->len, *end = out->at + out->size;

	while ((size_t)(end - to) > most) {
		size_t reach = ((size_t)(end - to) - most) / JSON_FACTOR, used;

		if (reach > l->piece)
			reach = l->piece;
		if (reach > len)
			reach = len;
		char *text = put_short(to, &l->head);
		text += json_escape_line(text, at, reach, &used);
		if (used == reach) /* its newline is not in reach */
			break;
		to = put_text(text, "\"}\n");
		at += used + 1;
		len -= used + 1;
		t->lines++;
	}
	out->len = (size_t)(to - out->at);
	return (size_t)(at - in);
}

/* The lane for these options; NULL: none. */
static lane *find_lane(const struct formatter *l, const struct outs *outs)
{
	if (outs->count != 1 || outs->levels || l->o.filter)
		return NULL;
	if (l->o.format == FORMATTER_RAW)
		return put_raw_lines;
	if (l->o.format == FORMATTER_JSON && !l->o.escape && !l->o.strip_ansi)
		return put_json_lines;
	return NULL;
}

size_t formatter_render(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
			struct formatter_out outs[], size_t n, struct formatter_tally *t)
{
	const struct outs to = outs_of(l, outs, n);
	lane *const fast = find_lane(l, &to);
	size_t done = 0;

	if (l->o.filter)
		filter_look(l->o.filter, in, len);
	while (done < len) {
		if (fast && !l->midline) {
			renew_head(l, begun_ns);
			if (l->head.len <= 2 * SHORT)
				done += fast(l, in + done, len - done, outs, t);
		}
		const char *at = in + done;
		size_t left = len - done;
		size_t reach = left > l->piece ? l->piece + 1 : left;
		const char *newline = memchr(at, '\n', reach);
		struct piece p = { .at = at, .last = newline, .newline = true };
		bool full;

		if (!newline && left <= l->piece)
			break;
		p.len = newline ? (size_t)(newline - at) : utf8_cut(at, l->piece);
		size_t used = take(l, &p, begun_ns, &to, t, &full);
		if (full)
			break;
		done += used + (newline != NULL);
	}
	return done;
}

bool formatter_finish(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
		      bool newline, struct formatter_out outs[], size_t n,
		      struct formatter_tally *t, size_t *used)
{
	const struct outs to = outs_of(l, outs, n);
	bool full;

	*used = formatter_render(l, begun_ns, in, len, outs, n, t);
	struct piece p = { .at = in + *used, .len = len - *used, .last = true, .newline = newline };
	if (p.len == 0 && !l->midline)
		return true;
	if (p.len > l->piece || memchr(p.at, '\n', p.len))
		return false;
	*used += take(l, &p, begun_ns, &to, t, &full);
	return !full;
}

bool formatter_notice(struct formatter *l, int64_t now_ns, const char *text,
		      struct formatter_out *out)
{
	const char *stream = l->o.format == FORMATTER_CRI ? "stderr" : "logsink";
	char head[SPARE + JSON_FACTOR * STAMP_MOST];
	struct head h = { .text = head };
	struct piece p = {
		.at = text, .len = strlen(text), .first = true, .last = true, .newline = true
	};

	insist(!formatter_midline(l) && p.len <= l->piece);
	if (out->size - out->len < formatter_most(l, p.len))
		return false;
	make_head(l, &h, now_ns, stream);
	out->len += put_piece(l, &h, &p, out->at + out->len);
	return true;
}
