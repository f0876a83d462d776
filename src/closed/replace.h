/* Put the compressed form of a file in its place, or leave both. */
#ifndef REPLACE_H
#define REPLACE_H

#include <sys/stat.h>

/* A plain file and its compressed form, all in one directory. */
struct replacement {
	int dir;
	const char *plain, *final, *temporary; /* names in it; temporary NULL: final exists */
	struct stat source;                    /* the plain file, as it was compressed */
};

/*
 * replace_file(r, st): leave of both only the compressed form, st.
 *
 * If the plain one is not what was compressed, somebody has it, as it is now or under another
 * name: then it is the compressed form that goes. That one also goes if the plain one cannot be
 * removed, and is seen to be there still; in doubt both stay.
 * Returns: 0; or -1 and errno, EBUSY: the plain one was changed or is written to; ENOENT: it was
 *          moved or deleted.
 */
int replace_file(const struct replacement *r, struct stat *st);

#endif
