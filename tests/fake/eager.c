/*
 * A compressor that is as eager as anybody.
 *
 * As the program has it, at idle priority, it gets no processor at all where something else keeps
 * all of them busy, and a test that waits for a compressed file would wait for that.
 */
#include <sched.h>

/* In place of the C library's. */
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	(void)pid;
	(void)policy;
	(void)param;
	return 0;
}
