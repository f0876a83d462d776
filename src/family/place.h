/* A directory by its path: taken apart, made, opened, opened anew, unmade. */
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct owner;

struct place_options {
	mode_t dir_mode;           /* of directories made; less the umask */
	const struct owner *owner; /* of those that root makes */
	bool look_only;            /* make nothing */
};

/* To be read, and written by place_*() only. */
struct place {
	char *prefix;     /* the directory, with '/' at its end; or empty */
	const char *base; /* what is behind it in the path */
	int fd;           /* of the directory; the number stays when that changes; -1: not open */
	struct place_options o;
	atomic_bool made;  /* it, or one above it; and that may not be on the disk */
	size_t first_made; /* bytes of prefix that name the uppermost one made; 0: none was */
};

/*
 * place_init(p, path, directory, o): take a path apart, of which that many bytes are the directory.
 *
 * Owner:   the caller; place_close, also if this fails. path must outlive it.
 * Returns: 0, or -1 and errno (ENOMEM).
 */
int place_init(struct place *p, const char *path, size_t directory, const struct place_options *o);

/*
 * place_open(p): make what is missing of the directory, and open it.
 *
 * Its last component is not followed if it is a symbolic link.
 * Returns: 0, or -1 after a message. With look_only, a directory that is not there yet is no
 *          failure, and fd stays -1.
 */
int place_open(struct place *p);

/*
 * place_renew(p): see whether the path leads to another directory by now, and open that, after
 * making it if there is none.
 *
 * A directory that was only moved stays open until there is another at its path.
 * Thread:  one at a time; fd may be used by others meanwhile.
 * Returns: 1: fd is another directory now; 0: it is the same; -1 and errno: it was removed, and
 *          there is no other. ELOOP: there is a symbolic link, which is not followed.
 */
int place_renew(struct place *p);

/* place_path(p, to): the directory without the last slash, so that O_NOFOLLOW sees a link. */
void place_path(const struct place *p, char to[PATH_MAX]);

/* place_parent(p, to): where the first missing directory would be made, or the directory itself. */
void place_parent(const struct place *p, char to[PATH_MAX]);

/*
 * place_resolve(p, to): realpath(3) of the directory, which need not be there yet.
 * Returns: false and errno.
 */
bool place_resolve(const struct place *p, char to[PATH_MAX]);

/*
 * place_sync_above(p): make durable that the directory exists, if it was made since the last time:
 * fsync(2) of the directories above.
 * Thread:  any.
 * Returns: 0, or -1 and errno.
 */
int place_sync_above(struct place *p);

/* place_close(p, unmake): unmake: also remove the directories that were made and are empty. */
void place_close(struct place *p, bool unmake);

#endif
