/*
 * Find the processes that keep a pipe open, as far as /proc allows.
 *
 * A descriptor is recognised by the text of its link, "pipe:[123]" or a path, and not by
 * stat(2), which would access the file systems of other processes' files; one may not answer.
 */
#include "process/holder.h"

#include "process/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMED = 3, NAME = PROCFS_NAME };

enum { STEPS = 10000 }; /* processes and descriptors to examine; some microseconds each */

/* A list of processes; only the first ones are named. */
struct list {
	char text[HOLDER_TEXT - NAME]; /* leaves room for the words that holder_find adds */
	size_t len;
	unsigned count;
};

static void add(struct list *l, const struct procfs_process *p)
{
	if (l->count++ < NAMED)
		l->len +=
			(size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%d (%.40s)",
					 l->count > 1 ? ", " : "", p->id, p->name);
}

static void end(struct list *l)
{
	if (l->count > NAMED)
		snprintf(l->text + l->len, sizeof(l->text) - l->len, " and %u more",
			 l->count - NAMED);
}

static bool leads_to(int dir, const char *name, const char *link)
{
	char there[PATH_MAX];
	struct stat st;
	ssize_t n = readlinkat(dir, name, there, sizeof(there) - 1);

	there[n > 0 ? n : 0] = '\0';
	/* The mode of the link itself shows how it is open. */
	return n > 0 && strcmp(there, link) == 0 &&
	       fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode & S_IWUSR;
}

static bool holds(int process, const char *link, unsigned *steps)
{
	char path[NAME];
	const struct dirent *e;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/fd", process);
	DIR *fds = opendir(path);
	if (!fds)
		return false;
	errno = 0;
	while (!found && errno != EACCES && ++*steps < STEPS && (e = readdir(fds)) != NULL)
		found = leads_to(dirfd(fds), e->d_name, link);
	closedir(fds);
	return found;
}

static void look(const char *link, pid_t in, struct list *holders, struct list *group)
{
	unsigned steps = 0;
	struct procfs_process self, p;
	const struct dirent *e;
	DIR *all = procfs_read("self", &self) ? opendir("/proc") : NULL;

	if (!all)
		return;
	while (++steps < STEPS && (e = readdir(all)) != NULL) {
		if (*e->d_name < '1' || *e->d_name > '9' || !procfs_read(e->d_name, &p))
			continue;
		if (p.id == self.id)
			continue; /* standard input may be open for writing, too */
		if (holds(p.id, link, &steps))
			add(holders, &p);
		else if (!p.zombie && p.group == (in ? in : self.group))
			add(group, &p);
	}
	closedir(all);
}

bool holder_find(int fd, pid_t in, char text[HOLDER_TEXT])
{
	char path[NAME], link[PATH_MAX];
	struct list holders = { 0 }, group = { 0 };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	/* Of a pseudo-terminal, others have the other end. */
	(void)ptsname_r(fd, link, sizeof(link));
	look(link, in, &holders, &group);
	end(&holders);
	end(&group);
	if (holders.count)
		snprintf(text, HOLDER_TEXT, "held by %s", holders.text);
	else if (group.count)
		snprintf(text, HOLDER_TEXT, "perhaps held by %s, of the same process group",
			 group.text);
	return holders.count || group.count;
}
