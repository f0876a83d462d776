/* Messages for the person at the terminal: one form, one write each. */
#ifndef DIAG_H
#define DIAG_H

#include <stddef.h>
#include <stdlib.h>

/* What happens next. The word stands in every message: "logsink: WORD: text". */
enum diag_word {
	DIAG_USAGE,   /* the command line is wrong; we exit */
	DIAG_FATAL,   /* we exit */
	DIAG_LOSS,    /* printed as "warning"; something was lost; even with --quiet */
	DIAG_WARNING, /* something is worse than it should be */
	DIAG_PAUSING, /* something fails and is tried again; even with --quiet */
	DIAG_RESUMED, /* and now it works */
	DIAG_WAITING, /* we wait for somebody, who may not know it */
	DIAG_DELETED, /* a closed file was deleted, by which rule */
	DIAG_STATS,   /* counters that were asked for; even with --quiet */
	DIAG_INFO,    /* with --verbose only */
};

enum diag_level { DIAG_QUIET, DIAG_NORMAL, DIAG_VERBOSE };

/*
 * diag_init(level): how much is said from now on.
 * Thread: before any other is started.
 */
void diag_init(enum diag_level level);

/*
 * diag(word, format, ...): say one line on standard error.
 *
 * Control characters (a file name may hold some) come out as \xNN; more than
 * about 2,000 bytes are cut. Only a newline with four spaces behind it stays in a usage
 * error, for what is shown below it. A standard error that takes nothing at the moment
 * is not waited for, but see stderr_last: the message is lost, the log goes on.
 * Thread: any.  Errors: none; errno is kept.
 */
void diag(enum diag_word word, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * diag_cannot_start(what): a system call or the memory for a part of us failed, with errno; fatal.
 * Returns: -1.
 */
int diag_cannot_start(const char *what);

/*
 * diag_escape(to, size, text): copy text, control characters as \xNN, into less than
 * size bytes, and without a NUL at the end. What does not fit is left out.
 * Returns: how many bytes.
 */
size_t diag_escape(char *to, size_t size, const char *text);

/*
 * must(call): the call returns an error number (as pthread functions do) that
 * can only be our own mistake. Never compiled out.
 */
#define must(call) diag_must((call), #call, __FILE__, __LINE__)
void diag_must(int error, const char *call, const char *file, int line);

/* insist(condition): an assert that is never compiled out. */
#define insist(condition) ((condition) ? (void)0 : diag_insist(#condition, __FILE__, __LINE__))
_Noreturn void diag_insist(const char *condition, const char *file, int line);

#endif
