/* How far a run has come to its end, and how much patience is left. */
#ifndef SHUTDOWN_H
#define SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

/* How far it has come; only ever further. */
enum shutdown_stage {
	SHUTDOWN_READING,  /* inputs are read, or their last lines wait for room */
	SHUTDOWN_EMPTYING, /* all inputs have ended; files and standard output take what is left */
	SHUTDOWN_CLOSING,  /* they have it all; what is closed is synced and looked after */
	SHUTDOWN_DONE,
};

/* What is left of the patience; only ever less. */
enum shutdown_patience {
	SHUTDOWN_PATIENT,
	SHUTDOWN_ASKED,   /* a signal asked for the end; the grace runs */
	SHUTDOWN_LATE,    /* it is over */
	SHUTDOWN_LEAVING, /* a second signal came */
};

/* What is to be done; see the table in shutdown.c. */
enum shutdown_act {
	SHUTDOWN_STOP_INPUTS,     /* read those that end to their ends, drain the others */
	SHUTDOWN_TELL,            /* that the signal was understood, if inputs are still read */
	SHUTDOWN_DRAIN_INPUTS,    /* read what they hold now */
	SHUTDOWN_END_INPUTS,      /* read nothing more */
	SHUTDOWN_HURRY_FILES,     /* what cannot be written is given up */
	SHUTDOWN_LOOK_AT_FILES,   /* abandon those that hang; true: look again */
	SHUTDOWN_LOOK_AT_TEE,     /* the same for standard output */
	SHUTDOWN_CLOSE_FILES,     /* the rings are empty: ask the keepers to end */
	SHUTDOWN_HURRY_KEEPERS,   /* skip work that takes long */
	SHUTDOWN_LOOK_AT_KEEPERS, /* abandon those that hang; true: some have not ended */
	SHUTDOWN_FINISH,          /* all is done */
};

struct shutdown_options {
	int64_t grace_ns; /* from the first signal to the end of patience */
	bool best_effort; /* standard output is not waited for at the end */

	/* Carries out the act. Returns the answer of those acts that have one. */
	bool (*act)(void *arg, enum shutdown_act act);
	void *arg;
};

/* Its fields are shutdown.c's. */
struct shutdown {
	struct shutdown_options o;
	enum shutdown_stage stage;
	enum shutdown_patience patience;
	int64_t due_ns[5]; /* CLOCK_MONOTONIC */
};

/*
 * shutdown_init(s, o): nothing has ended, nobody has asked.
 * Thread: one for all calls. An act may call them, too, but not shutdown_init.
 */
void shutdown_init(struct shutdown *s, const struct shutdown_options *o);

/* shutdown_asked(s): a signal asked for the end. */
void shutdown_asked(struct shutdown *s);

/* shutdown_ended(s): all inputs have ended, and the ring. */
void shutdown_ended(struct shutdown *s);

/* shutdown_emptied(s): all consumers have left the rings. */
void shutdown_emptied(struct shutdown *s);

/* shutdown_closed(s): a keeper has ended: look at the keepers. */
void shutdown_closed(struct shutdown *s);

/* shutdown_due_ns(s): CLOCK_MONOTONIC: when shutdown_look is to be called; INT64_MAX: never. */
int64_t shutdown_due_ns(const struct shutdown *s);

/* shutdown_look(s): do what is due. */
void shutdown_look(struct shutdown *s);

enum shutdown_stage shutdown_stage(const struct shutdown *s);
enum shutdown_patience shutdown_patience(const struct shutdown *s);

#endif
