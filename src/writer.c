/*
 * The thread that empties the ring into the log file.
 *
 * A batch is whatever arrived while the last write ran, so batches grow with the
 * load and a lone line does not wait. After a short or failed write we go on at
 * the very byte where it stopped: nothing is torn and nothing comes twice.
 */
#include "writer.h"

#include "clock.h"
#include "diag.h"
#include "fdio.h"
#include "logfile.h"
#include "ring.h"
#include "stamp.h"
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PAUSE   (100 * CLOCK_MS)
#define LONGEST_PAUSE CLOCK_SECOND

struct writer {
	struct ring_cursor *cursor;
	struct logfile *file;
	struct writer_options o;
	struct stats *stats;
	pthread_t thread;

	/* the thread's own */
	int64_t dirty_since_ns;  /* CLOCK_MONOTONIC; 0: all is synced */
	int64_t paused_since_ns; /* CLOCK_MONOTONIC; 0: no write is failing */
	int64_t pause_ns;
	bool gave_up;
	bool lost_midline; /* the last lost byte is no newline */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t hurried;
	bool hurry;
};

/* Waits before the next try; false: do not try again. */
static bool wait_a_little(struct writer *w)
{
	int64_t until = clock_mono_ns() + w->pause_ns;
	struct timespec ts = { .tv_sec = until / CLOCK_SECOND, .tv_nsec = until % CLOCK_SECOND };
	bool hurry;
	int error = 0;

	must(pthread_mutex_lock(&w->lock));
	while (!w->hurry && error != ETIMEDOUT) {
		error = pthread_cond_timedwait(&w->hurried, &w->lock, &ts);
		if (error != ETIMEDOUT)
			must(error);
	}
	hurry = w->hurry;
	must(pthread_mutex_unlock(&w->lock));
	return !hurry;
}

/* A write has just failed, with errno; false: give up. */
static bool pause_writing(struct writer *w)
{
	int error = errno;

	if ((error == ENOSPC || error == EDQUOT) && logfile_make_room(w->file))
		return true;
	if (!w->paused_since_ns) {
		w->paused_since_ns = clock_mono_ns();
		w->pause_ns = FIRST_PAUSE;
		diag(DIAG_PAUSING,
		     "cannot %s: %s; trying again until it works, with the lines kept in memory",
		     logfile_doing(w->file), strerror(error));
	} else {
		w->pause_ns = w->pause_ns * 2 < LONGEST_PAUSE ? w->pause_ns * 2 : LONGEST_PAUSE;
	}
	return wait_a_little(w);
}

static void resume_writing(struct writer *w)
{
	if (!w->paused_since_ns)
		return;
	diag(DIAG_RESUMED, "%s works again after %" PRId64 " ms; going on where it stopped",
	     logfile_doing(w->file), (clock_mono_ns() - w->paused_since_ns) / CLOCK_MS);
	w->paused_since_ns = 0;
}

static void lose(struct writer *w, const char *p, size_t len)
{
	w->gave_up = true;
	w->lost_midline = p[len - 1] != '\n';
	stats_add(&w->stats->lost_bytes, len);
	stats_add(&w->stats->lost_lines, fdio_count_lines(p, len));
	ring_advance(w->cursor, len);
}

static void note_batch(struct writer *w, size_t len)
{
	stats_count *largest = &w->stats->largest_batch_bytes;

	if (len > *largest)
		stats_add(largest, len - *largest);
}

static void write_span(struct writer *w, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = w->gave_up ? -1 : logfile_append(w->file, p, len);

		if (n < 0) {
			if (!w->gave_up && pause_writing(w))
				continue;
			lose(w, p, len);
			return;
		}
		resume_writing(w);
		stats_add(&w->stats->writes, 1);
		stats_add(&w->stats->written_bytes, (uint64_t)n);
		note_batch(w, (size_t)n);
		ring_advance(w->cursor, (size_t)n);
		p += n;
		len -= (size_t)n;
	}
	if (!w->dirty_since_ns)
		w->dirty_since_ns = clock_mono_ns();
}

/* A line of our own, where lines were dropped. It is not part of the input. */
static void write_gap(struct writer *w, const struct ring_mark *m)
{
	char from[STAMP_SIZE], to[STAMP_SIZE], text[256], *p = text;
	size_t len;

	stamp_rfc3339(m->arg[2], w->o.calendar.utc, from);
	stamp_rfc3339(m->arg[3], w->o.calendar.utc, to);
	len = (size_t)snprintf(text, sizeof(text),
			       "logsink: dropped %" PRId64 " lines, %" PRId64
			       " bytes, from %s to %s\n",
			       m->arg[0], m->arg[1], from, to);
	while (len > 0 && !w->gave_up) {
		ssize_t n = logfile_append(w->file, p, len);

		if (n < 0) {
			w->gave_up = !pause_writing(w);
			continue;
		}
		resume_writing(w);
		p += n;
		len -= (size_t)n;
	}
}

static void obey(struct writer *w, const struct ring_mark *m)
{
	struct calendar_period period;

	switch (m->kind) {
	case RING_ROLL:
		calendar_find(&w->o.calendar, (time_t)m->arg[0], &period);
		logfile_roll(w->file, &period.tm);
		break;
	case RING_PART:
		logfile_part(w->file);
		break;
	case RING_REOPEN:
		logfile_close(w->file);
		break;
	case RING_GAP:
		write_gap(w, m);
		break;
	case RING_FROM:
		break;
	}
	ring_pass(w->cursor);
}

static void sync_now(struct writer *w)
{
	logfile_sync(w->file);
	w->dirty_since_ns = 0;
}

static int64_t sync_deadline(const struct writer *w)
{
	if (w->o.sync != WRITER_SYNC_TIME || !w->dirty_since_ns)
		return RING_FOREVER;
	return w->dirty_since_ns + w->o.sync_ns;
}

static void finish(struct writer *w)
{
	if (w->o.sync == WRITER_SYNC_ALWAYS || w->o.sync == WRITER_SYNC_TIME)
		sync_now(w);
	logfile_close(w->file);
	if (w->lost_midline)
		stats_add(&w->stats->lost_lines, 1);
	ring_leave(w->cursor);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct ring_span span;
	struct ring_mark mark;

	for (;;) {
		int64_t deadline = sync_deadline(w);

		if (deadline != RING_FOREVER && clock_mono_ns() >= deadline)
			sync_now(w);
		switch (ring_peek(w->cursor, sync_deadline(w), &span, &mark)) {
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

struct writer *writer_start(struct ring_cursor *c, struct logfile *file,
			    const struct writer_options *o, struct stats *stats)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int error;

	if (!w)
		return NULL;
	w->cursor = c;
	w->file = file;
	w->o = *o;
	w->stats = stats;
	must(pthread_mutex_init(&w->lock, NULL));
	must(pthread_condattr_init(&attr));
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC));
	must(pthread_cond_init(&w->hurried, &attr));
	must(pthread_condattr_destroy(&attr));
	error = pthread_create(&w->thread, NULL, run, w);
	if (error) {
		free(w);
		errno = error;
		return NULL;
	}
	return w;
}

void writer_hurry(struct writer *w)
{
	must(pthread_mutex_lock(&w->lock));
	w->hurry = true;
	must(pthread_cond_signal(&w->hurried));
	must(pthread_mutex_unlock(&w->lock));
}

bool writer_join(struct writer *w)
{
	bool all;

	must(pthread_join(w->thread, NULL));
	all = !w->gave_up && !logfile_failed(w->file);
	must(pthread_cond_destroy(&w->hurried));
	must(pthread_mutex_destroy(&w->lock));
	free(w);
	return all;
}
