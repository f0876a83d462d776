/*
 * Drop rights that are not needed: places to write to, and system calls.
 *
 * A Landlock rule applies to a directory that exists now, and to everything below it. A
 * directory that is removed and recreated is another directory, and so is the root of a
 * file system mounted over it. A rule for the log's directory alone would therefore keep us
 * from ever writing to the new one, because no rule can be added later. So there
 * are two rules for each directory: one for a directory further up, the base, below which
 * it may be recreated, and one for itself, in case it is moved elsewhere or unmounted
 * while we hold it open.
 *
 * The base of a relative path is the working directory: nothing outside it can be
 * recreated by a relative path anyway. The base of an absolute path is its second component,
 * /var/log or /srv/app, or the first if the second is a mount point or the log's directory.
 * It is never /, because that would allow everything. A link on the way could be changed
 * to lead outside the base. In these two cases writing is not confined: losing a line is
 * worse than having no sandbox.
 *
 * A FIFO that replaces one of our inputs must also be opened for writing, so that it survives its
 * writers, and Landlock cannot tell a FIFO from a file. So writing to existing files is allowed
 * below the FIFO's own directory, but nothing else except creating FIFOs.
 */
#include "process/sandbox.h"

#include "base/diag.h"
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#ifdef LANDLOCK_CREATE_RULESET_VERSION

/* ---- the base of a path ---- */

struct walk {
	int fd;       /* where it is */
	int base;     /* a descriptor too; -1: none */
	size_t named; /* the bytes of the path that name it; 0: it is . */
	size_t depth; /* its depth below /; a '..' counts as a component */
	bool absolute;
	dev_t device;
	const char *why; /* the reason why it stopped */
};

static int begin_base(struct walk *w, size_t named)
{
	w->named = named;
	if (w->base >= 0)
		close(w->base);
	w->base = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
	return w->base < 0 ? -1 : 0;
}

/*
 * Enters the next component, which ends at this byte of the path; more: others follow.
 * -1, and w->why or errno, if it cannot.
 */
static int walk_step(struct walk *w, const char *component, size_t end, bool more)
{
	struct stat st;
	int next = openat(w->fd, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (next < 0)
		return -1;
	close(w->fd);
	w->fd = next;
	if (fstat(next, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		w->why = "a symbolic link on the way could later lead elsewhere";
		return -1;
	}
	bool mounted = st.st_dev != w->device;
	w->device = st.st_dev;
	w->depth++;
	if (strcmp(component, "..") == 0) {
		w->absolute = false;
		return begin_base(w, end);
	}
	if (w->absolute && more && (w->depth == 1 || (w->depth == 2 && !mounted)))
		return begin_base(w, end);
	return 0;
}

static int walk_path(struct walk *w, const char *path)
{
	const char *p = path + strspn(path, "/");
	char component[NAME_MAX + 1];
	struct stat st;

	w->absolute = path[0] == '/';
	w->fd = open(w->absolute ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, &st) < 0 || (!w->absolute && begin_base(w, 0) < 0))
		return -1;
	w->device = st.st_dev;
	while (*p) {
		size_t n = strcspn(p, "/"), end = (size_t)(p - path) + n;
		const char *rest = p + n + strspn(p + n, "/");

		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(component, p, n);
		component[n] = '\0';
		if (strcmp(component, ".") != 0 && walk_step(w, component, end, *rest != '\0') < 0)
			return -1;
		p = rest;
	}
	return 0;
}

static bool is_root_directory(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/", &b) == 0 && fdio_same_file(&a, &b);
}

/* ---- writing, by Landlock ---- */

/* Rights that the headers may not define yet, and the version of Landlock that has them. */
enum { ABI_TRUNCATE = 3, ABI_IOCTL_DEV = 5 };
static const uint64_t access_truncate = UINT64_C(1) << 14;
static const uint64_t access_ioctl_dev = UINT64_C(1) << 15;

/* Rights that we need below the base. Renaming into another directory is always denied. */
static const uint64_t needed = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
			       LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
			       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM;

/* Rights that we never need there. */
static const uint64_t unneeded = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
				 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

static int allow_below(int ruleset, int dir, uint64_t access)
{
	const struct landlock_path_beneath_attr rule = { .allowed_access = access,
							 .parent_fd = dir };

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* NULL, or the reason why not. Writes the base's name to base. */
static const char *allow_path(int ruleset, const char *path, uint64_t access, char base[PATH_MAX])
{
	struct walk w = { .fd = -1, .base = -1 };
	const char *why = NULL;

	if (walk_path(&w, path) < 0)
		why = w.why ? w.why : strerror(errno);
	else if (w.base < 0 || is_root_directory(w.base))
		why = "only / is above the directory of the log";
	else if (allow_below(ruleset, w.base, access) < 0 || allow_below(ruleset, w.fd, access) < 0)
		why = strerror(errno);
	snprintf(base, PATH_MAX, "%.*s", w.named ? (int)w.named : 1, w.named ? path : ".");
	if (w.base >= 0)
		close(w.base);
	if (w.fd >= 0)
		close(w.fd);
	return why;
}

/* So that a FIFO can be recreated and reopened; a failure will be reported then. */
static const char *allow_fifo(int ruleset, const char *path, char directory[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *why = NULL;

	snprintf(directory, PATH_MAX, "%.*s", slash > path ? (int)(slash - path) : 1,
		 slash ? path : ".");
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return NULL;
	if (!is_root_directory(dir) &&
	    allow_below(ruleset, dir,
			LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_FIFO) < 0)
		why = strerror(errno);
	close(dir);
	return why;
}

static bool is_listed(char list[][PATH_MAX], size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], path) == 0)
			return true;
	return false;
}

static void say_confined(char bases[][PATH_MAX], size_t count)
{
	char text[2048] = "";
	size_t n = 0;

	for (size_t i = 0; i < count && n < sizeof(text); i++)
		if (!is_listed(bases, i, bases[i]))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " and " : "",
					      bases[i]);
	diag(DIAG_INFO, "writing is confined to files below %s", text);
}

static const char *confine_by(int ruleset, const struct sandbox_options *o, uint64_t access)
{
	static char bases[SANDBOX_DIRS + SANDBOX_FIFOS][PATH_MAX];
	const char *why = NULL;
	size_t count = 0;

	if (o->fifo_count > 0) /* one may have to be made in a directory that is made anew */
		access |= LANDLOCK_ACCESS_FS_MAKE_FIFO;
	for (size_t i = 0; i < o->dir_count && !why; i++)
		why = allow_path(ruleset, o->dirs[i], access, bases[count++]);
	for (size_t i = 0; i < o->fifo_count && !why; i++)
		why = allow_fifo(ruleset, o->fifos[i], bases[count++]);
	if (why)
		return why;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return strerror(errno);
	say_confined(bases, count);
	return NULL;
}

/* NULL, or the reason why nothing is confined. */
static const char *confine_writing(const struct sandbox_options *o)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t access = needed | (abi >= ABI_TRUNCATE ? access_truncate : 0);
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = access | unneeded |
				     (abi >= ABI_IOCTL_DEV ? access_ioctl_dev : 0) |
				     (o->commands ? 0 : LANDLOCK_ACCESS_FS_EXECUTE)
	};

	if (abi < 1)
		return "the kernel has no Landlock";
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (ruleset < 0)
		return strerror(errno);
	(void)fcntl(ruleset, F_SETFD, FD_CLOEXEC);
	const char *why = confine_by(ruleset, o, access);
	close(ruleset);
	return why;
}

#else

static const char *confine_writing(const struct sandbox_options *o)
{
	(void)o;
	return "logsink was built without Landlock";
}

#endif

/* ---- system calls, by seccomp ---- */

/*
 * The system calls that we, libev, the compression libraries and the C library make from here on,
 * on any architecture and with any of their versions. Calls that an architecture lacks are skipped.
 * ioctl(2), mknod(2), mmap(2) and mprotect(2) are below.
 */
static const char *const calls[] = {
	/* reading, writing, waiting */
	"read",
	"preadv2",
	"tee",
	"write",
	"readv",
	"writev",
	"pread64",
	"pwrite64",
	"lseek",
	"_llseek",
	"poll",
	"ppoll",
	"ppoll_time64",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"eventfd2",
	"signalfd4",
	"inotify_init1",
	"inotify_add_watch",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_settime64",
	"pipe2",
	"dup",
	"dup3",
	"fcntl",
	"fcntl64",
	"close",
	/* files and directories */
	"open",
	"openat",
	"stat",
	"stat64",
	"lstat",
	"lstat64",
	"fstat",
	"fstat64",
	"fstatat64",
	"newfstatat",
	"statx",
	"statfs",
	"statfs64",
	"fstatfs",
	"fstatfs64",
	"getdents",
	"getdents64",
	"mkdir",
	"mkdirat",
	"unlink",
	"unlinkat",
	"rmdir",
	"rename",
	"renameat",
	"renameat2",
	"symlink",
	"symlinkat",
	"readlink",
	"readlinkat",
	"flock",
	"ftruncate",
	"ftruncate64",
	"fsync",
	"fdatasync",
	"fchown",
	"fchown32",
	"fchmod",
	"utimensat",
	"utimensat_time64",
	"umask",
	/* memory */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"memfd_create",
	/* threads, and their priorities */
	"clone",
	"clone3",
	"set_robust_list",
	"set_tid_address",
	"rseq",
	"set_thread_area",
	"futex",
	"futex_time64",
	"sched_yield",
	"sched_setscheduler",
	"sched_getscheduler",
	"sched_getaffinity",
	"sched_setparam",
	"sched_getparam",
	"sched_get_priority_min",
	"sched_get_priority_max",
	"ioprio_set",
	"exit",
	"exit_group",
	/* signals */
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"rt_sigtimedwait_time64",
	"sigreturn",
	"sigaltstack",
	"tgkill",
	"restart_syscall",
	/* time, and our identity */
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"clock_getres_time64",
	"gettimeofday",
	"time",
	"alarm",
	"setitimer",
	"nanosleep",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"getpid",
	"gettid",
	"geteuid",
	"geteuid32",
	"getegid",
	"getegid32",
	"getrandom",
	"sysinfo",
	"prlimit64",
	"ugetrlimit",
	"getrlimit",
	"uname",
};

/* Those for COMMAND, which was started before. */
static const char *const command_calls[] = {
	"kill", "wait4", "waitid", "getpgid", "getpgrp", "getsid", "recvfrom", "recv",
};

static int allow_call(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ? 0 : -seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
}

/* 0, or an error number. */
static int allow_command(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(command_calls) / sizeof(*command_calls) && !error; i++)
		error = allow_call(filter, command_calls[i]);
	/* Which group is in the foreground of the terminal; its size, for a pseudo-terminal, and
	 * which one that is. */
	static const unsigned long requests[] = { TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ,
						  TIOCGPTN };
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests) && !error; i++)
		error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					  SCMP_A1(SCMP_CMP_EQ, requests[i], 0));
	return error;
}

/* 0, or an error number. */
static int allow_calls(scmp_filter_ctx filter)
{
	/* Memory never becomes executable. */
	const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp fifo = SCMP_A2(SCMP_CMP_MASKED_EQ, S_IFMT, S_IFIFO);
	static const char *const maps[] = { "mmap", "mmap2", "mprotect" };
	int error = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !error; i++)
		error = allow_call(filter, calls[i]);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps) && !error; i++)
		error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
						seccomp_syscall_resolve_name(maps[i]), 1, &plain);
	if (!error)
		error = -seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mknodat), 1,
						&fifo);
	/* For the fill level of a pipe, and whether it is a terminal. */
	if (!error)
		error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					  SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0));
	if (!error)
		error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					  SCMP_A1(SCMP_CMP_EQ, TCGETS, 0));
	/* A thread's name. */
	if (!error)
		error = -seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
					  SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	return error;
}

/*
 * Any other call fails as if the kernel did not have it. Libraries expect this of new calls, and
 * fall back to an older one. Killing the process would lose the lines in memory.
 */
static int limit_calls(bool signals)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int error = filter ? allow_calls(filter) : ENOMEM;

	if (!error && signals)
		error = allow_command(filter);
	if (!error)
		error = -seccomp_load(filter); /* sets no_new_privs */
	seccomp_release(filter);
	return error;
}

/* ---- both ---- */

int sandbox_enter(const struct sandbox_options *o)
{
	bool strict = o->mode == SANDBOX_STRICT;

	if (o->mode == SANDBOX_OFF || (o->mode == SANDBOX_DEFAULT && o->commands)) {
		diag(DIAG_INFO, "writing is not confined: %s",
		     o->mode == SANDBOX_OFF ? "--sandbox=off"
					    : "the --on-roll command may write anywhere");
		return 0;
	}
	const char *why = confine_writing(o);
	if (why)
		diag(strict ? DIAG_WARNING : DIAG_INFO, "writing is not confined: %s", why);
	if (!strict)
		return 0;
	int error = limit_calls(o->signals);
	if (error)
		diag(DIAG_FATAL,
		     "cannot limit the system calls for --sandbox=strict: %s; the kernel or the "
		     "container does not allow it; use --sandbox=on",
		     strerror(error));
	return error ? -1 : 0;
}
