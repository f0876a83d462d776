/*
 * Letters, digits and blanks of ASCII, whatever the locale. Pure.
 *
 * All functions are inline, because they are called for each byte.
 */
#ifndef ASCII_H
#define ASCII_H

#include <stdbool.h>

static inline bool ascii_is_capital(char c)
{
	return (unsigned char)(c - 'A') < 26;
}

static inline bool ascii_is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool ascii_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* A space or a tab. */
static inline bool ascii_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether c is one of the characters of set; false for NUL. */
static inline bool ascii_is_in(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set != '\0';
}

/* Whether the letters from at to stop are the text, ignoring case; text is in small letters. */
static inline bool ascii_is_text(const char *at, const char *stop, const char *text)
{
	for (; at < stop && *text == (*at | 0x20); at++)
		text++;
	return at == stop && *text == '\0';
}

/* The first character from p on that is not a letter, or end. */
static inline const char *ascii_skip_letters(const char *p, const char *end)
{
	while (p < end && ascii_is_letter(*p))
		p++;
	return p;
}

/* The first character from p on that is not a blank, or end. */
static inline const char *ascii_skip_blanks(const char *p, const char *end)
{
	while (p < end && ascii_is_blank(*p))
		p++;
	return p;
}

#endif
