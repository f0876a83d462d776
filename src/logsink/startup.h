/* SIGTERM and SIGINT before the loop reads them. */
#ifndef STARTUP_H
#define STARTUP_H

/*
 * startup_begin(): from now on a start that hangs can be ended. A signal that comes before
 * startup_end waits for that; if the start has not got there after 5 s, it ends the program with
 * status 1. Nothing has been read by then.
 * startup_end(): the start is done; what came is pending again, for whoever reads it.
 * Thread: the only one. The signals are blocked before the first call and after the second.
 */
void startup_begin(void);
void startup_end(void);

#endif
