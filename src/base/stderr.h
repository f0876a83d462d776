/* Standard error: whole lines from several threads, one at a time. */
#ifndef STDERR_H
#define STDERR_H

#include <stddef.h>

/*
 * stderr_start(): if standard error is a file, start a thread that writes to it, so that no
 * other thread waits for its disk. Up to 64 KiB wait in a queue; when that is full, a caller waits
 * for at most 100 ms, and not again before the thread has made progress.
 * Thread: the first one, before there are others.
 * Returns: 0, or -1 and errno if the thread cannot be started.
 */
int stderr_start(void);

/*
 * stderr_finish(): wait until the queue is written, for at most a second.
 * Thread: the first one, at the end.
 */
void stderr_finish(void);

/*
 * stderr_say(text, len): write a message of at most 4,095 bytes with its newline. While a line of
 * stderr_pass is unfinished, the message is kept until that line ends, if there is room for it. If
 * standard error does not accept the message at once, the message is lost.
 * Thread: any.
 */
void stderr_say(const char *text, size_t len);

/* stderr_say_now(text, len): as stderr_say, but also within an unfinished line.  Thread: any. */
void stderr_say_now(const char *text, size_t len);

/*
 * stderr_last(): the final messages follow, and no other thread waits for this one: from now on
 * wait for standard error, but no more once it has accepted nothing for a second.
 * Thread: any.
 */
void stderr_last(void);

/*
 * stderr_pass(who, p, len, turn_ms, timeout_ms): write lines of the log to standard error, as
 * many as it accepts without waiting. They are whole lines, unless a line is longer than 4,096
 * bytes. Until `who` has passed the end of such a line, or calls stderr_passed, it owns the turn:
 * lines of others wait, and up to 4,095 bytes of messages wait in memory.
 * Thread: any, one for each `who`.
 * Returns: the bytes written. 0 on timeout: the turn was not obtained within turn_ms (or within
 *          timeout_ms while its owner was idle), or standard error was not writable for timeout_ms.
 *          0 at once if standard error is closed, or was already found blocked and still is.
 */
size_t stderr_pass(const void *who, const char *p, size_t len, int turn_ms, int timeout_ms);

/*
 * stderr_passed(who): `who` passes no more lines. Terminates an unfinished line with a newline, now
 * or before the next output.
 * Thread: the one that called stderr_pass, or another when that one has stopped.
 */
void stderr_passed(const void *who);

#endif
