/* Read UTF-8, and copy what is plain ASCII fast. Pure. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/*
 * utf8_length(at, len): the length in bytes, 1 to 4, of the character at `at`.
 * Returns: 0 if the len bytes there do not begin with one (Unicode 15, table 3-7).
 */
size_t utf8_length(const char *at, size_t len);

/*
 * utf8_cut(text, len): the most of len bytes that does not end within a character.
 * It is at least len - 3.
 */
size_t utf8_cut(const char *text, size_t len);

/* utf8_mark(text, len): the length of the byte order mark that text begins with, 3 or 0 bytes. */
size_t utf8_mark(const char *text, size_t len);

/* What is plain: the ASCII characters from the space on without `not`; and also. */
struct utf8_plain {
	char not [2]; /* twice the same if it is one */
	char also;
};

/*
 * utf8_copy_plain(to, from, len, p): copy bytes as long as they are plain.
 *
 * Up to len bytes are written at to, of which those behind the copied ones are junk.
 * Returns: how many were copied.
 */
size_t utf8_copy_plain(char *to, const char *from, size_t len, const struct utf8_plain *p);

#endif
