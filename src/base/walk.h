/* Come to a directory by its path, for root on behalf of another user. */
#ifndef WALK_H
#define WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct walk {
	uid_t owner; /* of what is made; -1: of the process */
	gid_t group;
	mode_t mode;       /* of directories that are made */
	size_t first_made; /* gives: bytes of the path that name the uppermost one made; 0: none */
	int ungiven;       /* gives: 0, or the errno with which a thing made could not be given */
	size_t at;         /* gives, on failure: bytes of the path up to what failed */
};

/*
 * walk_open(path, w, make): open the directory, or make it, component by component.
 *
 * For root that is going to be another user (w->owner) a symbolic link is only followed if it is
 * root's, in a directory that is root's, where nobody else may replace it. What is made in
 * another directory is made as that user, so that it is never given away by a name.
 * Returns: a descriptor (O_PATH), or -1 and errno; ELOOP: a link that is not to be followed.
 */
int walk_open(const char *path, struct walk *w, bool make);

/*
 * walk_open_fifo(dir, name, w, flags): open the FIFO, after making it (0600, the user's) if
 * missing; not through a link that walk_open would not follow. Returns: a descriptor, or -1 and
 * errno.
 */
int walk_open_fifo(int dir, const char *name, struct walk *w, int flags);

#endif
