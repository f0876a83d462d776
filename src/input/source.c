/* Read a descriptor: standard input or a FIFO. */
#include "input/source.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/owner.h"
#include "base/path.h"
#include "base/trust.h"
#include "base/walk.h"
#include "base/pathwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The most that an unprivileged process may ask for by default. */
enum { PIPE_BYTES = 1024 * 1024 };

/* How a FIFO is to be opened. */
struct fifo {
	const char *path;
	bool once;
	const struct owner *owner; /* if root makes it */
	enum diag_word word;       /* of what is wrong with it */
};

struct source {
	const char *name;
	struct fifo fifo;
	int fd;
	bool named; /* a FIFO: others find it by its name */
	bool lent;  /* the descriptor is not ours to close */
	bool endless, terminal;
	bool pipe;     /* to be waited for with a reader */
	bool must_ask; /* of the pipe: its size, before a read that is not to wait */
	bool wide;     /* of the pipe: it holds as much as it may */
	size_t capacity;
};

static struct source *source_new(int fd, const char *name, enum diag_word word)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s) {
		diag(word, "cannot read %s: %s", name, strerror(errno));
		return NULL;
	}
	s->fd = fd;
	s->name = name;
	s->capacity = fdio_grow_pipe(fd, 0);
	return s;
}

/* Of other sockets, a read(2) drops what it has no room for, and finds an end in an empty record.
 */
static bool is_stream(int fd)
{
	int type = SOCK_STREAM;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type == SOCK_STREAM;
}

struct source *source_stdin(void)
{
	static const char hint[] = "give logsink input, as in 'app | logsink FILE', or name a FIFO "
				   "with -i";
	int flags = fcntl(STDIN_FILENO, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(STDIN_FILENO, &st) < 0) {
		diag(DIAG_FATAL, "cannot read standard input: %s; %s", strerror(errno), hint);
		return NULL;
	}
	if (S_ISSOCK(st.st_mode) && !is_stream(STDIN_FILENO)) {
		diag(DIAG_FATAL,
		     "cannot read standard input: it is a datagram socket, and long records "
		     "would be cut; give logsink a stream socket or a pipe");
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		diag(DIAG_FATAL, "cannot read standard input: it is a directory; %s", hint);
		return NULL;
	}
	if ((flags & O_ACCMODE) == O_WRONLY || flags & O_PATH) {
		diag(DIAG_FATAL, "cannot read standard input: it is not open for reading; %s",
		     hint);
		return NULL;
	}
	struct source *s = source_new(STDIN_FILENO, "standard input", DIAG_FATAL);
	if (s) {
		s->lent = true;
		s->terminal = isatty(STDIN_FILENO);
		s->pipe = S_ISFIFO(st.st_mode);
	}
	return s;
}

struct source *source_pipe(int fd, const char *name, bool alone)
{
	struct source *s = source_new(fd, name, DIAG_FATAL);

	if (s && !alone && fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		diag(DIAG_FATAL, "cannot read %s: %s", name, strerror(errno));
		free(s);
		return NULL;
	}
	if (s) {
		s->pipe = alone;
		s->lent = true;
	}
	return s;
}

struct source *source_terminal(int fd, const char *name)
{
	struct source *s = source_new(fd, name, DIAG_FATAL);

	if (s) {
		s->terminal = true;
		s->lent = true;
	}
	return s;
}

/* Whether the directory of path is there and may be written in; otherwise sets errno. */
static bool can_make(const char *path)
{
	char *directory = strdup(path);
	char *slash = directory ? strrchr(directory, '/') : NULL;
	bool can;

	if (!directory)
		return false;
	if (slash)
		slash[slash == directory] = '\0';
	can = faccessat(AT_FDCWD, slash ? directory : ".", W_OK | X_OK, AT_EACCESS) == 0;
	int error = errno;
	free(directory);
	errno = error;
	return can;
}

/* Whether what st tells of is a FIFO; otherwise says so. */
static bool is_fifo(const char *path, const struct stat *st, enum diag_word word)
{
	if (S_ISFIFO(st->st_mode))
		return true;
	diag(word,
	     "cannot read from %s: it exists and is not a FIFO; name another path, or move it away "
	     "and logsink will make a FIFO there",
	     path);
	return false;
}

bool source_may_be(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return is_fifo(path, &st, DIAG_FATAL);
	if (errno == ENOENT && can_make(path))
		return true;
	diag(DIAG_FATAL, "cannot use the FIFO %s: %s", path, strerror(errno));
	return false;
}

/* -1 and errno. */
static int open_directory_of(const char *path, struct walk *w)
{
	char *directory = strndup(path, (size_t)(path_base(path) - path));
	int fd = directory ? walk_open(directory, w) : -1;
	int error = errno;

	free(directory);
	errno = error;
	return fd;
}

/* -1 after a message. */
static int open_fifo(const struct fifo *f)
{
	struct walk w = { .owner = f->owner };
	struct stat st;
	int fd;

	int dir = open_directory_of(f->path, &w);
	if (dir < 0) {
		diag(f->word, "cannot use the FIFO %s: %s", f->path,
		     errno == ELOOP ? "a symbolic link of a user is among its directories"
				    : strerror(errno));
		return -1;
	}
	/* O_RDWR on a FIFO never waits, and keeps it from ending (Linux, fifo(7)). */
	fd = walk_open_fifo(dir, path_base(f->path), &w,
			    (f->once ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	/* Root can read along anyway. */
	bool foreign = fd >= 0 && fstat(fd, &st) == 0 && st.st_uid != owner_uid(f->owner) &&
		       st.st_uid != 0 && trust_is_foreign(dir, &st);
	int error = errno;
	close(dir);
	if (fd < 0) {
		diag(f->word, "cannot open the FIFO %s%s: %s", f->path,
		     f->once ? "" : " for reading and writing (to survive its writers)",
		     strerror(error));
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		diag(f->word, "cannot read from %s: it was replaced and is not a FIFO now",
		     f->path);
		goto close_fd;
	}
	if (w.ungiven)
		diag(DIAG_WARNING, "cannot give the FIFO %s to user %ld: %s", f->path,
		     (long)owner_uid(f->owner), strerror(w.ungiven));
	if (foreign) {
		diag(f->word,
		     "cannot use the FIFO %s: it belongs to user %ld, who could read the lines, "
		     "and others may write in its directory; name one in a directory of your own",
		     f->path, (long)st.st_uid);
		goto close_fd;
	}
	return fd;

close_fd:
	close(fd);
	return -1;
}

static struct source *source_of(const struct fifo *f)
{
	int fd = open_fifo(f);
	struct source *s = fd >= 0 ? source_new(fd, f->path, f->word) : NULL;

	if (!s) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	s->fifo = *f;
	s->named = true;
	s->endless = !f->once;
	return s;
}

struct source *source_fifo(const char *path, bool once, const struct owner *owner)
{
	const struct fifo f = { path, once, owner, DIAG_FATAL };

	return source_may_be(path) ? source_of(&f) : NULL;
}

struct source *source_again(const struct source *s, enum diag_word word)
{
	struct fifo f = s->fifo;
	struct stat st;

	f.word = word;
	if (stat(f.path, &st) == 0 && !is_fifo(f.path, &st, word))
		return NULL;
	return source_of(&f);
}

/* Opens the same FIFO once more. The number stays, as the loop waits for that. */
static bool reopen(const struct source *s, int access)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	int fd = open(path, access | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool done = dup3(fd, s->fd, O_CLOEXEC) >= 0;
	close(fd);
	return done;
}

/* Whether it is ours to read; false: another process has locked it. */
static bool try_lock(const struct source *s)
{
	return flock(s->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* The lock went with what was open before. */
static bool lock_again(const struct source *s)
{
	if (try_lock(s))
		return true;
	diag(DIAG_LOSS,
	     "the old FIFO %s is not read any more: another logsink has locked it meanwhile",
	     s->name);
	return false;
}

bool source_let_end(struct source *s)
{
	if (!reopen(s, O_RDONLY))
		return true;
	s->endless = false;
	return lock_again(s);
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (!s->lent)
		close(s->fd);
	free(s);
}

bool source_is_same(const struct source *a, const struct source *b)
{
	struct stat x, y;

	if (fstat(a->fd, &x) < 0 || fstat(b->fd, &y) < 0 || !fdio_same_file(&x, &y))
		return false;
	diag(a->fifo.word, "%s and %s are the same FIFO; give it once", b->name, a->name);
	return true;
}

bool source_lock(const struct source *s)
{
	if (!s->named || try_lock(s))
		return true;
	diag(s->fifo.word,
	     "cannot read from the FIFO %s: another logsink already reads it, and each "
	     "would get a part of the lines; give each its own FIFO",
	     s->name);
	return false;
}

bool source_in_place(const struct source *s)
{
	struct stat mine;

	if (!s->named || fstat(s->fd, &mine) < 0)
		return true;
	return fdio_leads_to(AT_FDCWD, s->name, 0, &mine) != 0; /* we may not be allowed to look */
}

bool source_leads_to(const struct source *s, const struct source *other)
{
	struct stat there, is;

	return s->named && other->named && stat(s->name, &there) == 0 &&
	       fstat(other->fd, &is) == 0 && fdio_same_file(&there, &is);
}

bool source_watch(const struct source *s, int inotify_fd)
{
	return s->named && pathwatch_add(inotify_fd, s->name);
}

int source_fd(const struct source *s)
{
	return s->fd;
}

const char *source_name(const struct source *s)
{
	return s->name;
}

bool source_endless(const struct source *s)
{
	return s->endless;
}

size_t source_capacity(const struct source *s)
{
	return s->capacity;
}

bool source_widen(struct source *s)
{
	if (s->wide || s->capacity == 0)
		return false;
	s->wide = true;
	s->capacity = fdio_grow_pipe(s->fd, PIPE_BYTES);
	return true;
}

bool source_is_pipe(const struct source *s)
{
	return s->pipe;
}

/* Never waits. musl before 1.2.5 lacks the call, as Linux before 4.14 does. */
static ssize_t read_now(int fd, void *to, size_t len)
{
#ifdef RWF_NOWAIT
	struct iovec v = { .iov_base = to, .iov_len = len };

	return preadv2(fd, &v, 1, -1, RWF_NOWAIT);
#else
	(void)fd, (void)to, (void)len;
	errno = ENOSYS;
	return -1;
#endif
}

/* A read(2) that does not wait, on a pipe without O_NONBLOCK. */
static ssize_t try_read(struct source *s, void *to, size_t len)
{
	if (!s->must_ask) {
		ssize_t n = read_now(s->fd, to, len);

		if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM))
			return n;
		s->must_ask = true; /* opened by a name, or Linux before 6.4 */
	}
	/* Its end is then found by the reader. */
	if (source_available(s) > 0)
		return fdio_read(s->fd, to, len);
	errno = EAGAIN;
	return -1;
}

ssize_t source_judge(const struct source *s, ssize_t n, int error)
{
	if (n > 0)
		return n;
	if (n == 0)
		return SOURCE_ENDED;
	if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
		return SOURCE_LATER;
	if (error == EIO && s->terminal)
		return SOURCE_ENDED; /* the terminal was hung up */
	diag(DIAG_LOSS, "cannot read %s: %s; taken as the end of input", s->name, strerror(error));
	return SOURCE_FAILED;
}

ssize_t source_read(struct source *s, void *to, size_t len)
{
	ssize_t n = s->pipe ? try_read(s, to, len) : fdio_read(s->fd, to, len);

	return source_judge(s, n, errno);
}

size_t source_available(const struct source *s)
{
	int n = 0;

	if (ioctl(s->fd, FIONREAD, &n) < 0 || n < 0)
		return 0;
	/* A terminal may hold bytes back, and a read would wait for more. */
	if (s->terminal && n > 0 && !fdio_is_readable(s->fd))
		return 0;
	return (size_t)n;
}
