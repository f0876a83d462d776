/* Users and groups by name or number, from the system's databases. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * accounts_user(name), accounts_user_of(uid), accounts_group(name): look one up.
 *
 * Owner:   the result is static, and holds until the next call of the same function.
 * Thread:  before any other is started.
 * Returns: NULL if there is none, or the database cannot be read.
 */
const struct passwd *accounts_user(const char *name);
const struct passwd *accounts_user_of(uid_t uid);
const struct group *accounts_group(const char *name);

/*
 * accounts_groups(name, gid, groups, count): the groups of the user with this name, gid first.
 *
 * count:   in: how many fit into groups; out: how many there are. With 0, groups may be NULL.
 * Thread:  before any other is started.
 * Returns: 0, or -1 if they do not fit.
 */
int accounts_groups(const char *name, gid_t gid, gid_t *groups, int *count);

/*
 * accounts_where_users(), accounts_where_groups(): where the user finds the valid names, for a
 * message:
 * "'getent passwd'", or the name of the only file that is read.
 */
const char *accounts_where_users(void);
const char *accounts_where_groups(void);

#endif
