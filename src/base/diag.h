/* Messages on standard error: one form, one write each. */
#ifndef DIAG_H
#define DIAG_H

#include <stddef.h>
#include <stdlib.h>

/* The word of a message says what happens next: "logsink: WORD: text". */
enum diag_word {
	DIAG_USAGE,   /* the command line is wrong; we exit */
	DIAG_FATAL,   /* we exit */
	DIAG_LOSS,    /* printed as "warning"; something was lost; even with --quiet */
	DIAG_WARNING, /* something is worse than it should be */
	DIAG_PAUSING, /* something fails and is retried; even with --quiet */
	DIAG_RESUMED, /* and now it works */
	DIAG_WAITING, /* we wait for the user, or for the program that logs */
	DIAG_DELETED, /* a closed file was deleted, and by which rule */
	DIAG_STATS,   /* the requested counters; even with --quiet */
	DIAG_INFO,    /* with --verbose only */
};

enum diag_level { DIAG_QUIET, DIAG_NORMAL, DIAG_VERBOSE };

/*
 * diag_name(name): messages begin with this name of the program; with "logsink" unless told.
 * Owner:  name must stay as it is. Thread: before any other is started.
 */
void diag_name(const char *name);

/*
 * diag_init(level): print messages of this level from now on.
 * Thread: before any other is started.
 */
void diag_init(enum diag_level level);

/*
 * diag(word, format, ...): print one line on standard error.
 *
 * Control characters (a file name may contain some) are printed as \xNN; a message is cut at
 * about 2,000 bytes. In a usage error a newline followed by four spaces is kept, for a line
 * shown below the message. If standard error does not accept the message at once, the message is
 * lost and the log continues; but see stderr_last.
 * Thread: any.  Errors: none; errno is preserved.
 */
void diag(enum diag_word word, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * diag_cannot_start(what): print a fatal message: a system call, or allocating the memory, for
 * this part of the program failed with errno.
 * Returns: -1.
 */
int diag_cannot_start(const char *what);

/*
 * diag_escape(to, size, text): copy text, with control characters as \xNN, into fewer than
 * size bytes, without a terminating NUL. The text is cut where it does not fit.
 * Returns: the number of bytes written.
 */
size_t diag_escape(char *to, size_t size, const char *text);

/*
 * must(call): abort if the call returns an error number, as pthread functions do. For errors
 * that only a fault in this program can cause. Never compiled out.
 */
#define must(call) diag_must((call), #call, __FILE__, __LINE__)
void diag_must(int error, const char *call, const char *file, int line);

/* insist(condition): an assert that is never compiled out. */
#define insist(condition) ((condition) ? (void)0 : diag_insist(#condition, __FILE__, __LINE__))
_Noreturn void diag_insist(const char *condition, const char *file, int line);

#endif
