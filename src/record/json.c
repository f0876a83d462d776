/* Write JSON strings, and recognise a JSON object. Pure. */
#include "record/json.h"

#include "record/utf8.h"

#include <stdint.h>
#include <string.h>

/* ---- strings ---- */

static size_t put_control(char *to, char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char names[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (c == names[i]) {
			to[0] = '\\';
			to[1] = names[i + 1];
			return 2;
		}
	}
	to[0] = '\\';
	to[1] = 'u';
	to[2] = to[3] = '0';
	to[4] = digits[(unsigned char)c >> 4];
	to[5] = digits[(unsigned char)c & 15];
	return 6;
}

enum { NO_BYTE = 256 };

/* Stops before the byte `last`, or at the end. Gives *used, the bytes before it. */
static size_t escape_until(int last, char *to, const char *from, size_t len, size_t *used)
{
	static const struct utf8_plain plain = { .not = { '"', '\\' }, .also = ' ' };
	const char *at = from, *end = from + len;
	char *t = to;

	while (at < end && *at != last) {
		size_t n = utf8_copy_plain(t, at, (size_t)(end - at), &plain);

		t += n;
		at += n;
		for (; at < end && *at != last; at += n ? n : 1) { /* others are in runs, too */
			n = utf8_length(at, (size_t)(end - at));
			if (n == 1) {
				if (*at >= ' ' && *at != '"' && *at != '\\')
					break;
				t += put_control(t, *at);
			} else {
				memcpy(t, n ? at : "\xef\xbf\xbd", n ? n : 3);
				t += n ? n : 3;
			}
		}
	}
	*used = (size_t)(at - from);
	return (size_t)(t - to);
}

size_t json_escape(char *to, const char *from, size_t len)
{
	size_t used;

	return escape_until(NO_BYTE, to, from, len, &used);
}

size_t json_escape_line(char *to, const char *from, size_t len, size_t *used)
{
	return escape_until('\n', to, from, len, used);
}

/* ---- an object ---- */

/* A reader of JSON, and its position. Each function below advances it, or returns false. */
struct reader {
	const char *at, *end;
};

static void skip_space(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

static bool take_digits(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

static bool take_number(struct reader *r)
{
	(void)take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		return take_digits(r);
	}
	return true;
}

/* The four digits after \u; -1: they are not digits. */
static int take_unit(struct reader *r)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	int unit = 0;

	for (int i = 0; i < 4; i++, r->at++) {
		const char *digit =
			r->at < r->end ? memchr(digits, *r->at, sizeof(digits) - 1) : NULL;

		if (!digit)
			return -1;
		unit = unit * 16 + (int)(digit - digits) - (digit - digits < 16 ? 0 : 6);
	}
	return unit;
}

/* Whether a unit is a first half of a surrogate pair, or a second half. */
static bool is_half(int unit, int lowest)
{
	return unit >= lowest && unit < lowest + 0x400;
}

/* Half of a surrogate pair alone is not a character; readers refuse or replace it. */
static bool take_escape(struct reader *r)
{
	if (r->at == r->end)
		return false;
	char c = *r->at++;
	if (c != 'u')
		return c && strchr("\"\\/bfnrt", c);
	int unit = take_unit(r);
	if (is_half(unit, 0xd800))
		return take_word(r, "\\u") && is_half(take_unit(r), 0xdc00);
	return unit >= 0 && !is_half(unit, 0xdc00);
}

static bool take_string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (r->at < r->end && *r->at != '"') {
		size_t n = utf8_length(r->at, (size_t)(r->end - r->at));

		if (n == 0 || (n == 1 && *r->at < ' '))
			return false;
		if (take(r, '\\')) {
			if (!take_escape(r))
				return false;
		} else {
			r->at += n;
		}
	}
	return take(r, '"');
}

static bool take_scalar(struct reader *r)
{
	if (r->at == r->end)
		return false;
	switch (*r->at) {
	case '"':
		return take_string(r);
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return take_number(r);
	}
}

/* Whether the string at `at`, a whole one, is this word; its letters may be escaped. */
static bool says(const char *at, const char *end, const char *word)
{
	struct reader r = { at + 1, end };

	for (; *word; word++) {
		if (take_word(&r, "\\u") ? take_unit(&r) != *word : !take(&r, *word))
			return false;
	}
	return *r.at == '"';
}

/* A key and its colon. */
static bool take_key(struct reader *r, struct json_object *o, bool outermost)
{
	const char *key = r->at;

	if (!take_string(r))
		return false;
	if (outermost) {
		o->has_time |= says(key, r->at, "time");
		o->has_stream |= says(key, r->at, "stream");
	}
	skip_space(r);
	return take(r, ':');
}

/*
 * Reads an opening bracket at the given depth. Bit `depth` of *objects says which kind it is.
 * Returns: whether it closes at once.
 */
static bool open_bracket(struct reader *r, uint64_t *objects, int depth)
{
	bool object = *r->at++ == '{';
	uint64_t bit = UINT64_C(1) << depth;

	*objects = object ? *objects | bit : *objects & ~bit;
	skip_space(r);
	return take(r, object ? '}' : ']');
}

/*
 * Reads everything between the outermost braces. It is not recursive, so that no line can exhaust
 * the stack.
 */
static bool take_members(struct reader *r, struct json_object *o)
{
	uint64_t objects = 1;
	int depth = 0;

	while (depth >= 0) {
		bool value_done = true;

		skip_space(r);
		if (objects >> depth & 1) {
			if (!take_key(r, o, depth == 0))
				return false;
			skip_space(r);
		}
		if (r->at < r->end && (*r->at == '{' || *r->at == '[')) {
			if (depth + 1 == JSON_DEPTH)
				return false;
			value_done = open_bracket(r, &objects, depth + 1);
			depth += !value_done;
		} else if (!take_scalar(r)) {
			return false;
		}
		while (value_done && depth >= 0) {
			skip_space(r);
			if (take(r, ','))
				break;
			if (!take(r, objects >> depth & 1 ? '}' : ']'))
				return false;
			depth--;
		}
	}
	return true;
}

bool json_object(const char *text, size_t len, struct json_object *o)
{
	struct reader r = { text, text + len };

	*o = (struct json_object){ 0 };
	r.at += utf8_mark(text, len);
	skip_space(&r);
	if (!take(&r, '{'))
		return false;
	skip_space(&r);
	o->members = r.at;
	if (!take(&r, '}') && !take_members(&r, o))
		return false;
	o->len = (size_t)(r.at - 1 - o->members);
	skip_space(&r);
	return r.at == r.end;
}
