/* compressor: a temporary file that is complete, or none; and the plain one is only read. */
#include "closed/compressor.h"

#include "family/directory.h"
#include "scratch.h"
#include "test.h"

#include <pthread.h>
#include <zlib.h>
#include <zstd.h>

enum { SIZE = 700 * 1024 };

static char plain[SIZE], unpacked[SIZE + 1];

/* ---- a disk that fails ---- */

static _Atomic bool sync_fails;
static _Atomic int syncs;

/* What is synced here is a temporary file, or a compressed form that is there already. */
int fsync(int fd)
{
	(void)fd;
	syncs++;
	errno = EIO;
	return sync_fails ? -1 : 0;
}

/* ---- a directory, and a compressor ---- */

static struct {
	struct directory *dir;
	struct compressor *c;
	_Atomic int ends;
} t;

static void on_end(void *arg)
{
	(void)arg;
	t.ends++;
}

static void enter(enum names_suffix suffix)
{
	const struct directory_options d = { .file = "logs/app.log", .dir_mode = 0755 };
	const struct compressor_options o = { .suffix = suffix, .level = 1 };

	scratch_enter();
	for (size_t i = 0; i < SIZE; i++)
		plain[i] = "logsink"[i * i % 7 + i / 1000 % 2];
	t.ends = syncs = 0;
	sync_fails = false;
	t.dir = directory_open(&d);
	t.c = t.dir ? compressor_start(t.dir, &o, on_end, NULL) : NULL;
	if (!t.c)
		scratch_fail("compressor_start");
}

static void leave(void)
{
	compressor_stop(t.c);
	directory_close(t.dir, false);
	scratch_leave();
}

static void make_plain(size_t size)
{
	const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };

	scratch_bytes("logs/app", plain, size, 0600);
	if (chmod("logs/app", 0640) < 0 || utimensat(AT_FDCWD, "logs/app", times, 0) < 0)
		scratch_fail("logs/app");
}

static void begin(void)
{
	compressor_begin(t.c, "app", "app.packed", ".app.tmp");
}

static bool has_ended(const void *n)
{
	return t.ends >= *(const int *)n;
}

/* Compresses logs/app, and waits for the end. */
static enum compressor_result compress_it(void)
{
	int n = t.ends + 1;

	begin();
	CHECK_SOON(has_ended, &n);
	return compressor_result(t.c);
}

/* How many bytes a file unpacks to. */
static size_t unpack(enum names_suffix suffix, const char *name)
{
	const char *packed = scratch_read(name);
	struct stat st;

	if (!packed || stat(name, &st) < 0)
		return SIZE_MAX;
	if (suffix == NAMES_ZST)
		return ZSTD_decompress(unpacked, sizeof(unpacked), packed, (size_t)st.st_size);
	gzFile f = gzopen(name, "rb");
	int n = gzread(f, unpacked, sizeof(unpacked));

	return gzclose(f) == Z_OK ? (size_t)n : SIZE_MAX;
}

/* ---- tests ---- */

static void whole(enum names_suffix suffix)
{
	static const size_t sizes[] = { 0, 1, 128 * 1024, SIZE };
	struct stat st, source;

	enter(suffix);
	CHECK_INT(compressor_result(t.c), COMPRESSOR_STOPPED);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		make_plain(sizes[i]);
		CHECK_INT(compress_it(), COMPRESSOR_DONE);
		CHECK_INT(unpack(suffix, "logs/.app.tmp"), sizes[i]);
		CHECK(memcmp(unpacked, plain, sizes[i]) == 0);
		CHECK(stat("logs/.app.tmp", &st) == 0);
		CHECK_INT(st.st_mode & 07777, 0640);
		CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2);
		CHECK_INT(syncs, i + 1);
		compressor_source(t.c, &source);
		CHECK(stat("logs/app", &st) == 0 && compressor_same_bytes(&source, &st));
		CHECK_INT(st.st_size, sizes[i]);
		unlink("logs/.app.tmp");
	}
	CHECK_STR(scratch_said(), "");
	leave();
}

static void makes_whole_files(void)
{
	whole(NAMES_ZST);
	whole(NAMES_GZ);
}

static void leaves_nothing_that_counts(void)
{
	int stopped = 0;

	enter(NAMES_ZST);
	make_plain(SIZE);
	/* Stopped at one moment or another; at first before it can be done. */
	for (int i = 0; i < 50 || (!stopped && i < 5000); i++) { /* on a busy machine later */
		begin();
		for (int spin = 0;
		     spin < i % 50 * (i % 50) && compressor_result(t.c) == COMPRESSOR_BUSY; spin++)
			sched_yield();
		compressor_cancel(t.c);
		enum compressor_result result = compressor_result(t.c);
		CHECK(result == COMPRESSOR_DONE || result == COMPRESSOR_STOPPED);
		stopped += result == COMPRESSOR_STOPPED;
		CHECK_INT(scratch_has("logs/.app.tmp"), result == COMPRESSOR_DONE);
		if (result == COMPRESSOR_DONE)
			CHECK_INT(unpack(NAMES_ZST, "logs/.app.tmp"), SIZE);
		unlink("logs/.app.tmp");
		CHECK_STR(scratch_list("logs"), "app");
	}
	CHECK(stopped > 0);
	CHECK_STR(scratch_said(), "");
	leave();
}

static void fails_without_a_trace(void)
{
	enter(NAMES_ZST);
	make_plain(SIZE);
	sync_fails = true;
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	CHECK(!scratch_has("logs/.app.tmp"));
	CHECK_STR(scratch_said(),
		  "logsink: warning: cannot compress logs/app: Input/output error; it "
		  "is left uncompressed for now\n");
	sync_fails = false;
	CHECK_INT(compress_it(), COMPRESSOR_DONE);
	/* The temporary of another is not ours to write to. */
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	leave();
}

static void sees_what_is_gone(void)
{
	enter(NAMES_ZST);
	CHECK_INT(compress_it(), COMPRESSOR_GONE);
	CHECK(symlink("../victim", "logs/app") == 0);
	scratch_file("victim", "mine");
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	CHECK_STR(scratch_list("logs"), "app");
	CHECK(!scratch_has("logs/.app.tmp"));
	leave();
}

static void finds_a_double(void)
{
	enter(NAMES_ZST);
	make_plain(SIZE);
	CHECK_INT(compress_it(), COMPRESSOR_DONE);
	CHECK(rename("logs/.app.tmp", "logs/app.packed") == 0);
	CHECK_INT(compress_it(), COMPRESSOR_DOUBLE);
	CHECK(!scratch_has("logs/.app.tmp"));
	CHECK_INT(syncs, 2); /* whoever made it may not have synced it */
	CHECK_STR(scratch_said(), "");
	leave();
}

static void touches_no_other_file(void)
{
	enter(NAMES_ZST);
	make_plain(SIZE);
	scratch_file("logs/app.packed", "mine");
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	CHECK_INT(scratch_said_times("logs/app.packed already exists with other content"), 1);
	unlink("logs/app.packed");
	mkdir("logs/app.packed", 0700);
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	rmdir("logs/app.packed");
	CHECK(symlink("nowhere", "logs/app.packed") == 0);
	CHECK_INT(compress_it(), COMPRESSOR_FAILED);
	CHECK(!scratch_has("logs/.app.tmp"));
	leave();
}

static void tells_changed_files(void)
{
	struct stat before, now;

	enter(NAMES_ZST);
	make_plain(10);
	CHECK(stat("logs/app", &before) == 0);
	now = before;
	CHECK(compressor_same_bytes(&before, &now));
	now.st_mtim.tv_nsec++;
	CHECK(!compressor_same_bytes(&before, &now));
	make_plain(11); /* and the same time */
	CHECK(stat("logs/app", &now) == 0 && !compressor_same_bytes(&before, &now));
	CHECK(rename("logs/app", "logs/old") == 0);
	make_plain(10);
	CHECK(stat("logs/app", &now) == 0 && !compressor_same_bytes(&before, &now));
	leave();
}

int main(void)
{
	TEST("compressor: a file of any size becomes a whole one, with its time and mode, and synced",
	     makes_whole_files);
	TEST("compressor: stopped at any moment it leaves a whole temporary file or none",
	     leaves_nothing_that_counts);
	TEST("compressor: a failure leaves nothing, is said, and is no hindrance later",
	     fails_without_a_trace);
	TEST("compressor: what is not there, or is no file, is not compressed", sees_what_is_gone);
	TEST("compressor: what is compressed already is found, and synced", finds_a_double);
	TEST("compressor: where something else has the final name, nothing is made",
	     touches_no_other_file);
	TEST("compressor: a file that was changed or replaced is not the same",
	     tells_changed_files);
	return test_end();
}
