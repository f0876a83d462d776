/*
 * The checksum CRC-32C. Pure.
 *
 * Four bits at a time, by a table of 16: it checks a few hundred bytes a few times a second.
 */
#include "base/crc32c.h"

uint32_t crc32c(uint32_t crc, const void *p, size_t len)
{
	/* The remainder of each value of four bits, of the reflected polynomial 0x82f63b78. */
	static const uint32_t remainders[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const unsigned char *byte = p;

	crc = ~crc;
	while (len-- > 0) {
		crc ^= *byte++;
		crc = crc >> 4 ^ remainders[crc & 15];
		crc = crc >> 4 ^ remainders[crc & 15];
	}
	return ~crc;
}
