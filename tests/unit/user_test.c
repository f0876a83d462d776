/* user: who is meant, and that there is no way back. */
#include "process/user.h"

#include "scratch.h"
#include "test.h"

#include <grp.h>
#include <signal.h>
#include <sys/wait.h>

enum { SOMEBODY = 12345, GROUP = 23456 };

static struct user u;

static enum user_found find(const char *text)
{
	free(u.as.groups); /* which the program keeps to its end */
	u.as.groups = NULL;
	return user_find(text, &u);
}

/* Runs f in a process of its own, since there is no way back; its exit status. */
static int in_a_child(int (*f)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(f());
	if (child < 0 || waitpid(child, &status, 0) != child)
		scratch_fail("a child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void finds_numbers(void)
{
	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	CHECK_INT(find("12345:23456"), USER_FOUND);
	CHECK(u.as.uid == SOMEBODY && u.as.gid == GROUP && !u.self);
	CHECK_STR(u.name, ""); /* no groups of another name come along */
	CHECK_INT(find("daemon"), USER_FOUND);
	CHECK(u.as.uid != 0);
	CHECK_STR(u.name, "daemon");
	CHECK_INT(find("daemon:23456"), USER_FOUND);
	CHECK_INT(u.as.gid, GROUP);
	CHECK_STR(u.name, "");
	CHECK_STR(scratch_said(), "");
	scratch_leave();
}

static void refuses_who_is_nobody(void)
{
	static const char *const bad[] = {
		"",
		":",
		"no-such-user",
		"daemon:",
		"daemon:no-such-group",
		"4294967295",
		"-1",
		"12345x:1",
		"1 2:1",
		"99999999999999999999:1",
		"12345:4294967295",
		":23456",
	};

	scratch_enter();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK_INT(find(bad[i]), USER_UNKNOWN))
			printf("# of '%s'\n", bad[i]);
	CHECK_INT(scratch_said_times("logsink: usage: "), sizeof(bad) / sizeof(*bad));
	/* Root is no other user. */
	CHECK_INT(find("0:23456"), USER_UNKNOWN);
	CHECK_INT(find("root"), USER_UNKNOWN);
	scratch_leave();
}

static int be_refused(void)
{
	return setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0 ? 100 : (int)find("12346:1");
}

static void only_root_can(void)
{
	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	CHECK_INT(in_a_child(be_refused), USER_REFUSED);
	scratch_leave();
}

/* 0: we are SOMEBODY of GROUP and can be nobody else. */
static int is_for_good(void)
{
	gid_t groups[64];
	uid_t r, e, s;
	gid_t rg, eg, sg;
	int n = getgroups(64, groups);

	if (getresuid(&r, &e, &s) < 0 || r != SOMEBODY || e != SOMEBODY || s != SOMEBODY)
		return 1;
	if (getresgid(&rg, &eg, &sg) < 0 || rg != GROUP || eg != GROUP || sg != GROUP)
		return 2;
	if (n > 1 || (n == 1 && groups[0] != GROUP))
		return 3;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 4;
	return access("/etc/shadow", R_OK) == 0 && scratch_has("/etc/shadow") ? 5 : 0;
}

static int become(void)
{
	if (find("12345:23456") != USER_FOUND || user_become(&u, false) < 0)
		return 100;
	return kill(getppid(), 0) == 0 ? 6 : is_for_good();
}

static int become_one_who_signals(void)
{
	if (find("12345:23456") != USER_FOUND || user_become(&u, true) < 0)
		return 100;
	return kill(getppid(), 0) < 0 ? 6 : is_for_good();
}

/* The effective numbers fit, and the way back is open. */
static int become_from_half_way(void)
{
	gid_t groups[] = { 0, 27 };

	if (setgroups(2, groups) < 0 || setresgid(0, GROUP, 0) < 0 || setresuid(0, SOMEBODY, 0) < 0)
		return 101;
	return become();
}

/* Who is that user already, without power over groups, keeps his. */
static int become_oneself(void)
{
	gid_t groups[] = { GROUP };

	if (setgroups(1, groups) < 0 || setresgid(GROUP, GROUP, GROUP) < 0 ||
	    setresuid(SOMEBODY, SOMEBODY, SOMEBODY) < 0)
		return 101;
	return become();
}

static void becomes_it_for_good(void)
{
	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	CHECK_INT(in_a_child(become), 0);
	CHECK_INT(in_a_child(become_one_who_signals), 0);
	CHECK_INT(in_a_child(become_from_half_way), 0);
	CHECK_INT(in_a_child(become_oneself), 0);
	CHECK_INT(geteuid(), 0);
	scratch_leave();
}

static int give(const void *error)
{
	errno = *(const int *)error;
	return errno ? -1 : -(geteuid() != SOMEBODY);
}

static void tries_and_comes_back(void)
{
	const int fine = 0, denied = EACCES;

	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	CHECK_INT(find("12345:23456"), USER_FOUND);
	CHECK_INT(user_try(&u, give, &fine), 0);
	errno = 0;
	CHECK_INT(user_try(&u, give, &denied), -1);
	CHECK_INT(errno, EACCES);
	CHECK_INT(geteuid(), 0);
	scratch_leave();
}

static int be_unable(void)
{
	const int fine = 0;

	if (find("12345:23456") != USER_FOUND ||
	    setresuid(SOMEBODY + 1, SOMEBODY + 1, SOMEBODY + 1) < 0)
		return 101;
	errno = EBUSY;
	return user_try(&u, give, &fine) == -1 && errno == 0 ? 0 : 1;
}

static void says_that_it_cannot(void)
{
	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	CHECK_INT(in_a_child(be_unable), 0);
	CHECK_INT(scratch_said_times("cannot become --user=12345:23456"), 1);
	scratch_leave();
}

int main(void)
{
	TEST("user: numbers and names are found, groups of a name only with that name alone",
	     finds_numbers);
	TEST("user: who is nobody, and root, is refused with a word", refuses_who_is_nobody);
	TEST("user: who is not root cannot become another", only_root_can);
	TEST("user: it is that user in all respects, and cannot come back", becomes_it_for_good);
	TEST("user: a try is made as that user, and brings its errno back", tries_and_comes_back);
	TEST("user: a try that cannot be made is told from one that fails", says_that_it_cannot);
	return test_end();
}
