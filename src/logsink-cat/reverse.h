/* Print a log with the newest line first. */
#ifndef REVERSE_H
#define REVERSE_H

#include "logsink-cat/lines.h"
#include "reader/members.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * reverse_print(m, l, n, missing, arg): print the last n lines that l selects, the newest first, in
 * bounded memory. A file that cannot be entered anywhere is decompressed once for every 8 MiB of
 * it.
 *
 * missing(arg, which, form, error, detail) is called for what cannot be had, as follow_piece has
 * it. Returns: 0, or -1 and errno (ENOMEM).
 */
int reverse_print(const struct members *m, struct lines *l, uint64_t n,
		  void (*missing)(void *arg, const struct member *which, enum names_suffix form,
				  int error, const char *detail),
		  void *arg);

#endif
