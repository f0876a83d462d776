/*
 * The files of a log as the keeper knows them, and which of them are closed.
 *
 * What must never happen is that a file is taken for closed while lines still go to it, and the
 * writer may be some files ahead of what the keeper knows. Hence one rule: a file is closed if it
 * is older, by period and part, than the one that the writer named last (`limit`). Of the others,
 * nothing is known but that they are there.
 */
#include "closed/catalog.h"

#include "base/diag.h"
#include "base/path.h"
#include "base/watchdog.h"
#include "family/directory.h"
#include "family/lock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool catalog_is_closed(const struct catalog *c, const struct names_member *m)
{
	return names_order(m, &c->limit) < 0;
}

size_t catalog_closed(const struct catalog *c)
{
	return family_older(&c->family, &c->limit);
}

size_t catalog_first_newer(const struct catalog *c)
{
	size_t i = catalog_closed(c);

	while (i < c->family.count && names_order(&c->family.files[i].member, &c->limit) == 0)
		i++;
	return i;
}

void catalog_add(struct catalog *c, const struct names_member *m, uint64_t size, time_t mtime)
{
	const struct family_file file = {
		.member = *m, .size = size, .mtime = mtime, .measured = true
	};

	if (c->listed && family_add(&c->family, &file) < 0)
		diag(DIAG_WARNING,
		     "out of memory for the list of closed files: %s; this file will not be "
		     "deleted or compressed before the next period",
		     strerror(errno));
}

void catalog_remove_temporary(const struct catalog *c, const char *name)
{
	int fd = directory_enter(c->dir, name, false);

	if (fd >= 0 && unlinkat(fd, path_base(name), 0) == 0)
		diag(DIAG_INFO, "removed %s%s, left by an unfinished compression",
		     directory_prefix(c->dir), name);
	directory_leave(c->dir, fd);
}

static void on_leftover(void *arg, const char *name)
{
	catalog_remove_temporary(arg, name);
}

void catalog_scan(struct catalog *c, bool list, bool measure, bool leftovers)
{
	c->listed = list;
	if (!list)
		family_clear(&c->family);
	watchdog_enter(c->watchdog, "read the directory of", "");
	if (family_scan(c->dir, c->names, measure, list ? &c->family : NULL,
			leftovers ? on_leftover : NULL, c) < 0)
		diag(DIAG_WARNING,
		     "cannot read the directory of the log, %s: %s; old files are kept",
		     directory_name(c->dir), strerror(errno));
	watchdog_end(c->watchdog);
}

bool catalog_is_written(struct catalog *c, const char *name)
{
	int dir = directory_enter(c->dir, name, false);
	bool written = dir >= 0 && lock_is_written(dir, path_base(name));

	directory_leave(c->dir, dir);
	if (written && !c->said_written)
		diag(DIAG_WARNING,
		     "%s%s is being written to by another logsink, so it is neither deleted nor "
		     "compressed; give each logsink a FILE that shares no files with the other",
		     directory_prefix(c->dir), name);
	c->said_written = c->said_written || written;
	return written;
}

int catalog_unlink(const struct catalog *c, const struct names_member *m)
{
	char name[NAMES_SIZE];
	int fd, result, error;

	names_build(c->names, m, name);
	fd = directory_enter(c->dir, name, false);
	if (fd < 0)
		return -1;
	result = unlinkat(fd, path_base(name), 0);
	error = errno;
	directory_leave(c->dir, fd);
	directory_prune(c->dir, name);
	errno = error;
	return result;
}
