/*
 * How far a run has come to its end, and how much patience is left.
 *
 * The stage advances when inputs end, consumers leave the rings and keepers end; the patience
 * shrinks with signals and time. Neither ever goes back. Together they decide what is done:
 *
 *              PATIENT           ASKED: a signal      LATE: the grace      LEAVING: a second
 *                                                     is over              signal
 *    READING   inputs are read   they are read to     they give what       they give nothing
 *                                their ends           they hold now        more
 *    EMPTYING  files and standard output are waited   a file gives up what it cannot write; a
 *              for; best-effort output is looked at   thread that hangs is abandoned
 *    CLOSING   keepers are       they skip work that  a call that has      a call that has lasted
 *              waited for        takes long           lasted the grace     a second is abandoned
 *                                                     is abandoned
 *    DONE      the loop ends
 *
 * In READING, a step to LATE or LEAVING hurries the files too: inputs may be waiting for room, and
 * the room for a disk.
 *
 * Only move() changes either. What is to be done is an act, and others carry it out. So this room
 * knows no input, writer, keeper or timer, only the time at which shutdown_look is due, and the
 * unit test goes through the table with a clock of its own.
 *
 * The simpler design is one row of states (reading, draining, hurrying, ...). But the same signal
 * can come in any stage: a single row needs a state for each field of the table, and arrows for
 * each signal; or flags beside it.
 *
 * One thing must never happen: nothing is due, and nobody will call. With PATIENT the others are
 * waited for without limit, as the user asked. In all other columns something is due until DONE:
 * the end of the grace, then the looks for threads that hang.
 */
#include "logsink/shutdown.h"

#include "base/clock.h"
#include "base/diag.h"

#include <assert.h>

/* What may be due. */
enum timer { TELL, GRACE, FILES, TEE, KEEPERS, TIMERS };

#define NEVER         INT64_MAX
#define TELL_NS       CLOCK_SECOND /* after a signal, for what ends at once is not worth a word */
#define FILES_EVERY   (CLOCK_SECOND / 2) /* between looks whether a writer hangs */
#define TEE_EVERY     CLOCK_SECOND       /* standard output that takes nothing for so long hangs */
#define KEEPERS_EVERY (CLOCK_SECOND / 10)

static bool act(struct shutdown *s, enum shutdown_act what)
{
	return s->o.act(s->o.arg, what);
}

static void set(struct shutdown *s, enum timer t, int64_t in_ns)
{
	s->due_ns[t] = clock_mono_ns() + in_ns;
}

/* What hangs is looked for. The first look at standard output is what later ones compare with. */
static void start_looks(struct shutdown *s)
{
	if (s->due_ns[TEE] == NEVER)
		set(s, TEE, 0);
	if (s->patience >= SHUTDOWN_LATE && s->due_ns[FILES] == NEVER)
		set(s, FILES, FILES_EVERY);
}

/* A step to the right. An act may end the last input, so the stage is asked for before each. */
static void lose_patience(struct shutdown *s)
{
	if (s->stage >= SHUTDOWN_CLOSING) {
		if (s->stage == SHUTDOWN_CLOSING)
			act(s, SHUTDOWN_HURRY_KEEPERS);
		return;
	}
	switch (s->patience) {
	case SHUTDOWN_PATIENT:
		break;
	case SHUTDOWN_ASKED:
		act(s, SHUTDOWN_STOP_INPUTS);
		break;
	case SHUTDOWN_LATE:
		act(s, SHUTDOWN_DRAIN_INPUTS);
		break;
	case SHUTDOWN_LEAVING:
		act(s, SHUTDOWN_END_INPUTS);
		break;
	}
	if (s->patience < SHUTDOWN_LATE || s->stage >= SHUTDOWN_CLOSING)
		return;
	act(s, SHUTDOWN_HURRY_FILES);
	start_looks(s);
}

/* A step down. */
static void come_to_stage(struct shutdown *s)
{
	switch (s->stage) {
	case SHUTDOWN_READING:
		break;
	case SHUTDOWN_EMPTYING:
		if (s->o.best_effort)
			start_looks(s);
		break;
	case SHUTDOWN_CLOSING:
		act(s, SHUTDOWN_CLOSE_FILES);
		if (s->patience >= SHUTDOWN_ASKED)
			act(s, SHUTDOWN_HURRY_KEEPERS);
		set(s, KEEPERS, 0);
		break;
	case SHUTDOWN_DONE:
		act(s, SHUTDOWN_FINISH);
		break;
	}
}

/* The only function that changes the stage or the patience; one of them, and never back. */
static void move(struct shutdown *s, enum shutdown_stage stage, enum shutdown_patience patience)
{
	bool later = stage > s->stage, less = patience > s->patience;

	insist(later != less && stage >= s->stage && patience >= s->patience);
	s->stage = stage;
	s->patience = patience;
	if (less)
		lose_patience(s);
	else
		come_to_stage(s);
}

void shutdown_init(struct shutdown *s, const struct shutdown_options *o)
{
	*s = (struct shutdown){ .o = *o };
	static_assert(sizeof(s->due_ns) / sizeof(*s->due_ns) == TIMERS, "");
	for (int t = 0; t < TIMERS; t++)
		s->due_ns[t] = NEVER;
}

void shutdown_asked(struct shutdown *s)
{
	if (s->patience == SHUTDOWN_LEAVING)
		return;
	if (s->patience >= SHUTDOWN_ASKED) {
		move(s, s->stage, SHUTDOWN_LEAVING);
		return;
	}
	set(s, GRACE, s->o.grace_ns);
	if (s->o.grace_ns > TELL_NS)
		set(s, TELL, TELL_NS);
	move(s, s->stage, SHUTDOWN_ASKED);
}

void shutdown_ended(struct shutdown *s)
{
	move(s, SHUTDOWN_EMPTYING, s->patience);
}

void shutdown_emptied(struct shutdown *s)
{
	move(s, SHUTDOWN_CLOSING, s->patience);
}

void shutdown_closed(struct shutdown *s)
{
	set(s, KEEPERS, 0);
}

int64_t shutdown_due_ns(const struct shutdown *s)
{
	int64_t first = NEVER;

	for (int t = 0; t < TIMERS; t++)
		if (s->due_ns[t] < first)
			first = s->due_ns[t];
	return first;
}

static void look(struct shutdown *s, enum timer t)
{
	bool open = s->stage <= SHUTDOWN_EMPTYING;

	switch (t) {
	case TELL:
		if (s->stage == SHUTDOWN_READING && s->patience == SHUTDOWN_ASKED)
			act(s, SHUTDOWN_TELL);
		break;
	case GRACE:
		if (s->patience == SHUTDOWN_ASKED)
			move(s, s->stage, SHUTDOWN_LATE);
		break;
	case FILES:
		if (open && act(s, SHUTDOWN_LOOK_AT_FILES))
			set(s, FILES, FILES_EVERY);
		break;
	case TEE:
		if (open && act(s, SHUTDOWN_LOOK_AT_TEE))
			set(s, TEE, TEE_EVERY);
		break;
	case KEEPERS:
		if (s->stage != SHUTDOWN_CLOSING)
			break;
		if (act(s, SHUTDOWN_LOOK_AT_KEEPERS))
			set(s, KEEPERS, KEEPERS_EVERY);
		else
			move(s, SHUTDOWN_DONE, s->patience);
		break;
	case TIMERS:
		break;
	}
}

void shutdown_look(struct shutdown *s)
{
	int64_t now = clock_mono_ns();

	for (enum timer t = 0; t < TIMERS; t++)
		if (s->due_ns[t] <= now) {
			s->due_ns[t] = NEVER;
			look(s, t);
		}
}

enum shutdown_stage shutdown_stage(const struct shutdown *s)
{
	return s->stage;
}

enum shutdown_patience shutdown_patience(const struct shutdown *s)
{
	return s->patience;
}
