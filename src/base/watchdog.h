/* The calls of one thread that may hang: what it is doing, since when, and that this is said. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/*
 * watchdog_new(prefix, timer): one for the calls of a thread on the files whose paths begin with
 * prefix. timer: watchdog_fd is there.
 * Owner:   the caller; watchdog_free (NULL: nothing). prefix must outlive it.
 * Returns: NULL and errno.
 */
struct watchdog *watchdog_new(const char *prefix, bool timer);
void watchdog_free(struct watchdog *d);

/*
 * watchdog_step(d, operation, name): from now on the thread does operation ("write", a literal)
 * on the file name, "" for the prefix itself. It may change within a call.
 * Thread: the one that is watched.
 */
void watchdog_step(struct watchdog *d, const char *operation, const char *name);

/*
 * watchdog_begin(d): a call that may hang begins.
 * watchdog_end(d): it has ended. If it was said to hang, it is said that it came back, and after
 * how long. Does not return if the thread was abandoned meanwhile.
 * Thread: the one that is watched.  Errors: none; errno is kept by both.
 */
void watchdog_begin(struct watchdog *d);
void watchdog_end(struct watchdog *d);

/*
 * watchdog_fd(d): readable when there may be something to say; then call watchdog_look.
 * watchdog_look(d): whether the call has not come back for 5 seconds, or a minute has passed since
 * that was last said. Without a timer, call it when it matters.
 * watchdog_say(d, meanwhile): if so, says it. meanwhile: the end of the message, what that means
 * for the lines.
 * Thread: any, but always the same; so for watchdog_abandon.
 */
int watchdog_fd(const struct watchdog *d);
bool watchdog_look(struct watchdog *d);
void watchdog_say(struct watchdog *d, const char *meanwhile);

/*
 * watchdog_abandon(d, ns): if the call has lasted for ns nanoseconds or more, leaves the thread in
 * it, for good: it never returns from watchdog_end.
 * Returns: whether that was done; it is the caller's to say.
 */
bool watchdog_abandon(struct watchdog *d, int64_t ns);

/* watchdog_abandoned(d): whether it was.  Thread: any. */
bool watchdog_abandoned(struct watchdog *d);

/*
 * watchdog_doing(d, to): "write logs/app.2026-11-22.log": what the thread is doing, or did last.
 * Returns: to.  Thread: any.
 */
enum { WATCHDOG_DOING = 5120 };
const char *watchdog_doing(struct watchdog *d, char to[WATCHDOG_DOING]);

#endif
