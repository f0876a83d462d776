/*
 * scratch.h: a directory of its own for a unit test: the working directory until scratch_leave,
 * with files in it; and a file beside them that holds what is said on standard error meanwhile.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SCRATCH_TEXT = 256 * 1024 };

static char scratch_path[64]; /* of the directory */
static int scratch_stderr;    /* the standard error from before */

static inline _Noreturn void scratch_fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Makes a file with these bytes, or puts them in one that is there. */
static inline void scratch_bytes(const char *name, const void *bytes, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0)
		scratch_fail(name);
}

static inline void scratch_file(const char *name, const char *text)
{
	scratch_bytes(name, text, strlen(text), 0644);
}

/* The bytes of a file, with a NUL behind them: the static room of one; NULL: there is none. */
static inline const char *scratch_read(const char *name)
{
	static char text[SCRATCH_TEXT];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	if (fd < 0)
		return NULL;
	while ((n = read(fd, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += n;
	close(fd);
	text[len] = '\0';
	return text;
}

static inline bool scratch_has(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static inline int scratch_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory in order, with a blank between them; none that begins with a point. */
static inline const char *scratch_list(const char *directory)
{
	static char text[4096];
	char *names[64], *p = text;
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(directory);

	*p = '\0';
	if (!dir)
		return NULL;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && count < sizeof(names) / sizeof(*names))
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, count, sizeof(*names), scratch_by_name);
	for (size_t i = 0; i < count; i++) {
		p = stpcpy(stpcpy(p, i ? " " : ""), names[i]);
		free(names[i]);
	}
	return text;
}

/* What was said so far, and how often this text is in it. */
static inline const char *scratch_said(void)
{
	return scratch_read(".said");
}

static inline int scratch_said_times(const char *text)
{
	int times = 0;

	for (const char *p = scratch_said(); p && (p = strstr(p, text)) != NULL; p += strlen(text))
		times++;
	return times;
}

static inline void scratch_enter(void)
{
	strcpy(scratch_path, "/tmp/logsink-unit.XXXXXX");
	if (!mkdtemp(scratch_path) || chdir(scratch_path) < 0)
		scratch_fail("a directory in /tmp");
	int fd = open(".said", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	scratch_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) < 0)
		scratch_fail("standard error");
}

static inline int scratch_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* Of a test that failed, what was said is shown. */
static inline void scratch_leave(void)
{
	if (atomic_load(&test_failures) > 0)
		dprintf(scratch_stderr, "%s", scratch_said());
	dup2(scratch_stderr, STDERR_FILENO);
	close(scratch_stderr);
	if (chdir("/") < 0 || nftw(scratch_path, scratch_remove, 8, FTW_DEPTH | FTW_PHYS) != 0)
		scratch_fail(scratch_path);
}

/*
 * scratch_clock(when, leap): what time it is, by a clock that stands still, in seconds since the
 * Epoch; and how many seconds monotonic time has leapt so far. For a test that is linked with
 * tests/fake/clock.c.
 */
static inline void scratch_clock(long long when, long long leap)
{
	char text[64];

	snprintf(text, sizeof(text), "%lld.0 +%lld\n", when, leap);
	scratch_file(".clock.new", text);
	if (rename(".clock.new", ".clock") < 0)
		scratch_fail(".clock");
	setenv("LOGSINK_CLOCK", ".clock", 1);
}

#endif
