/*
 * idle: what does a program cost that has nothing to do?
 *
 *     idle SECONDS STATUS STDOUT DIRECTORY COMMAND [ARG]...
 *
 * Sends ten lines, waits until they are in the file and two seconds more, then counts for
 * SECONDS how often its threads went to sleep: one sleep is one wake-up. Prints
 * "wakeups_per_min value", and the resident memory at the end.
 */
#include "bench.h"
#include "output.h"
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_MS 2000

int main(int argc, char **argv)
{
	static const char line[] = "one of the few lines of a quiet program\n";
	const size_t length = sizeof(line) - 1;
	const int lines = 10;
	struct sink sink;
	struct sink_usage usage;
	struct sink_memory memory;
	int64_t seconds;
	int64_t before;
	int64_t after;
	const char *directory;
	int status;

	if (argc < 6)
		bench_die("usage: idle SECONDS STATUS STDOUT DIRECTORY COMMAND [ARG]...");
	seconds = bench_number("SECONDS", argv[1]);
	if (seconds == 0)
		bench_die("SECONDS: at least 1");
	status = (int)bench_number("STATUS", argv[2]);
	directory = argv[4];
	sink_fork(&sink, argv + 5, SINK_STDOUT_FILE, argv[3]);
	sink_go(&sink);
	for (int i = 0; i < lines; i++) {
		if (write(sink.input, line, length) != (ssize_t)length)
			bench_die("the program stopped reading: %s", strerror(errno));
	}
	if (!output_wait(directory, (int64_t)length * lines, 1000, 10000))
		bench_die("the first lines are not in a file after 10 s");
	bench_sleep_ms(SETTLE_MS);
	before = sink_sleeps(&sink);
	bench_sleep_ms(seconds * 1000);
	after = sink_sleeps(&sink);
	sink_memory(&sink, &memory);
	sink_close_input(&sink);
	sink_wait(&sink, status, &usage);
	printf("wakeups_per_min %.3f\n", (double)(after - before) * 60 / (double)seconds);
	printf("resident_kib %lld\n", (long long)memory.resident_kib);
	printf("proportional_kib %lld\n", (long long)memory.proportional_kib);
	return 0;
}
