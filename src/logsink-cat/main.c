/* Read a log as one: find its files, print what is in them, and say how it went. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "logsink-cat/args.h"
#include "logsink-cat/cursor.h"
#include "logsink-cat/last.h"
#include "logsink-cat/lines.h"
#include "logsink-cat/list.h"
#include "logsink-cat/output.h"
#include "logsink-cat/reverse.h"
#include "logsink-cat/status.h"
#include "reader/follow.h"
#include "reader/members.h"
#include "reader/span.h"
#include "reader/watch.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often the cursor is kept, at most. */
enum { CURSOR_MS = 1000 };

struct run {
	const struct args *args;
	struct lines_options options;
	struct members *members;
	struct lines *lines;
	struct watch *watch;
	struct follow *follow;
	struct last from;     /* where printing begins */
	bool begins;          /* it did not yet */
	struct cursor cursor; /* behind the bytes that were taken */
	bool moved;           /* it is not kept yet */
	int64_t kept_ns;      /* when it was */
	struct span span;     /* with --since or --until: what is printed */
	bool printed;         /* something of it was */
	struct member member; /* whose bytes came last; part 0: none did */
	bool unreadable;      /* something was */
	int64_t quiet_ns;     /* when there were bytes last */
};

/* ---- what is missing ---- */

static void say_missing(struct run *r, const struct member *which, enum names_suffix form,
			int error, const char *detail)
{
	char path[PATH_MAX + NAMES_SIZE];

	r->unreadable = true;
	output_flush(); /* what was before it */
	if (which->part == 0) {
		diag(DIAG_LOSS, "cannot read all of the directory %s: %s",
		     members_where(r->members), strerror(error));
		return;
	}
	members_path(r->members, which, form, path, sizeof(path));
	if (error == EBADMSG)
		diag(DIAG_LOSS, "%s is damaged, and lines are missing: %s", path, detail);
	else if (error == ENOENT)
		diag(DIAG_LOSS, "%s was deleted before it was read", path);
	else
		diag(DIAG_LOSS, "cannot read %s: %s", path, strerror(error));
}

static void on_missing(void *arg, const struct member *which, enum names_suffix form, int error,
		       const char *detail)
{
	say_missing(arg, which, form, error, detail);
}

/* ---- the cursor ---- */

static volatile sig_atomic_t stopped;

static void on_stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* The cursor is kept before the program ends. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static void move_cursor(struct run *r, const struct follow_piece *p)
{
	if (members_order(&r->cursor.member, &p->member) != 0 || r->cursor.offset > p->offset)
		r->cursor.head_len = 0;
	r->cursor.member = p->member;
	r->cursor.offset = p->offset + p->len;
	r->moved = true;
}

/* Everything before the cursor is printed. */
static void keep_cursor(struct run *r)
{
	struct cursor c;

	if (!r->args->cursor || !r->moved)
		return;
	output_flush();
	if (r->cursor.head_len < CURSOR_HEAD)
		cursor_learn(r->members, &r->cursor);
	c = r->cursor;
	c.offset -= lines_pending(r->lines);
	if (cursor_write(r->args->cursor, r->members, &c) == 0) {
		r->moved = false;
		r->kept_ns = clock_mono_ns();
		return;
	}
	r->unreadable = true;
	diag(DIAG_LOSS, "cannot keep the cursor in %s: %s", r->args->cursor, strerror(errno));
}

/* To where the last run stopped; false: it is not known where that is. */
static bool go_to_cursor(struct run *r)
{
	const char *path = r->args->cursor;
	char name[PATH_MAX + NAMES_SIZE];
	struct cursor c;

	switch (cursor_read(path, r->members, &c)) {
	case 0:
		return true;
	case 1:
		if (!cursor_fits(r->members, &c)) {
			members_path(r->members, &c.member, NAMES_PLAIN, name, sizeof(name));
			diag(DIAG_LOSS,
			     "%s is not the file in which the last run stopped; beginning with "
			     "the oldest line",
			     name);
			r->unreadable = true;
			return true;
		}
		follow_from(r->follow, &c.member, c.offset);
		if (members_find(r->members, &c.member) < members_count(r->members))
			return true;
		members_path(r->members, &c.member, NAMES_PLAIN, name, sizeof(name));
		diag(DIAG_LOSS, "%s, where the last run stopped, was deleted; going on behind it",
		     name);
		r->unreadable = true;
		return true;
	default:
		break;
	}
	if (errno == EINVAL)
		diag(DIAG_FATAL,
		     "%s is no cursor of the log %s; name another file, or remove it to "
		     "begin with the oldest line",
		     path, members_file(r->members));
	else
		diag(DIAG_FATAL, "cannot read the cursor in %s: %s", path, strerror(errno));
	return false;
}

/* ---- printing forwards ---- */

/* Other bytes follow. A member that goes on elsewhere, as in its compressed form, is none. */
static void begin(struct run *r, const struct follow_piece *p)
{
	char path[PATH_MAX + NAMES_SIZE];

	if (p->offset > 0 && members_order(&p->member, &r->member) == 0)
		return;
	members_path(r->members, &p->member, p->form, path, sizeof(path));
	lines_begin(r->lines, path);
	r->member = p->member;
	if (r->begins && members_order(&p->member, &r->from.member) == 0)
		lines_leave_out(r->lines, r->from.partial, r->from.skip);
	r->begins = false;
}

/* How long may be waited, in milliseconds, until the log counts as idle; -1: for ever. */
static int patience_ms(const struct run *r)
{
	int64_t left;

	if (r->args->until_idle_ns < 0)
		return r->args->cursor ? CURSOR_MS : -1;
	left = r->quiet_ns + r->args->until_idle_ns - clock_mono_ns();
	if (left < 0)
		return 0;
	return r->args->cursor && left > CURSOR_MS * CLOCK_MS ? CURSOR_MS
							      : (int)(left / CLOCK_MS) + 1;
}

/* Waits for more; false: the end. */
static bool pause_reading(struct run *r)
{
	output_flush();
	while (r->watch && !stopped) {
		int ms = patience_ms(r);

		if (ms == 0)
			break;
		if (clock_mono_ns() - r->kept_ns >= CURSOR_MS * CLOCK_MS)
			keep_cursor(r);
		if (follow_wait(r->follow, ms, STDOUT_FILENO))
			return true;
		output_closed();
	}
	return false;
}

/* How many of the bytes are not later than --until. */
static size_t until(const struct run *r, const struct follow_piece *p)
{
	int order = members_order(&p->member, &r->span.last);

	if (r->args->times.until == INT64_MAX || order < 0)
		return p->len;
	if (order > 0 || p->offset >= r->span.to)
		return 0;
	return p->len < r->span.to - p->offset ? p->len : (size_t)(r->span.to - p->offset);
}

/* Returns: false: what follows is later. */
static bool print_piece(struct run *r, const struct follow_piece *p)
{
	size_t len = until(r, p);

	if (len > 0)
		lines_take(r->lines, p->bytes, len);
	move_cursor(r, p);
	r->printed = r->printed || len > 0;
	return len == p->len;
}

static void print_all(struct run *r)
{
	struct follow_piece p;
	bool more = true;

	r->quiet_ns = clock_mono_ns();
	while (more && !stopped) {
		switch (follow_next(r->follow, &p)) {
		case FOLLOW_BYTES:
			more = print_piece(r, &p);
			if (r->args->until_idle_ns >= 0)
				r->quiet_ns = clock_mono_ns();
			break;
		case FOLLOW_BEGIN:
			begin(r, &p);
			move_cursor(r, &p);
			break;
		case FOLLOW_MISSING:
			say_missing(r, &p.member, p.form, p.error, p.detail);
			break;
		case FOLLOW_PAUSE:
			more = pause_reading(r);
			break;
		}
	}
	if (!r->args->cursor)
		lines_end(r->lines); /* otherwise that is for the next run */
	output_flush();
	keep_cursor(r);
}

/* Where the last lines begin; without a line, at the end of what is there. */
static int find_last(struct run *r)
{
	const struct members *m = r->members;
	struct stat st;
	int fd;

	if (r->args->last > 0)
		return last_find(m, &r->options.select, r->args->last, &r->from);
	r->from.member = *members_get(m, members_count(m) - 1);
	r->from.offset = UINT64_MAX;
	enum names_suffix form;
	fd = members_open(m, &r->from.member, &form);
	if (fd >= 0 && form == NAMES_PLAIN && fstat(fd, &st) == 0)
		r->from.offset = (uint64_t)st.st_size;
	if (fd >= 0)
		close(fd);
	return 1;
}

/* With --since, nothing is printed of what is before it. */
static int find_begin(struct run *r)
{
	const struct span *s = &r->span;
	int found = 0, order;

	if (r->args->last != UINT64_MAX)
		found = find_last(r);
	if (found < 0 || r->args->times.since == INT64_MIN)
		return found;
	order = found > 0 ? members_order(&r->from.member, &s->first) : -1;
	if (order < 0 || (order == 0 && r->from.offset <= s->from))
		r->from = (struct last){ .member = s->first, .offset = s->from };
	return 1;
}

static bool is_span(const struct run *r)
{
	return r->args->times.since != INT64_MIN || r->args->times.until != INT64_MAX;
}

static int print_forwards(struct run *r)
{
	int found = members_count(r->members) > 0;

	if (is_span(r) && found > 0)
		found = span_find(r->members, &r->args->times, &r->span);
	if (found <= 0 && !r->args->follow)
		return found;
	if (found > 0)
		found = find_begin(r);
	if (found < 0)
		return -1;
	if (found > 0) {
		r->begins = true;
		/* Of a partial line, the byte before it tells whether it is one. */
		follow_from(r->follow, &r->from.member, r->from.offset - r->from.partial);
	}
	print_all(r);
	return 0;
}

static int print_backwards(struct run *r)
{
	int result = reverse_print(r->members, r->lines, r->args->last, on_missing, r);

	output_flush();
	return result;
}

/* ---- the run ---- */

static int open_log(struct run *r)
{
	const char *file = r->args->file;

	r->members = members_new(file);
	if (!r->members && errno == EISDIR)
		diag(DIAG_USAGE, "FILE '%s' is a directory; name the log in it, as in %s/app.log",
		     file, file);
	else if (!r->members && errno == EINVAL)
		diag(DIAG_USAGE, "FILE '%s' cannot be the name of a log", file);
	if (!r->members && (errno == EISDIR || errno == EINVAL))
		return STATUS_USAGE;
	if (!r->members) {
		diag(DIAG_FATAL, "cannot start: %s", strerror(errno));
		return STATUS_UNREADABLE;
	}
	return STATUS_FOUND;
}

/* Without a file there is nothing to read, or nothing yet. */
static int check_there(const struct run *r)
{
	const char *file = members_file(r->members);

	if (members_count(r->members) > 0)
		return STATUS_FOUND;
	if (r->args->follow) {
		diag(DIAG_WAITING, "for the first file of the log %s", file);
		return STATUS_FOUND;
	}
	if (members_error(r->members))
		diag(DIAG_FATAL, "cannot read the directory %s of the log %s: %s",
		     members_where(r->members), file, strerror(members_error(r->members)));
	else
		diag(DIAG_FATAL, "there is no file of a log %s in %s", file,
		     *members_prefix(r->members) ? members_prefix(r->members) : ".");
	return STATUS_UNREADABLE;
}

/* What is for people, and would be in the way of programs. */
static void fit_output(struct run *r)
{
	const struct args *a = r->args;
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(STDOUT_FILENO);
	bool plain = (no_colour && *no_colour) || !term || strcmp(term, "dumb") == 0;

	r->options = a->lines;
	r->options.hold = a->cursor != NULL;
	r->options.escape = terminal;
	r->options.colour = a->lines.form != LINES_JSON &&
			    (a->on_colour || (a->on_terminal && terminal && !plain));
}

static int start(struct run *r)
{
	fit_output(r);
	r->lines = lines_new(&r->options);
	if (r->args->follow)
		r->watch = watch_new(r->args->poll);
	r->follow = follow_new(r->members, r->watch);
	if ((r->args->follow && !r->watch) || !r->follow || !r->lines) {
		diag(DIAG_FATAL, "cannot start: %s", strerror(errno));
		return STATUS_UNREADABLE;
	}
	if (!r->args->cursor)
		return STATUS_FOUND;
	catch_signals();
	return go_to_cursor(r) ? STATUS_FOUND : STATUS_UNREADABLE;
}

static int print(struct run *r)
{
	if ((r->args->reverse ? print_backwards(r) : print_forwards(r)) < 0) {
		diag(DIAG_FATAL, "cannot go on: %s", strerror(errno));
		return STATUS_UNREADABLE;
	}
	if (r->unreadable)
		return STATUS_UNREADABLE;
	if (is_span(r) && !r->printed)
		return STATUS_NOTHING;
	return select_any(&r->options.select) && lines_selected(r->lines) == 0 ? STATUS_NOTHING
									       : STATUS_FOUND;
}

/* The files instead of their lines. */
static int list(const struct run *r)
{
	const struct args *a = r->args;
	enum list_form form = a->null                       ? LIST_NAMES
			      : a->lines.form == LINES_JSON ? LIST_JSON
							    : LIST_TABLE;
	int result = a->list ? list_print(r->members, form) : 0;

	if (result == 0 && a->disk_usage)
		result = list_usage(r->members);
	output_flush();
	if (result == 0)
		return members_error(r->members) ? STATUS_UNREADABLE : STATUS_FOUND;
	diag(DIAG_FATAL, "cannot go on: %s", strerror(errno));
	return STATUS_UNREADABLE;
}

static int run_cat(const struct args *args)
{
	struct run r = { .args = args };
	int status = open_log(&r);

	if (status == STATUS_FOUND)
		status = check_there(&r);
	if (status == STATUS_FOUND && (args->list || args->disk_usage)) {
		status = list(&r);
	} else if (status == STATUS_FOUND) {
		status = start(&r);
		if (status == STATUS_FOUND)
			status = print(&r);
	}
	lines_free(r.lines);
	follow_free(r.follow);
	watch_free(r.watch);
	members_free(r.members);
	return status;
}

int main(int argc, char *argv[])
{
	struct args args;
	char error[512];

	diag_name("logsink-cat");
	if (fdio_fill_standard() < 0)
		return STATUS_UNREADABLE;
	switch (args_parse(argc, argv, &args, error)) {
	case ARGS_HELP:
		output_write(args_help(), strlen(args_help()));
		output_flush();
		return STATUS_FOUND;
	case ARGS_VERSION:
		printf("logsink-cat %s\n", LOGSINK_VERSION);
		return STATUS_FOUND;
	case ARGS_ERROR:
		diag(DIAG_USAGE, "%s; try 'logsink-cat --help'", error);
		return STATUS_USAGE;
	case ARGS_RUN:
		break;
	}
	if (args.quiet)
		diag_init(DIAG_QUIET);
	return run_cat(&args);
}
