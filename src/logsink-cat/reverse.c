/*
 * Print a log with the newest line first.
 *
 * Blocks are read from the end, and each is printed from its end. Selecting goes forwards, because
 * a line may go on with the one before; so the lines of a block are decided about first. A line
 * that goes on in the next block is read for itself, however long it is.
 */
#include "logsink-cat/reverse.h"

#include "reader/unpack.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4 * 1024 * 1024, LARGEST = 8 * 1024 * 1024 };

struct reverse {
	const struct members *members;
	struct lines *lines;
	struct unpack *unpack;
	uint64_t left; /* lines to be printed */
	char *bytes;   /* LARGEST + 1: one before the block, and the block */
	char *chosen;  /* a bit for each line of the block, LARGEST / 8 bytes */
	uint64_t next; /* where the line begins that follows the block's last newline */

	const struct member *which;
	enum names_suffix form;
	void (*missing)(void *arg, const struct member *which, enum names_suffix form, int error,
			const char *detail);
	void *arg;
	bool told; /* that something is missing; once for a file */
};

static void tell(struct reverse *r, int error)
{
	if (!r->told)
		r->missing(r->arg, r->which, r->form, error,
			   error == EBADMSG ? unpack_missing(r->unpack) : NULL);
	r->told = true;
}

/* Goes to an offset. What is damaged before it, is told; false: it cannot be reached. */
static bool go_to(struct reverse *r, uint64_t offset)
{
	while (unpack_seek(r->unpack, offset) < 0) {
		tell(r, errno);
		if (errno != EBADMSG)
			return false;
	}
	return unpack_offset(r->unpack) == offset;
}

static ssize_t next(struct reverse *r, const char **p)
{
	ssize_t n;

	while ((n = unpack_next(r->unpack, p)) < 0) {
		int error = errno;

		tell(r, error);
		if (error != EBADMSG)
			return -1;
	}
	return n;
}

/* Reads up to len bytes at an offset; returns how many there were. */
static size_t read_bytes(struct reverse *r, uint64_t offset, size_t len)
{
	size_t got = 0;
	const char *p;
	ssize_t n;

	if (!go_to(r, offset))
		return 0;
	while (got < len && (n = next(r, &p)) > 0) {
		size_t take = (size_t)n < len - got ? (size_t)n : len - got;

		memcpy(r->bytes + got, p, take);
		got += take;
	}
	return got;
}

/* A line that is not whole in the block. */
static void print_long(struct reverse *r, uint64_t from, uint64_t to)
{
	uint64_t before = lines_selected(r->lines);
	const char *p;
	ssize_t n;

	if (!go_to(r, from))
		return;
	while (from < to && (n = next(r, &p)) > 0) {
		size_t take = (uint64_t)n < to - from ? (size_t)n : (size_t)(to - from);

		lines_take(r->lines, p, take);
		from += take;
	}
	lines_end(r->lines);
	r->left -= lines_selected(r->lines) > before;
}

/* Decides about the lines in text, which ends with a newline; returns how many there are. */
static size_t choose(struct reverse *r, const char *text, size_t len)
{
	struct select *select = lines_select(r->lines);
	const char *end = text + len, *newline;
	size_t count = 0;

	if (!select)
		return 0;
	memset(r->chosen, 0, LARGEST / 8);
	select_begin(select);
	select_look(select, text, len);
	for (; text < end; text = newline + 1, count++) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (select_line(select, text, (size_t)(newline - text)))
			r->chosen[count / 8] |= (char)(1 << count % 8);
	}
	return count;
}

/* Prints the lines in text, which ends with a newline, the last one first. */
static void print_lines(struct reverse *r, const char *text, size_t len)
{
	size_t number = choose(r, text, len);
	const char *end = text + len;

	while (end > text && r->left > 0) {
		const char *before = memrchr(text, '\n', (size_t)(end - 1 - text));
		const char *line = before ? before + 1 : text;

		number--;
		if (!lines_select(r->lines) || r->chosen[number / 8] >> number % 8 & 1) {
			lines_print_selected(r->lines, line, (size_t)(end - 1 - line));
			r->left--;
		}
		end = line;
	}
}

/* The lines that begin in the block between two offsets. */
static void print_block(struct reverse *r, uint64_t from, uint64_t to)
{
	uint64_t at = from > 0 ? from - 1 : 0;
	size_t got = read_bytes(r, at, (size_t)(to - at));
	const char *text = r->bytes, *end = text + got, *newline;

	if (from > 0) {
		newline = memchr(text, '\n', got);
		text = newline ? newline + 1 : end;
	}
	newline = memrchr(text, '\n', (size_t)(end - text));
	const char *rest = newline ? newline + 1 : text;

	if (rest < end && r->left > 0)
		print_long(r, at + (uint64_t)(rest - r->bytes), r->next);
	/* That has changed nothing in the block. */
	print_lines(r, text, (size_t)(rest - text));
	if (text < end)
		r->next = at + (uint64_t)(text - r->bytes);
}

/* How many bytes there are, if need be by reading all of them. */
static uint64_t measure(struct reverse *r)
{
	uint64_t size;
	const char *p;

	if (unpack_size(r->unpack, &size) == 1)
		return size;
	while (next(r, &p) > 0)
		;
	return unpack_offset(r->unpack);
}

static void print_member(struct reverse *r)
{
	uint64_t size = measure(r);
	bool cheap = unpack_entry(r->unpack, size) > 0;

	r->next = size;
	for (uint64_t to = size, from; to > 0 && r->left > 0; to = from) {
		uint64_t step = cheap ? BLOCK : LARGEST;

		from = to > step ? to - step : 0;
		if (cheap && from > 0 && to - unpack_entry(r->unpack, from) <= LARGEST)
			from = unpack_entry(r->unpack, from);
		print_block(r, from, to);
	}
}

static int print_all(struct reverse *r)
{
	char path[PATH_MAX + NAMES_SIZE];

	for (size_t i = members_count(r->members); i-- > 0 && r->left > 0;) {
		r->which = members_get(r->members, i);
		r->form = members_best(r->which);
		r->told = false;
		int fd = members_open(r->members, r->which, &r->form);
		if (fd < 0) {
			tell(r, errno);
			continue;
		}
		if (unpack_start(r->unpack, fd, r->form) < 0)
			return -1;
		members_path(r->members, r->which, r->form, path, sizeof(path));
		lines_begin(r->lines, path);
		print_member(r);
	}
	return 0;
}

int reverse_print(const struct members *m, struct lines *l, uint64_t n,
		  void (*missing)(void *arg, const struct member *which, enum names_suffix form,
				  int error, const char *detail),
		  void *arg)
{
	struct reverse r = { .members = m, .lines = l, .left = n, .missing = missing, .arg = arg };
	int result = -1, error;

	r.unpack = unpack_new();
	r.bytes = malloc(LARGEST + 1);
	r.chosen = malloc(LARGEST / 8);
	if (r.unpack && r.bytes && r.chosen)
		result = print_all(&r);
	error = errno;
	free(r.chosen);
	free(r.bytes);
	unpack_free(r.unpack);
	errno = error;
	return result;
}
