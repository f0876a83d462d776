/*
 * fuzz.h: what a libFuzzer target needs.
 *
 * A target is a program of its own: FUZZ(data, len) { ... }, which HOLDS what must be true of
 * any input. `make fuzz` builds them with clang's sanitizers and runs each for a while.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)                                                                           \
	((condition) ? (void)0                                                                     \
		     : (void)(fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,    \
				      #condition),                                                 \
			      abort()))

static void fuzz(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz(data, len);
	return 0;
}

#define FUZZ(data, len) static void fuzz(const uint8_t *data, size_t len)

#endif
