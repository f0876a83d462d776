/* frames: a table comes back as it was written, and no wrong one is taken for a table. */
#include "family/frames.h"

#include "test.h"

#include <errno.h>

static struct frames_frame get(const struct frames *f, size_t i)
{
	struct frames_frame frame;

	frames_get(f, i, &frame);
	return frame;
}

/* The table of a file of frames with these lengths; its bytes are the caller's. */
static unsigned char *make(const uint32_t sizes[][2], size_t count, size_t *len, uint64_t *size)
{
	struct frames *f = frames_new();
	unsigned char *table;

	*size = 0;
	for (size_t i = 0; i < count; i++) {
		CHECK_INT(frames_add(f, sizes[i][0], sizes[i][1]), 0);
		*size += sizes[i][0];
	}
	table = frames_table(f, len);
	*size += *len;
	frames_free(f);
	return table;
}

/* The frames of a file of so many bytes that ends with this table. */
static struct frames *read_table(const unsigned char *table, size_t len, uint64_t size)
{
	if (frames_table_len(table + len - FRAMES_TAIL, size) != len)
		return NULL;
	return frames_read(table, len, size);
}

/* ---- tests ---- */

/* An example by hand, from the description of the format. */
static void is_the_published_format(void)
{
	static const uint32_t sizes[][2] = { { 0x01020304, 0x05060708 }, { 2, 1 } };
	static const unsigned char want[] = {
		0x5e, 0x2a, 0x4d, 0x18, 25, 0,    0,    0, /* header */
		4,    3,    2,    1,    8,  7,    6,    5,    2,
		0,    0,    0,    1,    0,  0,    0,                /* entries */
		2,    0,    0,    0,    0,  0xb1, 0xea, 0x92, 0x8f, /* footer */
	};
	size_t len;
	uint64_t size;
	unsigned char *table = make(sizes, 2, &len, &size);

	if (CHECK_INT(len, sizeof(want)))
		CHECK(memcmp(table, want, len) == 0);
	free(table);
}

static void comes_back(void)
{
	static const uint32_t sizes[][2] = {
		{ 100, 1000 }, { 30, 0 }, { 1, UINT32_MAX }, { UINT32_MAX, 7 }, { 50, 0 }
	};
	size_t len;
	uint64_t size;
	unsigned char *table = make(sizes, 5, &len, &size);
	struct frames *f = read_table(table, len, size);

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(frames_count(f), 5);
	CHECK_INT(frames_plain_size(f), UINT64_C(1007) + UINT32_MAX);
	CHECK_INT(get(f, 0).at, 0);
	CHECK_INT(get(f, 1).at, 100);
	CHECK_INT(get(f, 1).plain_at, 1000);
	CHECK_INT(get(f, 1).plain_size, 0);
	CHECK_INT(get(f, 2).plain_size, UINT32_MAX);
	CHECK_INT(get(f, 3).at, 131);
	CHECK_INT(get(f, 3).size, UINT32_MAX);
	CHECK_INT(get(f, 4).at, UINT64_C(131) + UINT32_MAX);
	CHECK_INT(frames_find(f, 0), 0);
	CHECK_INT(frames_find(f, 999), 0);
	CHECK_INT(frames_find(f, 1000), 2); /* not the one that holds nothing */
	CHECK_INT(frames_find(f, UINT64_C(999) + UINT32_MAX), 2);
	CHECK_INT(frames_find(f, UINT64_C(1000) + UINT32_MAX), 3);
	CHECK_INT(frames_find(f, UINT64_C(1006) + UINT32_MAX), 3);
	CHECK_INT(frames_find(f, UINT64_C(1007) + UINT32_MAX), 5);
	CHECK_INT(frames_find(f, UINT64_MAX), 5);
	frames_free(f);
	free(table);
}

static void may_be_empty(void)
{
	size_t len;
	uint64_t size;
	unsigned char *table = make(NULL, 0, &len, &size);
	struct frames *f = read_table(table, len, size);

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(frames_count(f), 0);
	CHECK_INT(frames_find(f, 0), 0);
	CHECK_INT(frames_plain_size(f), 0);
	frames_free(f);
	free(table);
}

/* Other programs' tables may have checksums, and bits that mean nothing yet. */
static void reads_checksums(void)
{
	static const unsigned char table[] = {
		0x5e, 0x2a, 0x4d, 0x18, 33, 0, 0,  0, 10,   0,    0,    0,    20,   0,
		0,    0,    9,    9,    9,  9, 11, 0, 0,    0,    21,   0,    0,    0,
		8,    8,    8,    8,    2,  0, 0,  0, 0x83, 0xb1, 0xea, 0x92, 0x8f,
	};
	struct frames *f = read_table(table, sizeof(table), sizeof(table) + 21);

	if (!CHECK(f != NULL))
		return;
	CHECK_INT(frames_count(f), 2);
	CHECK_INT(get(f, 1).at, 10);
	CHECK_INT(get(f, 1).plain_size, 21);
	frames_free(f);
}

/* Every byte that is changed but those of the lengths before compression is noticed. */
static void refuses_wrong_bytes(void)
{
	static const uint32_t sizes[][2] = { { 100, 1000 }, { 200, 2000 } };
	enum { PLAIN_0 = 12, PLAIN_1 = 20, DESCRIPTOR = 28 };
	size_t len;
	uint64_t size;
	unsigned char *table = make(sizes, 2, &len, &size);

	for (size_t i = 0; i < len * 8; i++) {
		size_t at = i / 8;
		bool harmless = (at >= PLAIN_0 && at < PLAIN_0 + 4) ||
				(at >= PLAIN_1 && at < PLAIN_1 + 4) ||
				(at == DESCRIPTOR && i % 8 < 2);

		table[at] ^= (unsigned char)(1 << i % 8);
		struct frames *f = read_table(table, len, size);
		CHECK((f != NULL) == harmless);
		frames_free(f);
		table[at] ^= (unsigned char)(1 << i % 8);
	}
	free(table);
}

static void refuses_wrong_lengths(void)
{
	static const uint32_t sizes[][2] = { { 100, 1000 }, { 200, 2000 } };
	size_t len;
	uint64_t size;
	unsigned char *table = make(sizes, 2, &len, &size);

	CHECK(!read_table(table, len, size - 1));
	CHECK(!read_table(table, len, size + 1));
	CHECK(!read_table(table, len, len));
	CHECK(!read_table(table, len, 0));
	CHECK(!read_table(table, len, UINT64_MAX));
	errno = 0;
	CHECK(!frames_read(table, len - 1, size) && errno == EINVAL);
	CHECK(!frames_read(table + 1, len - 1, size) && errno == EINVAL);
	for (size_t n = 0; n < 17; n++)
		CHECK(!frames_read(table + len - n, n, size));
	free(table);
}

/* What a footer claims does not reserve memory that the file has no bytes for. */
static void believes_no_number(void)
{
	unsigned char tail[FRAMES_TAIL] = { 0xff, 0xff, 0xff, 0xff, 0, 0xb1, 0xea, 0x92, 0x8f };

	CHECK_INT(frames_table_len(tail, 1000), 0);
	CHECK_INT(frames_table_len(tail, UINT64_MAX), 0);
	memcpy(tail, "\1\0\10\0", 4); /* FRAMES_MOST and one */
	CHECK_INT(frames_table_len(tail, UINT64_MAX), 0);
	memcpy(tail, "\0\0\10\0", 4);
	CHECK_INT(frames_table_len(tail, UINT64_MAX), 17 + 8 * FRAMES_MOST);
	CHECK_INT(frames_table_len(tail, 16 + 8 * FRAMES_MOST), 0);
}

static void has_bounds(void)
{
	struct frames *f = frames_new();

	CHECK(frames_add(f, UINT64_C(1) << 32, 1) < 0 && errno == EOVERFLOW);
	CHECK(frames_add(f, 1, UINT64_C(1) << 32) < 0 && errno == EOVERFLOW);
	CHECK_INT(frames_count(f), 0);
	for (size_t i = 0; i < FRAMES_MOST; i++)
		if (!CHECK_INT(frames_add(f, 1, 1), 0))
			break;
	CHECK(frames_add(f, 1, 1) < 0 && errno == EOVERFLOW);
	CHECK_INT(frames_find(f, FRAMES_MOST - 1), FRAMES_MOST - 1);
	frames_free(f);
}

int main(void)
{
	TEST("frames: the table is in the published format", is_the_published_format);
	TEST("frames: what was written is read, and each byte is found in its frame", comes_back);
	TEST("frames: a table may have no frames", may_be_empty);
	TEST("frames: tables with checksums are read", reads_checksums);
	TEST("frames: a table with a wrong bit is none", refuses_wrong_bytes);
	TEST("frames: a table that does not fit the file is none", refuses_wrong_lengths);
	TEST("frames: no number in a table is believed", believes_no_number);
	TEST("frames: a table has bounds", has_bounds);
	return test_end();
}
