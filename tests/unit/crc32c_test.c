/* The checksum, by the examples of RFC 3720, appendix B.4. */
#include "base/crc32c.h"

#include "test.h"

static void examples(void)
{
	unsigned char bytes[32];

	CHECK_INT(crc32c(0, "", 0), 0);
	CHECK_INT(crc32c(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof(bytes));
	CHECK_INT(crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	CHECK_INT(crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	CHECK_INT(crc32c(0, bytes, sizeof(bytes)), 0x46dd794e);
}

static void in_pieces(void)
{
	CHECK_INT(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

int main(void)
{
	TEST("crc32c: the examples of the RFC", examples);
	TEST("crc32c: bytes in pieces have the checksum of all", in_pieces);
	return test_end();
}
