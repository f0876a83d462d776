/* verify: a compressed form is one only if it holds just the bytes of the plain file; doubt is a
 * no. */
#include "closed/verify.h"

#include "family/frames.h"
#include "scratch.h"
#include "test.h"

#include <zlib.h>
#include <zstd.h>

enum { BIG = 600 * 1024, ROOM = BIG + 64 * 1024 }; /* more than is looked at at once */

static char plain[BIG], packed[ROOM];
static atomic_bool go_on, stop = true;

static void make_plain(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < BIG; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (char)(x >> 24);
	}
}

static size_t pack_zstd(size_t len, char *to, int window_log)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_inBuffer in = { plain, len, 0 };
	ZSTD_outBuffer out = { to, ROOM, 0 };

	if (window_log)
		ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
	/* In two steps, or the window would be no larger than what is packed. */
	ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush);
	CHECK_INT(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(c);
	return out.pos;
}

static size_t pack_gzip(size_t len, char *to)
{
	z_stream z = { .next_in = (Bytef *)plain,
		       .avail_in = (uInt)len,
		       .next_out = (Bytef *)to,
		       .avail_out = ROOM };

	deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return ROOM - z.avail_out;
}

static size_t pack(enum names_suffix suffix, size_t len, char *to)
{
	return suffix == NAMES_GZ ? pack_gzip(len, to) : pack_zstd(len, to, 0);
}

/* Whether so many bytes of packed hold the first size of the file "plain". */
static int verify_stopped(enum names_suffix suffix, size_t packed_len, uint64_t size,
			  const atomic_bool *stopped)
{
	scratch_bytes("packed", packed, packed_len, 0644);
	int p = open("packed", O_RDONLY | O_CLOEXEC), q = open("plain", O_RDONLY | O_CLOEXEC);
	int result = verify_form(p, suffix, q, size, stopped), error = errno;

	close(p);
	close(q);
	errno = error;
	return result;
}

static int verify(enum names_suffix suffix, size_t packed_len, uint64_t size)
{
	return verify_stopped(suffix, packed_len, size, &go_on);
}

/* ---- tests ---- */

static void same(enum names_suffix suffix)
{
	static const size_t sizes[] = { 0, 1, 4096, 128 * 1024, 128 * 1024 + 1, BIG };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		scratch_bytes("plain", plain, sizes[i], 0644);
		CHECK_INT(verify(suffix, pack(suffix, sizes[i], packed), sizes[i]), 1);
	}
	/* What was added to the plain file since is not asked for. */
	CHECK_INT(verify(suffix, pack(suffix, BIG - 5, packed), BIG - 5), 1);
}

static void other_bytes(enum names_suffix suffix)
{
	static const size_t places[] = { 0, BIG / 2, BIG - 1 };
	size_t len = pack(suffix, BIG, packed);

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		plain[places[i]] ^= 1;
		scratch_bytes("plain", plain, BIG, 0644);
		CHECK_INT(verify(suffix, len, BIG), 0);
		plain[places[i]] ^= 1;
	}
}

static void other_length(enum names_suffix suffix)
{
	size_t len = pack(suffix, BIG - 1, packed);

	scratch_bytes("plain", plain, BIG, 0644);
	CHECK_INT(verify(suffix, len, BIG), 0);
	CHECK_INT(verify(suffix, len, BIG - 2), 0);
	scratch_bytes("plain", plain, BIG - 2, 0644); /* shorter than it was said to be */
	CHECK_INT(verify(suffix, len, BIG - 1), 0);
}

static void torn(enum names_suffix suffix)
{
	size_t len = pack(suffix, BIG, packed);

	scratch_bytes("plain", plain, BIG, 0644);
	CHECK_INT(verify(suffix, len - 1, BIG), 0); /* all bytes, and not the end of the format */
	CHECK_INT(verify(suffix, len / 2, BIG), 0);
	CHECK_INT(verify(suffix, 0, BIG), 0);
	CHECK_INT(verify(suffix, 0, 0), 0);
	packed[len / 2] ^= 1;
	CHECK_INT(verify(suffix, len, BIG), 0);
	packed[0] ^= 1;
	CHECK_INT(verify(suffix, len, BIG), 0);
}

static void more_behind(enum names_suffix suffix)
{
	size_t len = pack(suffix, 1000, packed);

	scratch_bytes("plain", plain, 1000, 0644);
	packed[len] = 'x';
	CHECK_INT(verify(suffix, len + 1, 1000), 0);
	/* A second member, though it be empty, is not ours; zstd may have more frames. */
	len += pack(suffix, 0, packed + len);
	CHECK_INT(verify(suffix, len, 1000), suffix == NAMES_ZST);
	packed[len] = 'x';
	CHECK_INT(verify(suffix, len + 1, 1000), 0);
	/* The same where what is behind comes with another read. */
	len = pack(suffix, 1000, packed);
	memset(packed + len, 0, 128 * 1024);
	CHECK_INT(verify(suffix, 128 * 1024 + 1, 1000), 0);
}

/* Frames of other lengths than the reads, and a seek table behind them. */
static void sees_frames(void)
{
	static const size_t cuts[] = { 0, 1, 1, 1000, 200 * 1024, BIG };
	struct frames *f = frames_new();
	size_t len = 0, begin = 0, table_len;

	scratch_enter();
	scratch_bytes("plain", plain, BIG, 0644);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		size_t n =
			ZSTD_compress(packed + len, ROOM - len, plain + begin, cuts[i] - begin, 1);

		frames_add(f, n, cuts[i] - begin);
		len += n;
		begin = cuts[i];
	}
	CHECK_INT(verify(NAMES_ZST, len, BIG), 1);
	char *table = frames_table(f, &table_len);
	memcpy(packed + len, table, table_len);
	CHECK_INT(verify(NAMES_ZST, len + table_len, BIG), 1);
	for (size_t n = 1; n < table_len; n++)
		CHECK_INT(verify(NAMES_ZST, len + n, BIG), 0);
	packed[len + table_len] = 0;
	CHECK_INT(verify(NAMES_ZST, len + table_len + 1, BIG), 0);
	CHECK_INT(verify(NAMES_ZST, len + table_len, BIG - 1), 0);
	len += table_len;
	len += ZSTD_compress(packed + len, ROOM - len, "x", 1, 1); /* a byte too many */
	CHECK_INT(verify(NAMES_ZST, len, BIG), 0);
	free(table);
	frames_free(f);
	scratch_leave();
}

static void stopped(enum names_suffix suffix)
{
	size_t len = pack(suffix, BIG, packed);

	scratch_bytes("plain", plain, BIG, 0644);
	CHECK_INT(verify_stopped(suffix, len, BIG, &stop), -1);
	CHECK_INT(errno, ECANCELED);
}

static void with_both(void (*test)(enum names_suffix suffix))
{
	scratch_enter();
	test(NAMES_ZST);
	test(NAMES_GZ);
	scratch_leave();
}

static void holds_the_same(void)
{
	with_both(same);
}

static void sees_other_bytes(void)
{
	with_both(other_bytes);
}

static void sees_other_lengths(void)
{
	with_both(other_length);
}

static void sees_torn_ones(void)
{
	with_both(torn);
}

static void sees_what_is_behind(void)
{
	with_both(more_behind);
}

static void stops(void)
{
	with_both(stopped);
}

static void wants_no_more_memory_than_ours(void)
{
	scratch_enter();
	scratch_bytes("plain", plain, BIG, 0644);
	CHECK_INT(verify(NAMES_ZST, pack_zstd(BIG, packed, 23), BIG), 1);
	CHECK_INT(verify(NAMES_ZST, pack_zstd(BIG, packed, 24), BIG), 0);
	scratch_leave();
}

static void takes_one_format_for_no_other(void)
{
	scratch_enter();
	scratch_bytes("plain", plain, 1000, 0644);
	CHECK_INT(verify(NAMES_GZ, pack(NAMES_ZST, 1000, packed), 1000), 0);
	CHECK_INT(verify(NAMES_ZST, pack(NAMES_GZ, 1000, packed), 1000), 0);
	scratch_leave();
}

static void says_what_cannot_be_read(void)
{
	size_t len = pack(NAMES_ZST, 1000, packed);

	scratch_enter();
	scratch_bytes("packed", packed, len, 0644);
	int p = open("packed", O_RDONLY | O_CLOEXEC), directory = open(".", O_RDONLY | O_CLOEXEC);

	CHECK_INT(verify_form(p, NAMES_ZST, directory, 1000, &go_on), -1);
	CHECK_INT(errno, EISDIR);
	CHECK_INT(verify_form(directory, NAMES_ZST, p, 1000, &go_on), -1);
	CHECK_INT(errno, EISDIR);
	close(p);
	close(directory);
	scratch_leave();
}

int main(void)
{
	make_plain();
	TEST("verify: the packed bytes of a file, empty or large, are seen to be its",
	     holds_the_same);
	TEST("verify: one byte that differs is seen wherever it is", sees_other_bytes);
	TEST("verify: fewer and more bytes are seen", sees_other_lengths);
	TEST("verify: what is cut short or damaged holds nothing", sees_torn_ones);
	TEST("verify: with anything behind its end it is another file", sees_what_is_behind);
	TEST("verify: a file may be in several frames, with a seek table", sees_frames);
	TEST("verify: a window larger than any of ours is another file",
	     wants_no_more_memory_than_ours);
	TEST("verify: the other format is another file", takes_one_format_for_no_other);
	TEST("verify: what cannot be read is an error, and no answer", says_what_cannot_be_read);
	TEST("verify: it stops when told to", stops);
	return test_end();
}
