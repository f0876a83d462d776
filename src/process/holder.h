/* Who keeps a pipe open. */
#ifndef HOLDER_H
#define HOLDER_H

#include <stdbool.h>

enum { HOLDER_TEXT = 256 };

/*
 * holder_find(fd, text): look through /proc, for some 20 ms at most, for who has the pipe fd open
 * for writing: "held by 12 (cat), 14 (sleep), 17 (sh) and 2 more". If none is found, as we may not
 * look at other users' processes, and in a sandbox at none: who else is in our process group, as a
 * pipeline is: "perhaps held by 12 (cat), of the same process group".
 * Returns: false if there is none either; then text is not set.
 */
bool holder_find(int fd, char text[HOLDER_TEXT]);

#endif
