/* Find the level in a JSON object, or among pairs such as level=warn. Pure. */
#ifndef PAIRS_H
#define PAIRS_H

#include "record/level.h"

/*
 * pairs_level(at, end, time): the level in the pairs that begin at `at`; they may be cut off at
 * end.
 *
 * Gives:   *time is set if a key for the time of the record comes before that of the level.
 * Returns: the level, or LEVEL_NONE.
 */
enum level pairs_level(const char *at, const char *end, bool *time);

/* pairs_object_level(at, end, time): the same for the JSON object that begins at `at`. */
enum level pairs_object_level(const char *at, const char *end, bool *time);

#endif
