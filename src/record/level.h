/* Find the level of a line. Pure. */
#ifndef LEVEL_H
#define LEVEL_H

#include <stdbool.h>
#include <stddef.h>

enum level {
	LEVEL_NONE, /* the line has none; as a limit: all lines */
	LEVEL_TRACE,
	LEVEL_DEBUG,
	LEVEL_INFO, /* notice too */
	LEVEL_WARN,
	LEVEL_ERROR, /* and whatever is worse */
};

/* How a line goes with the one before it. */
enum level_place {
	LEVEL_INDENTED, /* part of the record before */
	LEVEL_FOLLOWS,  /* neither a level nor a time: most likely part of the record before */
	LEVEL_BEGINS,   /* a record of its own, with a level or without */
};

/*
 * level_of(line, len, place): the level of a line, which is given without its newline.
 *
 * A level counts before the message only: behind nothing but times, numbers, brackets, names of
 * programs, hosts, threads and loggers, in the first 128 bytes, colours not counted. In a JSON
 * object and among key=value pairs it is the value of a key such as "level", in the first 1024
 * bytes. An indented line has none. Where a crash report begins it is LEVEL_ERROR, see crash.h.
 * Gives:   *place.
 * Returns: LEVEL_NONE if there is none.
 */
enum level level_of(const char *line, size_t len, enum level_place *place);

/* level_parse(word, level): "trace", "debug", "info", "warn" or "error", in any case. */
bool level_parse(const char *word, enum level *level);

#endif
