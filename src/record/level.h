/* Which level a word, a letter or a number means. Pure. */
#ifndef LEVEL_H
#define LEVEL_H

#include <stdbool.h>

enum level {
	LEVEL_NONE, /* the line has none; as a limit: all lines */
	LEVEL_TRACE,
	LEVEL_DEBUG,
	LEVEL_INFO, /* notice too */
	LEVEL_WARN,
	LEVEL_ERROR, /* and whatever is worse */
};

/* Where a word counts. */
enum level_kind {
	LEVEL_PLAIN = 1, /* a level wherever one may be */
	LEVEL_MARKED,    /* in small letters only with a mark: "critical:", "[critical]" */
	LEVEL_STRICT,    /* "[fine]", "FINE:", and nothing else */
	LEVEL_ASIDE,     /* "DETAIL:": the line adds to the one before it */
	LEVEL_NAME,      /* a program's name, which stands bare before the level: "npm warn" */
	LEVEL_DATE,      /* part of a date */
};

struct level_word {
	const char *text;
	enum level_kind kind;
	enum level level;
};

/*
 * level_word(at, stop): what the letters from at to stop mean in a log, in any case; there is one
 * at least.
 *
 * Returns: NULL if they mean nothing.
 */
const struct level_word *level_word(const char *at, const char *stop);

/* level_of_letter(c): of MongoDB's and glog's letters, D to F; LEVEL_NONE if it is none. */
enum level level_of_letter(char c);

/* level_of_severity(n): of syslog's 0 to 7, or of a priority, which has one in it. */
enum level level_of_severity(int n);

/* level_parse(word, level): "trace", "debug", "info", "warn" or "error", in any case. */
bool level_parse(const char *word, enum level *level);

#endif
