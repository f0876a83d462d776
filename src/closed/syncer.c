/*
 * The thread that syncs closed files.
 *
 * A sync may take long, and nothing depends on it: only the end of the program waits for this
 * thread, and the writer only if too many files are queued. It is not the keeper's thread, so that
 * files can be deleted meanwhile.
 */
#include "closed/syncer.h"

#include "base/diag.h"
#include "base/watchdog.h"
#include "family/directory.h"
#include "family/names.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OPEN = 8 };

struct file {
	struct names_member member;
	int fd;
};

struct syncer {
	struct directory *dir;
	const struct names *names;
	struct watchdog *watchdog;
	pthread_t thread;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct file waiting[MAX_OPEN]; /* the first `count` are used */
	size_t count;
	size_t open; /* the queued ones, and the one that is being synced */
	bool failed, finish;
};

/* Makes the file's bytes and its directory entry durable, and closes fd; -1 and errno. */
static int sync_file(const struct syncer *s, int fd, const char *name)
{
	int result = fdatasync(fd), error = errno;

	if (close(fd) < 0 && result == 0) {
		result = -1;
		error = errno;
	}
	if (result == 0 && directory_sync(s->dir, name) < 0) {
		result = -1;
		error = errno;
	}
	errno = error;
	return result;
}

/* Returns: false after a message if it failed. */
static bool sync_one(struct syncer *s, const struct file *f)
{
	char name[NAMES_SIZE];
	int result;

	names_build(s->names, &f->member, name);
	watchdog_enter(s->watchdog, "sync", name);
	result = sync_file(s, f->fd, name);
	watchdog_end(s->watchdog);
	if (result < 0)
		diag(DIAG_LOSS,
		     "cannot sync a closed file in %s: %s; the lines written last may not be on "
		     "the disk",
		     directory_name(s->dir), strerror(errno));
	return result == 0;
}

static void *syncer_thread(void *arg)
{
	struct syncer *s = arg;

	pthread_setname_np(pthread_self(), "keeper-sync");
	must(pthread_mutex_lock(&s->lock));
	while (!s->finish || s->count > 0) {
		if (s->count == 0) {
			must(pthread_cond_wait(&s->changed, &s->lock));
			continue;
		}
		struct file f = s->waiting[0];
		s->count--;
		memmove(s->waiting, s->waiting + 1, s->count * sizeof(f));
		must(pthread_mutex_unlock(&s->lock));
		bool synced = sync_one(s, &f);
		must(pthread_mutex_lock(&s->lock));
		s->failed = s->failed || !synced;
		s->open--;
		must(pthread_cond_broadcast(&s->changed));
	}
	must(pthread_mutex_unlock(&s->lock));
	return NULL;
}

struct syncer *syncer_start(struct directory *dir, const struct names *names)
{
	struct syncer *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return NULL;
	s->dir = dir;
	s->names = names;
	s->watchdog = watchdog_new(directory_prefix(dir), false);
	if (!s->watchdog) {
		error = errno;
		goto fail;
	}
	must(pthread_mutex_init(&s->lock, NULL));
	must(pthread_cond_init(&s->changed, NULL));
	error = pthread_create(&s->thread, NULL, syncer_thread, s);
	if (!error)
		return s;
	watchdog_free(s->watchdog);
fail:
	free(s);
	errno = error;
	return NULL;
}

void syncer_sync(struct syncer *s, const struct names_member *m, int fd)
{
	must(pthread_mutex_lock(&s->lock));
	while (s->open == MAX_OPEN)
		must(pthread_cond_wait(&s->changed, &s->lock));
	s->open++;
	s->waiting[s->count++] = (struct file){ .member = *m, .fd = fd };
	must(pthread_cond_broadcast(&s->changed));
	must(pthread_mutex_unlock(&s->lock));
}

void syncer_finish(struct syncer *s)
{
	must(pthread_mutex_lock(&s->lock));
	s->finish = true;
	must(pthread_cond_broadcast(&s->changed));
	must(pthread_mutex_unlock(&s->lock));
	must(pthread_join(s->thread, NULL));
}

bool syncer_synced(struct syncer *s)
{
	bool synced;

	must(pthread_mutex_lock(&s->lock));
	synced = !s->failed && s->open == 0;
	must(pthread_mutex_unlock(&s->lock));
	return synced;
}

struct watchdog *syncer_watchdog(const struct syncer *s)
{
	return s->watchdog;
}

void syncer_free(struct syncer *s)
{
	watchdog_free(s->watchdog);
	must(pthread_cond_destroy(&s->changed));
	must(pthread_mutex_destroy(&s->lock));
	free(s);
}
