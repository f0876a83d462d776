/* The thread that waits for a pipe without polling it. */
#ifndef PIPEWAIT_H
#define PIPEWAIT_H

#include <stdbool.h>

struct pipewait;

/*
 * pipewait_start(fd, on_news, arg): a thread that can wait until something can be read
 * from the pipe fd, be it bytes or its end. It consumes nothing.
 *
 * on_news(arg, ended) is called from that thread, once for each pipewait_wait; ended: it is
 * known that there are no bytes, but the end.
 * Owner:   nobody: it may be waiting for ever, and goes with the process.
 * Returns: NULL and errno.
 */
struct pipewait *pipewait_start(int fd, void (*on_news)(void *arg, bool ended), void *arg);

/* pipewait_wait(s): wait from now on. Thread: one, and not before the last news has come. */
void pipewait_wait(struct pipewait *s);

#endif
