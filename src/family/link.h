/* The link to the current file: only ours is replaced, and at one stroke. */
#ifndef LINK_H
#define LINK_H

struct link;

struct link_options {
	int dir;            /* its directory; the number stays, the directory may change */
	const char *prefix; /* of it, for messages */
	const char *name;   /* in it */
	int log;            /* the directory of the log, likewise */
	const char *file;   /* FILE in that */
	const char *way;    /* from the first directory to the second: "../logs/", or empty */
};

/*
 * link_may_be(path): refuse a path at which there is something else than a symbolic link.
 * Returns: 0, or -1 after a message.
 */
int link_may_be(const char *path);

/*
 * link_new(o): the link of that name, which is not made yet.
 *
 * Owner:   the caller; link_free. The strings must outlive it.
 * Returns: NULL and errno (ENOMEM).
 */
struct link *link_new(const struct link_options *o);

/*
 * link_check(l): refuse a link that leads to something else than a file of FILE, which need not be
 * there.
 * Returns: 0, or -1 after a message.
 */
int link_check(const struct link *l);

/*
 * link_point(l, name): let the link point to the file of that name in the log's directory.
 *
 * It is replaced atomically, if it is ours. A failure is not fatal: it is said once.
 */
void link_point(struct link *l, const char *name);

/* link_target(l, name, to): what the link would hold. */
enum { LINK_TARGET = 8192 };
void link_target(const struct link *l, const char *name, char to[LINK_TARGET]);

/* link_lost(l): say, once, that its directory was removed and cannot be made again: errno. */
void link_lost(struct link *l);

/* link_free(l): forget it; what is on the disk stays. */
void link_free(struct link *l);

#endif
