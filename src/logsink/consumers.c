/*
 * What takes lines out of the rings, as the loop sees it: the files, and standard output.
 *
 * The loop never waits for a consumer. It asks for two things: whether a cursor has left its ring,
 * and whether a thread hangs. A writer and a keeper note each call that asks something of the disk,
 * so the duration of the current call is known. Only a single call counts: a disk that is slow but
 * answers is waited for. The tee writes to the reader of standard output, which may well read
 * slowly; so there it counts whether any byte was written between two looks.
 *
 * An abandoned thread may go on at any time. So its ring, cursor and file are never freed. It has
 * no claim on the ring any more, and the lines that it does not take are counted as lost by the
 * producer of its ring: by this room, or by the transform.
 */
#include "logsink/consumers.h"

#include "base/clock.h"
#include "base/diag.h"
#include "input/inputs.h"
#include "input/intake.h"
#include "logsink/sink.h"
#include "output/tee.h"
#include "output/writer.h"
#include "stream/ring.h"
#include "stream/transform.h"

#include <inttypes.h>
#include <unistd.h>

enum { MOST_TRIED = 64 * 1024 }; /* bytes; more are the writer's work */

#define SAY_AGAIN (60 * CLOCK_SECOND) /* between messages about a disk that is slow at the end */

bool consumers_left(const struct consumers *c)
{
	return ring_left(c->file_cursor) && (!c->tee_cursor || ring_left(c->tee_cursor));
}

/* Bytes and lines that have been read and not been written to t. */
static uint64_t file_waiting(const struct consumers *c, const struct sink *t, uint64_t *lines)
{
	uint64_t bytes = ring_waiting(t->ring, t->cursor, lines), raw_lines;

	if (t->ring != c->ring) {
		bytes += ring_waiting(c->ring, c->file_cursor, &raw_lines);
		*lines += raw_lines;
	}
	return bytes;
}

struct stats_waiting consumers_waiting(const struct consumers *c)
{
	struct stats_waiting w;

	w.bytes = file_waiting(c, &c->sinks[0], &w.lines);
	w.bytes += intake_put_aside(c->intake);
	return w;
}

/* What was rendered: of a single file it is written here, of several each writer is woken, so that
 * none waits for the disk of another. */
static void write_rendered(const struct consumers *c)
{
	if (c->sink_count == 1 && writer_try(c->sinks[0].writer, MOST_TRIED))
		return;
	for (size_t i = 0; i < c->sink_count; i++)
		ring_wake(c->sinks[i].ring);
}

/* The file comes first, for standard output may be stuck. */
void consumers_write(const struct consumers *c)
{
	bool done;

	if (c->transform) {
		done = transform_try(c->transform, MOST_TRIED);
		if (done)
			write_rendered(c);
	} else {
		done = writer_try(c->sinks[0].writer, MOST_TRIED);
	}
	if (c->tee)
		done = tee_try(c->tee) && done;
	if (!done)
		ring_wake(c->ring);
}

void consumers_nudge(const struct consumers *c, bool reopen)
{
	for (size_t i = 0; i < c->sink_count; i++)
		writer_nudge(c->sinks[i].writer, reopen);
}

void consumers_hurry(const struct consumers *c)
{
	for (size_t i = 0; i < c->sink_count; i++)
		writer_hurry(c->sinks[i].writer);
}

/* A disk that does not answer. What comes between sees to the end of its lines; if there is
 * nothing, all that was read is lost, and no more is to be read. */
static void give_up(const struct consumers *c, struct sink *t, struct inputs *inputs)
{
	uint64_t bytes, lines;

	if (t->ring != c->ring) {
		ring_give_up(t->cursor);
		return;
	}
	bytes = file_waiting(c, t, &lines) + intake_put_aside(c->intake);
	if (intake_put_aside(c->intake) > 0) { /* a line without an end */
		counter_add(&c->stats->in.read.lines, 1);
		lines++;
	}
	/* The writer adds nothing any more. */
	line_counter_add(&t->counts.lost, lines, bytes);
	if (inputs)
		inputs_give_up(inputs);
	ring_leave(t->cursor);
}

/* No limit but the user's: while the disk takes lines, none is given up. */
static void say_slow(const struct consumers *c, struct sink *t)
{
	uint64_t lines, bytes = file_waiting(c, t, &lines);

	if (bytes == 0 || !ratelimit_pass(&t->said_slow, clock_mono_ns(), SAY_AGAIN))
		return;
	diag(DIAG_WAITING,
	     "for the disk of %s, which is slow: %" PRIu64 " lines, %" PRIu64
	     " bytes are still to be written after the signal to end; this goes on as long as the "
	     "disk takes them; 'kill -KILL %d' ends it, and they are lost",
	     t->path, lines, bytes, (int)getpid());
}

bool consumers_look_at_files(const struct consumers *c, struct inputs *inputs)
{
	bool any = false;

	for (size_t i = 0; i < c->sink_count; i++) {
		struct sink *t = &c->sinks[i];

		if (!ring_left(t->cursor) && writer_abandon(t->writer))
			give_up(c, t, inputs);
		if (!ring_left(t->cursor))
			say_slow(c, t);
		any = any || !ring_left(t->cursor);
	}
	return any;
}

bool consumers_look_at_tee(struct consumers *c)
{
	if (!c->tee || ring_left(c->tee_cursor))
		return false;

	uint64_t teed = c->stats->tee.teed.bytes;
	bool moved = !c->tee_looked || teed != c->teed;

	c->tee_looked = true;
	c->teed = teed;
	if (moved || !tee_busy(c->tee))
		return true;
	tee_abandon(c->tee);
	return false;
}

void consumers_close(const struct consumers *c)
{
	if (c->transform)
		(void)transform_join(c->transform);
	for (size_t i = 0; i < c->sink_count; i++)
		sink_end(&c->sinks[i]);
}

void consumers_hurry_keepers(const struct consumers *c)
{
	for (size_t i = 0; i < c->sink_count; i++)
		sink_hurry(&c->sinks[i]);
}

bool consumers_look_at_keepers(const struct consumers *c, int64_t leave_ns)
{
	bool any = false;

	for (size_t i = 0; i < c->sink_count; i++)
		any = !sink_ended(&c->sinks[i], leave_ns) || any;
	return any;
}
