/* encoder: frames of whole lines that any zstd reads, each of which can be read alone. */
#include "closed/encoder.h"

#include "family/frames.h"
#include "scratch.h"
#include "test.h"

#include <zlib.h>
#include <zstd.h>

enum { SIZE = 3 * ENCODER_FRAME, ROOM = SIZE + 4096 };

static char plain[SIZE], packed[ROOM], unpacked[SIZE + 1];
static atomic_bool go_on, stop = true;

/* Lines of 1 to 200 bytes, with newlines. */
static void fill_lines(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (x >> 24) % 100 == 0 ? '\n' : "logsink "[(x >> 20) % 8];
	}
}

static int encode_stopped(enum names_suffix suffix, size_t file, uint64_t size,
			  const atomic_bool *stopped)
{
	scratch_bytes("plain", plain, file, 0600);
	int from = open("plain", O_RDONLY | O_CLOEXEC);
	int to = open("packed", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const struct encoder_job job = {
		.from = from, .to = to, .size = size, .suffix = suffix, .level = 1, .stop = stopped
	};
	int result = encoder_run(&job), error = errno;

	close(from);
	close(to);
	errno = error;
	return result;
}

/* Compresses the first size bytes of plain into packed; returns how many they are then. */
static size_t encode(enum names_suffix suffix, size_t size)
{
	size_t len;

	if (!CHECK_INT(encode_stopped(suffix, size, size, &go_on), 0))
		return 0;
	FILE *f = fopen("packed", "rb");
	len = f ? fread(packed, 1, ROOM, f) : 0;
	if (len == 0 || len == ROOM || fclose(f) != 0)
		scratch_fail("packed");
	return len;
}

static struct frames *frames_of(size_t len)
{
	size_t table = frames_table_len(packed + len - FRAMES_TAIL, len);

	return table ? frames_read(packed + len - table, table, len) : NULL;
}

/* Decompresses frame by frame, last one first, and compares; returns how many there are. */
static size_t check_frames(size_t len, size_t size)
{
	struct frames *f = frames_of(len);
	size_t count;

	if (!CHECK(f != NULL))
		return 0;
	count = frames_count(f);
	CHECK_INT(frames_plain_size(f), size);
	for (size_t i = count; i-- > 0;) {
		struct frames_frame r;
		unsigned long long said;

		frames_get(f, i, &r);
		said = ZSTD_getFrameContentSize(packed + r.at, r.size);
		CHECK_INT(said, r.plain_size);
		CHECK_INT(ZSTD_decompress(unpacked, SIZE, packed + r.at, r.size), r.plain_size);
		CHECK(memcmp(unpacked, plain + r.plain_at, r.plain_size) == 0);
		CHECK(r.plain_size <= ENCODER_FRAME);
	}
	frames_free(f);
	return count;
}

/* ---- tests ---- */

static void any_size_comes_back(void)
{
	static const size_t sizes[] = {
		0, 1, 4096, 128 * 1024, ENCODER_FRAME - 1, ENCODER_FRAME, ENCODER_FRAME + 1, SIZE
	};

	scratch_enter();
	fill_lines();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t len = encode(NAMES_ZST, sizes[i]);

		/* As one, as zstd -d does. */
		CHECK_INT(ZSTD_decompress(unpacked, sizeof(unpacked), packed, len), sizes[i]);
		CHECK(memcmp(unpacked, plain, sizes[i]) == 0);
		CHECK_INT(check_frames(len, sizes[i]), sizes[i] <= ENCODER_FRAME ? 1
						       : sizes[i] < SIZE         ? 2
										 : 4);
	}
	scratch_leave();
}

static void frames_hold_whole_lines(void)
{
	struct frames *f;

	scratch_enter();
	fill_lines();
	f = frames_of(encode(NAMES_ZST, SIZE));
	CHECK(f != NULL);
	for (size_t i = 0; f && i + 1 < frames_count(f); i++) {
		struct frames_frame r;

		frames_get(f, i, &r);
		CHECK(plain[r.plain_at + r.plain_size - 1] == '\n');
		CHECK(r.plain_size > ENCODER_FRAME - 4096);
	}
	frames_free(f);
	scratch_leave();
}

/* Where the lines end decides: at the last place of a frame, at its first, nowhere. */
static void long_lines_are_cut(void)
{
	static const struct {
		size_t newline, first;
	} rows[] = {
		{ ENCODER_FRAME - 1, ENCODER_FRAME },
		{ ENCODER_FRAME, ENCODER_FRAME },
		{ 0, 1 },
		{ 4095, 4096 },
		{ 4096, 4097 },
		{ SIZE - 1, ENCODER_FRAME },
	};

	scratch_enter();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct frames_frame r;
		struct frames *f;
		size_t len;

		memset(plain, 'x', SIZE);
		plain[rows[i].newline] = '\n';
		len = encode(NAMES_ZST, SIZE);
		check_frames(len, SIZE);
		f = frames_of(len);
		if (!CHECK(f != NULL))
			continue;
		frames_get(f, 0, &r);
		CHECK_INT(r.plain_size, rows[i].first);
		frames_free(f);
	}
	scratch_leave();
}

static void gzip_is_one_member(void)
{
	z_stream z = { .next_in = (Bytef *)packed };

	scratch_enter();
	fill_lines();
	z.avail_in = (uInt)encode(NAMES_GZ, SIZE);
	z.next_out = (Bytef *)unpacked;
	z.avail_out = sizeof(unpacked);
	inflateInit2(&z, 15 + 16);
	CHECK_INT(inflate(&z, Z_FINISH), Z_STREAM_END);
	CHECK_INT(z.avail_in, 0);
	CHECK_INT(z.total_out, SIZE);
	CHECK(memcmp(unpacked, plain, SIZE) == 0);
	inflateEnd(&z);
	scratch_leave();
}

static void says_why_not(void)
{
	scratch_enter();
	fill_lines();
	for (enum names_suffix suffix = NAMES_ZST; suffix <= NAMES_GZ; suffix++) {
		CHECK_INT(encode_stopped(suffix, 1000, 1000, &stop), -1);
		CHECK_INT(errno, ECANCELED);
		CHECK_INT(encode_stopped(suffix, 1000, 1001, &go_on), -1); /* it was truncated */
		CHECK_INT(errno, EIO);
		CHECK_INT(encode_stopped(suffix, 1000, SIZE, &go_on), -1);
		CHECK_INT(errno, EIO);
	}
	scratch_leave();
}

int main(void)
{
	TEST("encoder: a file of any size comes back, as one and frame by frame",
	     any_size_comes_back);
	TEST("encoder: frames hold whole lines, of about 4 MiB", frames_hold_whole_lines);
	TEST("encoder: only a line that is longer than a frame is cut", long_lines_are_cut);
	TEST("encoder: gzip is one member", gzip_is_one_member);
	TEST("encoder: a file that became shorter, and being stopped, are errors", says_why_not);
	return test_end();
}
