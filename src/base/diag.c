/* Messages on standard error: one form, one write each. */
#include "base/diag.h"

#include "base/stderr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static enum diag_level level = DIAG_NORMAL;
static const char *program = "logsink";

static const struct {
	const char *text;
	enum diag_level from;
} words[] = {
	[DIAG_USAGE] = { "usage", DIAG_QUIET },      [DIAG_FATAL] = { "fatal", DIAG_QUIET },
	[DIAG_LOSS] = { "warning", DIAG_QUIET },     [DIAG_WARNING] = { "warning", DIAG_NORMAL },
	[DIAG_PAUSING] = { "pausing", DIAG_QUIET },  [DIAG_RESUMED] = { "resumed", DIAG_QUIET },
	[DIAG_WAITING] = { "waiting", DIAG_NORMAL }, [DIAG_DELETED] = { "deleted", DIAG_NORMAL },
	[DIAG_STATS] = { "stats", DIAG_QUIET },      [DIAG_INFO] = { "info", DIAG_VERBOSE },
};

void diag_name(const char *name)
{
	program = name;
}

void diag_init(enum diag_level l)
{
	level = l;
}

/* A newline in a message must be followed by this, so that no file name can fake a message. */
static const char indent[] = "    ";

/* U+0080 to U+009F in UTF-8, which some terminals obey. */
static bool is_c1(const char *p)
{
	return (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] >= 0x80 &&
	       (unsigned char)p[1] < 0xa0;
}

/* below: keep a newline that is followed by the indent, for a line shown below the message. */
static size_t escape(char *to, size_t size, const char *text, bool below)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (bool second = false; *text && n + 4 < size; text++) {
		unsigned char c = (unsigned char)*text;
		bool first = is_c1(text);
		bool newline = below && c == '\n' && strncmp(text + 1, indent, strlen(indent)) == 0;

		if (newline || (c >= 0x20 && c != 0x7f && !first && !second)) {
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

size_t diag_escape(char *to, size_t size, const char *text)
{
	return escape(to, size, text, false);
}

int diag_cannot_start(const char *what)
{
	diag(DIAG_FATAL, "cannot start %s: %s", what, strerror(errno));
	return -1;
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
	n = (size_t)snprintf(line, sizeof(line), "%s: %s: ", program, words[word].text);
	n += escape(line + n, sizeof(line) - n - 1, text, word == DIAG_USAGE);
	line[n++] = '\n';
	/* After a fatal message there may be no time for another. */
	(word == DIAG_FATAL ? stderr_say_now : stderr_say)(line, n);
	errno = saved;
}

static _Noreturn void give_up(void)
{
	stderr_finish();
	abort();
}

void diag_must(int error, const char *call, const char *file, int line)
{
	if (!error)
		return;
	diag(DIAG_FATAL, "%s:%d: %s: %s; this is a fault in logsink", file, line, call,
	     strerror(error));
	give_up();
}

void diag_insist(const char *condition, const char *file, int line)
{
	diag(DIAG_FATAL, "%s:%d: not true: %s; this is a fault in logsink", file, line, condition);
	give_up();
}
