/* Open what the options name, start the threads, wait, and say how it went. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/stderr.h"
#include "family/directory.h"
#include "family/timezone.h"
#include "input/intake.h"
#include "input/source.h"
#include "logsink/loop.h"
#include "logsink/options.h"
#include "logsink/sink.h"
#include "logsink/startup.h"
#include "logsink/stats.h"
#include "output/tee.h"
#include "process/sandbox.h"
#include "process/user.h"
#include "record/filter.h"
#include "record/record.h"
#include "stream/ring.h"
#include "stream/transform.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_ALL_WRITTEN = 0, EXIT_LOST = 1, EXIT_USAGE = 2 };

/* Each FILE and each input has a place everywhere. */
static_assert((int)LOOP_FILES == 1 + OPTIONS_ALSO, "");
static_assert((int)COOK_OUTPUTS == LOOP_FILES, "");
static_assert((int)SANDBOX_DIRS == 2 * LOOP_FILES, "");
static_assert((int)COOK_STREAMS == OPTIONS_INPUTS, "");
static_assert((int)LOOP_INPUTS == OPTIONS_INPUTS, "");
static_assert((int)SANDBOX_FIFOS == OPTIONS_INPUTS, "");

enum { COOK_RING = 4 * COOK_STRETCH }; /* bytes; the least that has such a stretch */

/* The least to work with: signals, wake-ups, the scout's pipe, FIFOs; and for each file its
 * directory twice and once more to look into it, its lock, a timer, itself, its compressed form.
 * For closed files more are used, as there are. */
enum { DESCRIPTORS = 5, FILE_DESCRIPTORS = 7 };

/* What a run is made of; in the order in which it is opened. */
struct sink {
	const struct options *o;
	struct user user; /* whose the things are that root makes; -1: root's own */
	struct stats stats;
	struct source *sources[OPTIONS_INPUTS];
	size_t source_count;
	struct outlet outlets[1 + OPTIONS_ALSO]; /* FILE's first */
	size_t outlet_count;
	struct loop *loop;
	struct ring *ring;
	struct ring_cursor *file_cursor, *tee_cursor;
	struct intake *intake;
	struct filter *filter;
	struct cook *cook; /* NULL: lines are written as they come */
	struct tee *tee;
};

/* Looked at before anything is opened: what fails for it later would say so in its own way only,
 * and libev ends without a word. */
static int check_limit(const struct sink *s)
{
	size_t more = DESCRIPTORS + FILE_DESCRIPTORS * s->outlet_count + s->o->input_count;
	size_t can = (size_t)fdio_can_open((int)more);
	struct rlimit limit = { 0 };
	int error = errno, needed;

	if (can == more)
		return 0;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	/* Whoever started us may have lowered it below numbers that are in use. */
	for (needed = (int)limit.rlim_cur; can < more; needed++)
		can += fcntl(needed, F_GETFD) < 0;
	diag(DIAG_FATAL,
	     "cannot start: %s: the limit of open files is %ju, and at least %d are needed; raise "
	     "it, as with 'ulimit -n 256'",
	     strerror(error), (uintmax_t)limit.rlim_cur, needed);
	return -1;
}

static int open_sources(struct sink *s)
{
	const struct options *o = s->o;
	size_t count = o->input_count ? o->input_count : 1;

	for (size_t i = 0; i < count; i++) {
		struct source *source = o->input_count ? source_fifo(o->inputs[i], o->once,
								     s->user.uid, s->user.gid)
						       : source_stdin();

		if (!source)
			return -1;
		s->sources[s->source_count++] = source;
		for (size_t j = 0; j < i; j++)
			if (source_is_same(source, s->sources[j]))
				return -1;
		if (!source_lock(source))
			return -1;
	}
	return 0;
}

static int may_write(const void *dir)
{
	return logdir_may_write(dir);
}

/* Whether the user could go on from here; looked at while root can still clean up. */
static int try_user(const struct sink *s, const struct logdir *dir)
{
	const char *path = logdir_directory(dir);

	if (!s->o->user || logdir_fd(dir) < 0 || user_try(&s->user, may_write, dir) == 0)
		return 0;
	if (errno)
		diag(DIAG_FATAL,
		     "--user=%s may not write in the directory %s: %s; let it, as with 'chown %s %s'",
		     s->o->user, path, strerror(errno), s->o->user, path);
	return -1;
}

static int open_outlets(struct sink *s)
{
	for (size_t i = 0; i < s->outlet_count; i++)
		if (outlet_open(&s->outlets[i], s->user.uid, s->user.gid) < 0 ||
		    try_user(s, s->outlets[i].dir) < 0)
			return -1;
	return 0;
}

/* Gives up what was needed for opening only. */
static int give_up(struct sink *s)
{
	static struct sandbox_options b;

	b.mode = s->o->sandbox;
	b.commands = s->o->on_roll != NULL;
	for (size_t i = 0; i < s->outlet_count; i++)
		b.dir_count += logdir_places(s->outlets[i].dir, b.dirs + b.dir_count);
	b.fifos = s->o->inputs;
	b.fifo_count = s->o->once ? 0 : s->o->input_count;
	if (s->o->user && user_become(&s->user) < 0)
		return -1;
	return sandbox_enter(&b);
}

/* Whether lines are written in another way than they come. */
static bool cooks(const struct options *o)
{
	const struct lines_options *l = &o->lines;

	return l->format != LINES_RAW || l->stamp.kind != STAMP_NONE || l->escape ||
	       l->strip_ansi || l->level != LEVEL_NONE || o->match_count || o->reject_count ||
	       o->also_count;
}

/* --buffer is for all rings together. */
static size_t ring_bytes(const struct sink *s)
{
	size_t bytes = (size_t)s->o->buffer;

	if (!cooks(s->o))
		return bytes;
	bytes /= 1 + s->outlet_count;
	return bytes > COOK_RING ? bytes : COOK_RING;
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
		return diag_cannot_start("the event loop");
	s->ring = ring_new(ring_bytes(s), loop_wake, s->loop);
	if (!s->ring)
		return diag_cannot_start("the buffer");
	s->file_cursor = ring_cursor_new(s->ring, RING_KEEP, true);
	if (tee)
		s->tee_cursor =
			ring_cursor_new(s->ring, l.best_effort ? RING_SKIP : RING_KEEP, false);
	s->intake = intake_new(s->ring, o->overflow, cooks(o), &s->stats.in);
	return s->intake ? 0 : diag_cannot_start("the intake");
}

/* Before the sandbox, which lets no memory be made executable any more. */
static int open_filter(struct sink *s)
{
	const struct options *o = s->o;

	if (o->match_count || o->reject_count) {
		s->filter = filter_new(o->match, o->match_count, o->reject, o->reject_count);
		if (!s->filter)
			return diag_cannot_start("the patterns");
	}
	return 0;
}

/* Between the ring and the files; each of these gets a ring of its own. */
static int open_cook(struct sink *s)
{
	const struct options *o = s->o;
	struct lines_options l = o->lines;

	l.filter = s->filter;
	if (o->input_count)
		s->cook = cook_new(&l, o->inputs, o->input_count, ring_stretch(s->ring),
				   &s->stats.transform);
	else
		s->cook = cook_new(&l, (const char *const[]){ "stdin" }, 1, ring_stretch(s->ring),
				   &s->stats.transform);
	return s->cook ? 0 : diag_cannot_start("the work on lines");
}

static int start_cooked_outlet(struct sink *s, size_t i)
{
	struct ring *ring = ring_new(ring_bytes(s), cook_wake, s->cook);

	if (!ring)
		return diag_cannot_start("the buffer");
	struct ring_cursor *cursor = ring_cursor_new(ring, RING_KEEP, true);
	cook_output(s->cook, ring, cursor, i ? s->o->also[i - 1].level : LEVEL_NONE,
		    &s->outlets[i].counts.lost);
	return outlet_start(&s->outlets[i], ring, cursor, true);
}

static int start_files(struct sink *s)
{
	if (!cooks(s->o))
		return outlet_start(&s->outlets[0], s->ring, s->file_cursor, false);
	if (open_cook(s) < 0)
		return -1;
	for (size_t i = 0; i < s->outlet_count; i++)
		if (start_cooked_outlet(s, i) < 0)
			return -1;
	return cook_start(s->cook, s->file_cursor) == 0 ? 0
							: diag_cannot_start("the work on lines");
}

static int start_threads(struct sink *s)
{
	if (errout_start() < 0)
		return diag_cannot_start("the thread for standard error");
	if (s->tee_cursor) {
		s->tee = tee_start(s->tee_cursor, s->o->tee == OPTIONS_TEE_BEST_EFFORT,
				   &s->stats.tee);
		if (!s->tee)
			return diag_cannot_start("the thread for standard output");
	}
	return start_files(s);
}

/* From here on the loop answers signals. */
static int start_loop(struct sink *s, bool tee)
{
	startup_end();
	if (open_ring(s, tee) < 0)
		return -1;
	return start_threads(s);
}

/* Whether some writer never came back. */
static bool hangs(const struct sink *s)
{
	for (size_t i = 0; i < s->outlet_count; i++)
		if (s->outlets[i].hung)
			return true;
	return false;
}

/* How long a call of the end may last before it is left behind; -1: as long as it takes. */
static int64_t longest_call(const struct sink *s, enum loop_patience p)
{
	switch (p) {
	case LOOP_WAIT:
	case LOOP_HURRY:
		return -1;
	case LOOP_LATE:
		return s->o->grace_ns;
	case LOOP_LEAVE:
		return 0;
	}
	return -1;
}

static bool end_files(struct sink *s)
{
	bool all = true;

	for (size_t i = 0; i < s->outlet_count; i++)
		outlet_end(&s->outlets[i]);
	for (size_t i = 0; i < s->outlet_count; i++) {
		enum loop_patience p;

		do
			p = loop_signals(s->loop);
		while (!outlet_ended(&s->outlets[i], p >= LOOP_HURRY, longest_call(s, p)));
		all = outlet_join(&s->outlets[i]) && all;
	}
	return all;
}

static void say_loss(const struct stats *st)
{
	if (st->in.dropped.bytes)
		diag(DIAG_LOSS,
		     "%" PRIu64 " lines, %" PRIu64
		     " bytes were dropped because the buffer was full",
		     st->in.dropped.lines, st->in.dropped.bytes);
	if (st->transform.limit_hits)
		diag(DIAG_WARNING,
		     "%" PRIu64 " lines were kept because a pattern took too long to tell; "
		     "make it simpler",
		     st->transform.limit_hits);
}

static int run(struct sink *s)
{
	struct loop_parts parts = {
		.sources = s->sources,
		.source_count = s->source_count,
		.intake = s->intake,
		.ring = s->ring,
		.file_cursor = s->file_cursor,
		.file_count = s->outlet_count,
		.tee_cursor = s->tee_cursor,
		.tee = s->tee,
		.stats = &s->stats,
	};
	int status = EXIT_ALL_WRITTEN;

	for (size_t i = 0; i < s->outlet_count; i++) {
		struct outlet *t = &s->outlets[i];

		parts.files[i] =
			(struct loop_file){ t->ring, t->cursor, t->writer, &t->counts.lost };
	}
	if (s->o->input_count == 0 && isatty(STDIN_FILENO))
		diag(DIAG_WAITING, "for lines from the terminal, for the log %s; Ctrl-D ends them",
		     s->o->file);
	if (loop_run(s->loop, &parts) < 0)
		status = EXIT_LOST;
	errout_last();
	if (s->cook)
		cook_join(s->cook);
	if (!end_files(s))
		status = EXIT_LOST;
	if (s->tee && !tee_join(s->tee) && s->o->tee == OPTIONS_TEE)
		status = EXIT_LOST;
	say_loss(&s->stats);
	if (s->stats.in.dropped.bytes)
		status = EXIT_LOST;
	if (s->tee)
		stats_skip_rest(&s->stats);
	if (s->o->stats)
		loop_print_stats(&parts);
	return status;
}

static void close_outlets(struct sink *s)
{
	for (size_t i = 0; i < s->outlet_count; i++)
		outlet_close(&s->outlets[i]);
}

/* Whether all went to standard output; if not, says so. */
static bool all_printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	diag(DIAG_FATAL, "cannot write to standard output: %s", strerror(errno));
	return false;
}

/* --check: whatever would keep us from starting counts as a wrong command line. */
static int check(struct sink *s)
{
	bool fine = true;

	for (size_t i = 0; i < s->o->input_count; i++)
		fine = fine && source_may_be(s->o->inputs[i]);
	fine = fine && open_outlets(s) == 0;
	for (size_t i = 0; i < s->outlet_count && fine; i++)
		fine = outlet_check(&s->outlets[i]) == 0;
	fine = fine && all_printed();
	close_outlets(s);
	return fine ? EXIT_ALL_WRITTEN : EXIT_USAGE;
}

static int init_outlets(struct sink *s, mode_t mask)
{
	const struct options *o = s->o;

	s->outlet_count = 1 + o->also_count;
	for (size_t i = 1; i < s->outlet_count; i++)
		if (outlet_init(&s->outlets[i], o, o->also[i - 1].file, o->also[i - 1].link, mask) <
		    0)
			return -1;
	return outlet_init(&s->outlets[0], o, o->file, o->link, mask);
}

/* Whether what goes to standard output would be read again from standard input. */
static bool is_own_input(void)
{
	struct stat in, out;

	return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
	       S_ISREG(in.st_mode) && fdio_same_file(&in, &out);
}

/* TZ=UTC0 for us; the environment as it was stays, for the command of --on-roll. */
static void use_utc(void)
{
	static char utc[] = "TZ=UTC0";
	size_t n = 0;

	while (environ[n])
		n++;
	char **ours = calloc(n + 1, sizeof(*ours));
	must(ours ? 0 : ENOMEM);
	for (size_t i = 0; i < n; i++)
		ours[i] = strncmp(environ[i], "TZ=", 3) == 0 ? utc : environ[i];
	environ = ours;
}

/* The C library reads what TZ names, also for UTC, and be it a FIFO: it is to find nothing it might
 * wait for. */
static void check_zone(bool utc)
{
	const char *tz = getenv("TZ");

	if (zone_is_known(tz))
		return;
	if (!utc)
		diag(DIAG_WARNING,
		     "time zone TZ=%s is not installed, so dates will be in UTC; install tzdata, or "
		     "say --utc",
		     tz);
	use_utc();
}

static int sink(const struct options *o, int closed, mode_t mask)
{
	static struct sink s; /* zero */
	bool tee = o->tee != OPTIONS_NO_TEE;
	int status = EXIT_LOST;

	s.o = o;
	s.stats.started_ns = clock_mono_ns();
	s.stats.file = &s.outlets[0].counts;
	check_zone(o->calendar.utc);
	if (init_outlets(&s, mask) < 0)
		return EXIT_USAGE;
	s.user.uid = (uid_t)-1;
	s.user.gid = (gid_t)-1;
	switch (o->user ? user_find(o->user, &s.user) : USER_FOUND) {
	case USER_FOUND:
		break;
	case USER_UNKNOWN:
		return EXIT_USAGE;
	case USER_REFUSED:
		return o->check ? EXIT_USAGE : EXIT_LOST;
	}
	if (o->check)
		return check(&s);
	if (tee && (closed & 1 << STDOUT_FILENO)) {
		diag(DIAG_WARNING, "standard output is closed; the log goes on without --tee");
		tee = false;
	}
	if (closed & 1 << STDIN_FILENO && o->input_count == 0) {
		diag(DIAG_FATAL, "standard input is closed; give logsink input, as in "
				 "'app | logsink FILE', or name a FIFO with -i");
		return EXIT_LOST;
	}
	if (tee && o->input_count == 0 && is_own_input()) {
		diag(DIAG_FATAL, "standard input and standard output are one file, and --tee would "
				 "read its own copy without end; leave out one of them");
		return EXIT_LOST;
	}
	if (check_limit(&s) == 0 && open_outlets(&s) == 0 && open_sources(&s) == 0 &&
	    open_filter(&s) == 0 && give_up(&s) == 0 && start_loop(&s, tee) == 0)
		status = run(&s);
	errout_finish();
	if (hangs(&s))
		_exit(status); /* whatever else would ask something of that disk might hang too */
	for (size_t i = 0; i < s.source_count; i++)
		source_close(s.sources[i]);
	close_outlets(&s);
	/* Rings, intake, cook and loop go with the process: an abandoned tee may still use them. */
	return status;
}

static int print(const char *text)
{
	fputs(text, stdout);
	return all_printed() ? EXIT_ALL_WRITTEN : EXIT_LOST;
}

int main(int argc, char *argv[])
{
	static struct options o;
	char error[512];
	int closed;

	loop_block_signals();
	startup_begin();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it */
	closed = fdio_fill_standard();
	if (closed < 0) { /* what is opened next would be taken for it */
		diag(DIAG_FATAL,
		     "standard input, output or error is closed, and /dev/null cannot stand in for "
		     "it: %s",
		     strerror(errno));
		return EXIT_LOST;
	}
	switch (options_parse(argc, argv, &o, error)) {
	case OPTIONS_HELP:
		return print(options_help());
	case OPTIONS_VERSION:
		return print("logsink " LOGSINK_VERSION "\n");
	case OPTIONS_ERROR:
		diag(DIAG_USAGE, "%s; try 'logsink --help'", error);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	diag_init(o.quiet ? DIAG_QUIET : o.verbose ? DIAG_VERBOSE : DIAG_NORMAL);
	return sink(&o, closed, umask(0));
}
