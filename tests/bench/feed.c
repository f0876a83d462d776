/*
 * feed: send a prepared input through a pipe to a program and say what that cost.
 *
 *     feed [OPTION]... INPUT DIRECTORY COMMAND [ARG]...
 *
 *     --bytes=N         send only the first N bytes of INPUT, cut to whole lines
 *     --block=N         write N bytes at a time (default 65536)
 *     --lines           one write(2) per line, as fast as they go
 *     --pace=N          one write(2) per line, N lines a second, evenly
 *     --producer=PROG   PROG INPUT is the producer (cat, for example), not feed itself
 *     --stdout=FILE     the program's standard output (default /dev/null)
 *     --status=N        the exit status to expect (default 0)
 *     --no-check        the program keeps nothing: do not compare
 *     --settle=MS       when all is written leave the program idle that long, then look at it
 *     --stuck           its standard output is a pipe that is not read until the program takes
 *                       no more; then look at it
 *
 * Prints "name value" lines, and nothing unless the program ended as expected and the log
 * files in DIRECTORY are INPUT byte for byte.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "output.h"
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program that takes nothing for that long counts as full. */
#define STUCK_MS        500
#define SETTLE_LIMIT_MS 60000

struct order {
	const char *input;
	const char *directory;
	const char *producer;    /* NULL: feed itself */
	const char *stdout_file; /* NULL: /dev/null */
	char **command;
	int64_t bytes; /* 0: all of the input */
	int64_t block;
	int64_t pace; /* lines a second; 0: not paced */
	int64_t settle_ms;
	int status;
	bool lines;
	bool settle;
	bool stuck;
	bool check;
};

struct cost {
	double wall_s; /* of the writes alone */
	double cpu_s;
	int64_t late_ns; /* paced: how much the latest line was behind its time */
};

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

static void write_blocks(int fd, const char *data, size_t length, size_t block)
{
	while (length > 0) {
		size_t part = length < block ? length : block;

		write_all(fd, data, part);
		data += part;
		length -= part;
	}
}

/* Line I at start + I / pace; with pace 0 at once. Returns: the worst lateness. */
static int64_t write_lines(int fd, const char *data, size_t length, int64_t pace)
{
	const char *end = data + length;
	int64_t start_ns = bench_now_ns();
	int64_t worst_ns = 0;

	for (int64_t i = 0; data < end; i++) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		const char *next = newline != NULL ? newline + 1 : end;

		if (pace > 0) {
			int64_t due_ns = start_ns + i * 1000000000 / pace;
			int64_t late_ns = bench_now_ns() - due_ns;

			if (late_ns < 0)
				bench_sleep_until_ns(due_ns);
			else if (late_ns > worst_ns)
				worst_ns = late_ns;
		}
		write_all(fd, data, (size_t)(next - data));
		data = next;
	}
	return worst_ns;
}

/* Write until the program has taken nothing for STUCK_MS. Returns: how much it took. */
static size_t write_until_stuck(int fd, const char *data, size_t length, size_t block)
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

static double cpu_of(const struct rusage *usage)
{
	return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* PROGRAM INPUT with the pipe as its standard output; it has ended when this returns. */
static void produce_by(const struct order *order, int fd, struct cost *cost)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (pid == 0) {
		if (dup2(fd, STDOUT_FILENO) >= 0)
			execlp(order->producer, order->producer, order->input, (char *)NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		bench_die("the producer %s failed", order->producer);
	cost->cpu_s = cpu_of(&usage);
}

static void produce(const struct order *order, int fd, const char *data, size_t length,
		    struct cost *cost)
{
	struct rusage before;
	struct rusage after;

	getrusage(RUSAGE_SELF, &before);
	if (order->pace > 0 || order->lines)
		cost->late_ns = write_lines(fd, data, length, order->pace);
	else
		write_blocks(fd, data, length, (size_t)order->block);
	getrusage(RUSAGE_SELF, &after);
	cost->cpu_s = cpu_of(&after) - cpu_of(&before);
}

static const char *map_input(const struct order *order, size_t *length)
{
	struct stat info;
	const char *data;
	int fd = open(order->input, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0 || info.st_size == 0)
		bench_die("cannot read the input %s", order->input);
	*length = (size_t)info.st_size;
	data = mmap(NULL, *length, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		bench_die("cannot map the input %s: %s", order->input, strerror(errno));
	close(fd);
	if (order->bytes > 0 && (size_t)order->bytes < *length) {
		const char *newline = memrchr(data, '\n', (size_t)order->bytes);

		*length = newline != NULL ? (size_t)(newline + 1 - data) : (size_t)order->bytes;
	}
	return data;
}

static void print_memory(const struct sink_memory *memory)
{
	printf("resident_kib %lld\n", (long long)memory->resident_kib);
	printf("proportional_kib %lld\n", (long long)memory->proportional_kib);
	printf("high_water_kib %lld\n", (long long)memory->peak_kib);
}

static void run(const struct order *order)
{
	struct sink sink;
	struct sink_usage usage;
	struct sink_memory memory;
	struct cost cost = { .late_ns = 0 };
	enum sink_stdout kind = SINK_STDOUT_NULL;
	size_t length;
	size_t sent = 0;
	const char *data;
	int64_t go_ns;
	int64_t first_ns;
	int64_t end_ns;

	if (order->stuck)
		kind = SINK_STDOUT_STUCK;
	else if (order->stdout_file != NULL)
		kind = SINK_STDOUT_FILE;
	sink_fork(&sink, order->command, kind, order->stdout_file);
	data = map_input(order, &length);
	bench_exact_sleeps();

	go_ns = bench_now_ns();
	sink_go(&sink);
	if (order->stuck) {
		sent = write_until_stuck(sink.input, data, length, (size_t)order->block);
		sink_memory(&sink, &memory);
		sink_unstick(&sink);
	}
	first_ns = bench_now_ns();
	if (order->producer != NULL)
		produce_by(order, sink.input, &cost);
	else
		produce(order, sink.input, data + sent, length - sent, &cost);
	cost.wall_s = (double)(bench_now_ns() - first_ns) / 1e9;
	if (order->settle) {
		if (!output_wait(order->directory, (int64_t)length, 1000, SETTLE_LIMIT_MS))
			bench_die("the last lines are still not in the file after %d ms",
				  SETTLE_LIMIT_MS);
		bench_sleep_ms(order->settle_ms);
		sink_memory(&sink, &memory);
	}
	sink_close_input(&sink);
	sink_wait(&sink, order->status, &usage);
	end_ns = bench_now_ns();
	if (order->check)
		output_check(order->directory, data, length);

	printf("wall_s %.6f\n", (double)(end_ns - go_ns) / 1e9);
	printf("bytes_per_s %.0f\n", (double)length / ((double)(end_ns - go_ns) / 1e9));
	printf("cpu_s %.6f\n", usage.user_s + usage.system_s);
	printf("user_s %.6f\n", usage.user_s);
	printf("system_s %.6f\n", usage.system_s);
	printf("switches %lld\n", (long long)usage.switches);
	printf("peak_kib %lld\n", (long long)usage.peak_kib);
	printf("producer_wall_s %.6f\n", cost.wall_s);
	printf("producer_cpu_s %.6f\n", cost.cpu_s);
	if (order->pace > 0)
		printf("producer_late_us %.0f\n", (double)cost.late_ns / 1e3);
	if (order->stuck)
		printf("taken_bytes %zu\n", sent);
	if (order->stuck || order->settle)
		print_memory(&memory);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bytes", required_argument, NULL, 'n' },
		{ "block", required_argument, NULL, 'b' },
		{ "lines", no_argument, NULL, 'l' },
		{ "pace", required_argument, NULL, 'p' },
		{ "producer", required_argument, NULL, 'P' },
		{ "stdout", required_argument, NULL, 'o' },
		{ "no-check", no_argument, NULL, 'c' },
		{ "settle", required_argument, NULL, 's' },
		{ "stuck", no_argument, NULL, 'k' },
		{ "status", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	struct order order = { .block = 1 << 16, .check = true };
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			order.bytes = bench_number("--bytes", optarg);
			break;
		case 'b':
			order.block = bench_number("--block", optarg);
			break;
		case 'l':
			order.lines = true;
			break;
		case 'p':
			order.pace = bench_number("--pace", optarg);
			break;
		case 'P':
			order.producer = optarg;
			break;
		case 'o':
			order.stdout_file = optarg;
			break;
		case 'c':
			order.check = false;
			break;
		case 's':
			order.settle = true;
			order.settle_ms = bench_number("--settle", optarg);
			break;
		case 'k':
			order.stuck = true;
			break;
		case 'x':
			order.status = (int)bench_number("--status", optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 3 || order.block == 0)
		bench_die("usage: feed [OPTION]... INPUT DIRECTORY COMMAND [ARG]...");
	order.input = argv[optind];
	order.directory = argv[optind + 1];
	order.command = argv + optind + 2;
	run(&order);
	return 0;
}
