/*
 * Deletes files as the rules say.
 *
 * Closed files go, the oldest first. A file that is newer than the current one exists only if the
 * clock is behind, and is of no concern, but for the disk: it counts for --max-total and
 * --keep-free, and goes when all older files have gone. The writer may be about to open it; so it
 * is asked before (`claim`), and waits with that until those files are deleted (`release`).
 *
 * The list of files takes memory for each, so it is made only when some rule asks for it.
 */
#include "closed/pruner.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/watchdog.h"
#include "closed/catalog.h"
#include "closed/compression.h"
#include "family/directory.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

/* Warns once if the clock is more than a day behind the date in a file's name. */
static void look_at_clock(struct pruner *p)
{
	const int64_t day = 24 * 60 * 60;
	char name[NAMES_SIZE];

	if (p->catalog->family.count == 0)
		return; /* there may be no list */
	const struct family_file *newest = &p->catalog->family.files[p->catalog->family.count - 1];
	if (p->said_behind || p->o.calendar.roll == CALENDAR_NEVER ||
	    !(p->o.rules.max_total || p->o.rules.keep_free) ||
	    catalog_is_closed(p->catalog, &newest->member) ||
	    calendar_moment(&p->o.calendar, (time_t)newest->member.period) -
			    clock_real_ns() / CLOCK_SECOND <
		    day)
		return;
	p->said_behind = true;
	names_build(p->catalog->names, &newest->member, name);
	diag(DIAG_WARNING,
	     "the clock is behind the date in the name of %s%s; such files are kept "
	     "until the clock has passed them, except by --max-total and --keep-free, "
	     "which delete older files first",
	     directory_prefix(p->catalog->dir), name);
}

/* Uses the file system that is there now, which need not be that of the start. */
static uint64_t look_at_disk(struct pruner *p)
{
	struct statvfs fs;

	watchdog_enter(p->catalog->watchdog, "check the free space of", "");
	int result = fstatvfs(directory_fd(p->catalog->dir), &fs);
	watchdog_end(p->catalog->watchdog);
	if (result < 0)
		return UINT64_MAX;
	if (p->o.default_keep_free)
		p->o.rules.keep_free = retain_default_free((uint64_t)fs.f_blocks * fs.f_frsize);
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

/*
 * Whether some rule needs the list of files now. The list takes memory for each file. While there
 * is room on the disk, --keep-free alone does not need it.
 */
static bool needs_list(const struct pruner *p, uint64_t free_bytes)
{
	const struct retain_rules *r = &p->o.rules;

	return r->keep != RETAIN_ALL || r->max_age_s || r->max_total || p->o.compress ||
	       free_bytes < r->keep_free;
}

/* Reads the directory; list: also fills the list of files. */
static void scan(struct pruner *p, bool list)
{
	/* Read sizes only if a rule needs all of them: with many files that takes a while. */
	bool measure = p->o.rules.max_total || p->o.calendar.roll == CALENDAR_NEVER;

	/* A temporary is a leftover, unless the compressor is writing it. */
	catalog_scan(p->catalog, list, measure, !compression_is_out(p->compression));
	p->scanned = true;
	look_at_clock(p);
}

void pruner_begin_period(struct pruner *p)
{
	p->scanned = false;
}

void pruner_know_file(struct pruner *p)
{
	if (!p->scanned)
		scan(p, needs_list(p, look_at_disk(p)));
}

/* The bytes of the closed files, and of those from index newer on. */
static struct retain_state state_now(const struct pruner *p, size_t newer, uint64_t free_bytes)
{
	struct retain_state s = {
		.closed = catalog_closed(p->catalog),
		.other_bytes = retain_other_bytes(p->o.part_limit, p->o.compress),
		.free_bytes = free_bytes,
		.now = (time_t)(clock_real_ns() / CLOCK_SECOND),
	};

	for (size_t i = 0; i < s.closed; i++)
		s.closed_bytes += p->catalog->family.files[i].size;
	for (size_t i = newer; i < p->catalog->family.count; i++)
		s.closed_bytes += p->catalog->family.files[i].size;
	return s;
}

static void remove_file(struct pruner *p, const struct names_member *m, enum retain_verdict why)
{
	char name[NAMES_SIZE];

	compression_cancel(p->compression, m);
	names_build(p->catalog->names, m, name);
	watchdog_enter(p->catalog->watchdog, "delete", name);
	bool written = catalog_is_written(p->catalog, name);
	int result = written ? -1 : catalog_unlink(p->catalog, m);
	watchdog_end(p->catalog->watchdog);
	if (written)
		return;
	if (result == 0)
		diag(DIAG_DELETED, "%s%s (%s)", directory_prefix(p->catalog->dir), name,
		     retain_option(why));
	else if (errno != ENOENT)
		diag(DIAG_WARNING, "cannot delete %s%s for %s: %s; it is kept",
		     directory_prefix(p->catalog->dir), name, retain_option(why), strerror(errno));
}

static void measure(struct pruner *p, struct family_file *f)
{
	char name[NAMES_SIZE];

	names_build(p->catalog->names, &f->member, name);
	watchdog_enter(p->catalog->watchdog, "examine", name);
	family_measure(p->catalog->dir, p->catalog->names, f);
	watchdog_end(p->catalog->watchdog);
}

/* Applies the rules to the files from one index to before another; returns how many it deleted. */
static size_t prune_range(struct pruner *p, const struct retain_rules *rules,
			  struct retain_state *s, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++) {
		struct family_file *f = &p->catalog->family.files[i];

		if (!f->measured && s->free_bytes < rules->keep_free) {
			measure(p, f);
			s->closed_bytes += f->size;
		}
		enum retain_verdict why = retain_step(rules, s, &p->o.calendar, f);
		if (why == RETAIN_STAYS)
			break;
		remove_file(p, &f->member, why);
	}
	/* Off the list even if deleting failed: it is not retried before the next scan. */
	family_cut(&p->catalog->family, from, i);
	return i - from;
}

/* Whether newer files may be deleted until release: the writer has none open, and opens none. */
static bool claim(struct pruner *p)
{
	const struct catalog *c = p->catalog;

	return c->limit.part > 0 && catalog_first_newer(c) < c->family.count &&
	       (p->o.rules.max_total || p->o.rules.keep_free) && p->o.claim(p->o.arg);
}

/* Newer files matter only for the room that they take. */
static size_t prune_newer(struct pruner *p, struct retain_state *s)
{
	struct retain_rules rules = p->o.rules;
	size_t first = catalog_first_newer(p->catalog);

	rules.keep = RETAIN_ALL;
	rules.max_age_s = 0;
	s->closed = p->catalog->family.count - first;
	return prune_range(p, &rules, s, first, p->catalog->family.count);
}

bool pruner_run(struct pruner *p, bool quota)
{
	uint64_t free_bytes = look_at_disk(p);

	if (p->scanned && !p->catalog->listed &&
	    ((quota && p->o.rules.keep_free) || needs_list(p, free_bytes)))
		scan(p, true);
	bool claimed = claim(p);
	size_t newer = claimed ? catalog_first_newer(p->catalog) : p->catalog->family.count;
	struct retain_state s = state_now(p, newer, free_bytes);
	size_t closed = s.closed;

	s.over_quota = quota;
	size_t gone = prune_range(p, &p->o.rules, &s, 0, closed);
	if (claimed && gone == closed)
		gone += prune_newer(p, &s);
	if (claimed)
		p->o.release(p->o.arg);
	return gone > 0;
}
