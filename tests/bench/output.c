/*
 * output: what the measured program has written: the log files of one directory.
 */
#define _GNU_SOURCE
#include "output.h"

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_log(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return name[0] != '.' && strcmp(name, "config") != 0 && strcmp(name, "lock") != 0 &&
	       strcmp(name, "state") != 0;
}

static int in_order(const struct dirent **a, const struct dirent **b)
{
	int a_last = strcmp((*a)->d_name, "current") == 0;
	int b_last = strcmp((*b)->d_name, "current") == 0;

	return a_last != b_last ? a_last - b_last : strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_regular(int at, const char *name, struct stat *info)
{
	return fstatat(at, name, info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info->st_mode);
}

int64_t output_bytes(const char *directory)
{
	struct stat info;
	const struct dirent *entry;
	int64_t sum = 0;
	DIR *entries = opendir(directory);

	if (entries == NULL)
		return 0;
	while ((entry = readdir(entries)) != NULL) {
		if (is_log(entry) && is_regular(dirfd(entries), entry->d_name, &info))
			sum += info.st_size;
	}
	closedir(entries);
	return sum;
}

bool output_wait(const char *directory, int64_t bytes, int64_t poll_us, int64_t limit_ms)
{
	int64_t limit_ns = bench_now_ns() + limit_ms * 1000000;

	while (output_bytes(directory) < bytes) {
		int64_t now_ns = bench_now_ns();

		if (now_ns > limit_ns)
			return false;
		bench_sleep_until_ns(now_ns + poll_us * 1000);
	}
	return true;
}

/* The names of the log files, in order. Never fewer than one. */
static int list(const char *directory, int *at, struct dirent ***names)
{
	struct stat info;
	int kept = 0;
	int count;

	*at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*at < 0)
		bench_die("cannot open %s: %s", directory, strerror(errno));
	count = scandir(directory, names, is_log, in_order);
	for (int i = 0; i < count; i++) {
		if (is_regular(*at, (*names)[i]->d_name, &info))
			(*names)[kept++] = (*names)[i];
		else
			free((*names)[i]);
	}
	if (kept == 0)
		bench_die("no log file in %s", directory);
	return kept;
}

static int open_log(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		bench_die("cannot open the log file %s: %s", name, strerror(errno));
	return fd;
}

int output_open_last(const char *directory)
{
	struct dirent **names;
	int at;
	int count = list(directory, &at, &names);
	int fd = open_log(at, names[count - 1]->d_name);

	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	close(at);
	return fd;
}

/* Returns: how many bytes of one file were the expected ones; all of it, or it dies. */
static size_t check_file(int fd, const char *name, const char *expected, size_t length)
{
	static char buffer[1 << 18];
	size_t position = 0;
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		if ((size_t)got > length - position)
			bench_die("%s: more bytes than were sent", name);
		if (memcmp(buffer, expected + position, (size_t)got) != 0)
			bench_die(
				"%s: not the bytes that were sent, in the 256 KiB from byte %zu on",
				name, position);
		position += (size_t)got;
	}
	if (got < 0)
		bench_die("cannot read %s: %s", name, strerror(errno));
	return position;
}

void output_check(const char *directory, const char *expected, size_t length)
{
	struct dirent **names;
	size_t position = 0;
	int at;
	int count = list(directory, &at, &names);

	for (int i = 0; i < count; i++) {
		int fd = open_log(at, names[i]->d_name);

		position +=
			check_file(fd, names[i]->d_name, expected + position, length - position);
		close(fd);
		free(names[i]);
	}
	free(names);
	close(at);
	if (position != length)
		bench_die("%zu bytes were sent, %zu arrived", length, position);
}
