/* The lines in the log about COMMAND: when it was started, and how it ended: --notes. */
#include "logsink/notes.h"

#include "base/clock.h"
#include "process/command.h"
#include "record/escape.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A text that is written piece by piece, as far as there is room. */
struct text {
	char *at;
	size_t len;
	bool full;
};

/* Leaves room for the mark of a cut. */
static void put(struct text *t, const char *piece, size_t len)
{
	static const char cut[] = " ...";

	if (t->full)
		return;
	t->full = len > NOTES_SIZE - sizeof(cut) - t->len;
	if (t->full) {
		piece = cut;
		len = sizeof(cut) - 1;
	}
	memcpy(t->at + t->len, piece, len);
	t->len += len;
}

/* Between ' ' as a shell wants it: a ' within is '\''. */
static void put_quoted(struct text *t, const char *word, size_t len)
{
	put(t, "'", 1);
	for (size_t i = 0; i < len; i++)
		if (word[i] == '\'')
			put(t, "'\\''", 4);
		else
			put(t, word + i, 1);
	put(t, "'", 1);
}

static void put_word(struct text *t, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "%+,-./:=@_";
	char safe[ESCAPE_FACTOR * NOTES_SIZE];
	size_t len = escape_text(safe, word, strnlen(word, NOTES_SIZE));

	put(t, " ", 1);
	if (*word && strspn(word, plain) == strlen(word))
		put(t, safe, len);
	else
		put_quoted(t, safe, len);
}

void notes_started(const struct command *c, char *const words[], char text[NOTES_SIZE])
{
	struct text t = { .at = text };

	t.len = (size_t)snprintf(text, NOTES_SIZE, "logsink: started %d:", (int)command_process(c));
	for (; *words; words++)
		put_word(&t, *words);
	text[t.len] = '\0';
}

void notes_ended(const struct command *c, uint64_t lines, uint64_t bytes, char text[NOTES_SIZE])
{
	int number = command_signal_of(c), error = command_error(c);
	int64_t ms = command_ran_ns(c) / (CLOCK_SECOND / 1000);
	char how[200];

	if (error)
		snprintf(how, sizeof(how), "could not be run: %s", strerror(error));
	else if (number)
		snprintf(how, sizeof(how), "ended by signal %d (%s)", number, strsignal(number));
	else
		snprintf(how, sizeof(how), "ended with status %d", command_status(c));
	snprintf(text, NOTES_SIZE,
		 "logsink: %d %s after %" PRId64 ".%03d s, %" PRIu64 " lines, %" PRIu64 " bytes",
		 (int)command_process(c), how, ms / 1000, (int)(ms % 1000), lines, bytes);
}
