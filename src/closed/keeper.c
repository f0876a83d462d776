/*
 * The thread that looks after closed files: delete, have them synced and compressed, on-roll.
 *
 * The writer tells it what it closed and where lines go now, and goes on. The thread takes all that
 * it was told at once, brings the catalog up to date, collects what the compressor has made,
 * deletes what the rules say, and gives the compressor the next file; in this order, so that no
 * rule is applied, and nothing compressed, by a list that is older than what the writer has told.
 * Nothing of that holds up a line. The writer waits in four cases:
 *
 *   - the clock was set back, so lines go to an older file, which may be about to be deleted
 *     (keeper_settle);
 *   - with --max-total, a new part waits until those before it are deleted (the same);
 *   - the disk is full (keeper_make_room);
 *   - files that are newer than the current one are being deleted (`claimed`). That is not begun
 *     before all that the writer told has been heard, and not while it may open such a file without
 *     a word.
 *
 * A mutex that the thread holds while it works would be simpler than a queue; but then each
 * deletion and each hung disk would hold up the lines. So it is never held across a call of
 * the system.
 *
 * Files are renamed and unlinked only on this thread: the compressor makes nothing but temporaries.
 * What a crash may leave is mended at the start: a temporary is removed; of a plain
 * file and its compressed double, once they are seen to hold the same, the plain one goes.
 */
#include "closed/keeper.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/watchdog.h"
#include "closed/catalog.h"
#include "closed/compression.h"
#include "closed/pruner.h"
#include "closed/syncer.h"
#include "family/directory.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 64 };

#define STUCK CLOCK_SECOND /* a call is abandoned only after this time */

enum event_kind {
	EVENT_PERIOD,  /* lines go to a file of a period; which one is not known yet */
	EVENT_CURRENT, /* they go to this file */
	EVENT_CLOSED,  /* nothing will be added to this one */
};

struct event {
	enum event_kind kind;
	struct names_member member;
	bool may_open; /* unless EVENT_CLOSED: a newer file may be opened without notice */
	uint64_t size; /* EVENT_CLOSED */
};

/* How far the keeper has come; it never goes back. */
enum stage {
	WORKING,
	ENDING,   /* what is under way is finished; a compression, if that is soon enough */
	HURRYING, /* or not even that */
	ENDED,    /* the thread has nothing left to do */
};

struct keeper {
	struct directory *dir;
	struct keeper_options o;
	pthread_t thread;
	struct watchdog *watchdog;
	struct syncer *syncer;

	/* the thread's own */
	struct catalog catalog;
	struct pruner pruner;
	struct compression compression;
	struct hook *hook;
	bool may_open; /* the writer may open a newer file at any time */

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t asked, settled;
	struct event events[MAX_EVENTS];
	size_t event_count;
	bool full, freed; /* the writer wants room; the last attempt made some */
	bool quota;       /* because a quota is exceeded */
	bool claimed;     /* the writer must not open a newer file */
	bool compressor_ended;
	enum stage stage;
	uint64_t told, done; /* events */
	int64_t ending_ns;   /* CLOCK_MONOTONIC: the time of keeper_end; of the thread outside */
};

static void move_on(struct keeper *k, enum stage to)
{
	must(pthread_mutex_lock(&k->lock));
	if (k->stage < to)
		k->stage = to;
	must(pthread_cond_signal(&k->asked));
	must(pthread_mutex_unlock(&k->lock));
}

/* ---- what the others tell ---- */

static void run_hook(void *arg, const struct names_member *m)
{
	struct keeper *k = arg;
	char name[NAMES_SIZE], path[NAMES_SIZE + 4096];

	if (!k->hook)
		return;
	names_build(&k->o.names, m, name);
	snprintf(path, sizeof(path), "%s%s", directory_prefix(k->dir), name);
	hook_run(k->hook, path);
}

static void on_compressor_end(void *arg)
{
	struct keeper *k = arg;

	must(pthread_mutex_lock(&k->lock));
	k->compressor_ended = true;
	must(pthread_cond_signal(&k->asked));
	must(pthread_mutex_unlock(&k->lock));
}

/* For the pruner: whether the writer has no newer file open, and opens none until on_release. */
static bool on_claim(void *arg)
{
	struct keeper *k = arg;
	bool claimed;

	if (k->may_open)
		return false;
	must(pthread_mutex_lock(&k->lock));
	claimed = k->claimed = k->event_count == 0;
	must(pthread_mutex_unlock(&k->lock));
	return claimed;
}

static void on_release(void *arg)
{
	struct keeper *k = arg;

	must(pthread_mutex_lock(&k->lock));
	k->claimed = false;
	must(pthread_cond_broadcast(&k->settled));
	must(pthread_mutex_unlock(&k->lock));
}

/* ---- events ---- */

static void on_closed(struct keeper *k, const struct event *e)
{
	const struct names_member *m = &e->member;

	catalog_add(&k->catalog, m, e->size, (time_t)(clock_real_ns() / CLOCK_SECOND));
	if (!k->o.compress) /* otherwise after it is compressed */
		run_hook(k, m);
}

/* Lines go to another file, so other files are closed. One that lines go to again is so no more. */
static void on_current(struct keeper *k, const struct event *e)
{
	k->catalog.limit = e->member;
	k->may_open = e->may_open;
	if (e->kind == EVENT_PERIOD)
		pruner_begin_period(&k->pruner);
	else
		pruner_know_file(&k->pruner);
	compression_recheck(&k->compression);
}

static void on_event(struct keeper *k, const struct event *e)
{
	switch (e->kind) {
	case EVENT_PERIOD:
	case EVENT_CURRENT:
		on_current(k, e);
		break;
	case EVENT_CLOSED:
		on_closed(k, e);
		break;
	}
}

/* The work found at one moment. */
struct work {
	struct event events[MAX_EVENTS];
	size_t event_count;
	bool full, quota, compressor_ended, last;
};

/* Waits for work, and takes it. */
static void take_work(struct keeper *k, struct work *w)
{
	must(pthread_mutex_lock(&k->lock));
	while (!k->event_count && !k->full && !k->compressor_ended && k->stage == WORKING)
		must(pthread_cond_wait(&k->asked, &k->lock));
	memcpy(w->events, k->events, k->event_count * sizeof(*k->events));
	w->event_count = k->event_count;
	w->full = k->full;
	w->quota = k->full && k->quota;
	w->compressor_ended = k->compressor_ended;
	w->last = k->stage != WORKING;
	k->event_count = 0;
	k->compressor_ended = false;
	must(pthread_mutex_unlock(&k->lock));
}

static void settle(struct keeper *k, const struct work *w, bool freed)
{
	must(pthread_mutex_lock(&k->lock));
	k->done += w->event_count;
	if (w->full) { /* if the disk got full since, room made earlier is not enough */
		k->full = false;
		k->freed = freed;
	}
	must(pthread_cond_broadcast(&k->settled));
	must(pthread_mutex_unlock(&k->lock));
}

/* Waits for a running compression for at most the patience. */
static void await_compression(struct keeper *k)
{
	int64_t until = clock_mono_ns() + k->o.patience_ns;

	must(pthread_mutex_lock(&k->lock));
	while (k->stage < HURRYING && compression_is_busy(&k->compression) &&
	       condition_wait_until(&k->asked, &k->lock, until))
		;
	must(pthread_mutex_unlock(&k->lock));
	compression_end(&k->compression);
}

/* Here and not in keeper_join: the command of --on-roll may take long, and signals must be handled
 * meanwhile. */
static void stop_helpers(struct keeper *k)
{
	compression_stop(&k->compression);
	if (k->hook)
		hook_stop(k->hook,
			  k->o.patience_ns < CLOCK_SECOND ? k->o.patience_ns : CLOCK_SECOND);
}

static void *keeper_thread(void *arg)
{
	struct keeper *k = arg;
	struct work w;

	pthread_setname_np(pthread_self(), "keeper");
	do {
		take_work(k, &w);
		for (size_t i = 0; i < w.event_count; i++)
			on_event(k, &w.events[i]);
		if (w.compressor_ended)
			compression_collect(&k->compression);
		bool freed = pruner_run(&k->pruner, w.quota);
		if (!w.last)
			compression_begin(&k->compression);
		settle(k, &w, freed);
	} while (!w.last);
	await_compression(k);
	syncer_finish(k->syncer);
	stop_helpers(k);
	move_on(k, ENDED);
	if (k->o.on_end)
		k->o.on_end(k->o.arg);
	return NULL;
}

/* ---- from outside ---- */

static struct pruner_options pruner_options(struct keeper *k)
{
	return (struct pruner_options){
		.calendar = k->o.calendar,
		.rules = k->o.rules,
		.default_keep_free = k->o.default_keep_free,
		.part_limit = k->o.part_limit,
		.compress = k->o.compress,
		.claim = on_claim,
		.release = on_release,
		.arg = k,
	};
}

struct keeper *keeper_start(struct directory *dir, const struct keeper_options *o)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int error;

	if (!k)
		return NULL;
	k->dir = dir;
	k->o = *o;
	must(pthread_mutex_init(&k->lock, NULL));
	condition_init(&k->asked);
	condition_init(&k->settled);
	k->watchdog = watchdog_new(directory_prefix(dir), false);
	if (!k->watchdog)
		goto fail;
	k->catalog = (struct catalog){ .dir = dir, .names = &k->o.names, .watchdog = k->watchdog };
	k->pruner = (struct pruner){ .o = pruner_options(k),
				     .catalog = &k->catalog,
				     .compression = &k->compression };
	if (o->compress && compression_start(&k->compression, &k->catalog, &o->compressor,
					     on_compressor_end, run_hook, k) < 0)
		goto fail;
	if (o->hook.command) {
		k->hook = hook_start(&o->hook);
		if (!k->hook)
			goto fail;
	}
	k->syncer = syncer_start(dir, &k->o.names);
	if (!k->syncer)
		goto fail;
	error = pthread_create(&k->thread, NULL, keeper_thread, k);
	if (!error)
		return k;
	syncer_finish(k->syncer);
	syncer_free(k->syncer);
	errno = error;
fail:
	error = errno;
	compression_stop(&k->compression);
	if (k->hook)
		hook_stop(k->hook, 0);
	watchdog_free(k->watchdog);
	free(k);
	errno = error;
	return NULL;
}

static void tell(struct keeper *k, const struct event *e)
{
	must(pthread_mutex_lock(&k->lock));
	while (k->event_count == MAX_EVENTS || k->claimed)
		must(pthread_cond_wait(&k->settled, &k->lock));
	k->events[k->event_count++] = *e;
	k->told++;
	must(pthread_cond_signal(&k->asked));
	must(pthread_mutex_unlock(&k->lock));
}

void keeper_current(struct keeper *k, const struct names_member *m, bool may_open)
{
	tell(k, &(struct event){ .kind = m->part == 0 ? EVENT_PERIOD : EVENT_CURRENT,
				 .member = *m,
				 .may_open = may_open });
}

void keeper_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size)
{
	if (fd >= 0)
		syncer_sync(k->syncer, m, fd);
	tell(k, &(struct event){ .kind = EVENT_CLOSED, .member = *m, .size = size });
}

bool keeper_make_room(struct keeper *k, bool quota)
{
	bool freed;

	must(pthread_mutex_lock(&k->lock));
	k->full = true;
	k->quota = quota;
	must(pthread_cond_signal(&k->asked));
	while (k->full)
		must(pthread_cond_wait(&k->settled, &k->lock));
	freed = k->freed;
	must(pthread_mutex_unlock(&k->lock));
	return freed;
}

void keeper_settle(struct keeper *k)
{
	must(pthread_mutex_lock(&k->lock));
	while (k->done != k->told)
		must(pthread_cond_wait(&k->settled, &k->lock));
	must(pthread_mutex_unlock(&k->lock));
}

void keeper_end(struct keeper *k)
{
	k->ending_ns = clock_mono_ns();
	move_on(k, ENDING);
}

void keeper_hurry(struct keeper *k)
{
	move_on(k, HURRYING);
}

/* Abandons a thread whose call has lasted for ns. Returns: its watchdog, or NULL. */
static struct watchdog *abandon(struct keeper *k, int64_t ns)
{
	if (clock_mono_ns() - k->ending_ns < ns)
		return NULL;
	if (ns < STUCK)
		ns = STUCK;
	if (watchdog_abandon(syncer_watchdog(k->syncer), ns))
		return syncer_watchdog(k->syncer);
	return watchdog_abandon(k->watchdog, ns) ? k->watchdog : NULL;
}

bool keeper_abandon(struct keeper *k, int64_t ns, bool *synced)
{
	char text[WATCHDOG_DOING];
	struct watchdog *stuck = abandon(k, ns);

	if (!stuck)
		return false;
	*synced = syncer_synced(k->syncer);
	diag(DIAG_LOSS, "the call to %s does not return; giving up on it%s",
	     watchdog_doing(stuck, text),
	     !*synced ? ", so the lines written last may not be on the disk" : "");
	return true;
}

static void look(struct watchdog *d)
{
	if (watchdog_look(d))
		watchdog_say(d, "all lines are written, and logsink waits for it before it exits");
}

bool keeper_ended(struct keeper *k)
{
	look(k->watchdog);
	look(syncer_watchdog(k->syncer));

	bool ended;

	must(pthread_mutex_lock(&k->lock));
	ended = k->stage == ENDED;
	must(pthread_mutex_unlock(&k->lock));
	return ended;
}

bool keeper_join(struct keeper *k)
{
	bool synced;

	must(pthread_join(k->thread, NULL));
	synced = syncer_synced(k->syncer);
	syncer_free(k->syncer);
	family_clear(&k->catalog.family);
	watchdog_free(k->watchdog);
	must(pthread_cond_destroy(&k->asked));
	must(pthread_cond_destroy(&k->settled));
	must(pthread_mutex_destroy(&k->lock));
	free(k);
	return synced;
}
