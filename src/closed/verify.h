/* Whether a compressed file holds just the bytes of a plain one. */
#ifndef VERIFY_H
#define VERIFY_H

#include "family/names.h"

#include <stdatomic.h>
#include <stdint.h>

/*
 * verify_form(packed, suffix, plain, size, stop): whether the file packed, of the format that
 * suffix stands for, unpacks to the first size bytes of the file plain and to no more. Both are
 * read from where their descriptors stand. A file that takes more memory than any of ours does
 * is taken for another one.
 * Returns: 1 or 0; or -1 and errno, ECANCELED when *stop became true.
 */
int verify_form(int packed, enum names_suffix suffix, int plain, uint64_t size,
		const atomic_bool *stop);

#endif
