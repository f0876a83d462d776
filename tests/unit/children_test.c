/* children: ends are given to who waits for them, whoever reaps; all others are reaped. */
#include "base/children.h"

#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child_that(int status)
{
	pid_t child = children_fork();

	if (child == 0)
		_exit(status);
	return child;
}

/* Waits until that child has ended, without taking its end. */
static void await(pid_t child)
{
	siginfo_t info;

	CHECK_INT(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
}

static int end_of(pid_t child)
{
	int status = -1;
	pid_t got;

	while ((got = children_wait(child, &status)) == 0)
		usleep(1000);
	return CHECK_INT(got, child) && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void gives_the_end_once(void)
{
	int status;
	pid_t child = child_that(3);

	CHECK(children_is_ours(child));
	CHECK_INT(end_of(child), 3);
	CHECK(!children_is_ours(child));
	errno = 0;
	CHECK_INT(children_wait(child, &status), -1);
	CHECK_INT(errno, ECHILD);
	CHECK_INT(children_wait(0, &status), -1);
	CHECK_INT(children_wait(-1, &status), -1);
}

static void waits_for_nothing(void)
{
	int status;
	pid_t child = children_fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	CHECK_INT(children_wait(child, &status), 0);
	children_reap();
	CHECK_INT(children_wait(child, &status), 0);
	kill(child, SIGKILL);
	await(child);
	children_reap();
	CHECK_INT(children_wait(child, &status), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Those that are waited for are among strangers. */
static void reaps_strangers_only(void)
{
	pid_t ours[3], strangers[3];

	for (int i = 0; i < 3; i++) {
		ours[i] = child_that(10 + i);
		strangers[i] = fork();
		if (strangers[i] == 0)
			_exit(20 + i);
	}
	for (int i = 0; i < 3; i++) {
		await(ours[i]);
		await(strangers[i]);
	}
	children_reap();
	for (int i = 0; i < 3; i++) {
		CHECK_INT(waitpid(strangers[i], NULL, WNOHANG), -1);
		CHECK_INT(end_of(ours[i]), 10 + i);
	}
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static void has_a_limit(void)
{
	pid_t many[CHILDREN_MOST];

	for (int i = 0; i < CHILDREN_MOST; i++)
		many[i] = child_that(i);
	errno = 0;
	CHECK_INT(children_fork(), -1);
	CHECK_INT(errno, EAGAIN);
	CHECK_INT(end_of(many[5]), 5);
	many[5] = child_that(50);
	CHECK_INT(end_of(many[5]), 50);
	for (int i = 0; i < CHILDREN_MOST; i++)
		if (i != 5)
			CHECK_INT(end_of(many[i]), i);
}

int main(void)
{
	TEST("children: an end is given once, and only for what was started here",
	     gives_the_end_once);
	TEST("children: nothing waits for a child that runs", waits_for_nothing);
	TEST("children: reaping takes strangers, and keeps the ends of ours", reaps_strangers_only);
	TEST("children: more than the limit are refused, and places are used again", has_a_limit);
	return test_end();
}
