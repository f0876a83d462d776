/* Messages for the person at the terminal: one form, one write each. */
#include "diag.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LAST_WAIT_MS = 1000 };

static enum diag_level level = DIAG_NORMAL;
static _Atomic int patience_ms; /* how long a message waits for standard error */
static _Atomic bool torn;       /* what went out last is a line without an end, and stays so */

/* Who may write to standard error. The lock is not held meanwhile, for a write may hang. */
static struct {
	pthread_mutex_t lock;
	const void *passer;      /* passes lines; set from the beginning of one to its end */
	unsigned taken;          /* counts how often somebody came to pass */
	unsigned speakers;       /* say messages */
	char kept[PIPE_BUF - 1]; /* messages that wait for the end of the passer's line */
	size_t kept_len;
	bool midline, stuck; /* the passer's own */
} turn = { .lock = PTHREAD_MUTEX_INITIALIZER };

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

void diag_last(void)
{
	patience_ms = LAST_WAIT_MS;
}

/* What a newline in a message must have behind it, so that no file name can fake a message. */
static const char indent[] = "    ";

/* U+0080 to U+009F in UTF-8, which some terminals obey. */
static bool is_c1(const char *p)
{
	return (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] >= 0x80 &&
	       (unsigned char)p[1] < 0xa0;
}

/* below: a newline with an indent behind it stays, for what is shown below the message. */
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

/*
 * One write, with the newline before it that a torn line lacks: at most PIPE_BUF bytes go into a
 * pipe whole or not at all, and do not wait after POLLOUT. Returns how many bytes of the text.
 */
static size_t put(const char *text, size_t len)
{
	char line[PIPE_BUF] = "\n";
	bool newline = atomic_exchange(&torn, false);
	ssize_t n;

	if (newline) {
		len = len < sizeof(line) ? len : sizeof(line) - 1;
		memcpy(line + 1, text, len++);
		text = line;
	}
	n = write(STDERR_FILENO, text, len);
	if (newline && n <= 0)
		torn = true;
	return n > 0 ? (size_t)n - newline : 0;
}

/* Only if standard error takes it now, or soon at the end. */
static void say(const char *text, size_t len)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	int ready;

	do
		ready = poll(&fd, 1, patience_ms);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		patience_ms = 0; /* the next message is not to wait as well */
	if (ready == 1 && (fd.revents & POLLOUT))
		(void)put(text, len); /* there is nobody left to tell */
}

/* ---- turns ---- */

static void lock_turn(void)
{
	(void)pthread_mutex_lock(&turn.lock); /* must() would come here again */
}

static void unlock_turn(void)
{
	(void)pthread_mutex_unlock(&turn.lock);
}

static void spoke(void)
{
	lock_turn();
	turn.speakers--;
	unlock_turn();
}

/* Within a line that is passed a message is kept, as far as there is room, until that has ended. */
static void say_between_lines(const char *text, size_t len)
{
	bool keep;

	lock_turn();
	keep = turn.passer != NULL;
	if (keep && len <= sizeof(turn.kept) - turn.kept_len) {
		memcpy(turn.kept + turn.kept_len, text, len);
		turn.kept_len += len;
	}
	turn.speakers += !keep;
	unlock_turn();
	if (keep)
		return;
	say(text, len);
	spoke();
}

/*
 * Waits so long at most, and less if the passer has not come again for idle_ms: it may wait for
 * what we hold up. By looking, as this is rare, short, and at the end.
 */
static bool take_turn(const void *who, int ms, int idle_ms)
{
	const int64_t start = clock_mono_ns(), until = start + ms * CLOCK_MS;
	int64_t idle_until = start + idle_ms * CLOCK_MS;
	unsigned seen = 0;

	for (;;) {
		int64_t now = clock_mono_ns();

		lock_turn();
		bool mine = turn.passer == who || (!turn.passer && turn.speakers == 0);
		if (mine)
			turn.passer = who;
		turn.taken += mine;
		if (turn.taken != seen)
			idle_until = now + idle_ms * CLOCK_MS;
		seen = turn.taken;
		unlock_turn();
		if (mine || now >= until || now >= idle_until)
			return mine;
		poll(NULL, 0, 1);
	}
}

static void end_turn(void)
{
	char text[sizeof(turn.kept)];
	size_t len;

	lock_turn();
	len = turn.kept_len;
	memcpy(text, turn.kept, len);
	turn.kept_len = 0;
	turn.passer = NULL;
	turn.speakers++;
	unlock_turn();
	if (len > 0 || torn)
		say(text, len);
	spoke();
}

int diag_cannot_start(const char *what)
{
	diag(DIAG_FATAL, "cannot start %s: %s", what, strerror(errno));
	return -1;
}

static size_t pass(const char *p, size_t len, int timeout_ms)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };
	const char *newline;

	if (len > PIPE_BUF) {
		newline = memrchr(p, '\n', PIPE_BUF);
		len = newline ? (size_t)(newline - p) + 1 : PIPE_BUF;
	}
	/* Where it took nothing for one, the next is not to wait as well. */
	if (poll(&fd, 1, turn.stuck ? 0 : timeout_ms) != 1 || !(fd.revents & POLLOUT)) {
		turn.stuck = true;
		return 0;
	}
	turn.stuck = false;
	return put(p, len);
}

size_t diag_pass(const void *who, const char *p, size_t len, int turn_ms, int timeout_ms)
{
	size_t n;

	if (!take_turn(who, turn_ms, timeout_ms))
		return 0;
	n = pass(p, len, timeout_ms);
	if (n > 0)
		turn.midline = p[n - 1] != '\n';
	if (!turn.midline)
		end_turn();
	return n;
}

void diag_passed(const void *who)
{
	bool midline;

	lock_turn();
	midline = turn.passer == who;
	unlock_turn();
	if (!midline)
		return;
	torn = true;
	turn.midline = false;
	end_turn();
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
	n += escape(line + n, sizeof(line) - n - 1, text, word == DIAG_USAGE);
	line[n++] = '\n';
	/* After a fatal one there may be no time for another. */
	(word == DIAG_FATAL ? say : say_between_lines)(line, n);
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
