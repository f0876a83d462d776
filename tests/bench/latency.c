/*
 * latency: how long until a lone line on a quiet stream can be read in the file?
 *
 *     latency SAMPLES GAP_MS STATUS STDOUT DIRECTORY COMMAND [ARG]...
 *
 * STATUS is the exit status to expect, STDOUT the file for the program's standard output, or
 * /dev/null. Each sample: leave the stream quiet for GAP_MS to twice that, write one line, and
 * sleep until inotify(7) says that the log file was written to; then the line must be there.
 * Prints one "latency_ms value" line per sample, and "median_ms value". Measured from before the
 * write(2), so the write and our own wake-up are part of it.
 *
 * Not by looking at the file every few microseconds: that keeps a processor busy, and when the
 * scheduler wakes the program on that processor it waits for milliseconds, which are
 * ours and not the program's.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "output.h"
#include "sink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define POLL_NS  5000
#define LIMIT_MS 5000

static void send_line(const struct sink *sink, const char *line, size_t length)
{
	if (write(sink->input, line, length) != (ssize_t)length)
		bench_die("the program stopped reading: %s", strerror(errno));
}

/* Start to watch the file that is open at FD. Returns: the inotify descriptor. */
static int watch(int fd)
{
	char path[64];
	int notify = inotify_init1(IN_CLOEXEC);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (notify < 0 || inotify_add_watch(notify, path, IN_MODIFY) < 0)
		bench_die("cannot watch the log file: %s", strerror(errno));
	return notify;
}

/* Returns: when LENGTH bytes at POSITION could be read, by bench_now_ns(). */
static int64_t wait_for(int notify, int fd, const char *line, size_t length, int64_t position)
{
	char seen[128];
	char events[4096];
	struct pollfd written = { .fd = notify, .events = POLLIN };

	for (;;) {
		ssize_t got = pread(fd, seen, length, position);
		int64_t now_ns = bench_now_ns();

		if (got == (ssize_t)length) {
			if (memcmp(seen, line, length) != 0)
				bench_die("the line in the file is not the one that was sent");
			return now_ns;
		}
		if (poll(&written, 1, LIMIT_MS) <= 0)
			bench_die("the line is not in the file after %d ms", LIMIT_MS);
		if (read(notify, events, sizeof(events)) < 0)
			bench_die("cannot read from inotify: %s", strerror(errno));
	}
}

static int by_length(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int64_t count)
{
	qsort(values, (size_t)count, sizeof(*values), by_length);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
	char line[128];
	struct sink sink;
	struct sink_usage usage;
	int64_t samples;
	int64_t gap_ms;
	int64_t position = 0;
	const char *directory;
	double *took_ms;
	int status;
	int fd = -1;
	int notify = -1;

	if (argc < 7)
		bench_die("usage: latency SAMPLES GAP_MS STATUS STDOUT DIRECTORY COMMAND [ARG]...");
	samples = bench_number("SAMPLES", argv[1]);
	if (samples == 0)
		bench_die("SAMPLES: at least 1");
	gap_ms = bench_number("GAP_MS", argv[2]);
	took_ms = calloc((size_t)samples + 1, sizeof(*took_ms));
	if (took_ms == NULL)
		bench_die("no memory");
	status = (int)bench_number("STATUS", argv[3]);
	directory = argv[5];
	sink_fork(&sink, argv + 6, SINK_STDOUT_FILE, argv[4]);
	bench_exact_sleeps();
	sink_go(&sink);
	srandom((unsigned)sink.pid);

	/* The line before the first sample only makes the program open its file. */
	for (int64_t i = 0; i <= samples; i++) {
		size_t length = (size_t)snprintf(line, sizeof(line), "a lone line, number %06lld\n",
						 (long long)i);
		int64_t sent_ns;

		if (i > 0)
			bench_sleep_ms(gap_ms + random() % (gap_ms + 1));
		sent_ns = bench_now_ns();
		send_line(&sink, line, length);
		if (i == 0) {
			if (!output_wait(directory, (int64_t)length, 1000, 5000))
				bench_die("the first line is not in a file after 5 s");
			fd = output_open_last(directory);
			notify = watch(fd);
		} else {
			int64_t seen_ns = wait_for(notify, fd, line, length, position);

			took_ms[i - 1] = (double)(seen_ns - sent_ns) / 1e6;
			printf("latency_ms %.4f\n", took_ms[i - 1]);
		}
		position += (int64_t)length;
	}
	close(notify);
	close(fd);
	sink_close_input(&sink);
	sink_wait(&sink, status, &usage);
	printf("median_ms %.4f\n", median(took_ms, samples));
	free(took_ms);
	return 0;
}
