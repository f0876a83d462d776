/* Read UTF-8, and copy plain ASCII fast. Pure. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/*
 * utf8_length(at, len): the length in bytes, 1 to 4, of the character at `at`.
 * Returns: 0 if the len bytes there do not begin with a character (Unicode 15, table 3-7).
 */
size_t utf8_length(const char *at, size_t len);

/*
 * utf8_cut(text, len): the length of the longest prefix of the len bytes that does not end within a
 * character; at least len - 3.
 */
size_t utf8_cut(const char *text, size_t len);

/* utf8_mark(text, len): the length of the byte order mark at the beginning of text: 3 or 0 bytes.
 */
size_t utf8_mark(const char *text, size_t len);

/* The plain characters: ASCII from the space on, without those in `not`; and the one in `also`. */
struct utf8_plain {
	char not [2]; /* a single one is given twice */
	char also;
};

/*
 * utf8_copy_plain(to, from, len, p): copy bytes up to the first that is not plain.
 *
 * Up to len bytes are written at to; those after the copied ones are garbage.
 * Returns: the number of bytes copied.
 */
size_t utf8_copy_plain(char *to, const char *from, size_t len, const struct utf8_plain *p);

#endif
