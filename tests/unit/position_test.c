/* Positions: text and back, two slots, and which files are still held. */
#include "family/position.h"

#include "family/family.h"

#include "scratch.h"
#include "test.h"

static struct position made(void)
{
	struct position p = { .id = "0123456789abcdef",
			      .family = "/var/log/a b%\n/app.log",
			      .topic = "app-logs",
			      .cluster = "mock",
			      .records = 3,
			      .lines = 4,
			      .bytes = 5,
			      .gaps = 6,
			      .clean = true,
			      .head_period = -100,
			      .head_part = 2,
			      .head_bytes = 1024,
			      .head_crc = 0xe3069283,
			      .partition_total = 4 };
	position_add(&p, 200, 1)->offset = 77;
	position_add(&p, -100, 2)->ended = true;
	position_add(&p, -100, 1)->torn = true;
	position_partition(&p, 3)->next = 12345678901;
	position_partition(&p, 0)->next = 0;
	return p;
}

static void text_and_back(void)
{
	static struct position p, q;
	static char text[POSITION_SLOT], again[POSITION_SLOT];

	p = made();
	size_t n = position_format(&p, text, sizeof(text));
	CHECK(n > 0);
	CHECK(position_parse(text, n, &q));
	CHECK_STR(q.family, p.family);
	CHECK_INT(q.file_count, 3);
	CHECK_INT(q.files[0].period, -100);
	CHECK(q.files[0].torn && !q.files[0].ended);
	CHECK(q.files[1].ended && !q.files[1].torn);
	CHECK_INT(q.files[2].offset, 77);
	CHECK_INT(position_partition(&q, 3)->next, 12345678901);
	CHECK_INT(position_format(&q, again, sizeof(again)), (long long)n);
	CHECK_STR(again, text);
}

static void every_cut_and_flip(void)
{
	static struct position p, q;
	static char text[POSITION_SLOT];

	p = made();
	size_t n = position_format(&p, text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		CHECK(!position_parse(text, i, &q));
	for (size_t i = 0; i < n; i++) {
		/* The case of the checksum's digits is the only thing that may change. */
		text[i] ^= 0x01;
		CHECK(!position_parse(text, n, &q));
		text[i] ^= 0x01;
	}
	CHECK(position_parse(text, n, &q));
}

static void too_much(void)
{
	static struct position p, q;
	static char text[POSITION_SLOT];

	p = made();
	memset(p.family, '\n', sizeof(p.family) - 1);
	for (int i = 0; i < 100; i++)
		position_add(&p, INT64_MIN + i, UINT32_MAX)->offset = UINT64_MAX;
	CHECK_INT(p.file_count, POSITION_FILES);
	for (int i = 0; i < POSITION_PARTITIONS; i++)
		CHECK(position_partition(&p, i) != NULL);
	CHECK(!position_partition(&p, POSITION_PARTITIONS));
	for (int i = 0; i < POSITION_PARTITIONS; i++)
		position_partition(&p, i)->next = INT64_MAX;
	size_t n = position_format(&p, text, sizeof(text));
	CHECK(n > 0);
	CHECK(position_parse(text, n, &q));
	CHECK_STR(q.family, p.family);
	CHECK_INT(position_format(&p, text, n), 0);
}

static void holds(void)
{
	static struct position p;
	struct family_file f = { .member = { .period = 200, .part = 1 },
				 .size = 77,
				 .measured = true };

	CHECK(position_holds(&p, &f)); /* nothing was shipped */
	p = made();
	CHECK(!position_holds(&p, &f));
	f.size = 78;
	CHECK(position_holds(&p, &f));
	f.member.suffix = NAMES_ZST; /* not seen to its end */
	f.size = 7;
	CHECK(position_holds(&p, &f));
	position_find(&p, 200, 1)->ended = true;
	CHECK(!position_holds(&p, &f));
	f.member.part = 2; /* newer */
	CHECK(position_holds(&p, &f));
	f.member = (struct names_member){ .period = -101, .part = 9 }; /* older than all */
	CHECK(!position_holds(&p, &f));
	f.member = (struct names_member){ .period = 0, .part = 1 }; /* appeared among them */
	CHECK(position_holds(&p, &f));
}

static void slots(void)
{
	static struct position p, q;

	scratch_enter();
	int fd = open("position", O_RDWR | O_CREAT, 0600);

	CHECK_INT(position_read(fd, &q), POSITION_NEW);
	p = made();
	for (uint64_t i = 1; i <= 5; i++) {
		p.records = i;
		CHECK_INT(position_write(fd, &p), 0);
		CHECK_INT(position_read(fd, &q), POSITION_FOUND);
		CHECK_INT(q.records, (long long)i);
		CHECK_INT(q.count, (long long)i);
	}
	CHECK(q.saved_ns > 0);
	/* The fifth is in the second slot; a crash in it leaves the fourth. */
	CHECK_INT(pwrite(fd, "\0\0\0", 3, POSITION_SLOT + 40), 3);
	CHECK_INT(position_read(fd, &q), POSITION_FOUND);
	CHECK_INT(q.records, 4);
	/* The next goes where the damaged one is. */
	q.records = 6;
	CHECK_INT(position_write(fd, &q), 0);
	CHECK_INT(position_read(fd, &q), POSITION_FOUND);
	CHECK_INT(q.records, 6);
	CHECK_INT(pwrite(fd, "x", 1, 40), 1);
	CHECK_INT(pwrite(fd, "x", 1, POSITION_SLOT + 40), 1);
	CHECK_INT(position_read(fd, &q), POSITION_DAMAGED);
	CHECK_INT(ftruncate(fd, 0), 0);
	CHECK_INT(position_read(fd, &q), POSITION_NEW);
	close(fd);
	CHECK_INT(position_read(fd, &q), POSITION_FAILED);
	CHECK_INT(position_write(fd, &q), -1);
	CHECK_INT(q.count, 0);
	scratch_leave();
}

int main(void)
{
	TEST("position: its text gives it back", text_and_back);
	TEST("position: a text that is cut or changed anywhere is refused", every_cut_and_flip);
	TEST("position: the largest fits, and the oldest files are forgotten", too_much);
	TEST("position: a file is held until all of it was shipped", holds);
	TEST("position: two slots are written in turn, and the newest whole one is read", slots);
	return test_end();
}
