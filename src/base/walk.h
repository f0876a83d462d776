/* Reach a directory by its path, as root on behalf of another user. */
#ifndef WALK_H
#define WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct owner;

struct walk {
	const struct owner *owner; /* of new files and directories */
	mode_t mode;               /* of new directories */
	bool make;                 /* create directories that are missing */
	bool nofollow;             /* the last component must not be a symbolic link */

	/* results */
	size_t first_made; /* bytes of the path that name the topmost new directory; 0: none */
	int ungiven;       /* 0, or the errno with which giving a new one to owner failed */
	size_t at;         /* on failure: bytes of the path up to the failing component */
};

/*
 * walk_open(path, w): open the directory component by component; an empty path is ".".
 *
 * If root is going to become another user (w->owner), a symbolic link is followed only if it
 * belongs to root, in a directory that belongs to root, where nobody else may replace it. In any
 * other directory, new directories are created as that user, so that no file is given away by its
 * name.
 * Returns: a descriptor (O_PATH), or -1 and errno; ELOOP: a link that must not be followed.
 */
int walk_open(const char *path, struct walk *w);

/*
 * walk_open_fifo(dir, name, w, flags): open the FIFO; create it (0600, the user's) if it is
 * missing. A link that walk_open would not follow is not followed.
 * Returns: a descriptor, or -1 and errno.
 */
int walk_open_fifo(int dir, const char *name, struct walk *w, int flags);

#endif
