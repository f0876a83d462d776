/* A number that one thread counts up and any thread may read. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t counter;

/* Lines, and the bytes that they have together. */
struct line_counter {
	counter lines, bytes;
};

/* counter_add(c, n): add n.  Thread: the one that counts. */
void counter_add(counter *c, uint64_t n);

/* line_counter_add(c, lines, bytes): add to both.  Thread: the one that counts. */
void line_counter_add(struct line_counter *c, uint64_t lines, uint64_t bytes);

/* counter_get(c): the current value.  Thread: any. */
uint64_t counter_get(const counter *c);

#endif
