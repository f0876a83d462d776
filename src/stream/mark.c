/* The kinds of marks in a ring, by which the reading side tells the writers what to do. */
#include "stream/mark.h"

struct ring_mark mark_of(enum mark_kind kind)
{
	return (struct ring_mark){
		.kind = (int)kind,
		.once = kind == MARK_PART || kind == MARK_REOPEN,
		.reserved = kind == MARK_FROM,
	};
}
