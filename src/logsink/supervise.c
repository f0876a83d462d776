/*
 * What becomes of COMMAND's signals, stops and end, and of the processes that it leaves.
 *
 *      state     goes on when                             to
 *      WAITING   supervise_run                            RUNNING
 *      RUNNING   COMMAND has ended                        LEFT, or DONE if nothing is to be ended
 *      LEFT      all processes that COMMAND left have     DONE
 *                ended: they got TERM at its end, and
 *                KILL when the grace was over
 *      DONE      never
 *
 * What COMMAND leaves is ended where we are its reaper (process 1, or --subreaper), and with
 * --kill-group. Elsewhere it is waited for only as far as it has the output open, and then by the
 * reading side; this room only says when that is over: SUPERVISE_LEAVE.
 *
 * While COMMAND runs, signals are COMMAND's; when it has ended they have their old meaning again.
 * So a TERM that came before counts for the shutdown only from the end of COMMAND: the grace is for
 * what comes after it, and COMMAND itself may take as long as it needs. Who cannot wait sends TERM
 * again, and COMMAND is killed.
 *
 * The terminal: COMMAND has a process group of its own, so that a Ctrl-C reaches it alone, and we
 * read on to its end. Where a pipeline may need the terminal, its group, which is ours, stays in
 * the foreground; then a Ctrl-C reaches us, and is passed on to COMMAND's group, as the terminal
 * would have done. COMMAND moves to the foreground when it is stopped because it needs that. A
 * COMMAND that stops at the terminal stops us and the rest of our group too, so that the shell sees
 * a stopped job; the shell's CONT continues both.
 *
 * Who stops COMMAND alone, and not by the terminal, is going to continue it alone: we do not stop,
 * since nobody would continue us.
 */
#include "logsink/supervise.h"

#include "base/children.h"
#include "base/clock.h"
#include "base/diag.h"
#include "process/command.h"
#include "process/leftovers.h"
#include "process/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What may be due. */
enum timer { TELL, STOP, LEAVE, KILL, LOOK, GIVE_UP, FIT, TIMERS };

#define NEVER      INT64_MAX
#define TELL_NS    CLOCK_SECOND        /* after a signal; what ends at once is not worth a word */
#define DIE_NS     CLOCK_SECOND        /* from KILL until it is not waited for any more */
#define STOP_NS    (CLOCK_SECOND / 20) /* after COMMAND: for what it wrote to be written */
#define LOOK_EVERY (CLOCK_SECOND / 20) /* between looks at what COMMAND left */
#define FIT_EVERY  (CLOCK_SECOND / 4)  /* between looks at the size of the terminal */

enum state { WAITING, RUNNING, LEFT, DONE };

struct supervise {
	struct supervise_options o;
	struct command *command;
	struct terminal terminal;
	bool reaper;

	enum state state;
	int asked;       /* so many signals to end came while it ran */
	bool gives;      /* the terminal, when we get it */
	bool fits;       /* its size to that of COMMAND's output */
	bool stop_asked; /* TSTP came, and was passed on */
	int64_t due_ns[TIMERS];
};

static const int forwarded[] = { SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD };

void supervise_add_signals(sigset_t *set)
{
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(*forwarded); i++)
		sigaddset(set, forwarded[i]);
}

void supervise_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	supervise_add_signals(&set);
	/* In the background, too, we may write to the terminal, and give it away. */
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL));
}

static void set(struct supervise *s, enum timer t, int64_t in_ns)
{
	s->due_ns[t] = clock_mono_ns() + in_ns;
}

/* ---- what COMMAND left ---- */

/* Sends a signal to all of it; 0: none. Returns whether there is any. */
static bool signal_left(const struct supervise *s, int number)
{
	const struct leftovers l = { .descendants = s->reaper,
				     .group = s->o.group ? command_process(s->command) : 0 };

	return leftovers_signal(&l, number) > 0;
}

static void done(struct supervise *s)
{
	if (s->state == DONE)
		return;
	s->state = DONE;
	s->due_ns[KILL] = s->due_ns[LOOK] = s->due_ns[GIVE_UP] = NEVER;
	s->o.act(s->o.arg, SUPERVISE_DONE);
}

/* Ends what COMMAND left, if that is ours to do. */
static void end_left(struct supervise *s)
{
	if (!s->reaper && !s->o.group) {
		done(s);
		return;
	}
	s->state = LEFT;
	(void)signal_left(s, SIGTERM);
	set(s, KILL, s->o.grace_ns);
	set(s, LOOK, 0);
}

static void look_at_left(struct supervise *s)
{
	if (signal_left(s, 0))
		set(s, LOOK, LOOK_EVERY);
	else
		done(s);
}

static void kill_left(struct supervise *s)
{
	if (signal_left(s, SIGKILL))
		diag(DIAG_WARNING,
		     "processes that %s left did not end within %.6g s of SIGTERM, and are killed; a "
		     "longer --grace waits longer",
		     command_name(s->command), (double)s->o.grace_ns / (double)CLOCK_SECOND);
	set(s, LOOK, 0);
	set(s, GIVE_UP, DIE_NS);
}

/* ---- COMMAND ends ---- */

static void say_end(const struct supervise *s)
{
	const char *name = command_name(s->command);
	int error = command_error(s->command), number = command_signal_of(s->command);

	if (error)
		command_say_error(name, error);
	else if (number && !s->asked)
		diag(DIAG_WARNING, "%s was ended by signal %d (%s)", name, number,
		     strsignal(number));
	else
		diag(DIAG_INFO, "%s ended, status %d", name, command_status(s->command));
}

static void on_end(struct supervise *s)
{
	if (terminal_is_with(&s->terminal, command_process(s->command)))
		terminal_give(&s->terminal, getpgrp());
	say_end(s);
	s->due_ns[TELL] = s->due_ns[STOP] = NEVER;
	command_let_go(s->command);
	/* The state first: it says what an act may ask. */
	if (s->o.wait == SUPERVISE_WAIT_GRACE)
		end_left(s);
	else if (s->o.wait == SUPERVISE_WAIT_CHILD)
		done(s);
	else
		s->state = LEFT;
	if (s->asked)
		s->o.act(s->o.arg, SUPERVISE_ASKED);
	switch (s->o.wait) {
	case SUPERVISE_WAIT_GRACE: /* what was killed is given the time to end */
		set(s, LEAVE, s->o.grace_ns + (s->state == LEFT ? DIE_NS : 0));
		break;
	case SUPERVISE_WAIT_ALL:
		break;
	case SUPERVISE_WAIT_CHILD:
		s->o.act(s->o.arg, SUPERVISE_LEAVE);
		break;
	}
}

/* ---- COMMAND stops ---- */

static void stop_too(struct supervise *s)
{
	s->stop_asked = false;
	if (terminal_is_with(&s->terminal, command_process(s->command)))
		terminal_give(&s->terminal, getpgrp());
	if (s->terminal.fd >= 0)
		(void)kill(0, SIGTSTP); /* the rest of the job; to us it is blocked */
	(void)raise(SIGSTOP);           /* TSTP does not stop a group that has no shell */
}

static void on_stop(struct supervise *s, int by)
{
	pid_t group = command_process(s->command);

	if ((by == SIGTTIN || by == SIGTTOU) && terminal_is_with(&s->terminal, getpgrp())) {
		s->gives = true;
		terminal_give(&s->terminal, group);
		command_signal(s->command, SIGCONT, true);
	} else if (s->stop_asked || (by != SIGSTOP && s->terminal.fd >= 0)) {
		set(s, STOP, STOP_NS);
	}
}

/* SIGCHLD */
static void look_at_children(struct supervise *s)
{
	int by = 0;

	children_reap();
	switch (command_look(s->command, &by)) {
	case COMMAND_NOTHING:
		break;
	case COMMAND_STOPPED:
		on_stop(s, by);
		break;
	case COMMAND_ENDED:
		on_end(s);
		break;
	}
	if (s->state == LEFT && s->due_ns[LOOK] != NEVER)
		set(s, LOOK, 0);
}

/* ---- signals ---- */

static void forward(const struct supervise *s, const struct signalfd_siginfo *info)
{
	/* What the terminal sent to our group it would have sent to all of COMMAND's. */
	command_signal(s->command, (int)info->ssi_signo, s->o.group || info->ssi_code == SI_KERNEL);
}

static void ask_to_end(struct supervise *s, const struct signalfd_siginfo *info)
{
	if (s->asked++ == 0) {
		forward(s, info);
		set(s, TELL, TELL_NS);
		return;
	}
	diag(DIAG_WARNING, "%s has not ended, and a second signal came: it is killed",
	     command_name(s->command));
	command_signal(s->command, SIGKILL, s->o.group);
}

static void stop(struct supervise *s, const struct signalfd_siginfo *info)
{
	pid_t process = command_process(s->command);

	s->stop_asked = true;
	/* In a session of its own, nothing but STOP stops it. */
	if (getsid(process) != getsid(0))
		command_signal(s->command, SIGSTOP, s->o.group);
	else
		forward(s, info);
}

static void go_on(struct supervise *s)
{
	s->stop_asked = false;
	s->due_ns[STOP] = NEVER;
	if (s->gives && terminal_is_with(&s->terminal, getpgrp()))
		terminal_give(&s->terminal, command_process(s->command));
	command_signal(s->command, SIGCONT, true);
}

bool supervise_signal(struct supervise *s, const struct signalfd_siginfo *info)
{
	bool runs = s->state == RUNNING;

	switch (info->ssi_signo) {
	case SIGALRM:
		return true;
	case SIGTERM:
	case SIGINT:
		if (runs)
			ask_to_end(s, info);
		else if (s->due_ns[KILL] != NEVER && s->asked++ > 0)
			set(s, KILL, 0);
		return !runs;
	case SIGHUP:
	case SIGUSR1:
	case SIGUSR2:
		if (runs && s->o.signals != SUPERVISE_TO_LOG)
			forward(s, info);
		return !runs || s->o.signals != SUPERVISE_TO_COMMAND;
	case SIGCHLD:
		look_at_children(s);
		return false;
	case SIGTSTP:
		if (runs)
			stop(s, info);
		else
			(void)raise(SIGSTOP);
		return false;
	case SIGCONT:
		if (runs)
			go_on(s);
		return false;
	case SIGWINCH:
		(void)command_fit(s->command, s->terminal.fd);
		if (runs)
			forward(s, info);
		return false;
	default:
		if (runs)
			forward(s, info);
		return false;
	}
}

/* ---- start ---- */

struct supervise *supervise_new(const struct command_options *o, bool subreaper)
{
	static struct supervise s; /* there is one */

	for (int t = 0; t < TIMERS; t++)
		s.due_ns[t] = NEVER;
	terminal_init(&s.terminal);
	s.gives = s.terminal.alone;
	s.fits = s.terminal.alone && o->terminal;
	s.reaper = subreaper || getpid() == 1;
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
		diag_cannot_start("a subreaper");
		return NULL;
	}
	s.command = command_new(o);
	if (!s.command)
		return NULL;
	(void)command_fit(s.command, s.terminal.fd);
	return &s;
}

struct command *supervise_command(const struct supervise *s)
{
	return s->command;
}

void supervise_run(struct supervise *s, const struct supervise_options *o)
{
	s->o = *o;
	s->state = RUNNING;
	if (s->gives && terminal_is_with(&s->terminal, getpgrp()))
		terminal_give(&s->terminal, command_process(s->command));
	command_run(s->command);
	if (s->fits)
		set(s, FIT, FIT_EVERY);
}

/* ---- time ---- */

void supervise_input_ended(struct supervise *s)
{
	s->due_ns[LEAVE] = NEVER;
	if (s->state == RUNNING) {
		diag(DIAG_LOSS, "the output of %s cannot be read any more, so it gets SIGTERM",
		     command_name(s->command));
		command_signal(s->command, SIGTERM, s->o.group);
	}
	if (s->state == LEFT && s->due_ns[KILL] == NEVER && s->due_ns[LOOK] == NEVER)
		end_left(s); /* with --wait=all only now */
}

int64_t supervise_due_ns(const struct supervise *s)
{
	int64_t first = NEVER;

	for (int t = 0; t < TIMERS; t++)
		if (s->due_ns[t] < first)
			first = s->due_ns[t];
	return first;
}

/* A foreground COMMAND gets SIGWINCH from the terminal, and we do not. */
static void fit(struct supervise *s)
{
	if (s->state != RUNNING)
		return;
	if (command_fit(s->command, s->terminal.fd))
		command_signal(s->command, SIGWINCH, true);
	set(s, FIT, FIT_EVERY);
}

static void look(struct supervise *s, enum timer t)
{
	switch (t) {
	case TELL:
		diag(DIAG_WAITING, "for %s to end after a signal to end; a second signal kills it",
		     command_name(s->command));
		break;
	case STOP:
		stop_too(s);
		break;
	case LEAVE:
		s->o.act(s->o.arg, SUPERVISE_LEAVE);
		break;
	case KILL:
		kill_left(s);
		break;
	case LOOK:
		look_at_left(s);
		break;
	case FIT:
		fit(s);
		break;
	case GIVE_UP: /* the system cannot end them */
		done(s);
		break;
	case TIMERS:
		break;
	}
}

void supervise_look(struct supervise *s)
{
	int64_t now = clock_mono_ns();

	for (enum timer t = 0; t < TIMERS; t++)
		if (s->due_ns[t] <= now) {
			s->due_ns[t] = NEVER;
			look(s, t);
		}
}

bool supervise_ended(const struct supervise *s)
{
	return s->state > RUNNING;
}

bool supervise_done(const struct supervise *s)
{
	return s->state == DONE;
}
