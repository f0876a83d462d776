/*
 * The children of this process: start them, wait for them, and reap those that nobody waits for.
 *
 * The init of a container inherits the children of all that end before them, and must wait for
 * whatever ends: waitpid(-1). That takes the ends of its own children, too, which a thread may be
 * waiting for. So who starts a child enters it in a table, and the end of such a child is kept
 * there. A child is started and entered under one lock, or it might be reaped in between.
 *
 * The simpler design only looks at what has ended (WNOWAIT) and leaves the own children alone. But
 * the system shows one ended child at a time, and behind one of ours it shows no other.
 */
#include "base/children.h"

#include "base/diag.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	pid_t process; /* 0: the place is free */
	bool ended;
	int status;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct child children[CHILDREN_MOST]; /* under the lock */

static struct child *find_locked(pid_t process)
{
	for (int i = 0; i < CHILDREN_MOST; i++)
		if (children[i].process == process)
			return &children[i];
	return NULL;
}

pid_t children_fork(void)
{
	pid_t process = -1;
	int error = EAGAIN;

	must(pthread_mutex_lock(&lock));
	struct child *c = find_locked(0);
	if (c) {
		process = fork();
		error = errno;
	}
	if (process > 0)
		*c = (struct child){ .process = process };
	must(pthread_mutex_unlock(&lock));
	errno = error;
	return process;
}

pid_t children_wait(pid_t process, int *status)
{
	pid_t result = -1;
	int error = ECHILD;

	must(pthread_mutex_lock(&lock));
	struct child *c = process > 0 ? find_locked(process) : NULL;
	if (c && c->ended) {
		*status = c->status;
		result = process;
	} else if (c) {
		result = waitpid(process, status, WNOHANG);
		error = errno;
	}
	if (c && result != 0)
		*c = (struct child){ 0 };
	must(pthread_mutex_unlock(&lock));
	errno = error;
	return result;
}

void children_reap(void)
{
	pid_t process;
	int status;

	must(pthread_mutex_lock(&lock));
	while ((process = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = find_locked(process);

		if (c) {
			c->ended = true;
			c->status = status;
		}
	}
	must(pthread_mutex_unlock(&lock));
}

bool children_is_ours(pid_t process)
{
	must(pthread_mutex_lock(&lock));
	bool is = process > 0 && find_locked(process);
	must(pthread_mutex_unlock(&lock));
	return is;
}
