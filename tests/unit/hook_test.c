/* hook: one command after another, in order, with what it is promised; and none is waited for too
 * long. */
#include "closed/hook.h"

#include "base/clock.h"
#include "scratch.h"
#include "test.h"

#include <signal.h>

enum { NOW = 1000000000 };

static char *environment[] = { "PATH=/usr/bin:/bin", "GREETING=hello", NULL };

/* A shell script "./hook"; what it says goes to the file "got", line by line. */
static void script(const char *text)
{
	char all[2048];

	snprintf(all, sizeof(all), "#!/bin/sh\n%s\n", text);
	scratch_bytes("hook", all, strlen(all), 0755);
}

static struct hook *start(const char *command)
{
	const struct hook_options o = { .command = command,
					.timeout_ns = 1000 * CLOCK_SECOND,
					.umask = 027,
					.environment = environment };
	struct hook *h = hook_start(&o);

	if (!h)
		scratch_fail("hook_start");
	return h;
}

static void enter(void)
{
	scratch_enter();
	scratch_clock(NOW, 0);
	(void)clock_real_ns();
}

/* So long after the start, by the clock of this process. */
static void later(int64_t s)
{
	scratch_clock(NOW, s);
	(void)clock_real_ns();
}

/* For CHECK_SOON. */
static bool got(const void *text)
{
	const char *all = scratch_read("got");

	return all && strcmp(all, text) == 0;
}

static bool there(const void *name)
{
	return scratch_has(name);
}

static bool is_over(const void *pid_file)
{
	const char *text = scratch_read(pid_file);

	return text && kill(atoi(text), 0) < 0 && errno == ESRCH;
}

/* ---- what a command gets ---- */

static void gives_the_path_last(void)
{
	enter();
	script("echo \"$#:$1:$2:$3:$4\" >>got");
	struct hook *h = start("  ./hook -v   -x ");

	hook_run(h, "logs/with blanks.log");
	hook_run(h, "-rf");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_read("got"), "3:-v:-x:logs/with blanks.log:\n"
				       "3:-v:-x:./-rf:\n");
	CHECK_STR(scratch_said(), "");
	scratch_leave();
}

static void gives_what_it_promises(void)
{
	sigset_t term, before;
	int input = dup(STDIN_FILENO), fd;

	enter();
	/* The log's standard input, from which a command must not take a byte. */
	scratch_file("input", "a line of the log\n");
	fd = open("input", O_RDONLY | O_CLOEXEC);
	CHECK(dup2(fd, STDIN_FILENO) >= 0);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, &before);
	signal(SIGINT, SIG_DFL); /* as a shell leaves it that starts us in the background */
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	script("echo \"$GREETING ${HOME-none} $(umask)\" >got\n"
	       "cat >>got\n"
	       /* PIPE and XFSZ; make has two of its own ignored. */
	       "ignored=$(sed -n 's/^SigIgn:.//p' /proc/$$/status)\n"
	       "echo \"ignored: $((0x$ignored & 0x1001000))\" >>got\n"
	       "test \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ && echo leads a group >>got\n"
	       "echo to standard output");
	struct hook *h = start("./hook");

	hook_run(h, "x");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_read("got"), "hello none 0027\n"
				       "ignored: 0\n"
				       "leads a group\n");
	CHECK_STR(scratch_said(), "to standard output\n"); /* which may be a pipe with a copy */
	h = start("grep SigBlk"); /* not by a shell, which may do that itself */
	hook_run(h, "/proc/self/status");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_INT(scratch_said_times("SigBlk:\t0000000000000000\n"), 1);
	CHECK_INT(lseek(fd, 0, SEEK_CUR), 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	dup2(input, STDIN_FILENO);
	close(input);
	close(fd);
	scratch_leave();
}

/* ---- how it goes ---- */

static void runs_one_after_the_other(void)
{
	enter();
	/* The first one ends only when all others have been asked for. */
	script("mkdir busy || echo two at once >>got\n"
	       "until test -e go; do sleep 0.01; done\n"
	       "echo $1 >>got; rmdir busy");
	struct hook *h = start("./hook");

	hook_run(h, "1");
	CHECK_SOON(there, "busy");
	hook_run(h, "2");
	hook_run(h, "3");
	hook_run(h, "4");
	CHECK(!scratch_has("got"));
	scratch_file("go", "");
	CHECK_SOON(got, "1\n2\n3\n4\n");
	hook_run(h, "5"); /* when there was nothing to do meanwhile */
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_read("got"), "1\n2\n3\n4\n5\n");
	scratch_leave();
}

static void says_how_it_failed(void)
{
	enter();
	script("case $1 in bad) exit 3;; killed) kill -KILL $$;; esac");
	struct hook *h = start("./hook");

	hook_run(h, "good");
	hook_run(h, "bad");
	hook_run(h, "killed");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_said(),
		  "logsink: warning: the --on-roll command ./hook failed for bad: exit status 3\n"
		  "logsink: warning: the --on-roll command ./hook failed for killed: signal 9\n");
	h = start("./none");
	hook_run(h, "x");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_INT(scratch_said_times("cannot run the --on-roll command ./none for x: not found"),
		  1);
	chmod("hook", 0644);
	h = start("./hook");
	hook_run(h, "x");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_INT(scratch_said_times("the --on-roll command ./hook for x: not executable"), 1);
	scratch_leave();
}

static void ends_what_takes_too_long(void)
{
	enter();
	script("echo $1 >>got\n"
	       "test $1 = stubborn && trap '' TERM\n"
	       "sleep 1000 & echo $! >child.$1; echo $$ >pid.new; mv pid.new $1\n"
	       "test $1 = last || sleep 1000");
	struct hook *h = start("./hook");

	hook_run(h, "slow");
	hook_run(h, "stubborn");
	hook_run(h, "last");
	CHECK_SOON(there, "slow");
	CHECK_STR(scratch_said(), "");
	later(1000);
	CHECK_SOON(is_over, "child.slow"); /* its children are ended with it */
	CHECK_SOON(is_over, "slow");
	CHECK_SOON(there, "stubborn");
	CHECK(!is_over("stubborn")); /* each has the whole time */
	later(2001);                 /* and a second to end by itself */
	CHECK_SOON(is_over, "stubborn");
	CHECK_SOON(there, "last");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_read("got"), "slow\nstubborn\nlast\n");
	CHECK_STR(
		scratch_said(),
		"logsink: warning: the --on-roll command ./hook takes longer than --on-roll-timeout for slow; ending it\n"
		"logsink: warning: the --on-roll command ./hook takes longer than --on-roll-timeout for stubborn; ending it\n");
	kill(atoi(scratch_read("child.last")), SIGKILL);
	scratch_leave();
}

/* ---- the end ---- */

static void waits_for_no_command_without_end(void)
{
	char number[16];

	enter();
	/* It ends when this process does, for then nobody has the FIFO open for writing. */
	if (mkfifo("held", 0600) < 0 || open("held", O_RDWR | O_CLOEXEC) < 0)
		scratch_fail("a FIFO");
	script("echo $1 >>got; read x <held; echo $1 ended >>got");
	struct hook *h = start("./hook");

	hook_run(h, "1");
	CHECK_SOON(got, "1\n");
	for (int i = 2; i <= 1001; i++) {
		snprintf(number, sizeof(number), "%d", i);
		hook_run(h, number);
	}
	CHECK_STR(scratch_said(), "");
	hook_run(h, "one more");
	hook_stop(h, 20 * CLOCK_MS);
	CHECK_STR(
		scratch_said(),
		"logsink: warning: the --on-roll command is not run for one more: 1000 files are already waiting for it\n"
		"logsink: warning: not waiting for the --on-roll command ./hook, which is still running\n"
		"logsink: warning: the --on-roll command was not run for 1000 files, starting with 2\n");
	CHECK_STR(scratch_read("got"), "1\n"); /* left to itself, and not ended */
	scratch_leave();
}

static void has_room_for_so_many_words(void)
{
	char command[4 * HOOK_WORDS] = "true";
	struct hook_options o = { .command = command, .environment = environment };

	enter();
	for (int i = 1; i < HOOK_WORDS; i++)
		strcat(command, " a");
	struct hook *h = start(command);
	hook_run(h, "x");
	hook_stop(h, 1000 * CLOCK_SECOND);
	CHECK_STR(scratch_said(), "");
	strcat(command, " a");
	CHECK(hook_start(&o) == NULL);
	CHECK_INT(errno, E2BIG);
	scratch_leave();
}

int main(void)
{
	TEST("hook: the path is the last argument, and never an option", gives_the_path_last);
	TEST("hook: a command has its environment and umask, no input, and signals as they are by default",
	     gives_what_it_promises);
	TEST("hook: commands run one after the other, in order", runs_one_after_the_other);
	TEST("hook: a command that fails is said, with how it failed", says_how_it_failed);
	TEST("hook: what takes too long is ended with its children, by force a second later",
	     ends_what_takes_too_long);
	TEST("hook: the most words that a command may have", has_room_for_so_many_words);
	TEST("hook: so many wait, and at the end they are said; the one that runs is left to itself",
	     waits_for_no_command_without_end);
	return test_end();
}
