/* Read what /proc says about a process. */
#include "process/procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool procfs_read(const char *which, struct procfs_process *p)
{
	char path[PROCFS_NAME], text[512], state;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.32s/stat", which);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* "12 (name) S parent group ..."; the name may have anything in it. */
	char *name = strchr(text, '('), *behind = strrchr(text, ')');
	if (!name || !behind || sscanf(behind, ") %c %d %d", &state, &p->parent, &p->group) != 3)
		return false;
	*behind = '\0';
	p->id = (int)strtol(text, NULL, 10);
	p->zombie = state == 'Z' || state == 'X';
	snprintf(p->name, sizeof(p->name), "%s", name + 1);
	return true;
}
