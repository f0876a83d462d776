/* Standard error: whole lines, one at a time, whoever writes. */
#ifndef STDERR_H
#define STDERR_H

#include <stddef.h>

/*
 * stderr_start(): from now on nobody waits for the disk of a standard error that is a file: a
 * thread of its own writes to it, and what it does not get to is kept, as far as 64 KiB take it.
 * Who has more to say waits for it, 100 ms at most, and not again before it has got on.
 * stderr_finish(): waits until all that is kept is written, a second at most.
 * Thread: the first one, before there are others, and at the end.
 * Returns: -1 with errno set if there can be no thread.
 */
int stderr_start(void);
void stderr_finish(void);

/*
 * stderr_say(text, len): a message, at most 4,095 bytes with its newline. Within a line that
 * is passed it is kept until that ends, as far as there is room. A standard error that takes
 * nothing at the moment is not waited for: the message is lost.
 * stderr_say_now(text, len): the same, but within a line, too.
 * Thread: any.
 */
void stderr_say(const char *text, size_t len);
void stderr_say_now(const char *text, size_t len);

/*
 * stderr_last(): what is said from now on is about how it went, and nobody waits for us:
 * standard error is waited for, but not again once it has taken nothing for a second.
 * Thread: any.
 */
void stderr_last(void);

/*
 * stderr_pass(who, p, len, turn_ms, timeout_ms): hand lines that are not ours to standard
 * error, as many at a time as go out without waiting; whole ones, but for one longer than
 * 4,096 bytes. Until who has passed the end of such a line, or calls stderr_passed, lines of
 * others wait for their turn, and so do messages, in memory, as far as 4,095 bytes take them.
 * Thread: any, one for each who.
 * Returns: how many bytes; 0 if it is somebody else's turn for turn_ms, or for timeout_ms
 * without anything being passed, or standard error takes nothing for so long, or did so for whoever
 * tried before and still does, or is gone.
 */
size_t stderr_pass(const void *who, const char *p, size_t len, int turn_ms, int timeout_ms);

/*
 * stderr_passed(who): nothing more comes from who: a line that has no end gets one, if standard
 * error does not take it now then before what it takes next.
 * Thread: the one that passed, or another that knows it does so no more.
 */
void stderr_passed(const void *who);

#endif
