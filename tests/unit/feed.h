/* feed.h: bytes for a ring, as its producer puts them there. */
#ifndef FEED_H
#define FEED_H

#include "stream/ring.h"

#include <stdbool.h>
#include <string.h>

/* feed(r, text, len): publishes the bytes. Returns: false if there is no room; then nothing is. */
static inline bool feed(struct ring *r, const char *text, size_t len)
{
	char *at;

	if (ring_space(r, len, &at) < len)
		return false;
	memcpy(at, text, len);
	ring_fill(r, len);
	ring_publish(r, len);
	return true;
}

#endif
