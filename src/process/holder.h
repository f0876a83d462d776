/* Find the processes that keep a pipe open. */
#ifndef HOLDER_H
#define HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

enum { HOLDER_TEXT = 256 };

/*
 * holder_find(fd, group, text): search /proc, for at most about 20 ms, for processes that have the
 * pipe, or the pseudo-terminal, whose reading end is fd open for writing: "held by 12 (cat), 14
 * (sleep), 17 (sh) and 2 more". Other users' processes, and in a sandbox all processes, are hidden
 * from us. If none is found, text names the other processes of that process group; 0: of ours,
 * which is the pipeline: "perhaps held by 12 (cat), of the same process group". Returns: false if
 * there is none of these either; text is then not set.
 */
bool holder_find(int fd, pid_t group, char text[HOLDER_TEXT]);

#endif
