/* Paths as text. */
#include "base/path.h"

#include "test.h"

#include <errno.h>

static void last_components(void)
{
	CHECK_STR(path_base("app.log"), "app.log");
	CHECK_STR(path_base("/var/log/app.log"), "app.log");
	CHECK_STR(path_base("logs/"), "");
	CHECK_STR(path_base("/"), "");
}

/* What path_cut leaves, again and again, with blanks between. */
static const char *cuts(const char *path)
{
	static char text[256];
	char left[PATH_MAX];

	strcpy(left, path);
	text[0] = '\0';
	while (path_cut(left))
		strcat(strcat(text, left), " ");
	return text;
}

static void cutting(void)
{
	CHECK_STR(cuts("/var/log/app"), "/var/log /var / ");
	CHECK_STR(cuts("logs/2026"), "logs  ");
	CHECK_STR(cuts("a//b/"), "a  ");
	CHECK_STR(cuts("//a"), "/ ");
	CHECK_STR(cuts("../x"), "..  ");
	CHECK_STR(cuts("/"), "");
	CHECK_STR(cuts(""), "");
}

static void check_way(const char *from, const char *to, const char *way)
{
	char *found = path_relative(from, to);

	CHECK_STR(found, way);
	free(found);
}

static void ways(void)
{
	check_way("/srv/links", "/var/log", "../../var/log/");
	check_way("/var/log", "/var/log", "");
	check_way("/var", "/var/log", "log/");
	check_way("/var/log", "/var", "../");
	check_way("/var/log", "/var/lo", "../lo/");
	check_way("/var/lo", "/var/log", "../log/");
	check_way("/", "/a", "a/");
	check_way("/a/b", "/", "../../");
	check_way("/", "/", "");
}

static const char *added(const char *path, const char *rest)
{
	static char text[PATH_MAX];

	strcpy(text, path);
	return path_add(text, rest) ? text : NULL;
}

static void adding(void)
{
	CHECK_STR(added("/var", "log/app"), "/var/log/app");
	CHECK_STR(added("/", "a"), "/a");
	CHECK_STR(added("/var", ""), "/var");
	CHECK_STR(added("/var", "./log//./x/"), "/var/log/x");
	CHECK_STR(added("/var/log", "../lib"), "/var/lib");
	CHECK_STR(added("/var", "../../.."), "/");
	CHECK_STR(added("/", ".."), "/");
	CHECK_STR(added("/var", "..."), "/var/...");
	CHECK_STR(added("/var", "..a"), "/var/..a");
}

static void too_long(void)
{
	char rest[PATH_MAX];

	memset(rest, 'x', sizeof(rest) - 1);
	rest[sizeof(rest) - 1] = '\0';
	errno = 0;
	CHECK(!added("/a", rest));
	CHECK_INT(errno, ENAMETOOLONG);
	rest[sizeof(rest) - 4] = '\0'; /* "/a/" and the NUL are added */
	CHECK(added("/a", rest) != NULL);
}

/* Following the way from one directory to another leads there. */
static void there_and_back(void)
{
	static const char *const paths[] = { "/",    "/a",    "/a/b", "/a/bb",   "/a/b/c",
					     "/b/a", "/aa/b", "/b",   "/a/b/c/d" };
	enum { PATHS = sizeof(paths) / sizeof(*paths) };

	for (int i = 0; i < PATHS; i++) {
		for (int j = 0; j < PATHS; j++) {
			char *way = path_relative(paths[i], paths[j]);

			CHECK_STR(added(paths[i], way), paths[j]);
			free(way);
		}
	}
}

int main(void)
{
	TEST("path: the last component is what follows the last slash", last_components);
	TEST("path: components are cut off to the root, or to nothing", cutting);
	TEST("path: from one directory to another it is as far up as they differ", ways);
	TEST("path: components are added, and '..' takes one away", adding);
	TEST("path: what is too long is refused", too_long);
	TEST("path: the way from each directory to each other leads there", there_and_back);
	return test_end();
}
