/*
 * Turn argv and the environment into a struct options, or a usage error. Pure.
 *
 * One table, below, says for each option its names and what to do; the help text
 * stands beside it, and a test holds the two and the manual page together.
 */
#include "options.h"

#include "hook.h"
#include "stamp.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS  INT64_C(1000000)
#define SEC (1000 * MS)

/* It is to fit a terminal of 80 columns and 24 lines. */
/* clang-format off */
const char *options_help(void)
{
	return "Usage: app | logsink [OPTION]... FILE   log standard input; a new file each day\n"
	       "       logsink [OPTION]... -i FIFO [-i FIFO]... FILE            log named pipes\n"
	       "Input  -i, --input=PATH: a FIFO; --once: end with writers; --interval=TIME [5ms]\n"
	       "Lines  -T, --timestamp[=rfc3339|iso8601|unix|tai64n|STRFTIME]              [off]\n"
	       "       -f, --format=raw|json|json:merge|cri;  --escape, --strip-ansi       [raw]\n"
	       "       -L, --level=LEVEL, --match=RE: only these;  --reject=RE: not these  [all]\n"
	       "           --also=LEVEL:FILE  lines of LEVEL and above go to this FILE too\n"
	       "Files  -r, --roll=PERIOD  daily, hourly, minutely, weekly, monthly, never\n"
	       "       -s, --size=SIZE: of a part at most;  -u, --utc, not local time      [1G]\n"
	       "       -l, --link=PATH, --no-link     the link to the current file       [FILE]\n"
	       "           --mode=MODE, --dir-mode=MODE       of what is made      [0640, 0750]\n"
	       "           --sync=WHEN        fdatasync: never, roll, always, TIME       [roll]\n"
	       "Old    -k, --keep=N, -a, --max-age=TIME, -m, --max-total=SIZE: what stays [all]\n"
	       "           --keep-free=SIZE   delete the oldest while less is free    [1G, 5 %]\n"
	       "       -z, --compress[=zstd|gzip][:LEVEL]   all but the newest closed one [off]\n"
	       "           --on-roll=COMMAND  with a closed file; --on-roll-timeout=TIME   [1m]\n"
	       "Copy   -t, --tee[=best-effort]    to stdout too, or what of it stdout takes\n"
	       "Memory -b, --buffer=SIZE [4M];  -o, --overflow=block|drop when full      [block]\n"
	       "End        --grace=TIME  after TERM, read on this long [5s];  --spill=stderr\n"
	       "Say        --stats[=TIME]  --check: what would be;  -q, --quiet  -v, --verbose\n"
	       "Rights     --user=USER[:GROUP]   --sandbox=on|off|strict, --no-sandbox\n"
	       "Sizes: K, M, G; times: ms, s, m, h, d. FILE may be a strftime template. TERM,\n"
	       "INT: drain, end; HUP: reopen; USR1, ALRM: new part; USR2: counters. Status: 0\n"
	       "written, 1 lost or failed, 2 usage. -h, --help  -V, --version   man logsink\n";
}
/* clang-format on */

enum {
	OPT_ONCE = 256,
	OPT_INTERVAL,
	OPT_ESCAPE,
	OPT_STRIP_ANSI,
	OPT_MATCH,
	OPT_REJECT,
	OPT_ALSO,
	OPT_NO_LINK,
	OPT_MODE,
	OPT_DIR_MODE,
	OPT_SYNC,
	OPT_KEEP_FREE,
	OPT_ON_ROLL,
	OPT_ON_ROLL_TIMEOUT,
	OPT_GRACE,
	OPT_SPILL,
	OPT_STATS,
	OPT_CHECK,
	OPT_USER,
	OPT_SANDBOX,
	OPT_NO_SANDBOX,
};

/* "-": words that are no options come in their turn; ":": a missing value is told apart. */
static const char short_options[] = "-:i:Tf:L:r:s:ul:k:a:m:ztb:o:qvhV";

static const struct option long_options[] = {
	{ "input", required_argument, NULL, 'i' },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "interval", required_argument, NULL, OPT_INTERVAL },
	{ "timestamp", optional_argument, NULL, 'T' },
	{ "format", required_argument, NULL, 'f' },
	{ "escape", no_argument, NULL, OPT_ESCAPE },
	{ "strip-ansi", no_argument, NULL, OPT_STRIP_ANSI },
	{ "match", required_argument, NULL, OPT_MATCH },
	{ "reject", required_argument, NULL, OPT_REJECT },
	{ "level", required_argument, NULL, 'L' },
	{ "also", required_argument, NULL, OPT_ALSO },
	{ "roll", required_argument, NULL, 'r' },
	{ "size", required_argument, NULL, 's' },
	{ "utc", no_argument, NULL, 'u' },
	{ "link", required_argument, NULL, 'l' },
	{ "no-link", no_argument, NULL, OPT_NO_LINK },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "dir-mode", required_argument, NULL, OPT_DIR_MODE },
	{ "sync", required_argument, NULL, OPT_SYNC },
	{ "keep", required_argument, NULL, 'k' },
	{ "max-age", required_argument, NULL, 'a' },
	{ "max-total", required_argument, NULL, 'm' },
	{ "keep-free", required_argument, NULL, OPT_KEEP_FREE },
	{ "compress", optional_argument, NULL, 'z' },
	{ "on-roll", required_argument, NULL, OPT_ON_ROLL },
	{ "on-roll-timeout", required_argument, NULL, OPT_ON_ROLL_TIMEOUT },
	{ "tee", optional_argument, NULL, 't' },
	{ "buffer", required_argument, NULL, 'b' },
	{ "overflow", required_argument, NULL, 'o' },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "spill", required_argument, NULL, OPT_SPILL },
	{ "stats", optional_argument, NULL, OPT_STATS },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "user", required_argument, NULL, OPT_USER },
	{ "sandbox", required_argument, NULL, OPT_SANDBOX },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* ---- values ---- */

static bool fail(char error[512], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(char error[512], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, 512, format, args);
	va_end(args);
	return false;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit size_units[] = {
	{ "", 1 }, { "K", KIB }, { "M", MIB }, { "G", GIB }, { NULL, 0 },
};

static const struct unit time_units[] = {
	{ "", SEC },         { "ms", MS },         { "s", SEC }, { "m", 60 * SEC },
	{ "h", 3600 * SEC }, { "d", 86400 * SEC }, { NULL, 0 },
};

/* Digits and a unit; the only place where text becomes a number. */
static bool number(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (p == text)
		return false;
	for (; units->name; units++) {
		if (strcmp(p, units->name) != 0)
			continue;
		if (n > (uint64_t)INT64_MAX / units->factor)
			return false;
		*value = n * units->factor;
		return true;
	}
	return false;
}

static bool get_size(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *to,
		     char error[512])
{
	if (number(text, size_units, to) && *to >= min && *to <= max)
		return true;
	return fail(
		error,
		"--%s=%s: not a size that can be used; give a whole number of bytes, or with K, M "
		"or G behind it, from %ju to %ju",
		option, text, (uintmax_t)min, (uintmax_t)max);
}

static bool get_time(const char *option, const char *text, int64_t min, int64_t max, int64_t *to,
		     char error[512])
{
	uint64_t ns;

	if (number(text, time_units, &ns) && (int64_t)ns >= min && (int64_t)ns <= max) {
		*to = (int64_t)ns;
		return true;
	}
	return fail(
		error,
		"--%s=%s: not a time that can be used; give a whole number with ms, s, m, h or d "
		"behind it, from %jd ms to %jd s",
		option, text, (intmax_t)(min / MS), (intmax_t)(max / SEC));
}

static bool get_mode(const char *option, const char *text, mode_t needed, mode_t *to, bool *exact,
		     char error[512])
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] >= '0' && text[0] <= '7' && *end == '\0' && mode <= 07777 &&
	    (mode & needed) == needed) {
		*to = (mode_t)mode;
		*exact = true;
		return true;
	}
	return fail(error,
		    "--%s=%s: not a mode that can be used; give an octal number such as %04o, with "
		    "%04o for the owner in it",
		    option, text, (unsigned)(needed | needed >> 3), (unsigned)needed);
}

/* A word of a list ending in NULL; *to is its number. */
static bool get_word(const char *option, const char *text, const char *const *words, int *to,
		     char error[512])
{
	char list[128] = "";

	for (int i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*to = i;
			return true;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 words[i]);
	}
	return fail(error, "--%s=%s: not known; give one of: %s", option, text, list);
}

static bool get_sync(const char *text, struct options *o, char error[512])
{
	if (strcmp(text, "never") == 0)
		o->sync = WRITER_SYNC_NEVER;
	else if (strcmp(text, "roll") == 0)
		o->sync = WRITER_SYNC_ROLL;
	else if (strcmp(text, "always") == 0)
		o->sync = WRITER_SYNC_ALWAYS;
	else if (get_time("sync", text, MS, 86400 * SEC, &o->sync_ns, error))
		o->sync = WRITER_SYNC_TIME;
	else
		return fail(error, "--sync=%s: give never, roll, always, or a time such as 1s",
			    text);
	return true;
}

/* ---- options ---- */

static bool add_input(const char *path, struct options *o, char error[512])
{
	if (*path == '\0')
		return fail(error, "--input: the path is empty; name a FIFO");
	if (o->input_count == OPTIONS_INPUTS)
		return fail(error,
			    "--input=%s: more than %d inputs; let several programs write to "
			    "one FIFO",
			    path, OPTIONS_INPUTS);
	for (size_t i = 0; i < o->input_count; i++)
		if (strcmp(o->inputs[i], path) == 0)
			return fail(error, "--input=%s is given twice; give each FIFO once", path);
	o->inputs[o->input_count++] = path;
	return true;
}

static bool set_roll(const char *text, struct options *o, char error[512])
{
	static const char *const words[] = { "never",  "minutely", "hourly", "daily",
					     "weekly", "monthly",  NULL };
	int roll = 0;

	if (!get_word("roll", text, words, &roll, error))
		return false;
	o->calendar.roll = (enum calendar_roll)roll;
	return true;
}

static bool set_overflow(const char *text, struct options *o, char error[512])
{
	static const char *const words[] = { "block", "drop", NULL };
	int policy = 0;

	if (!get_word("overflow", text, words, &policy, error))
		return false;
	o->overflow = (enum intake_policy)policy;
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Can this name a family? what: "FILE", or the option that it is in. */
static bool check_file(const char *what, const char *file, char error[512])
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	if (*file == '\0')
		return fail(error, "%s is empty; name the log, such as logs/app.log", what);
	if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
		return fail(error, "%s '%s' names a directory; name a file in it, such as app.log",
			    what, file);
	if (strcmp(file, "-") == 0)
		return fail(
			error,
			"%s '-' is not standard input, which is read anyway; name the log, such as "
			"logs/app.log; a file of that name is './-'",
			what);
	if (strcmp(file, "help") == 0 || strcmp(file, "version") == 0)
		return fail(
			error,
			"%s '%s' is mostly meant as 'logsink --%s'; a log of that name is './%s'",
			what, file, file, file);
	if (ends_with(base, ".gz") || ends_with(base, ".zst"))
		return fail(error,
			    "%s '%s': the end .gz or .zst is kept for compressed files; leave it "
			    "out",
			    what, file);
	const char *percent = strchr(file, '%');
	if (percent && (strstr(percent, "//") || strstr(percent, "/./") || strstr(percent, "/../")))
		return fail(error,
			    "%s '%s' has '//', '.' or '..' behind the first '%%'; leave it out",
			    what, file);
	return true;
}

/* LEVEL:FILE */
static bool add_also(const char *text, struct options *o, char error[512])
{
	const char *colon = strchr(text, ':');
	struct options_also also = { .file = colon ? colon + 1 : NULL };
	char word[8] = "";

	if (colon && (size_t)(colon - text) < sizeof(word))
		memcpy(word, text, (size_t)(colon - text));
	if (!colon || !level_parse(word, &also.level))
		return fail(
			error,
			"--also=%s: not LEVEL:FILE with one of trace, debug, info, warn, error; "
			"give it as in --also=error:logs/error.log",
			text);
	if (o->also_count == OPTIONS_ALSO)
		return fail(error, "--also=%s: more than %d of them", text, OPTIONS_ALSO);
	o->also[o->also_count++] = also;
	return check_file("--also: FILE", also.file, error);
}

static bool set_timestamp(const char *text, struct options *o, char error[512])
{
	const char *why;

	if (stamp_parse(text ? text : "rfc3339", &o->lines.stamp, &why))
		return true;
	return fail(error,
		    "--timestamp=%.100s %s; give rfc3339, iso8601, unix, tai64n, or a pattern of "
		    "strftime(3) such as '%%F %%T.%%3N'",
		    text, why);
}

static bool set_format(const char *text, struct options *o, char error[512])
{
	static const char *const words[] = { "raw", "json", "json:merge", "cri", NULL };
	int format = 0;

	if (!get_word("format", text, words, &format, error))
		return false;
	o->lines.format = (enum lines_format)format;
	return true;
}

/* source: the option, or the variable, that has the word in it. */
static bool set_level(const char *source, const char *text, struct options *o, char error[512])
{
	if (level_parse(text, &o->lines.level))
		return true;
	return fail(error, "%s=%s: not a level; give one of: trace, debug, info, warn, error",
		    source, text);
}

static bool add_pattern(const char *option, const char *pattern, struct options *o,
			const char *list[], size_t *count, char error[512])
{
	char why[384];

	if (o->match_count + o->reject_count == FILTER_PATTERNS)
		return fail(error,
			    "--%s: more than %d patterns; put several into one with '|' between "
			    "them",
			    option, FILTER_PATTERNS);
	if (!filter_check(pattern, why))
		return fail(error, "--%s: %s\n    the syntax is in the man page pcre2pattern",
			    option, why);
	list[(*count)++] = pattern;
	return true;
}

static bool set_tee(const char *text, struct options *o, char error[512])
{
	if (text && strcmp(text, "best-effort") != 0)
		return fail(error, "--tee=%s: not known; give --tee or --tee=best-effort", text);
	o->tee = text ? OPTIONS_TEE_BEST_EFFORT : OPTIONS_TEE;
	return true;
}

static bool set_keep(const char *text, struct options *o, char error[512])
{
	uint64_t n;

	if (!number(text, no_units, &n) || n > INT32_MAX)
		return fail(error, "--keep=%s: not a number of files; give 0 or more", text);
	o->retain.keep = (int64_t)n;
	return true;
}

static bool set_max_age(const char *text, struct options *o, char error[512])
{
	int64_t ns = 0;

	if (*text && strspn(text, "0123456789") == strlen(text))
		return fail(
			error,
			"--max-age=%s: a number without a unit, and a wrong guess would delete files; "
			"put s, m, h or d behind it: --max-age=%sd is that many days",
			text, text);
	if (!get_time("max-age", text, SEC, 36500 * (86400 * SEC), &ns, error))
		return false;
	o->retain.max_age_s = ns / SEC;
	return true;
}

static bool set_keep_free(const char *text, struct options *o, char error[512])
{
	o->default_keep_free = false;
	if (!get_size("keep-free", text, 0, INT64_MAX, &o->retain.keep_free, error))
		return false;
	if (o->retain.keep_free == 0 || o->retain.keep_free >= 4 * KIB)
		return true;
	return fail(
		error,
		"--keep-free=%s: less than 4096 bytes, which protects nothing; put M or G behind the number, "
		"or give 0 to switch it off",
		text);
}

/* [zstd|gzip][:LEVEL] */
static bool set_compress(const char *text, struct options *o, char error[512])
{
	const char *colon = text ? strchr(text, ':') : NULL;
	size_t len = !text ? 0 : colon ? (size_t)(colon - text) : strlen(text);
	bool gzip = len == 4 && strncmp(text, "gzip", 4) == 0;
	uint64_t level, highest = gzip ? 9 : 19;

	if (len > 0 && !gzip && !(len == 4 && strncmp(text, "zstd", 4) == 0))
		return fail(error,
			    "--compress=%s: not known; give zstd or gzip, and a level behind a "
			    "colon if you like, as in zstd:19",
			    text);
	level = gzip ? 6 : 3;
	if (colon && (!number(colon + 1, no_units, &level) || level < 1 || level > highest))
		return fail(error, "--compress=%s: the level of %s is a number from 1 to %ju", text,
			    gzip ? "gzip" : "zstd", (uintmax_t)highest);
	o->compress = true;
	o->press = (struct press_options){ .suffix = gzip ? NAMES_GZ : NAMES_ZST,
					   .level = (int)level };
	return true;
}

static bool set_on_roll(const char *text, struct options *o, char error[512])
{
	size_t words = 0;

	for (const char *p = text + strspn(text, " "); *p; p += strspn(p, " "), words++)
		p += strcspn(p, " ");
	if (words == 0 || words > HOOK_WORDS)
		return fail(error,
			    "--on-roll: a command has from 1 to %d words, and this one %zu; "
			    "put a longer one into a script",
			    HOOK_WORDS, words);
	o->on_roll = text;
	return true;
}

static bool set_user(const char *text, struct options *o, char error[512])
{
	const char *colon = strchr(text, ':');

	if (*text == '\0' || colon == text || (colon && colon[1] == '\0'))
		return fail(error, "--user=%s: give a user, or a user and a group, as in app:adm",
			    text);
	o->user = text;
	return true;
}

static bool set_sandbox(const char *text, struct options *o, char error[512])
{
	static const char *const words[] = { "on", "off", "strict", NULL };
	static const enum sandbox_mode modes[] = { SANDBOX_ON, SANDBOX_OFF, SANDBOX_STRICT };
	int mode = 0;

	if (!get_word("sandbox", text, words, &mode, error))
		return false;
	o->sandbox = modes[mode];
	return true;
}

/* What the command line says beside its options. */
struct command {
	bool no_link, help, version;
	const char *link;
	bool level;
	const char *file, *second; /* the words that are no options */
};

static bool set(int option, const char *value, struct options *o, struct command *c,
		char error[512])
{
	switch (option) {
	case 'i':
		return add_input(value, o, error);
	case OPT_ONCE:
		o->once = true;
		return true;
	case OPT_INTERVAL:
		return get_time("interval", value, 0, SEC, &o->interval_ns, error);
	case 'T':
		return set_timestamp(value, o, error);
	case 'f':
		return set_format(value, o, error);
	case OPT_ESCAPE:
		o->lines.escape = true;
		return true;
	case OPT_STRIP_ANSI:
		o->lines.strip_ansi = true;
		return true;
	case OPT_MATCH:
		return add_pattern("match", value, o, o->match, &o->match_count, error);
	case OPT_REJECT:
		return add_pattern("reject", value, o, o->reject, &o->reject_count, error);
	case 'L':
		c->level = true;
		return set_level("--level", value, o, error);
	case OPT_ALSO:
		return add_also(value, o, error);
	case 'r':
		return set_roll(value, o, error);
	case 's':
		if (strcmp(value, "none") == 0) {
			o->size_limit = UINT64_MAX;
			return true;
		}
		return get_size("size", value, 1, INT64_MAX, &o->size_limit, error);
	case 'u':
		o->calendar.utc = true;
		return true;
	case 'l':
		c->link = value;
		return *value ? true : fail(error, "--link: the path is empty; see --no-link");
	case OPT_NO_LINK:
		c->no_link = true;
		return true;
	case OPT_MODE:
		return get_mode("mode", value, 0600, &o->mode, &o->exact_mode, error);
	case OPT_DIR_MODE:
		return get_mode("dir-mode", value, 0700, &o->dir_mode, &o->exact_dir_mode, error);
	case OPT_SYNC:
		return get_sync(value, o, error);
	case 'k':
		return set_keep(value, o, error);
	case 'a':
		return set_max_age(value, o, error);
	case 'm':
		return get_size("max-total", value, 4 * KIB, INT64_MAX, &o->retain.max_total,
				error);
	case OPT_KEEP_FREE:
		return set_keep_free(value, o, error);
	case 'z':
		return set_compress(value, o, error);
	case OPT_ON_ROLL:
		return set_on_roll(value, o, error);
	case OPT_ON_ROLL_TIMEOUT:
		return get_time("on-roll-timeout", value, 100 * MS, 86400 * SEC,
				&o->on_roll_timeout_ns, error);
	case OPT_CHECK:
		o->check = true;
		return true;
	case OPT_USER:
		return set_user(value, o, error);
	case OPT_SANDBOX:
		return set_sandbox(value, o, error);
	case OPT_NO_SANDBOX:
		o->sandbox = SANDBOX_OFF;
		return true;
	case 't':
		return set_tee(value, o, error);
	case 'b':
		return get_size("buffer", value, 64 * KIB, GIB, &o->buffer, error);
	case 'o':
		return set_overflow(value, o, error);
	case OPT_GRACE:
		return get_time("grace", value, 0, 86400 * SEC, &o->grace_ns, error);
	case OPT_SPILL:
		o->spill = strcmp(value, "stderr") == 0;
		return o->spill || fail(error, "--spill=%s: not known; give stderr", value);
	case OPT_STATS:
		o->stats = true;
		return !value ||
		       get_time("stats", value, 100 * MS, 86400 * SEC, &o->stats_ns, error);
	case 'q':
		o->quiet = true;
		return true;
	case 'v':
		o->verbose = true;
		return true;
	case 'h':
		c->help = true;
		return true;
	case 'V':
		c->version = true;
		return true;
	case 1:
		*(c->file ? &c->second : &c->file) = value;
		return true;
	default:
		return fail(error, "an option that is not handled");
	}
}

static bool unknown(int option, const char *word, char error[512])
{
	bool needs_value = option == ':';

	/* getopt_long tells short ones by letter only. */
	bool letter = !needs_value && optopt && optopt < 256 &&
		      (optopt == ':' || !strchr(short_options, optopt));

	if (word && !letter && strncmp(word, "--", 2) == 0)
		return fail(error,
			    needs_value         ? "%s needs a value"
			    : strchr(word, '=') ? "%s is not an option, or takes no value"
						: "%s is not an option, or not one option only",
			    word);
	return fail(
		error,
		needs_value
			? "-%c needs a value"
			: "-%c is not an option (what -t, -T and -z may be given goes with their "
			  "long names, as in --timestamp=unix)",
		optopt);
}

/* The families that are written to must differ, and have dates if they are to. */
static bool check_families(const struct options *o, char error[512])
{
	for (size_t i = 0; i <= o->also_count; i++) {
		const char *file = i ? o->also[i - 1].file : o->file;

		if (strchr(file, '%') && o->calendar.roll == CALENDAR_NEVER)
			return fail(error,
				    "FILE '%s' is a template, and --roll=never has no dates; give "
				    "a FILE without '%%'",
				    file);
		for (size_t k = 0; k < i; k++)
			if (strcmp(file, k ? o->also[k - 1].file : o->file) == 0)
				return fail(error,
					    "--also: the FILE '%s' is written to already; give "
					    "each FILE once",
					    file);
	}
	return true;
}

static bool finish_lines(struct options *o, const struct command *c, char error[512])
{
	const char *level = getenv("LOGSINK_LEVEL");
	enum stamp_kind kind = o->lines.stamp.kind;

	if (level && *level && !c->level && !set_level("LOGSINK_LEVEL", level, o, error))
		return false;
	if (o->lines.format == LINES_CRI && kind != STAMP_NONE && kind != STAMP_RFC3339)
		return fail(error,
			    "--format=cri has its time in RFC 3339 always; leave --timestamp out");
	o->lines.stamp.utc = o->calendar.utc;
	return true;
}

static bool finish(struct options *o, const struct command *c, char error[512])
{
	if (o->once && o->input_count == 0)
		return fail(error,
			    "--once goes with -i; standard input always ends with its writers");
	if (o->quiet && o->verbose)
		return fail(error, "--quiet and --verbose: give one of them");
	if (c->no_link && c->link)
		return fail(error, "--link and --no-link: give one of them");
	if (o->sandbox == SANDBOX_STRICT && o->on_roll)
		return fail(error,
			    "--sandbox=strict lets no command run, and --on-roll is one; give "
			    "--sandbox=on, or leave one of them out");
	if (!check_families(o, error) || !finish_lines(o, c, error))
		return false;
	for (size_t i = 0; i < o->also_count; i++)
		if (!c->no_link && !strchr(o->also[i].file, '%') &&
		    o->calendar.roll != CALENDAR_NEVER)
			o->also[i].link = o->also[i].file;
	o->link = c->no_link ? NULL : c->link;
	if (!c->no_link && !c->link && !strchr(o->file, '%') && o->calendar.roll != CALENDAR_NEVER)
		o->link = o->file;
	for (size_t i = 0; o->link && i < o->also_count; i++)
		if (strcmp(o->link, o->also[i].file) == 0)
			return fail(error, "--link=%s is the FILE of an --also; name another path",
				    o->link);
	if (o->calendar.roll == CALENDAR_NEVER && o->link && strcmp(o->link, o->file) == 0)
		return fail(error,
			    "--link=%s is FILE, which with --roll=never is the log itself; "
			    "name another path",
			    o->link);
	return true;
}

/* What follows "--", which stood there. FILE, if nothing else can be meant. */
static bool take_rest(char *const rest[], struct command *c, char error[512])
{
	const char *word = rest[0];

	if (c->file && !word)
		return fail(error, "nothing follows '--'; leave it out");
	if (!c->file && word && *word != '-')
		return fail(
			error,
			"FILE is missing, and '%s' behind '--' is not taken for it; give it as in "
			"'app | logsink logs/app.log'",
			word);
	for (; *rest; rest++)
		*(c->file ? &c->second : &c->file) = *rest;
	return true;
}

static bool finish_file(struct options *o, const struct command *c, char error[512])
{
	if (!c->file)
		return fail(error,
			    "FILE is missing; name the log, as in 'app | logsink logs/app.log'");
	if (c->second)
		return fail(error, "one FILE is expected, and '%s' follows '%s'", c->second,
			    c->file);
	o->file = c->file;
	return check_file("FILE", o->file, error);
}

static enum options_result take_words(int argc, char *argv[], struct options *o, struct command *c,
				      char error[512])
{
	int option, before = 1;

	opterr = 0;
	optind = 0; /* glibc's way to say: forget the last command line */
	while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		before = optind;
		if (option == '?' || option == ':') {
			unknown(option, argv[optind - 1], error);
			return OPTIONS_ERROR;
		}
		if (!set(option, optarg, o, c, error))
			return OPTIONS_ERROR;
		if (c->help)
			return OPTIONS_HELP;
		if (c->version)
			return OPTIONS_VERSION;
	}
	/* Without "--" the end moves nothing. */
	if (optind > before && !take_rest(argv + optind, c, error))
		return OPTIONS_ERROR;
	return OPTIONS_RUN;
}

enum options_result options_parse(int argc, char *argv[], struct options *o, char error[512])
{
	struct command c = { 0 };

	*o = (struct options){
		.calendar = { .roll = CALENDAR_DAILY },
		.size_limit = GIB,
		.retain = { .keep = RETAIN_ALL },
		.default_keep_free = true,
		.on_roll_timeout_ns = 60 * SEC,
		.buffer = 4 * MIB,
		.interval_ns = 5 * MS,
		.grace_ns = 5 * SEC,
		.sync = WRITER_SYNC_ROLL,
		.mode = 0640,
		.dir_mode = 0750,
	};
	enum options_result result = take_words(argc, argv, o, &c, error);

	if (result == OPTIONS_RUN && (!finish_file(o, &c, error) || !finish(o, &c, error)))
		return OPTIONS_ERROR;
	return result;
}
