/* How the program ends. */
#ifndef STATUS_H
#define STATUS_H

enum {
	STATUS_FOUND = 0,
	STATUS_NOTHING = 1,    /* options select lines, and no line was selected */
	STATUS_USAGE = 2,      /* the command line is wrong */
	STATUS_UNREADABLE = 3, /* something could not be read, or written */
};

#endif
