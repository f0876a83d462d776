/* pty: a terminal that passes bytes on as they are, and ends. */
#include "process/pty.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int end[2];

static void is_a_terminal_that_changes_nothing(void)
{
	static const char text[] = "one\ntwo\r\n\x03\x04\x1a\t\x7f";
	char got[sizeof(text)];

	if (!CHECK_INT(pty_open(end), 0))
		return;
	CHECK(isatty(end[1]));
	CHECK_INT(fcntl(end[0], F_GETFD), FD_CLOEXEC);
	CHECK_INT(fcntl(end[1], F_GETFD), FD_CLOEXEC);
	CHECK_INT(write(end[1], text, sizeof(text)), sizeof(text));
	CHECK_INT(read(end[0], got, sizeof(got)), sizeof(text));
	CHECK(memcmp(got, text, sizeof(text)) == 0);
	close(end[1]);
	close(end[0]);
}

/* What was written is read before the end, however late it is read. */
static void ends_with_eio_behind_the_last_byte(void)
{
	enum { ROUNDS = 300, BYTES = 3000 };
	char got[BYTES];

	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n, sum = 0;

		if (!CHECK_INT(pty_open(end), 0))
			return;
		pid_t child = fork();
		if (child == 0) {
			memset(got, 'x', sizeof(got));
			_exit(write(end[1], got, sizeof(got)) != sizeof(got));
		}
		close(end[1]);
		while ((n = read(end[0], got, sizeof(got))) > 0)
			sum += n;
		CHECK_INT(n < 0 ? errno : 0, EIO);
		CHECK_INT(sum, BYTES);
		close(end[0]);
		CHECK_INT(waitpid(child, NULL, 0), child);
	}
}

static void is_nobodys_controlling_terminal(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		setsid();
		_exit(pty_open(end) < 0 || open("/dev/tty", O_RDWR) >= 0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}

static void has_the_size_of_another(void)
{
	struct winsize size = { .ws_row = 33, .ws_col = 101 }, got = { 0 };
	int other[2], null = open("/dev/null", O_RDWR);

	if (!CHECK_INT(pty_open(end), 0) || !CHECK_INT(pty_open(other), 0))
		return;
	CHECK(!pty_fit(end[0], other[1]));
	CHECK_INT(ioctl(end[1], TIOCGWINSZ, &got), 0);
	CHECK_INT(got.ws_col, 0);
	CHECK_INT(ioctl(other[0], TIOCSWINSZ, &size), 0);
	CHECK(pty_fit(end[0], other[1]));
	CHECK(!pty_fit(end[0], other[1]));
	CHECK(!pty_fit(end[0], null));
	CHECK_INT(ioctl(end[1], TIOCGWINSZ, &got), 0);
	CHECK_INT(got.ws_row, 33);
	CHECK_INT(got.ws_col, 101);
	for (int i = 0; i < 2; i++) {
		close(end[i]);
		close(other[i]);
	}
	close(null);
}

int main(void)
{
	TEST("pty: a program sees a terminal, and each byte passes as it is",
	     is_a_terminal_that_changes_nothing);
	TEST("pty: behind the last byte the end is EIO", ends_with_eio_behind_the_last_byte);
	TEST("pty: it becomes nobody's controlling terminal", is_nobodys_controlling_terminal);
	TEST("pty: it takes the window size of another terminal", has_the_size_of_another);
	return test_end();
}
