/* The processes that a program leaves behind: by their descent from us, and by their group. */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>
#include <sys/types.h>

struct leftovers {
	bool descendants; /* all that descend from this process, which inherits orphans */
	pid_t group;      /* all of this process group; 0: none */
};

/*
 * leftovers_signal(l, number): send this signal to all of them; 0: only count them. Left out are
 * the children of children_fork, such as a command of --on-roll, and what descends from them.
 * Zombies do not count. It takes a millisecond for some hundred processes.
 *
 * Where /proc does not tell, these are, for process 1, all processes that it may signal.
 * Returns: how many there are, as far as that is known; otherwise 1 for some.
 */
int leftovers_signal(const struct leftovers *l, int number);

#endif
