/*
 * Let a program that writes to a pipe write each line at once: --line-buffered.
 *
 * The C library decides when its standard output is first used, by whether it is a terminal, and no
 * environment variable changes that. So an object of ours is loaded into the program, which decides
 * before main. preloadable.c says which programs do not load it.
 */
#include "process/linebuffer.h"

#include "base/diag.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char object_name[] = "linebuffered.so",
		  preload[] = "LD_PRELOAD=", python[] = "PYTHONUNBUFFERED=";

const char *linebuffer_object(void)
{
	static char path[PATH_MAX + 64];
	char program[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash = n > 0 ? strrchr(program, '/') : NULL;

	if (slash)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s/%s", program, object_name);
	if (access(path, R_OK) < 0)
		snprintf(path, sizeof(path), "%s/../libexec/logsink/%s", program, object_name);
	if (!slash || access(path, R_OK) < 0) {
		diag(DIAG_FATAL,
		     "cannot use --line-buffered: %s is neither in %s nor in "
		     "%s/../libexec/logsink; copy it there, or use 'stdbuf -oL'",
		     object_name, program, program);
		return NULL;
	}
	if (path[strcspn(path, " :")] == '\0')
		return path;
	diag(DIAG_FATAL,
	     "cannot use --line-buffered: LD_PRELOAD cannot name %s, because of the space or colon "
	     "in it; move logsink to another directory",
	     path);
	return NULL;
}

static const char *value_in(char *const *environment, const char *name)
{
	for (; *environment; environment++)
		if (strncmp(*environment, name, strlen(name)) == 0)
			return *environment + strlen(name);
	return NULL;
}

char *const *linebuffer_environment(char *const *environment, const char *object)
{
	static char unbuffered[] = "PYTHONUNBUFFERED=1";
	const char *others = value_in(environment, preload);
	bool more = others && *others;
	size_t count = 0, n = 0;
	char *ours = NULL;

	while (environment[count])
		count++;
	char **copy = calloc(count + 3, sizeof(*copy));
	must(copy ? 0 : ENOMEM);
	int length =
		asprintf(&ours, "%s%s%s%s", preload, object, more ? ":" : "", more ? others : "");
	must(length < 0 ? ENOMEM : 0);
	for (size_t i = 0; i < count; i++)
		if (strncmp(environment[i], preload, strlen(preload)) != 0)
			copy[n++] = environment[i];
	copy[n++] = ours;
	if (!value_in(environment, python))
		copy[n] = unbuffered;
	return copy;
}
