/* linebuffer: the environment in which a program writes each line at once. */
#include "process/linebuffer.h"

#include "scratch.h"
#include "test.h"

#include <stdint.h>

static char path[] = "PATH=/bin", python[] = "PYTHONUNBUFFERED=", others[] = "LD_PRELOAD=a.so b.so",
	    none[] = "LD_PRELOAD=";

/* The program keeps it to its end. */
static void release(char *const *environment, char *ours)
{
	free(ours);
	free((void *)(uintptr_t)environment);
}

static void adds_to_what_is_there(void)
{
	char *const before[] = { others, path, NULL };
	char *const *after = linebuffer_environment(before, "/x/o.so");

	CHECK_STR(after[0], "PATH=/bin");
	CHECK_STR(after[1], "LD_PRELOAD=/x/o.so:a.so b.so");
	CHECK_STR(after[2], "PYTHONUNBUFFERED=1");
	CHECK(!after[3]);
	CHECK_STR(before[0], "LD_PRELOAD=a.so b.so");
	release(after, after[1]);
}

static void leaves_the_users_python_alone(void)
{
	char *const before[] = { python, none, NULL };
	char *const *after = linebuffer_environment(before, "/x/o.so");

	CHECK_STR(after[0], "PYTHONUNBUFFERED=");
	CHECK_STR(after[1], "LD_PRELOAD=/x/o.so");
	CHECK(!after[2]);
	release(after, after[1]);
}

static void says_where_it_looked(void)
{
	scratch_enter();
	CHECK(!linebuffer_object());
	CHECK(strstr(scratch_said(), "linebuffered.so is neither in /"));
	CHECK(strstr(scratch_said(), "/unit nor in "));
	scratch_leave();
}

int main(void)
{
	TEST("linebuffer: other objects that are to be loaded stay", adds_to_what_is_there);
	TEST("linebuffer: PYTHONUNBUFFERED of the user stays", leaves_the_users_python_alone);
	TEST("linebuffer: without the object a message says where it was looked for",
	     says_where_it_looked);
	return test_end();
}
