/* The lines in the log about COMMAND: when it was started, and how it ended: --notes. */
#ifndef NOTES_H
#define NOTES_H

#include <stdint.h>

struct command;

enum { NOTES_SIZE = 1000 }; /* bytes of a text, with its NUL */

/*
 * notes_started(c, words, text): "logsink: started 123: app --port 80". A word that a shell would
 * not take as one is quoted, and control characters are \xNN. A longer command line is cut.
 */
void notes_started(const struct command *c, char *const words[], char text[NOTES_SIZE]);

/* notes_ended(c, lines, bytes, text): how c, which has ended, did so, and what it wrote. */
void notes_ended(const struct command *c, uint64_t lines, uint64_t bytes, char text[NOTES_SIZE]);

#endif
