/* diag and stderr: one form, one write, and nobody waits for it. */
#include "base/diag.h"

#include "base/clock.h"
#include "base/stderr.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void give_up(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- what a child says ---- */

static struct {
	char text[64 * 1024];
	size_t len;
	int writes;
	int status; /* of waitpid */
} said;

/* Runs a function in a child, and keeps what it says on standard error, write by write. */
static void listen_to(void (*function)(void))
{
	int ends[2];
	ssize_t n;

	/* Each write on such a socket is one message. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		give_up("socketpair");
	pid_t child = fork();
	if (child < 0)
		give_up("fork");
	if (child == 0) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		dup2(ends[1], STDERR_FILENO);
		function();
		_exit(0);
	}
	close(ends[1]);
	memset(&said, 0, sizeof(said));
	while ((n = read(ends[0], said.text + said.len, sizeof(said.text) - 1 - said.len)) > 0) {
		said.len += (size_t)n;
		said.writes++;
	}
	close(ends[0]);
	if (waitpid(child, &said.status, 0) != child)
		give_up("waitpid");
}

/* ---- the form ---- */

static enum diag_level level;

static void say_each(void)
{
	diag_init(level);
	diag(DIAG_USAGE, "%s", "one");
	diag(DIAG_FATAL, "number %d", 2);
	diag(DIAG_LOSS, "three");
	diag(DIAG_WARNING, "four");
	diag(DIAG_PAUSING, "five");
	diag(DIAG_RESUMED, "six");
	diag(DIAG_STATS, "seven=%d", 7);
	diag(DIAG_INFO, "eight");
}

static void form_and_levels(void)
{
	level = DIAG_VERBOSE;
	listen_to(say_each);
	CHECK_STR(said.text, "logsink: usage: one\n"
			     "logsink: fatal: number 2\n"
			     "logsink: warning: three\n"
			     "logsink: warning: four\n"
			     "logsink: pausing: five\n"
			     "logsink: resumed: six\n"
			     "logsink: stats: seven=7\n"
			     "logsink: info: eight\n");
	CHECK_INT(said.writes, 8); /* one for each */
	level = DIAG_NORMAL;
	listen_to(say_each);
	CHECK_STR(said.text, "logsink: usage: one\n"
			     "logsink: fatal: number 2\n"
			     "logsink: warning: three\n"
			     "logsink: warning: four\n"
			     "logsink: pausing: five\n"
			     "logsink: resumed: six\n"
			     "logsink: stats: seven=7\n");
	level = DIAG_QUIET;
	listen_to(say_each);
	CHECK_STR(said.text, "logsink: usage: one\n"
			     "logsink: fatal: number 2\n"
			     "logsink: warning: three\n"
			     "logsink: pausing: five\n"
			     "logsink: resumed: six\n"
			     "logsink: stats: seven=7\n");
}

static void say_before_init(void)
{
	diag(DIAG_WARNING, "before");
	diag(DIAG_INFO, "nothing");
}

static void level_before_init(void)
{
	listen_to(say_before_init);
	CHECK_STR(said.text, "logsink: warning: before\n");
}

/* ---- the text ---- */

static void say_controls(void)
{
	char text[256];

	diag(DIAG_WARNING, "a\nb\tc\x1b[31md\x7f%s", "\r\x01");
	for (int c = 1; c < 256; c++)
		text[c - 1] = (char)c;
	text[255] = '\0';
	diag(DIAG_WARNING, "%s", text);
	diag(DIAG_WARNING, "gr\xc3\xbc\xc3\x9f"
			   "e 100%% \\n");
}

static void say_below(void)
{
	diag(DIAG_USAGE, "a\n    b\n       ^\n   c%s", "\nlogsink: fatal: faked\n");
	diag(DIAG_WARNING, "a\n    b");
}

static void keeps_what_is_shown_below(void)
{
	listen_to(say_below);
	CHECK_STR(said.text,
		  "logsink: usage: a\n    b\n       ^\\x0a   c\\x0alogsink: fatal: faked\\x0a\n"
		  "logsink: warning: a\\x0a    b\n");
}

static void escapes_control_characters(void)
{
	static const char first[] = "logsink: warning: a\\x0ab\\x09c\\x1b[31md\\x7f\\x0d\\x01\n";

	listen_to(say_controls);
	CHECK_INT(said.writes, 3);
	CHECK(strncmp(said.text, first, strlen(first)) == 0);
	size_t newlines = 0;
	for (size_t i = 0; i < said.len; i++) {
		unsigned char c = (unsigned char)said.text[i];

		newlines += c == '\n';
		CHECK(c == '\n' || (c >= 0x20 && c != 0x7f));
	}
	CHECK_INT(newlines, 3);
	CHECK(strstr(said.text, "\nlogsink: warning: \\x01\\x02\\x03") != NULL);
	CHECK(strstr(said.text, "\\x1f !\"#") != NULL);
	CHECK(strstr(said.text, "gr\xc3\xbc\xc3\x9f"
				"e 100% \\n\n") != NULL); /* text stays */
}

static size_t length;
static char filling;

static void say_long(void)
{
	char *text = malloc(length + 1);

	if (!text)
		_exit(1);
	memset(text, filling, length);
	text[length] = '\0';
	diag(DIAG_WARNING, "%s", text);
	free(text);
}

static void cuts_long_messages(void)
{
	const size_t head = strlen("logsink: warning: ");

	for (length = 0; length < 20000; length = length * 3 / 2 + 1) {
		filling = 'x';
		listen_to(say_long);
		CHECK_INT(said.status, 0);
		CHECK_INT(said.writes, 1);
		CHECK(said.len <= 4096); /* what a pipe takes whole */
		CHECK(said.text[said.len - 1] == '\n');
		CHECK_INT(strspn(said.text + head, "x"), said.len - head - 1);
		if (length < 2000)
			CHECK_INT(said.len, head + length + 1);
		else
			CHECK(said.len > 2000 && said.len < 2100);

		filling = '\x1b'; /* four bytes for one */
		listen_to(say_long);
		CHECK_INT(said.writes, 1);
		CHECK(said.len <= 4096);
		CHECK(said.text[said.len - 1] == '\n');
		CHECK_INT((said.len - head - 1) % 4, 0); /* none is cut in two */
		if (length < 900)
			CHECK_INT(said.len, head + 4 * length + 1);
	}
}

static void keep_errno(void)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	errno = ENOTTY;
	diag(DIAG_WARNING, "%s", "x");
	if (errno != ENOTTY)
		_exit(1);
	dup2(full, STDERR_FILENO); /* where writing fails */
	errno = ENOTTY;
	diag(DIAG_WARNING, "%s", "x");
	if (errno != ENOTTY)
		_exit(2);
	close(STDERR_FILENO);
	errno = ENOTTY;
	diag(DIAG_WARNING, "%s", "x");
	_exit(errno == ENOTTY ? 0 : 3);
}

static void errno_is_kept(void)
{
	listen_to(keep_errno);
	CHECK_INT(said.status, 0);
	CHECK_INT(said.writes, 1);
}

/* ---- a standard error that takes nothing ---- */

static int run_with_stderr(int fd, void (*function)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child < 0)
		give_up("fork");
	if (child == 0) {
		signal(SIGPIPE, SIG_IGN);
		alarm(20); /* ends us if we wait */
		if (fd >= 0)
			dup2(fd, STDERR_FILENO);
		else
			close(STDERR_FILENO);
		function();
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child)
		give_up("waitpid");
	return status;
}

static void say_much(void)
{
	length = 1900;
	filling = 'x';
	for (int i = 0; i < 100; i++)
		say_long();
}

static void does_not_wait(void)
{
	static char bytes[4096], all[1 << 20];
	size_t before = 0, after = 0;
	ssize_t n;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		give_up("pipe");
	/* Filled to the last byte; the child's end waits when it is written to. */
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while ((n = write(fds[1], bytes, sizeof(bytes))) > 0)
		before += (size_t)n;
	while ((n = write(fds[1], bytes, 1)) > 0)
		before += (size_t)n;
	fcntl(fds[1], F_SETFL, 0);
	CHECK_INT(run_with_stderr(fds[1], say_much), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	while ((n = read(fds[0], bytes, sizeof(bytes))) > 0)
		after += (size_t)n;
	CHECK_INT(after, before); /* the messages are lost */

	/* One that becomes full: what got in is whole. */
	CHECK_INT(run_with_stderr(fds[1], say_much), 0);
	for (after = 0; (n = read(fds[0], all + after, sizeof(all) - after)) > 0;)
		after += (size_t)n;
	CHECK(after > 1900);
	CHECK_INT(after % (strlen("logsink: warning: ") + 1900 + 1), 0);
	close(fds[0]);
	/* Its reader is gone. */
	CHECK_INT(run_with_stderr(fds[1], say_much), 0);
	close(fds[1]);
	/* It is closed. */
	CHECK_INT(run_with_stderr(-1, say_much), 0);
}

/* ---- lines that are passed ---- */

static size_t pass_text(const void *who, const char *text)
{
	return stderr_pass(who, text, strlen(text), 1, 1000);
}

static void pass_two(void)
{
	static const char a, b;

	if (pass_text(&a, "whole of a\n") != 11 || pass_text(&b, "whole of b\n") != 11)
		_exit(1);
	if (pass_text(&a, "begin of a, ") != 12)
		_exit(2);
	diag(DIAG_WARNING, "one");
	diag(DIAG_WARNING, "two");
	if (pass_text(&b, "b cannot come between\n") != 0)
		_exit(3);
	diag(DIAG_FATAL, "this cannot wait");
	if (pass_text(&a, "end of a\n") != 9)
		_exit(4);
	if (pass_text(&b, "begin of b") != 10)
		_exit(5);
	diag(DIAG_WARNING, "three");
	stderr_passed(&a); /* has ended its line already */
	stderr_passed(&b);
	stderr_passed(&b);
	diag(DIAG_WARNING, "four");
}

static void lines_are_not_torn_by_others(void)
{
	listen_to(pass_two);
	CHECK_INT(said.status, 0);
	CHECK_STR(said.text, "whole of a\n"
			     "whole of b\n"
			     "begin of a, logsink: fatal: this cannot wait\n"
			     "end of a\n"
			     "logsink: warning: one\n"
			     "logsink: warning: two\n"
			     "begin of b\n"
			     "logsink: warning: three\n"
			     "logsink: warning: four\n");
}

static void say_much_in_a_line(void)
{
	static const char a;

	if (pass_text(&a, "a") != 1)
		_exit(1);
	say_much();
	if (pass_text(&a, "\n") != 1)
		_exit(2);
	diag(DIAG_WARNING, "after");
}

static void what_is_kept_is_bounded_and_whole(void)
{
	const size_t one = strlen("logsink: warning: ") + 1900 + 1;

	listen_to(say_much_in_a_line);
	CHECK_INT(said.status, 0);
	CHECK_INT(said.len, 2 + 2 * one + strlen("logsink: warning: after\n"));
}

static void pass_to_nobody(void)
{
	static const char a, b;
	int kept = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	if (pass_text(&a, "a") != 0)
		_exit(1);
	dup2(kept, STDERR_FILENO);
	if (pass_text(&b, "b\n") != 2)
		_exit(2);
}

static void nothing_passed_is_no_line(void)
{
	listen_to(pass_to_nobody);
	CHECK_INT(said.status, 0);
	CHECK_STR(said.text, "b\n");
}

static int reading_end;
static char bytes[4096];

static void fill_stderr(void)
{
	static const char zeros[4096];

	fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
	while (write(STDERR_FILENO, zeros, sizeof(zeros)) > 0)
		;
	fcntl(STDERR_FILENO, F_SETFL, 0);
}

static void end_line_when_full(void)
{
	static const char a, b;

	if (pass_text(&a, "half of a") != 9)
		_exit(1);
	diag(DIAG_WARNING, "lost");
	fill_stderr();
	stderr_passed(&a);
	if (read(reading_end, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(2);
	if (pass_text(&b, "half of b") != 9)
		_exit(3);
	fill_stderr();
	stderr_passed(&b);
	if (read(reading_end, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(4);
	diag(DIAG_WARNING, "after");
	diag(DIAG_WARNING, "and after");
}

static void pass_when_full(void)
{
	static const char a, b;
	const int64_t start = clock_mono_ns();

	fill_stderr();
	if (stderr_pass(&a, "a\n", 2, 1, 10) != 0)
		_exit(1);
	if (stderr_pass(&b, "b\n", 2, 1, 3600 * 1000) != 0)
		_exit(2);
	if (clock_mono_ns() - start < 10 * CLOCK_MS)
		_exit(3);
	if (read(reading_end, bytes, sizeof(bytes)) != sizeof(bytes))
		_exit(4);
	if (pass_text(&b, "b\n") != 2)
		_exit(5);
}

/* What a function says that fills a pipe, and reads from it as it likes. */
static const char *from_full_pipe(void (*function)(void))
{
	static char all[1 << 20];
	size_t len = 0;
	ssize_t n;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		give_up("pipe");
	reading_end = fds[0];
	CHECK_INT(run_with_stderr(fds[1], function), 0);
	close(fds[1]);
	while ((n = read(fds[0], bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i] && len < sizeof(all) - 1)
				all[len++] = bytes[i];
	close(fds[0]);
	all[len] = '\0';
	return all;
}

static void line_ends_later(void)
{
	/* Its beginning was read by the function. */
	CHECK_STR(from_full_pipe(end_line_when_full),
		  "\nhalf of b\nlogsink: warning: after\nlogsink: warning: and after\n");
}

static void only_one_waits(void)
{
	CHECK_STR(from_full_pipe(pass_when_full), "b\n");
}

/* ---- the last messages ---- */

static void say_last(void)
{
	fill_stderr();
	diag(DIAG_WARNING, "lost");
	stderr_last();
	if (fork() == 0) {
		poll(NULL, 0, 20);
		_exit(read(reading_end, bytes, sizeof(bytes)) < 0);
	}
	diag(DIAG_WARNING, "last");
}

static void last_messages_wait(void)
{
	CHECK_STR(from_full_pipe(say_last), "logsink: warning: last\n");
}

/* ---- our own mistakes ---- */

static void must_fail(void)
{
	must(0);
	must(EBUSY);
}

static void insist_fails(void)
{
	insist(1 + 1 == 2);
	insist(1 + 1 == 3);
}

static void our_mistakes(void)
{
	listen_to(must_fail);
	CHECK(WIFSIGNALED(said.status) && WTERMSIG(said.status) == SIGABRT);
	CHECK(strncmp(said.text, "logsink: fatal: ", 16) == 0);
	CHECK(strstr(said.text, "diag_test.c:") != NULL);
	CHECK(strstr(said.text, strerror(EBUSY)) != NULL);
	CHECK(strstr(said.text, "a fault in logsink") != NULL);

	listen_to(insist_fails);
	CHECK(WIFSIGNALED(said.status) && WTERMSIG(said.status) == SIGABRT);
	CHECK(strstr(said.text, "diag_test.c:") != NULL);
	CHECK(strstr(said.text, "1 + 1 == 3") != NULL);
	CHECK(strstr(said.text, "1 + 1 == 2") == NULL);
}

int main(void)
{
	TEST("diag: a message is 'logsink: WORD: text', in one write; the level says which come",
	     form_and_levels);
	TEST("diag: before the level is known, warnings come and details do not",
	     level_before_init);
	TEST("diag: control characters come out as \\xNN, other bytes as they are",
	     escapes_control_characters);
	TEST("diag: a newline stays in a usage error where four spaces are behind it",
	     keeps_what_is_shown_below);
	TEST("diag: a long message is cut, and is one line all the same", cuts_long_messages);
	TEST("diag: errno is what it was before", errno_is_kept);
	TEST("stderr: a standard error that is full, closed or read by nobody holds nobody up",
	     does_not_wait);
	TEST("stderr: within a line that is passed nothing else is written",
	     lines_are_not_torn_by_others);
	TEST("stderr: messages that wait for the end of a line are whole, or lost",
	     what_is_kept_is_bounded_and_whole);
	TEST("stderr: a line of which nothing could be passed holds nobody up",
	     nothing_passed_is_no_line);
	TEST("stderr: a line that could not be ended is ended before what comes next",
	     line_ends_later);
	TEST("stderr: of those who pass lines only one waits for a standard error that takes nothing",
	     only_one_waits);
	TEST("stderr: the last messages wait for standard error", last_messages_wait);
	TEST("diag: a mistake of our own ends the program with its place", our_mistakes);
	return test_end();
}
