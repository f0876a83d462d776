/*
 * The processes that a program leaves behind: by their descent from us, and by their group.
 *
 * They are looked up in /proc, although kill(2) can signal a group, or all, without that: only
 * /proc tells a zombie, which nobody may have reaped yet, from a process that is still to end.
 */
#include "process/leftovers.h"

#include "base/children.h"
#include "process/procfs.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct entry {
	pid_t process, parent;
	bool descends, grouped, zombie;
};

struct table {
	struct entry *entries;
	size_t count, size;
};

static bool add(struct table *t, const struct leftovers *l, const struct procfs_process *p)
{
	if (t->count == t->size) {
		size_t size = t->size ? 2 * t->size : 256;
		struct entry *more = realloc(t->entries, size * sizeof(*more));

		if (!more)
			return false;
		t->entries = more;
		t->size = size;
	}
	t->entries[t->count++] = (struct entry){ .process = p->id,
						 .parent = p->parent,
						 .grouped = l->group && p->group == l->group,
						 .zombie = p->zombie };
	return true;
}

static bool read_all(struct table *t, const struct leftovers *l)
{
	DIR *all = opendir("/proc");
	const struct dirent *e;
	struct procfs_process p;
	bool good = all != NULL;

	while (good && (e = readdir(all)) != NULL)
		if (*e->d_name >= '1' && *e->d_name <= '9' && procfs_read(e->d_name, &p))
			good = add(t, l, &p);
	if (all)
		closedir(all);
	return good && t->count > 0;
}

static int by_process(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->process > y->process) - (x->process < y->process);
}

/* Whether its parent is us, or descends from us. */
static bool descends(const struct table *t, const struct entry *e)
{
	const struct entry key = { .process = e->parent };

	if (e->parent == getpid())
		return !children_is_ours(e->process);
	const struct entry *parent = bsearch(&key, t->entries, t->count, sizeof(key), by_process);
	return parent && parent->descends;
}

/* Marks the descendants. A process may have a lower number than its parent, so once is not enough.
 */
static void find(struct table *t)
{
	bool more = true;

	qsort(t->entries, t->count, sizeof(*t->entries), by_process);
	while (more) {
		more = false;
		for (size_t i = 0; i < t->count; i++) {
			struct entry *e = &t->entries[i];

			if (e->descends || !descends(t, e))
				continue;
			e->descends = true;
			more = true;
		}
	}
}

/* Without /proc. */
static int signal_unseen(const struct leftovers *l, int number)
{
	if (l->descendants && getpid() == 1)
		return kill(-1, number) == 0;
	return l->group && kill(-l->group, number) == 0;
}

int leftovers_signal(const struct leftovers *l, int number)
{
	struct table t = { 0 };
	int count = 0;

	if (!read_all(&t, l)) {
		free(t.entries);
		return signal_unseen(l, number);
	}
	if (l->descendants)
		find(&t);
	for (size_t i = 0; i < t.count; i++) {
		const struct entry *e = &t.entries[i];

		if (e->zombie || (!e->descends && !e->grouped))
			continue;
		count++;
		if (number)
			(void)kill(e->process, number);
	}
	free(t.entries);
	return count;
}
