/*
 * COMMAND: the program whose output is logged: start it, signal it, see it stop and end.
 *
 * The child process is made before this one becomes another user, enters a sandbox or starts a
 * thread, so nothing of these binds COMMAND. But COMMAND is to run only when the log can take its
 * first line. So the child waits at a gate, a pair of sockets: one byte from us lets it go on. If
 * we end before, it reads the end of the stream there, and ends too. If exec(2) fails, the child
 * writes errno into the gate; otherwise exec closes it. We look at that only when the child has
 * ended: a file system that does not answer holds up COMMAND, but not us.
 *
 * We keep the writing end of the pipe open until COMMAND has ended. So a COMMAND that closes its
 * standard output and goes on is no end of input, and the end of input is never earlier than the
 * end of COMMAND.
 *
 * The simpler design becomes COMMAND itself and gives the reading to a child. The process ID, the
 * status and the signals then need no work. But nobody waits until the last line is in the file,
 * and in a container the end of COMMAND, as process 1, kills who should write it.
 *
 * COMMAND is a child that only command_look waits for, so its process ID cannot come to stand for
 * another process between a look and a signal.
 */
#include "process/command.h"

#include "base/children.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "process/origin.h"
#include "process/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ, WRITE };     /* the ends of a pipe */
enum { OURS, ITS, GATE }; /* the ends of the gate, and their number */

struct command {
	struct command_options o;
	pid_t process;
	int output[2];
	int errors[2]; /* the same, without split */
	int gate[GATE];
	bool ended;
	int64_t begun_ns, ended_ns; /* monotonic */
	int status;                 /* as of waitpid(2) */
	int error;                  /* of exec(2) */
};

/* ---- in the child ---- */

/* Whether the child is to go on. */
static bool pass_gate(const struct command *c)
{
	char go;

	return fdio_read(c->gate[ITS], &go, 1) == 1;
}

/* Its descriptors. All of ours but these are closed by exec(2). */
static int take_descriptors(const struct command *c)
{
	if (dup2(c->output[WRITE], STDOUT_FILENO) < 0 || dup2(c->errors[WRITE], STDERR_FILENO) < 0)
		return -1;
	if (c->o.origin->closed & 1 << STDIN_FILENO)
		close(STDIN_FILENO);
	return 0;
}

static _Noreturn void become_command(const struct command *c)
{
	setpgid(0, 0);
	close(c->gate[OURS]);
	if (!c->o.keep)
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!pass_gate(c))
		_exit(COMMAND_NOT_STARTED);
	origin_restore(c->o.origin);
	if (take_descriptors(c) == 0) {
		origin_unblock(c->o.origin);
		execvpe(c->o.words[0], c->o.words, c->o.environment);
	}
	int error = errno;
	(void)fdio_write(c->gate[ITS], &error, sizeof(error));
	_exit(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_EXECUTABLE);
}

/* ---- start ---- */

/* Who writes to our standard input is to learn when COMMAND has left it. */
static void give_input_away(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return; /* it then learns it at our end */
	(void)dup2(null, STDIN_FILENO);
	close(null);
}

static struct command *fail(const struct command *c)
{
	diag(DIAG_FATAL, "cannot start a process for %s: %s", c->o.words[0], strerror(errno));
	return NULL;
}

/* No handler of ours is to run in the child; what comes meanwhile waits in both. */
static int start_child(struct command *c)
{
	sigset_t all, before;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	c->process = children_fork();
	if (c->process == 0)
		become_command(c);
	int error = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return c->process < 0 ? -1 : 0;
}

struct command *command_new(const struct command_options *o)
{
	static struct command c; /* there is one */

	c = (struct command){ .o = *o, .status = COMMAND_NOT_STARTED << 8 };
	if (o->terminal && pty_open(c.output) < 0) {
		diag(DIAG_FATAL, "cannot open a pseudo-terminal for %s: %s", o->words[0],
		     strerror(errno));
		return NULL;
	}
	if (!o->terminal && pipe2(c.output, O_CLOEXEC) < 0)
		return fail(&c);
	memcpy(c.errors, c.output, sizeof(c.errors));
	if (o->split && pipe2(c.errors, O_CLOEXEC) < 0)
		return fail(&c);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c.gate) < 0)
		return fail(&c);
	if (start_child(&c) < 0)
		return fail(&c);
	setpgid(c.process, c.process); /* parent and child both call it; the first one wins */
	close(c.gate[ITS]);
	give_input_away();
	return &c;
}

int command_output(const struct command *c)
{
	return c->output[READ];
}

int command_errors(const struct command *c)
{
	return c->errors[READ];
}

const char *command_name(const struct command *c)
{
	return c->o.words[0];
}

pid_t command_process(const struct command *c)
{
	return c->process;
}

bool command_fit(const struct command *c, int terminal)
{
	return c->o.terminal && pty_fit(c->output[READ], terminal);
}

void command_run(struct command *c)
{
	c->begun_ns = clock_mono_ns();
	/* A failure means that the child was killed, which command_look will see. */
	(void)fdio_write(c->gate[OURS], "", 1);
}

void command_cancel(struct command *c)
{
	close(c->gate[OURS]);
	while (children_wait(c->process, &c->status) == 0)
		usleep(1000);
	c->ended = true;
}

/* ---- which file it is ---- */

/* 0, or why this file cannot be executed. */
static int try_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

int command_find(const char *name, char path[PATH_MAX])
{
	const char *dirs = getenv("PATH");
	int result = ENOENT;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return strlen(name) < PATH_MAX ? try_file(path) : ENAMETOOLONG;
	}
	for (dirs = dirs ? dirs : "/bin:/usr/bin";; dirs++) {
		size_t n = strcspn(dirs, ":");
		int len = snprintf(path, PATH_MAX, "%.*s%s%s", (int)n, dirs, n ? "/" : "", name);
		int error = len < PATH_MAX ? try_file(path) : ENAMETOOLONG;

		if (error == 0)
			return 0;
		if (error == EACCES) /* there may be another behind */
			result = error;
		dirs += n;
		if (*dirs == '\0')
			return result;
	}
}

void command_say_error(const char *name, int error)
{
	if (error == ENOENT)
		diag(DIAG_FATAL,
		     "cannot run %s: there is no such program; give its path, or a name that is in "
		     "PATH",
		     name);
	else
		diag(DIAG_FATAL, "cannot run %s: %s", name, strerror(error));
}

/* ---- afterwards ---- */

static void take_error(struct command *c)
{
	int error;

	if (recv(c->gate[OURS], &error, sizeof(error), MSG_DONTWAIT) == sizeof(error))
		c->error = error;
	close(c->gate[OURS]);
}

enum command_news command_look(struct command *c, int *stopped_by)
{
	siginfo_t info = { 0 };

	if (c->ended)
		return COMMAND_NOTHING;
	if (children_wait(c->process, &c->status) != 0) {
		c->ended = true;
		c->ended_ns = clock_mono_ns();
		take_error(c);
		return COMMAND_ENDED;
	}
	if (waitid(P_PID, (id_t)c->process, &info, WSTOPPED | WNOHANG) < 0 || info.si_pid == 0)
		return COMMAND_NOTHING;
	*stopped_by = info.si_status;
	return COMMAND_STOPPED;
}

void command_signal(const struct command *c, int number, bool group)
{
	insist(!c->ended);
	if (group)
		(void)kill(-c->process, number);
	/* It may have left its group. */
	if (!group || getpgid(c->process) != c->process)
		(void)kill(c->process, number);
}

void command_let_go(struct command *c)
{
	close(c->output[WRITE]);
	if (c->o.split)
		close(c->errors[WRITE]);
}

int command_status(const struct command *c)
{
	return WIFSIGNALED(c->status) ? COMMAND_SIGNALLED + WTERMSIG(c->status)
				      : WEXITSTATUS(c->status);
}

int command_signal_of(const struct command *c)
{
	return WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;
}

int command_error(const struct command *c)
{
	return c->error;
}

int64_t command_ran_ns(const struct command *c)
{
	return c->ended_ns - c->begun_ns;
}
