/*
 * Loaded into a program by LD_PRELOAD, it makes standard output line buffered: --line-buffered.
 *
 * It is linked with no library, so its two symbols are those of whatever C library the program has.
 */
#include <stdio.h>

static void __attribute__((constructor)) buffer_by_line(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}
