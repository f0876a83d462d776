/* Find the level of a line in its header, the part before the message. Pure. */
#ifndef HEADER_H
#define HEADER_H

#include "record/level.h"

#include <stddef.h>

/* How a line relates to the one before it. */
enum header_place {
	HEADER_INDENTED, /* part of the record before */
	HEADER_FOLLOWS,  /* neither a level nor a time: most likely part of the record before */
	HEADER_BEGINS,   /* a record of its own, with a level or without */
};

/*
 * header_level(line, len, place): the level of a line, which is given without its newline.
 *
 * A level counts only before the message: preceded only by times, numbers, brackets, names of
 * programs, hosts, threads and loggers, in the first 128 bytes, not counting colours. In a JSON
 * object and among key=value pairs it is the value of a key such as "level", in the first 1024
 * bytes. An indented line has no level. The first line of a crash report, see crash.h, has
 * LEVEL_ERROR.
 * Gives:   *place.
 * Returns: the level, or LEVEL_NONE.
 */
enum level header_level(const char *line, size_t len, enum header_place *place);

#endif
