/* A pseudo-terminal, to which a program writes as to a terminal: line by line. */
#ifndef PTY_H
#define PTY_H

#include <stdbool.h>

/*
 * pty_open(end): a new pseudo-terminal, with no echo and no change to what is written.
 *
 * Gives:   end[0] for reading what is written to end[1]; both are closed by exec(2). When nobody
 *          has end[1] open any more, a read(2) of end[0] gives the rest, then fails with EIO.
 *          Neither becomes anybody's controlling terminal by this.
 * Owner:   the caller; close(2) each.
 * Source:  pty(7), termios(3).
 * Returns: 0, or -1 and errno.
 */
int pty_open(int end[2]);

/*
 * pty_fit(fd, terminal): give it the window size of that terminal. If that is none, or has no size,
 * nothing changes; a new one has no size.
 * Returns: whether it has another size now.
 */
bool pty_fit(int fd, int terminal);

#endif
