/* What a mistyped option was meant as: a slip, or the word of another program. Pure. */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* A long option of the program, without its "--". */
struct suggest_option {
	const char *name; /* NULL ends a list */
	bool value;       /* it takes one, or may take one */
};

/* A word that other programs use, and what it is called here. */
struct suggest_synonym {
	const char *word; /* without "--"; NULL ends a list */
	/* An option with its value, as in "format=json"; in "max-age=*d" the star stands for the
	 * value of the word. Without '=' it takes the value of the word if it takes one. NULL:
	 * nothing, and note tells why. */
	const char *meant;
	const char *note; /* a sentence instead of a suggestion */
};

struct suggest_words {
	const struct suggest_option *options;
	const struct suggest_synonym *synonyms;
};

/*
 * suggest_option(word, words, text, size): why word, which begins with "--" and may end with "="
 * and a value, cannot be used.
 *
 * Gives:   a sentence in text: the option takes no value; is cut short, and what it could be; or is
 *          unknown, and what is similar to it: a synonym, otherwise the options at the smallest
 *          distance, where each inserted, left out, replaced or swapped letter counts as 1, up
 *          to 2. ("Optimal string alignment" of Damerau and Levenshtein.)
 */
void suggest_option(const char *word, const struct suggest_words *words, char *text, size_t size);

/*
 * suggest_is_whole(word, name): whether word, which begins with "--", goes on with all of name, and
 * perhaps "=" and a value. getopt_long(3) takes less of a name, too.
 */
bool suggest_is_whole(const char *word, const char *name);

/*
 * suggest_is_long(word, words): whether word, which begins with one '-', is a long option that
 * lacks the other, as in "-version".
 */
bool suggest_is_long(const char *word, const struct suggest_words *words);

/*
 * suggest_dash(word): whether word begins with a dash that looks like '-', as text processors put
 * in its place, in UTF-8.
 *
 * Returns: the text after the dash, or NULL.
 */
const char *suggest_dash(const char *word);

#endif
