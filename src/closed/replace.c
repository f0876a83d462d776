/*
 * Replace a file with its compressed form, or leave both.
 *
 * What must never happen: bytes are in neither of them. So the compressed form has its name, and is
 * durable, before the plain file is removed. The plain file is checked again just before that,
 * because syncing the directory may take long. Between this check and the unlink somebody
 * may still change the file; no system call does both.
 */
#include "closed/replace.h"

#include "base/fdio.h"
#include "closed/compressor.h"
#include "family/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Whether the plain file is the one that was compressed: 1; 0: moved or changed; -1: unknown. */
static int is_unchanged(const struct replacement *r)
{
	struct stat st;

	if (fstatat(r->dir, r->plain, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (compressor_same_bytes(&r->source, &st))
		return 1;
	errno = EBUSY;
	return 0;
}

int replace_file(const struct replacement *r, struct stat *st)
{
	int same = is_unchanged(r), error;

	if (same != 1)
		return -1;
	if (r->temporary && fdio_rename_new(r->dir, r->temporary, r->final) < 0)
		return -1;
	if (fstatat(r->dir, r->final, st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (fdio_sync_directory(r->dir) == 0) {
		same = is_unchanged(r); /* which may have taken a while */
		if (same == 1 && lock_is_written(r->dir, r->plain)) {
			same = 0;
			errno = EBUSY;
		}
		if (same == 1 && (unlinkat(r->dir, r->plain, 0) == 0 || errno == ENOENT))
			return 0;
	}
	error = errno;
	if (same == 1 && is_unchanged(r) != 1)
		return 0; /* it is gone nevertheless */
	if (same >= 0 && r->temporary)
		(void)unlinkat(r->dir, r->final, 0);
	errno = error;
	return -1;
}
