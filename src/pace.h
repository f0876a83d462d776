/* How long to leave an input alone before the next look. Pure. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stddef.h>

/* One input's. */
struct pace {
	double longest;  /* seconds: --interval */
	size_t capacity; /* of the pipe, in bytes */
	double nap;      /* seconds: how long this time */
	bool heavy;      /* much came lately */
};

/* pace_start(p): something came after a pause; do not let it wait. */
void pace_start(struct pace *p);

/*
 * pace_next(p, burst): so many bytes came since the last look; sets p->nap.
 *
 * It grows while that is little, and shrinks when the pipe was nearly full, before
 * the program has to wait.
 * Returns: false if nothing came in a nap of full length: wait for the next bytes.
 */
bool pace_next(struct pace *p, size_t burst);

#endif
