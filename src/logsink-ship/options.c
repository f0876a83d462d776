/*
 * Turn argv into a struct options, or a usage error. Pure.
 *
 * One table, below, has a row for each option, as that of logsink: its names, its value, its
 * default, its text in --help and the function that sets it.
 */
#include "logsink-ship/options.h"

#include "base/units.h"
#include "record/filter.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row;

/* The state of parsing a command line. */
struct parse {
	struct options *o;
	const struct row *row; /* the option whose value is being set */
	char *error;           /* 512 bytes */
	enum options_result result;
};

struct row {
	const char *group; /* in --help; the rows of a group are adjacent */
	const char *name;
	char letter;         /* 0: none */
	const char *takes;   /* "": no value, "=SIZE": a value, "[=TIME]": an optional value */
	const char *initial; /* its default, set first; NULL: none, or help names it */
	const char *help;
	bool (*set)(const char *value, struct parse *p);
	size_t field; /* offset in struct options */
	int64_t min, max;
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
	return (char *)p->o + p->row->field;
}

static bool set_flag(const char *value, struct parse *p)
{
	(void)value;
	*(bool *)field(p) = true;
	return true;
}

static bool set_text(const char *value, struct parse *p)
{
	*(const char **)field(p) = value;
	return *value ? true : fail(p, "--%s: the value is empty", p->row->name);
}

static bool set_size(const char *value, struct parse *p)
{
	int64_t bytes;

	if (!units_size(value, &bytes) || bytes < p->row->min || bytes > p->row->max)
		return fail(p,
			    "--%s=%s: not a valid size; give a whole number of bytes, or one "
			    "followed by K, M or G, as in 10M, from %jd to %jd bytes",
			    p->row->name, value, (intmax_t)p->row->min, (intmax_t)p->row->max);
	*(uint64_t *)field(p) = (uint64_t)bytes;
	return true;
}

static bool set_time(const char *value, struct parse *p)
{
	int64_t ns;

	if (!units_time(value, &ns) || ns < p->row->min || ns > p->row->max)
		return fail(p,
			    "--%s=%s: not a valid time; give a whole number followed by ms, s, m, "
			    "h or d, of at least %jdms and at most a day",
			    p->row->name, value, (intmax_t)(p->row->min / UNITS_MS));
	*(int64_t *)field(p) = ns;
	return true;
}

/* ---- options ---- */

static bool add_property(const char *value, struct parse *p)
{
	const char *equals = strchr(value, '=');
	size_t n = equals ? (size_t)(equals - value) : 0;

	if (n == 0)
		return fail(p, "-X %.*s: give NAME=VALUE, as in -X compression.codec=zstd",
			    (int)strcspn(value, "="), value);
	if (p->o->property_count == OPTIONS_PROPERTIES)
		return fail(p, "-X: more than %d properties; put them into a file for --config",
			    OPTIONS_PROPERTIES);
	p->o->properties[p->o->property_count++] = value;
	return true;
}

static bool set_from(const char *value, struct parse *p)
{
	if (strcmp(value, "beginning") == 0)
		p->o->from = READING_FROM_BEGINNING;
	else if (strcmp(value, "end") == 0)
		p->o->from = READING_FROM_END;
	else
		return fail(p, "--from=%s: not known; give beginning or end", value);
	return true;
}

static bool set_roll(const char *value, struct parse *p)
{
	static const char *const words[] = { "never", "minutely", "hourly",
					     "daily", "weekly",   "monthly" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		p->o->roll = (enum calendar_roll)(CALENDAR_NEVER + i);
		p->o->any_roll = false;
		return true;
	}
	return fail(p,
		    "--roll=%s: not known; give what logsink has: never, minutely, hourly, daily, "
		    "weekly or monthly",
		    value);
}

static bool set_partition(const char *value, struct parse *p)
{
	int64_t n;

	if (!units_count(value, &n) || n > INT32_MAX)
		return fail(p, "--partition=%s: not a partition; give its number, 0 or more",
			    value);
	p->o->partition = (int32_t)n;
	return true;
}

static bool add_header(const char *value, struct parse *p)
{
	static char names[SENDER_HEADERS][128];
	struct options *o = p->o;
	const char *equals = strchr(value, '=');
	size_t n = equals ? (size_t)(equals - value) : 0;

	if (n == 0 || n >= sizeof(names[0]))
		return fail(p, "--header=%s: give NAME=VALUE, as in --header=env=prod", value);
	if (o->header_count == SENDER_HEADERS)
		return fail(p, "--header=%s: more than %d headers", value, SENDER_HEADERS);
	char *name = names[o->header_count];
	memcpy(name, value, n);
	name[n] = '\0';
	if (strcmp(name, "position") == 0 || strcmp(name, "file") == 0)
		return fail(p, "--header=%s: logsink-ship writes the header %s itself", value,
			    name);
	o->headers[o->header_count++] = (struct engine_header){ .name = name,
								.value = equals + 1,
								.len = strlen(equals + 1) };
	return true;
}

static bool set_large(const char *value, struct parse *p)
{
	if (strcmp(value, "split") == 0)
		p->o->large = CUTTER_SPLIT;
	else if (strcmp(value, "truncate") == 0)
		p->o->large = CUTTER_TRUNCATE;
	else if (strcmp(value, "skip") == 0)
		p->o->large = CUTTER_SKIP;
	else
		return fail(p, "--large=%s: not known; give split, truncate or skip", value);
	return true;
}

static bool set_join(const char *value, struct parse *p)
{
	char why[384];

	if (!filter_check(value, why))
		return fail(p, "--join: %s", why);
	p->o->join = value;
	return true;
}

static bool set_stats(const char *value, struct parse *p)
{
	p->o->stats = true;
	return !value || set_time(value, p);
}

static bool set_help(const char *value, struct parse *p)
{
	(void)value;
	p->result = OPTIONS_HELP;
	return true;
}

static bool set_version(const char *value, struct parse *p)
{
	(void)value;
	p->result = OPTIONS_VERSION;
	return true;
}

/* ---- the table ---- */

#define AT(member) .field = offsetof(struct options, member)

/* clang-format off */
static const struct row rows[] = {
{ "Kafka", "brokers", 'b', "=HOST:PORT,...", NULL, NULL, .set = set_text, AT(brokers) },
{ "Kafka", "topic", 't', "=TOPIC", NULL, NULL, .set = set_text, AT(topic) },
{ "Kafka", "property", 'X', "=NAME=VALUE", NULL, "of librdkafka", .set = add_property },
{ "Kafka", "config", 'F', "=PATH", NULL, "a file of properties", .set = set_text, AT(config) },
{ "Kafka", "partition", 0, "=N", NULL, "for all lines [one by host and FILE]", .set = set_partition },
{ "Place", "position", 'p', "=PATH", NULL, "is kept there [beside FILE]", .set = set_text, AT(position) },
{ "Place", "from", 0, "=beginning|end", "beginning", "if there is no position", .set = set_from },
{ "Place", "roll", 'r', "=PERIOD", NULL, "as logsink's [found out]", .set = set_roll },
{ "Lines", "header", 0, "=NAME=VALUE", NULL, "with each record", .set = add_header },
{ "Lines", "large", 0, "=split|truncate|skip", "split", "lines larger than a record", .set = set_large },
{ "Lines", "max-record", 0, "=SIZE", NULL, "[what the topic takes]", .set = set_size, AT(max_record), .min = 4 * UNITS_KIB, .max = UNITS_GIB },
{ "Lines", "join", 'j', "=RE", NULL, "a record begins with a line that matches", .set = set_join },
{ "Lines", "join-wait", 0, "=TIME", "1s", NULL, .set = set_time, AT(join_wait_ns), .min = UNITS_MS, .max = UNITS_DAY },
{ "Run", "drain", 'd', "", NULL, "ship what is there, and end", .set = set_flag, AT(drain) },
{ "Run", "check", 0, "", NULL, "dry run", .set = set_flag, AT(check) },
{ "Run", "buffer", 0, "=SIZE", "64M", NULL, .set = set_size, AT(buffer), .min = UNITS_MIB, .max = 2 * UNITS_GIB - 1 },
{ "Run", "grace", 0, "=TIME", "5s", "after TERM", .set = set_time, AT(grace_ns), .min = 0, .max = UNITS_DAY },
{ "Run", "exit-on-error", 0, "", NULL, "do not try again", .set = set_flag, AT(exit_on_error) },
{ "Say", "stats", 0, "[=TIME]", NULL, NULL, .set = set_stats, AT(stats_ns), .min = 100 * UNITS_MS, .max = UNITS_DAY },
{ "Say", "quiet", 'q', "", NULL, NULL, .set = set_flag, AT(quiet) },
{ "Say", "verbose", 'v', "", NULL, NULL, .set = set_flag, AT(verbose) },
{ "Say", "help", 'h', "", NULL, NULL, .set = set_help },
{ "Say", "version", 'V', "", NULL, NULL, .set = set_version },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]), NO_LETTER = 256 };

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

/* ---- help ---- */

enum { HELP_WIDTH = 80, HELP_MARGIN = 7 };

static void print_row(char *to, size_t size, const struct row *row)
{
	char letter[5] = { '-', row->letter, ',', ' ' };
	const char *initial = row->initial ? row->initial : "";

	snprintf(to, size, "%s--%s%s%s%s%s%s%s", row->letter ? letter : "", row->name, row->takes,
		 row->help ? ": " : "", row->help ? row->help : "", *initial ? " [" : "", initial,
		 *initial ? "]" : "");
}

/* A group begins a line with its name; lines are filled with as many rows as fit. */
static void print_rows(FILE *to)
{
	const char *group = "";
	size_t column = 0;

	for (const struct row *row = rows; row < rows + ROWS; row++) {
		char text[HELP_WIDTH + 1];

		print_row(text, sizeof(text), row);
		bool begins = strcmp(row->group, group) != 0;
		if (!begins && column + 2 + strlen(text) <= HELP_WIDTH)
			column += (size_t)fprintf(to, "; %s", text);
		else
			column = (size_t)fprintf(to, "%s%-*s%s", column ? "\n" : "", HELP_MARGIN,
						 begins ? row->group : "", text) -
				 (column > 0);
		group = row->group;
	}
	fputc('\n', to);
}

const char *options_help(void)
{
	static char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	if (!to)
		return "";
	fputs("Usage: logsink-ship --brokers=HOST:PORT --topic=TOPIC [OPTION]... FILE\n"
	      "Ship the lines of the log FILE, which logsink writes, to Kafka, each line once.\n",
	      to);
	print_rows(to);
	fputs("Sizes: K, M, G; times: ms, s, m, h, d. TERM, INT: flush, end; USR2: counters.\n"
	      "Status: 0 shipped, 1 something is missing or waits, 2 usage.   man logsink-ship\n",
	      to);
	fclose(to);
	return text;
}

/* ---- the words ---- */

static bool set_row(const struct row *row, const char *value, struct parse *p)
{
	p->row = row;
	return row->set(value, p);
}

static bool set_defaults(struct parse *p)
{
	p->o->partition = -1;
	p->o->any_roll = true;
	for (const struct row *row = rows; row < rows + ROWS; row++)
		if (row->initial && !set_row(row, row->initial, p))
			return false;
	return true;
}

static void make_tables(struct option longs[ROWS + 1], char shorts[2 * ROWS + 2])
{
	char *s = shorts;

	*s++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		int takes = rows[i].takes[0] == '='   ? required_argument
			    : rows[i].takes[0] == '[' ? optional_argument
						      : no_argument;

		longs[i] = (struct option){ rows[i].name, takes, NULL, code_of(&rows[i]) };
		if (!rows[i].letter)
			continue;
		*s++ = rows[i].letter;
		if (takes == required_argument)
			*s++ = ':';
	}
	longs[ROWS] = (struct option){ 0 };
	*s = '\0';
}

static bool bad_word(int code, const char *word, struct parse *p)
{
	const struct row *row = row_of(optopt);
	int n = (int)strcspn(word, "="); /* a value may be secret */

	if (code == ':' && row)
		return fail(p, "--%s needs a value: --%s%s", row->name, row->name, row->takes);
	if (row)
		return fail(p, "--%s takes no value", row->name);
	return fail(p, "there is no option '%.*s'", n, word);
}

static bool parse_words(int argc, char *argv[], struct parse *p)
{
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 2];
	int code;

	make_tables(longs, shorts);
	optind = 0; /* begin, however often it is called */
	opterr = 0;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct row *row = code == '?' || code == ':' ? NULL : row_of(code);

		if (!row)
			return bad_word(code, argv[optind - 1], p);
		if (!set_row(row, optarg, p))
			return false;
		if (p->result != OPTIONS_RUN)
			return true;
	}
	if (optind == argc)
		return fail(p, "FILE is missing; name the log, as in 'logsink-ship "
			       "--brokers=HOST:PORT --topic=TOPIC logs/app.log'");
	if (optind + 1 < argc)
		return fail(p, "one FILE is expected, and '%s' follows '%s'", argv[optind + 1],
			    argv[optind]);
	p->o->file = argv[optind];
	return true;
}

static bool check_file(struct parse *p)
{
	const char *slash = strrchr(p->o->file, '/');
	const char *base = slash ? slash + 1 : p->o->file;

	if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return fail(p, "FILE '%s' names a directory; name the log in it, such as app.log",
			    p->o->file);
	if (strchr(p->o->file, '%') && p->o->any_roll)
		return fail(p, "FILE '%s' is a template; give --roll, too, as logsink has it",
			    p->o->file);
	return true;
}

static bool check_topic(struct parse *p)
{
	const char *topic = p->o->topic;
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	if (!topic)
		return fail(p, "--topic is missing; name the topic, as in --topic=app-logs");
	if (strlen(topic) > 249 || topic[strspn(topic, allowed)] || strcmp(topic, ".") == 0 ||
	    strcmp(topic, "..") == 0)
		return fail(p,
			    "--topic=%s: not a name of a topic; it has up to 249 letters, digits, "
			    "'.', '_' and '-'",
			    topic);
	return true;
}

enum options_result options_parse(int argc, char *argv[], struct options *o, char error[512])
{
	struct parse p = { .o = o, .error = error };

	memset(o, 0, sizeof(*o));
	if (!set_defaults(&p) || !parse_words(argc, argv, &p))
		return OPTIONS_ERROR;
	if (p.result != OPTIONS_RUN)
		return p.result;
	if (o->quiet && o->verbose) {
		fail(&p, "--quiet and --verbose: give one of them");
		return OPTIONS_ERROR;
	}
	return check_file(&p) && check_topic(&p) ? OPTIONS_RUN : OPTIONS_ERROR;
}
