/*
 * feed: send a prepared input through a pipe to a program and say what that cost.
 *
 *     feed [OPTION]... INPUT DIRECTORY COMMAND [ARG]...
 *
 *     --bytes=N         send only the first N bytes of INPUT, cut to whole lines
 *     --block=N         write N bytes at a time (default 65536)
 *     --lines           one write(2) per line, as fast as they go
 *     --pace=N          one write(2) per line, N lines a second, evenly
 *     --slot=K/N        with --pace: this is the K-th of N that run side by side (0 to N - 1); each
 *                       writes at times of its own
 *     --producer=PROG   PROG INPUT is the producer (cat, for example), not feed itself
 *     --stdout=FILE     the program's standard output (default /dev/null)
 *     --status=N        the exit status to expect (default 0)
 *     --no-check        the program keeps nothing: do not compare
 *     --expect=FILE     the log is to be FILE, not INPUT: what is left of it, for example
 *     --wrapped=SUFFIX  each line of the log is anything, the line that was sent, and SUFFIX
 *     --repeat=N        send it N times
 *     --copy            its standard output is a pipe; what comes out must be INPUT, too
 *     --write-times     say how long the write(2) calls took; with --lines or --pace
 *     --disturb=FILE    meanwhile another process writes FILE and syncs its file system
 *     --settle=MS       when all is written leave the program idle that long, then look at it
 *     --stuck           its standard output is a pipe that is not read until the program takes
 *                       no more; then look at it
 *     --freeze=MOUNT    the same, but the file system of the log, mounted there, is frozen until
 *                       then; with --pace it is frozen while the lines are sent, however many
 *                       the program takes
 *     --some            as many lines may be missing in the log as it says itself
 *
 * Prints "name value" lines, and nothing unless the program ended as expected and the log
 * files in DIRECTORY are INPUT byte for byte, or what the options say instead.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "disturb.h"
#include "output.h"
#include "produce.h"
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_LIMIT_MS 120000
#define LAST_LINES_MS   20        /* some collect for a few milliseconds before they write */
#define FROZEN_MIN      (1 << 20) /* what is in the file when its file system is frozen */

struct order {
	const char *input;
	const char *directory;
	const char *producer;    /* NULL: feed itself */
	const char *stdout_file; /* NULL: /dev/null */
	const char *expect;      /* NULL: the input */
	const char *wrapped;     /* NULL: nothing is put around a line */
	const char *freeze;      /* NULL: no */
	const char *disturb;     /* NULL: no */
	char **command;
	int64_t bytes; /* 0: all of the input */
	int64_t block;
	struct produce_pace pace;
	int64_t repeat;
	int64_t settle_ms;
	int status;
	bool lines;
	bool settle;
	bool stuck;
	bool copy;
	bool write_times;
	bool check;
	bool some;
};

/* What is seen of the program while it runs. */
struct look {
	struct sink_memory memory;
	size_t taken;   /* before the sending proper */
	int64_t sleeps; /* during it */
	int64_t cpu_ns; /* during it */
};

/* All of a file, or its first LIMIT bytes, cut to whole lines, if LIMIT is not 0. */
static const char *map_file(const char *path, int64_t limit, size_t *length)
{
	struct stat info;
	const char *data;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0 || info.st_size == 0)
		bench_die("cannot read %s", path);
	*length = (size_t)info.st_size;
	data = mmap(NULL, *length, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (data == MAP_FAILED)
		bench_die("cannot map %s: %s", path, strerror(errno));
	close(fd);
	if (limit > 0 && (size_t)limit < *length) {
		const char *newline = memrchr(data, '\n', (size_t)limit);

		*length = newline != NULL ? (size_t)(newline + 1 - data) : (size_t)limit;
	}
	return data;
}

static int64_t count_lines(const char *data, size_t length)
{
	const char *end = data + length;
	int64_t lines = 0;

	for (const char *p = data; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

static void freeze(const char *mount, unsigned long what)
{
	int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, what, 0) < 0)
		bench_die("cannot %s %s: %s", what == FIFREEZE ? "freeze" : "thaw", mount,
			  strerror(errno));
	close(fd);
}

/* Fill the program until it takes no more, look at its memory, let it go on. */
static void fill(const struct order *order, struct sink *sink, const char *data, size_t length,
		 struct look *look)
{
	struct produce_cost unused = { .late_ns = 0 };

	if (order->freeze != NULL) {
		if (length < FROZEN_MIN)
			bench_die("--freeze needs at least %d bytes of input", FROZEN_MIN);
		produce_blocks(sink->input, data, FROZEN_MIN, (size_t)order->block, &unused);
		look->taken = FROZEN_MIN;
		/* Half of it: some keep the last bytes for a while. */
		if (!output_wait(order->directory, FROZEN_MIN / 2, 1000, 10000))
			bench_die("nothing is in the file after 10 s");
		freeze(order->freeze, FIFREEZE);
	}
	look->taken += produce_until_stuck(sink->input, data + look->taken, length - look->taken,
					   (size_t)order->block);
	sink_memory(sink, &look->memory);
	if (order->freeze != NULL)
		freeze(order->freeze, FITHAW);
	else
		sink_unstick(sink);
}

static void produce(const struct order *order, int fd, const char *data, size_t length,
		    struct produce_cost *cost, struct produce_times *times)
{
	if (order->producer != NULL)
		produce_by(order->producer, order->input, fd, cost);
	else if (order->pace.per_s > 0 || order->lines)
		produce_lines(fd, data, length, &order->pace, cost, times);
	else
		produce_blocks(fd, data, length, (size_t)order->block, cost);
}

/* One line, and wait until it is in the file: from then on no start-up is in the figures. */
static void send_first(const struct order *order, const struct sink *sink, const char *data,
		       size_t length, struct look *look)
{
	const char *newline = memchr(data, '\n', length);
	struct produce_cost unused = { .late_ns = 0 };

	if (newline == NULL || newline + 1 == data + length)
		bench_die("--pace needs at least two lines");
	look->taken = (size_t)(newline + 1 - data);
	produce_blocks(sink->input, data, look->taken, look->taken, &unused);
	if (!output_wait(order->directory, 1, 1000, 10000))
		bench_die("the first line is not in a file after 10 s");
}

/* Send it all. Returns: how often the disturbing process synced. */
static int64_t send_all(const struct order *order, struct sink *sink, const char *data,
			size_t length, struct produce_cost *cost, struct produce_times *times,
			struct look *look)
{
	struct disturb *disturb = order->disturb != NULL ? disturb_start(order->disturb) : NULL;
	bool paced = order->pace.per_s > 0;

	if (paced)
		send_first(order, sink, data, length, look);
	else if (order->stuck || order->freeze != NULL)
		fill(order, sink, data, length, look);
	if (paced && order->freeze != NULL)
		freeze(order->freeze, FIFREEZE);
	look->sleeps = sink_sleeps(sink);
	look->cpu_ns = sink_cpu_ns(sink);
	for (int64_t i = 0; i < order->repeat; i++) {
		size_t sent = i == 0 ? look->taken : 0;

		produce(order, sink->input, data + sent, length - sent, cost, times);
	}
	if (paced)
		bench_sleep_ms(LAST_LINES_MS);
	if (paced && order->freeze != NULL)
		freeze(order->freeze, FITHAW);
	look->sleeps = sink_sleeps(sink) - look->sleeps;
	look->cpu_ns = sink_cpu_ns(sink) - look->cpu_ns;
	return disturb != NULL ? disturb_stop(disturb) : 0;
}

static void print_memory(const struct sink_memory *memory)
{
	printf("resident_kib %lld\n", (long long)memory->resident_kib);
	printf("proportional_kib %lld\n", (long long)memory->proportional_kib);
	printf("high_water_kib %lld\n", (long long)memory->peak_kib);
}

static void print_times(struct produce_times *times)
{
	printf("write_p50_us %.3f\n", produce_percentile_us(times, 500));
	printf("write_p99_us %.3f\n", produce_percentile_us(times, 990));
	printf("write_p999_us %.3f\n", produce_percentile_us(times, 999));
	printf("write_longest_us %.3f\n", produce_percentile_us(times, 1000));
}

static enum sink_stdout stdout_of(const struct order *order)
{
	if (order->stuck)
		return SINK_STDOUT_STUCK;
	if (order->copy)
		return SINK_STDOUT_READ;
	return order->stdout_file != NULL ? SINK_STDOUT_FILE : SINK_STDOUT_NULL;
}

static void run(const struct order *order)
{
	struct sink sink;
	struct sink_usage usage;
	struct look look = { .taken = 0 };
	struct produce_cost cost = { .late_ns = 0 };
	struct produce_times times = { .room = 0 };
	struct output_expected expected = { .times = order->repeat,
					    .wrapped = order->wrapped,
					    .some = order->some };
	size_t length;
	const char *data;
	int64_t go_ns;
	int64_t end_ns;
	int64_t all;
	int64_t lines;
	int64_t syncs;
	int64_t logged = 0;

	sink_fork(&sink, order->command, stdout_of(order), order->stdout_file);
	data = map_file(order->input, order->bytes, &length);
	all = (int64_t)length * order->repeat;
	lines = count_lines(data, length) * order->repeat;
	expected.data = data;
	expected.length = length;
	if (order->expect != NULL)
		expected.data = map_file(order->expect, 0, &expected.length);
	if (order->write_times)
		produce_times_init(&times, (size_t)lines);
	if (order->copy)
		sink_read_copy(&sink, data, length);
	bench_exact_sleeps();

	go_ns = bench_now_ns();
	sink_go(&sink);
	syncs = send_all(order, &sink, data, length, &cost, &times, &look);
	if (order->settle) {
		if (!output_wait(order->directory, all, 1000, SETTLE_LIMIT_MS))
			bench_die("the last lines are still not in the file after %d ms",
				  SETTLE_LIMIT_MS);
		bench_sleep_ms(order->settle_ms);
		sink_memory(&sink, &look.memory);
	}
	sink_close_input(&sink);
	sink_wait(&sink, order->status, &usage);
	end_ns = bench_now_ns();
	if (order->copy)
		sink_copy_wait(&sink);
	if (order->check)
		logged = output_check(order->directory, &expected);

	printf("wall_s %.6f\n", (double)(end_ns - go_ns) / 1e9);
	printf("bytes_per_s %.0f\n", (double)all / ((double)(end_ns - go_ns) / 1e9));
	printf("cpu_s %.6f\n", usage.user_s + usage.system_s);
	printf("cpu_ns_per_line %.3f\n", (usage.user_s + usage.system_s) * 1e9 / (double)lines);
	if (usage.instructions > 0)
		printf("instructions_per_line %.3f\n", (double)usage.instructions / (double)lines);
	printf("user_s %.6f\n", usage.user_s);
	printf("system_s %.6f\n", usage.system_s);
	printf("switches %lld\n", (long long)usage.switches);
	printf("peak_kib %lld\n", (long long)usage.peak_kib);
	printf("sent_bytes %lld\n", (long long)all);
	printf("logged_bytes %lld\n", (long long)logged);
	printf("producer_wall_s %.6f\n", cost.wall_s);
	printf("producer_cpu_s %.6f\n", cost.cpu_s);
	printf("producer_ns_per_line %.3f\n", cost.wall_s * 1e9 / (double)lines);
	if (order->pace.per_s > 0) {
		printf("producer_late_us %.0f\n", (double)cost.late_ns / 1e3);
		printf("wakeups_per_s %.3f\n", (double)look.sleeps / cost.wall_s);
		printf("running_cpu_ns_per_line %.3f\n", (double)look.cpu_ns / (double)(lines - 1));
	}
	if (order->write_times)
		print_times(&times);
	if (order->disturb != NULL)
		printf("syncs %lld\n", (long long)syncs);
	if (order->stuck || order->freeze != NULL)
		printf("taken_bytes %zu\n", look.taken);
	if (look.memory.resident_kib > 0)
		print_memory(&look.memory);
}

static void read_slot(char *text, struct produce_pace *pace)
{
	char *slash = strchr(text, '/');

	if (slash == NULL)
		bench_die("--slot: not K/N: '%s'", text);
	*slash = '\0';
	pace->slot = bench_number("--slot", text);
	pace->slots = bench_number("--slot", slash + 1);
	if (pace->slot >= pace->slots)
		bench_die("--slot: there are only %s", slash + 1);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bytes", required_argument, NULL, 'n' },
		{ "block", required_argument, NULL, 'b' },
		{ "lines", no_argument, NULL, 'l' },
		{ "pace", required_argument, NULL, 'p' },
		{ "slot", required_argument, NULL, 'S' },
		{ "producer", required_argument, NULL, 'P' },
		{ "expect", required_argument, NULL, 'e' },
		{ "wrapped", required_argument, NULL, 'w' },
		{ "repeat", required_argument, NULL, 'r' },
		{ "copy", no_argument, NULL, 'y' },
		{ "write-times", no_argument, NULL, 't' },
		{ "disturb", required_argument, NULL, 'd' },
		{ "some", no_argument, NULL, 'm' },
		{ "freeze", required_argument, NULL, 'f' },
		{ "stdout", required_argument, NULL, 'o' },
		{ "no-check", no_argument, NULL, 'c' },
		{ "settle", required_argument, NULL, 's' },
		{ "stuck", no_argument, NULL, 'k' },
		{ "status", required_argument, NULL, 'x' },
		{ NULL, 0, NULL, 0 },
	};
	struct order order = { .block = 1 << 16, .repeat = 1, .check = true };
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
			order.pace.per_s = bench_number("--pace", optarg);
			break;
		case 'S':
			read_slot(optarg, &order.pace);
			break;
		case 'P':
			order.producer = optarg;
			break;
		case 'e':
			order.expect = optarg;
			break;
		case 'w':
			order.wrapped = optarg;
			break;
		case 'r':
			order.repeat = bench_number("--repeat", optarg);
			break;
		case 'y':
			order.copy = true;
			break;
		case 't':
			order.write_times = true;
			break;
		case 'd':
			order.disturb = optarg;
			break;
		case 'm':
			order.some = true;
			break;
		case 'f':
			order.freeze = optarg;
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
	if (argc - optind < 3 || order.block == 0 || order.repeat == 0)
		bench_die("usage: feed [OPTION]... INPUT DIRECTORY COMMAND [ARG]...");
	order.input = argv[optind];
	order.directory = argv[optind + 1];
	order.command = argv + optind + 2;
	run(&order);
	return 0;
}
