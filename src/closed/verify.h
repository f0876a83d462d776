/* Compare a compressed file with a plain one. */
#ifndef VERIFY_H
#define VERIFY_H

#include "family/names.h"

#include <stdatomic.h>
#include <stdint.h>

/*
 * verify_form(packed, suffix, plain, size, stop): whether the file packed, in the format of
 * suffix, decompresses to exactly the first size bytes of the file plain. Both are
 * read from their current offsets. A file that needs more memory than logsink's own counts as
 * different.
 * Returns: 1 or 0; or -1 and errno, ECANCELED when *stop became true.
 */
int verify_form(int packed, enum names_suffix suffix, int plain, uint64_t size,
		const atomic_bool *stop);

#endif
