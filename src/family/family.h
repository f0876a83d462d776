/* The closed files of the family: what is on the disk, and a list of it in memory. */
#ifndef FAMILY_H
#define FAMILY_H

#include "family/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct directory;

struct family_file {
	struct names_member member;
	uint64_t size; /* bytes */
	time_t mtime;
	bool measured; /* size and mtime are known; otherwise they are 0 */
	bool failed;   /* to be compressed: not tried again before the next scan */
};

/* Files in order, the oldest first. */
struct family {
	struct family_file *files;
	size_t count, room;
};

/*
 * family_add(f, file): put it in its place; one of the same period, part and
 * suffix is replaced.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int family_add(struct family *f, const struct family_file *file);

/* family_cut(f, from, to): take out the files from `from` to before `to`. */
void family_cut(struct family *f, size_t from, size_t to);

/* family_find(f, m): the index of that file, or f->count. */
size_t family_find(const struct family *f, const struct names_member *m);

/*
 * family_current(f, period): the file that lines of this period are added to if
 * it is there: its newest part, unless that is compressed. f->count: none.
 */
size_t family_current(const struct family *f, int64_t period);

/* family_older(f, m): how many files are of an older period, or part of it, than m. */
size_t family_older(const struct family *f, const struct names_member *m);

/*
 * family_compressible(f, i, closed): whether the i-th file is one to be compressed, if
 * the first so many are closed: plain, and not of the newest closed part.
 */
bool family_compressible(const struct family *f, size_t i, size_t closed);

/* family_clear(f): an empty list, without memory. */
void family_clear(struct family *f);

/*
 * family_scan(dir, names, measure, f, leftover, arg): make f the list of all regular
 * files on the disk that are members and not foreign (trust_is_foreign). measure: with their sizes
 * and times, which takes a system call for each.
 *
 * f NULL: no list is made.
 *
 * Also calls leftover(arg, name) for each temporary file of a compression that
 * did not end (family_temporary); NULL: not.
 * Returns: 0, or -1 and errno: not everything was seen.
 */
int family_scan(const struct directory *dir, const struct names *names, bool measure,
		struct family *f, void (*leftover)(void *arg, const char *name), void *arg);

/* family_measure(dir, names, file): find out size and time, if the file is still there. */
void family_measure(const struct directory *dir, const struct names *names,
		    struct family_file *file);

/* family_temporary(name, to): the name under which `name` is made: ".name.tmp", beside it. */
void family_temporary(const char *name, char to[NAMES_SIZE]);

/*
 * family_newest_part(dir, names, period, newest, compressed): the highest part
 * of a period, plain or compressed; newest is 0 if there is none.
 * Looks only in the one directory where they are.
 * Returns: 0, or -1 and errno.
 */
int family_newest_part(const struct directory *dir, const struct names *names, int64_t period,
		       unsigned *newest, bool *compressed);

#endif
