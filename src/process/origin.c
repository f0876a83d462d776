/* The state in which this process was started, for a command that is to start in the same. */
#include "process/origin.h"

#include <stddef.h>
#include <sys/stat.h>

void origin_remember(struct origin *o)
{
	struct sigaction now;

	*o = (struct origin){ 0 };
	(void)sigprocmask(SIG_SETMASK, NULL, &o->mask);
	for (int n = 1; n < ORIGIN_SIGNALS; n++)
		o->ignored[n] = sigaction(n, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void origin_restore(const struct origin *o)
{
	for (int n = 1; n < ORIGIN_SIGNALS; n++) {
		struct sigaction as = { .sa_handler = o->ignored[n] ? SIG_IGN : SIG_DFL }, now;

		/* Most are as they were; the C library keeps two for itself. */
		if (sigaction(n, NULL, &now) == 0 && now.sa_handler != as.sa_handler)
			(void)sigaction(n, &as, NULL);
	}
	umask(o->umask);
}

void origin_unblock(const struct origin *o)
{
	(void)sigprocmask(SIG_SETMASK, &o->mask, NULL);
}
