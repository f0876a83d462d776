/*
 * Turn argv into a struct args, or a usage error. Pure.
 *
 * One table has a row for each option: its names, its value, its text in --help and the function
 * that sets it. The parser and --help read nothing else, and a lint compares --help with the man
 * page.
 */
#include "logsink-cat/args.h"

#include "base/clock.h"
#include "base/suggest.h"
#include "base/units.h"
#include "reader/timearg.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row;

/* The state of parsing a command line. */
struct parse {
	struct args *a;
	const struct row *row; /* the option whose value is being set */
	char *error;           /* 512 bytes */
	enum args_result result;
	const char *since, *until; /* as they were given; NULL: they were not */
};

struct row {
	const char *name;
	char letter;       /* 0: none */
	const char *takes; /* "": no value; "=TIME": a value */
	const char *help;
	bool (*set)(const char *value, struct parse *p);
	size_t field; /* offset in struct args, for setters of one field */
};

/* ---- values ---- */

static bool fail(struct parse *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct parse *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error, 512, format, args);
	va_end(args);
	return false;
}

static void *field(const struct parse *p)
{
	return (char *)p->a + p->row->field;
}

static bool set_flag(const char *value, struct parse *p)
{
	(void)value;
	*(bool *)field(p) = true;
	return true;
}

static bool set_until_idle(const char *value, struct parse *p)
{
	p->a->follow = true;
	if (units_time(value, &p->a->until_idle_ns) && p->a->until_idle_ns <= UNITS_DAY)
		return true;
	return fail(p,
		    "--until-idle=%s: not a valid time; give a whole number followed by ms, s, m "
		    "or h, up to 24h, as in 2s",
		    value);
}

/* What these mean depends on --utc, which may follow. */
static bool set_since(const char *value, struct parse *p)
{
	p->since = value;
	return true;
}

static bool set_until(const char *value, struct parse *p)
{
	p->until = value;
	return true;
}

/* Of a time that local clocks show twice, --since takes the first, and --until the second. */
static bool parse_times(struct parse *p)
{
	struct span_times *t = &p->a->times;
	struct timearg how = { .now = clock_real_ns(), .utc = t->utc };
	const char *why;

	if (p->since && !timearg_parse(p->since, &how, &t->since, &why))
		return fail(p, "--since=%.100s %s", p->since, why);
	how.last = true;
	if (p->until && !timearg_parse(p->until, &how, &t->until, &why))
		return fail(p, "--until=%.100s %s", p->until, why);
	if (t->since > t->until)
		return fail(p, "--since=%.100s is later than --until=%.100s", p->since, p->until);
	return true;
}

static bool set_last(const char *value, struct parse *p)
{
	int64_t n = -1;

	if (strcmp(value, "all") == 0)
		p->a->last = UINT64_MAX;
	else if (units_count(value, &n))
		p->a->last = (uint64_t)n;
	else
		return fail(p, "--%s=%s: not a number of lines; give 0 or more, or all",
			    p->row->name, value);
	return true;
}

static bool add_grep(const char *value, struct parse *p)
{
	struct select_options *o = &p->a->lines.select;
	char why[384];

	if (o->matches == SELECT_PATTERNS)
		return fail(p, "--grep: more than %d patterns; combine several into one with '|'",
			    SELECT_PATTERNS);
	if (!select_check(value, why))
		return fail(p, "--grep: %s\n    the man page pcre2pattern describes the syntax",
			    why);
	o->match[o->matches++] = value;
	return true;
}

/* LEVEL, LEVEL..LEVEL or ..LEVEL */
static bool set_level(const char *value, struct parse *p)
{
	struct select_options *o = &p->a->lines.select;
	const char *dots = strstr(value, "..");
	char first[16] = "";

	if (dots && (size_t)(dots - value) < sizeof(first))
		memcpy(first, value, (size_t)(dots - value));
	if (!dots && level_parse(value, &o->least))
		return true;
	o->least = LEVEL_TRACE;
	if (dots && (dots == value || level_parse(first, &o->least)) &&
	    level_parse(dots + 2, &o->most) && o->least <= o->most)
		return true;
	return fail(p,
		    "--level=%s: not a level; give one of trace, debug, info, warn, error, or a "
		    "range of them, as in debug..warn",
		    value);
}

static bool get_context(const char *value, unsigned *lines, struct parse *p)
{
	int64_t n;

	if (!units_count(value, &n) || n > 1000)
		return fail(p, "--%s=%s: not a number of lines; give 0 to 1000", p->row->name,
			    value);
	*lines = (unsigned)n;
	return true;
}

static bool set_before(const char *value, struct parse *p)
{
	return get_context(value, &p->a->lines.before, p);
}

static bool set_after(const char *value, struct parse *p)
{
	return get_context(value, &p->a->lines.after, p);
}

static bool set_context(const char *value, struct parse *p)
{
	return set_before(value, p) && set_after(value, p);
}

static bool set_output(const char *value, struct parse *p)
{
	static const char *const forms[] = { "cat", "with-file", "json" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(value, forms[i]) == 0) {
			p->a->lines.form = (enum lines_form)i;
			return true;
		}
	}
	return fail(p, "--output=%s: not known; give one of: cat, with-file, json", value);
}

static bool set_cursor(const char *value, struct parse *p)
{
	p->a->cursor = value;
	return *value ? true : fail(p, "--cursor-file: the path is empty; name a file");
}

static bool set_colour(const char *value, struct parse *p)
{
	p->a->on_colour = strcmp(value, "always") == 0;
	p->a->on_terminal = strcmp(value, "auto") == 0;
	return p->a->on_colour || p->a->on_terminal || strcmp(value, "never") == 0 ||
	       fail(p, "--color=%s: not known; give one of: auto, always, never", value);
}

static bool set_help(const char *value, struct parse *p)
{
	(void)value;
	p->result = ARGS_HELP;
	return true;
}

static bool set_version(const char *value, struct parse *p)
{
	(void)value;
	p->result = ARGS_VERSION;
	return true;
}

/* ---- the table ---- */

#define AT(member) .field = offsetof(struct args, member)

/* clang-format off */
static const struct row rows[] = {
{ "lines", 'n', "=N|all", "the last N lines, of those that are selected", .set = set_last },
{ "tail", 0, "=N|all", "the same", .set = set_last },
{ "since", 'S', "=TIME", "from this time on: 2026-11-22 14:05, yesterday, -2h", .set = set_since },
{ "until", 'U', "=TIME", "up to this time", .set = set_until },
{ "utc", 'u', "", "times without a zone are UTC", .set = set_flag, AT(times.utc) },
{ "reverse", 'r', "", "the newest line first", .set = set_flag, AT(reverse) },
{ "follow", 'f', "", "go on when lines are added, over any number of new files", .set = set_flag, AT(follow) },
{ "until-idle", 0, "=TIME", "follow, and end when nothing has come for TIME", .set = set_until_idle },
{ "poll", 0, "", "look for news five times a second; do not use inotify", .set = set_flag, AT(poll) },
{ "grep", 'g', "=RE", "lines that match; without capitals, of any case", .set = add_grep },
{ "invert", 0, "", "lines that match none of them", .set = set_flag, AT(lines.select.invert) },
{ "level", 'L', "=LEVEL", "LEVEL and above, or LEVEL..LEVEL", .set = set_level },
{ "after", 'A', "=N", "also N lines after each one", .set = set_after },
{ "before", 'B', "=N", "also N lines before each one", .set = set_before },
{ "context", 'C', "=N", "both", .set = set_context },
{ "output", 'o', "=FORM", "cat, with-file, json [cat]", .set = set_output },
{ "color", 0, "=WHEN", "auto, always, never [auto]", .set = set_colour },
{ "cursor-file", 0, "=PATH", "begin where the last run with this file stopped", .set = set_cursor },
{ "list", 0, "", "the files of the log, and their sizes, as a table or as json", .set = set_flag, AT(list) },
{ "null", '0', "", "list the paths only, each with a NUL behind it", .set = set_flag, AT(null) },
{ "disk-usage", 0, "", "what the files take together", .set = set_flag, AT(disk_usage) },
{ "quiet", 'q', "", "no warnings", .set = set_flag, AT(quiet) },
{ "help", 'h', "", "print this", .set = set_help },
{ "version", 'V', "", "print the version", .set = set_version },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]), NO_LETTER = 256, WORD = 1 };

/* The result of getopt_long for a row; for a word that is not an option it is WORD. */
static int code_of(const struct row *row)
{
	return row->letter ? row->letter : NO_LETTER + (int)(row - rows);
}

static const struct row *row_of(int code)
{
	for (size_t i = 0; i < ROWS; i++)
		if (code_of(&rows[i]) == code)
			return &rows[i];
	return NULL;
}

const char *args_help(void)
{
	static char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	if (!to)
		return "";
	fputs("Usage: logsink-cat [OPTION]... FILE\n"
	      "Print the lines of the log FILE from all its files, compressed ones too, the oldest\n"
	      "first. FILE is what logsink was given, or a link to a file, or a file of the log.\n\n",
	      to);
	for (const struct row *row = rows; row < rows + ROWS; row++) {
		char names[64], letter[5] = { '-', row->letter, ',', ' ' };

		snprintf(names, sizeof(names), "%s--%s%s", row->letter ? letter : "    ", row->name,
			 row->takes);
		fprintf(to, "  %-22s  %s\n", names, row->help);
	}
	fputs("\nStatus: 0 found, 1 nothing matched, 2 usage, 3 something could not be read.\n"
	      "                                                             man logsink-cat\n",
	      to);
	fclose(to);
	return text;
}

/* ---- the words ---- */

/* The words of tail, journalctl and cat. */
static const struct suggest_synonym synonyms[] = {
	{ "no-inotify", "poll", NULL },  { "number", "lines", NULL },
	{ "match", "grep", NULL },       { "filter", "grep", NULL },
	{ "pattern", "grep", NULL },     { "invert-match", "invert", NULL },
	{ "priority", "level", NULL },   { "format", "output", NULL },
	{ "json", "output=json", NULL }, { "ls", "list", NULL },
	{ "du", "disk-usage", NULL },    { "silent", "quiet", NULL },
	{ "usage", "help", NULL },       { NULL, NULL, NULL },
};

static bool refuse_name(const char *word, struct parse *p)
{
	struct suggest_option list[ROWS + 1] = { 0 };

	for (size_t i = 0; i < ROWS; i++)
		list[i] = (struct suggest_option){ rows[i].name, *rows[i].takes != '\0' };
	suggest_option(word, &(struct suggest_words){ list, synonyms }, p->error, 512);
	return false;
}

/* word: the one that getopt_long looked at. */
static bool refuse(int code, const char *word, struct parse *p)
{
	const struct row *row = code == ':' ? row_of(optopt) : NULL;

	if (strncmp(word, "--", 2) != 0)
		return fail(p, code == ':' ? "-%c needs a value" : "unknown option -%c", optopt);
	return row && suggest_is_whole(word, row->name) ? fail(p, "%.100s needs a value", word)
							: refuse_name(word, p);
}

static bool take_file(const char *word, struct parse *p)
{
	size_t n = strlen(word);

	if (n == 0)
		return fail(p, "FILE is empty; name the log, such as logs/app.log");
	if (word[n - 1] == '/')
		return fail(
			p,
			"FILE '%.200s' names a directory; name the log in it, as in %.200sapp.log",
			word, word);
	if (p->a->file)
		return fail(p, "one FILE is expected, and '%.150s' follows '%.150s'", word,
			    p->a->file);
	p->a->file = word;
	return true;
}

static void describe(char letters[2 + 2 * ROWS + 1], struct option names[ROWS + 1])
{
	/* "-": return words that are not options in order; ":": report a missing value as ':'. */
	char *letter = stpcpy(letters, "-:");

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		int takes = *row->takes ? required_argument : no_argument;

		names[i] = (struct option){ row->name, takes, NULL, code_of(row) };
		if (row->letter)
			letter += sprintf(letter, "%c%s", row->letter, *row->takes ? ":" : "");
	}
	*letter = '\0';
	names[ROWS] = (struct option){ 0 };
}

static bool take_words(int argc, char *argv[], struct parse *p)
{
	char letters[2 + 2 * ROWS + 1];
	struct option names[ROWS + 1];
	int code, before = 1;

	describe(letters, names);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		const char *word = argv[before];

		before = optind;
		if (code == '?' || code == ':')
			return refuse(code, word, p);
		p->row = code == WORD ? NULL : row_of(code);
		/* A name that is cut short might be another one in a later version. */
		if (p->row && strncmp(word, "--", 2) == 0 && !suggest_is_whole(word, p->row->name))
			return refuse_name(word, p);
		if (!(p->row ? p->row->set(optarg, p) : take_file(optarg, p)))
			return false;
		if (p->result != ARGS_RUN)
			return true;
	}
	for (; optind < argc; optind++)
		if (!take_file(argv[optind], p))
			return false;
	return p->a->file ||
	       fail(p, "FILE is missing; name the log, as in 'logsink-cat logs/app.log'");
}

static bool check_conflicts(struct parse *p)
{
	const struct args *a = p->a;
	const struct lines_options *l = &a->lines;

	if (a->reverse && a->follow)
		return fail(p,
			    "--reverse begins with the newest line, and --follow waits for a newer "
			    "one; give one of them");
	if (a->reverse && (l->before || l->after))
		return fail(p, "--reverse has no context; leave out one of them");
	if (a->cursor && (a->reverse || a->last != UINT64_MAX))
		return fail(p,
			    "--cursor-file tells where to begin, and so do --lines and --reverse; "
			    "give one of them");
	if (a->cursor && (p->since || p->until))
		return fail(p, "--cursor-file tells where to begin, and so does --since; --until "
			       "would end before the cursor is right; give one of them");
	if (a->null && !a->list)
		return fail(p, "--null has no effect without --list; give both or neither");
	if (a->reverse && (p->since || p->until))
		return fail(p,
			    "--reverse goes through the whole log; with --since or --until, leave "
			    "it out, and pipe the lines to tac(1)");
	if (p->until && a->follow)
		return fail(p,
			    "--until ends at a time, and --follow waits for lines after it; give "
			    "one of them");
	if (p->until && a->last != UINT64_MAX)
		return fail(p,
			    "--lines counts from the end of the log; with --until, leave it out, "
			    "and pipe the lines to tail(1)");
	if (!select_any(&l->select) && (l->before || l->after))
		return fail(p, "lines of context are those around lines that --grep or --level "
			       "selects; give one of these");
	if (l->select.invert && l->select.matches == 0)
		return fail(p, "--invert has no effect without --grep; give both or neither");
	return true;
}

enum args_result args_parse(int argc, char *argv[], struct args *a, char error[512])
{
	struct parse p = { .a = a, .error = error, .result = ARGS_RUN };

	*a = (struct args){ .until_idle_ns = -1,
			    .last = UINT64_MAX,
			    .on_terminal = true,
			    .times = { .since = INT64_MIN, .until = INT64_MAX } };
	if (!take_words(argc, argv, &p))
		return ARGS_ERROR;
	return p.result != ARGS_RUN || (parse_times(&p) && check_conflicts(&p)) ? p.result
										: ARGS_ERROR;
}
