/*
 * A program for the tests in containers, where there is no shell:
 *
 *     app [-o FIFO] [-d MS] [-l LAST] [-s STATUS] COUNT
 *
 * writes COUNT lines "NAME N", one write(2) each and MS apart, then ends with STATUS. NAME is new
 * in each run. 0 means no end. On SIGTERM it writes LAST lines "NAME last N" and ends with STATUS.
 * FIFO is opened as the examples do, for reading too, and takes the place of standard output.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ending;

static void on_term(int signal)
{
	(void)signal;
	ending = 1;
}

static void say(long long name, const char *word, long n)
{
	char line[100];
	size_t done = 0,
	       length = (size_t)snprintf(line, sizeof(line), "%lld %s%ld\n", name, word, n);

	while (done < length) {
		ssize_t wrote = write(STDOUT_FILENO, line + done, length - done);

		if (wrote > 0)
			done += (size_t)wrote;
	}
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = on_term };
	struct timespec now, pause = { 0 };
	long last = 0, status = 0, count;
	int option, fifo;

	while ((option = getopt(argc, argv, "o:d:l:s:")) != -1)
		switch (option) {
		case 'o':
			fifo = open(optarg, O_RDWR);
			if (fifo < 0 || dup2(fifo, STDOUT_FILENO) < 0)
				return perror(optarg), 99;
			break;
		case 'd':
			pause.tv_nsec = atol(optarg) * 1000000;
			break;
		case 'l':
			last = atol(optarg);
			break;
		case 's':
			status = atol(optarg);
			break;
		default:
			return 98;
		}
	if (optind + 1 != argc)
		return 98;
	count = atol(argv[optind]);
	sigaction(SIGTERM, &action, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	long long name = now.tv_sec * 1000000000LL + now.tv_nsec;

	for (long n = 1; !ending && (count == 0 || n <= count); n++) {
		say(name, "", n);
		nanosleep(&pause, NULL);
	}
	for (long n = 1; ending && n <= last; n++)
		say(name, "last ", n);
	return (int)status;
}
