/* What becomes of COMMAND's signals, stops and end, and of the processes that it leaves. */
#ifndef SUPERVISE_H
#define SUPERVISE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct command;
struct command_options;
struct signalfd_siginfo;
struct supervise;

/* Who gets HUP, USR1 and USR2. */
enum supervise_signals { SUPERVISE_TO_COMMAND, SUPERVISE_TO_LOG, SUPERVISE_TO_BOTH };

/* After the end of COMMAND, other processes that have its output open are waited for: */
enum supervise_wait { SUPERVISE_WAIT_GRACE, SUPERVISE_WAIT_ALL, SUPERVISE_WAIT_CHILD };

/* What the loop is to do. */
enum supervise_act {
	SUPERVISE_ASKED, /* a signal asked for the end: shutdown_asked */
	SUPERVISE_LEAVE, /* what the pipe holds now is read, and no more */
	SUPERVISE_DONE,  /* no process is waited for any more; once */
};

struct supervise_options {
	enum supervise_signals signals;
	enum supervise_wait wait;
	bool group;       /* signals go to all of COMMAND's group, and what it leaves is ended */
	int64_t grace_ns; /* for processes that outlive COMMAND */
	void (*act)(void *arg, enum supervise_act act);
	void *arg;
};

/*
 * supervise_block_signals(): hold back the signals that concern COMMAND, from now on and in all
 * threads started later.
 */
void supervise_block_signals(void);

/* supervise_add_signals(set): those that supervise_signal is to be told, beyond the log's own. */
void supervise_add_signals(sigset_t *set);

/*
 * supervise_new(o, subreaper): a COMMAND that does not run yet. subreaper: orphans among its
 * descendants become our children, as they do where we are process 1, and are ended with it.
 * Owner:   it is never freed; o must outlive it.
 * Thread:  before any other is started, and before the sandbox.
 * Returns: NULL after a message.
 */
struct supervise *supervise_new(const struct command_options *o, bool subreaper);

struct command *supervise_command(const struct supervise *s);

/* supervise_run(s, o): let COMMAND start. Thread: the loop's, for this and all below. */
void supervise_run(struct supervise *s, const struct supervise_options *o);

/*
 * supervise_signal(s, info): this signal came.
 * Returns: whether the log is to act on it, too, as without COMMAND.
 */
bool supervise_signal(struct supervise *s, const struct signalfd_siginfo *info);

/* supervise_input_ended(s): nobody has COMMAND's output open any more, or nothing more is read. */
void supervise_input_ended(struct supervise *s);

/* supervise_due_ns(s): CLOCK_MONOTONIC: when supervise_look is to be called; INT64_MAX: never. */
int64_t supervise_due_ns(const struct supervise *s);

/* supervise_look(s): do what is due. */
void supervise_look(struct supervise *s);

/* supervise_ended(s): whether COMMAND has ended. */
bool supervise_ended(const struct supervise *s);

/* supervise_done(s): whether no process is waited for any more. */
bool supervise_done(const struct supervise *s);

#endif
