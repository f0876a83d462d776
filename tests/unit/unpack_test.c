/* Tests for reader/unpack: what comes out of whole, torn and damaged files. */
#include "reader/unpack.h"

#include "family/frames.h"
#include "scratch.h"
#include "test.h"

#include <zlib.h>
#include <zstd.h>

enum { SIZE = 3 * 1024 * 1024 };

static char bytes[SIZE], packed[2 * SIZE], got[2 * SIZE];

/* Lines that do not shrink to nothing. */
static void make_bytes(void)
{
	unsigned state = 1;

	for (int i = 0; i < SIZE; i++) {
		state = state * 1103515245 + 12345;
		bytes[i] = i % 80 == 79 ? '\n' : (char)('a' + (state >> 16) % 26);
	}
}

/* One frame of zstd with a checksum; returns its length. */
static size_t add_frame(char *to, const char *from, size_t len)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	size_t n = ZSTD_compress2(c, to, sizeof(packed) - (size_t)(to - packed), from, len);
	ZSTD_freeCCtx(c);
	CHECK(!ZSTD_isError(n));
	return n;
}

static size_t add_gzip(char *to, const char *from, size_t len)
{
	z_stream z = { 0 };

	deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *)from;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)(sizeof(packed) - (size_t)(to - packed));
	CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* Three frames, and where the second and third begin. */
static size_t three_frames(size_t begin[3])
{
	begin[0] = 0;
	begin[1] = add_frame(packed, bytes, SIZE / 3);
	begin[2] = begin[1] + add_frame(packed + begin[1], bytes + SIZE / 3, SIZE / 3);
	return begin[2] + add_frame(packed + begin[2], bytes + 2 * (SIZE / 3), SIZE / 3);
}

static struct unpack *start(const char *name, enum names_suffix form)
{
	struct unpack *u = unpack_new();

	CHECK(u != NULL);
	CHECK_INT(unpack_start(u, open(name, O_RDONLY | O_CLOEXEC), form), 0);
	return u;
}

/* Reads the rest into got; counts how often bytes were missing. Returns the bytes, or -1. */
static ssize_t rest(struct unpack *u, int *missing)
{
	size_t len = 0;
	const char *p;
	ssize_t n;

	*missing = 0;
	for (;;) {
		n = unpack_next(u, &p);
		if (n == 0)
			return (ssize_t)len;
		if (n < 0 && errno != EBADMSG)
			return -1;
		if (n < 0) {
			if (++*missing > 1000)
				return -1;
			continue;
		}
		memcpy(got + len, p, (size_t)n);
		len += (size_t)n;
	}
}

static void check_all(const char *name, enum names_suffix form, size_t len)
{
	struct unpack *u = start(name, form);
	int missing;

	CHECK_INT(rest(u, &missing), (long long)len);
	CHECK_INT(missing, 0);
	CHECK(memcmp(got, bytes, len) == 0);
	CHECK_INT((long long)unpack_offset(u), (long long)len);
	unpack_free(u);
}

static void whole_files(void)
{
	size_t begin[3], n;

	scratch_enter();
	scratch_bytes("plain", bytes, SIZE, 0600);
	check_all("plain", NAMES_PLAIN, SIZE);
	scratch_bytes("one.zst", packed, add_frame(packed, bytes, SIZE), 0600);
	check_all("one.zst", NAMES_ZST, SIZE);
	n = three_frames(begin);
	/* A skippable frame, as a seek table is in one. */
	memcpy(packed + n, "\x5e\x2a\x4d\x18\x04\0\0\0abcd", 12);
	scratch_bytes("many.zst", packed, n + 12, 0600);
	check_all("many.zst", NAMES_ZST, SIZE);
	n = add_gzip(packed, bytes, 1000);
	n += add_gzip(packed + n, bytes + 1000, SIZE - 1000);
	scratch_bytes("many.gz", packed, n, 0600);
	check_all("many.gz", NAMES_GZ, SIZE);
	scratch_bytes("nothing", "", 0, 0600);
	check_all("nothing", NAMES_PLAIN, 0);
	check_all("nothing", NAMES_ZST, 0);
	check_all("nothing", NAMES_GZ, 0);
	scratch_leave();
}

/* A long run of one letter: very much comes out of very little. */
static void much_out_of_little(void)
{
	static char zeros[SIZE];
	struct unpack *u;
	int missing;

	scratch_enter();
	memset(zeros, 'z', SIZE);
	scratch_bytes("z.zst", packed, add_frame(packed, zeros, SIZE), 0600);
	u = start("z.zst", NAMES_ZST);
	CHECK_INT(rest(u, &missing), SIZE);
	CHECK_INT(missing, 0);
	scratch_bytes("z.gz", packed, add_gzip(packed, zeros, SIZE), 0600);
	CHECK_INT(unpack_start(u, open("z.gz", O_RDONLY | O_CLOEXEC), NAMES_GZ), 0);
	CHECK_INT(rest(u, &missing), SIZE);
	CHECK_INT(missing, 0);
	unpack_free(u);
	scratch_leave();
}

static void seeking(void)
{
	static const struct {
		const char *name;
		enum names_suffix form;
	} files[] = { { "f", NAMES_PLAIN }, { "f.zst", NAMES_ZST }, { "f.gz", NAMES_GZ } };
	static const size_t offsets[] = {
		0, 1, SIZE / 3 - 1, SIZE / 3, SIZE - 1, 5, 5, SIZE, 700000
	};
	size_t begin[3];
	int missing;

	scratch_enter();
	scratch_bytes("f", bytes, SIZE, 0600);
	scratch_bytes("f.zst", packed, three_frames(begin), 0600);
	scratch_bytes("f.gz", packed, add_gzip(packed, bytes, SIZE), 0600);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct unpack *u = start(files[i].name, files[i].form);

		for (size_t k = 0; k < sizeof(offsets) / sizeof(offsets[0]); k++) {
			const char *p;
			size_t at = offsets[k];

			CHECK_INT(unpack_seek(u, at), 0);
			CHECK_INT((long long)unpack_offset(u), (long long)at);
			ssize_t n = unpack_next(u, &p);
			CHECK(at == SIZE ? n == 0 : n > 0 && *p == bytes[at]);
			CHECK_INT((long long)unpack_offset(u), (long long)at + n);
		}
		CHECK_INT(unpack_seek(u, 4711), 0);
		CHECK_INT(rest(u, &missing), SIZE - 4711);
		CHECK(memcmp(got, bytes + 4711, SIZE - 4711) == 0);
		unpack_free(u);
	}
	scratch_leave();
}

/* Three frames, and the table that tells of others. Returns the length. */
static size_t with_table(const size_t lens[3], const size_t sizes[3], size_t begin[3])
{
	size_t n = three_frames(begin), len;
	struct frames *f = frames_new();

	for (int i = 0; i < 3; i++)
		CHECK_INT(frames_add(f, lens ? lens[i] : (i < 2 ? begin[i + 1] : n) - begin[i],
				     sizes ? sizes[i] : SIZE / 3),
			  0);
	void *table = frames_table(f, &len);
	memcpy(packed + n, table, len);
	free(table);
	frames_free(f);
	return n + len;
}

/* Behind damage in the first frame, the others are reached, and so it was not read. */
static void seeking_by_table(void)
{
	static const size_t offsets[] = { SIZE - 1, SIZE / 3, SIZE / 3 + 1, 2 * (SIZE / 3), SIZE };
	size_t begin[3], n;
	uint64_t size;
	int missing;

	scratch_enter();
	n = with_table(NULL, NULL, begin);
	scratch_bytes("whole.zst", packed, n, 0600);
	memset(packed + 20, 0, begin[1] - 40);
	scratch_bytes("f.zst", packed, n, 0600);
	struct unpack *u = start("f.zst", NAMES_ZST);
	CHECK_INT(unpack_size(u, &size), 1);
	CHECK_INT((long long)size, SIZE);
	CHECK_INT((long long)unpack_entry(u, SIZE / 3 - 1), 0);
	CHECK_INT((long long)unpack_entry(u, SIZE / 3), SIZE / 3);
	CHECK_INT((long long)unpack_entry(u, SIZE - 1), 2 * (SIZE / 3));
	CHECK_INT((long long)unpack_entry(u, SIZE), 2 * (SIZE / 3));
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		size_t at = offsets[i];

		CHECK_INT(unpack_seek(u, at), 0);
		CHECK_INT((long long)unpack_offset(u), (long long)at);
		CHECK_INT(rest(u, &missing), (long long)(SIZE - at));
		CHECK_INT(missing, 0);
		CHECK(memcmp(got, bytes + at, SIZE - at) == 0);
	}
	CHECK_INT(unpack_seek(u, SIZE + 1000), 0);
	CHECK_INT((long long)unpack_offset(u), SIZE);
	/* The next file's table is its own. */
	CHECK_INT(unpack_start(u, open("whole.zst", O_RDONLY | O_CLOEXEC), NAMES_ZST), 0);
	CHECK_INT(unpack_seek(u, 5), 0);
	CHECK_INT(rest(u, &missing), SIZE - 5);
	CHECK_INT(missing, 0);
	unpack_free(u);
	u = start("whole.zst", NAMES_PLAIN);
	CHECK_INT(unpack_size(u, &size), 1);
	CHECK_INT((long long)size, (long long)n);
	CHECK_INT((long long)unpack_entry(u, 4711), 4711);
	unpack_free(u);
	scratch_leave();
}

/* A table that lies is left aside when that shows. */
static void seeking_without_a_true_table(void)
{
	size_t begin[3], n = three_frames(begin), third = SIZE / 3;
	const size_t lens[3] = { begin[1] + 1, begin[2] - begin[1] - 1, n - begin[2] };
	const size_t sizes[3] = { third - 1, third + 1, third };
	uint64_t size;
	int missing;

	scratch_enter();
	scratch_bytes("lens.zst", packed, with_table(lens, NULL, begin), 0600);
	scratch_bytes("sizes.zst", packed, with_table(NULL, sizes, begin), 0600);
	scratch_bytes("none.zst", packed, three_frames(begin), 0600);
	static const char *const names[] = { "lens.zst", "sizes.zst", "none.zst" };
	for (int i = 0; i < 3; i++) {
		struct unpack *u = start(names[i], NAMES_ZST);

		CHECK_INT(unpack_seek(u, third + 5), 0);
		CHECK_INT(rest(u, &missing), (long long)(SIZE - third - 5));
		CHECK_INT(missing, 0);
		CHECK(memcmp(got, bytes + third + 5, SIZE - third - 5) == 0);
		CHECK_INT(unpack_size(u, &size), 0);
		CHECK_INT((long long)unpack_entry(u, third + 5), 0);
		unpack_free(u);
	}
	scratch_leave();
}

static void growing(void)
{
	struct unpack *u;
	const char *p;

	scratch_enter();
	scratch_file("f", "one\n");
	u = start("f", NAMES_PLAIN);
	CHECK_INT(unpack_next(u, &p), 4);
	CHECK_INT(unpack_next(u, &p), 0);
	scratch_file("f", "one\ntwo\n");
	CHECK(unlink("f") == 0);
	CHECK_INT(unpack_next(u, &p), 4);
	CHECK(memcmp(p, "two\n", 4) == 0);
	unpack_free(u);
	scratch_leave();
}

/* Wherever a file was cut off, what is before comes out, and that something is missing is told. */
static void torn(void)
{
	size_t begin[3], n = three_frames(begin);
	int missing;

	scratch_enter();
	for (size_t cut = 1; cut < n; cut += n / 50) {
		scratch_bytes("f.zst", packed, cut, 0600);
		struct unpack *u = start("f.zst", NAMES_ZST);
		ssize_t len = rest(u, &missing);

		CHECK(len >= (cut >= begin[2] ? 2 : cut >= begin[1] ? 1 : 0) * (SIZE / 3));
		CHECK(memcmp(got, bytes, (size_t)len) == 0);
		CHECK_INT(missing, cut != begin[1] && cut != begin[2]);
		CHECK(strncmp(unpack_missing(u), "ends too early, at byte ", 24) == 0);
		unpack_free(u);
	}
	n = add_gzip(packed, bytes, SIZE);
	scratch_bytes("f.gz", packed, n - 1, 0600);
	struct unpack *u = start("f.gz", NAMES_GZ);
	CHECK_INT(rest(u, &missing), SIZE);
	CHECK_INT(missing, 1);
	unpack_free(u);
	scratch_leave();
}

/* Whichever byte is wrong, the frames beside it come out whole. */
static void damaged(void)
{
	size_t begin[3], n = three_frames(begin);
	const size_t third = SIZE / 3;
	int missing;

	scratch_enter();
	for (size_t at = begin[1]; at < begin[2]; at += at < begin[1] + 12 ? 1 : n / 40) {
		packed[at] ^= 0x55;
		scratch_bytes("f.zst", packed, n, 0600);
		packed[at] ^= 0x55;
		struct unpack *u = start("f.zst", NAMES_ZST);
		ssize_t len = rest(u, &missing);

		CHECK(len >= (ssize_t)(2 * third));
		CHECK(missing >= 1);
		CHECK(memcmp(got, bytes, third) == 0);
		CHECK(memcmp(got + len - third, bytes + 2 * third, third) == 0);
		unpack_free(u);
	}
	scratch_bytes("f.zst", "no such thing\n", 14, 0600);
	struct unpack *u = start("f.zst", NAMES_ZST);
	CHECK_INT(rest(u, &missing), 0);
	CHECK_INT(missing, 1);
	CHECK(strncmp(unpack_missing(u), "damaged at byte ", 16) == 0);
	CHECK_INT(unpack_start(u, open("f.zst", O_RDONLY | O_CLOEXEC), NAMES_GZ), 0);
	CHECK_INT(rest(u, &missing), 0);
	CHECK_INT(missing, 1);
	unpack_free(u);
	scratch_leave();
}

int main(void)
{
	make_bytes();
	TEST("unpack: plain files, frames and members come out whole", whole_files);
	TEST("unpack: what is decompressed may be much larger", much_out_of_little);
	TEST("unpack: reading goes on at any offset, forwards and backwards", seeking);
	TEST("unpack: a seek table leads to any frame", seeking_by_table);
	TEST("unpack: a seek table that is wrong is not needed", seeking_without_a_true_table);
	TEST("unpack: a plain file is read on when it has grown, also without a name", growing);
	TEST("unpack: of a torn file all before comes out, and that it is torn", torn);
	TEST("unpack: of a damaged file, all but the damaged frame comes out", damaged);
	return test_end();
}
