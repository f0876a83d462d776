/* Does a program load what LD_PRELOAD names? As far as its file tells. */
#ifndef PRELOADABLE_H
#define PRELOADABLE_H

/*
 * preloadable_obstacle(command): why this command, looked for as by execvp(3), loads no object of
 * ours: "it is ...". Of a script, its interpreter counts.
 * Source:  ld.so(8), elf(5).
 * Returns: NULL if nothing is in the way as far as can be seen, as of a command that is not there.
 */
const char *preloadable_obstacle(const char *command);

#endif
