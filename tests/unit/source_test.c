/* source: a read never waits where it must not, and what is no input for us is refused. */
#include "input/source.h"

#include "scratch.h"
#include "test.h"

#include <sys/inotify.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int input_before; /* what standard input was */
static char bytes[64];

/* Standard input is fd now, which is closed. */
static void give_input(int fd)
{
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		scratch_fail("standard input");
	close(fd);
}

static void enter(void)
{
	scratch_enter();
	input_before = dup(STDIN_FILENO);
}

static void leave(void)
{
	give_input(input_before);
	scratch_leave();
}

static struct source *fifo(const char *path, bool once)
{
	return source_fifo(path, once, NULL);
}

static int writer(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		scratch_fail(path);
	return fd;
}

static ssize_t get(struct source *s)
{
	memset(bytes, 0, sizeof(bytes));
	return source_read(s, bytes, sizeof(bytes) - 1);
}

/* ---- another logsink ---- */

static int rival = -1; /* it locks this as soon as it can */

int dup3(int from, int to, int flags)
{
	int fd = (int)syscall(SYS_dup3, from, to, flags);

	if (rival >= 0)
		CHECK(flock(rival, LOCK_EX | LOCK_NB) == 0);
	return fd;
}

/* ---- standard input ---- */

static void a_pipe_is_read_without_waiting(void)
{
	int ends[2];

	enter();
	if (pipe2(ends, O_CLOEXEC) < 0)
		scratch_fail("a pipe");
	give_input(ends[0]);
	struct source *s = source_stdin();
	if (!CHECK(s != NULL))
		return;
	CHECK(source_is_pipe(s) && !source_endless(s) && source_in_place(s) && source_lock(s));
	CHECK_INT(source_fd(s), STDIN_FILENO);
	CHECK_INT(source_available(s), 0);
	CHECK_INT(get(s), SOURCE_LATER); /* and does not wait for ever */
	CHECK_INT(write(ends[1], "abc", 3), 3);
	CHECK_INT(source_available(s), 3);
	CHECK_INT(get(s), 3);
	CHECK_STR(bytes, "abc");
	CHECK_INT(get(s), SOURCE_LATER);
	close(ends[1]);
	CHECK_INT(source_judge(s, read(STDIN_FILENO, bytes, 1), 0), SOURCE_ENDED);
	CHECK(!(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK)); /* others have it, too */
	CHECK_STR(scratch_said(), "");
	source_close(s);
	CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	leave();
}

static void a_pipe_is_widened_once(void)
{
	int ends[2];

	enter();
	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, 4096) < 0)
		scratch_fail("a pipe");
	give_input(ends[0]);
	struct source *s = source_stdin();
	size_t before = source_capacity(s);
	CHECK_INT(before, fcntl(ends[1], F_GETPIPE_SZ));
	CHECK(source_widen(s));
	CHECK(source_capacity(s) >= before);
	CHECK_INT(source_capacity(s), fcntl(ends[1], F_GETPIPE_SZ));
	CHECK(!source_widen(s));
	source_close(s);
	close(ends[1]);
	leave();
}

static void a_file_ends(void)
{
	enter();
	scratch_file("input", "abc");
	give_input(open("input", O_RDONLY | O_CLOEXEC));
	struct source *s = source_stdin();
	CHECK(s && !source_is_pipe(s));
	CHECK_INT(source_capacity(s), 0);
	CHECK(!source_widen(s));
	CHECK_INT(get(s), 3);
	CHECK_INT(get(s), SOURCE_ENDED);
	source_close(s);
	leave();
}

static void what_cannot_be_read_is_refused(void)
{
	int ends[2];

	enter();
	give_input(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	CHECK(source_stdin() == NULL);
	CHECK_INT(scratch_said_times("logsink: fatal: "), 1);
	give_input(open("/dev/null", O_WRONLY | O_CLOEXEC));
	CHECK(source_stdin() == NULL);
	CHECK_INT(scratch_said_times("logsink: fatal: "), 2);
	/* Of a record longer than a read the rest would be lost. */
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
		scratch_fail("a socket");
	give_input(ends[0]);
	CHECK(source_stdin() == NULL);
	CHECK_INT(scratch_said_times("logsink: fatal: "), 3);
	close(ends[1]);
	close(STDIN_FILENO);
	CHECK(source_stdin() == NULL);
	CHECK_INT(scratch_said_times("logsink: fatal: "), 4);
	leave();
}

/* ---- FIFOs ---- */

static void a_fifo_survives_its_writers(void)
{
	struct stat st;

	enter();
	CHECK(source_may_be("in")); /* and is not made by that */
	CHECK(!scratch_has("in"));
	struct source *s = fifo("in", false);
	if (!CHECK(s != NULL))
		return;
	CHECK(stat("in", &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 07777) == 0600);
	CHECK(source_endless(s) && !source_is_pipe(s));
	CHECK_STR(source_name(s), "in");
	CHECK_INT(get(s), SOURCE_LATER);
	for (int i = 0; i < 2; i++) {
		int w = writer("in");

		CHECK_INT(write(w, "line\n", 5), 5);
		close(w);
		CHECK_INT(get(s), 5);
		CHECK_INT(get(s), SOURCE_LATER);
	}
	source_close(s);
	leave();
}

static void a_fifo_ends_with_its_last_writer(void)
{
	enter();
	struct source *s = fifo("in", true);
	int one = writer("in"), two = writer("in");

	CHECK(!source_endless(s));
	CHECK_INT(write(one, "line\n", 5), 5);
	close(one);
	CHECK_INT(get(s), 5);
	CHECK_INT(get(s), SOURCE_LATER);
	close(two);
	CHECK_INT(get(s), SOURCE_ENDED);
	source_close(s);
	leave();
}

static void what_is_no_fifo_is_refused(void)
{
	enter();
	scratch_file("file", "mine");
	CHECK(!source_may_be("file"));
	CHECK(fifo("file", false) == NULL);
	CHECK(fifo("none/in", false) == NULL);
	CHECK_INT(scratch_said_times("logsink: fatal: "), 3);
	CHECK_STR(scratch_read("file"), "mine");
	CHECK_STR(scratch_list("."), "file");
	leave();
}

static void one_fifo_has_one_reader(void)
{
	enter();
	struct source *s = fifo("in", false), *t = fifo("./in", false),
		      *other = fifo("other", false);

	CHECK(source_is_same(s, t));
	CHECK(!source_is_same(s, other));
	CHECK(source_lock(s));
	CHECK(source_lock(s)); /* twice is no other */
	CHECK(!source_lock(t));
	CHECK(source_lock(other));
	CHECK_INT(scratch_said_times("logsink: fatal: "), 2);
	source_close(s);
	CHECK(source_lock(t));
	source_close(t);
	source_close(other);
	leave();
}

static void a_fifo_that_shall_end_stays_locked(void)
{
	enter();
	struct source *s = fifo("in", false);
	CHECK(source_lock(s));
	CHECK(source_let_end(s));
	CHECK(!source_endless(s));
	rival = open("in", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(flock(rival, LOCK_EX | LOCK_NB) < 0);
	CHECK_STR(scratch_said(), "");
	CHECK(!source_let_end(s));
	CHECK_INT(scratch_said_times("logsink: warning: the old FIFO in is not read any more"), 1);
	close(rival);
	rival = -1;
	source_close(s);
	leave();
}

static void a_fifo_is_looked_for_by_its_name(void)
{
	int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	enter();
	struct source *s = fifo("in", false);
	CHECK(source_in_place(s));
	CHECK(source_watch(s, inotify));
	CHECK(read(inotify, bytes, sizeof(bytes)) < 0 && errno == EAGAIN);
	CHECK(rename("in", "old") == 0);
	CHECK(!source_in_place(s));
	CHECK(read(inotify, bytes, sizeof(bytes)) > 0);
	CHECK(mkfifo("in", 0600) == 0); /* another of that name */
	CHECK(!source_in_place(s));
	CHECK(rename("old", "in") == 0);
	CHECK(source_in_place(s));
	CHECK(unlink("in") == 0);
	CHECK(!source_in_place(s));
	CHECK_INT(get(s), SOURCE_LATER); /* those who have it open still write to it */
	source_close(s);
	close(inotify);
	leave();
}

int main(void)
{
	TEST("source: a pipe is read without waiting, and without changing it for others",
	     a_pipe_is_read_without_waiting);
	TEST("source: a pipe is made to hold as much as it may, once", a_pipe_is_widened_once);
	TEST("source: a file ends, and is no pipe", a_file_ends);
	TEST("source: what cannot be read, or only in part, is refused with a word",
	     what_cannot_be_read_is_refused);
	TEST("source: a FIFO is made, and survives its writers", a_fifo_survives_its_writers);
	TEST("source: with once a FIFO ends with its last writer",
	     a_fifo_ends_with_its_last_writer);
	TEST("source: what is no FIFO is refused, and left as it is", what_is_no_fifo_is_refused);
	TEST("source: a FIFO is given once, and read by one logsink", one_fifo_has_one_reader);
	TEST("source: a FIFO that shall end stays locked, unless another logsink is faster",
	     a_fifo_that_shall_end_stays_locked);
	TEST("source: a FIFO that was moved, deleted or replaced is not in place, and inotify tells",
	     a_fifo_is_looked_for_by_its_name);
	return test_end();
}
