/* arrivals: what was noted is found again, for as long as is promised; what is no record is not. */
#include "family/arrivals.h"

#include "scratch.h"
#include "test.h"

#define SECOND INT64_C(1000000000)

static const int64_t begin = INT64_C(1795352709) * SECOND;

static int fd;
static int64_t last;

static void enter(void)
{
	scratch_enter();
	fd = open("index", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		scratch_fail("index");
	last = 0;
}

static void leave(void)
{
	close(fd);
	scratch_leave();
}

static void note(const char *name, int64_t second, uint64_t offset, bool starts)
{
	const struct arrivals_record r = { .file = arrivals_file(name),
					   .ns = begin + second * SECOND,
					   .offset = offset,
					   .starts = starts };

	CHECK_INT(arrivals_write(fd, &r, last), 0);
	last = r.ns;
}

/* The offset of an edge; -1: the end; -2: nothing is known. */
static long long find(const char *name, enum arrivals_edge edge, double second)
{
	struct arrivals *a = arrivals_read(fd);
	uint64_t offset = 0;
	bool found = a && arrivals_find(a, arrivals_file(name), edge,
					begin + (int64_t)(second * 1e9), &offset);

	CHECK(a != NULL);
	arrivals_free(a);
	return !found ? -2 : offset == UINT64_MAX ? -1 : (long long)offset;
}

#define FROM(name, second)   find(name, ARRIVALS_FROM, second)
#define BEHIND(name, second) find(name, ARRIVALS_BEHIND, second)

/* ---- tests ---- */

static void names_it(void)
{
	char name[ARRIVALS_NAME];

	arrivals_name("app.log", name);
	CHECK_STR(name, ".app.log.times");
	arrivals_name("%Y/app.%F.log", name);
	CHECK_STR(name, ".%Y+app.%F.log.times");
	CHECK(arrivals_file("") == UINT64_C(0xcbf29ce484222325)); /* from the draft */
	CHECK(arrivals_file("a") == UINT64_C(0xaf63dc4c8601ec8c));
}

static void finds_what_was_noted(void)
{
	enter();
	CHECK_INT(FROM("a", 0), -2);
	note("a", 0, 0, true);
	note("a", 1, 100, false);
	note("a", 2, 200, false);
	note("a", 50, 250, false); /* the last of them came within second 2 */
	note("b", 60, 0, false);
	note("b", 61, 10, false);
	CHECK_INT(FROM("a", -1), 0);
	CHECK_INT(FROM("a", 0), 0);
	CHECK_INT(FROM("a", 1.5), 100);
	CHECK_INT(FROM("a", 3.5), 200);
	CHECK_INT(FROM("a", 10), 250);
	CHECK_INT(FROM("a", 50), 250);
	CHECK_INT(FROM("a", 51), 250);
	CHECK_INT(FROM("a", 1000), -1); /* by then lines went to b */
	CHECK_INT(BEHIND("a", -1), 0);
	CHECK_INT(BEHIND("a", 0), 100);
	CHECK_INT(BEHIND("a", 1.5), 200);
	CHECK_INT(BEHIND("a", 10), 250);
	CHECK_INT(BEHIND("a", 50), -1);
	CHECK_INT(FROM("b", 0), 0);
	CHECK_INT(BEHIND("b", 60.5), 10);
	CHECK_INT(FROM("c", 60), -2);
	/* Another run, and who knows what was between them. */
	note("a", 100, 400, true);
	CHECK_INT(FROM("a", 80), 250);
	CHECK_INT(FROM("b", 90), 10);
	leave();
}

static void keeps_to_its_size(void)
{
	const int64_t days = 400;
	struct stat st;
	int64_t newest = days * 86400;

	enter();
	for (int64_t s = 0; s <= newest; s += newest - s > 12 * 86400 ? 600
					      : newest - s > 50000    ? 20
								      : 1)
		note("a", s, (uint64_t)s, false);
	CHECK(fstat(fd, &st) == 0 && st.st_size <= ARRIVALS_SIZE);
	static const struct {
		int64_t ago, precision;
	} rows[] = { { 0, 1 },
		     { 10000, 1 },
		     { 16000, 1 },
		     { 17000, 60 },
		     { 10 * 86400, 60 },
		     { 12 * 86400, 3600 },
		     { 300 * 86400, 3600 },
		     { 340 * 86400, 3600 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t when = newest - rows[i].ago;
		long long from = FROM("a", (double)when), behind = BEHIND("a", (double)when);

		CHECK(from <= when && from >= when - rows[i].precision - 20);
		CHECK(behind == -1 ? rows[i].ago == 0
				   : behind > when && behind <= when + rows[i].precision + 20);
	}
	/* What is older than all is before the oldest that is known. */
	CHECK(FROM("a", 0) <= (days - 340) * 86400);
	leave();
}

/* Wherever a bit is wrong, at most that record is missing. */
static void passes_damage(void)
{
	unsigned char bytes[2 * ARRIVALS_RECORD];

	enter();
	note("a", 0, 7, true);
	off_t at = (begin / SECOND) % 16384 * ARRIVALS_RECORD;
	note("a", 1, 8, false);
	CHECK_INT(pread(fd, bytes, sizeof(bytes), at), sizeof(bytes));
	CHECK(ftruncate(fd, at + (off_t)sizeof(bytes)) == 0); /* without minutes and hours */
	for (size_t i = 0; i < ARRIVALS_RECORD * 8; i++) {
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		CHECK_INT(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
		if (!CHECK_INT(FROM("a", 0), 8))
			break;
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	CHECK_INT(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
	CHECK_INT(FROM("a", 0), 7);
	CHECK(ftruncate(fd, at + ARRIVALS_RECORD + 5) == 0);
	CHECK_INT(BEHIND("a", 0), -1);
	CHECK(ftruncate(fd, 0) == 0);
	CHECK_INT(FROM("a", 0), -2);
	CHECK_INT(pwrite(fd, "x", 1, 100 * 1024 * 1024), 1); /* longer than any index */
	CHECK_INT(FROM("a", 0), -2);
	leave();
}

static void says_why_not(void)
{
	const struct arrivals_record r = { .ns = begin };

	enter();
	int null = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CHECK(arrivals_write(null, &r, 0) < 0 && errno == ENOSPC);
	CHECK(!arrivals_read(null) && errno == EBADF);
	close(null);
	leave();
}

int main(void)
{
	TEST("arrivals: the index is named after FILE, and files by a hash", names_it);
	TEST("arrivals: the edges of a time are found as they were noted", finds_what_was_noted);
	TEST("arrivals: it has a size that it keeps to, and knows old times less exactly",
	     keeps_to_its_size);
	TEST("arrivals: a damaged record is none, and hides no other", passes_damage);
	TEST("arrivals: what cannot be written or read is an error", says_why_not);
	return test_end();
}
