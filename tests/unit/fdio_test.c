/* fdio: whole system calls, standard descriptors, pipes. */
#include "base/fdio.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0) {
		printf("Bail out! pipe: %s\n", strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static void close_pipe(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

/* ---- reading and writing ---- */

static volatile sig_atomic_t alarms;
static int to_write; /* when the third alarm comes */

static void on_alarm(int number)
{
	int saved = errno;

	(void)number;
	if (++alarms == 3) {
		ssize_t n = write(to_write, "late", 4);
		(void)n;
	}
	errno = saved;
}

/*
 * Runs a function while alarms without SA_RESTART come every 10 ms; the third writes to a
 * descriptor. The handler stays: an alarm that comes late must not end us.
 */
static void under_alarm(void (*function)(int fds[2]), int fds[2], int third)
{
	const struct itimerval every = { { 0, 10000 }, { 0, 10000 } }, none = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };

	alarms = 0;
	to_write = third;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	function(fds);
	setitimer(ITIMER_REAL, &none, NULL);
	to_write = -1;
}

static void read_interrupted(int fds[2])
{
	char bytes[16];

	CHECK_INT(fdio_read(fds[0], bytes, sizeof(bytes)), 4);
	CHECK(memcmp(bytes, "late", 4) == 0);
	CHECK(alarms >= 3);
}

static void reads(void)
{
	char bytes[16];
	int fds[2];

	make_pipe(fds);
	under_alarm(read_interrupted, fds, fds[1]);
	CHECK_INT(fdio_write(fds[1], "four", 4), 4);
	CHECK_INT(fdio_read(fds[0], bytes, 3), 3);
	CHECK_INT(fdio_read(fds[0], bytes, sizeof(bytes)), 1); /* short, and that is normal */
	close(fds[1]);
	CHECK_INT(fdio_read(fds[0], bytes, sizeof(bytes)), 0);
	close(fds[0]);
	errno = 0;
	CHECK_INT(fdio_read(fds[0], bytes, sizeof(bytes)), -1);
	CHECK_INT(errno, EBADF);
}

static char large[256 * 1024];
static int third[2]; /* a pipe */

/* Writes more than the pipe holds; a child reads it after the third alarm. */
static void write_interrupted(int fds[2])
{
	pid_t child = fork();

	if (child == 0) {
		size_t sum = 0;
		char late[4];
		ssize_t n = read(third[0], late, sizeof(late));

		(void)n;
		close(fds[1]);
		while ((n = read(fds[0], large, sizeof(large))) > 0)
			sum += (size_t)n;
		_exit(sum == sizeof(large) ? 0 : 1);
	}
	for (size_t done = 0; done < sizeof(large);) {
		ssize_t n = fdio_write(fds[1], large + done, sizeof(large) - done);

		if (!CHECK(n > 0))
			break;
		done += (size_t)n;
	}
	CHECK(alarms >= 3);
	close(fds[1]);
	int status = -1;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	CHECK_INT(status, 0);
}

static void writes(void)
{
	int fds[2];

	make_pipe(fds);
	make_pipe(third);
	under_alarm(write_interrupted, fds, third[1]);
	close(third[0]);
	close(third[1]);
	close(fds[0]);

	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (!CHECK(full >= 0))
		return;
	errno = 0;
	CHECK_INT(fdio_write(full, "x", 1), -1);
	CHECK_INT(errno, ENOSPC);
	close(full);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void waits_until_writable(void)
{
	int64_t start = now_ms();
	char byte;
	int fds[2];

	make_pipe(fds);
	fdio_wait_writable(fds[1], 10000); /* at once */
	CHECK(now_ms() - start < 5000);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], large, 4096) > 0)
		;
	start = now_ms();
	fdio_wait_writable(fds[1], 30);
	CHECK(now_ms() - start >= 29);
	start = now_ms();
	CHECK_INT(read(fds[0], &byte, 1), 1);
	close(fds[0]); /* nobody will read: writing would fail at once */
	fdio_wait_writable(fds[1], 10000);
	CHECK(now_ms() - start < 5000);
	close(fds[1]);
}

/* ---- standard descriptors ---- */

/* In a child that closes some of the descriptors 0 to 2; its result says what was found wrong. */
static int fill_after_closing(int set)
{
	struct stat st;

	for (int fd = 0; fd <= 2; fd++)
		if (set & 1 << fd)
			close(fd);
	if (fdio_fill_standard() != set)
		return 1;
	for (int fd = 0; fd <= 2; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || fstat(fd, &st) < 0)
			return 2;
		if (!(set & 1 << fd))
			continue;
		if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			return 3; /* not /dev/null */
		if ((flags & O_ACCMODE) != (fd == 0 ? O_RDONLY : O_WRONLY))
			return 4;
		if (fcntl(fd, F_GETFD) & FD_CLOEXEC)
			return 5;
	}
	if (fdio_fill_standard() != 0)
		return 6; /* nothing is missing now */
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return next > 2 ? 0 : 7;
}

static void fills_standard(void)
{
	for (int set = 0; set < 8; set++) {
		pid_t child = fork();
		int status = -1;

		if (child == 0)
			_exit(fill_after_closing(set));
		CHECK_INT(waitpid(child, &status, 0), child);
		if (!CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0))
			printf("# closed: %d\n", set);
	}
}

/* ---- pipes ---- */

static void grows_pipes(void)
{
	int fds[2];

	make_pipe(fds);
	size_t before = fdio_grow_pipe(fds[0], 1);
	CHECK_INT(before, fcntl(fds[0], F_GETPIPE_SZ)); /* never made smaller */
	size_t after = fdio_grow_pipe(fds[0], 256 * 1024);
	CHECK(after >= before);
	CHECK_INT(after, fcntl(fds[1], F_GETPIPE_SZ));
	if (after < 256 * 1024)
		printf("# the system does not let the pipe grow\n");
	CHECK_INT(fdio_grow_pipe(fds[1], 128 * 1024), after);
	/* More than anybody may have: what it holds is told all the same. */
	CHECK_INT(fdio_grow_pipe(fds[0], (size_t)1 << 31), after);
	close_pipe(fds);

	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_INT(fdio_grow_pipe(null, 4096), 0);
	close(null);
	CHECK_INT(fdio_grow_pipe(null, 4096), 0);
	CHECK_INT(fdio_grow_pipe(-1, 4096), 0);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	TEST("fdio: a read that a signal interrupts goes on", reads);
	TEST("fdio: a write that a signal interrupts goes on", writes);
	TEST("fdio: waiting for a pipe ends when it takes bytes, or never will",
	     waits_until_writable);
	TEST("fdio: closed standard descriptors are filled, each for its direction",
	     fills_standard);
	TEST("fdio: a pipe grows, as far as it may, and nothing else does", grows_pipes);
	return test_end();
}
