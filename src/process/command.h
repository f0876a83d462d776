/* COMMAND: the program whose output is logged: start it, signal it, see it stop and end. */
#ifndef COMMAND_H
#define COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct command;
struct origin;

/* Exit statuses that stand for COMMAND's, as with env(1) and timeout(1). */
enum {
	COMMAND_NOT_STARTED = 125,
	COMMAND_NOT_EXECUTABLE = 126,
	COMMAND_NOT_FOUND = 127,
	COMMAND_SIGNALLED = 128, /* and the number of the signal */
};

struct command_options {
	char *const *words; /* the command, its arguments, NULL */
	char *const *environment;
	const struct origin *origin; /* how it is to start */
	bool terminal;               /* it writes to a pseudo-terminal, not to a pipe */
	bool keep;                   /* it gets no SIGTERM when this process dies */
	bool split;                  /* standard error goes through a pipe of its own */
};

enum command_news { COMMAND_NOTHING, COMMAND_STOPPED, COMMAND_ENDED };

/*
 * command_new(o): a child process that is to become COMMAND, and the pipe for what it writes to
 * standard output and standard error. It waits for command_run. It has a process group of its own,
 * and what this process changes about itself from now on does not concern it.
 *
 * Standard input passes to COMMAND: this process has /dev/null in its place.
 * Owner:   the caller; it is never freed. o must outlive it.
 * Thread:  before any other is started, with all signals blocked that are not to be lost; as for
 *          all below.
 * Returns: NULL after a message.
 */
struct command *command_new(const struct command_options *o);

/*
 * command_output(c), command_errors(c): the reading end of the pipe, or of the pseudo-terminal,
 * whose end is EIO; and of the pipe for standard error, with split. They do not end before
 * command_let_go.
 */
int command_output(const struct command *c);
int command_errors(const struct command *c);

/* command_name(c): its first word. */
const char *command_name(const struct command *c);

/* command_process(c): the process, and its group. */
pid_t command_process(const struct command *c);

/*
 * command_find(name, path): the file that name stands for, as execvp(3) finds it.
 * Returns: 0, or an error number.
 */
int command_find(const char *name, char path[PATH_MAX]);

/* command_say_error(name, error): the message that COMMAND cannot be run. */
void command_say_error(const char *name, int error);

/*
 * command_fit(c, terminal): a pseudo-terminal gets the window size of that terminal; -1: none.
 * Returns: whether it has another size now.
 */
bool command_fit(const struct command *c, int terminal);

/* command_run(c): it may start. */
void command_run(struct command *c);

/* command_cancel(c): it is not to start; the child process has ended on return. */
void command_cancel(struct command *c);

/*
 * command_look(c, stopped_by): what has happened to it since the last call.
 * Gives:   with COMMAND_STOPPED the signal that stopped it.
 * Returns: COMMAND_ENDED once.
 */
enum command_news command_look(struct command *c, int *stopped_by);

/* command_signal(c, number, group): send it a signal, or also to all of its group. It has not
 * ended. */
void command_signal(const struct command *c, int number, bool group);

/* command_let_go(c): the pipe ends when no other process has it open. */
void command_let_go(struct command *c);

/*
 * command_status(c): the exit status that stands for how it ended.
 * command_signal_of(c): the signal that ended it; 0: none.
 * command_error(c): errno of why it could not be run; 0: it was run.
 */
int command_status(const struct command *c);
int command_signal_of(const struct command *c);
int command_error(const struct command *c);

/* command_ran_ns(c): how long it ran: from command_run to the look that saw its end. */
int64_t command_ran_ns(const struct command *c);

#endif
