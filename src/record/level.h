/* Levels, and the words, letters and numbers that stand for them. Pure. */
#ifndef LEVEL_H
#define LEVEL_H

#include <stdbool.h>

enum level {
	LEVEL_NONE, /* the line has no level; as a limit: all lines */
	LEVEL_TRACE,
	LEVEL_DEBUG,
	LEVEL_INFO, /* also notice */
	LEVEL_WARN,
	LEVEL_ERROR, /* and anything worse */
};

/* Where a word counts. */
enum level_kind {
	LEVEL_PLAIN = 1, /* a level wherever one may be */
	LEVEL_MARKED,    /* in small letters only with a mark: "critical:", "[critical]" */
	LEVEL_TOOL,      /* only behind a program's name: "npm verb" */
	LEVEL_STRICT,    /* only as in "[fine]" and "FINE:" */
	LEVEL_ASIDE,     /* "DETAIL:": the line adds to the one before it */
	LEVEL_NAME,      /* a program's name, written without a mark before the level: "npm warn" */
	LEVEL_DATE,      /* part of a date */
};

struct level_word {
	const char *text;
	enum level_kind kind;
	enum level level;
};

/*
 * level_word(at, stop): the meaning of the letters from at to stop in a log, ignoring case; there
 * is at least one letter.
 *
 * Returns: NULL if they have none.
 */
const struct level_word *level_word(const char *at, const char *stop);

/* level_of_letter(c): the level of a letter of MongoDB and glog, D to F; otherwise LEVEL_NONE. */
enum level level_of_letter(char c);

/* level_of_severity(n): the level of a syslog severity, 0 to 7, or of a priority, which contains
 * one. */
enum level level_of_severity(int n);

/*
 * level_parse(word, level): parse "trace", "debug", "info", "warn" or "error", or "warning" or
 * "err" for the last two, ignoring case.
 */
bool level_parse(const char *word, enum level *level);

#endif
