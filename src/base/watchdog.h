/* Watch the calls of one thread that may hang, and report a call that does. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/*
 * watchdog_new(prefix, timer): a watchdog for the calls of a thread on files whose paths begin with
 * prefix. timer: it has a watchdog_fd.
 * Owner:   the caller; watchdog_free (NULL: nothing). prefix must outlive it.
 * Returns: NULL and errno.
 */
struct watchdog *watchdog_new(const char *prefix, bool timer);
void watchdog_free(struct watchdog *d);

/*
 * watchdog_step(d, operation, name): the thread now performs operation (a literal such as "write")
 * on the file name; "" is the prefix itself. The step may change within a call.
 * Thread: the one that is watched.
 */
void watchdog_step(struct watchdog *d, const char *operation, const char *name);

/*
 * watchdog_begin(d): a call that may hang begins.
 * watchdog_enter(d, operation, name): that, and what it is, see watchdog_step.
 * Thread: the one that is watched.  Errors: none; errno is preserved.
 */
void watchdog_begin(struct watchdog *d);
void watchdog_enter(struct watchdog *d, const char *operation, const char *name);

/*
 * watchdog_end(d): the call has returned. If it was reported to hang, a message gives its duration.
 * Does not return if the thread was abandoned meanwhile.
 * Thread: the one that is watched.  Errors: none; errno is preserved.
 */
void watchdog_end(struct watchdog *d);

/*
 * watchdog_fd(d): a descriptor that is readable when watchdog_look should be called.
 * Thread: the observer: any, but always the same.
 */
int watchdog_fd(const struct watchdog *d);

/*
 * watchdog_look(d): whether a hanging call must be reported: it has not returned for 5 seconds, or
 * a minute has passed since the last report. Without a timer, call it when it matters.
 * Thread: the observer.
 */
bool watchdog_look(struct watchdog *d);

/*
 * watchdog_say(d, meanwhile): report the call if watchdog_look is true. meanwhile is the end of the
 * message: the effect on the lines.
 * Thread: the observer.
 */
void watchdog_say(struct watchdog *d, const char *meanwhile);

/*
 * watchdog_abandon(d, ns): if the call has lasted for ns nanoseconds or more, abandon the thread:
 * it never returns from watchdog_end.
 * Thread: the observer.
 * Returns: whether the thread was abandoned, which the caller must report.
 */
bool watchdog_abandon(struct watchdog *d, int64_t ns);

/* watchdog_abandoned(d): whether the thread was abandoned.  Thread: any. */
bool watchdog_abandoned(struct watchdog *d);

/*
 * watchdog_doing(d, to): the current or last step of the thread: "write logs/app.2026-11-22.log".
 * Returns: to.  Thread: any.
 */
enum { WATCHDOG_DOING = 5120 };
const char *watchdog_doing(struct watchdog *d, char to[WATCHDOG_DOING]);

#endif
