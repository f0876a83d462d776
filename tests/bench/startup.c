/*
 * startup: how long from starting a program until the first line is in a file?
 *
 *     startup STATUS STDOUT DIRECTORY COMMAND [ARG]...
 *
 * The line waits in the pipe already. Timed from just before execve(2) until a log file of
 * that many bytes is seen in DIRECTORY, which is looked at every 0.1 ms. Prints
 * "startup_ms value".
 */
#include "bench.h"
#include "output.h"
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char line[] = "the first line of a program that has just been started\n";
	const size_t length = sizeof(line) - 1;
	const struct output_expected expected = { .data = line, .length = length, .times = 1 };
	struct sink sink;
	struct sink_usage usage;
	int64_t start_ns;
	int64_t seen_ns;
	const char *directory;
	int status;

	if (argc < 5)
		bench_die("usage: startup STATUS STDOUT DIRECTORY COMMAND [ARG]...");
	status = (int)bench_number("STATUS", argv[1]);
	directory = argv[3];
	sink_fork(&sink, argv + 4, SINK_STDOUT_FILE, argv[2]);
	bench_exact_sleeps();
	if (write(sink.input, line, length) != (ssize_t)length)
		bench_die("cannot write to the pipe: %s", strerror(errno));
	start_ns = bench_now_ns();
	sink_go(&sink);
	if (!output_wait(directory, (int64_t)length, 100, 10000))
		bench_die("the first line is not in a file after 10 s");
	seen_ns = bench_now_ns();
	sink_close_input(&sink);
	sink_wait(&sink, status, &usage);
	output_check(directory, &expected);
	printf("startup_ms %.3f\n", (double)(seen_ns - start_ns) / 1e6);
	return 0;
}
