/*
 * Handle SIGTERM and SIGINT until the loop reads them.
 *
 * A file system that does not answer may block any call of the start forever. If the signals killed
 * us there, the last lines of a program that got the same Ctrl-C would be lost. So they only set a
 * deadline for the start. Other signals are blocked, and wait for the loop's signalfd.
 *
 * Why the loop does not run already, in a thread beside the one that starts: root is given up and
 * the sandbox entered in the start, and Landlock and seccomp bind only the thread that asked for
 * them and those that it starts later. A loop that ran before would keep what all others give up.
 * Nor could it do more with a signal: before the log is open there is nothing to read, to count or
 * to hand over. All there is to do is to wait, and to end when that lasts too long.
 */
#include "logsink/startup.h"

#include "base/diag.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_S = 5 };

static const int signals[] = { SIGTERM, SIGINT, SIGALRM };
enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

static volatile sig_atomic_t came[SIGNALS], hurried, failure = EXIT_FAILURE;

static void on_signal(int number)
{
	static const char text[] =
		"logsink: fatal: the start did not finish within 5 s of a signal to end; "
		"the disk or the user database does not answer\n";

	if (number == SIGALRM && hurried) {
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
		_exit(failure);
	}
	for (int i = 0; i < SIGNALS; i++)
		came[i] = came[i] || signals[i] == number;
	if (number != SIGALRM && !hurried) {
		hurried = 1;
		alarm(PATIENCE_S);
	}
}

static sigset_t all(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	return set;
}

static void handle_by(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	action.sa_mask = all();
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &action, NULL);
}

void startup_begin(void)
{
	sigset_t set = all();

	handle_by(on_signal);
	must(pthread_sigmask(SIG_UNBLOCK, &set, NULL));
}

void startup_fails_with(int status)
{
	failure = status;
}

void startup_end(void)
{
	sigset_t set = all();

	must(pthread_sigmask(SIG_BLOCK, &set, NULL));
	if (hurried)
		alarm(0);
	handle_by(SIG_DFL);
	for (int i = 0; i < SIGNALS; i++)
		if (came[i])
			raise(signals[i]);
}
