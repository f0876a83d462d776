/* Dry run: print what would be done: --check. */
#include "logsink/check.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/path.h"
#include "base/trust.h"
#include "family/directory.h"
#include "family/family.h"
#include "logsink/options.h"
#include "process/command.h"
#include "record/stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Prints a line; control characters, which names may contain, are printed as \xNN. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char text[2 * PATH_MAX + LINK_TARGET], line[4 * sizeof(text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line[diag_escape(line, sizeof(line), text)] = '\0';
	puts(line);
}

static void print_file(const struct check_plan *p, const char *label, const struct names_member *m,
		       const char *note)
{
	char name[NAMES_SIZE];

	names_build(p->names, m, name);
	say("%-14s %s%s%s%s", label, directory_prefix(p->dir), name, *note ? "  " : "", note);
}

/* ---- where lines go ---- */

/* Whether its name is taken by something that is not a file of ours. */
static bool obstructed(const struct check_plan *p, const struct names_member *m)
{
	char name[NAMES_SIZE];
	struct stat st;

	names_build(p->names, m, name);
	int dir = directory_enter(p->dir, name, false);
	bool blocked =
		dir >= 0 && !trust_is_ours(dir, path_base(name), -1, &st) && errno == ENOTSUP;
	directory_leave(p->dir, dir);
	return blocked;
}

/* The file to which the next line would go. */
static struct names_member next_file(const struct check_plan *p, const struct family *f,
				     const struct calendar_period *now, size_t *current)
{
	struct names_member m = { .period = names_period(p->names, &now->tm), .part = 1 };

	*current = family_current(f, m.period);
	for (size_t i = 0; i < f->count; i++)
		if (f->files[i].member.period == m.period &&
		    f->files[i].member.part <= NAMES_LAST_PART)
			m.part = f->files[i].member.part + 1;
	if (*current < f->count) {
		const struct family_file *newest = &f->files[*current];

		if (newest->size < p->part_limit && !obstructed(p, &newest->member))
			m = newest->member;
		else
			*current = f->count;
	}
	while (*current == f->count && obstructed(p, &m))
		m.part++;
	return m;
}

static void print_current(const struct check_plan *p, const struct family *f,
			  const struct names_member *m, size_t current)
{
	char note[64] = "new", name[NAMES_SIZE], target[LINK_TARGET];

	if (current < f->count)
		snprintf(note, sizeof(note), "continues, %" PRIu64 " bytes so far",
			 f->files[current].size);
	print_file(p, "current file", m, note);
	names_build(p->names, m, name);
	if (directory_link_target(p->dir, name, target))
		say("%-14s %s -> %s", "link", p->link, target);
	else
		say("%-14s none", "link");
}

static void print_boundaries(const struct check_plan *p, struct calendar_period period)
{
	const struct calendar *c = &p->options->calendar;
	char when[STAMP_SIZE], note[STAMP_SIZE + 8];

	say("%-14s %s", "time zone",
	    c->utc         ? "UTC (--utc)"
	    : getenv("TZ") ? getenv("TZ")
			   : "the system's");
	if (c->roll == CALENDAR_NEVER)
		return;
	for (int i = 0; i < 3; i++) {
		calendar_find(c, period.end, &period);
		const struct names_member m = { .period = names_period(p->names, &period.tm),
						.part = 1 };
		stamp_rfc3339((int64_t)period.start * CLOCK_SECOND, c->utc, when);
		snprintf(note, sizeof(note), "from %s", when);
		print_file(p, i ? "" : "next files", &m, note);
	}
}

/* ---- old files ---- */

static void print_old_files(const struct check_plan *p, const struct family *f,
			    const struct names_member *current)
{
	size_t closed = family_older(f, current), i;
	struct retain_state s = { .closed = closed,
				  .other_bytes = retain_other_bytes(p->part_limit, p->compress),
				  .free_bytes = UINT64_MAX,
				  .now = (time_t)(clock_real_ns() / CLOCK_SECOND) };
	struct statvfs fs;

	insist(closed == 0 || f->files);
	for (i = 0; i < closed; i++)
		s.closed_bytes += f->files[i].size;
	if (directory_fd(p->dir) >= 0 && fstatvfs(directory_fd(p->dir), &fs) == 0)
		s.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	say("%-14s %zu, %" PRIu64 " bytes", "closed files", closed, s.closed_bytes);
	for (i = 0; i < closed; i++) {
		enum retain_verdict why =
			retain_step(&p->rules, &s, &p->options->calendar, &f->files[i]);

		if (why == RETAIN_STAYS)
			break;
		print_file(p, "delete", &f->files[i].member, retain_option(why));
	}
	for (; p->compress && i < closed; i++)
		if (family_compressible(f, i, closed))
			print_file(p, "compress", &f->files[i].member, "");
}

/* ---- the policy, in sentences ---- */

static const char *period_words(enum calendar_roll roll)
{
	switch (roll) {
	case CALENDAR_NEVER:
		return "All lines go to one file";
	case CALENDAR_MINUTELY:
		return "A new file begins every minute";
	case CALENDAR_HOURLY:
		return "A new file begins every hour";
	case CALENDAR_DAILY:
		return "A new file begins every day";
	case CALENDAR_WEEKLY:
		return "A new file begins every Monday";
	case CALENDAR_MONTHLY:
		return "A new file begins every month";
	}
	abort();
}

static void print_policy(const struct check_plan *p)
{
	const struct options *o = p->options;
	const struct retain_rules *r = &p->rules;

	say("%s, in %s.", period_words(o->calendar.roll), o->calendar.utc ? "UTC" : "local time");
	if (p->part_limit < INT64_MAX)
		say("A new part begins before the line that would make a file larger than %" PRIu64
		    " bytes.",
		    p->part_limit);
	if (r->keep != RETAIN_ALL)
		say("The %" PRId64 " newest closed files are kept.", r->keep);
	if (r->max_age_s)
		say("Closed files are deleted %" PRId64 " s after the end of their period.",
		    r->max_age_s);
	if (r->max_total)
		say("All files together have at most %" PRIu64 " bytes.", r->max_total);
	if (r->keep_free)
		say("The oldest closed files are deleted while the file system has less than %" PRIu64
		    " bytes free.",
		    r->keep_free);
	else if (r->keep == RETAIN_ALL && !r->max_age_s && !r->max_total)
		say("No file is ever deleted.");
	if (p->compress)
		say("Closed files are compressed with %s at level %d, except the newest one.",
		    o->compressor.suffix == NAMES_GZ ? "gzip" : "zstd", o->compressor.level);
	if (o->on_roll)
		say("The command '%s' is run for each closed file.", o->on_roll);
	say("When the buffer of %" PRIu64 " bytes is full, %s.", o->buffer,
	    o->overflow == INTAKE_BLOCK ? "the program blocks" : "lines are dropped and counted");
}

int check_print(const struct check_plan *p)
{
	struct family family = { 0 };
	struct calendar_period now;
	struct names_member m;
	size_t current;

	if (directory_fd(p->dir) >= 0 &&
	    family_scan(p->dir, p->names, true, &family, NULL, NULL) < 0) {
		diag(DIAG_FATAL, "cannot read the directory of the log, %s: %s",
		     directory_name(p->dir), strerror(errno));
		return -1;
	}
	calendar_find(&p->options->calendar, (time_t)(clock_real_ns() / CLOCK_SECOND), &now);
	m = next_file(p, &family, &now, &current);
	print_current(p, &family, &m, current);
	print_boundaries(p, now);
	print_old_files(p, &family, &m);
	print_policy(p);
	family_clear(&family);
	return 0;
}

/* ---- COMMAND ---- */

/* Appends the word, quoted if a shell would not leave it as it is. */
static void add_word(FILE *to, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, to);
		return;
	}
	fputc('\'', to);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, to);
	fputc('\'', to);
}

int check_command(char *const words[])
{
	char *text = NULL, path[PATH_MAX];
	size_t size = 0;

	insist(words[0]);
	int error = command_find(words[0], path);
	FILE *to = error ? NULL : open_memstream(&text, &size);

	if (!to) {
		command_say_error(words[0], error ? error : errno);
		return -1;
	}
	for (char *const *w = words; *w; w++) {
		if (w != words)
			fputc(' ', to);
		add_word(to, *w);
	}
	if (fclose(to) == 0)
		say("%-14s %s", "command", text);
	free(text);
	if (strcmp(path, words[0]) != 0)
		say("%-14s %s", "", path);
	return 0;
}
