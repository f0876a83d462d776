/* Become another user, for good: --user. */
#ifndef USER_H
#define USER_H

#include <stdbool.h>
#include <sys/types.h>

struct user {
	const char *text; /* of the command line */
	char name[256];   /* whose groups come too; empty: no others than gid */
	uid_t uid;
	gid_t gid;
	bool self; /* the effective user and group are these already */
};

enum user_found {
	USER_FOUND,
	USER_UNKNOWN, /* the command line is wrong, which was said */
	USER_REFUSED, /* only root can become somebody else, which was said */
};

/*
 * user_find(text, u): who USER[:GROUP] is; each a name, or a number.
 *
 * Without a group: the one that the user database gives, and the others that he is in.
 * With one: that alone.
 * Owner:   u->text points to text.
 */
enum user_found user_find(const char *text, struct user *u);

/*
 * user_become(u): be that user and no other, in all three IDs, without capabilities
 * and without a way back, which is tried.
 * Thread:  before any other is started.
 * Returns: 0, or -1 after a message; then the process is to end.
 */
int user_become(const struct user *u);

/*
 * user_try(u, f, arg): call f(arg) as that user, in a process of its own, and come back
 * as who we were.
 * Thread:  before any other is started.
 * Returns: 0 if f gave 0; otherwise -1 and the errno that f left, or 0 if we could not be
 *          that user, which was said.
 */
int user_try(const struct user *u, int (*f)(const void *arg), const void *arg);

#endif
