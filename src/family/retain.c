/* Which closed files go, and by which rule. Pure. */
#include "family/retain.h"

#include "family/calendar.h"
#include "family/family.h"

#include <stdlib.h>

/* When the period of a file ended; of a file without a period, its last change. */
static time_t end_of(const struct calendar *c, const struct family_file *f)
{
	struct calendar_period p;

	if (c->roll == CALENDAR_NEVER)
		return f->mtime;
	calendar_find(c, calendar_moment(c, (time_t)f->member.period), &p);
	return p.end;
}

static enum retain_verdict judge(const struct retain_rules *r, const struct retain_state *s,
				 const struct calendar *c, const struct family_file *f)
{
	if (r->keep != RETAIN_ALL && s->closed > (uint64_t)r->keep)
		return RETAIN_KEEP;
	if (r->max_total && s->closed_bytes + s->other_bytes > r->max_total)
		return RETAIN_MAX_TOTAL;
	if (r->keep_free && (s->free_bytes < r->keep_free || s->over_quota))
		return RETAIN_KEEP_FREE;
	if (r->max_age_s && s->now - end_of(c, f) >= r->max_age_s)
		return RETAIN_MAX_AGE;
	return RETAIN_STAYS;
}

enum retain_verdict retain_step(const struct retain_rules *r, struct retain_state *s,
				const struct calendar *c, const struct family_file *f)
{
	enum retain_verdict verdict = judge(r, s, c, f);

	if (verdict == RETAIN_STAYS)
		return verdict;
	s->closed--;
	s->over_quota = false;
	s->closed_bytes -= f->size;
	/* By our own account: some file systems free the space a while later. */
	s->free_bytes += f->size < UINT64_MAX - s->free_bytes ? f->size : 0;
	return verdict;
}

const char *retain_option(enum retain_verdict v)
{
	switch (v) {
	case RETAIN_STAYS:
		return "";
	case RETAIN_KEEP:
		return "--keep";
	case RETAIN_MAX_TOTAL:
		return "--max-total";
	case RETAIN_KEEP_FREE:
		return "--keep-free";
	case RETAIN_MAX_AGE:
		return "--max-age";
	}
	abort();
}

uint64_t retain_part_limit(const struct retain_rules *r, uint64_t size)
{
	uint64_t quarter = r->max_total / 4;

	return r->max_total && quarter < size ? quarter : size;
}

uint64_t retain_other_bytes(uint64_t part_limit, bool compress)
{
	/* Neither format adds more than this to bytes that cannot be compressed. */
	return compress ? 2 * part_limit + part_limit / 128 + 1024 : part_limit;
}

uint64_t retain_default_free(uint64_t total)
{
	const uint64_t gib = UINT64_C(1024) * 1024 * 1024;

	return total / 20 < gib ? total / 20 : gib;
}
