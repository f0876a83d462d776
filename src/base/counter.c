/* A number that one thread counts up and any thread may read. */
#include "base/counter.h"

void counter_add(counter *c, uint64_t n)
{
	/* Only one thread adds, so no locked instruction is needed. */
	atomic_store_explicit(c, counter_get(c) + n, memory_order_relaxed);
}

void line_counter_add(struct line_counter *c, uint64_t lines, uint64_t bytes)
{
	counter_add(&c->lines, lines);
	counter_add(&c->bytes, bytes);
}

uint64_t counter_get(const counter *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}
