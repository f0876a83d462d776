/* A line of any bytes has a level, and what is beyond the first ones does not count. */
#include "record/header.h"

#include "fuzz.h"

enum { LOOKED_AT = 1024 };

FUZZ(data, len)
{
	char *line = malloc(len ? len : 1);
	enum header_place place;
	enum level l;

	memcpy(line, data, len);
	l = header_level(line, len, &place);
	HOLDS(l >= LEVEL_NONE && l <= LEVEL_ERROR);
	HOLDS(l == LEVEL_NONE || place == HEADER_BEGINS);
	if (len > LOOKED_AT)
		HOLDS(header_level(line, LOOKED_AT, &place) == l);
	free(line);
}
