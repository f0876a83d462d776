/* Find the level of a line in its header, which is what stands before the message. Pure. */
#ifndef HEADER_H
#define HEADER_H

#include "record/level.h"

#include <stddef.h>

/* How a line goes with the one before it. */
enum header_place {
	HEADER_INDENTED, /* part of the record before */
	HEADER_FOLLOWS,  /* neither a level nor a time: most likely part of the record before */
	HEADER_BEGINS,   /* a record of its own, with a level or without */
};

/*
 * header_level(line, len, place): the level of a line, which is given without its newline.
 *
 * A level counts before the message only: behind nothing but times, numbers, brackets, names of
 * programs, hosts, threads and loggers, in the first 128 bytes, colours not counted. In a JSON
 * object and among key=value pairs it is the value of a key such as "level", in the first 1024
 * bytes. An indented line has none. Where a crash report begins it is LEVEL_ERROR, see crash.h.
 * Gives:   *place.
 * Returns: LEVEL_NONE if there is none.
 */
enum level header_level(const char *line, size_t len, enum header_place *place);

#endif
