/* Open what the options name, start the threads, wait, and say how it went. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/stderr.h"
#include "family/directory.h"
#include "family/timezone.h"
#include "input/intake.h"
#include "input/source.h"
#include "logsink/check.h"
#include "logsink/consumers.h"
#include "logsink/loop.h"
#include "logsink/notes.h"
#include "logsink/options.h"
#include "logsink/sink.h"
#include "logsink/startup.h"
#include "logsink/stats.h"
#include "logsink/supervise.h"
#include "output/tee.h"
#include "output/writer.h"
#include "process/command.h"
#include "process/linebuffer.h"
#include "process/origin.h"
#include "process/preloadable.h"
#include "process/sandbox.h"
#include "process/user.h"
#include "record/filter.h"
#include "record/formatter.h"
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

/* FILE, those of --also, and that of --stderr. */
enum { SINKS = 1 + OPTIONS_ALSO + 1 };

/* With --split, the numbers of the streams: of two that can be read, libev takes the last one
 * first, and what a program says on standard error mostly comes after what it is about. */
enum { SPLIT_ERRORS, SPLIT_OUTPUT, SPLIT_STREAMS };

/* Every limit has room for each FILE and each input. */
static_assert((int)LOOP_FILES == SINKS, "");
static_assert((int)TRANSFORM_OUTPUTS == LOOP_FILES, "");
static_assert((int)SANDBOX_DIRS == 2 * LOOP_FILES, "");
static_assert((int)TRANSFORM_STREAMS == OPTIONS_INPUTS, "");
static_assert((int)LOOP_INPUTS == OPTIONS_INPUTS, "");
static_assert((int)SANDBOX_FIFOS == OPTIONS_INPUTS, "");

enum { TRANSFORM_RING = 4 * TRANSFORM_STRETCH }; /* bytes; the smallest ring with this stretch */

/* The minimum: signals, wake-ups, FIFOs; and for each file its directory
 * twice and once more to read it, its lock, a timer, the file, its compressed form. Closed files
 * use more if there are any. */
enum { DESCRIPTORS = 3, FILE_DESCRIPTORS = 7 };

/* For COMMAND: its pipes, its gate, the terminal. */
enum { COMMAND_DESCRIPTORS = 7 };

/* The parts of a run, in the order in which they are opened. */
struct run {
	const struct options *o;
	const struct origin *origin;
	struct supervise *supervise;   /* NULL: there is no COMMAND */
	char names[SPLIT_STREAMS][80]; /* of its output and its standard error, in messages */
	struct user user; /* if --user is given: the owner of files that root creates */
	struct stats stats;
	struct source *sources[OPTIONS_INPUTS];
	size_t source_count;
	struct sink sinks[SINKS]; /* FILE's first, that of --stderr last */
	size_t sink_count;
	struct loop *loop;
	struct ring *ring;
	struct ring_cursor *file_cursor, *tee_cursor;
	struct intake *intake;
	struct filter *filter;
	struct transform *transform; /* NULL: lines are written unchanged */
	struct tee *tee;
};

/* Checked before anything is opened: later each failing call would report it in its own words, and
 * libev would abort without a message. */
static int check_limit(const struct run *r)
{
	size_t more = DESCRIPTORS + FILE_DESCRIPTORS * r->sink_count + r->o->input_count +
		      (r->o->command ? COMMAND_DESCRIPTORS : 0);
	size_t can = (size_t)fdio_can_open((int)more);
	struct rlimit limit = { 0 };
	int error = errno, needed;

	if (can == more)
		return 0;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	/* Our parent may have lowered the limit below descriptors that are in use. */
	for (needed = (int)limit.rlim_cur; can < more; needed++)
		can += fcntl(needed, F_GETFD) < 0;
	diag(DIAG_FATAL,
	     "cannot start: %s: the limit of open files is %ju, and at least %d are "
	     "needed; raise it, for example with 'ulimit -n 256'",
	     strerror(error), (uintmax_t)limit.rlim_cur, needed);
	return -1;
}

static const struct owner *owner_of(const struct run *r)
{
	return r->o->user ? &r->user.as : NULL;
}

static int add_pipe(struct run *r, int fd, const char *what)
{
	char *name = r->names[r->source_count];

	snprintf(name, sizeof(r->names[0]), "the %s of %.50s", what, r->o->command[0]);
	struct source *source =
		r->o->pty ? source_terminal(fd, name) : source_pipe(fd, name, !r->o->split);
	if (!source)
		return -1;
	r->sources[r->source_count++] = source;
	return 0;
}

/* What --line-buffered loads into COMMAND; NULL after a message. */
static const char *object_for_command(const struct options *o)
{
	const char *obstacle = preloadable_obstacle(o->command[0]);

	if (obstacle)
		diag(DIAG_WARNING,
		     "--line-buffered has no effect on %s: %s; use its own option for that, or "
		     "--pty",
		     o->command[0], obstacle);
	return linebuffer_object();
}

/* COMMAND's environment; NULL after a message. */
static char *const *command_environment(const struct options *o)
{
	const char *object;

	if (!o->line_buffered)
		return o->environment;
	object = object_for_command(o);
	return object ? linebuffer_environment(o->environment, object) : NULL;
}

/* The child process that waits to be COMMAND, and what it writes to. */
static int open_command(struct run *r)
{
	static struct command_options c; /* outlives the run, as COMMAND's */
	char *const *environment = command_environment(r->o);

	if (!environment)
		return -1;
	c = (struct command_options){ .words = r->o->command,
				      .environment = environment,
				      .terminal = r->o->pty,
				      .origin = r->origin,
				      .keep = r->o->keep_command,
				      .split = r->o->split };
	r->supervise = supervise_new(&c, r->o->subreaper);
	if (!r->supervise)
		return -1;
	const struct command *command = supervise_command(r->supervise);
	if (!c.split)
		return add_pipe(r, command_output(command), "output");
	if (add_pipe(r, command_errors(command), "standard error") < 0)
		return -1;
	return add_pipe(r, command_output(command), "standard output");
}

static int open_sources(struct run *r)
{
	const struct options *o = r->o;
	size_t count = o->input_count ? o->input_count : 1;

	if (o->command)
		return open_command(r);
	for (size_t i = 0; i < count; i++) {
		struct source *source = o->input_count
						? source_fifo(o->inputs[i], o->once, owner_of(r))
						: source_stdin();

		if (!source)
			return -1;
		r->sources[r->source_count++] = source;
		for (size_t j = 0; j < i; j++)
			if (source_is_same(source, r->sources[j]))
				return -1;
		if (!source_lock(source))
			return -1;
	}
	return 0;
}

static int may_write(const void *dir)
{
	return directory_may_write(dir);
}

/* Whether the user could work in the directories; checked while root can still clean up. */
static int try_user(const struct run *r, const struct directory *dir)
{
	const char *path = directory_name(dir);

	if (!r->o->user || directory_fd(dir) < 0 || user_try(&r->user, may_write, dir) == 0)
		return 0;
	if (errno)
		diag(DIAG_FATAL,
		     "--user=%s may not write in the directory %s: %s; to allow it, use 'chown "
		     "%s %s'",
		     r->o->user, path, strerror(errno), r->o->user, path);
	return -1;
}

static int open_sinks(struct run *r)
{
	for (size_t i = 0; i < r->sink_count; i++)
		if (sink_open(&r->sinks[i], owner_of(r)) < 0 || try_user(r, r->sinks[i].dir) < 0)
			return -1;
	return 0;
}

/* Drops the rights that only opening needed. */
static int give_up(struct run *r)
{
	static struct sandbox_options b;

	b.mode = r->o->sandbox;
	b.commands = r->o->on_roll != NULL;
	for (size_t i = 0; i < r->sink_count; i++)
		b.dir_count += directory_places(r->sinks[i].dir, b.dirs + b.dir_count);
	b.signals = r->o->command != NULL;
	b.fifos = r->o->inputs;
	b.fifo_count = r->o->once ? 0 : r->o->input_count;
	if (r->o->user && user_become(&r->user, r->o->command != NULL) < 0)
		return -1;
	return sandbox_enter(&b);
}

/* Whether options change lines or leave them out. */
static bool transforms(const struct options *o)
{
	const struct formatter_options *l = &o->lines;

	return l->format != FORMATTER_RAW || l->stamp.kind != STAMP_NONE || l->escape ||
	       l->strip_ansi || l->level != LEVEL_NONE || o->match_count || o->reject_count ||
	       o->also_count || o->errors;
}

/* --buffer is the size of all rings together. */
static size_t ring_bytes(const struct run *r)
{
	size_t bytes = (size_t)r->o->buffer;

	if (!transforms(r->o))
		return bytes;
	bytes /= 1 + r->sink_count;
	return bytes > TRANSFORM_RING ? bytes : TRANSFORM_RING;
}

/* Whether the copy of COMMAND's standard error goes to ours. What best-effort skips may have told
 * whose the lines behind it are. */
static bool tees_errors(const struct options *o)
{
	return o->split && o->tee == OPTIONS_TEE;
}

static int open_ring(struct run *r, bool tee)
{
	const struct options *o = r->o;
	struct loop_options l = {
		.calendar = o->calendar,
		.interval_ns = o->interval_ns,
		.grace_ns = o->grace_ns,
		.stats_ns = o->stats_ns,
		.best_effort = o->tee == OPTIONS_TEE_BEST_EFFORT,
		.command = o->command != NULL,
		.signals = o->signals,
		.wait = o->wait,
		.kill_group = o->kill_group,
	};

	r->loop = loop_new(&l);
	if (!r->loop)
		return diag_cannot_start("the event loop");
	r->ring = ring_new(ring_bytes(r), loop_wake, r->loop);
	if (!r->ring)
		return diag_cannot_start("the buffer");
	r->file_cursor = ring_cursor_new(r->ring, RING_KEEP, true);
	if (tee)
		r->tee_cursor = ring_cursor_new(r->ring, l.best_effort ? RING_SKIP : RING_KEEP,
						tees_errors(o));
	r->intake = intake_new(r->ring, o->overflow, transforms(o) || tees_errors(o), &r->stats.in);
	return r->intake ? 0 : diag_cannot_start("the intake");
}

/* Before the sandbox, after which no memory can become executable. */
static int open_filter(struct run *r)
{
	const struct options *o = r->o;

	if (o->match_count || o->reject_count) {
		r->filter = filter_new(o->match, o->match_count, o->reject, o->reject_count);
		if (!r->filter)
			return diag_cannot_start("the patterns");
	}
	return 0;
}

/* The names of the streams, in the order of the sources. */
static const char *const *stream_names(const struct options *o, size_t *count)
{
	static const char *const input[] = { "stdin" }, *const joined[] = { "output" };
	static const char *const split[SPLIT_STREAMS] = { "stderr", "stdout" };

	*count = o->input_count ? o->input_count : o->split ? SPLIT_STREAMS : 1;
	if (o->input_count)
		return o->inputs;
	return o->split ? split : o->command ? joined : input;
}

/* Between the ring and the files; each file gets its own ring. */
static int open_transform(struct run *r)
{
	const struct options *o = r->o;
	struct formatter_options l = o->lines;

	l.filter = r->filter;
	size_t count = 0;
	const char *const *names = stream_names(o, &count);
	r->transform = transform_new(&l, names, count, ring_stretch(r->ring), &r->stats.transform);
	return r->transform ? 0 : diag_cannot_start("the transform of lines");
}

/* The level and the stream of the lines that a sink takes. */
static enum level level_of(const struct options *o, size_t sink)
{
	return sink > 0 && sink <= o->also_count ? o->also[sink - 1].level : LEVEL_NONE;
}

static int stream_of(const struct options *o, size_t sink)
{
	if (!o->errors || (sink > 0 && sink <= o->also_count))
		return -1;
	return sink > 0 ? SPLIT_ERRORS : SPLIT_OUTPUT;
}

static int start_transformed_sink(struct run *r, size_t i)
{
	struct ring *ring = ring_new(ring_bytes(r), transform_wake, r->transform);

	if (!ring)
		return diag_cannot_start("the buffer");
	struct ring_cursor *cursor = ring_cursor_new(ring, RING_KEEP, true);
	transform_output(r->transform, ring, cursor, level_of(r->o, i), stream_of(r->o, i),
			 &r->sinks[i].counts.lost);
	return sink_start(&r->sinks[i], ring, cursor, true, loop_wake, r->loop);
}

static bool write_for_sink(void *arg)
{
	const struct sink *t = arg;

	return writer_try(t->writer, SIZE_MAX);
}

/* A file whose disk hangs must not hold up another one; nor may lines be dropped before both rings
 * are full. */
static int start_transform(struct run *r)
{
	if (r->sink_count == 1 && r->o->overflow == INTAKE_BLOCK)
		transform_write(r->transform, write_for_sink, &r->sinks[0]);
	return transform_start(r->transform, r->ring, r->file_cursor) == 0
		       ? 0
		       : diag_cannot_start("the transform of lines");
}

static int start_files(struct run *r)
{
	if (!transforms(r->o))
		return sink_start(&r->sinks[0], r->ring, r->file_cursor, false, loop_wake, r->loop);
	if (open_transform(r) < 0)
		return -1;
	for (size_t i = 0; i < r->sink_count; i++)
		if (start_transformed_sink(r, i) < 0)
			return -1;
	return start_transform(r);
}

static int start_threads(struct run *r)
{
	if (stderr_start() < 0)
		return diag_cannot_start("the thread for standard error");
	if (r->tee_cursor) {
		r->tee = tee_start(r->tee_cursor, r->o->tee == OPTIONS_TEE_BEST_EFFORT,
				   tees_errors(r->o) ? SPLIT_ERRORS : -1, &r->stats.tee);
		if (!r->tee)
			return diag_cannot_start("the thread for standard output");
	}
	return start_files(r);
}

/* From here on the loop handles signals. */
static int start_loop(struct run *r, bool tee)
{
	startup_end();
	if (open_ring(r, tee) < 0)
		return -1;
	return start_threads(r);
}

/* Whether a thread of a sink was abandoned. */
static bool hangs(const struct run *r)
{
	for (size_t i = 0; i < r->sink_count; i++)
		if (r->sinks[i].hung)
			return true;
	return false;
}

static bool join_files(struct run *r)
{
	bool all = true;

	for (size_t i = 0; i < r->sink_count; i++)
		all = sink_join(&r->sinks[i]) && all;
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
		     "%" PRIu64
		     " lines were kept because matching a pattern exceeded its limit; simplify "
		     "the pattern",
		     st->transform.limit_hits);
}

static bool reads_stdin(const struct options *o)
{
	return o->input_count == 0 && !o->command;
}

/* The exit status is COMMAND's, unless it hides a loss. */
static int final_status(const struct run *r, int status)
{
	if (!r->o->command)
		return status;
	if (!r->supervise)
		return COMMAND_NOT_STARTED;
	if (!supervise_ended(r->supervise)) {
		command_cancel(supervise_command(r->supervise));
		return COMMAND_NOT_STARTED;
	}
	int its = command_status(supervise_command(r->supervise));
	return its ? its : status;
}

/* The last line. COMMAND may live on if its output cannot be read. */
static const char *last_note(void *arg)
{
	static char text[NOTES_SIZE] = "logsink: COMMAND has not ended, and is not read any more";
	const struct run *r = arg;

	if (supervise_ended(r->supervise))
		notes_ended(supervise_command(r->supervise), r->stats.in.read.lines,
			    r->stats.in.read.bytes, text);
	return text;
}

static void begin_notes(struct run *r)
{
	static char text[NOTES_SIZE];

	notes_started(supervise_command(r->supervise), r->o->command, text);
	intake_notes(r->intake, text, last_note, r);
}

static int run_loop(struct run *r)
{
	struct consumers consumers = {
		.ring = r->ring,
		.intake = r->intake,
		.file_cursor = r->file_cursor,
		.transform = r->transform,
		.sinks = r->sinks,
		.sink_count = r->sink_count,
		.tee_cursor = r->tee_cursor,
		.tee = r->tee,
		.stats = &r->stats,
	};
	struct loop_parts parts = { .sources = r->sources,
				    .source_count = r->source_count,
				    .consumers = &consumers,
				    .supervise = r->supervise };
	int status = EXIT_ALL_WRITTEN;

	if (reads_stdin(r->o) && isatty(STDIN_FILENO))
		diag(DIAG_WAITING,
		     "for lines from the terminal, to log them to %s; Ctrl-D ends the input",
		     r->o->file);
	if (r->o->notes)
		begin_notes(r);
	if (loop_run(r->loop, &parts) < 0)
		status = EXIT_LOST;
	if (!join_files(r))
		status = EXIT_LOST;
	if (r->tee && !tee_join(r->tee) && r->o->tee == OPTIONS_TEE)
		status = EXIT_LOST;
	say_loss(&r->stats);
	if (r->stats.in.dropped.bytes)
		status = EXIT_LOST;
	if (r->tee)
		stats_skip_rest(&r->stats);
	if (r->o->stats)
		stats_print(&r->stats, consumers_waiting(&consumers));
	return status;
}

static void close_sinks(struct run *r)
{
	for (size_t i = 0; i < r->sink_count; i++)
		sink_close(&r->sinks[i]);
}

/* Whether standard output accepted everything; otherwise false after a message. */
static bool all_printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	diag(DIAG_FATAL, "cannot write to standard output: %s", strerror(errno));
	return false;
}

/* --check: any reason not to start counts as a wrong command line. */
static int check(struct run *r)
{
	bool fine = true;

	for (size_t i = 0; i < r->o->input_count; i++)
		fine = fine && source_may_be(r->o->inputs[i]);
	fine = fine && (!r->o->line_buffered || object_for_command(r->o));
	fine = fine && open_sinks(r) == 0;
	for (size_t i = 0; i < r->sink_count && fine; i++)
		fine = sink_check(&r->sinks[i]) == 0;
	if (r->o->command)
		fine = fine && check_command(r->o->command) == 0;
	fine = fine && all_printed();
	close_sinks(r);
	return fine ? EXIT_ALL_WRITTEN : EXIT_USAGE;
}

static int init_sinks(struct run *r, mode_t mask)
{
	const struct options *o = r->o;

	r->sink_count = 1 + o->also_count + (o->errors != NULL);
	if (o->errors &&
	    sink_init(&r->sinks[r->sink_count - 1], o, o->errors, o->errors_link, mask) < 0)
		return -1;
	for (size_t i = 1; i <= o->also_count; i++)
		if (sink_init(&r->sinks[i], o, o->also[i - 1].file, o->also[i - 1].link, mask) < 0)
			return -1;
	return sink_init(&r->sinks[0], o, o->file, o->link, mask);
}

/* Whether standard output is the file that is read as standard input. */
static bool is_own_input(void)
{
	struct stat in, out;

	return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
	       S_ISREG(in.st_mode) && fdio_same_file(&in, &out);
}

/* Sets TZ=UTC0 for us; the command of --on-roll gets the unchanged environment. */
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

/* The C library opens the file that TZ names, even for UTC and even if it is a FIFO, on which it
 * would block. */
static void check_zone(bool utc)
{
	const char *tz = getenv("TZ");

	if (timezone_is_known(tz))
		return;
	if (!utc)
		diag(DIAG_WARNING,
		     "time zone TZ=%s is not installed, so dates will be in UTC; correct TZ, "
		     "install tzdata, or use --utc",
		     tz);
	use_utc();
}

static int run_logsink(const struct options *o, const struct origin *origin)
{
	static struct run r; /* zero */
	bool tee = o->tee != OPTIONS_NO_TEE;
	int status = EXIT_LOST, closed = origin->closed;

	r.o = o;
	r.origin = origin;
	r.stats.started_ns = clock_mono_ns();
	r.stats.file = &r.sinks[0].counts;
	check_zone(o->calendar.utc);
	if (init_sinks(&r, origin->umask) < 0)
		return EXIT_USAGE;
	switch (o->user ? user_find(o->user, &r.user) : USER_FOUND) {
	case USER_FOUND:
		break;
	case USER_UNKNOWN:
		return EXIT_USAGE;
	case USER_REFUSED:
		return o->check ? EXIT_USAGE : o->command ? COMMAND_NOT_STARTED : EXIT_LOST;
	}
	if (o->check)
		return check(&r);
	if (tee && (closed & 1 << STDOUT_FILENO)) {
		diag(DIAG_WARNING, "standard output is closed; the log continues without --tee");
		tee = false;
	}
	if (closed & 1 << STDIN_FILENO && reads_stdin(o)) {
		diag(DIAG_FATAL, "standard input is closed; give logsink input, as in "
				 "'app | logsink FILE', or name a FIFO with -i");
		return EXIT_LOST;
	}
	if (tee && reads_stdin(o) && is_own_input()) {
		diag(DIAG_FATAL,
		     "standard input and standard output are the same file, so --tee would read "
		     "its own copy forever; redirect one of them");
		return EXIT_LOST;
	}
	if (check_limit(&r) == 0 && open_sinks(&r) == 0 && open_sources(&r) == 0 &&
	    open_filter(&r) == 0 && give_up(&r) == 0 && start_loop(&r, tee) == 0)
		status = run_loop(&r);
	status = final_status(&r, status);
	stderr_finish();
	if (hangs(&r))
		_exit(status); /* any other access to that disk might hang too */
	for (size_t i = 0; i < r.source_count; i++)
		source_close(r.sources[i]);
	close_sinks(&r);
	/* Rings, intake, transform and loop go with the process: an abandoned tee may still use
	 * them. */
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
	static struct origin origin;
	char error[512];

	origin_remember(&origin);
	loop_block_signals();
	startup_begin();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* our parent may have ignored it */
	origin.closed = fdio_fill_standard();
	if (origin.closed < 0) { /* the next file opened would be used in its place */
		diag(DIAG_FATAL,
		     "standard input, output or error is closed, and /dev/null cannot replace "
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
	origin.umask = umask(0);
	if (o.command) {
		supervise_block_signals();
		startup_fails_with(COMMAND_NOT_STARTED);
	}
	return run_logsink(&o, &origin);
}
