/* How long to leave an input alone before the next look. Pure. */
#ifndef COALESCE_H
#define COALESCE_H

#include <stdbool.h>
#include <stddef.h>

/* One input's. */
struct coalesce {
	double longest;  /* seconds: --interval */
	size_t capacity; /* of the pipe, in bytes */
	double nap;      /* seconds: how long this time */
	bool heavy;      /* much came lately */
};

/*
 * coalesce_start(p, pause_s): something came, so long after the last bytes. After a pause it
 * is not to wait; in a flow of single lines a nap collects more of them.
 */
void coalesce_start(struct coalesce *p, double pause_s);

/*
 * coalesce_next(p, burst): so many bytes came since the last look; sets p->nap.
 *
 * It grows while that is little, and shrinks when the pipe was nearly full, before
 * the program has to wait.
 * Returns: false if nothing came for so long that it is better waited for.
 */
bool coalesce_next(struct coalesce *p, size_t burst);

#endif
