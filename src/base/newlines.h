/* Count newlines. Pure. */
#ifndef NEWLINES_H
#define NEWLINES_H

#include <stddef.h>

/*
 * newlines_count(p, len): the number of newlines in len bytes.
 */
size_t newlines_count(const char *p, size_t len);

#endif
