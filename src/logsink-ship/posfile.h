/* The file that keeps the position: found, locked, made, written. */
#ifndef POSFILE_H
#define POSFILE_H

#include <limits.h>
#include <stdbool.h>

struct position;

/*
 * posfile_default(file, topic, to): where it is unless told otherwise: beside the log.
 * Returns: false if the path would be too long.
 */
bool posfile_default(const char *file, const char *topic, char to[PATH_MAX]);

enum posfile_result {
	POSFILE_FOUND,
	POSFILE_NEW,     /* there is no position yet */
	POSFILE_DAMAGED, /* what is there is no position */
	POSFILE_REFUSED, /* after a message */
};

struct posfile;

/*
 * posfile_open(path, look_only, f, p): open the file, lock it and read the position. look_only:
 * nothing is made, and no lock taken.
 * Owner:   the caller; posfile_close (NULL: nothing). *f is NULL with POSFILE_REFUSED, and if there
 *          is no file to look at.
 */
enum posfile_result posfile_open(const char *path, bool look_only, struct posfile **f,
				 struct position *p);

/*
 * posfile_save(f, p): write the position, and wait until it is on the disk. That it fails is said,
 * and that it works again.
 * Returns: whether it is saved.
 */
bool posfile_save(struct posfile *f, struct position *p);

/* posfile_close(f): let go of the lock. */
void posfile_close(struct posfile *f);

#endif
