/* Read a descriptor: standard input or a FIFO. */
#ifndef SOURCE_H
#define SOURCE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct owner;
struct source;

/* What source_read found, when it was not bytes. */
enum source_pause {
	SOURCE_LATER = 0,   /* nothing there now */
	SOURCE_ENDED = -1,  /* end of input */
	SOURCE_FAILED = -2, /* read(2) failed; it was said, and counts as the end */
};

/*
 * source_stdin(): standard input, whatever it is.
 * Owner:   the caller; source_close.
 * Returns: NULL after a message when it cannot be read at all.
 */
struct source *source_stdin(void);

/*
 * source_pipe(fd, name, alone): the reading end of a pipe that nobody else has open for reading.
 * alone: it is the only source. Otherwise O_NONBLOCK is set, and it is waited for like a FIFO.
 * Owner:   fd stays the caller's; name must outlive the source.
 * Returns: NULL after a message.
 */
struct source *source_pipe(int fd, const char *name, bool alone);

/*
 * source_terminal(fd, name): the end of a pseudo-terminal at which its output is read.
 * Owner:   fd stays the caller's; name must outlive the source.
 * Returns: NULL after a message.
 */
struct source *source_terminal(int fd, const char *name);

/*
 * source_fifo(path, once, owner): a named pipe, made with mode 0600 if it is
 * missing; if root makes it, for that owner, who must outlive it.
 *
 * Neither this call nor reading waits for a writer. Without once we hold the
 * FIFO open for writing too, so it never ends; with once it ends when the last
 * writer has left.
 * Owner:   path must outlive the source.
 * Returns: NULL after a message.
 */
struct source *source_fifo(const char *path, bool once, const struct owner *owner);

/*
 * source_may_be(path): whether source_fifo could use path: it is a FIFO, or there
 * is nothing yet. Otherwise says why not. Changes nothing.
 */
bool source_may_be(const char *path);

void source_close(struct source *s);

/*
 * source_again(s, word): what has the FIFO's name now, or a new FIFO, as by source_fifo; what is
 * wrong with it is said with that word, also by source_is_same and source_lock.
 * Owner:   the caller, as of s; source_close each.
 * Returns: NULL after a message.
 */
struct source *source_again(const struct source *s, enum diag_word word);

/*
 * source_let_end(s): from now on the FIFO ends when its last writer leaves it. It stays locked.
 * Where /proc is missing, or says no, it stays endless.
 * Returns: false after a message: another logsink was faster, and s is to be left to it.
 */
bool source_let_end(struct source *s);

/* source_is_same(a, b): whether both are one FIFO; then that is said. */
bool source_is_same(const struct source *a, const struct source *b);

/*
 * source_lock(s): whether no other logsink reads this FIFO, nor can from now on; if one does,
 * that is said. Other sources are anybody's.
 */
bool source_lock(const struct source *s);

/* source_in_place(s): whether the FIFO's name still leads to it; true for other sources. */
bool source_in_place(const struct source *s);

/* source_leads_to(s, other): whether the name of FIFO s leads to the FIFO that other is. */
bool source_leads_to(const struct source *s, const struct source *other);

/*
 * source_watch(s, inotify_fd): let inotify(7) tell when the FIFO's name may not lead to it any
 * more. Returns: false, and errno, if it does not; for other sources, too.
 */
bool source_watch(const struct source *s, int inotify_fd);

int source_fd(const struct source *s);
const char *source_name(const struct source *s);

/* source_endless(s): a FIFO that has no end of its own. */
bool source_endless(const struct source *s);

/* source_capacity(s): bytes that a pipe holds; 0 if it is none. */
size_t source_capacity(const struct source *s);

/*
 * source_widen(s): let a pipe hold as much as it may; to be called when it is seen to be needed,
 * since the system gives each user only some memory for pipes.
 * Returns: whether its capacity may be another now; false from the second call on.
 */
bool source_widen(struct source *s);

/*
 * source_is_pipe(s): standard input, or what source_pipe was given: a pipe, which is better waited
 * for by a reader. Its source_read does not wait, but may miss its end.
 */
bool source_is_pipe(const struct source *s);

/*
 * source_read(s, to, len): one read(2).
 *
 * O_NONBLOCK is never set on standard input, which other programs may share, so
 * if that is no pipe, the call may wait unless it is known to be readable.
 * Returns: bytes, or an enum source_pause.
 */
ssize_t source_read(struct source *s, void *to, size_t len);

/*
 * source_judge(s, n, error): what a read(2) from source_fd(s) means that returned n, and the errno
 * error. Says what failed.
 * Returns: as source_read.
 */
ssize_t source_judge(const struct source *s, ssize_t n, int error);

/* source_available(s): bytes that can be read at this moment without waiting. */
size_t source_available(const struct source *s);

#endif
