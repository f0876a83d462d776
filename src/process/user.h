/* Become another user permanently: --user. */
#ifndef USER_H
#define USER_H

#include "base/owner.h"

#include <stdbool.h>

struct user {
	const char *text; /* the argument of --user */
	char name[256];   /* whose supplementary groups are used; empty: none but gid */
	struct owner as;
	bool self; /* these are already the effective user and group */
};

enum user_found {
	USER_FOUND,
	USER_UNKNOWN, /* the command line is wrong; a message was printed */
	USER_REFUSED, /* only root can become another user; a message was printed */
};

/*
 * user_find(text, u): look up USER[:GROUP]; each is a name or a number.
 *
 * Without a group: the user's primary group from the user database, and the user's supplementary
 * groups. With a group: that one alone.
 * Owner:   u->text points to text; the groups are kept until the process ends.
 */
enum user_found user_find(const char *text, struct user *u);

/*
 * user_become(u, may_signal): become that user in all three IDs, without capabilities. It checks
 * that there is no way back to root. may_signal: keep CAP_KILL, to signal other users' processes.
 * Thread:  before any other is started.
 * Returns: 0, or -1 after a message; the process must then exit.
 */
int user_become(const struct user *u, bool may_signal);

/*
 * user_try(u, f, arg): call f(arg) as that user in a child process; this process stays the same
 * user.
 * Thread:  before any other is started.
 * Returns: 0 if f returned 0; otherwise -1 and the errno of f. errno is 0 if the child could not
 *          become that user; a message was then printed.
 */
int user_try(const struct user *u, int (*f)(const void *arg), const void *arg);

#endif
