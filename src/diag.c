/* Messages for the person at the terminal: one form, one write each. */
#include "diag.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum diag_level level = DIAG_NORMAL;

static const struct {
	const char *text;
	enum diag_level from;
} words[] = {
	[DIAG_USAGE] = { "usage", DIAG_QUIET },      [DIAG_FATAL] = { "fatal", DIAG_QUIET },
	[DIAG_LOSS] = { "warning", DIAG_QUIET },     [DIAG_WARNING] = { "warning", DIAG_NORMAL },
	[DIAG_PAUSING] = { "pausing", DIAG_QUIET },  [DIAG_RESUMED] = { "resumed", DIAG_QUIET },
	[DIAG_DELETED] = { "deleted", DIAG_NORMAL }, [DIAG_STATS] = { "stats", DIAG_QUIET },
	[DIAG_INFO] = { "info", DIAG_VERBOSE },
};

void diag_init(enum diag_level l)
{
	level = l;
}

/* What a newline in a message must have behind it, so that no file name can fake a message. */
static const char indent[] = "    ";

/* U+0080 to U+009F in UTF-8, which some terminals obey. */
static bool is_c1(const char *p)
{
	return (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] >= 0x80 &&
	       (unsigned char)p[1] < 0xa0;
}

size_t diag_escape(char *to, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (bool second = false; *text && n + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;
		bool first = is_c1(text);

		bool shown_below = c == '\n' && strncmp(text + 1, indent, strlen(indent)) == 0;

		if (shown_below || (c >= 0x20 && c != 0x7f && !first && !second)) {
			to[n++] = (char)c;
			continue;
		}
		second = first;
		to[n++] = '\\';
		to[n++] = 'x';
		to[n++] = hex[c >> 4];
		to[n++] = hex[c & 15];
	}
	return n;
}

/* One write, and only if standard error takes it now: at most PIPE_BUF bytes
 * go into a pipe whole or not at all, and do not wait after POLLOUT. */
static void say(const char *text, size_t len)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int ready;

	do
		ready = poll(&fd, 1, 0);
	while (ready < 0 && errno == EINTR);
	if (ready == 1 && (fd.revents & POLLOUT)) {
		ssize_t n = write(STDERR_FILENO, text, len);
		(void)n; /* there is nobody left to tell */
	}
}

int diag_cannot_start(const char *what)
{
	diag(DIAG_FATAL, "cannot start %s: %s", what, strerror(errno));
	return -1;
}

size_t diag_pass(const char *p, size_t len, int timeout_ms)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	const char *newline;
	ssize_t n;

	if (len > PIPE_BUF) {
		newline = memrchr(p, '\n', PIPE_BUF);
		len = newline ? (size_t)(newline - p) + 1 : PIPE_BUF;
	}
	if (poll(&fd, 1, timeout_ms) != 1 || !(fd.revents & POLLOUT))
		return 0;
	n = write(STDERR_FILENO, p, len);
	return n > 0 ? (size_t)n : 0;
}

void diag(enum diag_word word, const char *format, ...)
{
	int saved = errno;
	char text[2048], line[4000];
	va_list args;
	size_t n;

	if (words[word].from > level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	n = (size_t)snprintf(line, sizeof(line), "logsink: %s: ", words[word].text);
	n += diag_escape(line + n, sizeof(line) - n - 1, text);
	line[n++] = '\n';
	say(line, n);
	errno = saved;
}

void diag_must(int error, const char *call, const char *file, int line)
{
	if (!error)
		return;
	diag(DIAG_FATAL, "%s:%d: %s: %s; this is a fault in logsink", file, line, call,
	     strerror(error));
	abort();
}

void diag_insist(const char *condition, const char *file, int line)
{
	diag(DIAG_FATAL, "%s:%d: not true: %s; this is a fault in logsink", file, line, condition);
	abort();
}
