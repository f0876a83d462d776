/* Let inotify tell when a path may lead elsewhere. */
#include "base/pathwatch.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* Two paths may share a directory, and each asks for its own. */
static bool watch(int inotify_fd, const char *path, uint32_t events)
{
	return inotify_add_watch(inotify_fd, path, events | IN_MASK_ADD) >= 0;
}

/* Returns whether something is there, which may lead on. */
static bool watch_component(int inotify_fd, const char *directory, const char *path, bool *any)
{
	uint32_t events = IN_ONLYDIR | IN_MOVE_SELF | IN_DELETE_SELF;
	struct stat st;
	bool there = lstat(path, &st) == 0;

	if (!there || S_ISLNK(st.st_mode))
		events |= IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
	*any = watch(inotify_fd, directory, events) || *any;
	return there;
}

bool pathwatch_add(int inotify_fd, const char *path)
{
	/* Its last name going away changes an attribute: the number of links. */
	bool any = watch(inotify_fd, path, IN_ATTRIB | IN_MOVE_SELF);
	char directory[PATH_MAX], component[PATH_MAX];
	size_t at = 0, len;
	bool there = true;

	snprintf(directory, sizeof(directory), "%s", path[0] == '/' ? "/" : ".");
	while (there && (at += strspn(path + at, "/"), len = strcspn(path + at, "/")) > 0) {
		at += len;
		snprintf(component, sizeof(component), "%.*s", (int)at, path);
		there = watch_component(inotify_fd, directory, component, &any);
		memcpy(directory, component, sizeof(directory));
	}
	return any;
}
