/*
 * The thread that runs the command of --on-roll, for one closed file at a time.
 *
 * The command runs in its own process group, so that a Ctrl-C for the
 * application does not end it, and so that it can be killed with its children.
 */
#include "closed/hook.h"

#include "base/children.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_JOBS = 1000 };

#define LOOK       (20 * CLOCK_MS) /* between checks of the running command */
#define KILL_AFTER CLOCK_SECOND    /* from TERM to KILL */

struct job {
	struct job *next;
	char path[];
};

struct hook {
	struct hook_options o;
	char *words_text;
	char *words[HOOK_WORDS + 2]; /* the command, room for the path, and NULL */
	size_t word_count;
	int null; /* /dev/null; held open, so that every command has it */
	pthread_t thread;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *first, **last;
	size_t jobs;
	bool running, quit;
};

/* ---- one command ---- */

/* Runs in the child, where only async-signal-safe calls are allowed. */
static _Noreturn void become_command(const struct hook *h)
{
	sigset_t none;

	setpgid(0, 0);
	umask(h->o.umask);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Never with our standard input, which is the log's. */
	if (dup2(h->null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	execvpe(h->words[0], h->words, h->o.environment);
	_exit(errno == ENOENT ? 127 : 126);
}

static void say_end(const struct hook *h, const char *path, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) >= 126)
		diag(DIAG_WARNING, "cannot run the --on-roll command %s for %s: %s", h->words[0],
		     path, WEXITSTATUS(status) == 127 ? "not found" : "not executable");
	else if (WIFEXITED(status))
		diag(DIAG_WARNING, "the --on-roll command %s failed for %s: exit status %d",
		     h->words[0], path, WEXITSTATUS(status));
	else
		diag(DIAG_WARNING, "the --on-roll command %s failed for %s: signal %d", h->words[0],
		     path, WTERMSIG(status));
}

static void wait_a_little(struct hook *h)
{
	must(pthread_mutex_lock(&h->lock));
	(void)condition_wait_until(&h->changed, &h->lock, clock_mono_ns() + LOOK);
	must(pthread_mutex_unlock(&h->lock));
}

static void run_command(struct hook *h, char *path)
{
	int64_t end = clock_mono_ns() + h->o.timeout_ns;
	int signal_next = SIGTERM, status = 0;

	h->words[h->word_count] = path;
	pid_t pid = children_fork();
	if (pid == 0)
		become_command(h);
	if (pid < 0) {
		diag(DIAG_WARNING, "cannot run the --on-roll command for %s: %s", path,
		     strerror(errno));
		return;
	}
	setpgid(pid, pid); /* parent and child both call it; the first one wins */
	while (children_wait(pid, &status) == 0) {
		if (clock_mono_ns() >= end) {
			if (signal_next == SIGTERM)
				diag(DIAG_WARNING,
				     "the --on-roll command %s takes longer than --on-roll-timeout for %s; "
				     "ending it",
				     h->words[0], path);
			kill(-pid, signal_next);
			signal_next = SIGKILL;
			end += KILL_AFTER;
		}
		wait_a_little(h);
	}
	if (signal_next == SIGTERM)
		say_end(h, path, status);
}

/* ---- the thread ---- */

static void *hook_thread(void *arg)
{
	struct hook *h = arg;

	pthread_setname_np(pthread_self(), "on-roll");
	must(pthread_mutex_lock(&h->lock));
	while (!h->quit || h->first) {
		struct job *job = h->first;

		if (!job) {
			must(pthread_cond_wait(&h->changed, &h->lock));
			continue;
		}
		h->first = job->next;
		h->jobs--;
		if (!h->first)
			h->last = &h->first;
		h->running = true;
		must(pthread_mutex_unlock(&h->lock));
		run_command(h, job->path);
		free(job);
		must(pthread_mutex_lock(&h->lock));
		h->running = false;
		must(pthread_cond_broadcast(&h->changed));
	}
	must(pthread_mutex_unlock(&h->lock));
	return NULL;
}

static int split_words(struct hook *h)
{
	char *rest;

	h->words_text = strdup(h->o.command);
	if (!h->words_text)
		return -1;
	for (char *w = strtok_r(h->words_text, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		if (h->word_count == HOOK_WORDS) {
			errno = E2BIG;
			return -1;
		}
		h->words[h->word_count++] = w;
	}
	return 0;
}

struct hook *hook_start(const struct hook_options *o)
{
	struct hook *h = calloc(1, sizeof(*h));
	int error;

	if (!h)
		return NULL;
	h->o = *o;
	h->last = &h->first;
	h->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (h->null < 0) {
		diag(DIAG_FATAL,
		     "cannot open /dev/null, the standard input of the --on-roll command: %s",
		     strerror(errno));
		goto fail;
	}
	if (split_words(h) < 0)
		goto fail;
	must(pthread_mutex_init(&h->lock, NULL));
	condition_init(&h->changed);
	error = pthread_create(&h->thread, NULL, hook_thread, h);
	if (!error)
		return h;
	errno = error;
fail:
	error = errno;
	if (h->null >= 0)
		close(h->null);
	free(h->words_text);
	free(h);
	errno = error;
	return NULL;
}

void hook_run(struct hook *h, const char *path)
{
	const char *before =
		path[0] == '-' ? "./" : ""; /* otherwise it would be taken for an option */
	struct job *job = malloc(sizeof(*job) + strlen(before) + strlen(path) + 1);

	if (!job) {
		diag(DIAG_WARNING, "cannot run the --on-roll command for %s: %s", path,
		     strerror(errno));
		return;
	}
	job->next = NULL;
	stpcpy(stpcpy(job->path, before), path);
	must(pthread_mutex_lock(&h->lock));
	if (h->jobs == MAX_JOBS) {
		must(pthread_mutex_unlock(&h->lock));
		diag(DIAG_WARNING,
		     "the --on-roll command is not run for %s: %d files are already waiting for "
		     "it",
		     path, MAX_JOBS);
		free(job);
		return;
	}
	h->jobs++;
	*h->last = job;
	h->last = &job->next;
	must(pthread_cond_broadcast(&h->changed));
	must(pthread_mutex_unlock(&h->lock));
}

void hook_stop(struct hook *h, int64_t patience_ns)
{
	int64_t until = clock_mono_ns() + patience_ns;
	bool ended;

	must(pthread_mutex_lock(&h->lock));
	h->quit = true;
	must(pthread_cond_broadcast(&h->changed));
	while ((h->first || h->running) && condition_wait_until(&h->changed, &h->lock, until))
		;
	ended = !h->first && !h->running;
	if (!ended)
		diag(DIAG_WARNING,
		     "not waiting for the --on-roll command %s, which is still running",
		     h->words[0]);
	if (h->first)
		diag(DIAG_WARNING,
		     "the --on-roll command was not run for %zu files, starting with %s", h->jobs,
		     h->first->path);
	while (h->first) {
		struct job *job = h->first;

		h->first = job->next;
		free(job);
	}
	h->last = &h->first;
	must(pthread_mutex_unlock(&h->lock));
	if (!ended) {
		must(pthread_detach(h->thread)); /* the thread lives as long as the process, and
						    uses h until then */
		return;
	}
	must(pthread_join(h->thread, NULL));
	close(h->null);
	free(h->words_text);
	free(h);
}
