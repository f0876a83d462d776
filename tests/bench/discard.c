/*
 * discard: read standard input and throw it away: as fast as a pipe can be read.
 *
 *     discard BYTES        status 1 if it was not that many
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char nowhere[1 << 18];
	int64_t bytes = 0;
	ssize_t got;

	if (argc != 2)
		bench_die("usage: discard BYTES");
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, 1 << 20);
	while ((got = read(STDIN_FILENO, nowhere, sizeof(nowhere))) > 0)
		bytes += got;
	return bytes == bench_number("BYTES", argv[1]) ? 0 : 1;
}
