/* Write JSON strings, and recognise a JSON object. Pure. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

enum {
	JSON_FACTOR = 6, /* a byte becomes at most this many */
	JSON_DEPTH = 64, /* the deepest nesting that is accepted */
};

/*
 * json_escape(to, from, len): write the text as a JSON string, without the quotes.
 *
 * Each byte that is not part of a UTF-8 character becomes U+FFFD.
 * Gives:   at most JSON_FACTOR * len bytes at to; RFC 8259, section 7.
 * Returns: the number of bytes at to.
 */
size_t json_escape(char *to, const char *from, size_t len);

/*
 * json_escape_line(to, from, len, used): the same up to the first newline, or to the end.
 * Gives: also *used, the number of bytes before the newline.
 */
size_t json_escape_line(char *to, const char *from, size_t len, size_t *used);

/* The members of an object, between its braces. */
struct json_object {
	const char *members;
	size_t len;                /* 0: none */
	bool has_time, has_stream; /* these members are among them */
};

/*
 * json_object(text, len, o): whether the text is one JSON object in UTF-8, nested at most
 * JSON_DEPTH deep. There may be spaces around it and a byte order mark before it (RFC 8259,
 * section 8.1).
 *
 * Owner:   o->members points into text.
 */
bool json_object(const char *text, size_t len, struct json_object *o);

#endif
