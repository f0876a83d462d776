/*
 * The file that keeps the position: found, locked, made, written.
 *
 * The lock is on the file itself, which is never replaced: one process for a family and a topic,
 * since that is what a position is for.
 */
#include "logsink-ship/posfile.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "base/ratelimit.h"
#include "family/names.h"
#include "family/position.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAIN_S = 60 };

struct posfile {
	int fd;
	const char *path;
	bool failing;
	struct ratelimit complaint;
};

bool posfile_default(const char *file, const char *topic, char to[PATH_MAX])
{
	size_t directory = names_directory(file);
	int n = snprintf(to, PATH_MAX, "%.*s.%s.%s.position", (int)directory, file,
			 file + directory, topic);

	if (n < 0 || n >= PATH_MAX)
		return false;
	/* What is behind the directory of a template is one name here. */
	for (char *p = to + directory; (p = strchr(p, '/'));)
		*p = '+';
	return true;
}

/* The process that has the lock; 0: unknown. */
static long holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return (long)lock.l_pid;
}

static int take_lock(int fd, const char *path)
{
	const struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		diag(DIAG_FATAL,
		     "%s is in use by another logsink-ship, process %ld; one ships a family to a "
		     "topic",
		     path, holder(fd));
	else
		diag(DIAG_FATAL, "cannot lock %s: %s", path, strerror(errno));
	return -1;
}

/* That there is such a file is on the disk, too. */
static int sync_directory(const char *path)
{
	char directory[PATH_MAX];

	snprintf(directory, sizeof(directory), "%s", path);
	if (!path_cut(directory) || !*directory)
		snprintf(directory, sizeof(directory), ".");
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int result = fdio_sync_directory(fd);
	close(fd);
	return result;
}

static int open_file(const char *path, bool look_only)
{
	struct stat st;
	int fd = open(path,
		      look_only ? O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
				: O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      0640);

	if (fd < 0) {
		if (!look_only || errno != ENOENT)
			diag(DIAG_FATAL, "cannot open %s: %s; name another place with --position",
			     path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	diag(DIAG_FATAL, "%s is not a file that can keep a position; name another with --position",
	     path);
	close(fd);
	errno = 0;
	return -1;
}

enum posfile_result posfile_open(const char *path, bool look_only, struct posfile **f,
				 struct position *p)
{
	*f = NULL;
	memset(p, 0, sizeof(*p));
	int fd = open_file(path, look_only);
	if (fd < 0)
		return look_only && errno == ENOENT ? POSFILE_NEW : POSFILE_REFUSED;
	if (!look_only && take_lock(fd, path) < 0)
		goto close;
	enum position_result result = position_read(fd, p);
	if (result == POSITION_FAILED) {
		diag(DIAG_FATAL, "cannot read %s: %s", path, strerror(errno));
		goto close;
	}
	if (!look_only && result == POSITION_NEW && sync_directory(path) < 0) {
		diag(DIAG_FATAL, "cannot make %s durable: %s", path, strerror(errno));
		goto close;
	}
	*f = calloc(1, sizeof(**f));
	if (!*f) {
		diag_cannot_start("keeping the position");
		goto close;
	}
	(*f)->fd = fd;
	(*f)->path = path;
	return result == POSITION_FOUND ? POSFILE_FOUND
	       : result == POSITION_NEW ? POSFILE_NEW
					: POSFILE_DAMAGED;
close:
	close(fd);
	return POSFILE_REFUSED;
}

bool posfile_save(struct posfile *f, struct position *p)
{
	if (position_write(f->fd, p) == 0) {
		if (f->failing)
			diag(DIAG_RESUMED, "the position is saved in %s again", f->path);
		f->failing = false;
		return true;
	}
	if (ratelimit_pass(&f->complaint, clock_mono_ns(), COMPLAIN_S * CLOCK_SECOND))
		diag(DIAG_PAUSING,
		     "cannot save the position in %s: %s; it is tried again, and if this process is "
		     "killed meanwhile more has to be read back",
		     f->path, strerror(errno));
	f->failing = true;
	return false;
}

void posfile_close(struct posfile *f)
{
	if (!f)
		return;
	close(f->fd);
	free(f);
}
