/* Whose is it? What may be used of a directory in which others may write, too. */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>

struct stat;

/*
 * trust_is_shared(dir): whether others than its owner and root may write in that directory.
 * A group with the number of the owner is the owner's own, by convention.
 */
bool trust_is_shared(const struct stat *dir);

/*
 * trust_is_foreign(dir, st): whether a stranger made what st tells of, in the directory with
 * the descriptor dir. That takes a shared directory. For root, strangers are all but root and
 * the directory's owner. For others it takes the sticky bit, too, as without it whoever may
 * write there may delete everything; then strangers are all but the process's own user, and
 * root in a directory of that user.
 */
bool trust_is_foreign(int dir, const struct stat *st);

/* trust_may_be_foreign(dir): whether anything in the directory could be foreign. */
bool trust_may_be_foreign(int dir);

/*
 * trust_is_ours(dir, name, fd, st): whether that is a file to write to. It is not if it is no
 * regular file; if it has another name too (a hard link), and so may be anybody's; if it is
 * foreign; or, with a descriptor fd, if the name leads elsewhere by now. With fd, and where
 * others may change the directory, it takes two looks and 25 ms: nobody can deceive both.
 * Gives:   what it saw, in st.
 * Returns: if not, false and errno: ENOTSUP, or why it could not be seen.
 */
bool trust_is_ours(int dir, const char *name, int fd, struct stat *st);

#endif
