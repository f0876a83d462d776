/*
 * Learn that files in a directory were added, renamed, deleted or written to.
 *
 * Names are watched through their directory, bytes through each file: so other files in a busy
 * directory wake nobody. base/pathwatch tells when the directory itself, or one above, is moved or
 * made anew.
 */
#include "reader/watch.h"

#include "base/pathwatch.h"

#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NAME_EVENTS (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)
#define FILE_EVENTS (IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF)

struct watch {
	int fd;       /* -1: there is no inotify */
	bool polling; /* something cannot be watched by inotify */
};

static void open_inotify(struct watch *w)
{
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->polling = w->fd < 0;
}

struct watch *watch_new(bool polling)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fd = -1;
	w->polling = true;
	if (!polling)
		open_inotify(w);
	return w;
}

void watch_free(struct watch *w)
{
	if (w && w->fd >= 0)
		close(w->fd);
	free(w);
}

void watch_unwatch(struct watch *w)
{
	if (w->fd < 0)
		return;
	close(w->fd);
	open_inotify(w);
}

/* Whether others than this kernel may change the files. */
static bool is_remote(const struct statfs *fs)
{
	enum { SMB = SMB_SUPER_MAGIC, PLAN9 = V9FS_MAGIC, CEPH = 0x00c36400 };

	switch ((uint32_t)fs->f_type) {
	case NFS_SUPER_MAGIC:
	case CODA_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case SMB:
	case PLAN9:
	case CEPH:
	case UINT32_C(0xff534d42): /* CIFS */
	case UINT32_C(0xfe534d42): /* SMB 2 and later */
	case UINT32_C(0x65735546): /* FUSE */
		return true;
	default:
		return false;
	}
}

void watch_directory(struct watch *w, const char *path)
{
	struct statfs fs;

	if (w->fd < 0)
		return;
	if (statfs(path, &fs) == 0 && is_remote(&fs))
		w->polling = true;
	if (inotify_add_watch(w->fd, path, NAME_EVENTS | IN_ONLYDIR | IN_MASK_ADD) < 0 &&
	    errno != ENOENT)
		w->polling = true;
	if (!pathwatch_add(w->fd, path))
		w->polling = true;
}

void watch_file(struct watch *w, int fd)
{
	char path[64];
	struct statfs fs;

	if (w->fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((fstatfs(fd, &fs) == 0 && is_remote(&fs)) ||
	    inotify_add_watch(w->fd, path, FILE_EVENTS | IN_MASK_ADD) < 0)
		w->polling = true;
}

static unsigned meaning(uint32_t mask)
{
	if (mask & IN_Q_OVERFLOW)
		return WATCH_NAMES | WATCH_BYTES;
	if (mask & IN_IGNORED)
		return 0;
	return (mask & IN_MODIFY ? WATCH_BYTES : 0) |
	       (mask & ~(uint32_t)IN_MODIFY ? WATCH_NAMES : 0);
}

unsigned watch_take(struct watch *w)
{
	_Alignas(struct inotify_event) char events[4096];
	unsigned news = w->polling ? WATCH_NAMES | WATCH_BYTES : 0;
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, events, sizeof(events))) > 0) {
		for (const char *p = events; p < events + n;) {
			const struct inotify_event *e = (const void *)p;

			news |= meaning(e->mask);
			p += sizeof(*e) + e->len;
		}
	}
	return news;
}

int watch_fd(const struct watch *w)
{
	return w->fd;
}

int watch_patience_ms(const struct watch *w)
{
	return w->polling ? WATCH_POLL_MS : -1;
}

unsigned watch_wait(struct watch *w, int timeout_ms, int fd)
{
	struct pollfd fds[] = { { .fd = w->fd, .events = POLLIN }, { .fd = fd } };
	int patience = watch_patience_ms(w);

	if (patience >= 0 && (timeout_ms < 0 || timeout_ms > patience))
		timeout_ms = patience;
	int n = poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms);
	return n < 0 || fds[1].revents ? 0 : watch_take(w);
}
