/*
 * The hash FNV-1a of 64 bits: small, and the same on every machine; no protection from anybody.
 * Pure. Source: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
 */
#ifndef FNV_H
#define FNV_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t fnv1a(const char *p, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; len > 0; p++, len--)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
