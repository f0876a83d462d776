/*
 * bare: the least that a program of logsink's shape must do; what bounds the bulk rows.
 *
 *     bare FILE [HEAD TAIL]
 *
 * One thread waits in read(2) and reads into a ring of 4 MiB, another one appends that to FILE.
 * With HEAD, the second one puts so many bytes before each line. Nothing else: no clock, no signal,
 * no line is counted, no file is closed, an error is the end.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	RING = 4 << 20,
	CHUNK = 256 << 10, /* of one read(2) or write(2) at most */
	AROUND = 256,      /* most bytes of HEAD and TAIL */
};

static char *ring; /* its memory twice, one after the other */
static int file;
static const char *head, *tail; /* NULL: nothing */

/* under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, room = PTHREAD_COND_INITIALIZER;
static uint64_t filled, written; /* bytes of the stream */
static bool ended;

static void map_ring(void)
{
	int fd = memfd_create("bare", MFD_CLOEXEC);

	ring = mmap(NULL, 2 * RING, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || ftruncate(fd, RING) < 0 || ring == MAP_FAILED ||
	    mmap(ring, RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(ring + RING, RING, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
		bench_die("no memory: %s", strerror(errno));
	close(fd);
}

static void append(const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(file, at, len);

		if (n < 0)
			bench_die("cannot write: %s", strerror(errno));
		at += n;
		len -= (size_t)n;
	}
}

/* Whole lines between the texts. Returns: how many bytes of the ring are in it. */
static size_t append_between(const char *at, size_t len)
{
	static char out[2 * CHUNK + AROUND];
	const size_t head_len = strlen(head), tail_len = strlen(tail);
	const char *start = at, *end = at + len, *newline;
	char *to = out;

	while (to < out + CHUNK && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		size_t line = (size_t)(newline - at);

		memcpy(to, head, head_len);
		memcpy(to + head_len, at, line);
		memcpy(to + head_len + line, tail, tail_len);
		to += head_len + line + tail_len;
		*to++ = '\n';
		at += line + 1;
	}
	append(out, (size_t)(to - out));
	return (size_t)(at - start);
}

static void *write_all(void *none)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		while (filled == written && !ended)
			pthread_cond_wait(&more, &lock);
		size_t len = (size_t)(filled - written);
		const char *at = ring + written % RING;
		pthread_mutex_unlock(&lock);
		if (len == 0)
			return none;
		if (len > CHUNK)
			len = CHUNK;
		if (head != NULL)
			len = append_between(at, len);
		else
			append(at, len);
		pthread_mutex_lock(&lock);
		written += len;
		pthread_cond_signal(&room);
		pthread_mutex_unlock(&lock);
	}
}

static void read_all(void)
{
	ssize_t n;

	do {
		pthread_mutex_lock(&lock);
		while (filled - written > RING - CHUNK)
			pthread_cond_wait(&room, &lock);
		char *at = ring + filled % RING;
		pthread_mutex_unlock(&lock);
		n = read(STDIN_FILENO, at, CHUNK);
		pthread_mutex_lock(&lock);
		filled += n > 0 ? (size_t)n : 0;
		ended = n <= 0;
		pthread_cond_signal(&more);
		pthread_mutex_unlock(&lock);
	} while (n > 0);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc != 2 && argc != 4)
		bench_die("usage: bare FILE [HEAD TAIL]");
	if (argc == 4) {
		head = argv[2];
		tail = argv[3];
		if (strlen(head) + strlen(tail) > AROUND)
			bench_die("HEAD and TAIL have more than %d bytes", AROUND);
	}
	file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (file < 0)
		bench_die("cannot open %s: %s", argv[1], strerror(errno));
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, 1 << 18);
	map_ring();
	if (pthread_create(&thread, NULL, write_all, NULL) != 0)
		bench_die("no thread");
	read_all();
	pthread_join(thread, NULL);
	return 0;
}
