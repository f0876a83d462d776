/*
 * Which bytes of a log are between two times.
 *
 * First those members are left out of which the dates in the names tell enough. Names may be in
 * local time or UTC, and do not tell which; so both are thought possible. Of those that are left,
 * halving finds the last one that begins before a time. Only files on that way are opened, of
 * 100,000 less than twenty.
 */
#include "reader/span.h"

#include "base/clock.h"
#include "family/arrivals.h"
#include "family/calendar.h"
#include "reader/bytime.h"
#include "reader/linetime.h"
#include "reader/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct finder {
	const struct members *members;
	const struct span_times *times;
	struct unpack *unpack;
	struct arrivals *arrivals; /* NULL: there is no index */
};

/* ---- one member ---- */

/* When a member's period may begin, at the earliest and at the latest. */
static void period_of(const struct member *which, int64_t *earliest, int64_t *latest)
{
	const struct calendar local = { .roll = CALENDAR_NEVER };
	int64_t utc = which->period, here = calendar_moment(&local, which->period);
	const int64_t most = INT64_MAX / CLOCK_SECOND - 1;

	if (here < -most || here > most || utc < -most || utc > most) {
		*earliest = INT64_MIN; /* of a log without dates */
		*latest = INT64_MIN;
		return;
	}
	*earliest = (here < utc ? here : utc) * CLOCK_SECOND;
	*latest = (here > utc ? here : utc) * CLOCK_SECOND;
}

static struct linetime_rules rules_for(const struct finder *f, const struct member *which)
{
	int64_t earliest, latest;

	period_of(which, &earliest, &latest);
	return (struct linetime_rules){ .near = latest, .utc = f->times->utc };
}

static uint64_t file_of(const struct finder *f, const struct member *which)
{
	char name[NAMES_SIZE];

	members_name(f->members, which, NAMES_PLAIN, name);
	return arrivals_file(name);
}

/* Opens a member; -1: it cannot be read. */
static int open_member(struct finder *f, const struct member *which)
{
	enum names_suffix form;
	int fd = members_open(f->members, which, &form);

	return fd < 0 ? -1 : unpack_start(f->unpack, fd, form);
}

/* When a member begins, as well as it is known. */
static int64_t begin_of(struct finder *f, const struct member *which)
{
	const struct linetime_rules rules = rules_for(f, which);
	int64_t ns, latest;

	if (open_member(f, which) == 0 && bytime_first(f->unpack, &rules, &ns) == 1)
		return ns;
	if (f->arrivals && arrivals_first(f->arrivals, file_of(f, which), &ns))
		return ns;
	period_of(which, &ns, &latest);
	return ns;
}

/* Where a time begins or ends in a member; all of it counts if nothing is known. */
static uint64_t edge_in(struct finder *f, const struct member *which, enum bytime_edge edge,
			int64_t when)
{
	const struct linetime_rules rules = rules_for(f, which);
	uint64_t offset;

	if (open_member(f, which) == 0 && bytime_find(f->unpack, &rules, edge, when, &offset) == 1)
		return offset;
	if (f->arrivals &&
	    arrivals_find(f->arrivals, file_of(f, which),
			  edge == BYTIME_FROM ? ARRIVALS_FROM : ARRIVALS_BEHIND, when, &offset))
		return offset;
	return edge == BYTIME_FROM ? 0 : UINT64_MAX;
}

/* ---- members ---- */

/* The first member of an index less than high with a period that may begin later; high: none. */
static size_t skip_begun(const struct finder *f, size_t high, int64_t when, bool surely)
{
	size_t low = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int64_t earliest, latest;

		period_of(members_get(f->members, middle), &earliest, &latest);
		if ((surely ? earliest : latest) > when)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The first member of which not all periods are over: of the period before the next that begins. */
static size_t skip_over(const struct finder *f, size_t high, int64_t when)
{
	size_t i = skip_begun(f, high, when, false);

	if (i > 0)
		i--;
	while (i > 0 &&
	       members_get(f->members, i - 1)->period == members_get(f->members, i)->period)
		i--;
	return i;
}

/* The last member of low to high - 1 that begins before the time, or at it; low, if none does. */
static size_t last_begun(struct finder *f, size_t low, size_t high, int64_t when)
{
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (begin_of(f, members_get(f->members, middle)) <= when)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void read_index(struct finder *f)
{
	const char *file = members_file(f->members);
	char name[ARRIVALS_NAME];
	int fd;

	if (strlen(file + names_directory(file)) >= NAMES_SIZE)
		return;
	arrivals_name(file + names_directory(file), name);
	fd = openat(members_fd(f->members), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	f->arrivals = fd < 0 ? NULL : arrivals_read(fd);
	if (fd >= 0)
		close(fd);
}

/* The candidates are the members from low on, before high. */
static int find_between(struct finder *f, size_t low, size_t high, struct span *s)
{
	size_t first = low, last = high - 1;

	s->from = 0;
	s->to = UINT64_MAX;
	if (f->times->since != INT64_MIN) {
		first = last_begun(f, low, high, f->times->since - 1);
		s->from = edge_in(f, members_get(f->members, first), BYTIME_FROM, f->times->since);
	}
	if (f->times->until != INT64_MAX) {
		last = last_begun(f, first, high, f->times->until);
		s->to = edge_in(f, members_get(f->members, last), BYTIME_BEHIND, f->times->until);
	}
	s->first = *members_get(f->members, first);
	s->last = *members_get(f->members, last);
	return last > first || s->from < s->to;
}

int span_find(const struct members *m, const struct span_times *t, struct span *s)
{
	struct finder f = { .members = m, .times = t };
	size_t low = 0, high = members_count(m);
	int result = 0;

	f.unpack = unpack_new();
	if (!f.unpack)
		return -1;
	if (t->until != INT64_MAX)
		high = skip_begun(&f, high, t->until, true);
	if (t->since != INT64_MIN)
		low = skip_over(&f, high, t->since);
	if (low < high && members_fd(m) >= 0) {
		read_index(&f);
		result = find_between(&f, low, high, s);
	}
	arrivals_free(f.arrivals);
	unpack_free(f.unpack);
	return result;
}
