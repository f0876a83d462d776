/* The link to the current file. */
#include "family/link.h"

#include "scratch.h"

static struct link_options options;

/* "now/current" is to lead to files of "logs/app.log". */
static struct link *enter(void)
{
	scratch_enter();
	if (mkdir("logs", 0755) < 0 || mkdir("now", 0755) < 0)
		scratch_fail("mkdir");
	options = (struct link_options){ .dir = open("now", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
					 .prefix = "now/",
					 .name = "current",
					 .log = open("logs", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
					 .file = "app.log",
					 .way = "../logs/" };
	struct link *l = link_new(&options);
	if (options.dir < 0 || options.log < 0 || !l)
		scratch_fail("now/current");
	return l;
}

static void leave(struct link *l)
{
	link_free(l);
	close(options.dir);
	close(options.log);
	scratch_leave();
}

/* Where "now/current" leads; NULL: it is no link. */
static const char *target(void)
{
	static char text[256];
	ssize_t n = readlink("now/current", text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? NULL : text;
}

static void follows(void)
{
	struct link *l = enter();
	char to[LINK_TARGET];

	CHECK_INT(link_check(l), 0);
	link_point(l, "app.2026-11-22.log");
	CHECK_STR(target(), "../logs/app.2026-11-22.log");
	link_point(l, "app.2026-11-23.part002.log");
	CHECK_STR(target(), "../logs/app.2026-11-23.part002.log");
	link_target(l, "app.2026-11-24.log", to);
	CHECK_STR(to, "../logs/app.2026-11-24.log");
	CHECK_STR(target(), "../logs/app.2026-11-23.part002.log");
	CHECK_INT(link_check(l), 0);
	CHECK_STR(scratch_list("now"), "current"); /* and there is no temporary one */
	CHECK_STR(scratch_said(), "");
	leave(l);
}

/* Whether a link to `to` counts as ours, before the start and while running. */
static bool is_ours(struct link *l, const char *to)
{
	unlink("now/current");
	if (symlink(to, "now/current") < 0)
		scratch_fail("symlink");
	bool ours = link_check(l) == 0;

	link_point(l, "app.2026-11-22.log");
	CHECK_STR(target(), ours ? "../logs/app.2026-11-22.log" : to);
	return ours;
}

static void whose_link(void)
{
	struct link *l = enter();
	char whole[PATH_MAX];

	CHECK(is_ours(l, "../logs/app.2020-01-01.log"));
	CHECK(is_ours(l, "../logs/app.2020-01-01.part004.log"));
	CHECK(is_ours(l, "../logs/app.2020-01-01T10.log") ||
	      is_ours(l, "../logs/app.2020-01.log")); /* made with another --roll */
	CHECK(is_ours(l, "../now/../logs/app.2020-01-01.log"));
	snprintf(whole, sizeof(whole), "%s/logs/app.2020-01-01.log", scratch_path);
	CHECK(is_ours(l, whole));
	CHECK(!is_ours(l, "../logs/db.2020-01-01.log"));
	CHECK(!is_ours(l, "../elsewhere/app.2020-01-01.log"));
	CHECK(!is_ours(l, "app.2020-01-01.log")); /* in its own directory */
	CHECK(!is_ours(l, "../logs"));
	CHECK(!is_ours(l, "/dev/null"));
	leave(l);
}

static void never_replaced(void)
{
	struct link *l = enter();

	scratch_file("now/current", "precious");
	CHECK_INT(link_may_be("now/current"), -1);
	CHECK_INT(link_may_be("now/none"), 0);
	link_point(l, "app.2026-11-22.log");
	link_point(l, "app.2026-11-23.log");
	CHECK_STR(scratch_read("now/current"), "precious");
	CHECK_INT(scratch_said_times("cannot let the link now/current point to "), 1);
	CHECK_STR(scratch_list("now"), "current");
	leave(l);
}

static void after_a_crash(void)
{
	struct link *l = enter();

	CHECK_INT(symlink("../logs/app.2026-11-21.log", "now/.current.link"), 0);
	link_point(l, "app.2026-11-22.log");
	CHECK_STR(target(), "../logs/app.2026-11-22.log");
	CHECK(!scratch_has("now/.current.link"));
	scratch_file("now/.current.link", "precious"); /* but what is no link is not ours */
	link_point(l, "app.2026-11-23.log");
	CHECK_STR(scratch_read("now/.current.link"), "precious");
	CHECK_STR(target(), "../logs/app.2026-11-22.log");
	CHECK_INT(scratch_said_times("now/.current.link"), 1);
	leave(l);
}

static void lost(void)
{
	struct link *l = enter();

	errno = EACCES;
	link_lost(l);
	link_lost(l);
	CHECK_INT(scratch_said_times("cannot make the directory of the link now/current again"), 1);
	leave(l);
}

int main(void)
{
	TEST("link: it leads to the file that it was told last", follows);
	TEST("link: one to a file of this log is replaced, whether that is there or not, and no other",
	     whose_link);
	TEST("link: what is no link stays, and that is said once", never_replaced);
	TEST("link: what a crash left is no hindrance", after_a_crash);
	TEST("link: a directory that is gone is said once", lost);
	return test_end();
}
