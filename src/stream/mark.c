/* What the marks in a ring say to those that write files. */
#include "stream/mark.h"

struct ring_mark mark_of(enum mark_kind kind)
{
	return (struct ring_mark){
		.kind = (int)kind,
		.once = kind == MARK_PART || kind == MARK_REOPEN,
		.reserved = kind == MARK_FROM,
	};
}
