/*
 * A pseudo-terminal, to which a program writes as to a terminal: line by line.
 *
 * Most programs collect what they write to a pipe, and write it when some KiB are there. To a
 * terminal they write each line at once. Only the output is a terminal here: what a user types goes
 * to the program directly. So nothing is echoed, and Ctrl-C is the business of the real terminal.
 */
#include "process/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* It passes bytes on as they are: no "\r" before a newline, nothing echoed. */
static int make_plain(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -1;
	t.c_oflag &= (tcflag_t)~OPOST;
	t.c_lflag &= (tcflag_t) ~(ECHO | ECHONL);
	return tcsetattr(fd, TCSANOW, &t);
}

/* The end that is the terminal. */
static int open_terminal(int master)
{
	char name[64];

	if (grantpt(master) < 0 || unlockpt(master) < 0)
		return -1;
	errno = ptsname_r(master, name, sizeof(name));
	return errno ? -1 : open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void close_quietly(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

int pty_open(int end[2])
{
	end[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (end[0] < 0)
		return -1;
	end[1] = open_terminal(end[0]);
	if (end[1] >= 0 && make_plain(end[1]) == 0)
		return 0;
	if (end[1] >= 0)
		close_quietly(end[1]);
	close_quietly(end[0]);
	return -1;
}

bool pty_fit(int fd, int terminal)
{
	struct winsize size, before;

	if (ioctl(terminal, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col ||
	    ioctl(fd, TIOCGWINSZ, &before) < 0 ||
	    (before.ws_row == size.ws_row && before.ws_col == size.ws_col))
		return false;
	return ioctl(fd, TIOCSWINSZ, &size) == 0;
}
