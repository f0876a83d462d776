/* The controlling terminal: which process group is in its foreground. */
#include "process/terminal.h"

#include <fcntl.h>
#include <unistd.h>

void terminal_init(struct terminal *t)
{
	/* Its own name: standard input may be a file, and Ctrl-C still goes to the foreground. */
	t->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	t->alone = terminal_is_with(t, getpgrp()) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool terminal_is_with(const struct terminal *t, pid_t group)
{
	return t->fd >= 0 && tcgetpgrp(t->fd) == group;
}

void terminal_give(const struct terminal *t, pid_t group)
{
	if (t->fd >= 0)
		(void)tcsetpgrp(t->fd, group);
}
