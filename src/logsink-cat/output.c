/*
 * Standard output: large writes, and an end when nobody reads it.
 *
 * SIGPIPE is left as it is: whoever reads `logsink-cat | head` expects what cat does. If the caller
 * ignores it, the program just ends.
 */
#include "logsink-cat/output.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "logsink-cat/status.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 64 * 1024 };

static char buffer[SIZE];
static size_t filled;

static _Noreturn void end(void)
{
	(void)raise(SIGPIPE);
	_exit(STATUS_FOUND);
}

static void write_all(const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = fdio_write(STDOUT_FILENO, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			fdio_wait_writable(STDOUT_FILENO, -1);
		} else if (errno == EPIPE) {
			end();
		} else {
			diag(DIAG_FATAL, "cannot write to standard output: %s", strerror(errno));
			_exit(STATUS_UNREADABLE);
		}
	}
}

void output_flush(void)
{
	size_t n = filled;

	filled = 0;
	write_all(buffer, n);
}

void output_write(const void *bytes, size_t len)
{
	if (filled + len > SIZE)
		output_flush();
	if (len >= SIZE) {
		write_all(bytes, len);
		return;
	}
	memcpy(buffer + filled, bytes, len);
	filled += len;
}

void output_closed(void)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	if (poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP | POLLNVAL))
		end();
}
