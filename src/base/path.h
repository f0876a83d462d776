/* Paths as text. Pure. */
#ifndef PATH_H
#define PATH_H

#include <limits.h>
#include <stdbool.h>

/* path_base(path): the last component of path; empty if path ends with '/'. */
const char *path_base(const char *path);

/*
 * path_cut(path): remove the last component, and the slashes before it except that of "/":
 * "/var/log" becomes "/var", "var" becomes "". Returns: false if there was none.
 */
bool path_cut(char *path);

/*
 * path_relative(from, to): the relative path from one directory to another: "../../var/log/" leads
 * from /srv/links to /var/log. Both are absolute, without ".", ".." and double slashes. The result
 * ends with '/', or is empty.
 * Owner:   the caller; free.
 * Returns: NULL and errno (ENOMEM).
 */
char *path_relative(const char *from, const char *to);

/*
 * path_add(path, rest): append the components of rest to an absolute path. "." and ".." are
 * resolved as if no component were a symbolic link.
 * Returns: false and errno (ENAMETOOLONG).
 */
bool path_add(char path[PATH_MAX], const char *rest);

#endif
