/*
 * The thread that waits for a pipe without polling it.
 *
 * Once a pipe has been polled (poll, epoll, select), Linux runs through its wait
 * queue at every write(2) to it, whether anybody sleeps there or not; a program
 * that writes line by line gets slower by a third. A reader that sleeps in a
 * system call of its own is woken only when there is something to wake it for. tee(2)
 * is such a call, and leaves the bytes where they are.
 */
#include "input/pipewait.h"

#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct pipewait {
	int fd;
	int copy[2]; /* a pipe of our own, for the byte that tee(2) copies */
	void (*on_news)(void *arg, bool ended);
	void *arg;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t asked;
	bool wait;
};

/* Returns whether it has ended. */
static bool wait_for_input(const struct pipewait *s)
{
	struct pollfd input = { .fd = s->fd, .events = POLLIN };
	ssize_t n;
	char byte;

	do
		n = tee(s->fd, s->copy[1], 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return true;
	if (n > 0)
		n = read(s->copy[0], &byte, 1);
	if (n < 0) /* somebody who shares it set O_NONBLOCK, or this system has no tee(2) */
		(void)poll(&input, 1, -1);
	return false;
}

static void *pipewait_thread(void *arg)
{
	struct pipewait *s = arg;

	pthread_setname_np(pthread_self(), "pipewait");
	for (;;) {
		must(pthread_mutex_lock(&s->lock));
		while (!s->wait)
			must(pthread_cond_wait(&s->asked, &s->lock));
		s->wait = false;
		must(pthread_mutex_unlock(&s->lock));
		s->on_news(s->arg, wait_for_input(s));
	}
	return NULL;
}

struct pipewait *pipewait_start(int fd, void (*on_news)(void *arg, bool ended), void *arg)
{
	struct pipewait *s = calloc(1, sizeof(*s));
	pthread_t thread;
	int error;

	if (!s)
		return NULL;
	if (pipe2(s->copy, O_CLOEXEC) < 0)
		goto free_pipewait;
	s->fd = fd;
	s->on_news = on_news;
	s->arg = arg;
	must(pthread_mutex_init(&s->lock, NULL));
	must(pthread_cond_init(&s->asked, NULL));
	error = pthread_create(&thread, NULL, pipewait_thread, s);
	if (error == 0) {
		must(pthread_detach(thread));
		return s;
	}
	close(s->copy[0]);
	close(s->copy[1]);
	errno = error;
free_pipewait:
	free(s);
	return NULL;
}

void pipewait_wait(struct pipewait *s)
{
	must(pthread_mutex_lock(&s->lock));
	s->wait = true;
	must(pthread_cond_signal(&s->asked));
	must(pthread_mutex_unlock(&s->lock));
}
