/* Paths as text. Pure. */
#include "base/path.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_cut(char *path)
{
	size_t root = path[0] == '/', n = strlen(path);

	if (n <= root)
		return false;
	while (n > root && path[n - 1] == '/')
		n--;
	while (n > root && path[n - 1] != '/')
		n--;
	while (n > root && path[n - 1] == '/')
		n--;
	path[n] = '\0';
	return true;
}

char *path_relative(const char *from, const char *to)
{
	size_t same = 0, up = 0, i;
	char *path, *p;

	for (i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i;
	if (from[i] == to[i] || (from[i] == '\0' && to[i] == '/') ||
	    (to[i] == '\0' && from[i] == '/'))
		same = i;
	for (const char *q = from + same; *q; q++)
		up += q[0] == '/' && q[1] != '\0';
	while (to[same] == '/')
		same++;
	path = malloc(up * 3 + strlen(to + same) + 2);
	if (!path)
		return NULL;
	p = path;
	for (; up > 0; up--)
		p = stpcpy(p, "../");
	p = stpcpy(p, to + same);
	if (to[same])
		stpcpy(p, "/");
	return path;
}

bool path_add(char path[PATH_MAX], const char *rest)
{
	for (size_t n; rest += strspn(rest, "/"), (n = strcspn(rest, "/")) > 0; rest += n) {
		size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

		if (n == 2 && memcmp(rest, "..", 2) == 0)
			*(strrchr(path, '/') + (strrchr(path, '/') == path)) = '\0';
		else if (len + 1 + n >= PATH_MAX)
			return errno = ENAMETOOLONG, false;
		else if (n != 1 || *rest != '.')
			sprintf(path + len, "/%.*s", (int)n, rest);
	}
	return true;
}
