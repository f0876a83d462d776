/* Cut bytes into records and render each: stamp, format, filter, escape. Pure. */
#ifndef FORMATTER_H
#define FORMATTER_H

#include "record/level.h"
#include "record/stamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;
struct formatter; /* the lines of one source */

enum {
	FORMATTER_PIECE = 32 * 1024,     /* a longer line goes on in pieces of this size */
	FORMATTER_PIECE_CRI = 16 * 1024, /* as containerd and CRI-O have it */
};

enum formatter_format { FORMATTER_RAW, FORMATTER_JSON, FORMATTER_JSON_MERGE, FORMATTER_CRI };

struct formatter_options {
	enum formatter_format format;
	struct stamp_format
		stamp; /* of raw lines and of "time"; STAMP_NONE: RFC 3339 where one must be */
	bool escape, strip_ansi;
	enum level level;         /* leave out what is below */
	struct filter *filter;    /* NULL: none; may be shared by lines of one thread */
	struct formatter *beside; /* NULL: none; others, of one thread, to share memory with */
	size_t piece;             /* bytes, at least 4096; 0: FORMATTER_PIECE */
};

/* Where records go. */
struct formatter_out {
	char *at;
	size_t size, len; /* bytes: the room there is, and what of it is filled */
	enum level least; /* only records of this level or above; LEVEL_NONE: all */
};

/* What became of the lines that ended; every call adds to it. */
struct formatter_tally {
	uint64_t lines;                          /* all */
	uint64_t filtered_lines, filtered_bytes; /* of them, left out; bytes as they were read */
	uint64_t limit_hits;                     /* kept because a pattern took too long */
};

/*
 * formatter_new(o, stream): a renderer for the lines of one source.
 *
 * stream is its name in the records: "stdin", or the FIFO's path. CRI knows "stdout" and
 * "stderr" only, so there everything but a FIFO of the name "stderr" is "stdout".
 * All memory is allocated here. The patterns, the filter and the lines in o must outlive it.
 * Owner:   the caller; formatter_free.
 * Returns: NULL and errno.
 */
struct formatter *formatter_new(const struct formatter_options *o, const char *stream);
void formatter_free(struct formatter *l);

/* formatter_most(l, len): the most that a piece of len bytes, or a notice, becomes, in bytes. */
size_t formatter_most(const struct formatter *l, size_t len);

/*
 * formatter_render(l, begun_ns, in, len, outs, n, t): render what is in `in`.
 *
 * Whole lines, and pieces of a line that is longer than o.piece, as long as the most
 * they can become fits into each of the n outs. What is left stays with the caller, who
 * gives it again with what has come behind it: the buffer must hold more than o.piece
 * bytes, and each out at least formatter_most(l, o.piece). The same bytes give the same
 * records, however they are cut into calls.
 *
 * begun_ns is when the lines that begin in `in` were begun to be read (CLOCK_REALTIME). Filter
 * and level are decided by the first piece of a line, less a byte order mark before it and a CR
 * behind it. A line without a level that is indented, or among the
 * first 100 that have no time either, has that of the line before; others are kept, and go to outs
 * as info.
 *   raw    the stamp, a space, the line
 *   json   {"time":"...","stream":"...","message":"..."}, one for a line of any length
 *   merge  a line that is an object, and no longer than a piece, has its members in
 *          place of "message"; its own "time" or "stream" stands in place of ours
 *   cri    TIME STREAM F TEXT; of a longer line all pieces but the last with P for F
 * Returns: how many bytes of in are done with.
 */
size_t formatter_render(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
			struct formatter_out outs[], size_t n, struct formatter_tally *t);

/*
 * formatter_finish(l, begun_ns, in, len, newline, outs, n, t, used): the same at the end of
 * input, or to break a line off: what is left is the last line.
 *
 * newline: a raw line is closed with one too; records of other formats always are.
 * Gives:   *used, how many bytes of in are done with.
 * Returns: false if there was not enough room; call again with the rest.
 */
bool formatter_finish(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
		      bool newline, struct formatter_out outs[], size_t n,
		      struct formatter_tally *t, size_t *used);

/*
 * formatter_midline(l): whether the outs end within a line that goes on. Nothing else may be put
 * there then.
 */
bool formatter_midline(const struct formatter *l);

/*
 * formatter_notice(l, now_ns, text, out): a line of our own, in the format in force, from
 * the stream "logsink" (in CRI "stderr"). Not within a line.
 * Returns: false if there was not enough room.
 */
bool formatter_notice(struct formatter *l, int64_t now_ns, const char *text,
		      struct formatter_out *out);

#endif
