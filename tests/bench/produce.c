/*
 * produce: send bytes into a pipe in one of the ways in which programs log, and time it.
 */
#define _GNU_SOURCE
#include "produce.h"

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program that takes nothing for that long counts as full. */
#define STUCK_MS 500

#define NS_PER_S 1000000000

static void write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			bench_die("the program stopped reading: %s", strerror(errno));
		data += done;
		length -= (size_t)done;
	}
}

static double cpu_of(const struct rusage *usage)
{
	return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static double own_cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return cpu_of(&usage);
}

void produce_blocks(int fd, const char *data, size_t length, size_t block,
		    struct produce_cost *cost)
{
	int64_t start_ns = bench_now_ns();
	double cpu_s = own_cpu_s();

	while (length > 0) {
		size_t part = length < block ? length : block;

		write_all(fd, data, part);
		data += part;
		length -= part;
	}
	cost->wall_s += (double)(bench_now_ns() - start_ns) / 1e9;
	cost->cpu_s += own_cpu_s() - cpu_s;
}

/*
 * When the first line is due. Side by side that is in the next second that all can reach, so that
 * nobody is measured while others still start, and at the slot's own time in it.
 */
static int64_t first_due_ns(const struct produce_pace *pace)
{
	int64_t now_ns = bench_now_ns();

	if (pace->per_s == 0 || pace->slots == 0)
		return now_ns;
	return (now_ns / NS_PER_S + 2) * NS_PER_S +
	       NS_PER_S / pace->per_s * pace->slot / pace->slots;
}

void produce_lines(int fd, const char *data, size_t length, const struct produce_pace *pace,
		   struct produce_cost *cost, struct produce_times *times)
{
	const char *end = data + length;
	int64_t start_ns = first_due_ns(pace);
	double cpu_s = own_cpu_s();

	for (int64_t i = 0; data < end; i++) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		const char *next = newline != NULL ? newline + 1 : end;
		int64_t before_ns = 0;

		if (pace->per_s > 0) {
			int64_t due_ns = start_ns + i * NS_PER_S / pace->per_s;
			int64_t late_ns = bench_now_ns() - due_ns;

			if (late_ns < 0)
				bench_sleep_until_ns(due_ns);
			else if (late_ns > cost->late_ns)
				cost->late_ns = late_ns;
		}
		if (times->count < times->room)
			before_ns = bench_now_ns();
		write_all(fd, data, (size_t)(next - data));
		if (times->count < times->room)
			times->ns[times->count++] = bench_now_ns() - before_ns;
		data = next;
	}
	cost->wall_s += (double)(bench_now_ns() - start_ns) / 1e9;
	cost->cpu_s += own_cpu_s() - cpu_s;
}

void produce_by(const char *program, const char *input, int fd, struct produce_cost *cost)
{
	struct rusage usage;
	int status;
	int64_t start_ns = bench_now_ns();
	pid_t pid = fork();

	if (pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		if (dup2(fd, STDOUT_FILENO) >= 0)
			execlp(program, program, input, (char *)NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("the producer %s failed", program);
	cost->wall_s += (double)(bench_now_ns() - start_ns) / 1e9;
	cost->cpu_s += cpu_of(&usage);
}

size_t produce_until_stuck(int fd, const char *data, size_t length, size_t block)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	size_t position = 0;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		bench_die("cannot make the pipe non-blocking: %s", strerror(errno));
	while (position < length && poll(&room, 1, STUCK_MS) > 0) {
		size_t part = length - position < block ? length - position : block;
		ssize_t done = write(fd, data + position, part);

		if (done < 0 && errno != EAGAIN && errno != EINTR)
			bench_die("the program stopped reading: %s", strerror(errno));
		if (done > 0)
			position += (size_t)done;
	}
	if (fcntl(fd, F_SETFL, 0) < 0)
		bench_die("cannot make the pipe blocking: %s", strerror(errno));
	return position;
}

void produce_times_init(struct produce_times *times, size_t count)
{
	times->ns = calloc(count, sizeof(*times->ns));
	if (times->ns == NULL)
		bench_die("no memory for the times of %zu writes", count);
	/* Touch the pages now; calloc leaves that to the first use. */
	memset(times->ns, 1, count * sizeof(*times->ns));
	times->room = count;
	times->count = 0;
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

double produce_percentile_us(struct produce_times *times, int per_mille)
{
	size_t rank = (times->count * (size_t)per_mille + 999) / 1000;

	if (times->count == 0)
		bench_die("no write was timed");
	qsort(times->ns, times->count, sizeof(*times->ns), by_length);
	return (double)times->ns[rank > 0 ? rank - 1 : 0] / 1e3;
}
