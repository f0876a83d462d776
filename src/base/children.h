/* The children of this process: start them, wait for them, and reap those that nobody waits for. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

/* How many may run at a time: COMMAND, and a command of --on-roll for each family. */
enum { CHILDREN_MOST = 8 };

/*
 * children_fork(): fork(2). Its end is kept until children_wait asks for it.
 * Thread:  any; the child may call only what is async-signal-safe, unless there was one thread.
 * Returns: as fork(2); -1 and EAGAIN, too, if CHILDREN_MOST have not been waited for.
 */
pid_t children_fork(void);

/*
 * children_wait(child, status): whether that child, of children_fork, has ended; does not wait.
 * Gives:   status: as waitpid(2).
 * Thread:  any.
 * Returns: child, once; 0: it still runs; -1 and errno: it is none of ours.
 */
pid_t children_wait(pid_t child, int *status);

/*
 * children_reap(): take the ends of all that have ended. For a process that inherits the children
 * of others: as init, or as a subreaper, prctl(2).
 * Thread:  any.
 */
void children_reap(void);

/* children_is_ours(process): whether it was started with children_fork and not waited for. */
bool children_is_ours(pid_t process);

#endif
