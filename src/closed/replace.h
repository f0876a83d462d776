/* Replace a file with its compressed form, or leave both. */
#ifndef REPLACE_H
#define REPLACE_H

#include <sys/stat.h>

/* A plain file and its compressed form, in one directory. */
struct replacement {
	int dir;
	const char *plain, *final, *temporary; /* names in it; temporary NULL: final exists */
	struct stat source;                    /* the plain file, as it was compressed */
};

/*
 * replace_file(r, st): keep only the compressed form, whose status goes to st.
 *
 * If the plain file is not the one that was compressed, somebody uses it, here or under another
 * name; then the compressed form is removed instead. The compressed form is also removed if the
 * plain file cannot be removed and still exists. In doubt both stay.
 * Returns: 0; or -1 and errno, EBUSY: the plain file was changed or is being written to; ENOENT: it
 *          was moved or deleted.
 */
int replace_file(const struct replacement *r, struct stat *st);

#endif
