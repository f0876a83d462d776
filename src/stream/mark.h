/* What the marks in a ring say to those that write files. */
#ifndef MARK_H
#define MARK_H

#include "stream/ring.h"

enum mark_kind {
	MARK_ROLL,   /* a period begins: arg[0] a moment in it, seconds since the Epoch */
	MARK_PART,   /* start a new part now */
	MARK_REOPEN, /* close the file and open it again by name */
	MARK_GAP,  /* lines were dropped here: arg[] lines, bytes, from, to (ns since the Epoch) */
	MARK_FROM, /* lines of input arg[0], read at arg[1] (ns since the Epoch), follow */
};

/*
 * mark_of(kind): a mark with all arg 0.
 *
 * PART and REOPEN are orders: given twice at one place, they are obeyed once. FROM goes with the
 * bytes of a read, and must not fail when those had room.
 */
struct ring_mark mark_of(enum mark_kind kind);

#endif
