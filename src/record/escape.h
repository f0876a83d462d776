/* Make a text safe for a terminal: escape control characters, strip sequences. Pure. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ESCAPE_FACTOR = 4,      /* a byte becomes at most this many */
	ESCAPE_SEQUENCE = 1024, /* the longest sequence that is recognised, in bytes */
};

/*
 * escape_text(to, from, len): write control characters and bytes that are not UTF-8 as \xNN.
 *
 * Escaped are the bytes 0 to 31 except the tab, DEL, U+0080 to U+009F, the line and paragraph
 * separators U+2028 and U+2029, the direction controls U+061C, U+200E, U+200F, U+202A to
 * U+202E and U+2066 to U+2069, and every byte that is not part of a character. All others,
 * including the backslash, are copied. Gives:   at most ESCAPE_FACTOR * len bytes at to. Returns:
 * the number of bytes at to.
 */
size_t escape_text(char *to, const char *from, size_t len);

/*
 * escape_plain(text, len): the length of a prefix of text that escape_text and escape_strip leave
 * unchanged. Newlines are part of it; it ends at the first byte that is not ASCII.
 */
size_t escape_plain(const char *text, size_t len);

/*
 * escape_strip(to, from, len, more, used): copy the text without terminal sequences.
 *
 * These are ECMA-48's: control sequences (colours, the cursor), strings such as a title or
 * a link up to BEL or ST, and the other escapes. If an ESC begins no complete sequence, or one
 * longer than ESCAPE_SEQUENCE, only the ESC is left out. more: the text continues in the next call;
 * a sequence that may be incomplete at the end of the text is then not consumed.
 * Gives:   at most len bytes at to, which may be `from`; *used, the number of bytes consumed,
 *          at least len - ESCAPE_SEQUENCE.
 * Returns: the number of bytes at to.
 */
size_t escape_strip(char *to, const char *from, size_t len, bool more, size_t *used);

#endif
