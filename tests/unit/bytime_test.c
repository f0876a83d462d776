/* bytime: where a time begins and ends, in plain files, frames, and files that have no entries. */
#include "reader/bytime.h"

#include "base/clock.h"
#include "closed/encoder.h"
#include "moment.h"
#include "reader/linetime.h"
#include "reader/unpack.h"
#include "record/stamp.h"
#include "scratch.h"
#include "test.h"

enum { SIZE = 10 * 1024 * 1024 };

static char text[SIZE + 4096];
static size_t len;
static struct linetime_rules rules;
static atomic_bool stop;

static const int64_t begin = INT64_C(1795352700) * CLOCK_SECOND;

/* ---- a log ---- */

static void add(const char *line)
{
	size_t n = strlen(line);

	memcpy(text + len, line, n);
	len += n;
}

/* A line each 10 ms, of about 100 bytes; behind each hundredth a few without a time. */
static void make_log(size_t size)
{
	char line[STAMP_SIZE + 100], stamp[STAMP_SIZE];
	int64_t ns = begin;

	for (len = 0; len < size; ns += 10 * CLOCK_MS) {
		stamp_rfc3339(ns, true, stamp);
		snprintf(line, sizeof(line), "%s %0*d\n", stamp, 40 + (int)(ns / CLOCK_MS % 70), 7);
		add(line);
		if (ns / CLOCK_MS % 1000 == 0)
			add("\tat one\n\tat two\n\n");
	}
}

/* The same by reading all of it: the offset of the first line that is at the edge or behind. */
static uint64_t expected(enum bytime_edge edge, int64_t when)
{
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline + 1 - text) : len;
		struct linetime t;

		if (linetime_find(&rules, text + at, end - at, &t) &&
		    (edge == BYTIME_FROM ? t.last >= when : t.first > when))
			return at;
		at = end;
	}
	return len;
}

static void compress(enum names_suffix suffix, const char *to)
{
	struct encoder_job job = { .from = open("plain", O_RDONLY | O_CLOEXEC),
				   .to = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
				   .size = len,
				   .suffix = suffix,
				   .level = 1,
				   .stop = &stop };

	CHECK_INT(encoder_run(&job), 0);
	close(job.from);
	close(job.to);
}

static void write_forms(void)
{
	scratch_bytes("plain", text, len, 0600);
	compress(NAMES_ZST, "zst");
	compress(NAMES_GZ, "gz");
}

static void check(enum bytime_edge edge, int64_t when)
{
	static const char *const names[] = { "plain", "zst", "gz" };
	uint64_t want = expected(edge, when), got;

	for (int form = 0; form < 3; form++) {
		struct unpack *u = unpack_new();

		CHECK_INT(unpack_start(u, open(names[form], O_RDONLY | O_CLOEXEC),
				       (enum names_suffix)form),
			  0);
		got = UINT64_MAX;
		CHECK_INT(bytime_find(u, &rules, edge, when, &got), 1);
		if (!CHECK_INT((long long)got, (long long)want))
			printf("# %s, edge %d, %lld ns\n", names[form], edge,
			       (long long)(when - begin));
		unpack_free(u);
	}
}

/* ---- tests ---- */

static void finds_edges(void)
{
	static const int64_t ms[] = { -1, 0, 1, 1005, 123456, 314150, 100000000 };

	scratch_enter();
	make_log(SIZE);
	write_forms();
	for (size_t i = 0; i < sizeof(ms) / sizeof(*ms); i++) {
		check(BYTIME_FROM, begin + ms[i] * CLOCK_MS);
		check(BYTIME_BEHIND, begin + ms[i] * CLOCK_MS);
	}
	scratch_leave();
}

static void finds_edges_of_small_files(void)
{
	scratch_enter();
	for (size_t size = 1; size < 1000; size += 100) {
		make_log(size);
		write_forms();
		for (int64_t ms = -10; ms < 200; ms += 5) {
			check(BYTIME_FROM, begin + ms * CLOCK_MS);
			check(BYTIME_BEHIND, begin + ms * CLOCK_MS);
		}
	}
	len -= 3; /* a torn last line */
	write_forms();
	check(BYTIME_FROM, begin + 70 * CLOCK_MS);
	check(BYTIME_BEHIND, begin + 70 * CLOCK_MS);
	scratch_leave();
}

/* A dump of some MiB without a time, and a line longer than any read. */
static void passes_what_has_no_times(void)
{
	scratch_enter();
	make_log(3 * 1024 * 1024);
	for (int i = 0; i < 2 * 1024 * 1024; i += 32)
		add("0000 00 00 00 00 00 00 00 00 ..\n");
	memset(text + len, 'x', 1024 * 1024);
	len += 1024 * 1024;
	add("\n");
	/* And on, an hour later. */
	char line[STAMP_SIZE + 10], stamp[STAMP_SIZE];
	for (int64_t ns = begin + 3600 * CLOCK_SECOND; len < SIZE; ns += 10 * CLOCK_MS) {
		stamp_rfc3339(ns, true, stamp);
		snprintf(line, sizeof(line), "%s later\n", stamp);
		add(line);
	}
	write_forms();
	for (int64_t s = 0; s < 4000; s += 790) {
		check(BYTIME_FROM, begin + s * CLOCK_SECOND);
		check(BYTIME_BEHIND, begin + s * CLOCK_SECOND);
	}
	scratch_leave();
}

static void tells_that_there_are_none(void)
{
	uint64_t offset;

	scratch_enter();
	len = 0;
	while (len < 1024 * 1024)
		add("hello world\n");
	scratch_bytes("plain", text, len, 0600);
	scratch_bytes("empty", "", 0, 0600);
	struct unpack *u = unpack_new();
	unpack_start(u, open("plain", O_RDONLY | O_CLOEXEC), NAMES_PLAIN);
	CHECK_INT(bytime_find(u, &rules, BYTIME_FROM, begin, &offset), 0);
	unpack_start(u, open("empty", O_RDONLY | O_CLOEXEC), NAMES_PLAIN);
	CHECK_INT(bytime_find(u, &rules, BYTIME_FROM, begin, &offset), 0);
	unpack_free(u);
	scratch_leave();
}

/* A night with an hour that comes twice: lines that tell no zone are in a view of either. */
static void leaves_nothing_out_at_night(void)
{
	struct unpack *u = unpack_new();
	uint64_t from = 0, to = 0;
	char line[64];

	scratch_enter();
	moment_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	time_t t = moment_utc("2026-10-24 23:00:00"), first = 0, last = 0;
	for (len = 0; t < moment_utc("2026-10-25 03:00:00"); t++) {
		struct tm tm;

		localtime_r(&t, &tm);
		strftime(line, sizeof(line), "%F %T hello\n", &tm);
		if (t == moment_utc("2026-10-25 00:30:00"))
			first = (time_t)len;
		add(line);
		if (t == moment_utc("2026-10-25 01:30:00"))
			last = (time_t)len;
	}
	scratch_bytes("plain", text, len, 0600);
	unpack_start(u, open("plain", O_RDONLY | O_CLOEXEC), NAMES_PLAIN);
	CHECK_INT(bytime_find(u, &rules, BYTIME_FROM,
			      moment_utc("2026-10-25 00:30:00") * CLOCK_SECOND, &from),
		  1);
	CHECK_INT(bytime_find(u, &rules, BYTIME_BEHIND,
			      moment_utc("2026-10-25 01:30:00") * CLOCK_SECOND, &to),
		  1);
	CHECK(from <= (uint64_t)first && to >= (uint64_t)last);
	CHECK(from > 0 && to < len);
	moment_zone("UTC0");
	unpack_free(u);
	scratch_leave();
}

int main(void)
{
	moment_zone("UTC0");
	TEST("bytime: the edges of a time are found in all forms", finds_edges);
	TEST("bytime: and in small files, and before and behind them", finds_edges_of_small_files);
	TEST("bytime: much without a time belongs to the line before it", passes_what_has_no_times);
	TEST("bytime: that lines have no times is told", tells_that_there_are_none);
	TEST("bytime: an hour that comes twice is not cut", leaves_nothing_out_at_night);
	return test_end();
}
