/* leftovers: what descends from us, or is in a group; not zombies, not what others wait for. */
#include "process/leftovers.h"

#include "base/children.h"
#include "test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct leftovers descendants = { .descendants = true };

/* A process that waits for a signal; in a group of its own if asked to. */
static pid_t idle(bool group)
{
	pid_t child = fork();

	if (child == 0) {
		if (group)
			setpgid(0, 0);
		pause();
		_exit(0);
	}
	if (group)
		setpgid(child, child);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

static void nothing_is_left(void)
{
	CHECK_INT(leftovers_signal(&descendants, 0), 0);
	CHECK_INT(leftovers_signal(&(struct leftovers){ .group = 0 }, SIGKILL), 0);
}

static void zombies_do_not_count(void)
{
	pid_t child = fork();
	siginfo_t info;

	if (child == 0)
		_exit(0);
	(void)waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	CHECK_INT(leftovers_signal(&descendants, SIGKILL), 0);
	(void)waitpid(child, NULL, 0);
}

/* An orphan in a session of its own, and its child. */
static _Noreturn void leave_two(int ready)
{
	if (fork() == 0) {
		setsid();
		idle(true);
		(void)!write(ready, "x", 1);
		pause();
	}
	_exit(0);
}

static void all_that_descend(void)
{
	int ready[2];
	char c;

	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	CHECK_INT(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0)
		leave_two(ready[1]);
	(void)waitpid(child, NULL, 0);
	CHECK_INT(read(ready[0], &c, 1), 1);
	CHECK_INT(leftovers_signal(&descendants, 0), 2);
	CHECK_INT(leftovers_signal(&descendants, SIGKILL), 2);
	while (waitpid(-1, NULL, 0) > 0)
		;
	CHECK_INT(leftovers_signal(&descendants, 0), 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_group(void)
{
	pid_t one = idle(true), other = idle(true);
	const struct leftovers l = { .group = one };

	CHECK_INT(leftovers_signal(&l, 0), 1);
	CHECK_INT(leftovers_signal(&l, SIGTERM), 1);
	CHECK_INT(waitpid(one, NULL, 0), one);
	CHECK_INT(leftovers_signal(&l, SIGTERM), 0);
	CHECK_INT(waitpid(other, NULL, WNOHANG), 0);
	end(other);
}

static void not_what_others_wait_for(void)
{
	int status;
	pid_t child = children_fork();

	if (child == 0) {
		pid_t below = idle(false);

		pause();
		end(below);
		_exit(0);
	}
	usleep(50000);
	CHECK_INT(leftovers_signal(&descendants, SIGKILL), 0);
	CHECK_INT(children_wait(child, &status), 0);
	kill(child, SIGKILL);
	while (children_wait(child, &status) == 0)
		usleep(1000);
	(void)leftovers_signal(&descendants, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int main(void)
{
	TEST("leftovers: nothing is left", nothing_is_left);
	TEST("leftovers: zombies do not count", zombies_do_not_count);
	TEST("leftovers: all that descend from us, orphans too", all_that_descend);
	TEST("leftovers: a process group", a_group);
	TEST("leftovers: not a child that is waited for, nor what it started",
	     not_what_others_wait_for);
	return test_end();
}
