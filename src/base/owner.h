/* Whose is to be what root makes: the user that it is going to be. */
#ifndef OWNER_H
#define OWNER_H

#include <stddef.h>
#include <sys/types.h>

/* NULL, wherever one is passed: no other than the process itself. */
struct owner {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* all that the user has as --user gives them, gid too */
	size_t group_count;
};

/* owner_uid(o), owner_gid(o): for chown(2) and comparisons; -1: none. */
static inline uid_t owner_uid(const struct owner *o)
{
	return o ? o->uid : (uid_t)-1;
}

static inline gid_t owner_gid(const struct owner *o)
{
	return o ? o->gid : (gid_t)-1;
}

#endif
