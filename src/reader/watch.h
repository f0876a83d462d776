/* Learn that files in a directory were added, renamed, deleted or written to. */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

/* With inotify(7) where that tells everything; otherwise by looking again and again. */
struct watch;

enum watch_news {
	WATCH_NAMES = 1, /* there may be other names in a directory, or another directory */
	WATCH_BYTES = 2, /* a file may have grown */
};

/* How long a look by itself takes at most to come, if there is no inotify: milliseconds. */
enum { WATCH_POLL_MS = 200 };

/*
 * watch_new(poll): watch nothing yet. poll: do not use inotify.
 * Owner:   the caller; watch_free.
 * Returns: NULL and errno (ENOMEM).
 */
struct watch *watch_new(bool poll);
void watch_free(struct watch *w);

/*
 * watch_directory(w, path): watch the names in a directory; again and again for the same one is
 * fine, and for one that is not there yet, which is then looked for.
 * watch_file(w, fd): watch an open file, until it is deleted and closed.
 * watch_unwatch(w): forget all directories and files.
 *
 * What cannot be watched by inotify, or is on a file system where other machines write, is polled.
 */
void watch_directory(struct watch *w, const char *path);
void watch_file(struct watch *w, int fd);
void watch_unwatch(struct watch *w);

/*
 * watch_wait(w, timeout_ms, fd): wait for news, for at most so long (-1: for ever), or until fd
 * (-1: none) is closed at its other end, or has an error, as poll(2) tells without being asked.
 * Returns: a set of enum watch_news; 0: time is up, a signal, or fd.
 */
unsigned watch_wait(struct watch *w, int timeout_ms, int fd);

/*
 * For a caller with an event loop of its own: watch_fd is readable when there may be news, -1 if
 * there is no inotify; and after watch_patience_ms, -1 for ever, there may be news, too.
 * watch_take(w): the news since the last call, without waiting.
 */
int watch_fd(const struct watch *w);
int watch_patience_ms(const struct watch *w);
unsigned watch_take(struct watch *w);

#endif
