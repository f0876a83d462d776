/*
 * Turn argv and the environment into a struct options, or a usage error. Pure.
 *
 * One table, below, has a row for each option: its names, its value, its default, its text in
 * --help and the function that sets it. The parser and --help read nothing else, defaults are set
 * as if they were given, and a lint compares --help with the man page. A new option is a row here,
 * a field in struct options, and its use; HACKING.md shows one.
 */
#include "logsink/options.h"

#include "base/suggest.h"
#include "base/units.h"
#include "closed/hook.h"
#include "logsink/synonyms.h"
#include "record/stamp.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An option, below. */
struct row;

/* The state of parsing a command line. */
struct parse {
	struct options *o;
	const struct row *row;     /* the option whose value is being set */
	char *error;               /* 512 bytes */
	bool given;                /* false while defaults are set */
	bool level, no_link;       /* these were given */
	const char *link;          /* NULL: not given */
	const char *file, *second; /* the words that are not options */
	const struct row
		*bare; /* the option before, if it could have a value but had none; or NULL */
	const struct row *stray; /* such an option before a word that could be its value; or NULL */
	const char *stray_word, *stray_value; /* that word, and the value that it was meant as */
	const struct row *flag;               /* the option before, if it takes no value; or NULL */
	const struct row
		*misgiven;    /* such an option before a word that is not an option; or NULL */
	char level_value[32]; /* such a value */
	uint64_t there;       /* a bit for each row that was given */
	enum options_result result; /* OPTIONS_HELP and OPTIONS_VERSION end parsing */
};

struct row {
	const char *group; /* in --help; the rows of a group are adjacent */
	const char *name;
	char letter;         /* 0: none */
	const char *takes;   /* "": no value, "=SIZE": a value, "[=SIZE]": an optional value */
	const char *initial; /* its default, set first; NULL: none, or help names it */
	const char *help;
	bool (*set)(const char *value, struct parse *p);
	size_t field; /* offset in struct options; for setters of one field, as are: */
	int64_t min, max;
	const char *const
		*words;    /* ends with NULL; the field is an enum whose first value is min */
	const char *needs; /* it has no effect without this option */
	const char *const *mistaken; /* a word that is no value, and what is meant; ...; NULL */
	const char *hint;            /* what else may be meant if the value is wrong */
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

struct unit {
	int64_t size;
	const char *name;
};

/* n in the largest unit that divides it; the last unit divides every n. */
static const char *with_unit(int64_t n, const struct unit *u, char text[32])
{
	while (n % u->size != 0)
		u++;
	snprintf(text, 32, "%jd%s", (intmax_t)(n / u->size), n ? u->name : "");
	return text;
}

/* "at least 4K", or "from 64K to 1G" */
static const char *range(const struct row *row, const struct unit *units, char text[80])
{
	char min[32], max[32];

	if (row->max == INT64_MAX)
		snprintf(text, 80, "at least %s", with_unit(row->min, units, min));
	else
		snprintf(text, 80, "from %s to %s", with_unit(row->min, units, min),
			 with_unit(row->max, units, max));
	return text;
}

/* The letters of text in the other case; false if it is too long. */
static bool in_case(const char *text, int (*turn)(int), char other[16])
{
	size_t len = strlen(text);

	for (size_t i = 0; len < 16 && i <= len; i++)
		other[i] = (char)turn((unsigned char)text[i]);
	return len < 16;
}

static bool set_size(const char *value, struct parse *p)
{
	static const struct unit units[] = {
		{ UNITS_GIB, "G" }, { UNITS_MIB, "M" }, { UNITS_KIB, "K" }, { 1, "" }
	};
	char text[80], other[16];
	int64_t bytes;

	if (!units_size(value, &bytes) && in_case(value, toupper, other) &&
	    units_size(other, &bytes))
		return fail(p, "--%s=%s: not a valid size; did you mean %s?", p->row->name, value,
			    other);
	if (!units_size(value, &bytes) || bytes < p->row->min || bytes > p->row->max)
		return fail(
			p,
			"--%s=%s: not a valid size; give a whole number of bytes, or one followed "
			"by K, M, G or T, as in 10M, %s",
			p->row->name, value, range(p->row, units, text));
	*(uint64_t *)field(p) = (uint64_t)bytes;
	return true;
}

static bool set_time(const char *value, struct parse *p)
{
	static const struct unit units[] = {
		{ UNITS_DAY, "d" },    { UNITS_HOUR, "h" }, { UNITS_MINUTE, "m" },
		{ UNITS_SECOND, "s" }, { UNITS_MS, "ms" },
	};
	char text[80], other[16];
	int64_t ns;

	/* M might be a month. */
	if (!units_time(value, &ns) && !strchr(value, 'M') && in_case(value, tolower, other) &&
	    units_time(other, &ns))
		return fail(p, "--%s=%s: not a valid time; did you mean %s?", p->row->name, value,
			    other);
	if (!units_time(value, &ns) || ns < p->row->min || ns > p->row->max)
		return fail(
			p,
			"--%s=%s: not a valid time; give a whole number followed by ms, s, m, h, d "
			"or w, %s",
			p->row->name, value, range(p->row, units, text));
	*(int64_t *)field(p) = ns;
	return true;
}

static bool set_word(const char *value, struct parse *p)
{
	char list[128] = "";

	for (int i = 0; p->row->words[i]; i++) {
		if (strcmp(value, p->row->words[i]) == 0) {
			int word = (int)p->row->min + i;

			memcpy(field(p), &word, sizeof(word));
			return true;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 p->row->words[i]);
	}
	return fail(p, "--%s=%s: not known; give one of: %s%s%s", p->row->name, value, list,
		    p->row->hint ? "; " : "", p->row->hint ? p->row->hint : "");
}
_Static_assert(sizeof(enum calendar_roll) == sizeof(int) &&
		       sizeof(enum intake_policy) == sizeof(int) &&
		       sizeof(enum formatter_format) == sizeof(int) &&
		       sizeof(enum sandbox_mode) == sizeof(int),
	       "what set_word sets is as large as an int");

/* needed: the bits that the owner must have. */
static bool get_mode(const char *value, mode_t needed, struct parse *p)
{
	mode_t mode;

	if (!units_mode(value, &mode) || (mode & needed) != needed)
		return fail(p,
			    "--%s=%s: not a valid mode; give an octal number such as %04o, which "
			    "includes %04o for the owner",
			    p->row->name, value, (unsigned)(needed | needed >> 3),
			    (unsigned)needed);
	*(mode_t *)field(p) = mode;
	return true;
}

/* ---- options ---- */

static bool set_mode(const char *value, struct parse *p)
{
	p->o->exact_mode = p->given;
	return get_mode(value, 0600, p);
}

static bool set_dir_mode(const char *value, struct parse *p)
{
	p->o->exact_dir_mode = p->given;
	return get_mode(value, 0700, p);
}

static bool set_sync(const char *value, struct parse *p)
{
	struct options *o = p->o;

	if (strcmp(value, "never") == 0)
		o->sync = WRITER_SYNC_NEVER;
	else if (strcmp(value, "roll") == 0)
		o->sync = WRITER_SYNC_ROLL;
	else if (strcmp(value, "always") == 0)
		o->sync = WRITER_SYNC_ALWAYS;
	else if (set_time(value, p))
		o->sync = WRITER_SYNC_TIME;
	else
		return fail(p, "--sync=%s: give never, roll, always, or a time such as 1s", value);
	return true;
}

static bool add_input(const char *path, struct parse *p)
{
	struct options *o = p->o;

	if (*path == '\0')
		return fail(p, "--input: the path is empty; name a FIFO");
	if (o->input_count == OPTIONS_INPUTS)
		return fail(p,
			    "--input=%s: more than %d inputs; let several programs write to "
			    "one FIFO",
			    path, OPTIONS_INPUTS);
	for (size_t i = 0; i < o->input_count; i++)
		if (strcmp(o->inputs[i], path) == 0)
			return fail(p, "--input=%s is given twice; give each FIFO once", path);
	o->inputs[o->input_count++] = path;
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Whether this can name a family. what: "FILE", or the option that contains it. */
static bool check_file(const char *what, const char *file, struct parse *p)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	if (*file == '\0')
		return fail(p, "%s is empty; name the log, such as logs/app.log", what);
	if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return fail(p, "%s '%s' names a directory; name a file in it, such as app.log",
			    what, file);
	if (strcmp(file, "-") == 0)
		return fail(
			p,
			"%s '-' is not standard input, which is read anyway; name the log, such as "
			"logs/app.log; for a file with that name write './-'",
			what);
	if (strcmp(file, "help") == 0 || strcmp(file, "version") == 0)
		return fail(p,
			    "%s '%s' usually means 'logsink --%s'; for a log with that name write "
			    "'./%s'",
			    what, file, file, file);
	if (ends_with(base, ".gz") || ends_with(base, ".zst"))
		return fail(p,
			    "%s '%s': the extension .gz or .zst is reserved for compressed files; "
			    "leave it out",
			    what, file);
	const char *percent = strchr(file, '%');
	if (percent && (strstr(percent, "//") || strstr(percent, "/./") || strstr(percent, "/../")))
		return fail(p, "%s '%s' has '//', '.' or '..' after the first '%%'; leave it out",
			    what, file);
	return true;
}

/* LEVEL:FILE */
static bool add_also(const char *text, struct parse *p)
{
	struct options *o = p->o;
	const char *colon = strchr(text, ':');
	struct options_also also = { .file = colon ? colon + 1 : NULL };
	char word[8] = "";

	if (colon && (size_t)(colon - text) < sizeof(word))
		memcpy(word, text, (size_t)(colon - text));
	if (!colon || !level_parse(word, &also.level))
		return fail(
			p,
			"--also=%s: not LEVEL:FILE; give one of trace, debug, info, warn, error as "
			"LEVEL, as in --also=error:logs/error.log",
			text);
	if (o->also_count == OPTIONS_ALSO)
		return fail(p, "--also=%s: --also may be given at most %d times", text,
			    OPTIONS_ALSO);
	o->also[o->also_count++] = also;
	return check_file("--also: FILE", also.file, p);
}

static bool set_timestamp(const char *text, struct parse *p)
{
	const char *why;

	if (stamp_parse(text ? text : "rfc3339", &p->o->lines.stamp, &why))
		return true;
	return fail(p,
		    "--timestamp=%.100s %s; give rfc3339, iso8601, unix, tai64n, or a pattern of "
		    "strftime(3) such as '%%F %%T.%%3N'",
		    text, why);
}

/* source: the option or the variable that contains the word. */
static bool get_level(const char *source, const char *text, struct parse *p)
{
	if (level_parse(text, &p->o->lines.level))
		return true;
	return fail(p, "%s=%s: not a level; give one of: trace, debug, info, warn, error", source,
		    text);
}

static bool set_level(const char *value, struct parse *p)
{
	p->level = true;
	return get_level("--level", value, p);
}

/* Appends to list. */
static bool add_pattern(const char *value, struct parse *p, const char *list[], size_t *count)
{
	char why[384];

	if (p->o->match_count + p->o->reject_count == FILTER_PATTERNS)
		return fail(p, "--%s: more than %d patterns; combine several into one with '|'",
			    p->row->name, FILTER_PATTERNS);
	if (!filter_check(value, why))
		return fail(p, "--%s: %s\n    the man page pcre2pattern describes the syntax",
			    p->row->name, why);
	list[(*count)++] = value;
	return true;
}

static bool add_match(const char *value, struct parse *p)
{
	return add_pattern(value, p, p->o->match, &p->o->match_count);
}

static bool add_reject(const char *value, struct parse *p)
{
	return add_pattern(value, p, p->o->reject, &p->o->reject_count);
}

static bool set_tee(const char *text, struct parse *p)
{
	if (text && strcmp(text, "best-effort") != 0)
		return fail(p, "--tee=%s: not known; give --tee or --tee=best-effort", text);
	p->o->tee = text ? OPTIONS_TEE_BEST_EFFORT : OPTIONS_TEE;
	return true;
}

static bool set_keep(const char *value, struct parse *p)
{
	int64_t n;

	if (!units_count(value, &n) || n > INT32_MAX)
		return fail(p, "--keep=%s: not a number of files; give 0 or more", value);
	p->o->retain.keep = n;
	return true;
}

static bool set_max_age(const char *value, struct parse *p)
{
	if (*value && strspn(value, "0123456789") == strlen(value))
		return fail(p,
			    "--max-age=%s: a number without a unit, and a wrong guess would delete "
			    "files; add s, m, h, d or w: --max-age=%sd is that many days",
			    value, value);
	if (!set_time(value, p))
		return false;
	p->o->retain.max_age_s /= UNITS_SECOND; /* it was set in nanoseconds */
	return true;
}

static bool set_keep_free(const char *value, struct parse *p)
{
	int64_t bytes;

	p->o->default_keep_free = false;
	if (ends_with(value, "%"))
		return fail(p,
			    "--keep-free=%s: a share of the file system is not accepted; give a "
			    "size, as in --keep-free=10G",
			    value);
	if (units_size(value, &bytes) && bytes > 0 && bytes < 4 * UNITS_KIB)
		return fail(
			p,
			"--keep-free=%s: less than 4096 bytes protects nothing; add M or G to the "
			"number, or give 0 to switch it off",
			value);
	return set_size(value, p);
}

static bool set_part_size(const char *value, struct parse *p)
{
	if (strcmp(value, "none") != 0)
		return set_size(value, p);
	p->o->size_limit = UINT64_MAX;
	return true;
}

static bool set_link(const char *value, struct parse *p)
{
	p->link = value;
	return *value ? true : fail(p, "--link: the path is empty; for no link use --no-link");
}

static bool set_no_link(const char *value, struct parse *p)
{
	(void)value;
	p->no_link = true;
	return true;
}

static bool set_spill(const char *value, struct parse *p)
{
	p->o->spill = strcmp(value, "stderr") == 0;
	return p->o->spill || fail(p, "--spill=%s: not known; give stderr", value);
}

static bool set_stats(const char *value, struct parse *p)
{
	p->o->stats = true;
	return !value || set_time(value, p);
}

static bool set_stderr(const char *file, struct parse *p)
{
	p->o->errors = file;
	p->o->split = true;
	return check_file("--stderr: FILE", file, p);
}

static bool set_on_death(const char *value, struct parse *p)
{
	p->o->keep_command = strcmp(value, "none") == 0;
	return p->o->keep_command || strcmp(value, "term") == 0 ||
	       fail(p, "--on-death=%s: not known; give term or none", value);
}

static bool set_no_sandbox(const char *value, struct parse *p)
{
	(void)value;
	p->o->sandbox = SANDBOX_OFF;
	return true;
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

/* [zstd|gzip][:LEVEL] */
static bool set_compress(const char *text, struct parse *p)
{
	struct options *o = p->o;
	const char *colon = text ? strchr(text, ':') : NULL;
	size_t len = !text ? 0 : colon ? (size_t)(colon - text) : strlen(text);
	bool gzip = len == 4 && strncmp(text, "gzip", 4) == 0;
	bool empty = text && *text == '\0';
	int64_t level = gzip ? 6 : 3, highest = gzip ? 9 : 19;

	if (empty || (len > 0 && !gzip && !(len == 4 && strncmp(text, "zstd", 4) == 0)))
		return fail(
			p,
			"--compress=%s: not known; give zstd or gzip, optionally with a level, as "
			"in zstd:19",
			text);
	if (colon && (!units_count(colon + 1, &level) || level < 1 || level > highest))
		return fail(p, "--compress=%s: the level of %s is a number from 1 to %jd", text,
			    gzip ? "gzip" : "zstd", (intmax_t)highest);
	o->compress = true;
	o->compressor = (struct compressor_options){ .suffix = gzip ? NAMES_GZ : NAMES_ZST,
						     .level = (int)level };
	return true;
}

/* Whether a word of a command makes sense only to a shell, or to find and xargs. */
static bool is_for_shell(const char *word, size_t len)
{
	static const char *const signs[] = { "|",  "||", "&",  "&&", ";",   ">",
					     ">>", "<",  "2>", "{}", "\\;", "2>&1" };
	static const char *const parts[] = { "$1", "$@" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (len == strlen(signs[i]) && strncmp(word, signs[i], len) == 0)
			return true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (memmem(word, len, parts[i], 2))
			return true;
	return false;
}

static bool set_on_roll(const char *command, struct parse *p)
{
	size_t words = 0, len;

	for (const char *at = command + strspn(command, " "); *at; at += strspn(at, " "), words++) {
		len = strcspn(at, " ");
		if (is_for_shell(at, len))
			return fail(p,
				    "--on-roll: no shell runs the command, so %.*s would "
				    "be an ordinary word; put the command into a script, which "
				    "gets the path as its last argument",
				    (int)(len < 80 ? len : 80), at);
		at += len;
	}
	if (words == 0 || words > HOOK_WORDS)
		return fail(p,
			    "--on-roll: a command has 1 to %d words, and this one has %zu; put a "
			    "longer command into a script",
			    HOOK_WORDS, words);
	p->o->on_roll = command;
	return true;
}

static bool set_user(const char *text, struct parse *p)
{
	const char *colon = strchr(text, ':');

	if (*text == '\0' || colon == text || (colon && colon[1] == '\0'))
		return fail(p, "--user=%s: give a user, or a user and a group, as in app:adm",
			    text);
	p->o->user = text;
	return true;
}

/* ---- the table: group, name, letter, what it takes, default, help; how it is set ---- */

static const char *const rolls[] = { "never",  "minutely", "hourly", "daily",
				     "weekly", "monthly",  NULL };
static const char *const formats[] = { "raw", "json", "json:merge", "cri", NULL };
static const char *const policies[] = { "block", "drop", NULL };
static const char *const sandboxes[] = { "off", "on", "strict", NULL };
static const char *const receivers[] = { "command", "log", "both", NULL };
static const char *const waits[] = { "grace", "all", "child", NULL };

#define RUN "Run" /* the group of the options for COMMAND */

#define AT(member) .field = offsetof(struct options, member)

/* clang-format off */
static const char *const compressions[] = { "gz", "gzip", "zst", "zstd", "xz", "zstd", "lzma", "zstd",
	"bz2", "zstd", "bzip2", "zstd", "lz4", "zstd", NULL };

static const struct row rows[] = {
{ "Input", "input", 'i', "=PATH", NULL, "a FIFO", .set = add_input },
{ "Input", "once", 0, "", NULL, "end with writers", .set = set_flag, AT(once), .needs = "input" },
{ "Input", "interval", 0, "=TIME", "5ms", NULL, .set = set_time, AT(interval_ns), .min = 0, .max = UNITS_SECOND },
{ RUN, "signals", 0, "=command|log|both", "command", "who gets HUP, USR1, USR2", .set = set_word, AT(signals), .min = SUPERVISE_TO_COMMAND, .words = receivers },
{ RUN, "split", 0, "", NULL, "stdout and stderr by two pipes", .set = set_flag, AT(split) },
{ RUN, "stderr", 0, "=FILE", NULL, "stderr to this FILE", .set = set_stderr },
{ RUN, "kill-group", 0, "", NULL, NULL, .set = set_flag, AT(kill_group) },
{ RUN, "wait", 0, "=grace|all|child", "grace", "for others that have its output open", .set = set_word, AT(wait), .min = SUPERVISE_WAIT_GRACE, .words = waits },
{ RUN, "subreaper", 0, "", NULL, NULL, .set = set_flag, AT(subreaper) },
{ RUN, "pty", 0, "", NULL, "output to a terminal", .set = set_flag, AT(pty) },
{ RUN, "line-buffered", 0, "", NULL, NULL, .set = set_flag, AT(line_buffered) },
{ RUN, "notes", 0, "", NULL, "log its start and end", .set = set_flag, AT(notes) },
{ RUN, "on-death", 0, "=term|none", "term", "if logsink dies", .set = set_on_death },
{ "Lines", "timestamp", 'T', "[=rfc3339|iso8601|unix|tai64n|STRFTIME]", NULL, NULL, .set = set_timestamp },
{ "Lines", "format", 'f', "=raw|json|json:merge|cri", "raw", NULL, .set = set_word, AT(lines.format), .min = FORMATTER_RAW, .words = formats, .hint = "a FIFO is given with --input" },
{ "Lines", "escape", 0, "", NULL, NULL, .set = set_flag, AT(lines.escape) },
{ "Lines", "strip-ansi", 0, "", NULL, NULL, .set = set_flag, AT(lines.strip_ansi) },
{ "Lines", "level", 'L', "=LEVEL", NULL, "LEVEL and above", .set = set_level },
{ "Lines", "match", 0, "=RE", NULL, "keep", .set = add_match },
{ "Lines", "reject", 0, "=RE", NULL, "skip", .set = add_reject },
{ "Lines", "also", 0, "=LEVEL:FILE", NULL, "also write LEVEL and above to this FILE", .set = add_also },
{ "Files", "roll", 'r', "=daily|hourly|minutely|weekly|monthly|never", "daily", NULL, .set = set_word, AT(calendar.roll), .min = CALENDAR_NEVER, .words = rolls },
{ "Files", "utc", 'u', "", NULL, NULL, .set = set_flag, AT(calendar.utc), .hint = "a user is given with --user" },
{ "Files", "size", 's', "=SIZE", "1G", "part", .set = set_part_size, AT(size_limit), .min = 1, .max = INT64_MAX },
{ "Files", "mode", 0, "=MODE", "0640", NULL, .set = set_mode, AT(mode) },
{ "Files", "dir-mode", 0, "=MODE", "0750", NULL, .set = set_dir_mode, AT(dir_mode) },
{ "Files", "link", 'l', "=PATH", NULL, "to the current file [FILE]", .set = set_link },
{ "Files", "no-link", 0, "", NULL, NULL, .set = set_no_link },
{ "Files", "index", 0, "", NULL, NULL, .set = set_flag, AT(index) },
{ "Files", "sync", 0, "=never|roll|always|TIME", "roll", "fdatasync", .set = set_sync, AT(sync_ns), .min = UNITS_MS, .max = UNITS_DAY },
{ "Old", "keep", 'k', "=N", NULL, "newest [all]", .set = set_keep },
{ "Old", "max-age", 'a', "=TIME", NULL, NULL, .set = set_max_age, AT(retain.max_age_s), .min = UNITS_SECOND, .max = 36500 * UNITS_DAY },
{ "Old", "max-total", 'm', "=SIZE", NULL, NULL, .set = set_size, AT(retain.max_total), .min = 4 * UNITS_KIB, .max = INT64_MAX },
{ "Old", "keep-free", 0, "=SIZE", NULL, "delete old files while less is free [1G, 5 %]", .set = set_keep_free, AT(retain.keep_free), .min = 0, .max = INT64_MAX },
{ "Old", "compress", 'z', "[=zstd|gzip][:LEVEL]", NULL, "closed files, except the newest", .set = set_compress, .mistaken = compressions },
{ "Old", "on-roll", 0, "=COMMAND", NULL, "run for each closed file", .set = set_on_roll },
{ "Old", "on-roll-timeout", 0, "=TIME", "1m", NULL, .set = set_time, AT(on_roll_timeout_ns), .min = 100 * UNITS_MS, .max = UNITS_DAY, .needs = "on-roll" },
{ "Copy", "tee", 't', "[=best-effort]", NULL, "also to stdout; best-effort: never wait for it", .set = set_tee },
{ "Memory", "buffer", 'b', "=SIZE", "4M", NULL, .set = set_size, AT(buffer), .min = 64 * UNITS_KIB, .max = UNITS_GIB },
{ "Memory", "overflow", 'o', "=block|drop", "block", "when full", .set = set_word, AT(overflow), .min = INTAKE_BLOCK, .words = policies },
{ "End", "grace", 0, "=TIME", "5s", "read on after TERM", .set = set_time, AT(grace_ns), .min = 0, .max = UNITS_DAY },
{ "End", "spill", 0, "=stderr", NULL, "unwritten lines", .set = set_spill },
{ "Rights", "user", 0, "=USER[:GROUP]", NULL, NULL, .set = set_user },
{ "Rights", "sandbox", 0, "=on|off|strict", NULL, NULL, .set = set_word, AT(sandbox), .min = SANDBOX_OFF, .words = sandboxes },
{ "Rights", "no-sandbox", 0, "", NULL, NULL, .set = set_no_sandbox },
{ "Say", "stats", 0, "[=TIME]", NULL, NULL, .set = set_stats, AT(stats_ns), .min = 100 * UNITS_MS, .max = UNITS_DAY },
{ "Say", "check", 0, "", NULL, "dry run", .set = set_flag, AT(check) },
{ "Say", "quiet", 'q', "", NULL, NULL, .set = set_flag, AT(quiet) },
{ "Say", "verbose", 'v', "", NULL, NULL, .set = set_flag, AT(verbose) },
{ "Say", "help", 'h', "", NULL, NULL, .set = set_help },
{ "Say", "version", 'V', "", NULL, NULL, .set = set_version },
};
/* clang-format on */

enum { ROWS = sizeof(rows) / sizeof(rows[0]), NO_LETTER = 256, WORD = 1 };

/* The result of getopt_long for a row; for a word that is not an option it is WORD. */
static int code_of(const struct row *row)
{
	return row->letter ? row->letter : NO_LETTER + (int)(row - rows);
}

_Static_assert(ROWS <= 64, "struct parse has a bit for each");

static const struct row *row_of(int code)
{
	for (size_t i = 0; i < ROWS; i++)
		if (code_of(&rows[i]) == code)
			return &rows[i];
	return NULL;
}

/* ---- help ---- */

enum { HELP_WIDTH = 80, HELP_MARGIN = 7 };

/* "-s, --size=SIZE: a part [1G]" */
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

/* It must fit a terminal of 80 columns and 40 lines: with COMMAND there is more to say than the 24
 * lines of old hold, and terminals have more now. */
const char *options_help(void)
{
	static char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	if (!to)
		return "";
	fputs("Usage: app | logsink [OPTION]... FILE   log standard input; a new file each day\n"
	      "       logsink [OPTION]... -i FIFO [-i FIFO]... FILE            log named pipes\n"
	      "       logsink [OPTION]... FILE -- COMMAND [ARG]...  run COMMAND, log its output\n",
	      to);
	print_rows(to);
	fputs("Sizes: K, M, G; times: ms, s, m, h, d. FILE may be a strftime template. TERM,\n"
	      "INT: drain, end; HUP: reopen; USR1, ALRM: new part; USR2: counters. Status: 0\n"
	      "written, 1 lost or failed, 2 usage; COMMAND's; 125 not started.  man logsink\n",
	      to);
	fclose(to);
	return text;
}

/* ---- options that conflict ---- */

/* FILE, those of --also, and that of --stderr. */
static const char *file_of(const struct options *o, size_t i)
{
	if (i == 0)
		return o->file;
	return i <= o->also_count ? o->also[i - 1].file : o->errors;
}

/* The families must differ, and a template needs dates. */
static bool check_families(struct parse *p)
{
	const struct options *o = p->o;

	if (o->errors && strcmp(o->errors, o->file) == 0)
		return fail(p,
			    "--stderr=%s is FILE, which gets standard error anyway; leave it out",
			    o->errors);
	for (size_t i = 0; i <= o->also_count + (o->errors != NULL); i++) {
		const char *file = file_of(o, i);

		if (strchr(file, '%') && o->calendar.roll == CALENDAR_NEVER)
			return fail(p,
				    "FILE '%s' is a template, and --roll=never has no dates; give "
				    "a FILE without '%%'",
				    file);
		for (size_t k = 0; k < i; k++)
			if (strcmp(file, file_of(o, k)) == 0)
				return fail(p,
					    "--also: the FILE '%s' is written to already; give "
					    "each FILE once",
					    file);
	}
	return true;
}

static bool finish_lines(struct parse *p)
{
	const char *level = getenv("LOGSINK_LEVEL");
	struct formatter_options *l = &p->o->lines;

	if (level && *level && !p->level && !get_level("LOGSINK_LEVEL", level, p))
		return false;
	if (l->format == FORMATTER_CRI && l->stamp.kind != STAMP_NONE &&
	    l->stamp.kind != STAMP_RFC3339)
		return fail(
			p,
			"--format=cri always writes the time in RFC 3339; leave out --timestamp");
	l->stamp.utc = p->o->calendar.utc;
	return true;
}

/* FILE itself, unless it is a template or the log itself. */
static const char *default_link(const struct parse *p, const char *file)
{
	bool none = p->no_link || strchr(file, '%') || p->o->calendar.roll == CALENDAR_NEVER;

	return none ? NULL : file;
}

static bool finish_links(struct parse *p)
{
	struct options *o = p->o;

	o->link = p->link ? p->link : default_link(p, o->file);
	for (size_t i = 0; i < o->also_count; i++) {
		o->also[i].link = default_link(p, o->also[i].file);
		if (o->link && strcmp(o->link, o->also[i].file) == 0)
			return fail(p, "--link=%s is the FILE of an --also; name another path",
				    o->link);
	}
	o->errors_link = o->errors ? default_link(p, o->errors) : NULL;
	if (o->link && o->errors && strcmp(o->link, o->errors) == 0)
		return fail(p, "--link=%s is the FILE of --stderr; name another path", o->link);
	if (o->calendar.roll == CALENDAR_NEVER && o->link && strcmp(o->link, o->file) == 0)
		return fail(p,
			    "--link=%s is FILE, which with --roll=never is the log itself; "
			    "name another path",
			    o->link);
	return true;
}

/* A template and a time pattern look alike; only a second word tells them apart. */
static bool has_stray_value(const struct parse *p)
{
	return p->stray_value && (p->second || !strchr(p->stray_value, '%'));
}

/* Text that was copied from a formatted page. */
static bool check_dash(const char *word, struct parse *p)
{
	const char *rest = suggest_dash(word);

	return !rest ||
	       fail(p,
		    "'%.100s' begins with a dash that is not '-'; write '-%s%.100s'; for a "
		    "log with that name write './%.100s'",
		    word, rest[0] && rest[1] && rest[0] != '-' ? "-" : "", rest, word);
}

static bool refuse_second(struct parse *p)
{
	const struct row *row = p->misgiven;

	if (!row)
		return fail(p, "one FILE is expected, and '%s' follows '%s'", p->second, p->file);
	return fail(p, "one FILE is expected, and '%s' follows '%s'; --%s takes no value%s%s",
		    p->second, p->file, row->name, row->hint ? "; " : "",
		    row->hint ? row->hint : "");
}

static bool finish_file(struct parse *p)
{
	if (!p->file)
		return fail(p,
			    "FILE is missing; name the log, as in 'app | logsink logs/app.log', or "
			    "'logsink logs/app.log -- app'");
	if (has_stray_value(p))
		return fail(
			p,
			"'%s' after --%s is taken for FILE; give a value with '=', as in --%s=%s; "
			"for a log with that name write './%s'",
			p->stray_word, p->stray->name, p->stray->name, p->stray_value,
			p->stray_word);
	if (!check_dash(p->file, p) || (p->second && !check_dash(p->second, p)))
		return false;
	if (p->second)
		return refuse_second(p);
	p->o->file = p->file;
	return check_file("FILE", p->file, p);
}

static bool check_needs(struct parse *p)
{
	for (size_t i = 0; i < ROWS; i++) {
		const char *needs = rows[i].needs;

		for (size_t k = 0; k < ROWS && needs && p->there >> i & 1; k++)
			if (strcmp(rows[k].name, needs) == 0 && !(p->there >> k & 1))
				return fail(p,
					    "--%s has no effect without --%s; give both or neither",
					    rows[i].name, needs);
	}
	return true;
}

/* Some options are for COMMAND only, and some are not for it. */
static bool check_command(struct parse *p)
{
	for (size_t i = 0; i < ROWS && !p->o->command; i++)
		if (strcmp(rows[i].group, RUN) == 0 && p->there >> i & 1)
			return fail(p,
				    "--%s has no effect without COMMAND; write 'logsink FILE -- "
				    "COMMAND'",
				    rows[i].name);
	if (p->o->command && (p->o->input_count || p->o->once))
		return fail(p, "--input and COMMAND: give one of them; with COMMAND its output is "
			       "the only input");
	if (p->o->pty && p->o->split)
		return fail(p, "--pty joins standard output and standard error, and --split and "
			       "--stderr part them; leave out one of these");
	return true;
}

static bool check_conflicts(struct parse *p)
{
	const struct options *o = p->o;
	const struct {
		bool there;
		const char *sentence;
	} conflicts[] = {
		{ o->quiet && o->verbose, "--quiet and --verbose: give one of them" },
		{ p->no_link && p->link, "--link and --no-link: give one of them" },
		{ o->sandbox == SANDBOX_STRICT && o->on_roll,
		  "--sandbox=strict allows no commands, and --on-roll runs one; use "
		  "--sandbox=on, or leave out one of them" },
	};

	for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++)
		if (conflicts[i].there)
			return fail(p, "%s", conflicts[i].sentence);
	return true;
}

/* ---- the words ---- */

/* The options in the form of suggest. */
static void list_options(struct suggest_option list[ROWS + 1])
{
	for (size_t i = 0; i < ROWS; i++)
		list[i] = (struct suggest_option){ rows[i].name, *rows[i].takes != '\0' };
	list[ROWS] = (struct suggest_option){ 0 };
}

static bool refuse_name(const char *word, struct parse *p)
{
	struct suggest_option list[ROWS + 1];

	list_options(list);
	suggest_option(word, &(struct suggest_words){ list, synonyms() }, p->error, 512);
	return false;
}

/* The letter that may have been meant; NULL: none. */
static const struct row *similar_letter(int letter)
{
	return letter == '?'                                      ? row_of('h')
	       : letter == 'n'                                    ? row_of('k')
	       : (letter | 0x20) >= 'a' && (letter | 0x20) <= 'z' ? row_of(letter ^ 0x20)
								  : NULL;
}

/* Among the letters of word, as in "-uzx". */
static bool refuse_letter(int letter, const char *word, struct parse *p)
{
	struct suggest_option list[ROWS + 1];
	const char *at = word + 1;
	const struct row *row = NULL;

	/* The first one that may have a value. */
	while (*at && *at != letter && (!(row = row_of(*at)) || *row->takes != '['))
		at++;
	const struct row *similar = similar_letter(letter);

	list_options(list);
	if (suggest_is_long(word, &(struct suggest_words){ list, synonyms() }))
		return fail(p, "unknown option -%c; did you mean -%.100s?", letter, word);
	if (*at && *at != letter)
		return fail(p,
			    "unknown option -%c; -%c takes a value only with its long name, as in "
			    "--%s=%.100s",
			    letter, row->letter, row->name, at + 1 + (at[1] == '='));
	if (letter <= ' ' || letter > '~')
		return fail(p, "unknown option '%.100s'", word);
	if (similar)
		return fail(p, "unknown option -%c; did you mean -%c, --%s?", letter,
			    similar->letter, similar->name);
	return fail(p, "unknown option -%c", letter);
}

/* word: the one that getopt_long looked at. */
static bool unknown(int option, const char *word, struct parse *p)
{
	/* getopt_long reports short options only by letter. */
	if (strncmp(word, "--", 2) != 0)
		return option == ':' ? fail(p, "-%c needs a value", optopt)
				     : refuse_letter(optopt, word, p);
	const struct row *row = option == ':' ? row_of(optopt) : NULL;
	return row && suggest_is_whole(word, row->name) ? fail(p, "%s needs a value", word)
							: refuse_name(word, p);
}

/* The words after "--": COMMAND; before that FILE, if it can only be meant so. */
static bool take_rest(char *const rest[], struct parse *p)
{
	if (!p->file && rest[0] && *rest[0] == '-') {
		p->file = *rest++;
		if (!*rest)
			return true;
		if (strcmp(*rest, "--") != 0)
			return fail(p,
				    "one FILE is expected, and '%s' follows '%s'; write '--' "
				    "before a COMMAND",
				    *rest, p->file);
		rest++;
	}
	if (!p->file && *rest)
		return fail(p,
			    "FILE is missing before '-- %s'; name the log, as in 'logsink "
			    "logs/app.log -- %s'",
			    *rest, *rest);
	if (p->file && !*rest)
		return fail(p,
			    "nothing follows '--'; name a COMMAND, as in 'logsink %s -- app', "
			    "or leave it out",
			    p->file);
	if (p->file && !**rest)
		return fail(p, "COMMAND is empty; name a program, as in 'logsink %s -- app'",
			    p->file);
	p->o->command = *rest ? rest : NULL;
	return true;
}

/* The table in the form of getopt_long. */
static void describe(char letters[2 + 3 * ROWS + 1], struct option names[ROWS + 1])
{
	/* "-": return words that are not options in order; ":": report a missing value as ':'. */
	char *letter = stpcpy(letters, "-:");

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		int takes = *row->takes == '=' ? required_argument
			    : *row->takes      ? optional_argument
					       : no_argument;

		names[i] = (struct option){ row->name, takes, NULL, code_of(row) };
		/* An optional value is only accepted with the long name. */
		if (row->letter)
			letter += sprintf(letter, "%c%s", row->letter,
					  takes == required_argument ? ":" : "");
	}
	*letter = '\0';
	names[ROWS] = (struct option){ 0 };
}

/* The value that the word after an option was meant as: "-z gzip", "-z gz", "-z 9"; NULL: none. */
static const char *meant_value(const char *word, struct parse *p)
{
	struct options before = *p->o;

	p->row = p->bare;
	bool is_value = p->row->set(word, p);
	*p->o = before;
	if (is_value)
		return word;
	if (!p->row->mistaken)
		return NULL;
	for (const char *const *m = p->row->mistaken; *m; m += 2)
		if (strcmp(word, m[0]) == 0)
			return m[1];
	if (*word == '\0' || word[strspn(word, "0123456789")] != '\0')
		return NULL;
	snprintf(p->level_value, sizeof(p->level_value), ":%s", word);
	return p->level_value;
}

static bool take_word(int code, const char *value, struct parse *p)
{
	if (code == WORD) {
		const char *meant = p->bare ? meant_value(value, p) : NULL;

		if (meant) {
			p->stray = p->bare;
			p->stray_word = value;
			p->stray_value = meant;
		}
		p->bare = NULL;
		p->misgiven = p->flag && p->flag->letter ? p->flag : p->misgiven;
		p->flag = NULL;
		*(p->file ? &p->second : &p->file) = value;
		return true;
	}
	p->row = row_of(code);
	p->flag = *p->row->takes ? NULL : p->row;
	p->bare = *p->row->takes == '[' && !value ? p->row : NULL;
	p->there |= UINT64_C(1) << (p->row - rows);
	return p->row->set(value, p);
}

static bool take_words(int argc, char *argv[], struct parse *p)
{
	char letters[2 + 3 * ROWS + 1];
	struct option names[ROWS + 1];
	int code, before = 1;

	describe(letters, names);
	opterr = 0;
	optind = 0; /* in glibc: forget the last command line */
	while ((code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		const char *word = argv[before];

		before = optind;
		if (code == '?' || code == ':')
			return unknown(code, word, p);
		/* A name that is cut short might be another one in a later version. */
		if (code != WORD && strncmp(word, "--", 2) == 0 &&
		    !suggest_is_whole(word, row_of(code)->name))
			return refuse_name(word, p);
		if (!take_word(code, optarg, p))
			return false;
		if (p->result != OPTIONS_RUN)
			return true;
	}
	/* Without "--" the last call does not advance. */
	return optind == before || take_rest(argv + optind, p);
}

static bool set_defaults(struct parse *p)
{
	*p->o = (struct options){ .retain = { .keep = RETAIN_ALL },
				  .default_keep_free = true,
				  .environment = environ };
	for (p->row = rows; p->row < rows + ROWS; p->row++)
		if (p->row->initial && !p->row->set(p->row->initial, p))
			return false;
	p->given = true;
	return true;
}

enum options_result options_parse(int argc, char *argv[], struct options *o, char error[512])
{
	struct parse p = { .o = o, .error = error, .result = OPTIONS_RUN };

	if (!set_defaults(&p) || !take_words(argc, argv, &p))
		return OPTIONS_ERROR;
	if (p.result != OPTIONS_RUN)
		return p.result;
	return finish_file(&p) && check_command(&p) && check_needs(&p) && check_conflicts(&p) &&
			       check_families(&p) && finish_lines(&p) && finish_links(&p)
		       ? OPTIONS_RUN
		       : OPTIONS_ERROR;
}
