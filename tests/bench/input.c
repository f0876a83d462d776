/*
 * input: write lines like a program's, each of the same length and no two alike.
 *
 *     input LINE_BYTES TOTAL_BYTES >FILE
 *
 * A line counts itself, so a lost, doubled or misplaced one is seen when the bytes are
 * compared. LINE_BYTES includes the newline. As many whole lines as TOTAL_BYTES holds.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const levels[] = {
		"INFO ", "DEBUG", "INFO ", "WARN ", "INFO ", "TRACE"
	};
	static const char filler[] =
		"request served from cache, upstream 10.12.0.7:8443, status 200, "
		"user agent Mozilla/5.0 (X11; Linux x86_64), ";
	static char line[1 << 16];
	char start[96];
	int64_t line_bytes;
	int64_t lines;

	if (argc != 3)
		bench_die("usage: input LINE_BYTES TOTAL_BYTES >FILE");
	line_bytes = bench_number("LINE_BYTES", argv[1]);
	if (line_bytes < 12 || line_bytes > (int64_t)sizeof(line))
		bench_die("LINE_BYTES: 12 to %zu", sizeof(line));
	lines = bench_number("TOTAL_BYTES", argv[2]) / line_bytes;

	for (int64_t i = 0; i < line_bytes; i++)
		line[i] = filler[(size_t)i % (sizeof(filler) - 1)];
	line[line_bytes - 1] = '\n';
	for (int64_t i = 0; i < lines; i++) {
		int used = snprintf(start, sizeof(start), "%010lld %s worker[%03d] ", (long long)i,
				    levels[i % 6], (int)(i * 7919 % 512));

		if (used > line_bytes - 1)
			used = (int)line_bytes - 1;
		memcpy(line, start, (size_t)used);
		if (fwrite(line, (size_t)line_bytes, 1, stdout) != 1)
			bench_die("cannot write the input");
	}
	if (fflush(stdout) != 0)
		bench_die("cannot write the input");
	return 0;
}
