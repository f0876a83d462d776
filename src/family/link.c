/* The link to the current file: only ours is replaced, and at one stroke. */
#include "family/link.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "family/names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct link {
	struct link_options o;
	char *temporary; /* its name until it is complete */
	bool said;       /* that something went wrong with it */
};

int link_may_be(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISLNK(st.st_mode))
		return 0;
	diag(DIAG_FATAL,
	     "%s is %s, and the link to the current log goes there; rename it first, or "
	     "use --link=PATH or --no-link",
	     path, S_ISREG(st.st_mode) ? "a regular file" : "not a link");
	return -1;
}

struct link *link_new(const struct link_options *o)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->o = *o;
	if (asprintf(&l->temporary, ".%s.link", o->name) >= 0)
		return l;
	free(l);
	errno = ENOMEM;
	return NULL;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	free(l->temporary);
	free(l);
}

/* Whether name is that of a file of FILE, with whatever --roll it was made. */
static bool is_name_of_ours(const struct link *l, const char *name)
{
	struct names_member m;
	struct names names;

	for (int roll = CALENDAR_NEVER; roll <= CALENDAR_MONTHLY; roll++)
		if (names_init(&names, l->o.file, (enum calendar_roll)roll) != NAMES_TOO_LONG &&
		    names_parse(&names, name, &m))
			return true;
	return false;
}

/* Whether the first n bytes of a link's text lead from its directory to the log's. */
static bool leads_to_log(const struct link *l, const char *text, size_t n)
{
	char path[PATH_MAX];
	struct stat there, log;

	if (n == strlen(l->o.way) && memcmp(text, l->o.way, n) == 0)
		return true; /* whether the directory is there or not */
	snprintf(path, sizeof(path), "%.*s", n ? (int)n : 1, n ? text : ".");
	return fstatat(l->o.dir, path, &there, 0) == 0 && fstat(l->o.log, &log) == 0 &&
	       fdio_same_file(&there, &log);
}

/*
 * Whether the symbolic link in the link's place is one to a file of this log, which need not be
 * there: only such a link is replaced. text: what is in it.
 */
static bool is_link_of_ours(const struct link *l, char text[PATH_MAX])
{
	ssize_t len = readlinkat(l->o.dir, l->o.name, text, PATH_MAX - 1);

	if (len < 0) {
		stpcpy(text, "somewhere");
		return false;
	}
	text[len] = '\0';
	for (char *name = text; name; name = strchr(name, '/')) {
		name += *name == '/';
		if (is_name_of_ours(l, name) && leads_to_log(l, text, (size_t)(name - text)))
			return true;
	}
	return false;
}

int link_check(const struct link *l)
{
	char text[PATH_MAX];
	struct stat st;

	if (fstatat(l->o.dir, l->o.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode) ||
	    is_link_of_ours(l, text))
		return 0;
	diag(DIAG_FATAL,
	     "%s%s is a symbolic link to %s, which is no file of this log, and the link "
	     "to the current log goes there; remove it, or use --link=PATH or --no-link",
	     l->o.prefix, l->o.name, text);
	return -1;
}

/* -1 and errno; EEXIST: what is at *blocked is not ours to replace. */
static int replace_link(const struct link *l, const char *target, const char **blocked)
{
	char text[PATH_MAX];
	struct stat st;

	if (fstatat(l->o.dir, l->o.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !(S_ISLNK(st.st_mode) && is_link_of_ours(l, text))) {
		*blocked = l->o.name; /* put there since the start */
		errno = EEXIST;
		return -1;
	}
	*blocked = l->temporary;
	if (fstatat(l->o.dir, l->temporary, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
	    unlinkat(l->o.dir, l->temporary, 0) < 0)
		return -1; /* left by a crash, in a directory where nothing can be removed */
	if (symlinkat(target, l->o.dir, l->temporary) < 0)
		return -1;
	if (renameat(l->o.dir, l->temporary, l->o.dir, l->o.name) < 0) {
		int error = errno;

		(void)unlinkat(l->o.dir, l->temporary, 0);
		errno = error;
		return -1;
	}
	return 0;
}

void link_target(const struct link *l, const char *name, char to[LINK_TARGET])
{
	snprintf(to, LINK_TARGET, "%s%s", l->o.way, name);
}

void link_point(struct link *l, const char *name)
{
	char target[LINK_TARGET];
	const char *blocked = "";

	link_target(l, name, target);
	if (replace_link(l, target, &blocked) == 0 || l->said)
		return;
	l->said = true;
	if (errno == EEXIST)
		diag(DIAG_WARNING,
		     "cannot let the link %s%s point to %s: %s%s exists, and is not a link of "
		     "ours; the log itself continues",
		     l->o.prefix, l->o.name, target, l->o.prefix, blocked);
	else
		diag(DIAG_WARNING,
		     "cannot let the link %s%s point to %s: %s; the log itself continues",
		     l->o.prefix, l->o.name, target, strerror(errno));
}

void link_lost(struct link *l)
{
	if (l->said)
		return;
	l->said = true;
	diag(DIAG_WARNING,
	     "cannot make the directory of the link %s%s again: %s; the log itself "
	     "continues",
	     l->o.prefix, l->o.name, strerror(errno));
}
