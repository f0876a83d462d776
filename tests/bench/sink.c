/*
 * sink: the program that is measured: start it behind a pipe, look at it, wait for it.
 */
#define _GNU_SOURCE
#include "sink.h"

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		bench_die("cannot make a pipe: %s", strerror(errno));
}

/* In the child: wait for the word, put the descriptors in their places, execute. */
static _Noreturn void become(char *const argv[], int go, int in, int out)
{
	char word;

	while (read(go, &word, 1) < 0 && errno == EINTR)
		;
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	fprintf(stderr, "bench: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * Count the instructions of a process from its execve(2) on, with its threads and children. Virtual
 * machines often have no such counter, and only root may count the kernel's. Returns: -1 for that.
 */
static int count_instructions(pid_t pid)
{
	struct perf_event_attr what = { .type = PERF_TYPE_HARDWARE,
					.size = sizeof(what),
					.config = PERF_COUNT_HW_INSTRUCTIONS,
					.disabled = 1,
					.inherit = 1,
					.enable_on_exec = 1 };

	return (int)syscall(SYS_perf_event_open, &what, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void sink_fork(struct sink *sink, char *const argv[], enum sink_stdout kind, const char *file)
{
	int go[2];
	int input[2];
	int output[2] = { -1, -1 };

	make_pipe(go);
	make_pipe(input);
	switch (kind) {
	case SINK_STDOUT_NULL:
		output[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
		break;
	case SINK_STDOUT_FILE:
		output[1] = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
		break;
	case SINK_STDOUT_STUCK:
	case SINK_STDOUT_READ:
		make_pipe(output);
		break;
	}
	if (output[1] < 0)
		bench_die("cannot open %s: %s", file != NULL ? file : "/dev/null", strerror(errno));

	sink->pid = fork();
	if (sink->pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (sink->pid == 0) {
		/* dup2 below clears close-on-exec; our own end must be closed before waiting. */
		close(go[1]);
		become(argv, go[0], input[0], output[1]);
	}
	sink->counter = count_instructions(sink->pid);
	close(go[0]);
	close(input[0]);
	close(output[1]);
	sink->go = go[1];
	sink->input = input[1];
	sink->output = output[0];
	signal(SIGPIPE, SIG_IGN);
}

void sink_go(struct sink *sink)
{
	close(sink->go);
	sink->go = -1;
}

void sink_close_input(struct sink *sink)
{
	close(sink->input);
	sink->input = -1;
}

void sink_unstick(struct sink *sink)
{
	static char nowhere[1 << 16];
	pid_t pid = fork();

	if (pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		close(sink->input);
		while (read(sink->output, nowhere, sizeof(nowhere)) > 0)
			;
		_exit(0);
	}
	close(sink->output);
	sink->output = -1;
}

void sink_read_copy(struct sink *sink, const char *expected, size_t length)
{
	static char copy[1 << 18];
	size_t position = 0;
	ssize_t got;

	sink->copy = fork();
	if (sink->copy < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (sink->copy > 0) {
		close(sink->output);
		sink->output = -1;
		return;
	}
	close(sink->go);
	close(sink->input);
	while ((got = read(sink->output, copy, sizeof(copy))) > 0) {
		if ((size_t)got > length - position ||
		    memcmp(copy, expected + position, (size_t)got) != 0)
			_exit(1);
		position += (size_t)got;
	}
	_exit(got < 0 || position != length);
}

void sink_copy_wait(struct sink *sink)
{
	int end;

	if (waitpid(sink->copy, &end, 0) < 0 || end != 0)
		bench_die("the copy on standard output is not what was sent");
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void sink_wait(struct sink *sink, int status, struct sink_usage *usage)
{
	struct rusage kernel;
	int end;
	pid_t pid;

	do
		pid = wait4(sink->pid, &end, 0, &kernel);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		bench_die("cannot wait for the program: %s", strerror(errno));
	if (WIFSIGNALED(end))
		bench_die("the program was ended by signal %d", WTERMSIG(end));
	if (WEXITSTATUS(end) != status)
		bench_die("the program ended with status %d", WEXITSTATUS(end));
	if (sink->counter < 0 ||
	    read(sink->counter, &usage->instructions, sizeof(usage->instructions)) !=
		    (ssize_t)sizeof(usage->instructions))
		usage->instructions = 0;
	if (sink->counter >= 0)
		close(sink->counter);
	usage->user_s = seconds(&kernel.ru_utime);
	usage->system_s = seconds(&kernel.ru_stime);
	usage->peak_kib = kernel.ru_maxrss;
	usage->switches = kernel.ru_nvcsw + kernel.ru_nivcsw;
}

/* The sum of the numbers behind KEY in a file of "Key: number" lines; 0 if there is none. */
static int64_t sum_of(const char *path, const char *key)
{
	char line[512];
	size_t length = strlen(key);
	int64_t sum = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			sum += strtoll(line + length + 1, NULL, 10);
	}
	fclose(file);
	return sum;
}

void sink_memory(const struct sink *sink, struct sink_memory *memory)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)sink->pid);
	memory->resident_kib = sum_of(path, "VmRSS");
	memory->peak_kib = sum_of(path, "VmHWM");
	if (memory->resident_kib == 0)
		bench_die("the program ended before its memory could be read");
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)sink->pid);
	memory->proportional_kib = sum_of(path, "Pss");
	memory->private_kib = sum_of(path, "Pss_Anon") + sum_of(path, "Pss_Shmem");
}

int64_t sink_cpu_ns(const struct sink *sink)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(sink->pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
		bench_die("the program ended before its processor time could be read");
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t sink_sleeps(const struct sink *sink)
{
	char path[320];
	int64_t sum = 0;
	const struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)sink->pid);
	tasks = opendir(path);
	if (tasks == NULL)
		bench_die("cannot read %s: %s", path, strerror(errno));
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)sink->pid,
			 entry->d_name);
		sum += sum_of(path, "voluntary_ctxt_switches");
	}
	closedir(tasks);
	return sum;
}
