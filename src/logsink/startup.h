/* Handle SIGTERM and SIGINT until the loop reads them. */
#ifndef STARTUP_H
#define STARTUP_H

/*
 * startup_begin(): from now on a start that hangs can be ended. A signal that arrives before
 * startup_end waits for it. If startup_end is not called within 5 s, the program exits with status
 * 1. No input has been read by then.
 * Thread: the only one. The signals are blocked before the call.
 */
void startup_begin(void);

/* startup_fails_with(status): the exit status instead of 1. */
void startup_fails_with(int status);

/*
 * startup_end(): the start is complete. Signals that arrived are pending again, and blocked.
 * Thread: the only one.
 */
void startup_end(void);

#endif
