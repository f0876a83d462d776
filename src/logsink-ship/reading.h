/* The bytes of a family that are not shipped yet, file after file. */
#ifndef READING_H
#define READING_H

#include "family/calendar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct position;

enum reading_from { READING_FROM_BEGINNING, READING_FROM_END };

struct reading_options {
	const char *file;        /* FILE of the command line */
	bool any_roll;           /* roll is not known, and found out from the files */
	enum calendar_roll roll; /* as logsink's */
};

struct reading;

/*
 * reading_new(o): read the family of o->file; nothing is opened yet.
 * Owner:   the caller; reading_free. o->file must outlive it.
 * Thread:  one at a time.
 * Returns: NULL after a message.
 */
struct reading *reading_new(const struct reading_options *o);
void reading_free(struct reading *r);

/* reading_go(r, p): begin, or begin again, where this position is. */
void reading_go(struct reading *r, const struct position *p);

/*
 * reading_start(r, from, p): make p, which knows no file, the position where to begin.
 * Returns: 0, or -1 after a message.
 */
int reading_start(struct reading *r, enum reading_from from, struct position *p);

enum reading_result {
	READING_FILE,    /* a file begins, or goes on; see reading_offset */
	READING_BYTES,   /* the next of its bytes */
	READING_END,     /* it is at its end, and another one follows */
	READING_NOTHING, /* for now */
	READING_GAP,     /* something is missing: reading_gap */
	READING_FAILED,  /* for now, after a message */
};

/*
 * reading_next(r, bytes, len): what comes next.
 * Owner:   the bytes stay r's; they hold still until the next call.
 */
enum reading_result reading_next(struct reading *r, const char **bytes, size_t *len);

/*
 * Of the current file: its period and part, its name in the directory, without that of a
 * compression; after READING_FILE: where its next byte is, and whether what was read of it before
 * ends without a newline.
 */
int64_t reading_period(const struct reading *r);
unsigned reading_part(const struct reading *r);
const char *reading_name(const struct reading *r);
uint64_t reading_offset(const struct reading *r);
bool reading_after_torn(const struct reading *r);

/* reading_torn(r): its last line without a newline was taken as a line. */
void reading_torn(struct reading *r);

/* Something is missing. */
struct reading_gap {
	char text[1280]; /* a sentence about it */
	uint64_t bytes;  /* how much; 0: unknown */
	bool moves;      /* the file is read from another place now, or never: */
	bool ends;       /* it is not there any more */
	int64_t period;
	unsigned part;
	uint64_t end;
};

/* reading_gap(r): the gap after READING_GAP; valid until the next call. */
const struct reading_gap *reading_gap(const struct reading *r);

/*
 * reading_head(r, p): put into p by what the current file is known again, if it is the last that p
 * knows.
 */
void reading_head(struct reading *r, struct position *p);

/*
 * reading_fd(r): readable when there may be something new after READING_NOTHING; -1: look from time
 * to time. reading_look(r): look at the directory again at the next call.
 */
int reading_fd(const struct reading *r);
void reading_look(struct reading *r);

/*
 * reading_waiting(r, files): the bytes on the disk that are behind what was read; of compressed
 * files, their bytes there. *files: of how many files.
 */
uint64_t reading_waiting(struct reading *r, size_t *files);

/*
 * reading_member(r, name, period, part): the period and part of a file's name.
 * Returns: false if it is not of the family.
 */
bool reading_member(const struct reading *r, const char *name, int64_t *period, unsigned *part);

/* reading_is_there(r): whether there is any file of the family. */
bool reading_is_there(struct reading *r);

#endif
