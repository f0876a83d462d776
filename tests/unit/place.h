/*
 * place.h: a directory of its own for a unit test: the working directory until place_leave, with
 * files in it; and a file beside them that holds what is said on standard error meanwhile.
 */
#ifndef PLACE_H
#define PLACE_H

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

enum { PLACE_TEXT = 256 * 1024 };

static char place_path[64]; /* of the directory */
static int place_stderr;    /* the standard error from before */

static inline _Noreturn void place_fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Makes a file with these bytes, or puts them in one that is there. */
static inline void place_bytes(const char *name, const void *bytes, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0)
		place_fail(name);
}

static inline void place_file(const char *name, const char *text)
{
	place_bytes(name, text, strlen(text), 0644);
}

/* The bytes of a file, with a NUL behind them: the static room of one; NULL: there is none. */
static inline const char *place_read(const char *name)
{
	static char text[PLACE_TEXT];
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

static inline bool place_has(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static inline int place_by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory in order, with a blank between them; none that begins with a point. */
static inline const char *place_list(const char *directory)
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
	qsort(names, count, sizeof(*names), place_by_name);
	for (size_t i = 0; i < count; i++) {
		p = stpcpy(stpcpy(p, i ? " " : ""), names[i]);
		free(names[i]);
	}
	return text;
}

/* What was said so far, and how often this text is in it. */
static inline const char *place_said(void)
{
	return place_read(".said");
}

static inline int place_said_times(const char *text)
{
	int times = 0;

	for (const char *p = place_said(); p && (p = strstr(p, text)) != NULL; p += strlen(text))
		times++;
	return times;
}

static inline void place_enter(void)
{
	strcpy(place_path, "/tmp/logsink-unit.XXXXXX");
	if (!mkdtemp(place_path) || chdir(place_path) < 0)
		place_fail("a directory in /tmp");
	int fd = open(".said", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	place_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) < 0)
		place_fail("standard error");
}

static inline int place_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* Of a test that failed, what was said is shown. */
static inline void place_leave(void)
{
	if (atomic_load(&test_failures) > 0)
		dprintf(place_stderr, "%s", place_said());
	dup2(place_stderr, STDERR_FILENO);
	close(place_stderr);
	if (chdir("/") < 0 || nftw(place_path, place_remove, 8, FTW_DEPTH | FTW_PHYS) != 0)
		place_fail(place_path);
}

/*
 * place_clock(when, leap): what time it is, by a clock that stands still, in seconds since the
 * Epoch; and how many seconds monotonic time has leapt so far. For a test that is linked with
 * tests/fake/clock.c.
 */
static inline void place_clock(long long when, long long leap)
{
	char text[64];

	snprintf(text, sizeof(text), "%lld.0 +%lld\n", when, leap);
	place_file(".clock.new", text);
	if (rename(".clock.new", ".clock") < 0)
		place_fail(".clock");
	setenv("LOGSINK_CLOCK", ".clock", 1);
}

#endif
