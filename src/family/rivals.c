/*
 * Locks of other families that may share files with ours.
 *
 * One family can be written in several ways, and two families may share files without being equal
 * (`app.log` by the day, and `app.2026-11-22.log` with --roll=never). So not only one name is
 * looked at, but all locks of the directory, of those below to which our own template leads now,
 * and of those above from which a template may lead to ours. Each lock's name tells FILE, and its
 * mark
 * --roll; names_overlap says whether two families can give one name.
 *
 * Simpler would be one lock for each directory. Refused: two programs that log to one directory are
 * the rule, and they share nothing.
 *
 * What is looked at may be anybody's: nothing is written, no link followed, and a lock of somebody
 * whose files cannot be ours does not count.
 */
#include "family/rivals.h"

#include "base/clock.h"
#include "base/trust.h"
#include "family/lockfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEVELS_ABOVE = 4 }; /* as %Y/%m/%d/%H has */

static bool overlaps(const struct names *ours, const char *file, enum calendar_roll roll)
{
	struct names theirs;

	return names_begin_alike(ours, file) && names_init(&theirs, file, roll) != NAMES_TOO_LONG &&
	       names_overlap(ours, &theirs, (time_t)(clock_real_ns() / CLOCK_SECOND));
}

/* A directory in which locks are looked for. Names are relative to the upper one of it and ours. */
struct nearby {
	int fd;            /* its own */
	const char *way;   /* from ours to it: "", "../", "2026/" */
	const char *below; /* to it, if it is below ours: "", "2026/" */
	struct names ours;
};

/* Whether a family of that FILE shares files with ours; how: held with which --roll. */
static bool may_share(const struct nearby *p, const char *lock_name, enum lockfile_held how)
{
	char file[NAMES_SIZE], path[NAMES_SIZE];

	if (!lockfile_file(lock_name, file) ||
	    snprintf(path, sizeof(path), "%s%s", p->below, file) >= (int)sizeof(path))
		return false;
	for (int roll = CALENDAR_NEVER; roll <= CALENDAR_MONTHLY; roll++)
		if ((how == LOCKFILE_SOMEHOW || roll == (int)how) &&
		    overlaps(&p->ours, path, (enum calendar_roll)roll))
			return true;
	return false;
}

/* The lock of that name, if it is a rival's: a descriptor; otherwise -1. */
static int open_rival(const struct rivals *r, const struct nearby *p, const char *name)
{
	struct stat st;

	if ((!*p->way && strcmp(name, r->own) == 0) || !may_share(p, name, LOCKFILE_SOMEHOW))
		return -1;
	int fd = openat(p->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1; /* gone; or of somebody whose files we could not touch either */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !trust_is_foreign(p->fd, &st)) {
		enum lockfile_held how = lockfile_held(fd);

		if (how != LOCKFILE_NOT && may_share(p, name, how))
			return fd;
	}
	close(fd);
	return -1;
}

/* Looks at all locks of a directory; takes p->fd, which may be none. As rivals_find. */
static int look_in(const struct rivals *r, const struct nearby *p, char found[NAMES_SIZE])
{
	DIR *dir = p->fd < 0 ? NULL : fdopendir(p->fd);
	struct dirent *e;
	int rival = -1;

	if (!dir) {
		if (p->fd >= 0)
			close(p->fd);
		return -1; /* whoever reads the directory next will say so */
	}
	while (rival < 0 && (e = readdir(dir)) != NULL) {
		rival = open_rival(r, p, e->d_name);
		snprintf(found, NAMES_SIZE, "%s%s", p->way, e->d_name);
	}
	closedir(dir);
	return rival;
}

static int open_directory(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The directories that our template gives now. */
static int look_below(const struct rivals *r, const struct names *ours, char found[NAMES_SIZE])
{
	char name[NAMES_SIZE], component[NAMES_SIZE], way[NAMES_SIZE];
	struct names_member m = { .part = 1 };
	struct calendar_period now;
	int fd = open_directory(r->dir, "."), rival = -1;

	calendar_find(r->calendar, (time_t)(clock_real_ns() / CLOCK_SECOND), &now);
	m.period = names_period(ours, &now.tm);
	names_build(ours, &m, name);
	for (char *at = name, *slash; rival < 0 && (slash = strchr(at, '/')); at = slash + 1) {
		snprintf(component, sizeof(component), "%.*s", (int)(slash - at), at);
		snprintf(way, sizeof(way), "%.*s", (int)(slash + 1 - name), name);
		int next = fd < 0 ? -1 : open_directory(fd, component);
		if (fd >= 0)
			close(fd);
		fd = next;
		struct nearby p = {
			.fd = fd < 0 ? -1 : open_directory(fd, "."),
			.way = way,
			.below = way,
			.ours = *ours,
		};
		rival = look_in(r, &p, found);
	}
	if (fd >= 0)
		close(fd);
	return rival;
}

/* The directories above ours, of which a template may lead to it. */
static int look_above(const struct rivals *r, char found[NAMES_SIZE])
{
	char path[PATH_MAX], file[NAMES_SIZE], longer[NAMES_SIZE], way[3 * LEVELS_ABOVE + 1] = "";
	int rival = -1;

	if (!realpath(*r->prefix ? r->prefix : ".", path))
		return -1;
	stpcpy(file, r->base);
	for (int level = 0; rival < 0 && level < LEVELS_ABOVE; level++) {
		char *slash = strrchr(path, '/');
		struct nearby p = { .way = way, .below = "" };

		if (!slash || slash[1] == '\0' || strchr(slash, '%') ||
		    snprintf(longer, sizeof(longer), "%s/%s", slash + 1, file) >=
			    (int)sizeof(longer))
			return -1;
		stpcpy(file, longer);
		*slash = '\0';
		stpcpy(way + strlen(way), "../");
		if (names_init(&p.ours, file, r->calendar->roll) == NAMES_TOO_LONG)
			return -1;
		p.fd = openat(r->dir, way, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rival = look_in(r, &p, found);
	}
	return rival;
}

int rivals_find(const struct rivals *r, char found[NAMES_SIZE])
{
	struct nearby here = { .fd = open_directory(r->dir, "."), .way = "", .below = "" };

	(void)names_init(&here.ours, r->base, r->calendar->roll);
	int rival = look_in(r, &here, found);
	if (rival < 0)
		rival = look_below(r, &here.ours, found);
	return rival < 0 ? look_above(r, found) : rival;
}
