/* spill: what standard error takes, it gets; one that takes nothing is left alone, for good. */
#include "output/spill.h"

#include "base/clock.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static int reader;

static void bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Standard error is a pipe from now on; returns what it was before. */
static int begin(void)
{
	int fds[2], was = dup(STDERR_FILENO);

	if (was < 0 || pipe2(fds, O_CLOEXEC) < 0 || dup2(fds[1], STDERR_FILENO) < 0)
		bail_out("pipe");
	close(fds[1]);
	reader = fds[0];
	return was;
}

static void end(int was)
{
	dup2(was, STDERR_FILENO);
	close(was);
	close(reader);
}

/* What is in the pipe, which stays empty behind. */
static const char *received(void)
{
	static char text[1024 * 1024];
	struct pollfd p = { .fd = reader, .events = POLLIN };
	size_t len = 0;

	while (len < sizeof(text) - 1 && poll(&p, 1, 0) > 0) {
		ssize_t n = read(reader, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return text;
}

static void hands_over(void)
{
	struct spill s = { .limit_ns = 3600 * CLOCK_SECOND };
	int was = begin();

	CHECK(spill_begin(&s));
	CHECK(!spill_begin(&s));
	CHECK_INT(spill_pass(&s, "one\ntwo\n", 8), 8);
	CHECK_INT(spill_pass(&s, "three\n", 6), 6);
	CHECK_STR(received(), "one\ntwo\nthree\n");
	spill_end(&s);
	CHECK_STR(received(), "");
	end(was);
}

static void takes_nothing(void)
{
	static char lines[64 * 1024];
	struct spill s = { .limit_ns = 20 * CLOCK_MS };
	int was = begin();

	memset(lines, 'x', sizeof(lines));
	for (size_t i = 79; i < sizeof(lines); i += 80)
		lines[i] = '\n';
	if (fcntl(reader, F_SETPIPE_SZ, 4096) < 0)
		bail_out("F_SETPIPE_SZ");
	CHECK(spill_begin(&s));
	size_t taken = spill_pass(&s, lines, sizeof(lines));
	CHECK(taken > 0 && taken <= 4096);
	CHECK_INT(strlen(received()), taken);
	CHECK_INT(spill_pass(&s, "late\n", 5), 0); /* though there is room again */
	CHECK_STR(received(), "");
	end(was);
}

static void time_is_over(void)
{
	struct spill s = { .limit_ns = 0 };
	int was = begin();

	CHECK(spill_begin(&s));
	CHECK_INT(spill_pass(&s, "late\n", 5), 0);
	spill_end(&s);
	CHECK_STR(received(), "");
	end(was);
}

int main(void)
{
	TEST("spill: standard error gets all of it", hands_over);
	TEST("spill: when the time is over it gets nothing", time_is_over);
	TEST("spill: one that takes nothing gets no more, even if it would take it", takes_nothing);
	return test_end();
}
