/* Let inotify tell when a path may lead elsewhere. */
#ifndef PATHWATCH_H
#define PATHWATCH_H

#include <stdbool.h>

/*
 * pathwatch_add(inotify_fd, path): watch what path leads to, and each directory that it names. New
 * files are watched for only where a component is missing or is a symbolic link; anywhere else
 * the component itself tells that it is moved or removed. The target of a link has no directories
 * watched.
 * Returns: false: nothing is watched.
 */
bool pathwatch_add(int inotify_fd, const char *path);

#endif
