/* Read a log as one: find its files, print what is in them, and say how it went. */
#include "base/clock.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "logsink-cat/args.h"
#include "logsink-cat/output.h"
#include "logsink-cat/status.h"
#include "reader/follow.h"
#include "reader/members.h"
#include "reader/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct run {
	const struct args *args;
	struct members *members;
	struct watch *watch;
	struct follow *follow;
	char last;        /* the byte that was printed last; 0: none yet */
	bool unreadable;  /* something was */
	int64_t quiet_ns; /* when there were bytes last */
};

/* ---- what is missing ---- */

static void say_missing(struct run *r, const struct follow_piece *p)
{
	char path[PATH_MAX + NAMES_SIZE];

	r->unreadable = true;
	if (p->member.part == 0) {
		diag(DIAG_LOSS, "cannot read all of the directory %s: %s",
		     members_where(r->members), strerror(p->error));
		return;
	}
	members_path(r->members, &p->member, p->form, path, sizeof(path));
	if (p->error == EBADMSG)
		diag(DIAG_LOSS, "%s is damaged, and lines are missing: %s", path, p->detail);
	else if (p->error == ENOENT)
		diag(DIAG_LOSS, "%s was deleted before it was read", path);
	else
		diag(DIAG_LOSS, "cannot read %s: %s", path, strerror(p->error));
}

/* ---- printing ---- */

/* A line does not go on in another file. */
static void end_line(struct run *r)
{
	if (r->last && r->last != '\n')
		output_write("\n", 1);
	r->last = '\n';
}

static void print(struct run *r, const struct follow_piece *p)
{
	output_write(p->bytes, p->len);
	r->last = p->bytes[p->len - 1];
}

/* How long may be waited, in milliseconds, until the log counts as idle; -1: for ever. */
static int patience_ms(const struct run *r)
{
	int64_t left;

	if (r->args->until_idle_ns < 0)
		return -1;
	left = r->quiet_ns + r->args->until_idle_ns - clock_mono_ns();
	return left < 0 ? 0 : (int)(left / CLOCK_MS) + 1;
}

/* Waits for more; false: the end. */
static bool pause_reading(struct run *r)
{
	output_flush();
	while (r->watch) {
		int ms = patience_ms(r);

		if (ms == 0)
			break;
		if (follow_wait(r->follow, ms, STDOUT_FILENO))
			return true;
		output_closed();
	}
	return false;
}

static void print_all(struct run *r)
{
	struct follow_piece p;
	bool more = true;

	r->quiet_ns = clock_mono_ns();
	while (more) {
		switch (follow_next(r->follow, &p)) {
		case FOLLOW_BYTES:
			print(r, &p);
			if (r->args->until_idle_ns >= 0)
				r->quiet_ns = clock_mono_ns();
			break;
		case FOLLOW_BEGIN:
			if (p.offset == 0)
				end_line(r);
			break;
		case FOLLOW_MISSING:
			say_missing(r, &p);
			break;
		case FOLLOW_PAUSE:
			more = pause_reading(r);
			break;
		}
	}
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

static int start(struct run *r)
{
	if (r->args->follow)
		r->watch = watch_new(r->args->poll);
	r->follow = follow_new(r->members, r->watch);
	if ((r->args->follow && !r->watch) || !r->follow) {
		diag(DIAG_FATAL, "cannot start: %s", strerror(errno));
		return STATUS_UNREADABLE;
	}
	return STATUS_FOUND;
}

static int run_cat(const struct args *args)
{
	struct run r = { .args = args };
	int status = open_log(&r);

	if (status == STATUS_FOUND)
		status = check_there(&r);
	if (status == STATUS_FOUND)
		status = start(&r);
	if (status == STATUS_FOUND) {
		print_all(&r);
		status = r.unreadable ? STATUS_UNREADABLE : STATUS_FOUND;
	}
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
