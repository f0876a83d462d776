/*
 * The thread that compresses closed files, one at a time, when nothing else wants
 * the machine.
 *
 * It creates only a temporary file, which is complete and synced, or removed. The keeper
 * puts that file in the plain file's place. If a file with the compressed form's name already
 * exists, it is decompressed and compared: it may be left from a crash, or be somebody else's.
 */
#include "closed/compressor.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "closed/encoder.h"
#include "closed/verify.h"
#include "family/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct compressor {
	const struct directory *dir;
	struct compressor_options o;
	void (*on_end)(void *);
	void *arg;
	pthread_t thread;
	atomic_bool stop; /* stop the running compression; checked before each chunk */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool quit;
	enum compressor_result result;
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct stat source; /* of the plain file, as it was compressed */
};

/* ---- one file ---- */

/* Copies owner, mode and times of the old file to the new one. */
static int copy_attributes(int to, const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	/* EINVAL: the IDs are not mapped in this user namespace. */
	if (fchown(to, st->st_uid, st->st_gid) < 0 && errno != EPERM && errno != EINVAL)
		return -1;
	return fchmod(to, st->st_mode & 07777) < 0 ? -1 : futimens(to, times);
}

/* The errno if the plain file has changed since the start. */
enum { CHANGED = EBUSY };

static int compress_fd(struct compressor *p, int from, int to)
{
	const struct stat *st = &p->source;
	const struct encoder_job job = { .from = from,
					 .to = to,
					 .size = (uint64_t)st->st_size,
					 .suffix = p->o.suffix,
					 .level = p->o.level,
					 .stop = &p->stop };
	struct stat now;

	if (encoder_run(&job) < 0 || copy_attributes(to, st) < 0 || fstat(from, &now) < 0)
		return -1;
	if (p->stop || !compressor_same_bytes(st, &now)) {
		errno = p->stop ? ECANCELED : CHANGED;
		return -1;
	}
	return fsync(to);
}

static int compress_to(struct compressor *p, int dir, int from)
{
	const char *temporary = path_base(p->temporary);
	int to, result, error;

	to = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	result = compress_fd(p, from, to);
	error = errno;
	if (close(to) < 0 && result == 0) {
		error = errno;
		result = -1;
	}
	if (result < 0)
		unlinkat(dir, temporary, 0);
	errno = error;
	return result;
}

/* Opens for reading, without blocking and without following a link; -1 and errno. */
static int open_regular(int dir, const char *name, struct stat *st)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/*
 * Whether a file with the final name exists and is the compressed form of from.
 * Returns: 1; 0: there is none; -1 and errno, EEXIST: it has other content.
 */
static int find_double(struct compressor *p, int dir, int from)
{
	const char *final = path_base(p->final);
	struct stat st;
	int fd, result, error;

	if (fstatat(dir, final, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	errno = EEXIST;
	fd = S_ISREG(st.st_mode) ? open_regular(dir, final, &st) : -1;
	if (fd < 0)
		return -1;
	result = verify_form(fd, p->o.suffix, from, (uint64_t)p->source.st_size, &p->stop);
	if (result == 1 && fsync(fd) < 0) /* any owner */
		result = -1;
	error = result < 0 ? errno : EEXIST;
	close(fd);
	errno = error;
	return result == 1 ? 1 : -1;
}

/* 0: compressed, and p->source is set; 1: a compressed form existed; -1 and errno. */
static int compress_in(struct compressor *p, int dir)
{
	int from = open_regular(dir, path_base(p->plain), &p->source);
	int result, error;

	if (from < 0)
		return -1;
	result = find_double(p, dir, from);
	if (result == 0)
		result = compress_to(p, dir, from);
	error = errno;
	close(from);
	errno = error;
	return result;
}

static enum compressor_result failed(const struct compressor *p, int error)
{
	const char *path = directory_prefix(p->dir);

	switch (error) {
	case ECANCELED:
		return COMPRESSOR_STOPPED;
	case ENOENT:
		return COMPRESSOR_GONE;
	case EEXIST:
		diag(DIAG_WARNING,
		     "cannot replace %s%s with its compressed form: %s%s already exists with "
		     "other content; both are kept",
		     path, p->plain, path, p->final);
		return COMPRESSOR_FAILED;
	default:
		diag(DIAG_WARNING, "cannot compress %s%s: %s; it is left uncompressed for now",
		     path, p->plain,
		     error == CHANGED ? "it was changed in the meantime" : strerror(error));
		return COMPRESSOR_FAILED;
	}
}

static enum compressor_result compress_file(struct compressor *p)
{
	int dir = directory_enter(p->dir, p->plain, false);
	int result = dir < 0 ? -1 : compress_in(p, dir);
	int error = errno;

	directory_leave(p->dir, dir);
	if (result < 0)
		return failed(p, error);
	return result == 0 ? COMPRESSOR_DONE : COMPRESSOR_DOUBLE;
}

/* ---- the thread ---- */

static void be_idle(void)
{
	const struct sched_param none = { 0 };

	/* Failure is harmless: the thread only runs at a higher priority. */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static void *compressor_thread(void *arg)
{
	struct compressor *p = arg;

	pthread_setname_np(pthread_self(), "compressor");
	must(pthread_mutex_lock(&p->lock));
	while (!p->quit) {
		if (p->result != COMPRESSOR_BUSY) {
			must(pthread_cond_wait(&p->changed, &p->lock));
			continue;
		}
		if (!p->stop)
			be_idle();
		must(pthread_mutex_unlock(&p->lock));
		enum compressor_result result = compress_file(p);
		must(pthread_mutex_lock(&p->lock));
		p->result = result;
		must(pthread_cond_broadcast(&p->changed));
		must(pthread_mutex_unlock(&p->lock));
		p->on_end(p->arg);
		must(pthread_mutex_lock(&p->lock));
	}
	must(pthread_mutex_unlock(&p->lock));
	return NULL;
}

struct compressor *compressor_start(const struct directory *dir, const struct compressor_options *o,
				    void (*on_end)(void *arg), void *arg)
{
	struct compressor *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return NULL;
#ifdef M_MMAP_THRESHOLD
	/* Return memory that the libraries freed to the system, also the second time. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
	p->dir = dir;
	p->o = *o;
	p->on_end = on_end;
	p->arg = arg;
	p->result = COMPRESSOR_STOPPED;
	must(pthread_mutex_init(&p->lock, NULL));
	must(pthread_cond_init(&p->changed, NULL));
	error = pthread_create(&p->thread, NULL, compressor_thread, p);
	if (error) {
		free(p);
		errno = error;
		return NULL;
	}
	return p;
}

/*
 * Someone is waiting for this thread: return to normal priority. Under the lock, as be_idle is,
 * so that the thread does not become idle afterwards.
 */
static void hurry_locked(struct compressor *p)
{
	const struct sched_param none = { 0 };

	p->stop = true;
	(void)pthread_setschedparam(p->thread, SCHED_OTHER, &none);
}

void compressor_begin(struct compressor *p, const char *plain, const char *final,
		      const char *temporary)
{
	must(pthread_mutex_lock(&p->lock));
	insist(p->result != COMPRESSOR_BUSY);
	p->stop = false;
	stpcpy(p->plain, plain);
	stpcpy(p->final, final);
	stpcpy(p->temporary, temporary);
	p->result = COMPRESSOR_BUSY;
	must(pthread_cond_broadcast(&p->changed));
	must(pthread_mutex_unlock(&p->lock));
}

enum compressor_result compressor_result(struct compressor *p)
{
	enum compressor_result result;

	must(pthread_mutex_lock(&p->lock));
	result = p->result;
	must(pthread_mutex_unlock(&p->lock));
	return result;
}

void compressor_source(struct compressor *p, struct stat *st)
{
	must(pthread_mutex_lock(&p->lock));
	insist(p->result != COMPRESSOR_BUSY);
	*st = p->source;
	must(pthread_mutex_unlock(&p->lock));
}

bool compressor_same_bytes(const struct stat *a, const struct stat *b)
{
	return fdio_same_file(a, b) && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void compressor_cancel(struct compressor *p)
{
	must(pthread_mutex_lock(&p->lock));
	hurry_locked(p);
	while (p->result == COMPRESSOR_BUSY)
		must(pthread_cond_wait(&p->changed, &p->lock));
	must(pthread_mutex_unlock(&p->lock));
}

void compressor_stop(struct compressor *p)
{
	must(pthread_mutex_lock(&p->lock));
	hurry_locked(p);
	p->quit = true;
	must(pthread_cond_broadcast(&p->changed));
	must(pthread_mutex_unlock(&p->lock));
	must(pthread_join(p->thread, NULL));
	must(pthread_cond_destroy(&p->changed));
	must(pthread_mutex_destroy(&p->lock));
	free(p);
}
