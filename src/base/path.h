/* Paths as text. Pure. */
#ifndef PATH_H
#define PATH_H

#include <limits.h>
#include <stdbool.h>

/* path_base(path): its last component, which is empty if it ends with '/'. */
const char *path_base(const char *path);

/*
 * path_relative(from, to): the way from one directory to another, both absolute and without ".",
 * ".." and doubled slashes: "../../var/log/" leads from /srv/links to /var/log. It ends with '/',
 * or is empty.
 * Owner:   the caller; free.
 * Returns: NULL and errno (ENOMEM).
 */
char *path_relative(const char *from, const char *to);

/*
 * path_add(path, rest): append the components of rest to an absolute path, as mkdir(2) and open(2)
 * would understand them if no symbolic link were among them.
 * Returns: false and errno (ENAMETOOLONG).
 */
bool path_add(char path[PATH_MAX], const char *rest);

#endif
