/*
 * Turn argv into a struct args, or a usage error. Pure.
 *
 * One table has a row for each option: its names, its value, its text in --help and the function
 * that sets it. The parser and --help read nothing else, and a lint compares --help with the man
 * page.
 */
#include "logsink-cat/args.h"

#include "base/units.h"

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
{ "follow", 'f', "", "go on when lines are added, over any number of new files", .set = set_flag, AT(follow) },
{ "until-idle", 0, "=TIME", "follow, and end when nothing has come for TIME", .set = set_until_idle },
{ "poll", 0, "", "look for news five times a second; do not use inotify", .set = set_flag, AT(poll) },
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

static bool refuse(int code, const char *word, struct parse *p)
{
	if (strncmp(word, "--", 2) == 0 && code == ':')
		return fail(p, "%.100s needs a value", word);
	if (strncmp(word, "--", 2) == 0)
		return fail(p, "option %.100s is not known, ambiguous, or takes no value", word);
	return fail(p, code == ':' ? "-%c needs a value" : "unknown option -%c", optopt);
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
	int code;

	describe(letters, names);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (code == '?' || code == ':')
			return refuse(code, argv[optind - 1], p);
		p->row = code == WORD ? NULL : row_of(code);
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

enum args_result args_parse(int argc, char *argv[], struct args *a, char error[512])
{
	struct parse p = { .a = a, .error = error, .result = ARGS_RUN };

	*a = (struct args){ .until_idle_ns = -1 };
	return take_words(argc, argv, &p) ? p.result : ARGS_ERROR;
}
