/* shutdown: what is done in each stage, with how much patience, and when; by a clock of our own. */
#include "logsink/shutdown.h"

#include "base/clock.h"
#include "test.h"

#define GRACE (10 * CLOCK_SECOND)

/* ---- a clock, and a list of what was done ---- */

static int64_t now_ns;

int64_t clock_mono_ns(void)
{
	return now_ns;
}

int64_t clock_real_ns(void)
{
	return now_ns;
}

static const char *const names[] = {
	[SHUTDOWN_STOP_INPUTS] = "stop",
	[SHUTDOWN_TELL] = "tell",
	[SHUTDOWN_DRAIN_INPUTS] = "drain",
	[SHUTDOWN_END_INPUTS] = "end",
	[SHUTDOWN_HURRY_FILES] = "hurry",
	[SHUTDOWN_LOOK_AT_FILES] = "files?",
	[SHUTDOWN_LOOK_AT_TEE] = "tee?",
	[SHUTDOWN_CLOSE_FILES] = "close",
	[SHUTDOWN_HURRY_KEEPERS] = "hurry-keepers",
	[SHUTDOWN_LOOK_AT_KEEPERS] = "keepers?",
	[SHUTDOWN_FINISH] = "finish",
};

static struct shutdown s;
static char done[1024];
static bool again;                  /* the answer of each look */
static enum shutdown_act ends_with; /* the act in which the last input ends, or NONE */
static bool empties;                /* and all is written already */
enum { NONE = -1 };

static bool on_act(void *arg, enum shutdown_act act)
{
	CHECK(arg == &s);
	if (done[0])
		strcat(done, " ");
	strcat(done, names[act]);
	if (act == ends_with)
		shutdown_ended(&s);
	if (act == ends_with && empties)
		shutdown_emptied(&s);
	return again;
}

static void start(int64_t grace_ns, bool best_effort)
{
	const struct shutdown_options o = {
		.grace_ns = grace_ns, .best_effort = best_effort, .act = on_act, .arg = &s
	};

	now_ns = 1000 * CLOCK_SECOND;
	done[0] = '\0';
	again = false;
	ends_with = (enum shutdown_act)NONE;
	empties = false;
	shutdown_init(&s, &o);
}

/* Lets the time go on, as the loop would: to each moment that is due. */
static void pass(int64_t ns)
{
	int64_t until = now_ns + ns, due;

	while ((due = shutdown_due_ns(&s)) <= until) {
		now_ns = due > now_ns ? due : now_ns;
		shutdown_look(&s);
	}
	now_ns = until;
}

#define DONE(want)                                                                                 \
	do {                                                                                       \
		CHECK_STR(done, want);                                                             \
		done[0] = '\0';                                                                    \
	} while (0)

/* ---- tests ---- */

static void ends_by_itself(void)
{
	start(GRACE, false);
	CHECK(shutdown_due_ns(&s) == INT64_MAX);
	pass(1000 * CLOCK_SECOND);
	DONE("");
	shutdown_ended(&s);
	CHECK_INT(shutdown_stage(&s), SHUTDOWN_EMPTYING);
	pass(1000 * CLOCK_SECOND);
	DONE("");
	shutdown_emptied(&s);
	DONE("close");
	pass(0);
	DONE("keepers? finish");
	CHECK_INT(shutdown_stage(&s), SHUTDOWN_DONE);
	CHECK(shutdown_due_ns(&s) == INT64_MAX);
}

static void grace_runs(void)
{
	start(GRACE, false);
	shutdown_asked(&s);
	DONE("stop");
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_ASKED);
	pass(CLOCK_SECOND - 1);
	DONE("");
	pass(1);
	DONE("tell");
	pass(GRACE - CLOCK_SECOND - 1);
	DONE("");
	pass(1);
	DONE("drain hurry tee?");
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_LATE);
	pass(CLOCK_SECOND);
	DONE("files?");
}

static void asked_twice(void)
{
	start(GRACE, false);
	shutdown_asked(&s);
	pass(CLOCK_SECOND / 10);
	shutdown_asked(&s);
	DONE("stop end hurry");
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_LEAVING);
	shutdown_asked(&s);
	DONE("");
	pass(GRACE);
	DONE("tee? files?"); /* but no drain, nor is anybody told to wait */
}

static void no_grace(void)
{
	start(0, false);
	shutdown_asked(&s);
	DONE("stop");
	pass(0);
	DONE("drain hurry tee?");
}

static void looks_until_told(void)
{
	start(0, false);
	again = true;
	shutdown_asked(&s);
	pass(0);
	DONE("stop drain hurry tee?");
	pass(2 * CLOCK_SECOND);
	DONE("files? files? tee? files? files? tee?");
	again = false;
	pass(CLOCK_SECOND);
	DONE("files? tee?");
	pass(1000 * CLOCK_SECOND);
	DONE("");
}

static void best_effort_is_looked_at(void)
{
	start(GRACE, true);
	again = true;
	pass(GRACE);
	DONE("");
	shutdown_ended(&s);
	pass(CLOCK_SECOND);
	DONE("tee? tee?");
	shutdown_emptied(&s);
	pass(0);
	DONE("close keepers?");
	pass(CLOCK_SECOND / 10);
	DONE("keepers?"); /* standard output is gone by now */
}

/* The last input ends within an act: what comes after it knows. */
static void ends_within(enum shutdown_act act, const char *want)
{
	start(GRACE, false);
	ends_with = act;
	shutdown_asked(&s);
	if (act == SHUTDOWN_DRAIN_INPUTS)
		pass(GRACE);
	if (act == SHUTDOWN_END_INPUTS)
		shutdown_asked(&s);
	CHECK_INT(shutdown_stage(&s), SHUTDOWN_EMPTYING);
	DONE(want);
}

static void ends_within_acts(void)
{
	ends_within(SHUTDOWN_STOP_INPUTS, "stop");
	ends_within(SHUTDOWN_DRAIN_INPUTS, "stop tell drain hurry tee?");
	ends_within(SHUTDOWN_END_INPUTS, "stop end hurry");
}

/* Then nobody hurries files that are closed. */
static void empties_within_an_act(void)
{
	start(GRACE, false);
	shutdown_asked(&s);
	done[0] = '\0';
	ends_with = SHUTDOWN_END_INPUTS;
	empties = true;
	shutdown_asked(&s);
	DONE("end close hurry-keepers");
	CHECK_INT(shutdown_stage(&s), SHUTDOWN_CLOSING);
}

static void signals_while_emptying(void)
{
	start(GRACE, false);
	shutdown_ended(&s);
	shutdown_asked(&s);
	DONE("stop");
	pass(CLOCK_SECOND);
	DONE(""); /* nothing is read on */
	shutdown_asked(&s);
	DONE("end hurry");
	shutdown_emptied(&s);
	DONE("close hurry-keepers");
}

static void signals_while_closing(void)
{
	start(GRACE, false);
	again = true;
	shutdown_ended(&s);
	shutdown_emptied(&s);
	pass(CLOCK_SECOND / 10);
	DONE("close keepers? keepers?");
	shutdown_asked(&s);
	DONE("hurry-keepers");
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_ASKED);
	pass(GRACE);
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_LATE);
	shutdown_asked(&s);
	CHECK_INT(shutdown_patience(&s), SHUTDOWN_LEAVING);
	done[0] = '\0';
	again = false;
	shutdown_closed(&s);
	pass(0);
	DONE("keepers? finish");
	shutdown_asked(&s);
	pass(GRACE);
	DONE("");
}

/* Nobody tells that a keeper hangs: it is looked at, again and again. */
static void looks_at_keepers(void)
{
	start(GRACE, false);
	again = true;
	shutdown_ended(&s);
	shutdown_emptied(&s);
	pass(CLOCK_SECOND / 2);
	DONE("close keepers? keepers? keepers? keepers? keepers? keepers?");
}

int main(void)
{
	TEST("shutdown: without a signal everybody takes the time that they need", ends_by_itself);
	TEST("shutdown: a signal starts the grace, and at its end inputs are drained", grace_runs);
	TEST("shutdown: a second signal ends the inputs, and a third does nothing", asked_twice);
	TEST("shutdown: without a grace the first signal drains", no_grace);
	TEST("shutdown: what may hang is looked at until there is nothing more to see",
	     looks_until_told);
	TEST("shutdown: best-effort standard output is looked at without a signal",
	     best_effort_is_looked_at);
	TEST("shutdown: the last input may end within any act", ends_within_acts);
	TEST("shutdown: all may be written within an act, too", empties_within_an_act);
	TEST("shutdown: signals while the rings are emptied", signals_while_emptying);
	TEST("shutdown: signals while keepers end", signals_while_closing);
	TEST("shutdown: keepers are looked at though nobody tells anything", looks_at_keepers);
	return test_end();
}
