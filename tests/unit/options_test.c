/* options: every option, every bad value, and words that make no sense. */
#include "logsink/options.h"

#include "test.h"

#include <inttypes.h>

#define MS  INT64_C(1000000)
#define SEC (1000 * MS)

/* ---- one command line ---- */

enum { WORDS = 80 };

static struct options o; /* what the last command line said */
static char error[512];

/* Parses words, the last of which is NULL. They are copied, for getopt moves them. */
static enum options_result parse(const char *const words[])
{
	static char text[1 << 16];
	static char *argv[WORDS + 1];
	char *p = text;
	int argc = 0;

	for (; argc < WORDS && words[argc]; argc++) {
		argv[argc] = p;
		p = stpcpy(p, words[argc]) + 1;
	}
	argv[argc] = NULL;
	memset(&o, 0xee, sizeof(o));
	memset(error, 0x7f, sizeof(error));
	return options_parse(argc, argv, &o, error);
}

#define PARSE(...) parse((const char *const[]){ "logsink", __VA_ARGS__, NULL })

/* The command line is good, and o says what it says. */
#define ACCEPT(...) CHECK_INT(PARSE(__VA_ARGS__), OPTIONS_RUN)

/* The command line is refused with a message that has this text in it. */
#define REFUSE(text, ...) check_refused((text), PARSE(__VA_ARGS__))

static bool check_refused(const char *text, enum options_result result)
{
	bool good = CHECK_INT(result, OPTIONS_ERROR) && CHECK(memchr(error, '\0', sizeof(error))) &&
		    CHECK(strlen(error) > 10) && CHECK(strstr(error, text) != NULL);

	if (!good)
		printf("# expected \"%s\" in \"%.511s\"\n", text, error);
	return good;
}

static void defaults(void)
{
	ACCEPT("logs/app.log");
	CHECK_STR(o.file, "logs/app.log");
	CHECK_STR(o.link, "logs/app.log");
	CHECK_INT(o.input_count, 0);
	CHECK_INT(o.once, false);
	CHECK_INT(o.tee, OPTIONS_NO_TEE);
	CHECK_INT(o.calendar.roll, CALENDAR_DAILY);
	CHECK_INT(o.calendar.utc, false);
	CHECK_INT(o.size_limit, 1 << 30);
	CHECK_INT(o.buffer, 4 << 20);
	CHECK_INT(o.overflow, INTAKE_BLOCK);
	CHECK_INT(o.interval_ns, 5 * MS);
	CHECK_INT(o.grace_ns, 5 * SEC);
	CHECK_INT(o.sync, WRITER_SYNC_ROLL);
	CHECK_INT(o.mode, 0640);
	CHECK_INT(o.dir_mode, 0750);
	CHECK_INT(o.exact_mode, false);
	CHECK_INT(o.exact_dir_mode, false);
	CHECK_INT(o.stats, false);
	CHECK_INT(o.stats_ns, 0);
	CHECK_INT(o.quiet, false);
	CHECK_INT(o.verbose, false);
	CHECK_INT(o.retain.keep, RETAIN_ALL);
	CHECK_INT(o.retain.max_age_s, 0);
	CHECK_INT(o.retain.max_total, 0);
	CHECK_INT(o.retain.keep_free, 0);
	CHECK_INT(o.default_keep_free, true);
	CHECK_INT(o.compress, false);
	CHECK(o.on_roll == NULL);
	CHECK_INT(o.on_roll_timeout_ns, 60 * SEC);
	CHECK_INT(o.check, false);
}

static void rolls(void)
{
	static const struct {
		const char *word;
		enum calendar_roll roll;
	} rolls[] = {
		{ "never", CALENDAR_NEVER },   { "minutely", CALENDAR_MINUTELY },
		{ "hourly", CALENDAR_HOURLY }, { "daily", CALENDAR_DAILY },
		{ "weekly", CALENDAR_WEEKLY }, { "monthly", CALENDAR_MONTHLY },
	};

	for (size_t i = 0; i < sizeof(rolls) / sizeof(rolls[0]); i++) {
		ACCEPT("-r", rolls[i].word, "app.log");
		CHECK_INT(o.calendar.roll, rolls[i].roll);
		ACCEPT("--roll", rolls[i].word, "app.log");
		CHECK_INT(o.calendar.roll, rolls[i].roll);
	}
	ACCEPT("-rhourly", "app.log");
	CHECK_INT(o.calendar.roll, CALENDAR_HOURLY);
	ACCEPT("--roll=hourly", "--roll=monthly", "app.log"); /* the last one counts */
	CHECK_INT(o.calendar.roll, CALENDAR_MONTHLY);
	REFUSE("--roll", "-r", "yearly", "app.log");
	REFUSE("--roll", "--roll=", "app.log");
	REFUSE("--roll", "--roll=Daily", "app.log");
	REFUSE("--roll", "--roll=dail", "app.log");
	REFUSE("--roll", "--roll=daily ", "app.log");
	REFUSE("monthly", "--roll=1d", "app.log"); /* the message says what there is */
}

static void switches(void)
{
	ACCEPT("-u", "app.log");
	CHECK_INT(o.calendar.utc, true);
	ACCEPT("--utc", "app.log");
	CHECK_INT(o.calendar.utc, true);
	ACCEPT("-q", "app.log");
	CHECK_INT(o.quiet, true);
	ACCEPT("--quiet", "app.log");
	CHECK_INT(o.quiet, true);
	ACCEPT("-v", "app.log");
	CHECK_INT(o.verbose, true);
	ACCEPT("--verbose", "app.log");
	CHECK_INT(o.verbose, true);
	ACCEPT("-qut", "app.log");
	CHECK(o.quiet && o.calendar.utc && o.tee == OPTIONS_TEE);
	REFUSE("--utc", "--utc=yes", "app.log");
	REFUSE("--quiet and --verbose", "-q", "-v", "app.log");
}

static void help_and_version(void)
{
	CHECK_INT(PARSE("-h"), OPTIONS_HELP);
	CHECK_INT(PARSE("--help"), OPTIONS_HELP);
	CHECK_INT(PARSE("-V"), OPTIONS_VERSION);
	CHECK_INT(PARSE("--version"), OPTIONS_VERSION);
	CHECK_INT(PARSE("-u", "app.log", "--help"), OPTIONS_HELP);
	CHECK_INT(PARSE("--version", "one", "two"), OPTIONS_VERSION);
	CHECK_INT(PARSE("--help", "--no-such-option"), OPTIONS_HELP);
}

static void tees(void)
{
	ACCEPT("-t", "app.log");
	CHECK_INT(o.tee, OPTIONS_TEE);
	ACCEPT("--tee", "app.log");
	CHECK_INT(o.tee, OPTIONS_TEE);
	ACCEPT("--tee=best-effort", "app.log");
	CHECK_INT(o.tee, OPTIONS_TEE_BEST_EFFORT);
	ACCEPT("--tee=best-effort", "-t", "app.log");
	CHECK_INT(o.tee, OPTIONS_TEE);
	REFUSE("--tee", "--tee=", "app.log");
	REFUSE("best-effort", "--tee=always", "app.log");
}

static void inputs(void)
{
	const char *words[WORDS] = { "logsink", "app.log" };
	static char names[40][8];
	int n = 2;

	ACCEPT("-i", "one", "-itwo", "--input=three", "--input", "four", "app.log");
	CHECK_INT(o.input_count, 4);
	CHECK_STR(o.inputs[0], "one");
	CHECK_STR(o.inputs[1], "two");
	CHECK_STR(o.inputs[2], "three");
	CHECK_STR(o.inputs[3], "four");
	CHECK_INT(o.once, false);
	ACCEPT("--once", "-i", "one", "app.log");
	CHECK_INT(o.once, true);
	REFUSE("--input", "-i", "", "app.log");
	REFUSE("--input=same", "-i", "same", "--input=same", "app.log");
	REFUSE("--once", "--once", "app.log");

	for (int i = 0; i < OPTIONS_INPUTS + 1; i++) {
		words[n] = NULL;
		CHECK_INT(parse(words), OPTIONS_RUN);
		CHECK_INT(o.input_count, i);
		snprintf(names[i], sizeof(names[i]), "-i%d", i);
		words[n++] = names[i];
	}
	words[n] = NULL;
	check_refused("--input", parse(words));
	check_refused("32", PARSE("-i", "") == OPTIONS_ERROR ? parse(words) : OPTIONS_RUN);
}

static void links(void)
{
	ACCEPT("-l", "current", "app.log");
	CHECK_STR(o.link, "current");
	ACCEPT("--link=a/b", "app.log");
	CHECK_STR(o.link, "a/b");
	ACCEPT("--no-link", "app.log");
	CHECK(o.link == NULL);
	ACCEPT("--roll=never", "app.log");
	CHECK(o.link == NULL); /* the file itself is at that place */
	ACCEPT("--roll=never", "-l", "current", "app.log");
	CHECK_STR(o.link, "current");
	REFUSE("--link", "--link=", "app.log");
	REFUSE("--no-link", "--link=x", "--no-link", "app.log");
	REFUSE("--link=app.log", "--roll=never", "--link=app.log", "app.log");
}

/* ---- numbers ---- */

static void check_junk(const char *option)
{
	static const char *const junk[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1.5",
		"1,5",
		"1e3",
		"0x10",
		"K",
		"s",
		"1Kb",
		"1Ki",
		"1k",
		"1ss",
		"1 s",
		"1M1",
		"one",
		"1sK",
		"--1",
		"1\n",
		"\xd9\xa1",
		"1G1G",
		"1P",
		"1wk",
		"1month",
		"1us",
		"1ns",
		"inf",
		"1h30m",
		"18446744073709551616",
		"99999999999999999999999999999999999999999",
	};
	char word[128];

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		snprintf(word, sizeof(word), "%s=%s", option, junk[i]);
		REFUSE(option, word, "app.log");
	}
}

static void check_bad(const char *option, const char *const *values)
{
	for (; *values; values++)
		REFUSE(option, option, *values, "app.log");
}

#define BAD(option, ...) check_bad((option), (const char *const[]){ __VA_ARGS__, NULL })

static void sizes(void)
{
	static const struct {
		const char *text;
		int64_t size;
	} good[] = {
		{ "1", 1 },
		{ "0001", 1 },
		{ "1K", 1024 },
		{ "3M", 3 << 20 },
		{ "5G", INT64_C(5) << 30 },
		{ "9223372036854775807", INT64_MAX },
		{ "8589934591G", INT64_C(8589934591) << 30 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ACCEPT("-s", good[i].text, "app.log");
		CHECK_INT(o.size_limit, good[i].size);
		ACCEPT("--size", good[i].text, "app.log");
		CHECK_INT(o.size_limit, good[i].size);
	}
	ACCEPT("--size=10MiB", "app.log");
	CHECK_INT(o.size_limit, 10 << 20);
	ACCEPT("--size=10MB", "app.log");
	CHECK_INT(o.size_limit, 10000000);
	REFUSE("did you mean 10M?", "--size=10m", "app.log");
	ACCEPT("--size=none", "app.log");
	CHECK(o.size_limit == UINT64_MAX);
	check_junk("--size");
	BAD("--size", "0", "0G", "9223372036854775808", "8589934592G", "9007199254740992K",
	    "18446744073709551615", "17179869184G", "17179869185G", "1m", "1s", "None");
}

static void buffers(void)
{
	ACCEPT("-b", "64K", "app.log");
	CHECK_INT(o.buffer, 64 << 10);
	ACCEPT("--buffer=65536", "app.log");
	CHECK_INT(o.buffer, 64 << 10);
	ACCEPT("--buffer=100000", "app.log");
	CHECK_INT(o.buffer, 100000);
	ACCEPT("--buffer=1G", "app.log");
	CHECK_INT(o.buffer, 1 << 30);
	check_junk("--buffer");
	BAD("--buffer", "0", "1", "63K", "65535", "1073741825", "2G", "none", "17179869185G",
	    "18014398509481985K");
}

static void overflows(void)
{
	ACCEPT("-o", "drop", "app.log");
	CHECK_INT(o.overflow, INTAKE_DROP);
	ACCEPT("--overflow=drop", "--overflow=block", "app.log");
	CHECK_INT(o.overflow, INTAKE_BLOCK);
	BAD("--overflow", "", "Drop", "drop ", "wait", "blockdrop");
}

static void intervals(void)
{
	ACCEPT("--interval=0", "app.log");
	CHECK_INT(o.interval_ns, 0);
	ACCEPT("--interval", "1ms", "app.log");
	CHECK_INT(o.interval_ns, MS);
	ACCEPT("--interval=1000ms", "app.log");
	CHECK_INT(o.interval_ns, SEC);
	ACCEPT("--interval=1", "app.log"); /* a plain number is seconds */
	CHECK_INT(o.interval_ns, SEC);
	check_junk("--interval");
	BAD("--interval", "1001ms", "2", "2s", "1m", "1h", "1d", "1K", "18446744074",
	    "18446744074s", "18446744073710ms", "9223372037", "213504d");
}

static void graces(void)
{
	ACCEPT("--grace=0", "app.log");
	CHECK_INT(o.grace_ns, 0);
	ACCEPT("--grace", "250ms", "app.log");
	CHECK_INT(o.grace_ns, 250 * MS);
	ACCEPT("--grace=90", "app.log");
	CHECK_INT(o.grace_ns, 90 * SEC);
	ACCEPT("--grace=2m", "app.log");
	CHECK_INT(o.grace_ns, 120 * SEC);
	ACCEPT("--grace=3h", "app.log");
	CHECK_INT(o.grace_ns, 3 * 3600 * SEC);
	ACCEPT("--grace=1d", "app.log");
	CHECK_INT(o.grace_ns, 86400 * SEC);
	check_junk("--grace");
	BAD("--grace", "86401", "25h", "2d", "86400001ms", "307445734562m", "never");
}

static void syncs(void)
{
	ACCEPT("--sync=never", "app.log");
	CHECK_INT(o.sync, WRITER_SYNC_NEVER);
	ACCEPT("--sync", "always", "app.log");
	CHECK_INT(o.sync, WRITER_SYNC_ALWAYS);
	ACCEPT("--sync=never", "--sync=roll", "app.log");
	CHECK_INT(o.sync, WRITER_SYNC_ROLL);
	ACCEPT("--sync=1ms", "app.log");
	CHECK_INT(o.sync, WRITER_SYNC_TIME);
	CHECK_INT(o.sync_ns, MS);
	ACCEPT("--sync=30", "app.log");
	CHECK_INT(o.sync_ns, 30 * SEC);
	ACCEPT("--sync=1d", "app.log");
	CHECK_INT(o.sync_ns, 86400 * SEC);
	check_junk("--sync");
	BAD("--sync", "0", "0ms", "86401", "2d", "Always", "rolls", "18446744074");
}

static void stats(void)
{
	ACCEPT("--stats", "app.log");
	CHECK_INT(o.stats, true);
	CHECK_INT(o.stats_ns, 0);
	ACCEPT("--stats=100ms", "app.log");
	CHECK_INT(o.stats, true);
	CHECK_INT(o.stats_ns, 100 * MS);
	ACCEPT("--stats=1d", "app.log");
	CHECK_INT(o.stats_ns, 86400 * SEC);
	check_junk("--stats");
	REFUSE("--stats", "--stats=0", "app.log");
	REFUSE("--stats", "--stats=99ms", "app.log");
	REFUSE("--stats", "--stats=86401", "app.log");
	REFUSE("FILE", "--stats", "1s", "app.log"); /* the time goes with '=' */
}

static void modes(void)
{
	ACCEPT("--mode=0600", "app.log");
	CHECK_INT(o.mode, 0600);
	CHECK_INT(o.exact_mode, true);
	CHECK_INT(o.exact_dir_mode, false);
	ACCEPT("--mode", "666", "app.log");
	CHECK_INT(o.mode, 0666);
	ACCEPT("--mode=7777", "app.log");
	CHECK_INT(o.mode, 07777);
	ACCEPT("--mode=0640", "app.log"); /* the default, but now it is meant */
	CHECK_INT(o.exact_mode, true);
	ACCEPT("--dir-mode=700", "app.log");
	CHECK_INT(o.dir_mode, 0700);
	CHECK_INT(o.exact_dir_mode, true);
	CHECK_INT(o.exact_mode, false);
	ACCEPT("--dir-mode", "02775", "app.log");
	CHECK_INT(o.dir_mode, 02775);
	BAD("--mode", "", "0", "0400", "0200", "0177", "0440", "0648", "10600", "0x180", "u=rw",
	    "-600", "+600", " 600", "600 ", "rw", "0600K", "4294967680",
	    "2000000000000000000000600");
	BAD("--dir-mode", "", "0600", "0500", "0300", "0677", "0798", "10700", "rwx", "-700",
	    " 700");
}

/* ---- old files ---- */

static void keeps(void)
{
	ACCEPT("-k", "7", "app.log");
	CHECK_INT(o.retain.keep, 7);
	ACCEPT("--keep=0", "app.log"); /* not even one */
	CHECK_INT(o.retain.keep, 0);
	ACCEPT("-k5", "--keep", "2147483647", "app.log");
	CHECK_INT(o.retain.keep, INT32_MAX);
	ACCEPT("--keep=007", "app.log");
	CHECK_INT(o.retain.keep, 7);
	check_junk("--keep");
	BAD("--keep", "2147483648", "4294967296", "18446744073709551616", "1K", "1M", "7d", "all",
	    "none");
	/* one rule says nothing about the others */
	ACCEPT("--keep=3", "app.log");
	CHECK_INT(o.retain.max_age_s, 0);
	CHECK_INT(o.retain.max_total, 0);
	CHECK_INT(o.default_keep_free, true);
}

static void max_ages(void)
{
	ACCEPT("-a", "30d", "app.log");
	CHECK_INT(o.retain.max_age_s, 30 * 86400);
	ACCEPT("--max-age=1s", "app.log");
	CHECK_INT(o.retain.max_age_s, 1);
	ACCEPT("--max-age", "90s", "app.log");
	CHECK_INT(o.retain.max_age_s, 90);
	ACCEPT("--max-age=1000ms", "app.log");
	CHECK_INT(o.retain.max_age_s, 1);
	ACCEPT("--max-age=10m", "app.log");
	CHECK_INT(o.retain.max_age_s, 600);
	ACCEPT("--max-age=36h", "app.log");
	CHECK_INT(o.retain.max_age_s, 36 * 3600);
	ACCEPT("--max-age=2w", "app.log");
	CHECK_INT(o.retain.max_age_s, 14 * 86400);
	ACCEPT("--max-age=14days", "app.log");
	CHECK_INT(o.retain.max_age_s, 14 * 86400);
	REFUSE("did you mean 14d?", "--max-age=14D", "app.log");
	REFUSE("not a valid time; give", "--max-age=3M", "app.log"); /* months? */
	ACCEPT("--max-age=36500d", "app.log");
	CHECK_INT(o.retain.max_age_s, INT64_C(36500) * 86400);
	CHECK_INT(o.retain.keep, RETAIN_ALL);
	check_junk("--max-age");
	BAD("--max-age", "0", "1", "14", "0d", "999ms", "36501d", "106752d", "213504d", "1K",
	    "never");
}

static void max_totals(void)
{
	ACCEPT("-m", "10G", "app.log");
	CHECK_INT(o.retain.max_total, INT64_C(10) << 30);
	ACCEPT("--max-total=4K", "app.log");
	CHECK_INT(o.retain.max_total, 4096);
	ACCEPT("--max-total=4096", "app.log");
	CHECK_INT(o.retain.max_total, 4096);
	ACCEPT("--max-total", "9223372036854775807", "app.log");
	CHECK_INT(o.retain.max_total, INT64_MAX);
	check_junk("--max-total");
	BAD("--max-total", "0", "1", "4095", "3K", "9223372036854775808", "8589934592G", "none",
	    "1d");
}

static void keep_frees(void)
{
	ACCEPT("--keep-free=2G", "app.log");
	CHECK_INT(o.retain.keep_free, INT64_C(2) << 30);
	CHECK_INT(o.default_keep_free, false);
	ACCEPT("--keep-free", "0", "app.log"); /* none, and that is meant */
	CHECK_INT(o.retain.keep_free, 0);
	CHECK_INT(o.default_keep_free, false);
	ACCEPT("--keep-free=4096", "app.log");
	CHECK_INT(o.retain.keep_free, 4096);
	REFUSE("--keep-free=5", "--keep-free=5", "app.log"); /* percent? GB? */
	REFUSE("--keep-free=4095", "--keep-free=4095", "app.log");
	check_junk("--keep-free");
	BAD("--keep-free", "9223372036854775808", "5%", "none", "1d");
}

static void compresses(void)
{
	static const struct {
		const char *text;
		enum names_suffix suffix;
		int level;
	} good[] = {
		{ "zstd", NAMES_ZST, 3 },   { "gzip", NAMES_GZ, 6 },
		{ "zstd:1", NAMES_ZST, 1 }, { "zstd:19", NAMES_ZST, 19 },
		{ "gzip:1", NAMES_GZ, 1 },  { "gzip:9", NAMES_GZ, 9 },
		{ ":7", NAMES_ZST, 7 },     { "zstd:07", NAMES_ZST, 7 },
	};
	static const char *const bad[] = {
		"zst",     "gz",      "Zstd",    "gzip ",   " gzip",    "xz",
		"none",    "",        "zstd:",   "gzip:",   "zstd:0",   "gzip:0",
		"zstd:20", "gzip:10", "zstd:-1", "gzip:+1", "zstd: 3",  "zstd:x",
		"zstd:3 ", "zstd:3:", "zstd3",   "gzip,9",  "zstd:3K",  "zstd:1.5",
		":",       ":0",      ":20",     "3",       "gzipgzip", "zstd:18446744073709551617",
	};
	char word[64];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(word, sizeof(word), "--compress=%s", good[i].text);
		ACCEPT(word, "app.log");
		if (!CHECK_INT(o.compress, true) ||
		    !CHECK_INT(o.compressor.suffix, good[i].suffix) ||
		    !CHECK_INT(o.compressor.level, good[i].level))
			printf("# %s\n", word);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(word, sizeof(word), "--compress=%s", bad[i]);
		REFUSE("--compress", word, "app.log");
	}
	ACCEPT("-z", "app.log"); /* its value goes with the long name only */
	CHECK_STR(o.file, "app.log");
	CHECK_INT(o.compress, true);
	CHECK_INT(o.compressor.suffix, NAMES_ZST);
	CHECK_INT(o.compressor.level, 3);
	REFUSE("--compress=gzip", "--compress", "gzip");
	ACCEPT("--compress", "./gzip");
	CHECK_STR(o.file, "./gzip");
	CHECK_INT(o.compressor.suffix, NAMES_ZST);
	ACCEPT("--compress=gzip:9", "--compress", "app.log"); /* the last one counts, all of it */
	CHECK_INT(o.compressor.suffix, NAMES_ZST);
	CHECK_INT(o.compressor.level, 3);
	ACCEPT("-uzq", "app.log");
	CHECK_INT(o.compress, true);
	CHECK_INT(o.quiet, true);
	REFUSE("-g", "-zgzip", "app.log");
}

static void on_rolls(void)
{
	ACCEPT("--on-roll=mv -t 'a b' $HOME", "app.log");
	CHECK_STR(o.on_roll, "mv -t 'a b' $HOME");
	REFUSE("$1\"", "--on-roll=sh -c \"gzip $1\"", "app.log");
	REFUSE("{}", "--on-roll=mv {} /archive", "app.log");
	REFUSE(">", "--on-roll=cat > x", "app.log");
	REFUSE("no shell", "--on-roll=a && b", "app.log");
	ACCEPT("--on-roll=curl -T - a?b&c=d;e", "app.log");
	ACCEPT("--on-roll", "-x", "app.log");
	CHECK_STR(o.on_roll, "-x");
	ACCEPT("--on-roll=a", "--on-roll= b ", "app.log");
	CHECK_STR(o.on_roll, " b ");
	REFUSE("--on-roll", "--on-roll=", "app.log");
	REFUSE("--on-roll", "--on-roll", "   ", "app.log");

	ACCEPT("--on-roll=x", "--on-roll-timeout=100ms", "app.log");
	CHECK_INT(o.on_roll_timeout_ns, 100 * MS);
	ACCEPT("--on-roll-timeout", "1d", "--on-roll=x", "app.log");
	CHECK_INT(o.on_roll_timeout_ns, 86400 * SEC);
	ACCEPT("--on-roll-timeout=90", "--on-roll=x", "app.log");
	CHECK_INT(o.on_roll_timeout_ns, 90 * SEC);
	check_junk("--on-roll-timeout");
	BAD("--on-roll-timeout", "0", "99ms", "86401", "25h", "2d", "never");
}

static void checks(void)
{
	ACCEPT("--check", "app.log");
	CHECK_INT(o.check, true);
	ACCEPT("app.log", "--check", "-k3", "-z");
	CHECK_INT(o.check, true);
	CHECK_INT(o.retain.keep, 3);
	CHECK_INT(o.compress, true);
	REFUSE("--check=1", "--check=1", "app.log");
	REFUSE("FILE", "--check"); /* of what? */
}

static void templates(void)
{
	static const char *const files[] = {
		"app.%Y-%m-%d.log", "logs/%Y/%m/%d/app.log", "%F", "100%%.log",
		"app%.log",         "logs/%Y.gz/app.log"
	};

	/* Whether it is a good template, names can tell. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ACCEPT(files[i]);
		CHECK_STR(o.file, files[i]);
		CHECK(o.link == NULL);
		ACCEPT("--link=current", "--roll=hourly", files[i]);
		CHECK_STR(o.link, "current");
		ACCEPT("--no-link", files[i]);
		CHECK(o.link == NULL);
		REFUSE("--roll=never", "--roll=never", files[i]);
		REFUSE(files[i], "-k", "3", "-rnever", files[i]);
	}
	REFUSE("FILE", "%F.gz");
	REFUSE("FILE", "logs/%F.zst");
	REFUSE("FILE", "logs/%Y/");
	REFUSE("FILE", "logs/%Y/..");
	ACCEPT("--roll=never", "--on-roll=echo %", "app.log"); /* only FILE counts */
}

/* Such directories would be made, but no file in them known again. */
static void roundabout_templates(void)
{
	REFUSE("FILE", "logs/%Y//app.log");
	REFUSE("FILE", "logs/%Y/./app.log");
	REFUSE("FILE", "logs/%Y/../app.log");
	REFUSE("FILE", "%Y/a/../%m-%d");
	ACCEPT("a//b/../c/./%Y/%m-%d.log");
	ACCEPT("%Y/.a/..b/...");
}

/* ---- what is no option ---- */

static void files(void)
{
	ACCEPT("app");
	CHECK_STR(o.file, "app");
	ACCEPT("/var/log/app.log");
	ACCEPT(".app");
	ACCEPT("..app");
	ACCEPT("a.gz.log");
	ACCEPT("app.gzip");
	ACCEPT("--", "-strange.log");
	CHECK_STR(o.file, "-strange.log");
	ACCEPT("./-strange.log");
	ACCEPT("--on-roll", "--", "app.log"); /* the value of an option, and no end of them */
	CHECK_STR(o.file, "app.log");
	ACCEPT("app.log", "--on-roll", "--");
	REFUSE("FILE is missing", "--", "ls");
	REFUSE("FILE is missing", "--", "ls", "-l");
	REFUSE("FILE is missing", "-u", "--", "app.log");
	REFUSE("nothing follows '--'", "app.log", "--");
	REFUSE("'-'", "-");
	REFUSE("'-'", "--", "-");
	REFUSE("'help'", "help");
	REFUSE("'version'", "version");
	ACCEPT("./help");
	ACCEPT("help.log");
	ACCEPT("app.log", "-u"); /* options may stand behind */
	CHECK_STR(o.file, "app.log");
	CHECK_INT(o.calendar.utc, true);

	CHECK_INT(parse((const char *const[]){ "logsink", NULL }), OPTIONS_ERROR);
	REFUSE("FILE", "-u");
	REFUSE("FILE", "--");
	REFUSE("'two.log'", "one.log", "two.log");
	REFUSE("FILE", "");
	REFUSE("FILE", "logs/");
	REFUSE("FILE", "/");
	REFUSE("FILE", ".");
	REFUSE("FILE", "..");
	REFUSE("FILE", "logs/.");
	REFUSE("FILE", "logs/..");
	REFUSE("FILE", "app.log.gz");
	REFUSE("FILE", "app.zst");
	REFUSE("FILE", ".gz");
}

/* A value that may be left out goes with '='; a word behind the option is FILE. */
static void stray_values(void)
{
	REFUSE("--tee=best-effort", "--tee", "best-effort");
	REFUSE("--tee=best-effort", "-t", "best-effort", "app.log");
	REFUSE("--compress=zstd:19", "app.log", "-z", "zstd:19");
	REFUSE("--compress=gzip", "-t", "app.log", "-z", "gzip");
	REFUSE("--compress=gzip", "-z", "gz");
	REFUSE("--compress=zstd", "-z", "xz", "app.log");
	REFUSE("--compress=:9", "-z", "9", "app.log");
	REFUSE("./9", "app.log", "-z", "9");
	REFUSE("FILE is empty", "-z", "");
	ACCEPT("-t", "9");
	REFUSE("--timestamp=rfc3339", "-T", "rfc3339", "-u");
	REFUSE("--timestamp=%F %T", "-T", "%F %T", "app.log");
	REFUSE("--stats=10s", "--stats", "10s", "app.log");
	REFUSE("'two.log'", "-t", "one.log", "two.log");
	REFUSE("'gzip'", "app.log", "gzip", "-z");
	ACCEPT("-T", "logs/%F.log");
	CHECK_INT(o.lines.stamp.kind, STAMP_RFC3339);
	ACCEPT("-z", "./gzip");
	ACCEPT("-z", "-u", "gzip");
	ACCEPT("--tee=best-effort", "best-effort");
}

/* An option that does nothing alone. */
static void lone_options(void)
{
	REFUSE("--once has no effect without --input", "--once", "app.log");
	REFUSE("--on-roll-timeout has no effect without --on-roll", "--on-roll-timeout=1s",
	       "app.log");
	ACCEPT("--on-roll-timeout=1s", "--on-roll=x", "app.log");
	ACCEPT("--once", "app.log", "--input=x");
}

static void unknown_options(void)
{
	REFUSE("--bogus", "--bogus", "app.log");
	REFUSE("--bogus", "app.log", "--bogus");
	REFUSE("unknown option --bogus", "--bogus=1", "app.log");
	REFUSE("-x", "-x", "app.log");
	REFUSE("-x", "-ux", "app.log");
	REFUSE("--in", "--in=x", "app.log"); /* --input or --interval? */
	REFUSE("--no-links", "--no-links", "app.log");
	/* of later versions, or of other programs */
	REFUSE("-Z", "-Z", "app.log");
	REFUSE("--frobnicate", "--frobnicate", "app.log");
	REFUSE("--ke", "--ke=3", "app.log");     /* --keep or --keep-free? */
	REFUSE("--max", "--max=3", "app.log");   /* --max-age or --max-total? */
	REFUSE("--on-r", "--on-r=x", "app.log"); /* --on-roll or --on-roll-timeout? */
}

/* A later version may have an option that begins so. */
static void abbreviations(void)
{
	REFUSE("cut short; write the name in full, --compress=gzip", "--compres=gzip", "app.log");
	REFUSE("cut short; write the name in full, --verbose", "--verb", "app.log");
	REFUSE("cut short; write the name in full, --verbose", "--verb=yes", "app.log");
	REFUSE("cut short; write the name in full, --roll", "app.log", "--rol");
	REFUSE("cut short", "--grac", "5s", "app.log");
	REFUSE("ambiguous: --keep or --keep-free", "--kee", "3", "app.log");
	ACCEPT("--keep", "3", "app.log"); /* a whole name that another one begins with */
	ACCEPT("app.log", "--verbose");
}

/* What people tried, and what they are told; man pages of others gave them the words. */
static void meant_options(void)
{
	static const struct {
		const char *word, *told;
	} slips[] = {
		{ "--max-size=10M", "did you mean --size=10M?" },
		{ "--rotate=daily", "did you mean --roll=daily?" },
		{ "--rotate", "did you mean --roll?" },
		{ "--dry-run", "did you mean --check?" },
		{ "--json", "did you mean --format=json?" },
		{ "--gzip", "did you mean --compress=gzip?" },
		{ "--daily", "did you mean --roll=daily?" },
		{ "--keep-days=7", "did you mean --max-age=7d?" },
		{ "--keep-days", "did you mean --max-age?" },
		{ "--max-files=3", "did you mean --keep=3?" },
		{ "--filter=x", "did you mean --match=x?" },
		{ "--exclude=x", "did you mean --reject=x?" },
		{ "--owner=app", "did you mean --user=app?" },
		{ "--group=adm", "did you mean --user=USER:adm?" },
		{ "--hlep", "did you mean --help?" },
		{ "--verison", "did you mean --version?" },
		{ "--bufer=3M", "did you mean --buffer=3M?" },
		{ "--quite", "did you mean --quiet?" },
		{ "--jsno", "did you mean --format=json?" },
		{ "--append", "lines are always appended" },
		{ "--file=x", "without an option" },
		{ "-version", "did you mean --version?" },
		{ "-n5", "did you mean -k, --keep?" },
		{ "-?", "did you mean -h, --help?" },
		{ "-S3M", "did you mean -s, --size?" },
		{ "-zgzip", "as in --compress=gzip" },
		{ "-z=gzip", "as in --compress=gzip" },
		{ "-uz:19", "as in --compress=:19" },
		{ "-Tunix", "as in --timestamp=unix" },
		{ "--quiet=yes", "--quiet takes no value" },
		{ "--max=3", "ambiguous: --max-age or --max-total" },
		{ "--no", "ambiguous: --notes, --no-link or --no-sandbox" },
		{ "-fapp.fifo", "a FIFO is given with --input" },
		{ "--keep-free=10%", "a share of the file system is not accepted" },
		{ "\xe2\x80\x93keep=3", "write '--keep=3'" },
		{ "\xe2\x80\x94gzip", "write '--gzip'" },
		{ "\xe2\x88\x92v", "write '-v'" },
		{ "-\xe2\x80\x93keep", "unknown option '-\xe2\x80\x93keep'" },
		{ "--", "FILE is missing" },
	};

	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
		REFUSE(slips[i].told, slips[i].word, "app.log");
	REFUSE("--utc takes no value; a user is given with --user", "-u", "app", "app.log");
	REFUSE("--verbose takes no value", "app.log", "-v", "3");
	ACCEPT("./\xe2\x80\x93v");
	CHECK(PARSE("--bogus", "app.log") == OPTIONS_ERROR && !strstr(error, "did you mean"));
	CHECK(PARSE("-x", "app.log") == OPTIONS_ERROR && !strstr(error, "did you mean"));
}

static void unknown_among_others(void)
{
	REFUSE("-x", "--utc", "-xq", "app.log");
	REFUSE("-x", "--roll=hourly", "-uxq", "app.log");
}

static void values_missing(void)
{
	static const char *const needs[] = { "--input",    "--interval",       "--roll",
					     "--size",     "--link",           "--mode",
					     "--sync",     "--dir-mode",       "--buffer",
					     "--overflow", "--grace",          "--keep",
					     "--max-age",  "--max-total",      "--keep-free",
					     "--on-roll",  "--on-roll-timeout" };
	static const char *const short_needs[] = { "-i", "-r", "-s", "-l", "-b",
						   "-o", "-k", "-a", "-m" };

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		REFUSE(needs[i], "app.log", needs[i]);
	for (size_t i = 0; i < sizeof(short_needs) / sizeof(short_needs[0]); i++)
		REFUSE(short_needs[i], "app.log", short_needs[i]);
	REFUSE("-i", "app.log", "-qi");
}

/* The result depends on this command line alone, not on how the one before it ended. */
static void nothing_is_left(void)
{
	CHECK_INT(PARSE("-hq", "app.log"), OPTIONS_HELP);
	ACCEPT("app.log");
	CHECK_INT(o.quiet, false);
	REFUSE("-x", "-xu", "app.log");
	ACCEPT("app.log");
	CHECK_INT(o.calendar.utc, false);
	REFUSE("FILE", "one", "two", "-u");
	ACCEPT("-q", "app.log");
	CHECK_INT(o.calendar.utc, false);
	CHECK_INT(o.quiet, true);
}

static void long_words(void)
{
	static char word[4096];

	memset(word, 'x', sizeof(word) - 1);
	REFUSE("--roll", "--roll", word, "app.log");
	REFUSE("--size", "--size", word, "app.log");
	REFUSE("--mode", "--mode", word, "app.log");
	memset(word, '9', sizeof(word) - 1);
	REFUSE("--grace", "--grace", word, "app.log");
	memcpy(word, "--", 2);
	REFUSE("--9999", word, "app.log");
	word[0] = '%';
	REFUSE("FILE", "--roll=never", word);
	ACCEPT(word);
	CHECK_STR(o.file, word);
	word[0] = 'x';
	ACCEPT(word); /* whether the system takes it is not for us to say */
}

/* ---- help ---- */

static void command(void)
{
	ACCEPT("app.log");
	CHECK(o.command == NULL);
	ACCEPT("app.log", "--", "ls");
	CHECK_STR(o.file, "app.log");
	CHECK_STR(o.command[0], "ls");
	CHECK(o.command[1] == NULL);
	CHECK_INT(o.signals, SUPERVISE_TO_COMMAND);
	CHECK_INT(o.wait, SUPERVISE_WAIT_GRACE);
	CHECK_INT(o.kill_group, false);
	CHECK_INT(o.subreaper, false);
	CHECK_INT(o.keep_command, false);
	CHECK_INT(o.split, false);
	CHECK(o.errors == NULL);
	ACCEPT("--split", "app.log", "--", "ls");
	CHECK_INT(o.split, true);
	ACCEPT("--stderr=err.log", "app.log", "--", "ls");
	CHECK_INT(o.split, true);
	CHECK_STR(o.errors, "err.log");
	CHECK_STR(o.errors_link, "err.log");
	ACCEPT("--stderr=err.log", "--roll=never", "app.log", "--", "ls");
	CHECK(o.errors_link == NULL);
	REFUSE("--stderr=app.log is FILE", "--stderr=app.log", "app.log", "--", "ls");
	REFUSE("'e.log' is written to already", "--stderr=e.log", "--also=warn:e.log", "app.log",
	       "--", "ls");
	REFUSE("--link=e.log is the FILE of --stderr", "--stderr=e.log", "--link=e.log", "app.log",
	       "--", "ls");
	REFUSE("names a directory", "--stderr=logs/", "app.log", "--", "ls");
	REFUSE("is a template", "--stderr=%F.log", "--roll=never", "app.log", "--", "ls");

	/* Ours end at the dashes, wherever they stand before. */
	ACCEPT("-u", "app.log", "--keep=7", "--", "tar", "-z", "--keep=9", "--", "-u");
	CHECK_INT(o.retain.keep, 7);
	CHECK_INT(o.calendar.utc, true);
	CHECK_STR(o.command[0], "tar");
	CHECK_STR(o.command[1], "-z");
	CHECK_STR(o.command[2], "--keep=9");
	CHECK_STR(o.command[3], "--");
	CHECK_STR(o.command[4], "-u");
	CHECK(o.command[5] == NULL);
	ACCEPT("app.log", "--", "--utc");
	CHECK_STR(o.command[0], "--utc");
	CHECK_INT(o.calendar.utc, false);
	ACCEPT("app.log", "--", "cat", "");
	CHECK_STR(o.command[1], "");
	ACCEPT("--", "-strange.log", "--", "ls");
	CHECK_STR(o.file, "-strange.log");
	CHECK_STR(o.command[0], "ls");

	REFUSE("FILE is missing before '-- ls'", "--", "ls");
	REFUSE("logs/app.log -- ls", "-t", "--", "ls");
	REFUSE("'two.log' follows 'one.log'", "one.log", "two.log", "--", "ls");
	REFUSE("'ls' follows '-strange.log'", "--", "-strange.log", "ls");
	REFUSE("nothing follows '--'", "--", "-strange.log", "--");
	REFUSE("COMMAND is empty", "app.log", "--", "");
	REFUSE("--input and COMMAND", "-i", "fifo", "app.log", "--", "ls");
	REFUSE("--input and COMMAND", "-i", "fifo", "--once", "app.log", "--", "ls");

	ACCEPT("--signals=log", "--wait=all", "--kill-group", "--subreaper", "--on-death=none",
	       "app.log", "--", "ls");
	CHECK_INT(o.signals, SUPERVISE_TO_LOG);
	CHECK_INT(o.wait, SUPERVISE_WAIT_ALL);
	CHECK_INT(o.kill_group, true);
	CHECK_INT(o.subreaper, true);
	CHECK_INT(o.keep_command, true);
	ACCEPT("--signals=both", "--wait=child", "--on-death=term", "app.log", "--", "ls");
	CHECK_INT(o.signals, SUPERVISE_TO_BOTH);
	CHECK_INT(o.wait, SUPERVISE_WAIT_CHILD);
	CHECK_INT(o.keep_command, false);
	REFUSE("give one of: command, log, both", "--signals=child", "app.log", "--", "ls");
	REFUSE("give one of: grace, all, child", "--wait=none", "app.log", "--", "ls");
	REFUSE("give term or none", "--on-death=kill", "app.log", "--", "ls");
	static const char *const alone[] = { "--split",        "--stderr=e.log", "--signals=log",
					     "--wait=all",     "--kill-group",   "--subreaper",
					     "--on-death=none" };
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
		REFUSE("has no effect without COMMAND", alone[i], "app.log");
}

static void help(void)
{
	static const char *const names[] = {
		"-i, --input",    "--once",          "--interval",
		"-r, --roll",     "-s, --size",      "-u, --utc",
		"-l, --link",     "--no-link",       "--mode",
		"--dir-mode",     "--sync",          "-t, --tee",
		"-b, --buffer",   "-o, --overflow",  "--grace",
		"--stats",        "-q, --quiet",     "-v, --verbose",
		"-h, --help",     "-V, --version",   "-k, --keep",
		"-a, --max-age",  "-m, --max-total", "--keep-free",
		"-z, --compress", "--on-roll=",      "--on-roll-timeout",
		"--check",
	};
	const char *text = options_help(), *line = text;
	int lines = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!CHECK(strstr(text, names[i]) != NULL))
			printf("# %s\n", names[i]);
	for (; *line; lines++) {
		size_t len = strcspn(line, "\n");

		if (!CHECK(len <= 80 && line[len] == '\n'))
			printf("# %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	CHECK(lines <= 40);
	CHECK(strchr(text, '\t') == NULL);
}

/* ---- random words ---- */

static unsigned short seed[3] = { 1, 9, 7 };

static size_t below(size_t n)
{
	return (size_t)nrand48(seed) % n;
}

static const char *random_word(void)
{
	static const char *const pool[] = {
		"-i",
		"--input",
		"--input=",
		"-r",
		"--roll=",
		"hourly",
		"never",
		"-s",
		"--size=",
		"none",
		"--size",
		"-u",
		"--utc",
		"-l",
		"--link=",
		"--no-link",
		"-t",
		"--tee",
		"--tee=",
		"best-effort",
		"-b",
		"--buffer=",
		"64K",
		"-o",
		"drop",
		"--overflow=",
		"--interval",
		"--interval=",
		"5ms",
		"1",
		"--sync=",
		"always",
		"--grace=",
		"--grace",
		"--mode=",
		"0600",
		"--dir-mode=",
		"--stats",
		"--stats=",
		"-q",
		"--quiet",
		"-v",
		"-h",
		"-V",
		"--",
		"-",
		"help",
		"app.log",
		"logs/app.log",
		"%",
		"",
		".gz",
		"/",
		".",
		"--o",
		"--n",
		"--once",
		"-W",
		"-:",
		"-?",
		"--help=",
		"1G",
		"18446744073709551615G",
		"--s",
		"-utq",
		"-Xr",
		"--=",
		"-k",
		"7",
		"--keep=",
		"-a",
		"--max-age=",
		"30d",
		"-m",
		"--max-total=",
		"10G",
		"--keep-free=",
		"-z",
		"--compress",
		"--compress=",
		"gzip",
		":9",
		"--on-roll=",
		"--on-roll-timeout=",
		"--check",
		"%Y/%m.log",
		"0",
		"=",
	};
	static char words[8][128];
	static unsigned next;
	char *word = words[next++ % 8];
	const char *first = pool[below(sizeof(pool) / sizeof(pool[0]))];

	switch (below(6)) {
	case 0: /* two of them in one */
		snprintf(word, sizeof(words[0]), "%s%s", first,
			 pool[below(sizeof(pool) / sizeof(pool[0]))]);
		return word;
	case 1: { /* one with a byte changed */
		size_t len = strlen(strcpy(word, first));
		word[below(len + 1)] = (char)(below(255) + 1);
		word[len + 1] = '\0';
		return word;
	}
	default:
		return first;
	}
}

/* Whatever the words were, what comes out of them is within its bounds. */
static void check_bounds(void)
{
	CHECK(o.file != NULL && *o.file != '\0');
	CHECK(o.input_count <= OPTIONS_INPUTS);
	for (size_t i = 0; i < o.input_count; i++)
		CHECK(o.inputs[i] != NULL && *o.inputs[i] != '\0');
	CHECK(!o.once || o.input_count > 0);
	CHECK(o.tee <= OPTIONS_TEE_BEST_EFFORT);
	CHECK(o.calendar.roll <= CALENDAR_MONTHLY);
	CHECK(o.size_limit > 0);
	CHECK(o.buffer >= 64 << 10 && o.buffer <= 1 << 30);
	CHECK(o.overflow == INTAKE_BLOCK || o.overflow == INTAKE_DROP);
	CHECK(o.interval_ns >= 0 && o.interval_ns <= SEC);
	CHECK(o.grace_ns >= 0 && o.grace_ns <= 86400 * SEC);
	CHECK(o.sync <= WRITER_SYNC_TIME);
	CHECK(o.sync != WRITER_SYNC_TIME || (o.sync_ns >= MS && o.sync_ns <= 86400 * SEC));
	CHECK((o.mode & 0600) == 0600 && o.mode <= 07777);
	CHECK((o.dir_mode & 0700) == 0700 && o.dir_mode <= 07777);
	CHECK(o.stats_ns == 0 || (o.stats && o.stats_ns >= 100 * MS));
	CHECK(!(o.quiet && o.verbose));
	CHECK(o.link == NULL || *o.link != '\0');
	CHECK(o.retain.keep >= RETAIN_ALL && o.retain.keep <= INT32_MAX);
	CHECK(o.retain.max_age_s >= 0 && o.retain.max_age_s <= INT64_C(36500) * 86400);
	CHECK(o.retain.max_total == 0 || o.retain.max_total >= 4096);
	CHECK(!o.default_keep_free || o.retain.keep_free == 0);
	if (o.compress)
		CHECK((o.compressor.suffix == NAMES_ZST && o.compressor.level >= 1 &&
		       o.compressor.level <= 19) ||
		      (o.compressor.suffix == NAMES_GZ && o.compressor.level >= 1 &&
		       o.compressor.level <= 9));
	CHECK(o.on_roll == NULL || *o.on_roll != '\0');
	CHECK(o.on_roll_timeout_ns >= 100 * MS && o.on_roll_timeout_ns <= 86400 * SEC);
	CHECK(o.calendar.roll != CALENDAR_NEVER || !strchr(o.file, '%'));
}

static void random_words(void)
{
	unsigned counts[OPTIONS_ERROR + 1] = { 0 };

	for (unsigned long i = 0; i < 20000 * test_rounds(); i++) {
		const char *words[WORDS] = { "logsink" };
		int argc = 1;

		for (size_t n = below(6); n > 0; n--)
			words[argc++] = random_word();
		if (below(2))
			words[argc++] = "app.log";
		enum options_result result = parse(words);
		if (!CHECK(result >= OPTIONS_RUN && result <= OPTIONS_ERROR))
			return;
		counts[result]++;
		if (result == OPTIONS_RUN)
			check_bounds();
		if (result == OPTIONS_ERROR)
			CHECK(error[0] != '\0' && memchr(error, '\0', sizeof(error)));
	}
	for (int result = OPTIONS_RUN; result <= OPTIONS_ERROR; result++)
		CHECK(counts[result] > 100);
}

/* ---- what a line becomes ---- */

static void stamps_and_formats(void)
{
	ACCEPT("app.log");
	CHECK_INT(o.lines.stamp.kind, STAMP_NONE);
	CHECK_INT(o.lines.format, FORMATTER_RAW);
	CHECK(!o.lines.escape && !o.lines.strip_ansi && !o.lines.filter);
	ACCEPT("-T", "app.log");
	CHECK_INT(o.lines.stamp.kind, STAMP_RFC3339);
	CHECK_INT(o.lines.stamp.utc, false);
	ACCEPT("-Tu", "app.log"); /* letters after it are options, as with -t */
	CHECK_INT(o.lines.stamp.utc, true);
	ACCEPT("--timestamp=tai64n", "app.log");
	CHECK_INT(o.lines.stamp.kind, STAMP_TAI64N);
	ACCEPT("--timestamp=%H.%3N", "app.log");
	CHECK_INT(o.lines.stamp.kind, STAMP_STRFTIME);
	CHECK_STR(o.lines.stamp.pattern, "%H.%3N");
	REFUSE("--timestamp=noon", "--timestamp=noon", "app.log");
	REFUSE("control", "--timestamp=%H%n", "app.log");
	ACCEPT("-f", "json", "app.log");
	CHECK_INT(o.lines.format, FORMATTER_JSON);
	ACCEPT("--format=json:merge", "--escape", "--strip-ansi", "app.log");
	CHECK_INT(o.lines.format, FORMATTER_JSON_MERGE);
	CHECK(o.lines.escape && o.lines.strip_ansi);
	ACCEPT("--format=cri", "-T", "app.log");
	CHECK_INT(o.lines.format, FORMATTER_CRI);
	REFUSE("--format=cri", "--format=cri", "--timestamp=unix", "app.log");
	REFUSE("json:merge", "--format=xml", "app.log");
}

static void patterns(void)
{
	const char *words[2 * FILTER_PATTERNS + 4] = { "logsink", "app.log" };
	int n = 2;

	ACCEPT("--match=a", "--reject", "b", "--match=c|d", "app.log");
	CHECK_INT(o.match_count, 2);
	CHECK_STR(o.match[0], "a");
	CHECK_STR(o.match[1], "c|d");
	CHECK_INT(o.reject_count, 1);
	CHECK_STR(o.reject[0], "b");
	REFUSE("\n    a(b\n       ^\n", "--match=a(b", "app.log");
	REFUSE("--reject", "--reject=[", "app.log");
	for (int i = 0; i <= FILTER_PATTERNS; i++) {
		words[n] = NULL;
		CHECK_INT(parse(words), OPTIONS_RUN);
		words[n++] = i % 2 ? "--match=x" : "--reject=x";
	}
	words[n] = NULL;
	check_refused("64", parse(words));
}

static void levels(void)
{
	ACCEPT("app.log");
	CHECK_INT(o.lines.level, LEVEL_NONE);
	ACCEPT("-L", "warn", "app.log");
	CHECK_INT(o.lines.level, LEVEL_WARN);
	ACCEPT("--level=trace", "app.log");
	CHECK_INT(o.lines.level, LEVEL_TRACE);
	ACCEPT("--level=warning", "app.log");
	CHECK_INT(o.lines.level, LEVEL_WARN);
	ACCEPT("--also=warning:warn.log", "app.log");
	CHECK_INT(o.also[0].level, LEVEL_WARN);
	REFUSE("--level=loud", "--level=loud", "app.log");
	REFUSE("--timestamp=unix", "-T=unix", "app.log");
	REFUSE("--timestamp=unix", "-Tunix", "app.log");
	REFUSE("--level=", "--level=", "app.log");
	setenv("LOGSINK_LEVEL", "error", 1);
	ACCEPT("app.log");
	CHECK_INT(o.lines.level, LEVEL_ERROR);
	ACCEPT("-L", "info", "app.log");
	CHECK_INT(o.lines.level, LEVEL_INFO);
	setenv("LOGSINK_LEVEL", "loud", 1);
	REFUSE("LOGSINK_LEVEL=loud", "app.log");
	ACCEPT("-L", "info", "app.log");
	setenv("LOGSINK_LEVEL", "", 1);
	ACCEPT("app.log");
	CHECK_INT(o.lines.level, LEVEL_NONE);
	unsetenv("LOGSINK_LEVEL");
}

static void also(void)
{
	ACCEPT("--also=error:logs/error.log", "--also", "warn:a:b.log", "app.log");
	CHECK_INT(o.also_count, 2);
	CHECK_INT(o.also[0].level, LEVEL_ERROR);
	CHECK_STR(o.also[0].file, "logs/error.log");
	CHECK_INT(o.also[1].level, LEVEL_WARN);
	CHECK_STR(o.also[1].file, "a:b.log");
	ACCEPT("--also=info:1", "--also=info:2", "--also=info:3", "--also=info:4", "app.log");
	REFUSE("at most 4", "--also=info:1", "--also=info:2", "--also=info:3", "--also=info:4",
	       "--also=info:5", "app.log");
	REFUSE("LEVEL:FILE", "--also=app.log", "app.log");
	REFUSE("LEVEL:FILE", "--also=:b.log", "app.log");
	REFUSE("LEVEL:FILE", "--also=informational:b.log", "app.log");
	REFUSE("is empty", "--also=info:", "app.log");
	REFUSE("directory", "--also=info:logs/", "app.log");
	REFUSE(".gz", "--also=info:b.gz", "app.log");
	REFUSE("already", "--also=info:app.log", "app.log");
	REFUSE("already", "--also=info:b.log", "--also=warn:b.log", "app.log");
	REFUSE("template", "--roll=never", "--also=info:%F.log", "app.log");
}

int main(void)
{
	unsetenv("LOGSINK_LEVEL");
	TEST("options: what is not said has its default", defaults);
	TEST("options: --roll takes six words", rolls);
	TEST("options: switches have a long and a short name, and take no value", switches);
	TEST("options: --help and --version need no FILE", help_and_version);
	TEST("options: --tee may be best-effort", tees);
	TEST("options: --input is given up to 32 times, each path once", inputs);
	TEST("options: --link is FILE, another path, or none", links);
	TEST("options: --size takes bytes, K, M, G up to 2^63 - 1, or none", sizes);
	TEST("options: --buffer takes 64K to 1G", buffers);
	TEST("options: --overflow is block or drop", overflows);
	TEST("options: --interval takes 0 to one second", intervals);
	TEST("options: --grace takes 0 to one day, in each unit", graces);
	TEST("options: --sync takes three words or a time", syncs);
	TEST("options: --stats takes a time of 100 ms and more, or none", stats);
	TEST("options: --mode and --dir-mode take octal numbers that let the owner work", modes);
	TEST("options: --keep takes 0 and more files", keeps);
	TEST("options: --max-age takes a second to a hundred years", max_ages);
	TEST("options: --max-total takes 4K and more", max_totals);
	TEST("options: --keep-free takes a size, and 0 is not the default", keep_frees);
	TEST("options: --compress takes zstd or gzip and a level it has", compresses);
	TEST("options: --on-roll takes a command, and a time for it", on_rolls);
	TEST("options: --check is a switch and needs a FILE", checks);
	TEST("options: FILE may be a template, unless nothing rolls; it has no link by itself",
	     templates);
	TEST("options: a template goes no roundabout way", roundabout_templates);
	TEST("options: FILE is one, and names a file that can be a log", files);
	TEST("options: a word that is the value of the option before it is not taken for FILE",
	     stray_values);
	TEST("options: an option that does nothing without another is refused alone", lone_options);
	TEST("options: what is no option is named in the message", unknown_options);
	TEST("options: long names are not abbreviated", abbreviations);
	TEST("options: who gives the option of another program, or a slip, is told the one meant",
	     meant_options);
	TEST("options: a letter that is no option is named, whatever stands before it",
	     unknown_among_others);
	TEST("options: an option without its value is named in the message", values_missing);
	TEST("options: stamps, formats and safe characters", stamps_and_formats);
	TEST("options: patterns, and where they are at fault", patterns);
	TEST("options: levels, from the command line or the environment", levels);
	TEST("options: further families by level", also);
	TEST("options: a command line leaves nothing behind for the next", nothing_is_left);
	TEST("options: words of any length are refused, with the option's name", long_words);
	TEST("options: a command behind FILE and two dashes, and what is not for it", command);
	TEST("options: the help names every option and fits 80 columns and 40 lines", help);
	TEST("options: random words give a result within its bounds, or a message", random_words);
	return test_end();
}
