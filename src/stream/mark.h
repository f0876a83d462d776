/* The kinds of marks in a ring, by which the reading side tells the writers what to do. */
#ifndef MARK_H
#define MARK_H

#include "stream/ring.h"

enum mark_kind {
	MARK_ROLL,   /* a period begins: arg[0] is a time in it, in seconds since the Epoch */
	MARK_PART,   /* start a new part now */
	MARK_REOPEN, /* close the file and reopen it by name */
	MARK_GAP,  /* lines were dropped here: arg[] lines, bytes, from, to (ns since the Epoch) */
	MARK_NOTE, /* a line of our own: arg[0] is the address of its text, which stays there */
	MARK_FROM, /* lines of input arg[0], read at arg[1] (ns since the Epoch), follow */
};

/*
 * mark_of(kind): a mark whose args are all 0.
 *
 * PART and REOPEN are orders: two of them at the same position are obeyed once. FROM belongs to the
 * bytes of a read, so putting it in must not fail if there was room for the bytes.
 */
struct ring_mark mark_of(enum mark_kind kind);

#endif
