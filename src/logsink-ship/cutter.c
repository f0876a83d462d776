/*
 * Cut the bytes of a log into records. Pure.
 *
 * Lines that are whole in the bytes given are not copied. What is unfinished is kept in memory of
 * one record's size, so a longer line is dealt with before its end is known: its pieces are
 * records as soon as they are full, and of one that is truncated or skipped the rest is only
 * counted.
 */
#include "logsink-ship/cutter.h"

#include "base/diag.h"
#include "record/filter.h"

#include <stdlib.h>
#include <string.h>

struct cutter {
	struct cutter_options o;

	const char *bytes; /* given, from the first that is in no record and not kept */
	size_t len;

	char *kept; /* the record that is unfinished; room for o.limit + 1 bytes */
	size_t kept_len;
	size_t line;      /* where its last line begins, which is unfinished */
	uint32_t lines;   /* before that */
	uint64_t end;     /* where kept ends in the file */
	size_t remove;    /* bytes at the beginning of kept that are in a record by now */
	uint32_t piece;   /* pieces of the line so far */
	uint64_t dropped; /* bytes of it that are not kept */
	bool large;       /* the line is longer than a record may be */
	bool after_torn;
};

struct cutter *cutter_new(const struct cutter_options *o)
{
	struct cutter *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->o = *o;
	c->kept = malloc(o->limit + 1);
	if (!c->kept) {
		free(c);
		return NULL;
	}
	return c;
}

void cutter_free(struct cutter *c)
{
	if (!c)
		return;
	free(c->kept);
	free(c);
}

void cutter_forget(struct cutter *c)
{
	c->len = c->kept_len = c->line = c->remove = 0;
	c->lines = c->piece = 0;
	c->dropped = 0;
	c->large = false;
}

void cutter_begin(struct cutter *c, uint64_t offset, bool after_torn)
{
	if (!c->o.begins || c->large || c->line < c->kept_len)
		cutter_forget(c);
	c->len = 0;
	c->end = offset;
	c->after_torn = after_torn;
}

void cutter_feed(struct cutter *c, const char *bytes, size_t len)
{
	/* The newline that logsink adds to a torn line is part of it. */
	if (c->after_torn && len > 0) {
		c->after_torn = false;
		if (*bytes == '\n') {
			bytes++;
			len--;
			c->end++;
		}
	}
	c->bytes = bytes;
	c->len = len;
}

static void take(struct cutter *c, size_t n)
{
	c->bytes += n;
	c->len -= n;
	c->end += n;
}

static void keep(struct cutter *c, size_t n)
{
	memcpy(c->kept + c->kept_len, c->bytes, n);
	c->kept_len += n;
	take(c, n);
}

/* What is kept is a record, but for the last `but` bytes. */
static bool give_kept(struct cutter *c, size_t len, size_t but, struct cutter_record *r)
{
	*r = (struct cutter_record){
		.text = c->kept, .len = len, .end = c->end - but, .lines = c->lines
	};
	c->remove = c->kept_len - but;
	c->lines = 0;
	return true;
}

static void remove_given(struct cutter *c)
{
	memmove(c->kept, c->kept + c->remove, c->kept_len - c->remove);
	c->kept_len -= c->remove;
	c->line = c->line > c->remove ? c->line - c->remove : 0;
	c->remove = 0;
}

/* r, as it was given, is the end of the line that is too long, or all that is shipped of it. */
static void end_large(struct cutter *c, struct cutter_record *r)
{
	if (c->o.large == CUTTER_SPLIT)
		r->piece = c->piece + 1;
	else
		r->size = c->kept_len + c->dropped;
	r->skip = c->o.large == CUTTER_SKIP;
	c->large = false;
	c->piece = 0;
	c->dropped = 0;
}

/* The line that is too long goes on; newline: and ends with the n bytes. */
static bool next_of_large(struct cutter *c, struct cutter_record *r)
{
	const char *newline = memchr(c->bytes, '\n', c->len);
	size_t n = newline ? (size_t)(newline - c->bytes) : c->len;
	size_t room = c->o.limit - c->kept_len;

	if (c->o.large == CUTTER_SPLIT && n > room) {
		keep(c, room);
		give_kept(c, c->kept_len, 0, r);
		r->piece = ++c->piece;
		r->more = true;
		return true;
	}
	size_t keeps = n < room ? n : room;
	keep(c, keeps);
	c->dropped += n - keeps;
	take(c, n - keeps);
	if (!newline)
		return false;
	take(c, 1);
	c->lines = 1;
	give_kept(c, c->kept_len, 0, r);
	end_large(c, r);
	c->line = 0;
	return true;
}

/* Each line is a record. */
static bool next_line(struct cutter *c, struct cutter_record *r)
{
	const char *newline = memchr(c->bytes, '\n', c->len);
	size_t n = newline ? (size_t)(newline - c->bytes) : c->len;

	if (c->kept_len + n > c->o.limit) {
		c->large = true;
		return next_of_large(c, r);
	}
	if (!newline) {
		keep(c, n);
		return false;
	}
	c->lines = 1;
	if (c->kept_len > 0) {
		keep(c, n);
		take(c, 1);
		return give_kept(c, c->kept_len, 0, r);
	}
	*r = (struct cutter_record){ .text = c->bytes, .len = n, .lines = 1 };
	take(c, n + 1);
	r->end = c->end;
	c->lines = 0;
	return true;
}

static bool begins(struct cutter *c, const char *line, size_t len)
{
	filter_look(c->o.begins, line, len);
	return filter_line(c->o.begins, line, len) == FILTER_PASS;
}

/* The lines before the last one, which begins a record of its own. */
static bool give_lines(struct cutter *c, struct cutter_record *r)
{
	return give_kept(c, c->line - 1, c->kept_len - c->line, r);
}

/* Lines are joined to the one that begins a record. */
static bool next_joined(struct cutter *c, struct cutter_record *r)
{
	while (c->len > 0) {
		const char *newline = memchr(c->bytes, '\n', c->len);
		size_t n = newline ? (size_t)(newline - c->bytes) : c->len;

		if (c->kept_len + n > c->o.limit) {
			if (c->line > 0)
				return give_lines(c, r); /* no room for this line beside them */
			c->large = true;
			return next_of_large(c, r);
		}
		keep(c, n);
		if (!newline)
			return false;
		/* Its newline comes later, and it is not looked at again: it is the first then. */
		if (c->line > 0 && begins(c, c->kept + c->line, c->kept_len - c->line))
			return give_lines(c, r);
		keep(c, 1);
		c->lines++;
		c->line = c->kept_len;
		if (c->kept_len > c->o.limit) /* with the newline it is full to the brim */
			return give_kept(c, c->kept_len - 1, 0, r);
	}
	return false;
}

bool cutter_next(struct cutter *c, struct cutter_record *r)
{
	if (c->remove > 0)
		remove_given(c);
	if (c->large)
		return c->len > 0 && next_of_large(c, r);
	if (c->len == 0)
		return false;
	return c->o.begins ? next_joined(c, r) : next_line(c, r);
}

/* Of what is kept, the last line has no newline. */
static bool end_torn(struct cutter *c, struct cutter_record *r)
{
	c->lines++;
	give_kept(c, c->kept_len, 0, r);
	r->torn = true;
	if (c->large)
		end_large(c, r);
	c->line = c->kept_len;
	return true;
}

bool cutter_end(struct cutter *c, struct cutter_record *r)
{
	if (c->remove > 0)
		remove_given(c);
	if (!cutter_is_torn(c))
		return false;
	if (c->o.begins && !c->large && c->line > 0 &&
	    begins(c, c->kept + c->line, c->kept_len - c->line)) {
		give_lines(c, r);
		return true;
	}
	return end_torn(c, r);
}

bool cutter_flush(struct cutter *c, struct cutter_record *r)
{
	if (c->remove > 0)
		remove_given(c);
	if (c->line == 0 || c->large)
		return false;
	return give_lines(c, r);
}

size_t cutter_holds(const struct cutter *c)
{
	return c->kept_len - c->remove + c->len;
}

bool cutter_is_torn(const struct cutter *c)
{
	return c->large ||
	       c->kept_len - c->remove > (c->line > c->remove ? c->line - c->remove : 0);
}
