/* The run: read, send, save the position, and go on after errors, until it is over. */
#ifndef SHIP_H
#define SHIP_H

#include <stdbool.h>

struct options;
struct position;
struct posfile;
struct properties;
struct reading;

struct ship_parts {
	const struct options *o;
	const struct properties *properties;
	struct posfile *posfile;
	struct position *position;
	struct reading *reading;
	int signals; /* a signalfd of TERM, INT, USR2 and HUP */
};

enum ship_status {
	SHIP_ALL,    /* all that was read is stored */
	SHIP_REST,   /* something is missing, or is still to be sent */
	SHIP_REFUSED /* a property is refused, after a message */
};

/*
 * ship_run(parts): until it is over, after a signal or with --drain. The position is saved at the
 * end.
 */
enum ship_status ship_run(const struct ship_parts *parts);

#endif
