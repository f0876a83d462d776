/* Make a text safe for a terminal: escape control characters, strip sequences. Pure. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	ESCAPE_FACTOR = 4,      /* a byte becomes so many at most */
	ESCAPE_SEQUENCE = 1024, /* the longest sequence that is known as one, in bytes */
};

/*
 * escape_text(to, from, len): control characters and what is not UTF-8 as \xNN.
 *
 * These are the bytes 0 to 31 but not the tab, DEL, U+0080 to U+009F, the separators of lines
 * and paragraphs U+2028 and U+2029, the controls of direction U+061C, U+200E, U+200F, U+202A to
 * U+202E and U+2066 to U+2069, and every byte that is not part of a character. All others stay,
 * the backslash too.
 * Gives:   at most ESCAPE_FACTOR * len bytes at to.
 * Returns: how many.
 */
size_t escape_text(char *to, const char *from, size_t len);

/*
 * escape_plain(text, len): how long the beginning is in which neither of these changes
 * anything, lines and all. What is not ASCII ends it, though it may be fine.
 */
size_t escape_plain(const char *text, size_t len);

/*
 * escape_strip(to, from, len, more, used): without terminal sequences.
 *
 * Those are ECMA-48's: control sequences (colours, the cursor), strings such as a title or
 * a link up to BEL or ST, and the other escapes. An ESC that begins no whole one, or one
 * longer than ESCAPE_SEQUENCE, is left out alone, and what follows it stays. more: the text
 * goes on; then a sequence that its end may cut is not taken yet.
 * Gives:   at most len bytes at to, which may be `from`; *used, how many of len were
 *          taken, at least len - ESCAPE_SEQUENCE.
 * Returns: how many are at to.
 */
size_t escape_strip(char *to, const char *from, size_t len, bool more, size_t *used);

#endif
