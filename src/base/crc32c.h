/* The checksum CRC-32C. Pure. */
#ifndef CRC32C_H
#define CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * crc32c(crc, p, len): the checksum of the bytes so far, of which crc is that of those before; 0 at
 * the beginning. Castagnoli's polynomial, RFC 3720, appendix B.4.
 * Thread: any.
 */
uint32_t crc32c(uint32_t crc, const void *p, size_t len);

#endif
