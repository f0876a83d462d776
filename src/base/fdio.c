/* Small work on file descriptors that more than one room needs. */
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t fdio_read(int fd, void *to, size_t len)
{
	ssize_t n;

	do
		n = read(fd, to, len);
	while (n < 0 && errno == EINTR);
	return n;
}

ssize_t fdio_read_at(int fd, void *to, size_t len, uint64_t at)
{
	ssize_t n;

	do
		n = pread(fd, to, len, (off_t)at);
	while (n < 0 && errno == EINTR);
	return n;
}

ssize_t fdio_write(int fd, const void *from, size_t len)
{
	ssize_t n;

	do
		n = write(fd, from, len);
	while (n < 0 && errno == EINTR);
	return n;
}

bool fdio_is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

void fdio_wait_writable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	(void)poll(&p, 1, timeout_ms);
}

int fdio_fill_standard(void)
{
	int closed = 0;

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		closed |= 1 << fd;
		/* The lowest free number is fd itself: those below are open. */
		if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			return -1;
	}
	return closed;
}

int fdio_can_open(int n)
{
	int fd = n > 0 ? dup(STDERR_FILENO) : -1;
	int can = fd >= 0 ? 1 + fdio_can_open(n - 1) : 0;
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return can;
}

int fdio_sync_directory(int fd)
{
	return fsync(fd) < 0 && errno != EINVAL ? -1 : 0;
}

int fdio_rename_new(int dir, const char *from, const char *to)
{
	struct stat st;

	if (syscall(SYS_renameat2, dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	return errno == ENOENT ? renameat(dir, from, dir, to) : -1;
}

int fdio_leads_to(int dir, const char *name, int flags, const struct stat *st)
{
	struct stat there;

	if (fstatat(dir, name, &there, flags) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	return fdio_same_file(&there, st);
}

bool fdio_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

size_t fdio_grow_pipe(int fd, size_t bytes)
{
	int now = fcntl(fd, F_GETPIPE_SZ);

	if (now < 0)
		return 0;
	if ((size_t)now < bytes && fcntl(fd, F_SETPIPE_SZ, (int)bytes) >= 0)
		now = fcntl(fd, F_GETPIPE_SZ);
	return now < 0 ? 0 : (size_t)now;
}
