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

/*
 * level_of(line, len): the level of a line, which is given without its newline.
 *
 * The first of these that the line has:
 *   at its beginning       syslog's <N>, glog's W1122, journald's PRIORITY=N
 *   in its first 1024 B    level=warn, lvl=warn, severity=..., and as members of a JSON
 *                          object "level":"warn" and pino's "level":40
 *   in its first 64 bytes  the word, as loggers write it: [warn], WARN, <warn>, warn:
 * Colours do not count. Words within other words, paths and quotes are not levels.
 * Returns: LEVEL_NONE if there is none.
 */
enum level level_of(const char *line, size_t len);

/* level_parse(word, level): "trace", "debug", "info", "warn" or "error", in any case. */
bool level_parse(const char *word, enum level *level);

#endif
