/* Read what /proc says about a process. */
#ifndef PROCFS_H
#define PROCFS_H

#include <stdbool.h>

enum { PROCFS_NAME = 64 };

struct procfs_process {
	int id, parent, group;
	bool zombie;
	char name[PROCFS_NAME]; /* may contain anything but a NUL */
};

/*
 * procfs_read(which, p): the process with this entry of /proc: a number, or "self".
 * Returns: false if there is none, or /proc does not tell. Source: proc(5).
 */
bool procfs_read(const char *which, struct procfs_process *p);

#endif
