/* writer: what comes through the ring is in the files, in order and once, or it is counted. */
#include "output/writer.h"

#include "base/clock.h"
#include "family/directory.h"
#include "family/names.h"
#include "feed.h"
#include "moment.h"
#include "output/logfile.h"
#include "scratch.h"
#include "stream/mark.h"
#include "stream/ring.h"
#include "test.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>

enum { RING = 256 * 1024, LIMIT = 4096, ALL = 6000 };

static char bytes[ALL + 1]; /* lines of 60 bytes */

/* ---- a disk that fails, and what is asked of it ---- */

static _Atomic int syncs;
static _Atomic bool sync_fails;

int fdatasync(int fd)
{
	(void)fd;
	syncs++;
	errno = EIO;
	return sync_fails ? -1 : 0;
}

/* From now on no file grows beyond so many bytes. */
static void limit(rlim_t size)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = size;
	if (setrlimit(RLIMIT_FSIZE, &r) < 0)
		scratch_fail("setrlimit");
}

/* ---- a log, its writer, and nobody who looks after closed files ---- */

static struct {
	struct directory *dir;
	struct logfile *file;
	struct ring *ring;
	struct ring_cursor *cursor;
	struct writer *writer;
	struct writer_counts counts;
} t;

static void on_current(struct keeper *k, const struct names_member *m, bool may_open)
{
	(void)k, (void)m, (void)may_open;
}

static void on_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size)
{
	(void)k, (void)m, (void)size;
	if (fd >= 0)
		close(fd);
}

static bool on_make_room(struct keeper *k, bool quota)
{
	(void)k, (void)quota;
	return false;
}

static void on_settle(struct keeper *k)
{
	(void)k;
}

static void on_wake(void *arg)
{
	(void)arg;
}

static const struct calendar daily = { .roll = CALENDAR_DAILY, .utc = true };

static void enter(enum writer_sync sync, bool spill)
{
	const struct directory_options d = { .file = "logs/app.log",
					     .calendar = daily,
					     .dir_mode = 0755 };
	const struct writer_options w = {
		.calendar = daily, .sync = sync, .spill = spill, .spill_ns = 10 * CLOCK_SECOND
	};
	struct logfile_options f = { .size_limit = UINT64_MAX,
				     .mode = 0644,
				     .keeper = { .current = on_current,
						 .closed = on_closed,
						 .make_room = on_make_room,
						 .settle = on_settle } };
	struct tm day = moment_tm("2026-11-22");

	scratch_enter();
	memset(&t, 0, sizeof(t));
	syncs = 0;
	sync_fails = false;
	CHECK_INT(names_init(&f.names, "app.log", daily.roll), NAMES_FINE);
	t.dir = directory_open(&d);
	t.file = t.dir ? logfile_new(t.dir, &f, &t.counts.files) : NULL;
	t.ring = ring_new(RING, on_wake, NULL);
	if (!t.file || !t.ring)
		scratch_fail("a log");
	t.cursor = ring_cursor_new(t.ring, RING_KEEP, true);
	logfile_roll(t.file, &day);
	t.writer = writer_start(t.ring, t.cursor, t.file, &w, &t.counts);
	if (!t.writer)
		scratch_fail("writer_start");
}

/* Returns: what the writer says at its end. */
static bool end(void)
{
	ring_end(t.ring);
	bool all = writer_join(t.writer);

	CHECK(ring_left(t.cursor));
	logfile_free(t.file);
	ring_free(t.ring);
	directory_close(t.dir, false);
	return all;
}

static void put(const char *text, size_t len)
{
	CHECK(feed(t.ring, text, len));
}

static void say(const char *text)
{
	put(text, strlen(text));
}

static void mark(enum mark_kind kind, int64_t a, int64_t b, int64_t c, int64_t d)
{
	struct ring_mark m = mark_of(kind);

	m.arg[0] = a;
	m.arg[1] = b;
	m.arg[2] = c;
	m.arg[3] = d;
	CHECK(ring_mark(t.ring, &m));
}

/* For CHECK_SOON. */
static bool said(const void *text)
{
	return scratch_said_times(text) > 0;
}

static bool is_written(const void *n)
{
	return counter_get(&t.counts.written_bytes) == *(const uint64_t *)n;
}

static bool is_synced(const void *n)
{
	return syncs >= *(const int *)n;
}

/* ---- tests ---- */

static void writes_all_and_obeys_marks(void)
{
	enter(WRITER_SYNC_NEVER, false);
	say("one\n");
	mark(MARK_PART, 0, 0, 0, 0);
	say("two\n");
	mark(MARK_GAP, 3, 30, 0, CLOCK_SECOND);
	mark(MARK_REOPEN, 0, 0, 0, 0);
	say("three\n");
	mark(MARK_ROLL, moment_utc("2026-11-23"), 0, 0, 0);
	say("four, without an end");
	CHECK(end());
	CHECK_STR(scratch_list("logs"),
		  "app.2026-11-22.log app.2026-11-22.part002.log app.2026-11-23.log");
	CHECK_STR(scratch_read("logs/app.2026-11-22.log"), "one\n");
	const char *p = scratch_read("logs/app.2026-11-22.part002.log");
	CHECK(strncmp(p, "two\nlogsink: dropped 3 lines, 30 bytes, from 1970-01-01T", 51) == 0);
	CHECK(strstr(p, "\nthree\n") != NULL);
	CHECK_STR(scratch_read("logs/app.2026-11-23.log"), "four, without an end");
	CHECK_INT(t.counts.written_bytes, strlen("one\ntwo\nthree\nfour, without an end"));
	CHECK_INT(t.counts.files, 4); /* one of them twice */
	CHECK_INT(t.counts.lost.bytes, 0);
	CHECK_INT(syncs, 0);
	scratch_leave();
}

static void goes_on_at_the_very_byte(void)
{
	const uint64_t all = ALL;

	enter(WRITER_SYNC_NEVER, false);
	limit(LIMIT); /* within a line */
	put(bytes, ALL);
	CHECK_SOON(said, "logsink: pausing: ");
	CHECK_INT(t.counts.written_bytes, LIMIT);
	limit(RLIM_INFINITY);
	writer_nudge(t.writer, false);
	CHECK_SOON(is_written, &all);
	CHECK_SOON(said, "logsink: resumed: ");
	CHECK(end());
	CHECK_STR(scratch_read("logs/app.2026-11-22.log"), bytes);
	CHECK_INT(scratch_said_times("logsink: pausing: "), 1);
	CHECK_INT(scratch_said_times("logsink: resumed: "), 1);
	scratch_leave();
}

static void gives_up_in_a_hurry(void)
{
	enter(WRITER_SYNC_NEVER, false);
	limit(LIMIT);
	put(bytes, ALL);
	CHECK_SOON(said, "logsink: pausing: ");
	writer_hurry(t.writer);
	CHECK(!end());
	limit(RLIM_INFINITY);
	CHECK_INT(t.counts.written_bytes, LIMIT);
	CHECK_INT(t.counts.lost.bytes, ALL - LIMIT);
	CHECK_INT(t.counts.lost.lines, ALL / 60 - LIMIT / 60); /* the one that is cut, too */
	CHECK_INT(t.counts.spilled_bytes, 0);
	const char *p = scratch_read("logs/app.2026-11-22.log");
	CHECK(strlen(p) == LIMIT && memcmp(p, bytes, LIMIT) == 0);
	scratch_leave();
}

static void spills_what_the_file_did_not_take(void)
{
	enter(WRITER_SYNC_NEVER, true);
	limit(LIMIT);
	put(bytes, ALL);
	CHECK_SOON(said, "logsink: pausing: ");
	writer_hurry(t.writer);
	CHECK(!end());
	limit(RLIM_INFINITY);
	CHECK_INT(t.counts.lost.bytes, ALL - LIMIT);
	CHECK_INT(t.counts.spilled_bytes, ALL - LIMIT);
	const char *p = strstr(scratch_said(), "follow here\n");
	if (CHECK(p != NULL))
		CHECK_STR(strchr(p, '\n') + 1, bytes + LIMIT); /* from the very byte on */
	scratch_leave();
}

static void syncs_as_it_was_told(void)
{
	const int one = 1, two = 2;

	enter(WRITER_SYNC_ALWAYS, false);
	say("one\n");
	CHECK_SOON(is_synced, &one);
	say("two\n");
	CHECK_SOON(is_synced, &two);
	CHECK(end());
	CHECK_INT(syncs, 2); /* with nothing new, not again */
	scratch_leave();
	enter(WRITER_SYNC_TIME, false); /* at once, as sync_ns is 0 */
	say("one\n");
	CHECK_SOON(is_synced, &one);
	CHECK(end());
	scratch_leave();
}

static void remembers_a_sync_that_failed(void)
{
	const int one = 1, two = 2;

	enter(WRITER_SYNC_ALWAYS, false);
	sync_fails = true;
	say("one\n");
	CHECK_SOON(is_synced, &one);
	say("two\n");
	CHECK_SOON(is_synced, &two);
	sync_fails = false;
	CHECK(!end()); /* what was written last may be lost, whatever works later */
	CHECK_INT(scratch_said_times("logsink: warning: "), 1); /* a minute's worth */
	CHECK_STR(scratch_read("logs/app.2026-11-22.log"), "one\ntwo\n");
	CHECK_INT(t.counts.lost.bytes, 0);
	scratch_leave();
}

static void opens_a_file_again_by_name(void)
{
	const uint64_t all = ALL;

	enter(WRITER_SYNC_NEVER, false);
	limit(60 * 10);
	put(bytes, ALL);
	CHECK_SOON(said, "logsink: pausing: ");
	CHECK(rename("logs/app.2026-11-22.log", "logs/old") == 0);
	limit(RLIM_INFINITY);
	writer_nudge(t.writer, true);
	CHECK_SOON(is_written, &all);
	CHECK(end());
	CHECK_INT(strlen(scratch_read("logs/old")), 60 * 10);
	CHECK_STR(scratch_read("logs/app.2026-11-22.log"), bytes + 60 * 10);
	scratch_leave();
}

/* Publishes without waking the thread. */
static void say_hushed(const char *text)
{
	ring_hush(t.ring, true);
	say(text);
	ring_hush(t.ring, false);
}

static uint64_t hushed; /* lines of 5 bytes */

/* For CHECK_SOON: a line is written by us, as the thread sleeps. Until it does, it writes them. */
static bool we_write(const void *none)
{
	uint64_t before = counter_get(&t.counts.written_bytes);

	(void)none;
	say_hushed("line\n");
	hushed++;
	return writer_try(t.writer, 5) && counter_get(&t.counts.written_bytes) == before + 5;
}

static void another_thread_writes(void)
{
	enter(WRITER_SYNC_NEVER, false);
	CHECK(!writer_try(t.writer, 5)); /* there is nothing */
	hushed = 0;
	CHECK_SOON(we_write, NULL);
	CHECK_SOON(we_write, NULL); /* and it sleeps on */
	uint64_t all = hushed * 5 + 6;
	say_hushed("longer");
	(void)writer_try(t.writer, 5); /* wakes it */
	CHECK_SOON(is_written, &all);
	mark(MARK_PART, 0, 0, 0, 0); /* is its own to obey */
	say("more\n");
	CHECK(end());
	CHECK_STR(scratch_read("logs/app.2026-11-22.part002.log"), "more\n");
	const char *p = scratch_read("logs/app.2026-11-22.log");
	CHECK_STR(p + hushed * 5, "longer");
	CHECK_INT(t.counts.written_bytes, hushed * 5 + 11);
	scratch_leave();
}

static void a_failure_is_left_to_the_thread(void)
{
	enter(WRITER_SYNC_NEVER, false);
	put(bytes, ALL); /* for the limit is that of what is said, too */
	hushed = 0;
	CHECK_SOON(we_write, NULL);
	limit(ALL + hushed * 5);
	(void)we_write(NULL);
	CHECK_SOON(said, "logsink: pausing: ");
	uint64_t all = ALL + hushed * 5;
	CHECK_INT(t.counts.written_bytes, all - 5);
	CHECK(!writer_try(t.writer, 5)); /* it waits to try again */
	limit(RLIM_INFINITY);
	writer_nudge(t.writer, false);
	CHECK_SOON(is_written, &all);
	CHECK(end());
	const char *p = scratch_read("logs/app.2026-11-22.log");
	CHECK_INT(strlen(p), all);
	CHECK(strncmp(p, bytes, ALL) == 0);
	CHECK_STR(p + all - 10, "line\nline\n");
	scratch_leave();
}

static void a_sync_is_left_to_the_thread(void)
{
	const int one = 1, two = 2;

	enter(WRITER_SYNC_ALWAYS, false);
	say("line\n");
	CHECK_SOON(is_synced, &one);
	say_hushed("line\n");
	(void)writer_try(t.writer, 5);
	ring_wake(t.ring);
	CHECK_SOON(is_synced, &two);
	CHECK(end());
	scratch_leave();
	enter(WRITER_SYNC_TIME, false); /* at once, as sync_ns is 0 */
	say("line\n");
	CHECK_SOON(is_synced, &one);
	say_hushed("line\n");
	(void)writer_try(t.writer, 5);
	ring_wake(t.ring);
	CHECK_SOON(is_synced, &two);
	CHECK(end());
	scratch_leave();
}

int main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 0; i < ALL; i++)
		bytes[i] = i % 60 == 59 ? '\n' : (char)('a' + i / 60 % 26);
	TEST("writer: all is written, and marks are obeyed between the lines that they stand between",
	     writes_all_and_obeys_marks);
	TEST("writer: after a failure it goes on at the very byte where it stopped",
	     goes_on_at_the_very_byte);
	TEST("writer: in a hurry what cannot be written is given up and counted",
	     gives_up_in_a_hurry);
	TEST("writer: with spill what the file did not take goes to standard error",
	     spills_what_the_file_did_not_take);
	TEST("writer: it syncs as it was told, and nothing twice", syncs_as_it_was_told);
	TEST("writer: a sync that failed is said once and not forgotten",
	     remembers_a_sync_that_failed);
	TEST("writer: told to, it opens the file again by its name", opens_a_file_again_by_name);
	TEST("writer: while its thread sleeps, another one writes", another_thread_writes);
	TEST("writer: what another thread cannot write is left to its own",
	     a_failure_is_left_to_the_thread);
	TEST("writer: a sync is left to its thread", a_sync_is_left_to_the_thread);
	return test_end();
}
