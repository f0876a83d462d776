/* Write JSON strings, and know an object when it is one. Pure. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

enum {
	JSON_FACTOR = 6, /* a byte becomes so many at most */
	JSON_DEPTH = 64, /* the deepest nesting that is followed */
};

/*
 * json_escape(to, from, len): the inside of a string, without its quotes.
 *
 * Each byte that is not part of a UTF-8 character becomes U+FFFD.
 * Gives:   at most JSON_FACTOR * len bytes at to; RFC 8259, section 7.
 * Returns: how many.
 */
size_t json_escape(char *to, const char *from, size_t len);

/* The members of an object, between its braces. */
struct json_object {
	const char *members;
	size_t len;                /* 0: none */
	bool has_time, has_stream; /* among them */
};

/*
 * json_object(text, len, o): is the text one JSON object, with spaces around it at
 * most and a byte order mark before it (RFC 8259, section 8.1), in UTF-8, and not deeper than
 * JSON_DEPTH?
 *
 * Owner:   o->members points into text.
 */
bool json_object(const char *text, size_t len, struct json_object *o);

#endif
