/* Find the level in a JSON object, or among pairs such as level=warn. Pure. */
#ifndef PAIRS_H
#define PAIRS_H

#include "record/level.h"

/*
 * pairs_level(at, end, time), pairs_object_level(at, end, time): the level in the pairs that begin
 * at `at`, or in the JSON object there. Either may be cut off at end.
 *
 * Gives:   *time is set if there is a key for the time of the record, before that of the level.
 * Returns: LEVEL_NONE if there is none.
 */
enum level pairs_level(const char *at, const char *end, bool *time);
enum level pairs_object_level(const char *at, const char *end, bool *time);

#endif
