/*
 * Where the last lines of a log begin.
 *
 * Files are looked at in blocks, from the end, until these hold enough lines; how many, and not
 * which, is what is remembered. So memory does not depend on the number of lines, nor does time on
 * the size of the log.
 */
#include "logsink-cat/last.h"

#include "base/newlines.h"
#include "logsink-cat/lines.h"
#include "reader/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024, BLOCK = 4 * 1024 * 1024 };

/* So many lines begin between this offset and that of the next block. */
struct block {
	uint64_t offset, count;
};

struct search {
	const struct members *members;
	struct unpack *unpack;
	struct lines *lines; /* NULL: all lines are selected */
	uint64_t wanted;     /* still */
	struct last *to;
	struct block *blocks;
	size_t count, room;
};

/* Takes the block; true: it is where printing begins. */
static bool take(struct search *s, uint64_t offset, uint64_t count, bool partial)
{
	/* Within a line, its beginning may be one of those that are wanted. */
	if (count < s->wanted + (partial && !s->lines)) {
		s->wanted -= count < s->wanted ? count : s->wanted;
		return false;
	}
	s->to->offset = offset;
	s->to->partial = partial && s->lines;
	s->to->skip = count - s->wanted;
	return true;
}

/* ---- blocks of a file that can be entered anywhere ---- */

/* Newlines, and the end of a file, between two offsets; to: where the file ends, or a block. */
static uint64_t count_ends(const struct search *s, uint64_t from, uint64_t to, bool is_end)
{
	uint64_t count = 0, left = to - from;
	const char *p = "";
	ssize_t n;
	char last = '\n';

	if (unpack_seek(s->unpack, from) < 0 && errno != EBADMSG)
		return 0;
	while (left > 0 && ((n = unpack_next(s->unpack, &p)) > 0 || (n < 0 && errno == EBADMSG))) {
		size_t len = n < 0 ? 0 : (uint64_t)n < left ? (size_t)n : (size_t)left;

		count += newlines_count(p, len);
		if (len > 0)
			last = p[len - 1];
		left -= len;
	}
	return count + (is_end && last != '\n');
}

/* Selected lines that begin between two offsets. */
static uint64_t count_selected(const struct search *s, uint64_t from, uint64_t to)
{
	uint64_t before = lines_selected(s->lines), at = from > 0 ? from - 1 : 0;
	bool more = true;
	const char *p = "";
	ssize_t n;

	if (unpack_seek(s->unpack, at) < 0 && errno != EBADMSG)
		return 0;
	lines_begin(s->lines, "");
	lines_leave_out(s->lines, from > 0, 0);
	while (more && ((n = unpack_next(s->unpack, &p)) > 0 || (n < 0 && errno == EBADMSG))) {
		size_t len = n < 0 ? 0 : (size_t)n;

		/* The last of them goes on to its newline. */
		if (at + len >= to) {
			size_t inside = to - 1 > at ? (size_t)(to - 1 - at) : 0;
			const char *newline = memchr(p + inside, '\n', len - inside);

			more = !newline;
			len = newline ? (size_t)(newline + 1 - p) : len;
		}
		if (len > 0)
			lines_take(s->lines, p, len);
		at += len;
	}
	lines_end(s->lines);
	return lines_selected(s->lines) - before;
}

static bool search_backwards(struct search *s, uint64_t size)
{
	uint64_t step = FIRST_BLOCK;

	for (uint64_t to = size, from; to > 0; to = from) {
		from = to > step ? unpack_entry(s->unpack, to - step) : 0;
		uint64_t count = s->lines ? count_selected(s, from, to)
					  : count_ends(s, from, to, to == size);
		if (take(s, from, count, from > 0))
			return true;
		step = step < BLOCK ? step * 4 : step;
	}
	return false;
}

/* ---- blocks of another file, in one pass ---- */

static int add_block(struct search *s, uint64_t offset)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct block *blocks = realloc(s->blocks, room * sizeof(*blocks));

		if (!blocks)
			return -1;
		s->blocks = blocks;
		s->room = room;
	}
	s->blocks[s->count++] = (struct block){ offset, 0 };
	return 0;
}

static void count_into(struct search *s, struct block *b, const char *p, size_t len)
{
	uint64_t before;

	if (!s->lines) {
		b->count += newlines_count(p, len);
		return;
	}
	before = lines_selected(s->lines);
	lines_take(s->lines, p, len);
	b->count += lines_selected(s->lines) - before;
}

/* Blocks begin with lines. */
static int make_blocks(struct search *s)
{
	uint64_t at = 0;
	const char *p = "", *newline;
	char last = '\n';
	ssize_t n;

	s->count = 0;
	if (s->lines)
		lines_begin(s->lines, "");
	if (add_block(s, 0) < 0)
		return -1;
	while ((n = unpack_next(s->unpack, &p)) > 0 || (n < 0 && errno == EBADMSG)) {
		if (n < 0)
			continue;
		size_t len = (size_t)n;
		uint64_t begun = s->blocks[s->count - 1].offset;

		newline = at + len - begun > BLOCK ? memrchr(p, '\n', len) : NULL;
		size_t head = newline ? (size_t)(newline + 1 - p) : len;

		count_into(s, &s->blocks[s->count - 1], p, head);
		if (newline && add_block(s, at + head) < 0)
			return -1;
		count_into(s, &s->blocks[s->count - 1], p + head, len - head);
		at += len;
		last = p[len - 1];
	}
	if (!s->lines) {
		s->blocks[s->count - 1].count += last != '\n';
		return 0;
	}
	uint64_t before = lines_selected(s->lines);
	lines_end(s->lines);
	s->blocks[s->count - 1].count += lines_selected(s->lines) - before;
	return 0;
}

/* ---- members ---- */

/* 1: printing begins in this member; 0: before. */
static int search_member(struct search *s)
{
	uint64_t size;
	int known = unpack_size(s->unpack, &size);

	if (known == 1)
		return search_backwards(s, size);
	if (make_blocks(s) < 0)
		return -1;
	for (size_t i = s->count; i-- > 0;)
		if (take(s, s->blocks[i].offset, s->blocks[i].count, false))
			return 1;
	return 0;
}

static int search_all(struct search *s)
{
	for (size_t i = members_count(s->members); i-- > 0;) {
		const struct member *which = members_get(s->members, i);
		enum names_suffix form;
		int fd = members_open(s->members, which, &form), found;

		if (fd < 0)
			continue;
		if (unpack_start(s->unpack, fd, form) < 0)
			return -1;
		s->to->member = *which;
		found = search_member(s);
		if (found)
			return found;
	}
	return 0;
}

int last_find(const struct members *m, const struct select_options *o, uint64_t n, struct last *to)
{
	const struct lines_options count = { .select = *o, .count_only = true };
	struct search s = { .members = m, .wanted = n, .to = to, .unpack = unpack_new() };
	int result = -1, error;

	if (select_any(o))
		s.lines = lines_new(&count);
	if (s.unpack && (s.lines || !select_any(o)))
		result = search_all(&s);
	error = errno;
	lines_free(s.lines);
	unpack_free(s.unpack);
	free(s.blocks);
	errno = error;
	return result;
}
