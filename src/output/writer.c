/*
 * The thread that empties the ring into the log file.
 *
 * A batch is whatever arrived while the last write ran, so batches grow with the
 * load and a lone line does not wait.
 *
 * The invariant: the cursor is behind the last byte that is in a file, or counted as lost. It moves
 * only after a write, by the bytes that this wrote. So after a short or failed write the next one
 * goes on at the very byte where it stopped: nothing is torn and nothing comes twice. A mark is
 * obeyed when all bytes before it are written, so while the disk fails no line changes its period.
 *
 * A failed write begins a pause, which lasts until lines go where they should. Before each further
 * try, in this order:
 *
 *     the disk or the quota is full      old files are deleted; if there were any, try at once
 *     no file could be opened for 1 s    on in the file before, which logfile decides; try at once
 *     otherwise                          wait, 100 ms at first, then twice as long, up to 1 s
 *     it failed before, and is not full  the file is opened again by name
 *     we are to hurry                    on in the file before, if there is one; or give up
 *
 * Giving up is for good: if later lines went to the file, after all, nothing would show the hole.
 *
 * What must never happen is that somebody waits for the disk with us. Every call that may hang is
 * between watchdog_begin and watchdog_end, no lock is held in it, and the loop may leave us there.
 *
 * While this thread sleeps, another may do its work (writer_try): it borrows the cursor, and
 * with it everything that is the thread's own. It does only what is done in a single write. If that
 * hangs, the thread sleeps on: whoever is in the write is the writer, and there are never two.
 *
 * Refused: a buffer of our own, to write in even blocks. Lines would be copied, and a lone one
 * would wait for the rest of its block. Refused: a limit for the tries. Whoever ends the program
 * knows better when to give up.
 */
#include "output/writer.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/newlines.h"
#include "base/ratelimit.h"
#include "base/watchdog.h"
#include "output/logfile.h"
#include "output/spill.h"
#include "record/formatter.h"
#include "record/stamp.h"
#include "stream/mark.h"
#include "stream/ring.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PAUSE   (100 * CLOCK_MS)
#define LONGEST_PAUSE CLOCK_SECOND

#define SAY_AGAIN    (60 * CLOCK_SECOND) /* between messages about one pause */
#define LONGEST_CALL (5 * CLOCK_SECOND)  /* at the end one that lasts so long is given up */

enum { NOTICE_SIZE = 8192 };

struct writer {
	struct ring_cursor *cursor;
	struct logfile *file;
	struct writer_options o;
	struct writer_counts *counts;
	struct ring *ring;
	pthread_t thread;
	struct watchdog *watchdog; /* the file's */

	/* the thread's own */
	int64_t dirty_since_ns;     /* CLOCK_MONOTONIC; 0: all is synced */
	int64_t paused_since_ns;    /* CLOCK_MONOTONIC; 0: nothing fails */
	struct ratelimit said;      /* that it still fails */
	int64_t pause_ns;           /* before the next try */
	struct logfile_failure why; /* what failed last */
	uint64_t stayed_bytes;      /* logfile_stayed_bytes when the pause began */
	bool gave_up;
	struct spill spill;
	bool lost_midline; /* the last lost byte is no newline */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t nudged;
	bool hurry, nudge, reopen;
};

/* ---- calls that may take long ---- */

int writer_watch_fd(const struct writer *w)
{
	return watchdog_fd(w->watchdog);
}

void writer_watch(struct writer *w)
{
	char meanwhile[128];

	if (!watchdog_look(w->watchdog))
		return;
	uint64_t lines, bytes = ring_waiting(w->ring, w->cursor, &lines);
	snprintf(meanwhile, sizeof(meanwhile),
		 "%" PRIu64 " lines, %" PRIu64 " bytes wait in memory", lines, bytes);
	watchdog_say(w->watchdog, meanwhile);
}

bool writer_abandon(struct writer *w)
{
	char text[WATCHDOG_DOING];

	if (!watchdog_abandon(w->watchdog, LONGEST_CALL))
		return false;
	must(pthread_detach(w->thread));
	spill_end(&w->spill); /* it is in a call, and would hold up all messages */
	diag(DIAG_LOSS,
	     "the call to %s does not return; giving up on it, though the system may "
	     "keep this process until it returns",
	     watchdog_doing(w->watchdog, text));
	return true;
}

bool writer_abandoned(struct writer *w)
{
	return watchdog_abandoned(w->watchdog);
}

/* ---- pauses ---- */

/* What was asked for while nothing failed has been done, by a mark in the ring. */
static void forget_nudges(struct writer *w)
{
	must(pthread_mutex_lock(&w->lock));
	w->nudge = w->reopen = false;
	must(pthread_mutex_unlock(&w->lock));
}

/* It fails, perhaps once more; whether that is to be said: at first, and then now and then. */
static bool begin_pause(struct writer *w)
{
	int64_t now = clock_mono_ns();

	if (!w->paused_since_ns) {
		w->paused_since_ns = now;
		w->stayed_bytes = logfile_stayed_bytes(w->file);
		w->pause_ns = FIRST_PAUSE;
		w->said = (struct ratelimit){ .begun = false };
		forget_nudges(w);
	} else {
		w->pause_ns = w->pause_ns * 2 < LONGEST_PAUSE ? w->pause_ns * 2 : LONGEST_PAUSE;
	}
	return ratelimit_pass(&w->said, now, SAY_AGAIN);
}

static const char *reason(int error)
{
	return error == ELOOP ? "a symbolic link is in its place, and is not followed"
			      : strerror(error);
}

static ssize_t append(struct writer *w, const char *p, size_t len)
{
	ssize_t n;

	watchdog_begin(w->watchdog);
	n = logfile_append(w->file, p, len, &w->why);
	watchdog_end(w->watchdog);
	return n;
}

static bool make_room(struct writer *w, bool quota)
{
	bool made;

	watchdog_begin(w->watchdog);
	made = logfile_make_room(w->file, quota);
	watchdog_end(w->watchdog);
	return made;
}

static bool stay(struct writer *w, bool at_once)
{
	bool stays;

	watchdog_begin(w->watchdog);
	stays = logfile_stay(w->file, at_once);
	watchdog_end(w->watchdog);
	return stays;
}

/* How much of it went into the file before since the pause began. */
static uint64_t stayed_bytes(const struct writer *w)
{
	return logfile_stayed_bytes(w->file) - w->stayed_bytes;
}

/* It failed, again or for the first time, as w->why says. */
static void say_pausing(struct writer *w)
{
	bool first = !w->paused_since_ns;

	if (!begin_pause(w))
		return;
	if (first) {
		diag(DIAG_PAUSING,
		     "cannot %s %s: %s; retrying until it succeeds, with the lines kept %s",
		     w->why.operation, w->why.path, reason(w->why.error),
		     logfile_can_stay(w->file)
			     ? "in memory, and after a second in the previous file"
			     : "in memory");
		return;
	}
	uint64_t lines, bytes = ring_waiting(w->ring, w->cursor, &lines);
	diag(DIAG_PAUSING,
	     "still cannot %s %s after %" PRId64 " s: %s; %" PRIu64 " lines, %" PRIu64
	     " bytes wait in memory, %" PRIu64 " bytes went to the previous file",
	     w->why.operation, w->why.path, (clock_mono_ns() - w->paused_since_ns) / CLOCK_SECOND,
	     reason(w->why.error), lines, bytes, stayed_bytes(w));
}

/* Lines go where they should go; what was written last may still be in the ring. */
static void resume_writing(struct writer *w)
{
	char text[WATCHDOG_DOING];

	if (!w->paused_since_ns || logfile_staying(w->file))
		return;
	uint64_t lines, bytes = ring_waiting(w->ring, w->cursor, &lines);
	diag(DIAG_RESUMED,
	     "the call to %s succeeds again after %" PRId64
	     " ms; resuming where it stopped, with %" PRIu64 " lines, %" PRIu64
	     " bytes buffered; %" PRIu64 " bytes went to the previous file",
	     watchdog_doing(w->watchdog, text), (clock_mono_ns() - w->paused_since_ns) / CLOCK_MS,
	     lines, bytes, stayed_bytes(w));
	w->paused_since_ns = 0;
}

/* Lines go to the file before the one that is due: tries again to open that. */
static void move_on(struct writer *w)
{
	watchdog_begin(w->watchdog);
	int result = logfile_move_on(w->file, &w->why);
	watchdog_end(w->watchdog);
	if (result == 0)
		resume_writing(w);
	else
		say_pausing(w);
}

static void reopen(struct writer *w)
{
	watchdog_begin(w->watchdog);
	logfile_reopen(w->file);
	watchdog_end(w->watchdog);
}

/*
 * Waits before the next try; false: do not try again. afresh: the file is opened again by name
 * before that, as it is when somebody asked for it meanwhile.
 *
 * Woken by writer_hurry and writer_nudge. A nudge from before the pause was obeyed by its mark in
 * the ring (forget_nudges); one that comes now cannot be, as the bytes before its mark are waiting.
 */
static bool wait_a_little(struct writer *w, bool afresh)
{
	int64_t until = clock_mono_ns() + w->pause_ns;
	bool hurry;

	must(pthread_mutex_lock(&w->lock));
	while (!w->hurry && !w->nudge && condition_wait_until(&w->nudged, &w->lock, until))
		;
	hurry = w->hurry;
	afresh = afresh || w->reopen;
	w->nudge = w->reopen = false;
	must(pthread_mutex_unlock(&w->lock));
	if (afresh)
		reopen(w);
	return !hurry;
}

/*
 * A write has just failed, as w->why says; false: give up. The order of the tries is that of the
 * essay above.
 */
static bool pause_writing(struct writer *w)
{
	int error = w->why.error;
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
	bool again = w->paused_since_ns != 0;

	if ((error == ENOSPC || error == EDQUOT) && make_room(w, error == EDQUOT))
		return true;
	say_pausing(w);
	if (stay(w, false))
		return true;
	/* An open file may have become useless for good, while one of its name would do. */
	return wait_a_little(w, again && !full) || stay(w, true);
}

/* ---- what is given up ---- */

/* Hands it to standard error; returns how much that took. */
static size_t spill(struct writer *w, const char *p, size_t len)
{
	if (spill_begin(&w->spill))
		diag(DIAG_LOSS, "giving up on %s; the lines that are missing there follow here",
		     w->why.path);
	return spill_pass(&w->spill, p, len);
}

static void lose(struct writer *w, const char *p, size_t len)
{
	w->gave_up = true;
	w->lost_midline = p[len - 1] != '\n';
	line_counter_add(&w->counts->lost, newlines_count(p, len), len);
	if (w->o.spill)
		counter_add(&w->counts->spilled_bytes, spill(w, p, len));
	ring_advance(w->cursor, len);
}

/* ---- the stream ---- */

static void note_batch(struct writer *w, size_t len)
{
	counter *largest = &w->counts->largest_batch_bytes;

	if (len > *largest)
		counter_add(largest, len - *largest);
}

static bool due(int64_t deadline_ns)
{
	return deadline_ns != RING_FOREVER && clock_mono_ns() >= deadline_ns;
}

static void note_written(struct writer *w, size_t n)
{
	counter_add(&w->counts->writes, 1);
	counter_add(&w->counts->written_bytes, n);
	note_batch(w, n);
}

static void note_dirty(struct writer *w)
{
	if (!w->dirty_since_ns)
		w->dirty_since_ns = clock_mono_ns();
}

static void write_span(struct writer *w, const char *p, size_t len)
{
	while (len > 0) {
		if (due(logfile_move_on_ns(w->file)))
			move_on(w);
		ssize_t n = w->gave_up ? -1 : append(w, p, len);

		if (n < 0) {
			if (!w->gave_up && pause_writing(w))
				continue;
			lose(w, p, len);
			return;
		}
		resume_writing(w);
		note_written(w, (size_t)n);
		ring_advance(w->cursor, (size_t)n);
		p += n;
		len -= (size_t)n;
	}
	note_dirty(w);
}

/* Whether a write is all there is to do, and no deadline of the thread's changes with it. */
static bool is_simple(const struct writer *w)
{
	if (w->gave_up || w->paused_since_ns || logfile_staying(w->file))
		return false;
	switch (w->o.sync) {
	case WRITER_SYNC_NEVER:
	case WRITER_SYNC_ROLL:
		return true;
	case WRITER_SYNC_ALWAYS:
		return false;
	case WRITER_SYNC_TIME:
		return w->dirty_since_ns != 0;
	}
	return false;
}

/* A write that fails is the thread's to try again: it meets the same error. */
bool writer_try(struct writer *w, size_t most)
{
	struct ring_span span;
	ssize_t n = 0;

	if (!ring_borrow(w->cursor, &span))
		return false;
	if (span.len <= most && is_simple(w))
		n = append(w, span.at, span.len);
	if (n > 0) {
		note_written(w, (size_t)n);
		note_dirty(w);
	}
	ring_return(w->cursor, n > 0 ? (size_t)n : 0);
	return true;
}

/* A line of our own. It is not part of the input. */
static void write_notice(struct writer *w, const char *text)
{
	char line[NOTICE_SIZE], *p = line;
	struct formatter_out out = { .at = line, .size = sizeof(line) };
	size_t len;

	if (w->o.notices && formatter_notice(w->o.notices, clock_real_ns(), text, &out))
		len = out.len;
	else
		len = (size_t)snprintf(line, sizeof(line), "%s\n", text);
	while (len > 0 && !w->gave_up) {
		ssize_t n = append(w, p, len);

		if (n < 0) {
			w->gave_up = !pause_writing(w);
			continue;
		}
		resume_writing(w);
		p += n;
		len -= (size_t)n;
	}
	if (len > 0 && w->o.spill)
		(void)spill(w, p, len);
}

/* Where lines were dropped. */
static void write_gap(struct writer *w, const struct ring_mark *m)
{
	char from[STAMP_SIZE], to[STAMP_SIZE], text[256];

	stamp_rfc3339(m->arg[2], w->o.calendar.utc, from);
	stamp_rfc3339(m->arg[3], w->o.calendar.utc, to);
	snprintf(text, sizeof(text),
		 "logsink: dropped %" PRId64 " lines, %" PRId64 " bytes, from %s to %s", m->arg[0],
		 m->arg[1], from, to);
	write_notice(w, text);
}

static void change_file(struct writer *w, const struct ring_mark *m)
{
	struct calendar_period period;

	watchdog_begin(w->watchdog);
	switch ((enum mark_kind)m->kind) {
	case MARK_ROLL:
		calendar_find(&w->o.calendar, (time_t)m->arg[0], &period);
		logfile_roll(w->file, &period.tm);
		break;
	case MARK_PART:
		logfile_part(w->file);
		break;
	case MARK_REOPEN:
		logfile_reopen(w->file);
		break;
	case MARK_GAP:
	case MARK_NOTE:
	case MARK_FROM:
		break;
	}
	watchdog_end(w->watchdog);
}

static void obey(struct writer *w, const struct ring_mark *m)
{
	if (m->kind == MARK_GAP)
		write_gap(w, m);
	else if (m->kind == MARK_NOTE)
		write_notice(w, (const char *)(intptr_t)m->arg[0]);
	else if (!w->gave_up)
		change_file(w, m);
	ring_pass(w->cursor);
}

static void sync_now(struct writer *w)
{
	watchdog_begin(w->watchdog);
	logfile_sync(w->file);
	watchdog_end(w->watchdog);
	w->dirty_since_ns = 0;
}

static int64_t sync_deadline(const struct writer *w)
{
	if (w->o.sync != WRITER_SYNC_TIME || !w->dirty_since_ns)
		return RING_FOREVER;
	return w->dirty_since_ns + w->o.sync_ns;
}

static int64_t move_on_deadline(const struct writer *w)
{
	return w->gave_up ? RING_FOREVER : logfile_move_on_ns(w->file);
}

static void finish(struct writer *w)
{
	if (w->lost_midline)
		counter_add(&w->counts->lost.lines, 1);
	spill_end(&w->spill); /* the next message is not to glue to a line without an end */
	if (w->o.sync == WRITER_SYNC_ALWAYS || w->o.sync == WRITER_SYNC_TIME)
		sync_now(w);
	watchdog_begin(w->watchdog);
	logfile_close(w->file);
	watchdog_end(w->watchdog);
	ring_leave(w->cursor);
}

static void *writer_thread(void *arg)
{
	struct writer *w = arg;
	struct ring_span span;
	struct ring_mark mark;

	pthread_setname_np(pthread_self(), "writer");
	for (;;) {
		if (due(sync_deadline(w)))
			sync_now(w);
		if (due(move_on_deadline(w)))
			move_on(w);
		int64_t sync = sync_deadline(w), other = move_on_deadline(w);

		switch (ring_peek(w->cursor, sync < other ? sync : other, &span, &mark)) {
		case RING_BYTES:
			write_span(w, span.at, span.len);
			if (w->o.sync == WRITER_SYNC_ALWAYS)
				sync_now(w);
			break;
		case RING_MARK:
			obey(w, &mark);
			break;
		case RING_TIMEOUT:
			break;
		case RING_END:
			finish(w);
			return NULL;
		}
	}
}

struct writer *writer_start(struct ring *r, struct ring_cursor *c, struct logfile *file,
			    const struct writer_options *o, struct writer_counts *counts)
{
	struct writer *w = calloc(1, sizeof(*w));
	int error;

	if (!w)
		return NULL;
	w->ring = r;
	w->cursor = c;
	w->file = file;
	w->watchdog = logfile_watchdog(file);
	w->o = *o;
	w->spill.limit_ns = o->spill_ns;
	w->counts = counts;
	must(pthread_mutex_init(&w->lock, NULL));
	condition_init(&w->nudged);
	error = pthread_create(&w->thread, NULL, writer_thread, w);
	if (!error)
		return w;
	free(w);
	errno = error;
	return NULL;
}

void writer_hurry(struct writer *w)
{
	must(pthread_mutex_lock(&w->lock));
	w->hurry = true;
	must(pthread_cond_signal(&w->nudged));
	must(pthread_mutex_unlock(&w->lock));
}

void writer_nudge(struct writer *w, bool reopen)
{
	must(pthread_mutex_lock(&w->lock));
	w->nudge = true;
	w->reopen = w->reopen || reopen;
	must(pthread_cond_signal(&w->nudged));
	must(pthread_mutex_unlock(&w->lock));
}

bool writer_join(struct writer *w)
{
	bool all;

	if (writer_abandoned(w))
		return false;
	must(pthread_join(w->thread, NULL));
	all = !w->gave_up && !logfile_failed(w->file);
	must(pthread_cond_destroy(&w->nudged));
	must(pthread_mutex_destroy(&w->lock));
	free(w);
	return all;
}
