/* Small work on file descriptors that more than one room needs. */
#ifndef FDIO_H
#define FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stat;

/*
 * fdio_read, fdio_write: read(2) and write(2), tried again after EINTR.
 * Returns: bytes, or -1 and errno. Short counts are normal.
 */
ssize_t fdio_read(int fd, void *to, size_t len);
ssize_t fdio_write(int fd, const void *from, size_t len);

/*
 * fdio_wait_writable(fd, timeout_ms): wait until write(2) would take something
 * or would fail at once; for descriptors that somebody made non-blocking.
 */
void fdio_wait_writable(int fd, int timeout_ms);

/*
 * fdio_fill_standard(): open /dev/null at each of the descriptors 0, 1, 2 that
 * is closed, so that no file opened later is taken for one of them.
 * Returns: a set of the descriptors that were closed (bit N for N), or -1 and errno.
 */
int fdio_fill_standard(void);

/* fdio_can_open(n): how many more descriptors may be open, n at most; sets errno if it is less. */
int fdio_can_open(int n);

/*
 * fdio_sync_directory(fd): fsync(2) of a directory. Some file systems cannot (EINVAL), and
 * then it is no use, and no failure.
 * Returns: 0, or -1 and errno.
 */
int fdio_sync_directory(int fd);

/*
 * fdio_rename_new(dir, from, to): rename from to `to`, both in the directory dir, if nothing of
 * that name is there. Where the file system cannot do that in one step, it is two.
 * Returns: 0, or -1 and errno, EEXIST.
 */
int fdio_rename_new(int dir, const char *from, const char *to);

/* fdio_same_file(a, b): whether both are of one file, directory or pipe. */
bool fdio_same_file(const struct stat *a, const struct stat *b);

/*
 * fdio_grow_pipe(fd, bytes): let a pipe hold at least so many bytes, if it may.
 * Returns: what it holds now, in bytes; 0 when fd is no pipe.
 */
size_t fdio_grow_pipe(int fd, size_t bytes);

#endif
