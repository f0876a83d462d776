/* The controlling terminal: which process group is in its foreground. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	int fd;     /* -1: there is none */
	bool alone; /* our group was in its foreground, and no other program of it needs it */
};

/*
 * terminal_init(t): find it. Standard input and output tell whether another program of a pipeline,
 * which would be in our group, needs it: they are then no terminals.
 * Thread: before the sandbox.
 */
void terminal_init(struct terminal *t);

/* terminal_is_with(t, group): whether that group is in the foreground. */
bool terminal_is_with(const struct terminal *t, pid_t group);

/*
 * terminal_give(t, group): put that group, of this session, into the foreground.
 * Thread: any, with SIGTTOU blocked: a background group is stopped for this otherwise.
 */
void terminal_give(const struct terminal *t, pid_t group);

#endif
