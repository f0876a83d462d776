/* Become another user permanently: --user. */
#include "process/user.h"

#include "base/diag.h"
#include "process/accounts.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNABLE = 255 }; /* exit status of a process that could not become the user */

/* ---- look it up ---- */

/* Digits only; the highest number means "no change" to the system calls. */
static bool number(const char *text, uint32_t *id)
{
	uint64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && n < UINT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*id = (uint32_t)n;
	return p != text && *p == '\0' && n < UINT32_MAX;
}

static bool find_group(const char *name, gid_t *gid)
{
	const struct group *g = accounts_group(name);

	if (g)
		*gid = g->gr_gid;
	return g || number(name, gid);
}

static enum user_found find_ids(struct user *u, const char *group)
{
	const struct passwd *p = accounts_user(u->name);

	if (!p && number(u->name, &u->as.uid))
		p = accounts_user_of(u->as.uid);
	else if (!p) {
		diag(DIAG_USAGE,
		     "--user=%s: there is no user %s; give a name that %s lists, or a number; "
		     "try 'logsink --help'",
		     u->text, u->name, accounts_where_users());
		return USER_UNKNOWN;
	}
	if (p) {
		u->as.uid = p->pw_uid;
		u->as.gid = p->pw_gid;
		snprintf(u->name, sizeof(u->name), "%s", p->pw_name);
	} else if (!group) {
		diag(DIAG_USAGE,
		     "--user=%s: the user database has no such number, so give its group too, "
		     "as in --user=%s:%s; try 'logsink --help'",
		     u->text, u->name, u->name);
		return USER_UNKNOWN;
	}
	if (group && !find_group(group, &u->as.gid)) {
		diag(DIAG_USAGE,
		     "--user=%s: there is no group '%s'; give a name that %s lists, or a "
		     "number; try 'logsink --help'",
		     u->text, group, accounts_where_groups());
		return USER_UNKNOWN;
	}
	if (group || !p)
		u->name[0] = '\0';
	return USER_FOUND;
}

/* The groups that it will have: those of the name, and gid; or gid alone. -1 and errno. */
static int find_groups(struct user *u)
{
	int count = u->name[0] ? 0 : 1;

	if (u->name[0]) /* the first call only counts */
		(void)accounts_groups(u->name, u->as.gid, NULL, &count);
	u->as.groups = calloc((size_t)count, sizeof(*u->as.groups));
	if (!u->as.groups)
		return -1;
	u->as.groups[0] = u->as.gid;
	if (u->name[0] && accounts_groups(u->name, u->as.gid, u->as.groups, &count) < 0)
		return -1;
	u->as.group_count = (size_t)count;
	return 0;
}

enum user_found user_find(const char *text, struct user *u)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);

	*u = (struct user){ .text = text };
	snprintf(u->name, sizeof(u->name), "%.*s", (int)(n < sizeof(u->name) ? n : 0), text);
	if (find_ids(u, colon ? colon + 1 : NULL) != USER_FOUND)
		return USER_UNKNOWN;
	if (u->as.uid == 0) {
		diag(DIAG_USAGE,
		     "--user=%s is root, which can do everything; name another user, or "
		     "leave the option out; try 'logsink --help'",
		     text);
		return USER_UNKNOWN;
	}
	if (find_groups(u) < 0) {
		diag(DIAG_FATAL, "cannot become --user=%s: %s", text, strerror(errno));
		return USER_REFUSED;
	}
	u->self = geteuid() == u->as.uid && getegid() == u->as.gid;
	if (u->self || geteuid() == 0)
		return USER_FOUND;
	diag(DIAG_FATAL,
	     "cannot become --user=%s: only root can; start logsink as root, or as that "
	     "user without the option",
	     text);
	return USER_REFUSED;
}

/* ---- become it ---- */

/* All, or all but that to signal other users' processes, if we have it. */
static int give_up_capabilities(bool may_signal)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	const uint32_t bit = CAP_TO_MASK(CAP_KILL);
	const struct __user_cap_data_struct one[_LINUX_CAPABILITY_U32S_3] = {
		[CAP_TO_INDEX(CAP_KILL)] = { .effective = bit, .permitted = bit },
	};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* from Linux 4.3 */
	if (may_signal && syscall(SYS_capset, &header, one) == 0)
		return 0;
	return (int)syscall(SYS_capset, &header, none);
}

/* Whether we are that user in all IDs, and cannot become root again. */
static bool is_final(const struct user *u)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0 && r == u->as.uid &&
	       e == u->as.uid && s == u->as.uid && rg == u->as.gid && eg == u->as.gid &&
	       sg == u->as.gid && setresuid((uid_t)-1, 0, (uid_t)-1) < 0 && setuid(0) < 0 &&
	       (u->as.gid == 0 || setgid(0) < 0);
}

/* Only root can change groups; a process that is already that user keeps them. -1 and errno. */
static int change_groups(const struct user *u)
{
	if (u->self && geteuid() != 0)
		return 0;
	return setgroups(u->as.group_count, u->as.groups);
}

int user_become(const struct user *u, bool may_signal)
{
	/* If there is a way back to root, take it: it can be closed only by root. */
	if (u->self && !is_final(u) && seteuid(0) == 0)
		diag(DIAG_INFO, "becoming root first, to become --user=%s permanently", u->text);
	if (may_signal) /* a failure is found when it is used */
		(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (change_groups(u) < 0 || setresgid(u->as.gid, u->as.gid, u->as.gid) < 0 ||
	    setresuid(u->as.uid, u->as.uid, u->as.uid) < 0 ||
	    give_up_capabilities(may_signal) < 0) {
		diag(DIAG_FATAL,
		     "cannot become --user=%s: %s; root needs the capabilities CAP_SETUID and "
		     "CAP_SETGID for this",
		     u->text, strerror(errno));
		return -1;
	}
	if (is_final(u))
		return 0;
	diag(DIAG_FATAL, "cannot become --user=%s: the system would let logsink become root again",
	     u->text);
	return -1;
}

/* In the child: end with the parent; otherwise the child would keep the parent's lock. Without
 * CAP_KILL, the kernel cannot do this for another user's process. */
static void end_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

/* Returns the exit status. */
static int try_as(const struct user *u, int (*f)(const void *arg), const void *arg, pid_t parent)
{
	end_with(parent);
	if (user_become(u, false) < 0)
		return UNABLE;
	end_with(parent); /* becoming another user undoes it */
	return f(arg) < 0 ? errno : 0;
}

int user_try(const struct user *u, int (*f)(const void *arg), const void *arg)
{
	int status = 0;
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		_exit(try_as(u, f, arg, parent));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = !WIFEXITED(status)              ? ECHILD
		: WEXITSTATUS(status) == UNABLE ? 0
						: WEXITSTATUS(status);
	return status == 0 ? 0 : -1;
}
