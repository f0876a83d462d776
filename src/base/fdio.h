/* Small work on file descriptors that more than one room needs. */
#ifndef FDIO_H
#define FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;

/*
 * fdio_read(fd, to, len), fdio_write(fd, from, len): read(2) and write(2), retried after EINTR.
 * Returns: bytes, or -1 and errno. Short counts are normal.
 */
ssize_t fdio_read(int fd, void *to, size_t len);
ssize_t fdio_write(int fd, const void *from, size_t len);

/* fdio_read_at(fd, to, len, at): the same with pread(2), from offset at. */
ssize_t fdio_read_at(int fd, void *to, size_t len, uint64_t at);

/* fdio_is_readable(fd): whether read(2) would give something, an end or an error at once. */
bool fdio_is_readable(int fd);

/*
 * fdio_wait_writable(fd, timeout_ms): wait until write(2) would accept something
 * or fail at once; for descriptors that another program made non-blocking.
 */
void fdio_wait_writable(int fd, int timeout_ms);

/*
 * fdio_fill_standard(): open /dev/null as each of the descriptors 0, 1 and 2 that
 * is closed, so that no file opened later gets one of these numbers.
 * Returns: a set of the descriptors that were closed (bit N for N), or -1 and errno.
 */
int fdio_fill_standard(void);

/*
 * fdio_can_open(n): try to open n more descriptors.
 * Returns: how many of them could be opened; errno is set if that is less than n.
 */
int fdio_can_open(int n);

/*
 * fdio_sync_directory(fd): fsync(2) a directory. Some file systems do not support that (EINVAL);
 * this is not a failure.
 * Returns: 0, or -1 and errno.
 */
int fdio_sync_directory(int fd);

/*
 * fdio_rename_new(dir, from, to): in the directory dir, rename `from` to `to` unless `to` exists.
 * This takes two steps if the file system cannot do it in one.
 * Returns: 0, or -1 and errno; EEXIST if `to` exists.
 */
int fdio_rename_new(int dir, const char *from, const char *to);

/*
 * fdio_leads_to(dir, name, flags, st): whether a name in the directory dir (AT_FDCWD: any path)
 * leads to the file st. flags: AT_SYMLINK_NOFOLLOW, or 0. Returns: 1: it does; 0: it leads to
 * another one, or there is none; -1 and errno: unknown.
 */
int fdio_leads_to(int dir, const char *name, int flags, const struct stat *st);

/* fdio_same_file(a, b): whether a and b describe the same file, directory or pipe. */
bool fdio_same_file(const struct stat *a, const struct stat *b);

/*
 * fdio_grow_pipe(fd, bytes): enlarge the pipe to at least `bytes`, if the system allows it.
 * Returns: its capacity in bytes; 0 if fd is not a pipe.
 */
size_t fdio_grow_pipe(int fd, size_t bytes);

#endif
