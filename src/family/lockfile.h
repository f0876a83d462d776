/* The file that a lock is: its name, who holds it, and with which --roll. */
#ifndef LOCKFILE_H
#define LOCKFILE_H

#include "family/calendar.h"
#include "family/names.h"

#include <stdbool.h>

enum { LOCKFILE_NAME = 2 * NAMES_SIZE + 8 };

/*
 * lockfile_name(file, name): the name of the lock of FILE: "." and ".lock" around it. In a
 * template, from its first '%' on, '/' becomes '+', and '+' becomes "%+", which is no conversion.
 */
void lockfile_name(const char *file, char name[LOCKFILE_NAME]);

/* lockfile_file(name, file): FILE of the name of a lock.  Returns: false if it is no such name. */
bool lockfile_file(const char *name, char file[NAMES_SIZE]);

enum lockfile_held {
	LOCKFILE_NEVER = CALENDAR_NEVER, /* and so on: it is held, by a family of this --roll */
	LOCKFILE_LAST = CALENDAR_MONTHLY,
	LOCKFILE_SOMEHOW, /* it is held; with which --roll is not known */
	LOCKFILE_NOT,
};

/*
 * lockfile_held(fd): how somebody else holds the lock file. A holder without a mark may be about to
 * make one, or only be looking, as this function does; so it looks several times.
 * Blocks:  for up to 200 ms.
 */
enum lockfile_held lockfile_held(int fd);

/*
 * lockfile_owner(fd): the process ID in the lock file. Whoever made the file may be about to write
 * it.
 * Blocks:  for up to 200 ms.
 * Returns: 0 if there is none.
 */
long lockfile_owner(int fd);

/*
 * lockfile_mark(fd, set, roll): lock the byte that tells --roll, or unlock it.
 * Returns: 0, or -1 and errno.
 */
int lockfile_mark(int fd, bool set, enum calendar_roll roll);

/*
 * lockfile_is_marked(fd): whether somebody else has locked the byte of CALENDAR_NEVER. It asks as a
 * reader, so that readers, who can lock only against writers, are not seen.
 */
bool lockfile_is_marked(int fd);

#endif
