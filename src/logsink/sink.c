/* One family of files, and everything that writes it: names, directory, keeper, file, writer. */
#include "logsink/sink.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "closed/keeper.h"
#include "family/calendar.h"
#include "family/directory.h"
#include "logsink/check.h"
#include "output/logfile.h"
#include "output/writer.h"
#include "record/formatter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* A mode from the command line is used exactly; a default is reduced by the umask. */
static mode_t effective(mode_t mode, bool exact, mode_t mask)
{
	return exact ? mode : mode & ~mask;
}

/* A FILE that cannot name a family is the user's mistake. */
static int init_names(struct sink *t)
{
	const char *file = t->path;

	switch (names_init(&t->names, file + names_directory(file), t->o->calendar.roll)) {
	case NAMES_FINE:
		return 0;
	case NAMES_TOO_LONG:
		diag(DIAG_USAGE, "FILE %s is too long to add a date and a part to its name", file);
		return -1;
	case NAMES_UNKNOWN:
		diag(DIAG_USAGE,
		     "FILE %s has a conversion that is not allowed; allowed are %%Y %%y %%m %%b "
		     "%%d %%j %%H %%M %%S %%G %%V %%F %%T %%R and %%%%",
		     file);
		return -1;
	case NAMES_CONSTANT:
		diag(DIAG_USAGE,
		     "FILE %s gives two consecutive periods of --roll the same name; add "
		     "conversions that tell them apart, such as %%Y-%%m-%%d for daily, or "
		     "choose a longer --roll",
		     file);
		return -1;
	case NAMES_REPEATING:
		t->ambiguous = true;
		diag(DIAG_WARNING,
		     "FILE %s repeats its names later, so lines are appended to old files, and "
		     "none is deleted or compressed; add the year, %%Y, and any other missing "
		     "part of the date",
		     file);
		return 0;
	}
	return -1;
}

/* The largest size of a file: by --size, by the system's limit, and by --max-total. */
static uint64_t part_limit(const struct options *o)
{
	uint64_t size = o->size_limit;
	struct rlimit limit;

	/* The system's limit would stop a file in the middle of a line. */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    limit.rlim_cur < size)
		size = limit.rlim_cur;
	return retain_part_limit(&o->retain, size);
}

/* The file system of the log, or of the place where its directory would be created. */
static int find_file_system(const struct sink *t, struct statvfs *fs)
{
	char path[PATH_MAX];

	if (directory_fd(t->dir) >= 0)
		return fstatvfs(directory_fd(t->dir), fs);
	directory_parent(t->dir, path);
	return statvfs(path, fs);
}

static void find_rules(struct sink *t)
{
	struct statvfs fs;

	t->rules = t->o->retain;
	if (t->o->default_keep_free && find_file_system(t, &fs) == 0)
		t->rules.keep_free = retain_default_free((uint64_t)fs.f_blocks * fs.f_frsize);
	if (t->ambiguous) /* we could not tell old files from new ones */
		t->rules = (struct retain_rules){ .keep = RETAIN_ALL };
	t->compress = t->o->compress && !t->ambiguous;
}

static int start_keeper(struct sink *t, void (*on_end)(void *arg), void *arg)
{
	const struct options *o = t->o;
	struct keeper_options k = {
		.names = t->names,
		.calendar = o->calendar,
		.rules = t->rules,
		.default_keep_free = t->o->default_keep_free && !t->ambiguous,
		.part_limit = t->part_limit,
		.compress = t->compress,
		.compressor = o->compressor,
		.hook = { .command = o->on_roll,
			  .timeout_ns = o->on_roll_timeout_ns,
			  .umask = t->umask,
			  .environment = o->environment },
		.patience_ns = o->grace_ns,
		.on_end = on_end,
		.arg = arg,
	};

	t->keeper = keeper_start(t->dir, &k);
	return t->keeper ? 0 : diag_cannot_start("the thread for closed files");
}

static int start_log(struct sink *t)
{
	const struct options *o = t->o;
	struct logfile_options f = {
		.names = t->names,
		.size_limit = t->part_limit,
		.mode = effective(o->mode, o->exact_mode, t->umask),
		.sync_complete = o->sync != WRITER_SYNC_NEVER,
		.wait_for_room = t->rules.max_total != 0,
		.index = o->index ? t->path + names_directory(t->path) : NULL,
		.uses = { t->uses[0], t->uses[1], t->uses[2] },
		.keeper = { .keeper = t->keeper,
			    .current = keeper_current,
			    .closed = keeper_closed,
			    .make_room = keeper_make_room,
			    .settle = keeper_settle },
	};

	t->file = logfile_new(t->dir, &f, &t->counts.files);
	return t->file ? 0 : diag_cannot_start("the log");
}

static int start_writer(struct sink *t)
{
	const struct options *o = t->o;
	struct writer_options w = {
		.calendar = o->calendar,
		.sync = o->sync,
		.sync_ns = o->sync_ns,
		.spill = o->spill,
		.notices = t->notices,
		.spill_ns = o->grace_ns > CLOCK_SECOND ? o->grace_ns : CLOCK_SECOND,
	};

	t->writer = writer_start(t->ring, t->cursor, t->file, &w, &t->counts);
	return t->writer ? 0 : diag_cannot_start("the writer thread");
}

int sink_init(struct sink *t, const struct options *o, const char *path, const char *link,
	      mode_t umask)
{
	*t = (struct sink){ .o = o, .path = path, .link = link, .umask = umask };
	t->uses[STDIN_FILENO] = o->input_count == 0;
	t->uses[STDOUT_FILENO] = o->tee != OPTIONS_NO_TEE;
	/* Messages between the lines do no harm, but those that are not appended overwrite them. */
	t->uses[STDERR_FILENO] = !(fcntl(STDERR_FILENO, F_GETFL) & O_APPEND);
	return init_names(t);
}

/* Whether we use the standard descriptor fd, and it is the file current. */
static bool is_at(const struct sink *t, int fd, const struct stat *current)
{
	struct stat st;

	return t->uses[fd] && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       fdio_same_file(&st, current);
}

/* Refuses a current file that standard output or standard error would be written into. */
static int check_standard(const struct sink *t, const char *name)
{
	struct stat current;

	if (directory_stat(t->dir, name, &current) < 0)
		return 0;
	if (is_at(t, STDOUT_FILENO, &current)) {
		diag(DIAG_FATAL,
		     "standard output is a file of the log %s, so --tee would write into its lines; "
		     "redirect it to another file",
		     t->path);
		return -1;
	}
	if (is_at(t, STDERR_FILENO, &current)) {
		diag(DIAG_FATAL,
		     "standard error is a file of the log %s, and messages would overwrite its lines; "
		     "redirect it to another file, or append to it with '2>>'",
		     t->path);
		return -1;
	}
	return 0;
}

/* Refuses a current file that another logsink writes, whose lock was removed, or that is ours in
 * another way. */
static int check_current(const struct sink *t)
{
	struct calendar_period now;
	char name[NAMES_SIZE];

	calendar_find(&t->o->calendar, (time_t)(clock_real_ns() / CLOCK_SECOND), &now);
	if (directory_fd(t->dir) < 0 || !logfile_find_first(t->dir, &t->names, &now.tm, name))
		return 0;
	if (!logfile_is_taken(t->dir, name))
		return check_standard(t, name);
	diag(DIAG_FATAL,
	     "another logsink, whose lock was not found, writes %s already; stop it, or name another "
	     "FILE",
	     t->path);
	return -1;
}

int sink_open(struct sink *t, const struct owner *owner)
{
	const struct options *o = t->o;
	struct directory_options d = {
		.file = t->path,
		.calendar = o->calendar,
		.link = t->link,
		.dir_mode = effective(o->dir_mode, o->exact_dir_mode, t->umask),
		.owner = owner,
		.look_only = o->check,
	};

	t->part_limit = part_limit(o);
	t->dir = directory_open(&d);
	if (!t->dir || directory_lock(t->dir) < 0 || check_current(t) < 0)
		return -1;
	find_rules(t);
	return 0;
}

int sink_check(const struct sink *t)
{
	const struct check_plan plan = {
		.options = t->o,
		.names = &t->names,
		.link = t->link,
		.rules = t->rules,
		.part_limit = t->part_limit,
		.compress = t->compress,
		.dir = t->dir,
	};

	return check_print(&plan);
}

/* Notices are never filtered. */
static int make_notices(struct sink *t)
{
	struct formatter_options o = t->o->lines;

	o.filter = NULL;
	o.level = LEVEL_NONE;
	t->notices = formatter_new(&o, "logsink");
	return t->notices ? 0 : diag_cannot_start("the log");
}

int sink_start(struct sink *t, struct ring *ring, struct ring_cursor *cursor, bool transformed,
	       void (*on_end)(void *arg), void *arg)
{
	t->ring = ring;
	t->cursor = cursor;
	if (transformed && make_notices(t) < 0)
		return -1;
	return start_keeper(t, on_end, arg) == 0 && start_log(t) == 0 ? start_writer(t) : -1;
}

void sink_end(struct sink *t)
{
	t->hung = writer_abandoned(t->writer);
	t->failed = !writer_join(t->writer);
	if (!t->hung)
		keeper_end(t->keeper);
}

void sink_hurry(struct sink *t)
{
	if (!t->hung)
		keeper_hurry(t->keeper);
}

bool sink_ended(struct sink *t, int64_t leave_ns)
{
	bool synced = true;

	if (t->hung)
		return true;
	if (keeper_ended(t->keeper))
		return true;
	t->hung = leave_ns >= 0 && keeper_abandon(t->keeper, leave_ns, &synced);
	if (t->hung)
		t->failed = t->failed || !synced;
	return t->hung;
}

bool sink_join(struct sink *t)
{
	const struct writer_counts *c = &t->counts;

	if (!t->hung && !keeper_join(t->keeper))
		t->failed = true;
	if (c->lost.bytes)
		diag(DIAG_LOSS, "%" PRIu64 " lines, %" PRIu64 " bytes could not be written to %s",
		     c->lost.lines, c->lost.bytes, t->path);
	if (c->spilled_bytes)
		diag(DIAG_LOSS, "%" PRIu64 " bytes of these went to standard error",
		     c->spilled_bytes);
	return !t->failed && c->lost.bytes == 0;
}

void sink_close(struct sink *t)
{
	formatter_free(t->notices);
	logfile_free(t->file);
	directory_close(t->dir, !t->writer); /* a failed start leaves nothing behind */
}
