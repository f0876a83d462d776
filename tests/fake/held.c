/*
 * Stop before main, after the dynamic loader's work, until somebody has attached and continues us.
 *
 * Whoever counts or fails our system calls then meets none that are not the program's own.
 */
#include <signal.h>

__attribute__((constructor)) static void held(void)
{
	raise(SIGSTOP);
}
