/* Open what the options name, start the threads, wait, and say how it went. */
#include "check.h"
#include "clock.h"
#include "diag.h"
#include "fdio.h"
#include "intake.h"
#include "keeper.h"
#include "logdir.h"
#include "logfile.h"
#include "loop.h"
#include "names.h"
#include "options.h"
#include "retain.h"
#include "ring.h"
#include "source.h"
#include "stats.h"
#include "tee.h"
#include "writer.h"
#include "zone.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_ALL_WRITTEN = 0, EXIT_LOST = 1, EXIT_USAGE = 2 };

/* What a run is made of; in the order in which it is opened. */
struct sink {
	const struct options *o;
	struct stats stats;
	struct source *sources[OPTIONS_INPUTS];
	size_t source_count;
	struct names names;
	bool ambiguous;      /* the names repeat */
	uint64_t part_limit; /* bytes that a file may come to */
	struct retain_rules rules;
	bool compress;
	struct logdir *dir;
	struct keeper *keeper;
	struct logfile *file;
	struct loop *loop;
	struct ring *ring;
	struct ring_cursor *file_cursor, *tee_cursor;
	struct intake *intake;
	struct writer *writer;
	struct tee *tee;
	bool hung; /* the writer never came back from the disk */
};

static int no_memory(const char *what)
{
	diag(DIAG_FATAL, "cannot start %s: %s", what, strerror(errno));
	return -1;
}

/* Modes: those of the command line are meant exactly, the defaults mind the umask. */
static mode_t effective(mode_t mode, bool exact, mode_t mask)
{
	return exact ? mode : mode & ~mask;
}

/* A FILE that cannot name a family is the user's mistake. */
static int init_names(struct sink *s)
{
	const char *file = s->o->file;

	switch (names_init(&s->names, file + names_directory(file), s->o->calendar.roll)) {
	case NAMES_FINE:
		return 0;
	case NAMES_TOO_LONG:
		diag(DIAG_USAGE, "FILE %s is too long a name for a date and a part to be added",
		     file);
		return -1;
	case NAMES_UNKNOWN:
		diag(DIAG_USAGE,
		     "FILE %s has a conversion that cannot be used; there are %%Y %%y %%m %%b %%d %%j "
		     "%%H %%M %%S %%G %%V %%F %%T %%R and %%%%",
		     file);
		return -1;
	case NAMES_CONSTANT:
		diag(DIAG_USAGE,
		     "FILE %s gives two periods of --roll in a row the same name; add what tells them "
		     "apart, such as %%Y-%%m-%%d for daily, or choose a longer --roll",
		     file);
		return -1;
	case NAMES_REPEATING:
		s->ambiguous = true;
		diag(DIAG_WARNING,
		     "FILE %s gives the same names again later, so lines are added to old files and "
		     "none is deleted or compressed; add the year, %%Y, and what else is missing",
		     file);
		return 0;
	}
	return -1;
}

/* What files may come to: as asked, as the system allows, as --max-total needs. */
static uint64_t part_limit(const struct options *o)
{
	uint64_t size = o->size_limit;
	struct rlimit limit;

	/* A file that the system stops in the middle of a line would tear it. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < size)
		size = limit.rlim_cur;
	return retain_part_limit(&o->retain, size);
}

/* The file system of the log, or of where its directory would be made. */
static int find_file_system(const struct sink *s, struct statvfs *fs)
{
	char path[PATH_MAX];

	if (logdir_fd(s->dir) >= 0)
		return fstatvfs(logdir_fd(s->dir), fs);
	logdir_parent(s->dir, path);
	return statvfs(path, fs);
}

static void find_rules(struct sink *s)
{
	struct statvfs fs;

	s->rules = s->o->retain;
	if (s->o->default_keep_free && find_file_system(s, &fs) == 0)
		s->rules.keep_free = retain_default_free((uint64_t)fs.f_blocks * fs.f_frsize);
	if (s->ambiguous) /* we could not tell which files are the old ones */
		s->rules = (struct retain_rules){ .keep = RETAIN_ALL };
	s->compress = s->o->compress && !s->ambiguous;
}

static int start_keeper(struct sink *s, mode_t mask)
{
	const struct options *o = s->o;
	struct keeper_options k = {
		.names = s->names,
		.calendar = o->calendar,
		.rules = s->rules,
		.part_limit = s->part_limit,
		.compress = s->compress,
		.press = o->press,
		.hook = { .command = o->on_roll,
			  .timeout_ns = o->on_roll_timeout_ns,
			  .umask = mask },
		.patience_ns = o->grace_ns,
	};

	s->keeper = keeper_start(s->dir, &k);
	return s->keeper ? 0 : no_memory("the thread for closed files");
}

static int open_dir(struct sink *s, mode_t mask)
{
	const struct options *o = s->o;
	struct logdir_options d = {
		.file = o->file,
		.link = o->link,
		.dir_mode = effective(o->dir_mode, o->exact_dir_mode, mask),
		.look_only = o->check,
	};

	s->part_limit = part_limit(o);
	s->dir = logdir_open(&d);
	if (!s->dir || logdir_lock(s->dir) < 0)
		return -1;
	find_rules(s);
	return 0;
}

static int open_log(struct sink *s, mode_t mask)
{
	const struct options *o = s->o;

	if (start_keeper(s, mask) < 0)
		return -1;
	struct logfile_options f = {
		.names = s->names,
		.size_limit = s->part_limit,
		.mode = effective(o->mode, o->exact_mode, mask),
		.sync_complete = o->sync != WRITER_SYNC_NEVER,
		.wait_for_room = s->rules.max_total != 0,
		.keeper = s->keeper,
	};
	s->file = logfile_new(s->dir, &f, &s->stats);
	return s->file ? 0 : no_memory("the log");
}

static int open_sources(struct sink *s)
{
	const struct options *o = s->o;
	size_t count = o->input_count ? o->input_count : 1;

	for (size_t i = 0; i < count; i++) {
		struct source *source =
			o->input_count ? source_fifo(o->inputs[i], o->once) : source_stdin();

		if (!source)
			return -1;
		s->sources[s->source_count++] = source;
		for (size_t j = 0; j < i; j++)
			if (source_is_same(source, s->sources[j]))
				return -1;
	}
	return 0;
}

static int open_ring(struct sink *s, bool tee)
{
	const struct options *o = s->o;
	struct loop_options l = {
		.calendar = o->calendar,
		.interval_ns = o->interval_ns,
		.grace_ns = o->grace_ns,
		.stats_ns = o->stats_ns,
		.best_effort = o->tee == OPTIONS_TEE_BEST_EFFORT,
	};

	s->loop = loop_new(&l);
	if (!s->loop)
		return no_memory("the event loop");
	s->ring = ring_new((size_t)o->buffer, loop_wake, s->loop);
	if (!s->ring)
		return no_memory("the buffer");
	s->file_cursor = ring_cursor_new(s->ring, RING_KEEP, true);
	if (tee)
		s->tee_cursor =
			ring_cursor_new(s->ring, l.best_effort ? RING_SKIP : RING_KEEP, false);
	s->intake = intake_new(s->ring, o->overflow, false, &s->stats);
	return s->intake ? 0 : no_memory("the intake");
}

static int start_threads(struct sink *s)
{
	const struct options *o = s->o;
	struct writer_options w = { .calendar = o->calendar,
				    .sync = o->sync,
				    .sync_ns = o->sync_ns,
				    .spill = o->spill,
				    .spill_ns = o->grace_ns > CLOCK_SECOND ? o->grace_ns :
									     CLOCK_SECOND };

	if (s->tee_cursor) {
		s->tee = tee_start(s->tee_cursor, o->tee == OPTIONS_TEE_BEST_EFFORT, &s->stats);
		if (!s->tee)
			return no_memory("the thread for standard output");
	}
	s->writer = writer_start(s->ring, s->file_cursor, s->file, &w, &s->stats);
	return s->writer ? 0 : no_memory("the writer thread");
}

/* Returns false if something could not be synced. */
static bool end_keeper(struct sink *s)
{
	keeper_end(s->keeper);
	while (!keeper_ended(s->keeper))
		if (loop_stopped(s->loop))
			keeper_hurry(s->keeper);
	return keeper_join(s->keeper);
}

static int run(struct sink *s)
{
	const struct loop_parts parts = {
		.sources = s->sources,
		.source_count = s->source_count,
		.intake = s->intake,
		.ring = s->ring,
		.file_cursor = s->file_cursor,
		.writer = s->writer,
		.tee_cursor = s->tee_cursor,
		.tee = s->tee,
		.stats = &s->stats,
	};
	const struct stats *st = &s->stats;
	int status = EXIT_ALL_WRITTEN;

	if (loop_run(s->loop, &parts) < 0)
		status = EXIT_LOST;
	s->hung = writer_abandoned(s->writer);
	if (!writer_join(s->writer))
		status = EXIT_LOST;
	if (!s->hung && !end_keeper(s))
		status = EXIT_LOST;
	bool tee_ended = !s->tee || tee_join(s->tee);
	if (!tee_ended)
		diag(DIAG_LOSS, "standard output takes nothing; the rest of its copy is given up");
	if (!tee_ended && s->o->tee == OPTIONS_TEE)
		status = EXIT_LOST;
	if (st->lost_bytes)
		diag(DIAG_LOSS, "%" PRIu64 " lines, %" PRIu64 " bytes could not be written to %s",
		     st->lost_lines, st->lost_bytes, s->o->file);
	if (st->spilled_bytes)
		diag(DIAG_LOSS, "%" PRIu64 " bytes of these went to standard error",
		     st->spilled_bytes);
	if (st->dropped_bytes)
		diag(DIAG_LOSS,
		     "%" PRIu64 " lines, %" PRIu64
		     " bytes were dropped because the buffer was full",
		     st->dropped_lines, st->dropped_bytes);
	if (st->lost_bytes || st->dropped_bytes)
		status = EXIT_LOST;
	if (s->tee)
		stats_skip_rest(&s->stats);
	if (s->o->stats)
		loop_print_stats(&parts);
	return status;
}

/* --check: whatever would keep us from starting counts as a wrong command line. */
static int check(struct sink *s, mode_t mask)
{
	int status = EXIT_USAGE;

	for (size_t i = 0; i < s->o->input_count; i++)
		if (!source_may_be(s->o->inputs[i]))
			return EXIT_USAGE;
	if (open_dir(s, mask) == 0) {
		const struct check_plan plan = {
			.options = s->o,
			.names = &s->names,
			.rules = s->rules,
			.part_limit = s->part_limit,
			.compress = s->compress,
			.dir = s->dir,
		};

		status = check_print(&plan) == 0 ? EXIT_ALL_WRITTEN : EXIT_USAGE;
	}
	logdir_close(s->dir);
	return status;
}

static int sink(const struct options *o, int closed, mode_t mask)
{
	static struct sink s; /* zero */
	bool tee = o->tee != OPTIONS_NO_TEE;
	int status = EXIT_LOST;

	s.o = o;
	s.stats.started_ns = clock_mono_ns();
	if (!o->calendar.utc && !zone_is_known(getenv("TZ")))
		diag(DIAG_WARNING,
		     "time zone TZ=%s is not installed, so dates will be in UTC; install tzdata, or "
		     "say --utc",
		     getenv("TZ"));
	if (init_names(&s) < 0)
		return EXIT_USAGE;
	if (o->check)
		return check(&s, mask);
	if (tee && (closed & 1 << STDOUT_FILENO)) {
		diag(DIAG_WARNING, "standard output is closed; the log goes on without --tee");
		tee = false;
	}
	if (closed & 1 << STDIN_FILENO && o->input_count == 0) {
		diag(DIAG_FATAL, "standard input is closed; give logsink input, as in "
				 "'app | logsink FILE', or name a FIFO with -i");
		return EXIT_LOST;
	}
	if (open_dir(&s, mask) == 0 && open_log(&s, mask) == 0 && open_sources(&s) == 0 &&
	    open_ring(&s, tee) == 0 && start_threads(&s) == 0)
		status = run(&s);
	if (s.hung)
		_exit(status); /* whatever else would ask something of that disk might hang too */
	for (size_t i = 0; i < s.source_count; i++)
		source_close(s.sources[i]);
	logfile_free(s.file);
	logdir_close(s.dir);
	/* Ring, intake and loop go with the process: an abandoned tee may still use them. */
	return status;
}

int main(int argc, char *argv[])
{
	static struct options o;
	char error[512];
	int closed;

	loop_block_signals();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it */
	closed = fdio_fill_standard();
	switch (options_parse(argc, argv, &o, error)) {
	case OPTIONS_HELP:
		fputs(options_help(), stdout);
		return fflush(stdout) == 0 ? EXIT_ALL_WRITTEN : EXIT_LOST;
	case OPTIONS_VERSION:
		puts("logsink " LOGSINK_VERSION);
		return fflush(stdout) == 0 ? EXIT_ALL_WRITTEN : EXIT_LOST;
	case OPTIONS_ERROR:
		diag(DIAG_USAGE, "%s; try 'logsink --help'", error);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	diag_init(o.quiet ? DIAG_QUIET : o.verbose ? DIAG_VERBOSE : DIAG_NORMAL);
	return sink(&o, closed, umask(0));
}
