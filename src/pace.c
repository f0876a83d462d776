/* How long to leave an input alone before the next look. Pure. */
#include "pace.h"

enum { HEAVY = 64 * 1024 };

#define SHORTEST_S 0.0001 /* worth going to sleep for */

void pace_start(struct pace *p)
{
	p->nap = 0.;
	p->heavy = false;
}

/* After an empty look: a flow may have stuttered, a lone line is followed by a full nap. */
static bool look_again(struct pace *p)
{
	if (p->nap >= p->longest)
		return false;
	p->nap = p->heavy && p->nap > 0. ? p->nap * 4 : p->heavy ? SHORTEST_S : p->longest;
	return true;
}

bool pace_next(struct pace *p, size_t burst)
{
	bool more = true;

	if (burst == 0)
		more = look_again(p);
	else
		p->heavy = burst >= HEAVY;
	if (burst >= p->capacity / 4 * 3)
		p->nap = p->nap < 2 * SHORTEST_S ? 0. : p->nap / 2;
	else if (burst > 0 && burst < p->capacity / 4)
		p->nap = p->nap < SHORTEST_S ? SHORTEST_S : p->nap * 1.5;
	if (p->nap > p->longest)
		p->nap = p->longest;
	return more;
}
