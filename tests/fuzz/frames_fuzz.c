/* Whatever ends a file: its seek table is refused, or each byte is in just one frame of the file.
 */
#include "family/frames.h"

#include "fuzz.h"

static void frames_fill_the_file(const struct frames *f, uint64_t size)
{
	struct frames_frame frame = { 0 };
	uint64_t at = 0, plain_at = 0;

	for (size_t i = 0; i < frames_count(f); i++) {
		frames_get(f, i, &frame);
		HOLDS(frame.at == at && frame.plain_at == plain_at);
		at += frame.size;
		plain_at += frame.plain_size;
		if (frame.plain_size == 0)
			continue;
		HOLDS(frames_find(f, frame.plain_at) == i);
		HOLDS(frames_find(f, plain_at - 1) == i);
	}
	HOLDS(at == size);
	HOLDS(frames_plain_size(f) == plain_at);
	HOLDS(frames_find(f, plain_at) == frames_count(f));
	HOLDS(frames_find(f, UINT64_MAX) == frames_count(f));
}

/* Written again it is a table of the same frames. */
static void comes_back(const struct frames *f, uint64_t size)
{
	size_t len;
	unsigned char *table = frames_table(f, &len);
	struct frames *again = frames_read(table, len, size + len);

	HOLDS(frames_table_len(table + len - FRAMES_TAIL, size + len) == len);
	HOLDS(again && frames_count(again) == frames_count(f));
	frames_fill_the_file(again, size);
	frames_free(again);
	free(table);
}

/* The last bytes of a file; the first eight of data say how many were before them. */
FUZZ(data, len)
{
	uint64_t before;
	size_t table;
	unsigned char *tail;

	if (len < sizeof(before) + FRAMES_TAIL)
		return;
	memcpy(&before, data, sizeof(before));
	len -= sizeof(before);
	tail = malloc(len);
	memcpy(tail, data + sizeof(before), len);
	if (before > UINT64_MAX - len)
		before = UINT64_MAX - len;
	table = frames_table_len(tail + len - FRAMES_TAIL, before + len);
	HOLDS(table <= before + len);
	if (table > 0 && table <= len) {
		struct frames *f = frames_read(tail + len - table, table, before + len);

		if (f) {
			frames_fill_the_file(f, before + len - table);
			comes_back(f, before + len - table);
		}
		frames_free(f);
	}
	free(tail);
}
