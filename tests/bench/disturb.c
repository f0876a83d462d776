/*
 * disturb: another process that keeps a disk busy with syncs, as a database beside the log does.
 */
#define _GNU_SOURCE
#include "disturb.h"

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE_BYTES (1 << 20)
#define PIECES      16
#define FIRST_MS    10000

struct disturb {
	pid_t pid;
	const char *path;
	_Atomic int64_t *syncs; /* shared with the process */
};

static _Noreturn void disturb_for_ever(int fd, _Atomic int64_t *syncs)
{
	static char piece[PIECE_BYTES];

	memset(piece, 'd', sizeof(piece));
	for (;;) {
		for (int i = 0; i < PIECES; i++) {
			if (write(fd, piece, sizeof(piece)) < 0 || fsync(fd) < 0)
				_exit(1);
			atomic_fetch_add(syncs, 1);
		}
		if (syncfs(fd) < 0 || ftruncate(fd, 0) < 0)
			_exit(1);
		atomic_fetch_add(syncs, 1);
	}
}

struct disturb *disturb_start(const char *path)
{
	struct disturb *disturb = malloc(sizeof(*disturb));
	int64_t limit_ns = bench_now_ns() + (int64_t)FIRST_MS * 1000000;
	pid_t parent = getpid();
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (disturb == NULL || fd < 0)
		bench_die("cannot open %s: %s", path, strerror(errno));
	disturb->path = path;
	disturb->syncs = mmap(NULL, sizeof(*disturb->syncs), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (disturb->syncs == MAP_FAILED)
		bench_die("cannot share memory: %s", strerror(errno));
	disturb->pid = fork();
	if (disturb->pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (disturb->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			disturb_for_ever(fd, disturb->syncs);
		_exit(1);
	}
	close(fd);
	while (atomic_load(disturb->syncs) == 0) {
		if (bench_now_ns() > limit_ns)
			bench_die("%s is not synced after %d ms", path, FIRST_MS);
		bench_sleep_ms(1);
	}
	return disturb;
}

int64_t disturb_stop(struct disturb *disturb)
{
	int64_t syncs = atomic_load(disturb->syncs);
	int end;

	kill(disturb->pid, SIGKILL);
	if (waitpid(disturb->pid, &end, 0) < 0 || !WIFSIGNALED(end))
		bench_die("writing and syncing %s failed", disturb->path);
	unlink(disturb->path);
	munmap(disturb->syncs, sizeof(*disturb->syncs));
	free(disturb);
	return syncs;
}
