/* How long to leave an input alone before the next look. Pure. */
#include "input/coalesce.h"

enum { HEAVY = 64 * 1024 };

#define SHORTEST_S 0.0001 /* worth going to sleep for */

void coalesce_start(struct coalesce *p, double pause_s)
{
	p->nap = p->heavy || pause_s > 2 * p->longest ? 0. : p->longest;
}

bool coalesce_next(struct coalesce *p, size_t burst)
{
	bool flows = burst > 0;

	if (flows)
		p->heavy = burst >= HEAVY;
	if (!flows && p->heavy && p->nap < p->longest) { /* it may only stutter */
		p->nap = p->nap > 0. ? p->nap * 4 : SHORTEST_S;
		flows = true;
	} else if (burst >= p->capacity / 4 * 3) {
		p->nap = p->nap < 2 * SHORTEST_S ? 0. : p->nap / 2;
	} else if (burst < p->capacity / 4) {
		p->nap = p->nap < SHORTEST_S ? SHORTEST_S : p->nap * 1.5;
	}
	if (p->nap > p->longest)
		p->nap = p->longest;
	return flows;
}
