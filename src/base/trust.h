/* Which files may be used in a directory that others may write in. */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>

struct stat;

/*
 * trust_is_shared(dir): whether users other than its owner and root may write in the directory.
 * A group with the same number as the owner is the owner's private group, by convention.
 */
bool trust_is_shared(const struct stat *dir);

/*
 * trust_is_foreign(dir, st): whether a stranger made the file that st describes, in the directory
 * with the descriptor dir. Only files in a shared directory are foreign. For root, strangers are
 * all users but root and the directory's owner. For another user, the directory must also have the
 * sticky bit, because without it everyone who may write there may delete every file. Then
 * strangers are all users but the process's own, and root in a directory of that user.
 */
bool trust_is_foreign(int dir, const struct stat *st);

/* trust_may_be_foreign(dir): whether anything in the directory could be foreign. */
bool trust_may_be_foreign(int dir);

/*
 * trust_is_ours(dir, name, fd, st): whether the file may be written to. It may not if it is not a
 * regular file; if it has a second name (a hard link), so that it may be anybody's; if it is
 * foreign; or, given a descriptor fd, if the name now leads to another file. Given fd, and if
 * others may change the directory, it examines the file twice within 25 ms: no attacker can
 * deceive both.
 * Gives:   the file's status, in st.
 * Returns: false and errno if not: ENOTSUP, or the reason why it could not be examined.
 */
bool trust_is_ours(int dir, const char *name, int fd, struct stat *st);

#endif
