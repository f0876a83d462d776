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
	FORMATTER_PIECE = 32 * 1024,     /* a longer line is handled in pieces of this size */
	FORMATTER_PIECE_CRI = 16 * 1024, /* as in containerd and CRI-O */
};

enum formatter_format { FORMATTER_RAW, FORMATTER_JSON, FORMATTER_JSON_MERGE, FORMATTER_CRI };

struct formatter_options {
	enum formatter_format format;
	struct stamp_format stamp; /* of raw lines and of "time"; STAMP_NONE: RFC 3339 if the format
				      needs one */
	bool escape, strip_ansi;
	enum level level;      /* leave out lines below this level */
	struct filter *filter; /* NULL: none; may be shared by formatters of one thread */
	struct formatter
		*beside; /* NULL: none; another formatter of this thread, to share memory */
	size_t piece;    /* bytes, at least 4096; 0: FORMATTER_PIECE */
};

/* Where records go. */
struct formatter_out {
	char *at;
	size_t size, len; /* bytes: the room, and the filled part of it */
	enum level least; /* only records of this level or above; LEVEL_NONE: all */
};

/* Counts of the lines that ended; every call adds to it. */
struct formatter_tally {
	uint64_t lines;                          /* all */
	uint64_t filtered_lines, filtered_bytes; /* those that were left out; bytes as read */
	uint64_t limit_hits; /* kept because matching a pattern exceeded its limit */
};

/*
 * formatter_new(o, stream): a renderer for the lines of one source.
 *
 * stream is its name in the records: "stdin", or the FIFO's path. CRI has only "stdout" and
 * "stderr", so a FIFO with the name "stderr" is "stderr", and everything else is "stdout".
 * All memory is allocated here. The patterns, the filter and the formatter in o must outlive it.
 * Owner:   the caller; formatter_free.
 * Returns: NULL and errno.
 */
struct formatter *formatter_new(const struct formatter_options *o, const char *stream);
void formatter_free(struct formatter *l);

/* formatter_most(l, len): the largest form, in bytes, of a piece or a notice of len bytes. */
size_t formatter_most(const struct formatter *l, size_t len);

/*
 * formatter_render(l, begun_ns, in, len, outs, n, t): render the len bytes at `in`.
 *
 * It renders whole lines, and pieces of a line that is longer than o.piece, as long as their
 * largest form fits into each of the n outs. The caller keeps the rest, and passes it again
 * together with the bytes that follow: its buffer must hold more than o.piece bytes, and each out
 * at least formatter_most(l, o.piece). The same bytes give the same records, however they are
 * divided among calls.
 *
 * begun_ns is the time (CLOCK_REALTIME) at which the first bytes of the lines that begin in `in`
 * were read. Filter and level are decided by the first piece of a line, without a byte order mark
 * before it and a CR after it. A line without a level has that of the line before if it is
 * indented, or is among the first 100 that have no time either. Other lines without a level are
 * kept, and go to outs as info. raw    the stamp, a space, the line json
 * {"time":"...","stream":"...","message":"..."}, one for a line of any length merge  a line that is
 * an object, and not longer than a piece, has its members in place of "message"; its own "time" or
 * "stream" replaces ours cri    TIME STREAM F TEXT; pieces of a longer line, except the last, have
 * P for F Returns: the bytes of in that were consumed.
 */
size_t formatter_render(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
			struct formatter_out outs[], size_t n, struct formatter_tally *t);

/*
 * formatter_finish(l, begun_ns, in, len, newline, outs, n, t, used): as formatter_render, at the
 * end of input, or to end an unfinished line: the rest is the last line.
 *
 * newline: end a raw line with a newline, too; records of other formats always end with one.
 * Gives:   *used, the bytes of in that were consumed.
 * Returns: false if there was not enough room; call again with the rest.
 */
bool formatter_finish(struct formatter *l, int64_t begun_ns, const char *in, size_t len,
		      bool newline, struct formatter_out outs[], size_t n,
		      struct formatter_tally *t, size_t *used);

/*
 * formatter_midline(l): whether the outs end within an unfinished line. Nothing else may be written
 * there then.
 */
bool formatter_midline(const struct formatter *l);

/*
 * formatter_notice(l, now_ns, text, out): write a line of our own, in the current format, from
 * the stream "logsink" (in CRI "stderr"). Do not call it within a line.
 * Returns: false if there was not enough room.
 */
bool formatter_notice(struct formatter *l, int64_t now_ns, const char *text,
		      struct formatter_out *out);

#endif
