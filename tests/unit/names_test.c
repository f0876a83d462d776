/* names: what is built is recognised again, and nothing else is. */
#include "names.h"

#include "test.h"

#include <limits.h>
#include <stdint.h>

/* How many times as much the random tests do. */
static unsigned long rounds(void)
{
	const char *text = getenv("LOGSINK_TEST_ROUNDS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 1;

	return n > 0 ? n : 1;
}

/* For each roll a period that exists. */
static const char *const periods[] = {
	[CALENDAR_NEVER] = "",
	[CALENDAR_MINUTELY] = "2026-11-22T14-05",
	[CALENDAR_HOURLY] = "2026-11-22T14",
	[CALENDAR_DAILY] = "2026-11-22",
	[CALENDAR_WEEKLY] = "2026-W47",
	[CALENDAR_MONTHLY] = "2026-11",
};

static struct names family(const char *base, enum calendar_roll roll)
{
	struct names n;

	if (!CHECK(names_init(&n, base, roll)))
		exit(EXIT_FAILURE);
	return n;
}

static bool ours(const char *base, enum calendar_roll roll, const char *name)
{
	struct names n = family(base, roll);
	struct names_member m;

	return names_parse(&n, name, &m);
}

/* ---- building ---- */

static void check_build(const char *base, enum calendar_roll roll, unsigned part,
			enum names_suffix suffix, const char *want)
{
	struct names n = family(base, roll);
	struct names_member m = { .part = part, .suffix = suffix }, again;
	char name[NAMES_SIZE];

	strcpy(m.period, periods[roll]);
	names_build(&n, &m, name);
	CHECK_STR(name, want);
	if (!CHECK(names_parse(&n, name, &again)))
		return;
	CHECK_STR(again.period, m.period);
	CHECK_INT(again.part, part);
	CHECK_INT(again.suffix, suffix);
}

static void builds(void)
{
	check_build("app.log", CALENDAR_NEVER, 1, NAMES_PLAIN, "app.log");
	check_build("app.log", CALENDAR_NEVER, 2, NAMES_PLAIN, "app.part002.log");
	check_build("app.log", CALENDAR_MINUTELY, 1, NAMES_PLAIN, "app.2026-11-22T14-05.log");
	check_build("app.log", CALENDAR_HOURLY, 1, NAMES_PLAIN, "app.2026-11-22T14.log");
	check_build("app.log", CALENDAR_DAILY, 1, NAMES_PLAIN, "app.2026-11-22.log");
	check_build("app.log", CALENDAR_WEEKLY, 1, NAMES_PLAIN, "app.2026-W47.log");
	check_build("app.log", CALENDAR_MONTHLY, 1, NAMES_PLAIN, "app.2026-11.log");
	check_build("app.log", CALENDAR_DAILY, 2, NAMES_PLAIN, "app.2026-11-22.part002.log");
	check_build("app.log", CALENDAR_DAILY, 1, NAMES_ZST, "app.2026-11-22.log.zst");
	check_build("app.log", CALENDAR_DAILY, 12, NAMES_GZ, "app.2026-11-22.part012.log.gz");
}

static void splits_the_name(void)
{
	check_build("app", CALENDAR_DAILY, 1, NAMES_PLAIN, "app.2026-11-22");
	check_build("app", CALENDAR_DAILY, 3, NAMES_ZST, "app.2026-11-22.part003.zst");
	check_build("app", CALENDAR_NEVER, 1, NAMES_PLAIN, "app");
	check_build("app", CALENDAR_NEVER, 2, NAMES_PLAIN, "app.part002");
	check_build("a.b.log", CALENDAR_DAILY, 1, NAMES_PLAIN, "a.b.2026-11-22.log");
	check_build(".app", CALENDAR_DAILY, 1, NAMES_PLAIN, ".app.2026-11-22");
	check_build(".app.log", CALENDAR_DAILY, 1, NAMES_PLAIN, ".app.2026-11-22.log");
	check_build("app.", CALENDAR_DAILY, 1, NAMES_PLAIN, "app.2026-11-22.");
	check_build("app.part002.log", CALENDAR_DAILY, 2, NAMES_PLAIN,
		    "app.part002.2026-11-22.part002.log");
	check_build("app.2020-01-01.log", CALENDAR_DAILY, 1, NAMES_PLAIN,
		    "app.2020-01-01.2026-11-22.log");
	check_build("a b\n%s*.l?g", CALENDAR_DAILY, 1, NAMES_PLAIN, "a b\n%s*.2026-11-22.l?g");
}

static void parts_beyond_999(void)
{
	check_build("app.log", CALENDAR_DAILY, 999, NAMES_PLAIN, "app.2026-11-22.part999.log");
	check_build("app.log", CALENDAR_DAILY, 1000, NAMES_PLAIN, "app.2026-11-22.part1000.log");
	check_build("app.log", CALENDAR_DAILY, 1234567, NAMES_GZ,
		    "app.2026-11-22.part1234567.log.gz");
	check_build("app.log", CALENDAR_NEVER, 999999999, NAMES_PLAIN, "app.part999999999.log");
}

static void long_names(void)
{
	char base[300], name[NAMES_SIZE];
	struct names n;
	size_t longest = 0;

	for (size_t len = 1; len < sizeof(base); len++) {
		memset(base, 'x', len);
		base[len] = '\0';
		if (!names_init(&n, base, CALENDAR_MINUTELY))
			break;
		longest = len;
	}
	CHECK(longest >= 200);
	CHECK(longest < NAME_MAX);
	for (size_t len = longest + 1; len < sizeof(base); len++) {
		memset(base, 'x', len);
		base[len] = '\0';
		CHECK(!names_init(&n, base, CALENDAR_MINUTELY));
	}

	/* The longest family's longest name fits. */
	memset(base, 'x', longest);
	base[longest] = '\0';
	n = family(base, CALENDAR_MINUTELY);
	struct names_member m = { .period = "2026-11-22T14-05",
				  .part = UINT_MAX,
				  .suffix = NAMES_ZST };
	names_build(&n, &m, name);
	CHECK(strlen(name) <= NAME_MAX);
	m.part = 999999999;
	names_build(&n, &m, name);
	CHECK(names_parse(&n, name, &m));
}

/* ---- round trips ---- */

static unsigned short seed[3] = { 7, 8, 9 };

static unsigned below(unsigned n)
{
	return (unsigned)nrand48(seed) % n;
}

static void round_trips(void)
{
	static const char *const bases[] = {
		"app.log", "app",         "a.b.c.log", ".app", ".a.log",
		"x.part",  "part002.log", "2026.log",  "app.", "app.log.txt",
	};

	for (unsigned long i = 0; i < 3000 * rounds(); i++) {
		enum calendar_roll roll = (enum calendar_roll)below(CALENDAR_MONTHLY + 1);
		struct names n = family(bases[below(sizeof(bases) / sizeof(bases[0]))], roll);
		struct names_member m = { .suffix = (enum names_suffix)below(3) }, again;
		/* from the year 1000 to the year 9999, where names have one form */
		time_t t = (time_t)(erand48(seed) * 283995936000. - 30609792000.);
		char name[NAMES_SIZE];
		struct tm tm;

		gmtime_r(&t, &tm);
		m.part = below(3) ? below(5) + 1 : below(100000) + 1;
		names_period(&n, &tm, m.period);
		names_build(&n, &m, name);
		if (!CHECK(names_parse(&n, name, &again)) || !CHECK_INT(again.part, m.part) ||
		    !CHECK_STR(again.period, m.period) || !CHECK_INT(again.suffix, m.suffix)) {
			printf("# %s\n", name);
			return;
		}
	}
}

static void period_of_a_moment(void)
{
	struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = 22, .tm_hour = 14, .tm_min = 5 };
	char period[24];

	timegm(&tm);
	for (int roll = CALENDAR_NEVER; roll <= CALENDAR_MONTHLY; roll++) {
		struct names n = family("app.log", (enum calendar_roll)roll);

		names_period(&n, &tm, period);
		CHECK_STR(period, periods[roll]);
	}
	/* A week is named by the year that most of it is in. */
	struct names n = family("app.log", CALENDAR_WEEKLY);
	tm = (struct tm){ .tm_year = 127, .tm_mon = 0, .tm_mday = 3 };
	timegm(&tm);
	names_period(&n, &tm, period);
	CHECK_STR(period, "2026-W53");
	tm = (struct tm){ .tm_year = 124, .tm_mon = 11, .tm_mday = 30 };
	timegm(&tm);
	names_period(&n, &tm, period);
	CHECK_STR(period, "2025-W01");
}

/* ---- near misses ---- */

/*
 * Names made of a beginning, a period, a part, an extension and an end, in all combinations with
 * no more than two bad pieces: a name is ours if each of its pieces is.
 */
struct piece {
	const char *text;
	bool good;
};

static const struct piece beginnings[] = {
	{ "app", true },   { "App", false },       { "ap", false },
	{ "appp", false }, { "app-audit", false }, { "app.conf", false },
	{ "", false },     { "./app", false },     { " app", false },
};

static const struct piece parts[] = {
	{ "", true },
	{ ".part002", true },
	{ ".part010", true },
	{ ".part999", true },
	{ ".part1000", true },
	{ ".part0", false },
	{ ".part000", false },
	{ ".part1", false },
	{ ".part01", false },
	{ ".part001", false },
	{ ".part2", false },
	{ ".part02", false },
	{ ".part0002", false },
	{ ".part01000", false },
	{ ".part", false },
	{ ".part-02", false },
	{ ".part+02", false },
	{ ".part 02", false },
	{ ".part00x", false },
	{ ".part002x", false },
	{ "part002", false },
	{ ".Part002", false },
	{ ".part0x2", false },
	{ ".part002.part003", false },
	{ ".part002.x", false },
	{ "..part002", false },
	{ ".part99999999999", false },
	{ ".part4294967298", false },
	{ ".part18446744073709551618", false },
};

static const struct piece exts[] = {
	{ ".log", true },   { "", false },         { ".LOG", false }, { ".lo", false },
	{ ".logg", false }, { ".log.log", false }, { "log", false },  { ".log~", false },
	{ "..log", false }, { ".txt", false },
};

static const struct piece ends[] = {
	{ "", true },          { ".zst", true },     { ".gz", true },      { ".bak", false },
	{ ".zst.zst", false }, { ".gz.zst", false }, { ".zst.gz", false }, { ".xz", false },
	{ ".ZST", false },     { ".gz~", false },    { "zst", false },     { ".", false },
	{ ".tmp", false },     { ".zstd", false },
};

static const struct piece day_periods[] = {
	{ ".2026-11-22", true },
	{ ".2024-02-29", true },
	{ ".2026-12-31", true },
	{ ".1999-01-01", true },
	{ "", false },
	{ ".2026-13-01", false },
	{ ".2026-00-01", false },
	{ ".2026-02-30", false },
	{ ".2026-02-29", false },
	{ ".2026-04-31", false },
	{ ".2026-11-00", false },
	{ ".2026-11-32", false },
	{ ".2026-1-02", false },
	{ ".2026-11-2", false },
	{ ".26-11-22", false },
	{ ".2026-11-22T14", false },
	{ ".2026-W47", false },
	{ ".2026-11", false },
	{ ".20261122", false },
	{ ".2026.11.22", false },
	{ ".2026-11-22-", false },
	{ "2026-11-22", false },
	{ "..2026-11-22", false },
	{ ".2026-11-22.2026-11-23", false },
	{ ".2026-11-2x", false },
	{ ".2026_11_22", false },
	{ ".2026-11-022", false },
	{ ".+026-11-22", false },
	{ ". 026-11-22", false },
	{ ".2026-+1-22", false },
	{ ".2026- 1-22", false },
	{ ".2026-11--2", false },
	{ ".-026-11-22", false },
	{ "-2026-11-22", false },
	{ ".2026-11-22 ", false },
	{ ".2026-11-22T", false },
};

static const struct piece minute_periods[] = {
	{ ".2026-11-22T14-05", true },  { ".2026-11-22T00-00", true },
	{ ".2026-11-22T23-59", true },  { ".2026-11-22T24-00", false },
	{ ".2026-11-22T14-60", false }, { ".2026-11-22T14:05", false },
	{ ".2026-11-22T14-5", false },  { ".2026-11-22T4-05", false },
	{ ".2026-11-22t14-05", false }, { ".2026-11-22 14-05", false },
	{ ".2026-11-22T14", false },    { ".2026-11-22", false },
	{ ".2026-02-30T14-05", false }, { ".2026-11-22T14-05-09", false },
	{ ".2026-11-22T+4-05", false }, { ".2026-11-22T14-+5", false },
	{ ".2026-11-22T-1-05", false }, { ".2026-11-22T14- 5", false },
};

static const struct piece hour_periods[] = {
	{ ".2026-11-22T14", true },   { ".2026-11-22T00", true },     { ".2026-11-22T23", true },
	{ ".2026-11-22T24", false },  { ".2026-11-22T60", false },    { ".2026-11-22T1", false },
	{ ".2026-11-22T014", false }, { ".2026-11-22T14-05", false }, { ".2026-11-22", false },
	{ ".2026-11-22-14", false },  { ".2026-11-22T1x", false },    { ".2026-11-22T+1", false },
	{ ".2026-13-22T14", false },  { ".2026-11-22T 1", false },
};

static const struct piece week_periods[] = {
	{ ".2026-W47", true },    { ".2026-W01", true },   { ".2026-W52", true },
	{ ".2026-W53", true },    { ".2020-W53", true },   { ".2026-W00", false },
	{ ".2026-W54", false },   { ".2026-W60", false },  { ".2026-W99", false },
	{ ".2026-W7", false },    { ".2026-W047", false }, { ".2026-w47", false },
	{ ".2026W47", false },    { ".2026-47", false },   { ".26-W47", false },
	{ ".2026-11", false },    { ".2026-W4x", false },  { ".2026-11-22", false },
	{ ".2026-W47-1", false }, { ".02026-W47", false },
};

/* What scanf(3) takes for numbers, and years that have no week 53. */
static const struct piece strange_weeks[] = {
	{ ".2026-W47", true },  { ".2026-W53", true },  { ".2026-W+1", false },
	{ ".2026-W 1", false }, { ".2026-W-1", false }, { ".+026-W47", false },
	{ ". 026-W47", false }, { ".-026-W47", false }, { ".2025-W53", false },
	{ ".2027-W53", false }, { ".2024-W53", false },
};

static const struct piece month_periods[] = {
	{ ".2026-11", true },   { ".2026-01", true },  { ".2026-12", true },
	{ ".2026-13", false },  { ".2026-00", false }, { ".2026-1", false },
	{ ".2026-011", false }, { ".26-11", false },   { ".2026-11-22", false },
	{ ".2026-W47", false }, { ".202611", false },  { ".2026", false },
	{ ".2026-1x", false },  { ".2026-+1", false }, { ".2026- 1", false },
};

static const struct piece no_periods[] = {
	{ "", true },
	{ ".2026-11-22", false },
	{ ".2026-11", false },
	{ ".2026-W47", false },
	{ ".1", false },
	{ "..", false },
	{ ".2026-11-22T14", false },
	{ ".0", false },
};

static struct {
	unsigned good, bad, wrong;
} counts;

static void try_name(const struct names *n, const struct piece *p[5])
{
	struct names_member m;
	char name[128];
	int bad = 0;

	for (int i = 0; i < 5; i++)
		bad += !p[i]->good;
	if (bad > 2)
		return;
	name[0] = '\0';
	for (int i = 0; i < 5; i++)
		strcat(name, p[i]->text);
	if (bad)
		counts.bad++;
	else
		counts.good++;
	bool got = names_parse(n, name, &m);
	if (got != (bad == 0) && counts.wrong++ < 20)
		printf("# \"%s\" is taken for %s\n", name, got ? "ours" : "a stranger");
}

static void try_all(enum calendar_roll roll, const struct piece *period, size_t count)
{
	struct names n = family("app.log", roll);

	for (size_t b = 0; b < sizeof(beginnings) / sizeof(beginnings[0]); b++)
		for (size_t d = 0; d < count; d++)
			for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++)
				for (size_t x = 0; x < sizeof(exts) / sizeof(exts[0]); x++)
					for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
						try_name(&n,
							 (const struct piece *[]){
								 &beginnings[b], &period[d],
								 &parts[p], &exts[x], &ends[e] });
}

#define TRY_ALL(roll, pieces) try_all((roll), (pieces), sizeof(pieces) / sizeof((pieces)[0]))

static void near_misses(void)
{
	memset(&counts, 0, sizeof(counts));
	TRY_ALL(CALENDAR_NEVER, no_periods);
	TRY_ALL(CALENDAR_MINUTELY, minute_periods);
	TRY_ALL(CALENDAR_HOURLY, hour_periods);
	TRY_ALL(CALENDAR_DAILY, day_periods);
	TRY_ALL(CALENDAR_WEEKLY, week_periods);
	TRY_ALL(CALENDAR_MONTHLY, month_periods);
	CHECK(counts.good > 200);
	CHECK(counts.bad > 5000);
	CHECK_INT(counts.wrong, 0);
}

static void weeks_that_are_none(void)
{
	memset(&counts, 0, sizeof(counts));
	TRY_ALL(CALENDAR_WEEKLY, strange_weeks);
	CHECK_INT(counts.wrong, 0);
}

/* No family takes a file of another roll, of another base, or a neighbour in the directory. */
static void strangers(void)
{
	char name[NAMES_SIZE];

	for (int of = CALENDAR_NEVER; of <= CALENDAR_MONTHLY; of++) {
		struct names n = family("app.log", (enum calendar_roll)of);
		struct names_member m = { .part = 1 };

		strcpy(m.period, periods[of]);
		names_build(&n, &m, name);
		for (int by = CALENDAR_NEVER; by <= CALENDAR_MONTHLY; by++)
			CHECK_INT(ours("app.log", (enum calendar_roll)by, name), by == of);
	}
	CHECK(!ours("app.log", CALENDAR_DAILY, "app.log"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".app.log.lock"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".app.2026-11-22.log"));
	CHECK(!ours("app", CALENDAR_DAILY, "app.2026-11-22.log"));
	CHECK(!ours("app.log", CALENDAR_DAILY, "app.2026-11-22"));
	CHECK(!ours("app.2026-11-22.log", CALENDAR_DAILY, "app.2026-11-22.log"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ""));
	CHECK(!ours("app.log", CALENDAR_DAILY, "."));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".."));
	CHECK(!ours("app", CALENDAR_NEVER, "app.log"));
	CHECK(!ours("app", CALENDAR_NEVER, "application"));
	CHECK(!ours("app.zst.log", CALENDAR_NEVER, "app.zst"));
}

/* A name that is longer than any of ours, in each of its pieces. */
static void endless_names(void)
{
	static char name[8192];
	struct names n = family("app.log", CALENDAR_DAILY);
	struct names_member m;

	for (size_t len = 1; len < sizeof(name) - 64; len = len * 2 + 1) {
		char *p = stpcpy(name, "app.2026-11-22");
		memset(p, '.', len);
		strcpy(p + len, ".log");
		CHECK(!names_parse(&n, name, &m));
		p = stpcpy(name, "app.2026-11-22.part");
		memset(p, '0', len);
		strcpy(p + len, "2.log.gz");
		CHECK(!names_parse(&n, name, &m));
		memset(name, 'x', len);
		name[len] = '\0';
		CHECK(!names_parse(&n, name, &m));
	}
}

/* One byte of a good name changed, added or left out: whatever is still ours builds itself. */
static void mutations(void)
{
	char name[64], again[NAMES_SIZE];

	for (unsigned long i = 0; i < 20000 * rounds(); i++) {
		enum calendar_roll roll = (enum calendar_roll)below(CALENDAR_MONTHLY + 1);
		struct names n = family("app.log", roll);
		struct names_member m = { .part = below(2) ? 1 : below(2000) + 1,
					  .suffix = (enum names_suffix)below(3) };

		strcpy(m.period, periods[roll]);
		names_build(&n, &m, again);
		memcpy(name, again, strlen(again) + 1);
		for (unsigned changes = below(3) + 1; changes > 0; changes--) {
			size_t at = below((unsigned)strlen(name));

			switch (below(3)) {
			case 0:
				name[at] = "0123456789-.TWpartlogzs+ "[below(25)];
				break;
			case 1:
				memmove(name + at, name + at + 1, strlen(name + at));
				break;
			case 2:
				memmove(name + at + 1, name + at, strlen(name + at) + 1);
				break;
			}
		}
		if (!names_parse(&n, name, &m))
			continue;
		names_build(&n, &m, again);
		if (!CHECK_STR(again, name))
			return;
		for (const char *p = m.period; *p; p++)
			if (!CHECK(strchr("0123456789-TW", *p) != NULL)) {
				printf("# %s\n", name);
				return;
			}
	}
}

int main(void)
{
	TEST("names: a name has stem, period, part, extension and suffix, for every roll", builds);
	TEST("names: the last dot begins the extension, unless it begins the name",
	     splits_the_name);
	TEST("names: part numbers go on beyond 999", parts_beyond_999);
	TEST("names: a family is refused if a name of it could be too long", long_names);
	TEST("names: a moment has a period's name, a week that of its own year",
	     period_of_a_moment);
	TEST("names: what was built is recognised, with all its pieces", round_trips);
	TEST("names: of names in all combinations only those with five good pieces are ours",
	     near_misses);
	TEST("names: a week that does not exist, or is not written our way, is not ours",
	     weeks_that_are_none);
	TEST("names: no file of another family or roll is ours", strangers);
	TEST("names: names of any length are refused without harm", endless_names);
	TEST("names: a good name with bytes changed is ours only if it builds itself", mutations);
	return test_end();
}
