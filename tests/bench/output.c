/*
 * output: what the measured program has written: the log files of one directory.
 */
#define _GNU_SOURCE
#include "output.h"

#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* While the log files are read, one after another. */
struct check {
	const struct output_expected *expected;
	int64_t position; /* how much of what is expected was found */
	int64_t total;    /* how much there should be */
	int64_t seen;     /* how many bytes were read */
	int64_t missing;  /* lines; and of how many the log says that they are */
	int64_t told_missing;
};

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

	if (a_last != b_last)
		return a_last - b_last;
	/* Those of s6-log, multilog and svlogd begin with '@' and have hexadecimal digits. */
	if ((*a)->d_name[0] == '@')
		return strcmp((*a)->d_name, (*b)->d_name);
	return strverscmp((*a)->d_name, (*b)->d_name);
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

/* Compare with what is expected next; NAME is the file they are from. */
static void check_bytes(struct check *check, const char *name, const char *bytes, size_t count)
{
	const struct output_expected *e = check->expected;

	if ((int64_t)count > check->total - check->position)
		bench_die("%s: more bytes than were sent", name);
	while (count > 0) {
		size_t at = (size_t)(check->position % (int64_t)e->length);
		size_t part = count < e->length - at ? count : e->length - at;

		if (memcmp(bytes, e->data + at, part) != 0)
			bench_die("%s: not the bytes that were sent, in the %zu from byte %lld on",
				  name, part, (long long)check->position);
		check->position += (int64_t)part;
		bytes += part;
		count -= part;
	}
}

/* The next line that was sent, which is behind us then. Returns: NULL if there is none. */
static const char *next_sent(struct check *check, size_t *length)
{
	const struct output_expected *e = check->expected;
	const char *sent = e->data + check->position % (int64_t)e->length;
	const char *newline = memchr(sent, '\n', (size_t)(e->data + e->length - sent));

	if (check->position >= check->total || newline == NULL)
		return NULL;
	*length = (size_t)(newline - sent);
	check->position += (int64_t)*length + 1;
	return sent;
}

/* Whether a line of the log, with its newline, is the line that was sent with something around it.
 */
static bool is_sent(const char *line, size_t length, const char *sent, size_t bare,
		    const char *suffix)
{
	size_t behind = strlen(suffix);
	const char *tail = line + length - 1 - behind;

	return length >= bare + behind + 1 && line[length - 1] == '\n' &&
	       memcmp(tail, suffix, behind) == 0 && memcmp(tail - bare, sent, bare) == 0;
}

static void check_line(struct check *check, const char *name, const char *line, size_t length)
{
	const struct output_expected *e = check->expected;
	long long dropped;
	const char *sent;
	size_t bare;

	if (e->some && sscanf(line, "logsink: dropped %lld", &dropped) == 1) {
		check->told_missing += dropped;
		return;
	}
	for (;;) {
		sent = next_sent(check, &bare);
		if (sent == NULL)
			bench_die("%s: more lines than were sent, or another: %.*s", name,
				  (int)length - 1, line);
		if (is_sent(line, length, sent, bare, e->wrapped))
			return;
		if (!e->some)
			bench_die("%s: not the line that was sent: %.*s", name, (int)length - 1,
				  line);
		check->missing++;
	}
}

static void check_lines(struct check *check, const char *name, int fd)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t got;
	FILE *file = fdopen(fd, "r");

	if (file == NULL)
		bench_die("cannot read %s: %s", name, strerror(errno));
	while ((got = getline(&line, &room, file)) > 0) {
		check_line(check, name, line, (size_t)got);
		check->seen += got;
	}
	free(line);
	if (ferror(file))
		bench_die("cannot read %s: %s", name, strerror(errno));
	fclose(file);
}

static void check_blocks(struct check *check, const char *name, int fd)
{
	static char buffer[1 << 18];
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
		check_bytes(check, name, buffer, (size_t)got);
		check->seen += got;
	}
	if (got < 0)
		bench_die("cannot read %s: %s", name, strerror(errno));
	close(fd);
}

static bool is_compressed(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".zst") == 0;
}

/* Give FD, which is closed, to zstd. Returns: where its output comes from. */
static int decompress(int fd, pid_t *pid)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		bench_die("cannot make a pipe: %s", strerror(errno));
	*pid = fork();
	if (*pid < 0)
		bench_die("cannot fork: %s", strerror(errno));
	if (*pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (dup2(fd, STDIN_FILENO) >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0)
			execlp("zstd", "zstd", "-dcq", (char *)NULL);
		_exit(127);
	}
	close(fd);
	close(ends[1]);
	return ends[0];
}

static void check_file(struct check *check, int at, const char *name)
{
	int fd = open_log(at, name);
	int end = 0;
	pid_t zstd = 0;

	if (is_compressed(name))
		fd = decompress(fd, &zstd);
	if (check->expected->wrapped != NULL)
		check_lines(check, name, fd);
	else
		check_blocks(check, name, fd);
	if (zstd != 0 && (waitpid(zstd, &end, 0) < 0 || end != 0))
		bench_die("%s: zstd cannot read it", name);
}

int64_t output_check(const char *directory, const struct output_expected *expected)
{
	struct check check = { .expected = expected,
			       .total = (int64_t)expected->length * expected->times };
	struct dirent **names;
	size_t length;
	int at;
	int count = list(directory, &at, &names);

	for (int i = 0; i < count; i++) {
		check_file(&check, at, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	close(at);
	while (expected->some && next_sent(&check, &length) != NULL)
		check.missing++;
	if (check.missing != check.told_missing)
		bench_die("%lld lines are missing, and the log says %lld", (long long)check.missing,
			  (long long)check.told_missing);
	if (check.position != check.total)
		bench_die("%lld bytes were sent, %lld arrived", (long long)check.total,
			  (long long)check.position);
	return check.seen;
}
