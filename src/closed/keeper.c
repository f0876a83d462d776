/*
 * The thread that looks after closed files: delete, have them synced and compressed, on-roll.
 *
 * The writer tells it what it closed and what it writes now, and goes on. What
 * must never happen is that a file is deleted or replaced while lines still go to
 * it, and the writer may be some files ahead of what we know. Hence one rule: a file
 * is closed if it is older, by period and part, than the one the writer named last
 * (`limit`). Only when the clock was set back does the writer go to an older file, and
 * then it waits until we know (keeper_settle).
 *
 * What is newer is there only if the clock is behind, and is of no concern, but for the
 * disk: it counts for --max-total and --keep-free, and goes when all older files have
 * gone. The writer may be about to open it. So it tells us before, and has to wait with
 * that while we delete such files (`claimed`), which we do not begin before we
 * have heard all that it told.
 *
 * Only here are files renamed and unlinked: the compressor makes nothing but temporaries.
 * What a crash may leave is mended at the start: a temporary is removed; of a plain
 * file and its compressed double, once they are seen to hold the same, the plain one goes.
 */
#include "closed/keeper.h"

#include "base/clock.h"
#include "base/condition.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/watchdog.h"
#include "closed/replace.h"
#include "closed/syncer.h"
#include "family/directory.h"
#include "family/family.h"
#include "family/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAX_EVENTS = 64 };

#define STUCK CLOCK_SECOND /* a call is abandoned only after this time */

struct event {
	struct names_member member; /* part 0: a period begins */
	bool closed;                /* false: it is the current file now */
	bool stays; /* current, and the file that is due may be opened without notice */
	uint64_t size;
};

struct keeper {
	struct directory *dir;
	struct keeper_options o;
	pthread_t thread;
	struct watchdog *watchdog;
	struct syncer *syncer;

	/* the thread's own */
	struct family family;      /* all known files of the family on the disk */
	bool listed;               /* the list is filled; false: no rule has needed it so far */
	struct names_member limit; /* older files are closed */
	struct compressor *compressor;
	struct hook *hook;
	struct names_member compressing; /* the file that the compressor was given */
	bool compressor_out;             /* its result has not been read yet */
	bool scanned;                    /* since the period began */
	bool staying;                    /* the writer may open a newer file at any time */
	bool said_behind, said_written;

	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t asked, settled;
	struct event events[MAX_EVENTS];
	size_t event_count;
	bool full, freed; /* the writer wants room; the last attempt made some */
	bool quota;       /* because a quota is exceeded */
	bool claimed;     /* the writer must not open a newer file */
	bool compressor_ended, quit, hurry, ended;
	uint64_t told, done; /* events */
	int64_t ending_ns;   /* CLOCK_MONOTONIC: the time of keeper_end; of the thread outside */
};

/* ---- calls that may take long ---- */

/* The keeper's own thread begins this operation on the file name. */
static void begin_call(struct keeper *k, const char *operation, const char *name)
{
	watchdog_step(k->watchdog, operation, name);
	watchdog_begin(k->watchdog);
}

/* Preserves errno. */
static void end_call(struct keeper *k)
{
	watchdog_end(k->watchdog);
}

/* ---- the list ---- */

static bool same_file(const struct names_member *a, const struct names_member *b)
{
	return names_order(a, b) == 0 && a->suffix == b->suffix;
}

static bool is_closed(const struct keeper *k, const struct names_member *m)
{
	return names_order(m, &k->limit) < 0;
}

/* The number of closed files, which are the first ones of the list. */
static size_t closed_count(const struct keeper *k)
{
	return family_older(&k->family, &k->limit);
}

/* The first file of the list that is newer by name than the current one. */
static size_t first_newer(const struct keeper *k)
{
	size_t i = closed_count(k);

	while (i < k->family.count && names_order(&k->family.files[i].member, &k->limit) == 0)
		i++;
	return i;
}

static void list_add(struct keeper *k, const struct names_member *m, uint64_t size, time_t mtime)
{
	const struct family_file file = {
		.member = *m, .size = size, .mtime = mtime, .measured = true
	};

	if (k->listed && family_add(&k->family, &file) < 0)
		diag(DIAG_WARNING,
		     "out of memory for the list of closed files: %s; this file will not be "
		     "deleted or compressed before the next period",
		     strerror(errno));
}

static void remove_leftover(void *arg, const char *name)
{
	const struct keeper *k = arg;
	int fd = directory_enter(k->dir, name, false);

	if (fd >= 0 && unlinkat(fd, directory_base(name), 0) == 0)
		diag(DIAG_INFO, "removed %s%s, left by an unfinished compression",
		     directory_prefix(k->dir), name);
	directory_leave(k->dir, fd);
}

/* Warns once if the clock is more than a day behind the date in a file's name. */
static void look_at_clock(struct keeper *k)
{
	const int64_t day = 24 * 60 * 60;
	char name[NAMES_SIZE];

	if (k->family.count == 0)
		return; /* there may be no list */
	const struct family_file *newest = &k->family.files[k->family.count - 1];
	if (k->said_behind || k->o.calendar.roll == CALENDAR_NEVER ||
	    !(k->o.rules.max_total || k->o.rules.keep_free) || is_closed(k, &newest->member) ||
	    calendar_moment(&k->o.calendar, (time_t)newest->member.period) -
			    clock_real_ns() / CLOCK_SECOND <
		    day)
		return;
	k->said_behind = true;
	names_build(&k->o.names, &newest->member, name);
	diag(DIAG_WARNING,
	     "the clock is behind the date in the name of %s%s; such files are kept "
	     "until the clock has passed them, except by --max-total and --keep-free, "
	     "which delete older files first",
	     directory_prefix(k->dir), name);
}

/* Uses the file system that is there now, which need not be that of the start. */
static uint64_t look_at_disk(struct keeper *k)
{
	struct statvfs fs;

	begin_call(k, "check the free space of", "");
	int result = fstatvfs(directory_fd(k->dir), &fs);
	end_call(k);
	if (result < 0)
		return UINT64_MAX;
	if (k->o.default_keep_free)
		k->o.rules.keep_free = retain_default_free((uint64_t)fs.f_blocks * fs.f_frsize);
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

/*
 * Whether some rule needs the list of files now. The list takes memory for each file. While there
 * is room on the disk, --keep-free alone does not need it.
 */
static bool needs_list(const struct keeper *k, uint64_t free_bytes)
{
	const struct retain_rules *r = &k->o.rules;

	return r->keep != RETAIN_ALL || r->max_age_s || r->max_total || k->o.compress ||
	       free_bytes < r->keep_free;
}

/* Reads the directory; list: also fills the list of files. */
static void scan(struct keeper *k, bool list)
{
	/* Read sizes only if a rule needs all of them: with many files that takes a while. */
	bool measured = k->o.rules.max_total || k->o.calendar.roll == CALENDAR_NEVER;

	k->listed = list;
	if (!list)
		family_clear(&k->family);
	/* A temporary is a leftover, unless the compressor is writing it. */
	begin_call(k, "read the directory of", "");
	if (family_scan(k->dir, &k->o.names, measured, list ? &k->family : NULL,
			k->compressor_out ? NULL : remove_leftover, k) < 0)
		diag(DIAG_WARNING,
		     "cannot read the directory of the log, %s: %s; old files are kept",
		     directory_name(k->dir), strerror(errno));
	end_call(k);
	k->scanned = true;
	look_at_clock(k);
}

/* ---- work on files ---- */

/* Whether another logsink writes to this file of our family, which is reported once. */
static bool is_written(struct keeper *k, const char *name)
{
	int dir = directory_enter(k->dir, name, false);
	bool written = dir >= 0 && lock_is_written(dir, directory_base(name));

	directory_leave(k->dir, dir);
	if (written && !k->said_written)
		diag(DIAG_WARNING,
		     "%s%s is being written to by another logsink, so it is neither deleted nor "
		     "compressed; give each logsink a FILE that shares no files with the other",
		     directory_prefix(k->dir), name);
	k->said_written = k->said_written || written;
	return written;
}

static int unlink_member(const struct keeper *k, const struct names_member *m)
{
	char name[NAMES_SIZE];
	int fd, result, error;

	names_build(&k->o.names, m, name);
	fd = directory_enter(k->dir, name, false);
	if (fd < 0)
		return -1;
	result = unlinkat(fd, directory_base(name), 0);
	error = errno;
	directory_leave(k->dir, fd);
	directory_prune(k->dir, name);
	errno = error;
	return result;
}

/* The bytes of the closed files, and of those from index newer on. */
static struct retain_state state_now(const struct keeper *k, size_t newer, uint64_t free_bytes)
{
	struct retain_state s = {
		.closed = closed_count(k),
		.other_bytes = retain_other_bytes(k->o.part_limit, k->o.compress),
		.free_bytes = free_bytes,
		.now = (time_t)(clock_real_ns() / CLOCK_SECOND),
	};

	for (size_t i = 0; i < s.closed; i++)
		s.closed_bytes += k->family.files[i].size;
	for (size_t i = newer; i < k->family.count; i++)
		s.closed_bytes += k->family.files[i].size;
	return s;
}

/* ---- compression ---- */

static void run_hook(struct keeper *k, const struct names_member *m)
{
	char name[NAMES_SIZE], path[NAMES_SIZE + 4096];

	if (!k->hook)
		return;
	names_build(&k->o.names, m, name);
	snprintf(path, sizeof(path), "%s%s", directory_prefix(k->dir), name);
	hook_run(k->hook, path);
}

/* The oldest file that should be compressed; count if there is none. */
static size_t next_to_compressor(const struct keeper *k)
{
	size_t closed = closed_count(k);

	for (size_t i = 0; i < closed; i++)
		if (!k->family.files[i].failed && family_compressible(&k->family, i, closed))
			return i;
	return k->family.count;
}

static void compressor_names(const struct keeper *k, struct names_member *m, char plain[NAMES_SIZE],
			     char final[NAMES_SIZE], char temporary[NAMES_SIZE])
{
	*m = k->compressing;
	names_build(&k->o.names, m, plain);
	m->suffix = k->o.compressor.suffix;
	names_build(&k->o.names, m, final);
	family_temporary(final, temporary);
}

static void begin_compressor(struct keeper *k)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct names_member m;
	size_t i;

	if (!k->compressor || k->compressor_out)
		return;
	do {
		i = next_to_compressor(k);
		if (i == k->family.count)
			return;
		k->compressing = k->family.files[i].member;
		compressor_names(k, &m, plain, final, temporary);
		begin_call(k, "examine", plain);
		k->family.files[i].failed = is_written(k, plain);
		end_call(k);
	} while (k->family.files[i].failed);
	k->compressor_out = true;
	compressor_begin(k->compressor, plain, final, temporary);
}

static void drop_temporary(struct keeper *k)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct names_member m;

	compressor_names(k, &m, plain, final, temporary);
	remove_leftover(k, temporary);
}

/* Puts the compressed form in the plain file's place; made: it still has its temporary name. */
static int replace_plain(struct keeper *k, bool made, struct names_member *m, struct stat *st)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct replacement r;
	int result, error;

	compressor_names(k, m, plain, final, temporary);
	begin_call(k, "replace", plain);
	r.dir = directory_enter(k->dir, final, false);
	if (r.dir < 0) {
		end_call(k);
		return -1;
	}
	r.plain = directory_base(plain);
	r.final = directory_base(final);
	r.temporary = made ? directory_base(temporary) : NULL;
	compressor_source(k->compressor, &r.source);
	result = replace_file(&r, st);
	error = errno;
	if (result < 0 && made)
		(void)unlinkat(r.dir, r.temporary, 0);
	directory_leave(k->dir, r.dir);
	end_call(k);
	if (result < 0 && error != ENOENT)
		diag(DIAG_WARNING, "cannot replace %s%s with its compressed form: %s; it is kept",
		     directory_prefix(k->dir), plain,
		     error == EBUSY ? "it was changed in the meantime" : strerror(error));
	errno = error;
	return result;
}

static void finish_compressor(struct keeper *k, size_t i, bool made)
{
	struct names_member m;
	char name[NAMES_SIZE];
	struct stat st;

	if (replace_plain(k, made, &m, &st) < 0) {
		if (errno == ENOENT)
			family_cut(&k->family, i, i + 1); /* moved or deleted by someone else */
		else
			k->family.files[i].failed = true;
		return;
	}
	names_build(&k->o.names, &m, name);
	diag(DIAG_INFO, "compressed to %s%s", directory_prefix(k->dir), name);
	family_cut(&k->family, i, i + 1);
	list_add(k, &m, (uint64_t)st.st_size, st.st_mtime);
	run_hook(k, &m);
}

static void cancel_made(struct keeper *k)
{
	begin_call(k, "delete a temporary file of", "");
	drop_temporary(k);
	end_call(k);
}

/* Looks whether the compressor has ended its work on k->compressing, one way or the other. */
static void end_compressor(struct keeper *k)
{
	enum compressor_result result =
		k->compressor_out ? compressor_result(k->compressor) : COMPRESSOR_BUSY;
	size_t i = family_find(&k->family, &k->compressing);
	bool listed = i < k->family.count;

	k->compressor_out = k->compressor_out && result == COMPRESSOR_BUSY;
	switch (result) {
	case COMPRESSOR_DONE:
	case COMPRESSOR_DOUBLE:
		if (listed && is_closed(k, &k->compressing))
			finish_compressor(k, i, result == COMPRESSOR_DONE);
		else if (result == COMPRESSOR_DONE)
			cancel_made(k); /* it was deleted, or lines go to it again */
		break;
	case COMPRESSOR_FAILED:
		if (listed)
			k->family.files[i].failed = true;
		break;
	case COMPRESSOR_GONE:
		if (listed)
			family_cut(&k->family, i, i + 1);
		break;
	case COMPRESSOR_BUSY:
	case COMPRESSOR_STOPPED:
		break;
	}
}

/* Stops the compression of this file, if it is the running one. */
static void cancel_compressor(struct keeper *k, const struct names_member *m)
{
	char name[NAMES_SIZE];

	if (!k->compressor_out || !same_file(m, &k->compressing))
		return;
	names_build(&k->o.names, m, name);
	begin_call(k, "stop compressing", name);
	compressor_cancel(k->compressor);
	if (compressor_result(k->compressor) == COMPRESSOR_DONE)
		drop_temporary(k);
	end_call(k);
	k->compressor_out = false;
}

static void on_compressor_end(void *arg)
{
	struct keeper *k = arg;

	must(pthread_mutex_lock(&k->lock));
	k->compressor_ended = true;
	must(pthread_cond_signal(&k->asked));
	must(pthread_mutex_unlock(&k->lock));
}

/* ---- deletion ---- */

static void remove_file(struct keeper *k, const struct names_member *m, enum retain_verdict why)
{
	char name[NAMES_SIZE];

	cancel_compressor(k, m);
	names_build(&k->o.names, m, name);
	begin_call(k, "delete", name);
	bool written = is_written(k, name);
	int result = written ? -1 : unlink_member(k, m);
	end_call(k);
	if (written)
		return;
	if (result == 0)
		diag(DIAG_DELETED, "%s%s (%s)", directory_prefix(k->dir), name, retain_option(why));
	else if (errno != ENOENT)
		diag(DIAG_WARNING, "cannot delete %s%s for %s: %s; it is kept",
		     directory_prefix(k->dir), name, retain_option(why), strerror(errno));
}

static void measure(struct keeper *k, struct family_file *f)
{
	char name[NAMES_SIZE];

	names_build(&k->o.names, &f->member, name);
	begin_call(k, "examine", name);
	family_measure(k->dir, &k->o.names, f);
	end_call(k);
}

/* Applies the rules to the files from one index to before another; returns how many it deleted. */
static size_t prune_range(struct keeper *k, const struct retain_rules *rules,
			  struct retain_state *s, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++) {
		struct family_file *f = &k->family.files[i];

		if (!f->measured && s->free_bytes < rules->keep_free) {
			measure(k, f);
			s->closed_bytes += f->size;
		}
		enum retain_verdict why = retain_step(rules, s, &k->o.calendar, f);
		if (why == RETAIN_STAYS)
			break;
		remove_file(k, &f->member, why);
	}
	/* Remove it from the list even if deleting failed: it is not retried before the next scan.
	 */
	family_cut(&k->family, from, i);
	return i - from;
}

/* Whether newer files may be deleted until release(): the writer has none open, and opens none. */
static bool claim(struct keeper *k)
{
	bool claimed;

	if (k->limit.part == 0 || k->staying || first_newer(k) == k->family.count ||
	    !(k->o.rules.max_total || k->o.rules.keep_free))
		return false;
	must(pthread_mutex_lock(&k->lock));
	claimed = k->claimed = k->event_count == 0;
	must(pthread_mutex_unlock(&k->lock));
	return claimed;
}

static void release(struct keeper *k)
{
	must(pthread_mutex_lock(&k->lock));
	k->claimed = false;
	must(pthread_cond_broadcast(&k->settled));
	must(pthread_mutex_unlock(&k->lock));
}

/* Newer files matter only for the room that they take. */
static size_t prune_newer(struct keeper *k, struct retain_state *s)
{
	struct retain_rules rules = k->o.rules;
	size_t first = first_newer(k);

	rules.keep = RETAIN_ALL;
	rules.max_age_s = 0;
	s->closed = k->family.count - first;
	return prune_range(k, &rules, s, first, k->family.count);
}

/* Applies the rules; true: a file was deleted. quota: see keeper_make_room. */
static bool prune(struct keeper *k, bool quota)
{
	uint64_t free_bytes = look_at_disk(k);

	if (k->scanned && !k->listed &&
	    ((quota && k->o.rules.keep_free) || needs_list(k, free_bytes)))
		scan(k, true);
	bool claimed = claim(k);
	size_t newer = claimed ? first_newer(k) : k->family.count;
	struct retain_state s = state_now(k, newer, free_bytes);
	size_t closed = s.closed;

	s.over_quota = quota;
	size_t gone = prune_range(k, &k->o.rules, &s, 0, closed);
	if (claimed && gone == closed)
		gone += prune_newer(k, &s);
	if (claimed)
		release(k);
	return gone > 0;
}

/* ---- events ---- */

static void on_closed(struct keeper *k, const struct event *e)
{
	const struct names_member *m = &e->member;

	list_add(k, m, e->size, (time_t)(clock_real_ns() / CLOCK_SECOND));
	if (!k->o.compress) /* otherwise after it is compressed */
		run_hook(k, m);
}

static void on_current(struct keeper *k, const struct event *e)
{
	k->limit = e->member;
	k->staying = e->stays;
	if (e->member.part == 0)
		k->scanned = false;
	else if (!k->scanned)
		scan(k, needs_list(k, look_at_disk(k)));
	if (k->compressor_out && !is_closed(k, &k->compressing))
		cancel_compressor(k, &k->compressing);
}

/* The work found at one moment. */
struct work {
	struct event events[MAX_EVENTS];
	size_t event_count;
	bool full, quota, compressor_ended, quit;
};

/* Waits for work, and takes it. */
static void take_work(struct keeper *k, struct work *w)
{
	must(pthread_mutex_lock(&k->lock));
	while (!k->event_count && !k->full && !k->compressor_ended && !k->quit)
		must(pthread_cond_wait(&k->asked, &k->lock));
	memcpy(w->events, k->events, k->event_count * sizeof(*k->events));
	w->event_count = k->event_count;
	w->full = k->full;
	w->quota = k->full && k->quota;
	w->compressor_ended = k->compressor_ended;
	w->quit = k->quit;
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
static void await_compressor(struct keeper *k)
{
	int64_t until = clock_mono_ns() + k->o.patience_ns;

	must(pthread_mutex_lock(&k->lock));
	while (!k->hurry && compressor_result(k->compressor) == COMPRESSOR_BUSY &&
	       condition_wait_until(&k->asked, &k->lock, until))
		;
	must(pthread_mutex_unlock(&k->lock));
	begin_call(k, "compress a file of", "");
	compressor_cancel(k->compressor);
	end_call(k);
	end_compressor(k);
}

/* Here and not in keeper_join: the command of --on-roll may take its time, and signals are answered
 * meanwhile. */
static void stop_helpers(struct keeper *k)
{
	if (k->compressor)
		compressor_stop(k->compressor);
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
			(w.events[i].closed ? on_closed : on_current)(k, &w.events[i]);
		if (w.compressor_ended)
			end_compressor(k);
		bool freed = prune(k, w.quota);
		if (!w.quit)
			begin_compressor(k);
		settle(k, &w, freed);
	} while (!w.quit);
	if (k->compressor_out)
		await_compressor(k);
	syncer_finish(k->syncer);
	stop_helpers(k);
	must(pthread_mutex_lock(&k->lock));
	k->ended = true;
	must(pthread_mutex_unlock(&k->lock));
	if (k->o.on_end)
		k->o.on_end(k->o.arg);
	return NULL;
}

/* ---- from outside ---- */

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
	if (o->compress) {
		k->compressor = compressor_start(dir, &o->compressor, on_compressor_end, k);
		if (!k->compressor)
			goto fail;
	}
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
	if (k->compressor)
		compressor_stop(k->compressor);
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
	tell(k, &(struct event){ .member = *m, .stays = may_open });
}

void keeper_closed(struct keeper *k, const struct names_member *m, int fd, uint64_t size)
{
	if (fd >= 0)
		syncer_sync(k->syncer, m, fd);
	tell(k, &(struct event){ .member = *m, .closed = true, .size = size });
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

static void order(struct keeper *k, bool *what)
{
	must(pthread_mutex_lock(&k->lock));
	*what = true;
	must(pthread_cond_signal(&k->asked));
	must(pthread_mutex_unlock(&k->lock));
}

void keeper_end(struct keeper *k)
{
	k->ending_ns = clock_mono_ns();
	order(k, &k->quit);
}

void keeper_hurry(struct keeper *k)
{
	order(k, &k->hurry);
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
	diag(DIAG_LOSS, "%s does not come back; not waiting for it any longer%s",
	     watchdog_doing(stuck, text),
	     !*synced ? ", so what was written last may not be on the disk" : "");
	return true;
}

static void look(struct watchdog *d)
{
	if (watchdog_look(d))
		watchdog_say(d, "all lines are written, and the end waits for it");
}

bool keeper_ended(struct keeper *k)
{
	look(k->watchdog);
	look(syncer_watchdog(k->syncer));

	bool ended;

	must(pthread_mutex_lock(&k->lock));
	ended = k->ended;
	must(pthread_mutex_unlock(&k->lock));
	return ended;
}

bool keeper_join(struct keeper *k)
{
	bool synced;

	must(pthread_join(k->thread, NULL));
	synced = syncer_synced(k->syncer);
	syncer_free(k->syncer);
	family_clear(&k->family);
	watchdog_free(k->watchdog);
	must(pthread_cond_destroy(&k->asked));
	must(pthread_cond_destroy(&k->settled));
	must(pthread_mutex_destroy(&k->lock));
	free(k);
	return synced;
}
