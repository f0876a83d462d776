/*
 * crowd: what do many programs cost that each log a little, as on a host with many services?
 *
 *     crowd SINKS PACE SECONDS STATUS STDOUT INPUT DIRECTORY COMMAND [ARG]...
 *
 * Starts COMMAND SINKS times, each with a pipe of its own and in a directory of its own: where
 * STDOUT or an ARG has DIRECTORY, the K-th gets DIRECTORY/K. Each gets PACE lines a second for
 * SECONDS, one write(2) each, the first lines of INPUT; no two lines are due at the same time. One
 * line before that, which has to be in the file, makes the programs open it.
 *
 * Prints the processor time of all of them by all lines, their wake-ups a second, and the memory of
 * one, on average; nothing unless each has ended with STATUS and each has written what it got.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "output.h"
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_S      1000000000
#define LAST_LINES_MS 20 /* some collect for a few milliseconds before they write */

struct crowd {
	struct sink *sinks;
	char (*directories)[PATH_MAX];
	int64_t count;
	int64_t pace;
	int64_t lines; /* to each, with the first */
	const char *data;
	size_t *ends; /* of these lines in DATA */
};

/* TEXT with DIRECTORY in it replaced by TO, in memory of its own; TEXT itself where it has none. */
static char *moved(char *text, const char *directory, const char *to)
{
	const char *at = strstr(text, directory);
	char *result;

	if (at == NULL)
		return text;
	if (asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(directory)) < 0)
		bench_die("no memory");
	return result;
}

static void start_one(struct crowd *crowd, int64_t k, char *stdout_file, const char *directory,
		      char **command)
{
	char *own = crowd->directories[k];
	char *args[64];
	int count = 0;

	snprintf(own, PATH_MAX, "%s/%lld", directory, (long long)k);
	if (mkdir(own, 0700) < 0)
		bench_die("cannot make %s: %s", own, strerror(errno));
	for (; command[count] != NULL; count++) {
		if (count == 63)
			bench_die("too many arguments");
		args[count] = moved(command[count], directory, own);
	}
	args[count] = NULL;
	sink_fork(&crowd->sinks[k], args, SINK_STDOUT_FILE, moved(stdout_file, directory, own));
}

static void start(struct crowd *crowd, char *stdout_file, const char *directory, char **command)
{
	crowd->sinks = calloc((size_t)crowd->count, sizeof(*crowd->sinks));
	crowd->directories = calloc((size_t)crowd->count, sizeof(*crowd->directories));
	if (crowd->sinks == NULL || crowd->directories == NULL)
		bench_die("no memory");
	for (int64_t k = 0; k < crowd->count; k++)
		start_one(crowd, k, stdout_file, directory, command);
	for (int64_t k = 0; k < crowd->count; k++)
		sink_go(&crowd->sinks[k]);
}

static void find_lines(struct crowd *crowd, const char *input)
{
	struct stat info;
	int fd = open(input, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0)
		bench_die("cannot read %s: %s", input, strerror(errno));
	crowd->data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
	crowd->ends = calloc((size_t)crowd->lines, sizeof(*crowd->ends));
	if (crowd->data == MAP_FAILED || crowd->ends == NULL)
		bench_die("cannot map %s", input);
	close(fd);
	for (int64_t i = 0; i < crowd->lines; i++) {
		size_t from = i > 0 ? crowd->ends[i - 1] : 0;
		const char *end = memchr(crowd->data + from, '\n', (size_t)info.st_size - from);

		if (end == NULL)
			bench_die("%s has fewer than %lld lines", input, (long long)crowd->lines);
		crowd->ends[i] = (size_t)(end + 1 - crowd->data);
	}
}

static void send_line(const struct crowd *crowd, int64_t k, int64_t i)
{
	size_t from = i > 0 ? crowd->ends[i - 1] : 0;
	size_t length = crowd->ends[i] - from;

	if (write(crowd->sinks[k].input, crowd->data + from, length) != (ssize_t)length)
		bench_die("a program stopped reading: %s", strerror(errno));
}

static void send_first_lines(const struct crowd *crowd)
{
	for (int64_t k = 0; k < crowd->count; k++)
		send_line(crowd, k, 0);
	for (int64_t k = 0; k < crowd->count; k++) {
		if (!output_wait(crowd->directories[k], 1, 1000, 10000))
			bench_die("the first line is not in a file after 10 s");
	}
}

/* Returns: how much the latest line was behind its time, in nanoseconds. */
static int64_t send_lines(const struct crowd *crowd)
{
	int64_t start_ns = bench_now_ns();
	int64_t late_ns = 0;
	int64_t sent = 0;

	for (int64_t i = 1; i < crowd->lines; i++) {
		for (int64_t k = 0; k < crowd->count; k++, sent++) {
			int64_t due_ns = start_ns + sent * (NS_PER_S / crowd->pace) / crowd->count;
			int64_t behind_ns = bench_now_ns() - due_ns;

			bench_sleep_until_ns(due_ns);
			late_ns = behind_ns > late_ns ? behind_ns : late_ns;
			send_line(crowd, k, i);
		}
	}
	bench_sleep_ms(LAST_LINES_MS);
	return late_ns;
}

static int64_t sum_of(const struct crowd *crowd, int64_t (*value)(const struct sink *sink))
{
	int64_t sum = 0;

	for (int64_t k = 0; k < crowd->count; k++)
		sum += value(&crowd->sinks[k]);
	return sum;
}

static void print_memory(const struct crowd *crowd)
{
	struct sink_memory memory;
	int64_t resident = 0;
	int64_t own = 0;

	for (int64_t k = 0; k < crowd->count; k++) {
		sink_memory(&crowd->sinks[k], &memory);
		resident += memory.resident_kib;
		own += memory.private_kib;
	}
	printf("resident_kib %.1f\n", (double)resident / (double)crowd->count);
	printf("private_kib %.1f\n", (double)own / (double)crowd->count);
}

static void end_all(const struct crowd *crowd, int status)
{
	struct output_expected expected = { .data = crowd->data,
					    .length = crowd->ends[crowd->lines - 1],
					    .times = 1 };
	struct sink_usage usage;

	for (int64_t k = 0; k < crowd->count; k++)
		sink_close_input(&crowd->sinks[k]);
	for (int64_t k = 0; k < crowd->count; k++)
		sink_wait(&crowd->sinks[k], status, &usage);
	for (int64_t k = 0; k < crowd->count; k++)
		output_check(crowd->directories[k], &expected);
}

int main(int argc, char **argv)
{
	struct crowd crowd;
	int64_t seconds;
	int64_t cpu_ns;
	int64_t sleeps;
	int64_t late_ns;
	double all_lines;

	if (argc < 9)
		bench_die("usage: crowd SINKS PACE SECONDS STATUS STDOUT INPUT DIRECTORY COMMAND "
			  "[ARG]...");
	crowd.count = bench_number("SINKS", argv[1]);
	crowd.pace = bench_number("PACE", argv[2]);
	seconds = bench_number("SECONDS", argv[3]);
	if (crowd.count == 0 || crowd.pace == 0 || seconds == 0)
		bench_die("SINKS, PACE, SECONDS: at least 1");
	crowd.lines = 1 + crowd.pace * seconds;
	start(&crowd, argv[5], argv[7], argv + 8);
	find_lines(&crowd, argv[6]);
	bench_exact_sleeps();
	send_first_lines(&crowd);
	cpu_ns = sum_of(&crowd, sink_cpu_ns);
	sleeps = sum_of(&crowd, sink_sleeps);
	late_ns = send_lines(&crowd);
	cpu_ns = sum_of(&crowd, sink_cpu_ns) - cpu_ns;
	sleeps = sum_of(&crowd, sink_sleeps) - sleeps;
	all_lines = (double)((crowd.lines - 1) * crowd.count);
	printf("running_cpu_ns_per_line %.3f\n", (double)cpu_ns / all_lines);
	printf("wakeups_per_s %.3f\n", (double)sleeps / (double)seconds);
	printf("producer_late_us %.0f\n", (double)late_ns / 1e3);
	print_memory(&crowd);
	end_all(&crowd, (int)bench_number("STATUS", argv[4]));
	return 0;
}
