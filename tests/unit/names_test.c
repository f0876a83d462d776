/* names: what is built is recognised again, and nothing else is. */
#include "family/names.h"

#include "moment.h"
#include "test.h"

#include <limits.h>
#include <stdint.h>
#include <time.h>

enum { LONGEST_PART = 999999999 };

/* ---- a family and its members ---- */

static struct names family(const char *file, enum calendar_roll roll)
{
	struct names n;
	enum names_verdict v = names_init(&n, file, roll);

	if (!CHECK(v == NAMES_FINE || v == NAMES_REPEATING)) {
		printf("# %s: verdict %d\nBail out! no family\n", file, (int)v);
		exit(EXIT_FAILURE);
	}
	return n;
}

static bool ours(const char *file, enum calendar_roll roll, const char *name)
{
	struct names n = family(file, roll);
	struct names_member m;

	return names_parse(&n, name, &m);
}

/* The name of a member is `want`, and `want` is read back as that member. */
static bool check_member(const struct names *n, const struct names_member *m, const char *want)
{
	struct names_member again = { .part = 77 };
	char name[NAMES_SIZE];

	names_build(n, m, name);
	return (!want || CHECK_STR(name, want)) && CHECK(names_parse(n, name, &again)) &&
	       CHECK_INT(again.period, m->period) && CHECK_INT(again.part, m->part) &&
	       CHECK_INT(again.suffix, m->suffix);
}

static void check_build(const char *file, enum calendar_roll roll, const char *moment,
			unsigned part, enum names_suffix suffix, const char *want)
{
	struct names n = family(file, roll);
	struct tm tm = moment_tm(moment);
	struct names_member m = { names_period(&n, &tm), part, suffix };

	if (!check_member(&n, &m, want))
		printf("# FILE %s, at %s\n", file, moment);
}

/* ---- building ---- */

static const char moment[] = "2026-11-22 14:05:09";

static void builds(void)
{
	check_build("app.log", CALENDAR_NEVER, moment, 1, NAMES_PLAIN, "app.log");
	check_build("app.log", CALENDAR_NEVER, moment, 2, NAMES_GZ, "app.part002.log.gz");
	check_build("app.log", CALENDAR_MINUTELY, moment, 1, NAMES_PLAIN,
		    "app.2026-11-22T14-05.log");
	check_build("app.log", CALENDAR_MINUTELY, moment, 2, NAMES_ZST,
		    "app.2026-11-22T14-05.part002.log.zst");
	check_build("app.log", CALENDAR_HOURLY, moment, 1, NAMES_PLAIN, "app.2026-11-22T14.log");
	check_build("app.log", CALENDAR_HOURLY, moment, 1, NAMES_GZ, "app.2026-11-22T14.log.gz");
	check_build("app.log", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "app.2026-11-22.log");
	check_build("app.log", CALENDAR_DAILY, moment, 2, NAMES_PLAIN,
		    "app.2026-11-22.part002.log");
	check_build("app.log", CALENDAR_DAILY, moment, 1, NAMES_ZST, "app.2026-11-22.log.zst");
	check_build("app.log", CALENDAR_DAILY, moment, 12, NAMES_GZ,
		    "app.2026-11-22.part012.log.gz");
	check_build("app.log", CALENDAR_WEEKLY, moment, 1, NAMES_PLAIN, "app.2026-W47.log");
	check_build("app.log", CALENDAR_WEEKLY, moment, 3, NAMES_ZST,
		    "app.2026-W47.part003.log.zst");
	check_build("app.log", CALENDAR_MONTHLY, moment, 1, NAMES_PLAIN, "app.2026-11.log");
	check_build("app.log", CALENDAR_MONTHLY, moment, 1, NAMES_GZ, "app.2026-11.log.gz");
}

static void splits_the_name(void)
{
	check_build("app", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "app.2026-11-22");
	check_build("app", CALENDAR_DAILY, moment, 3, NAMES_ZST, "app.2026-11-22.part003.zst");
	check_build("app", CALENDAR_NEVER, moment, 1, NAMES_PLAIN, "app");
	check_build("app", CALENDAR_NEVER, moment, 2, NAMES_PLAIN, "app.part002");
	check_build("a.b.log", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "a.b.2026-11-22.log");
	check_build(".app", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, ".app.2026-11-22");
	check_build(".app.log", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, ".app.2026-11-22.log");
	check_build("app.", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "app.2026-11-22.");
	check_build("app.part002.log", CALENDAR_DAILY, moment, 2, NAMES_PLAIN,
		    "app.part002.2026-11-22.part002.log");
	check_build("app.2020-01-01.log", CALENDAR_DAILY, moment, 1, NAMES_PLAIN,
		    "app.2020-01-01.2026-11-22.log");
	check_build("a b\n*.l?g", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "a b\n*.2026-11-22.l?g");
}

static void parts_beyond_999(void)
{
	check_build("app.log", CALENDAR_DAILY, moment, 999, NAMES_PLAIN,
		    "app.2026-11-22.part999.log");
	check_build("app.log", CALENDAR_DAILY, moment, 1000, NAMES_PLAIN,
		    "app.2026-11-22.part1000.log");
	check_build("app.log", CALENDAR_DAILY, moment, 1234567, NAMES_GZ,
		    "app.2026-11-22.part1234567.log.gz");
	check_build("app.log", CALENDAR_NEVER, moment, LONGEST_PART, NAMES_PLAIN,
		    "app.part999999999.log");
	check_build("%Y/%m-%d.log", CALENDAR_DAILY, moment, 1000, NAMES_ZST,
		    "2026/11-22.part1000.log.zst");
}

/* A FILE that looks as if it had a part number in it has none. */
static void parts_in_the_file(void)
{
	check_build("app.part002.log", CALENDAR_NEVER, moment, 1, NAMES_PLAIN, "app.part002.log");
	check_build("app.part002.log", CALENDAR_NEVER, moment, 2, NAMES_PLAIN,
		    "app.part002.part002.log");
	check_build("%Y-%m-%d.part%H", CALENDAR_HOURLY, moment, 1, NAMES_PLAIN,
		    "2026-11-22.part14");
	check_build("%Y-%m-%d.part%H", CALENDAR_HOURLY, moment, 2, NAMES_PLAIN,
		    "2026-11-22.part14.part002");
	check_build("%F.part%j", CALENDAR_DAILY, moment, 3, NAMES_GZ,
		    "2026-11-22.part326.part003.gz");
	CHECK(!ours("app.part002.log", CALENDAR_NEVER, "app.log"));
	CHECK(!ours("app.part002.log", CALENDAR_NEVER, "app.part003.log"));
}

/* ---- templates ---- */

static void templates(void)
{
	static const struct {
		const char *file;
		enum calendar_roll roll;
		const char *want;
	} t[] = {
		{ "app.%Y-%m-%d.log", CALENDAR_DAILY, "app.2026-11-22.log" },
		{ "%Y%m%d", CALENDAR_DAILY, "20261122" },
		{ "%Y/%m/%d/app.log", CALENDAR_DAILY, "2026/11/22/app.log" },
		{ "%Y-%m/%d", CALENDAR_DAILY, "2026-11/22" },
		{ "%Y.%m/a.b/%d.log", CALENDAR_DAILY, "2026.11/a.b/22.log" },
		{ "app-%F.log", CALENDAR_DAILY, "app-2026-11-22.log" },
		{ "app-%FT%H.log", CALENDAR_HOURLY, "app-2026-11-22T14.log" },
		{ "%F/%R", CALENDAR_MINUTELY, "2026-11-22/14:05" },
		{ "%F/%T.log", CALENDAR_MINUTELY, "2026-11-22/14:05:09.log" },
		{ "%F-%M-%H", CALENDAR_MINUTELY, "2026-11-22-05-14" },
		{ "%Y-%j.log", CALENDAR_DAILY, "2026-326.log" },
		{ "%j/%Y.log", CALENDAR_DAILY, "326/2026.log" },
		{ "%d%b%y.log", CALENDAR_DAILY, "22Nov26.log" },
		{ "%b %Y", CALENDAR_MONTHLY, "Nov 2026" },
		{ "%y%m", CALENDAR_MONTHLY, "2611" },
		{ "%G-W%V.log", CALENDAR_WEEKLY, "2026-W47.log" },
		{ "W%V/%G.log", CALENDAR_WEEKLY, "W47/2026.log" },
		{ "%Y-%m-%d-W%V.log", CALENDAR_DAILY, "2026-11-22-W47.log" },
		{ "%F.%G", CALENDAR_DAILY, "2026-11-22.2026" },
		{ "%Y-%Y-%m-%d", CALENDAR_DAILY, "2026-2026-11-22" },
		{ "100%%-%F.log", CALENDAR_DAILY, "100%-2026-11-22.log" },
		{ "%%%F%%%%", CALENDAR_DAILY, "%2026-11-22%%" },
		{ "%F.%%.log", CALENDAR_DAILY, "2026-11-22.%.log" },
		{ "%F.l%%g", CALENDAR_DAILY, "2026-11-22.l%g" },
		{ "%%/%F.log", CALENDAR_DAILY, "%/2026-11-22.log" },
		{ "%%Y.%F", CALENDAR_DAILY, "%Y.2026-11-22" },
		{ "%H.log", CALENDAR_HOURLY, "14.log" },
		{ "%m-%d/app", CALENDAR_DAILY, "11-22/app" },
	};
	char part[NAMES_SIZE];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		size_t slash, ext;

		check_build(t[i].file, t[i].roll, moment, 1, NAMES_PLAIN, t[i].want);
		/* The part and the suffix go where they go in any name. */
		slash = strrchr(t[i].want, '/') ? (size_t)(strrchr(t[i].want, '/') - t[i].want) : 0;
		ext = strlen(t[i].want);
		if (ext > 4 && strcmp(t[i].want + ext - 4, ".log") == 0)
			ext -= 4;
		CHECK(slash < ext);
		snprintf(part, sizeof(part), "%.*s.part042%s.zst", (int)ext, t[i].want,
			 t[i].want + ext);
		check_build(t[i].file, t[i].roll, moment, 42, NAMES_ZST, part);
	}
}

/* %%F is a '%' and an F, not a '%' and a date. */
static void doubled_percent(void)
{
	check_build("%%F.%F", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "%F.2026-11-22");
	check_build("%%T.%F", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "%T.2026-11-22");
	check_build("%%R/%F", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "%R/2026-11-22");
	check_build("%%%F", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "%2026-11-22");
	check_build("%%%%F.%F", CALENDAR_DAILY, moment, 1, NAMES_PLAIN, "%%F.2026-11-22");
}

static void two_digit_years(void)
{
	check_build("%y-%m-%d", CALENDAR_DAILY, "1969-01-01", 1, NAMES_PLAIN, "69-01-01");
	check_build("%y-%m-%d", CALENDAR_DAILY, "1999-12-31", 1, NAMES_PLAIN, "99-12-31");
	check_build("%y-%m-%d", CALENDAR_DAILY, "2000-02-29", 1, NAMES_PLAIN, "00-02-29");
	check_build("%y-%m-%d", CALENDAR_DAILY, "2068-12-31", 1, NAMES_PLAIN, "68-12-31");

	struct names n = family("%y-%m-%d", CALENDAR_DAILY);
	struct tm first = moment_tm("1969-01-01"), last = moment_tm("2068-12-31");
	CHECK_INT(names_period(&n, &first), timegm(&first));
	CHECK_INT(names_period(&n, &last), timegm(&last));
}

static void leap_days(void)
{
	check_build("%Y-%j", CALENDAR_DAILY, "2024-02-29", 1, NAMES_PLAIN, "2024-060");
	check_build("%Y-%j", CALENDAR_DAILY, "2024-12-31", 1, NAMES_PLAIN, "2024-366");
	check_build("%d%b%Y", CALENDAR_DAILY, "2024-02-29", 1, NAMES_PLAIN, "29Feb2024");
	CHECK(ours("%Y-%j", CALENDAR_DAILY, "2025-365"));
	CHECK(!ours("%Y-%j", CALENDAR_DAILY, "2025-366"));
	CHECK(!ours("%Y-%j", CALENDAR_DAILY, "2024-367"));
	CHECK(!ours("%Y-%j", CALENDAR_DAILY, "2024-000"));
	CHECK(!ours("%d%b%Y", CALENDAR_DAILY, "29Feb2025"));
	/* also where the name does not tell the year: no day's lines go to another day's file */
	check_build("%m-%d", CALENDAR_DAILY, "2024-02-29", 1, NAMES_PLAIN, "02-29");
	check_build("%d%b", CALENDAR_DAILY, "2024-02-29", 1, NAMES_PLAIN, "29Feb");
	check_build("%j", CALENDAR_DAILY, "2024-12-31", 1, NAMES_PLAIN, "366");
}

/* ---- verdicts ---- */

static void verdicts(void)
{
	static const struct {
		const char *file;
		enum calendar_roll roll;
		enum names_verdict want;
	} t[] = {
		{ "app.log", CALENDAR_NEVER, NAMES_FINE },
		{ "app.log", CALENDAR_MINUTELY, NAMES_FINE },
		{ "app.log", CALENDAR_MONTHLY, NAMES_FINE },
		{ "%F", CALENDAR_DAILY, NAMES_FINE },
		{ "%F", CALENDAR_WEEKLY, NAMES_FINE }, /* its Monday */
		{ "%F", CALENDAR_MONTHLY, NAMES_FINE },
		{ "%Y-%m", CALENDAR_MONTHLY, NAMES_FINE },
		{ "%Y-%b", CALENDAR_MONTHLY, NAMES_FINE },
		{ "%G-%V", CALENDAR_WEEKLY, NAMES_FINE },
		{ "%F-%H", CALENDAR_DAILY, NAMES_FINE },
		{ "%F %T", CALENDAR_HOURLY, NAMES_FINE },
		{ "%FT%R", CALENDAR_MINUTELY, NAMES_FINE },
		/* too coarse for the roll */
		{ "%F", CALENDAR_HOURLY, NAMES_CONSTANT },
		{ "%F-%H", CALENDAR_MINUTELY, NAMES_CONSTANT },
		{ "%Y-%m", CALENDAR_DAILY, NAMES_CONSTANT },
		{ "%Y", CALENDAR_MONTHLY, NAMES_CONSTANT },
		{ "%G-W%V", CALENDAR_DAILY, NAMES_CONSTANT },
		{ "%G-W%V-%H", CALENDAR_HOURLY, NAMES_CONSTANT },
		{ "%F-%S", CALENDAR_MINUTELY, NAMES_CONSTANT },
		{ "app.%%.log", CALENDAR_DAILY, NAMES_CONSTANT },
		{ "%%F", CALENDAR_DAILY, NAMES_CONSTANT },
		/* the year and the week of another kind of year */
		{ "%Y-W%V", CALENDAR_WEEKLY, NAMES_CONSTANT },
		/* the same name again later */
		{ "%H.log", CALENDAR_HOURLY, NAMES_REPEATING },
		{ "%H-%M", CALENDAR_MINUTELY, NAMES_REPEATING },
		{ "%M", CALENDAR_MINUTELY, NAMES_REPEATING },
		{ "%d", CALENDAR_DAILY, NAMES_REPEATING },
		{ "%m-%d", CALENDAR_DAILY, NAMES_REPEATING },
		{ "%j", CALENDAR_DAILY, NAMES_REPEATING },
		{ "%b", CALENDAR_MONTHLY, NAMES_REPEATING },
		/* not to be read back */
		{ "app.%a", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%s", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%e", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%B", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%z", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%C", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%U", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%-d", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%_H", CALENDAR_HOURLY, NAMES_UNKNOWN },
		{ "%F.%10Y", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%EY", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%Oy", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.% d", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%n", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%f", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F.%", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%F%%%", CALENDAR_DAILY, NAMES_UNKNOWN },
		{ "%a/%F", CALENDAR_DAILY, NAMES_UNKNOWN },
		/* no periods, no templates */
		{ "%F.log", CALENDAR_NEVER, NAMES_UNKNOWN },
		{ "100%%.log", CALENDAR_NEVER, NAMES_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct names n;

		if (!CHECK_INT(names_init(&n, t[i].file, t[i].roll), t[i].want))
			printf("# FILE %s, roll %d\n", t[i].file, (int)t[i].roll);
	}
}

/* An ISO year tells no date without its week: the file of 2026 would be called 1970. */
static void half_an_iso_week(void)
{
	static const char *const files[] = { "%G-%m-%d", "%G/%m-%d.log", "%G%j", "%V-%m-%d" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct names n;

		if (!CHECK_INT(names_init(&n, files[i], CALENDAR_DAILY), NAMES_UNKNOWN))
			printf("# FILE %s\n", files[i]);
	}
}

/* Fills file with a format whose "*" is so many letters. */
static const char *stretched(const char *format, size_t letters)
{
	static char file[4 * NAMES_SIZE];
	size_t before = strcspn(format, "*");

	memcpy(file, format, before);
	memset(file + before, 'x', letters);
	strcpy(file + before + letters, format + before + 1);
	return file;
}

/*
 * However FILE is stretched: up to some length it is taken, and then the longest name, with a
 * part and a suffix, can be made; from there on it is refused.
 */
static void check_longest(const char *format, enum calendar_roll roll, size_t least)
{
	struct names n;
	size_t longest = 0;
	bool refused = false;

	for (size_t len = 1; len < 2 * NAMES_SIZE; len += len < 300 ? 1 : 101) {
		enum names_verdict v = names_init(&n, stretched(format, len), roll);

		if (v != NAMES_FINE) {
			refused = true;
			if (!CHECK_INT(v, NAMES_TOO_LONG))
				return;
		} else {
			if (!CHECK(!refused))
				return;
			longest = len;
		}
	}
	if (!CHECK(longest >= least))
		printf("# FILE %s: %zu\n", format, longest);
	if (longest == 0)
		return;
	n = family(stretched(format, longest), roll);

	struct tm tm = moment_tm(moment);
	struct names_member m = { names_period(&n, &tm), LONGEST_PART, NAMES_ZST };
	char name[NAMES_SIZE];
	CHECK(check_member(&n, &m, NULL));
	m.part = UINT_MAX;
	names_build(&n, &m, name);
	CHECK(strlen(name) < NAMES_SIZE);
	for (const char *p = name; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		/* and room for what stands before and behind the name of a temporary */
		if (!CHECK(len + strlen(".") + strlen(".tmp") <= NAME_MAX))
			printf("# FILE %s, a component of %zu bytes\n", format, len);
		p += len;
	}
}

static void long_names(void)
{
	check_longest("*", CALENDAR_NEVER, 200);
	check_longest("*", CALENDAR_MINUTELY, 200);
	check_longest("*.log", CALENDAR_DAILY, 200);
	check_longest("%F/*", CALENDAR_DAILY, 200);
	check_longest("*%F/app.log", CALENDAR_DAILY, 200);
}

static void long_extensions(void)
{
	check_longest("app.*", CALENDAR_NEVER, 200);
	check_longest("app.*", CALENDAR_DAILY, 200);
	check_longest("%F.*", CALENDAR_DAILY, 200);
	check_longest("%Y/%m-%d.*", CALENDAR_DAILY, 200);
}

static void many_components(void)
{
	struct names n;
	char file[2 * NAMES_SIZE] = "%F";
	size_t taken = 0;

	for (size_t len = strlen(file); len + 3 < sizeof(file); len += 2) {
		memcpy(file + len, "/x", 3);
		enum names_verdict v = names_init(&n, file, CALENDAR_DAILY);
		if (v == NAMES_FINE && CHECK_INT(taken, (len - 2) / 2))
			taken++;
		else if (!CHECK_INT(v, NAMES_TOO_LONG))
			return;
	}
	CHECK(taken > 400 && taken < NAMES_SIZE / 2);
}

/* ---- directories ---- */

static void directories(void)
{
	static const struct {
		const char *file, *directory;
	} t[] = {
		{ "app.log", "" },
		{ "logs/app.log", "logs/" },
		{ "/var/log/app.log", "/var/log/" },
		{ "/app.log", "/" },
		{ "./app.log", "./" },
		{ "a//b.log", "a//" },
		{ "%F.log", "" },
		{ "logs/%F.log", "logs/" },
		{ "logs/%Y/%m/app.log", "logs/" },
		{ "%Y/app.log", "" },
		{ "/%Y/app.log", "/" },
		{ "logs/a-%Y/b/app.log", "logs/" },
		{ "logs/b/app-%F.log", "logs/b/" },
		{ "logs/100%%/app.log", "logs/" },
		{ "", "" },
		{ "a/", "a/" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!CHECK_INT((long long)names_directory(t[i].file),
			       (long long)strlen(t[i].directory)) ||
		    !CHECK(strncmp(t[i].file, t[i].directory, strlen(t[i].directory)) == 0))
			printf("# FILE %s\n", t[i].file);
}

static void may_hold(void)
{
	static const struct {
		const char *path;
		bool want;
	} t[] = {
		{ "2026", true },         { "2026/a-11", true },
		{ "2026/a-11/b", true },  { "2026/a-11/b/22", false },
		{ "2026/a-11/c", false }, { "2026/a-1", false },
		{ "2026/a-111", false },  { "2026/b-11", false },
		{ "2026/A-11", false },   { "2026/", false },
		{ "202", false },         { "20266", false },
		{ "x026", false },        { "+026", false },
		{ " 026", false },        { "", false },
		{ ".", false },           { "..", false },
		{ "2026/..", false },     { "2026.log", false },
		{ "2026/a-+1", false },   { "2026/a- 1", false },
	};
	struct names n = family("%Y/a-%m/b/%d.log", CALENDAR_DAILY);

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!CHECK_INT(names_may_hold(&n, t[i].path), t[i].want))
			printf("# %s\n", t[i].path);
	n = family("%%/%F.log", CALENDAR_DAILY);
	CHECK(names_may_hold(&n, "%"));
	CHECK(!names_may_hold(&n, "%%"));
	n = family("app.log", CALENDAR_DAILY);
	CHECK(!names_may_hold(&n, "app"));
	CHECK(!names_may_hold(&n, "app.2026-11-22.log"));
	CHECK(!names_may_hold(&n, ""));
}

/* A member's own directories may hold it, all the way down. */
static void holds_its_own(void)
{
	static const char *const files[] = { "%Y/%m/%d/app.log", "%b %y/%d", "%%/%F/%T/x.log",
					     "%G/W%V/%F" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct names n = family(files[i], CALENDAR_DAILY);
		struct tm tm = moment_tm(moment);
		struct names_member m = { .period = names_period(&n, &tm), .part = 2 };
		char name[NAMES_SIZE];

		names_build(&n, &m, name);
		CHECK(!names_may_hold(&n, name));
		for (char *slash; (slash = strrchr(name, '/')) != NULL;) {
			*slash = '\0';
			if (!CHECK(names_may_hold(&n, name)))
				printf("# FILE %s, %s\n", files[i], name);
		}
	}
}

/* ---- order ---- */

static void order(void)
{
	static const struct names_member in_order[] = {
		{ -86400, 3, NAMES_PLAIN },
		{ 0, 1, NAMES_PLAIN },
		{ 0, 2, NAMES_PLAIN },
		{ 0, 10, NAMES_PLAIN },
		{ 60, 1, NAMES_PLAIN },
		{ 60, 999999999, NAMES_PLAIN },
		{ INT64_C(1) << 33, 1, NAMES_PLAIN },
	};
	enum { COUNT = sizeof(in_order) / sizeof(in_order[0]) };

	for (int i = 0; i < COUNT; i++) {
		for (int j = 0; j < COUNT; j++) {
			int got = names_order(&in_order[i], &in_order[j]);

			CHECK_INT((got > 0) - (got < 0), (i > j) - (i < j));
		}
	}
	/* the same part, compressed or not, is the same file */
	CHECK_INT(names_order(&(struct names_member){ 0, 2, NAMES_PLAIN },
			      &(struct names_member){ 0, 2, NAMES_GZ }),
		  0);
}

/* ---- periods ---- */

static void period_of_a_moment(void)
{
	static const struct {
		enum calendar_roll roll;
		const char *date, *first;
	} t[] = {
		{ CALENDAR_MINUTELY, "2026-11-22 14:05:09", "2026-11-22 14:05" },
		{ CALENDAR_HOURLY, "2026-11-22 14:05:09", "2026-11-22 14:00" },
		{ CALENDAR_DAILY, "2026-11-22 14:05:09", "2026-11-22" },
		{ CALENDAR_WEEKLY, "2026-11-22 14:05:09", "2026-11-16" },
		{ CALENDAR_WEEKLY, "2026-11-23 00:00:00", "2026-11-23" },
		{ CALENDAR_WEEKLY, "2027-01-03 23:59:59", "2026-12-28" },
		{ CALENDAR_MONTHLY, "2026-11-22 14:05:09", "2026-11-01" },
		{ CALENDAR_DAILY, "1969-12-31 23:00:00", "1969-12-31" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct names n = family("app.log", t[i].roll);
		struct tm tm = moment_tm(t[i].date), first = moment_tm(t[i].first);

		CHECK_INT(names_period(&n, &tm), timegm(&first));
	}
	/* With --roll=never there is one period, whatever the moment. */
	struct names n = family("app.log", CALENDAR_NEVER);
	struct tm a = moment_tm("1969-07-20"), b = moment_tm("2026-11-22");
	CHECK_INT(names_period(&n, &a), names_period(&n, &b));
	/* Daylight saving is no part of a reading. */
	n = family("app.log", CALENDAR_DAILY);
	b.tm_isdst = 1;
	b.tm_gmtoff = 3600;
	struct tm plain = moment_tm("2026-11-22");
	CHECK_INT(names_period(&n, &b), timegm(&plain));
}

static void iso_weeks(void)
{
	static const struct {
		const char *date, *name;
	} t[] = {
		{ "2020-12-31", "2020-W53" }, { "2021-01-03", "2020-W53" },
		{ "2021-01-04", "2021-W01" }, { "2024-12-30", "2025-W01" },
		{ "2025-12-28", "2025-W52" }, { "2025-12-29", "2026-W01" },
		{ "2026-12-31", "2026-W53" }, { "2027-01-03", "2026-W53" },
		{ "1970-01-01", "1970-W01" }, { "1969-12-29", "1970-W01" },
		{ "2000-01-02", "1999-W52" }, { "2000-01-03", "2000-W01" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char name[64];

		check_build("%G-W%V", CALENDAR_WEEKLY, t[i].date, 1, NAMES_PLAIN, t[i].name);
		snprintf(name, sizeof(name), "app.%s.log", t[i].name);
		check_build("app.log", CALENDAR_WEEKLY, t[i].date, 1, NAMES_PLAIN, name);
	}
	CHECK(!ours("%G-W%V", CALENDAR_WEEKLY, "2026-W00"));
	CHECK(!ours("%G-W%V", CALENDAR_WEEKLY, "2026-W54"));
	CHECK(!ours("%G-W%V", CALENDAR_WEEKLY, "2025-W53"));
	CHECK(ours("%G-W%V", CALENDAR_WEEKLY, "2026-W53"));
	CHECK(!ours("%G-W%V", CALENDAR_WEEKLY, "0000-W01"));
}

/* strftime writes the year 999 with three digits; a name has four. */
static void early_years(void)
{
	static const char *const strangers[] = {
		"app.0999-01-01.log", "app.999-01-01.log", "app.0000-01-01.log",
		"app.0001-12-31.log", "app.99-01-01.log",  "app.10000-01-01.log",
	};

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (!CHECK(!ours("app.log", CALENDAR_DAILY, strangers[i])))
			printf("# %s\n", strangers[i]);
	CHECK(ours("app.log", CALENDAR_DAILY, "app.1000-01-01.log"));
	CHECK(ours("app.log", CALENDAR_DAILY, "app.9999-12-31.log"));
	CHECK(!ours("app.log", CALENDAR_WEEKLY, "app.0999-W10.log"));
	CHECK(!ours("app.log", CALENDAR_MONTHLY, "app.0999-10.log"));
	CHECK(!ours("%Y/%m/%d.log", CALENDAR_DAILY, "0999/01/01.log"));
}

/* ---- round trips ---- */

static unsigned short seed[3] = { 7, 8, 9 };

static unsigned below(unsigned n)
{
	return (unsigned)nrand48(seed) % n;
}

struct kind {
	const char *file;
	enum calendar_roll roll;
};

static const struct kind kinds[] = {
	{ "app.log", CALENDAR_NEVER },
	{ "app.log", CALENDAR_MINUTELY },
	{ "app.log", CALENDAR_HOURLY },
	{ "app.log", CALENDAR_DAILY },
	{ "app.log", CALENDAR_WEEKLY },
	{ "app.log", CALENDAR_MONTHLY },
	{ "app", CALENDAR_DAILY },
	{ "a.b.c.log", CALENDAR_HOURLY },
	{ ".app", CALENDAR_NEVER },
	{ ".a.log", CALENDAR_WEEKLY },
	{ "x.part", CALENDAR_DAILY },
	{ "part002.log", CALENDAR_MINUTELY },
	{ "2026.log", CALENDAR_MONTHLY },
	{ "app.", CALENDAR_DAILY },
	{ "%F.log", CALENDAR_DAILY },
	{ "%Y/%m/%d/app.log", CALENDAR_DAILY },
	{ "%d %b %Y/%T", CALENDAR_HOURLY },
	{ "%R/%F", CALENDAR_MINUTELY },
	{ "%Y%j.log", CALENDAR_DAILY },
	{ "%G/%V.log", CALENDAR_WEEKLY },
	{ "%%%Y%%/%m", CALENDAR_MONTHLY },
	{ "%F.%V.%G.%j", CALENDAR_DAILY },
	{ "x%Y%m%d%H%M%S", CALENDAR_HOURLY },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The family of a kind, made once. */
static const struct names *family_of(size_t k)
{
	static struct names families[KINDS];

	if (!*families[k].pattern)
		families[k] = family(kinds[k].file, kinds[k].roll);
	return &families[k];
}

/* The beginning of some period, from the year 1000 to the year 9999, in which names have one form.
 */
static struct tm random_period(enum calendar_roll roll)
{
	const struct calendar c = { .roll = roll, .utc = true };
	struct calendar_period p;

	calendar_find(&c, (time_t)(erand48(seed) * 283995936000. - 30609792000.), &p);
	return p.tm;
}

static struct names_member random_member(const struct names *n, enum calendar_roll roll)
{
	struct tm tm = random_period(roll);

	return (struct names_member){
		.period = names_period(n, &tm),
		.part = below(2)   ? 1
			: below(3) ? below(1200) + 1
				   : below(LONGEST_PART) + 1,
		.suffix = (enum names_suffix)below(3),
	};
}

static void round_trips(void)
{
	for (unsigned long i = 0; i < 200 * test_rounds(); i++) {
		for (size_t k = 0; k < KINDS; k++) {
			const struct names *n = family_of(k);
			struct tm tm = random_period(kinds[k].roll);
			struct names_member m = random_member(n, kinds[k].roll);

			if (kinds[k].roll != CALENDAR_NEVER &&
			    !CHECK_INT(names_period(n, &tm), timegm(&tm)))
				printf("# FILE %s\n", kinds[k].file);
			if (!check_member(n, &m, NULL)) {
				printf("# FILE %s\n", kinds[k].file);
				return;
			}
		}
	}
}

/* ---- a directory full of names ---- */

enum { NEAR = 14 };

/* Spoils a good name in one of NEAR ways; whatever it was, it is ours no more. */
static bool spoil(char *name, unsigned way)
{
	char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char *part = strstr(base, ".part");
	size_t len = strlen(base);
	char *digit = strpbrk(base, "0123456789");

	switch (way) {
	case 0:
		strcat(base, "~");
		return true;
	case 1:
		strcat(base, ".bak");
		return true;
	case 2:
		memmove(base + 1, base, len + 1);
		*base = '.';
		return true;
	case 3:
		strcat(base, ".zst.gz");
		return true;
	case 4:
		strcat(base, ".part002.part001");
		return true;
	case 5: /* a space where a digit was, as sscanf and strtol like it */
	case 6:
		if (digit)
			*digit = way == 5 ? ' ' : '+';
		return digit != NULL;
	case 7: /* one digit more at the front */
		if (digit) {
			memmove(digit + 1, digit, strlen(digit) + 1);
			*digit = '0';
		}
		return digit != NULL;
	case 8:
	case 9:
	case 10: /* the part without its zeros, with one more, or too small */
		if (!part || part[5] < '0' || part[5] > '9')
			return false;
		strcpy(part, way == 8 ? ".part2" : way == 9 ? ".part0002" : ".part001");
		return true;
	case 11:
		strcat(base, "x");
		return true;
	case 12:
		memmove(base + len, base, len);
		base[2 * len] = '\0';
		return true;
	case 13:
		strcat(base, ".tmp");
		return true;
	}
	return false;
}

/* Of each family's names half are ours and half near misses; each is what it is. */
static void a_full_directory(void)
{
	unsigned good = 0, bad = 0;

	for (size_t k = 0; k < KINDS; k++) {
		const struct names *n = family_of(k);

		for (unsigned i = 0; i < 20 * NEAR; i++) {
			struct names_member m = random_member(n, kinds[k].roll), got;
			char name[2 * NAMES_SIZE];

			names_build(n, &m, name);
			if (CHECK(names_parse(n, name, &got)) &&
			    CHECK_INT(names_order(&m, &got), 0) && CHECK_INT(got.suffix, m.suffix))
				good++;
			if (!spoil(name, i % NEAR))
				continue;
			if (CHECK(!names_parse(n, name, &got)))
				bad++;
			else
				printf("# FILE %s takes %s\n", kinds[k].file, name);
		}
	}
	CHECK(good >= 200 && bad >= 200);
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
		struct tm tm = moment_tm(moment);
		struct names_member m = { .period = names_period(&n, &tm), .part = 1 };

		names_build(&n, &m, name);
		for (int by = CALENDAR_NEVER; by <= CALENDAR_MONTHLY; by++)
			CHECK_INT(ours("app.log", (enum calendar_roll)by, name), by == of);
	}
	CHECK(!ours("app.log", CALENDAR_DAILY, "app.log"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".app.log.lock"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".app.2026-11-22.log"));
	CHECK(!ours("app.log", CALENDAR_DAILY, ".app.2026-11-22.log.zst.tmp"));
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

static void strange_templates(void)
{
	static const struct {
		const char *file, *name;
	} t[] = {
		{ "%Y/%m/%d.log", "2026-11-22.log" },
		{ "%Y/%m/%d.log", "2026/11-22.log" },
		{ "%Y/%m/%d.log", "2026/11/22" },
		{ "%Y/%m/%d.log", "2026/13/22.log" },
		{ "%Y/%m/%d.log", "2026/02/30.log" },
		{ "%Y/%m/%d.log", "2026/11/00.log" },
		{ "%Y/%m/%d.log", "2026//11/22.log" },
		{ "%Y/%m/%d.log", "./2026/11/22.log" },
		{ "%Y/%m/%d.log", "2026/11/22.log/" },
		{ "%Y/%m/%d.log", "/2026/11/22.log" },
		{ "%Y/%m/%d.log", "2026/11.part002/22.log" },
		{ "%F-%T", "2026-11-22-24:00:00" },
		{ "%F-%T", "2026-11-22-14:60:00" },
		{ "%F-%T", "2026-11-22-14:00:60" },
		{ "%F-%T", "2026-11-22-14-00-00" },
		{ "%F-%T", "2026-11-22-14:00:0" },
		{ "%F-%T", "2026-11-22-+4:00:00" },
		{ "%F-%T", "2026-11-22-14: 0:00" },
		{ "%d%b%Y", "22nov2026" },
		{ "%d%b%Y", "22NOV2026" },
		{ "%d%b%Y", "22No2026" },
		{ "%d%b%Y", "22Nova2026" },
		{ "%d%b%Y", "31Nov2026" },
		{ "%d%b%Y", "22ovD2026" },
		{ "%Y-%j", "2026-+26" },
		{ "%Y-%j", "2026- 26" },
		{ "%Y-%j", "2026-26" },
		{ "%Y-%j", "2026-0326" },
		{ "%Y-%j", "2026-366" },
		{ "%Y-%Y-%j", "2025-2026-100" },
		{ "%F.%j", "2026-11-22.327" },
		{ "%F.%V", "2026-11-22.48" },
		{ "%F.%G", "2026-11-22.2027" },
		{ "%F.%%", "2026-11-22.%%" },
		{ "%F.%%", "2026-11-22." },
		{ "%F.%%", "2026-11-22.%F" },
		{ "%y%m%d", "2026-11-22" },
		{ "%y%m%d", "+61122" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!CHECK(!ours(t[i].file, CALENDAR_DAILY, t[i].name)))
			printf("# FILE %s takes %s\n", t[i].file, t[i].name);
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
		/* .part002 is the one of them that is written our way */
		CHECK_INT(names_parse(&n, name, &m), len == 2);
		memset(name, '9', len);
		name[len] = '\0';
		CHECK(!names_parse(&n, name, &m));
		CHECK(!names_may_hold(&n, name));
	}
}

/* Some bytes of a good name changed, added or left out: whatever is still ours builds itself. */
static void mutations(void)
{
	char name[NAMES_SIZE + 8], again[NAMES_SIZE];

	for (unsigned long i = 0; i < 20000 * test_rounds(); i++) {
		size_t k = below(KINDS);
		const struct names *n = family_of(k);
		struct names_member m = random_member(n, kinds[k].roll);

		names_build(n, &m, again);
		memcpy(name, again, strlen(again) + 1);
		for (unsigned changes = below(3) + 1; changes > 0 && *name; changes--) {
			size_t at = below((unsigned)strlen(name));

			switch (below(3)) {
			case 0:
				name[at] = "0123456789-.TWpartlogzs+ /%"[below(27)];
				break;
			case 1:
				memmove(name + at, name + at + 1, strlen(name + at));
				break;
			case 2:
				memmove(name + at + 1, name + at, strlen(name + at) + 1);
				break;
			}
		}
		if (!names_parse(n, name, &m))
			continue;
		names_build(n, &m, again);
		if (!CHECK_STR(again, name) || !CHECK(m.part >= 1)) {
			printf("# FILE %s\n", kinds[k].file);
			return;
		}
	}
}

/* Whatever the template: it is refused, or its names can be read back. */
static void random_templates(void)
{
	static const char *const pool[] = { "%Y", "%y",   "%m",    "%b", "%d",      "%j", "%H",
					    "%M", "%S",   "%G",    "%V", "%F",      "%T", "%R",
					    "%%", "-",    "/",     ".",  "a",       "1",  "%a",
					    "%",  ".log", ".part", "W",  "%Y-%m-%d" };
	unsigned fine = 0;

	for (unsigned long i = 0; i < 3000 * test_rounds(); i++) {
		enum calendar_roll roll = (enum calendar_roll)(below(CALENDAR_MONTHLY) + 1);
		char file[128] = "";
		struct names n;

		for (unsigned pieces = below(7) + 1; pieces > 0; pieces--)
			strcat(file, pool[below(sizeof(pool) / sizeof(pool[0]))]);
		if (!strchr(file, '%'))
			continue;
		enum names_verdict v = names_init(&n, file, roll);
		if (v == NAMES_UNKNOWN || v == NAMES_CONSTANT)
			continue;
		struct names_member m = random_member(&n, roll);
		if (!CHECK(v == NAMES_FINE || v == NAMES_REPEATING) ||
		    !check_member(&n, &m, NULL)) {
			printf("# FILE %s, roll %d\n", file, (int)roll);
			return;
		}
		fine++;
	}
	CHECK(fine > 150);
}

/* The cheap answer is never no where the other is yes. */
static void begin_alike(void)
{
	static const char *const names[] = { "app.log",  "app",        "app1.log",
					     "b.log",    "app.x.log",  "%Y/app.log",
					     "app.%Y",   "app.%F.log", "%%app.%F",
					     "ap%Y.log", ".log",       "app.2026-11-22.log" };
	enum { COUNT = sizeof(names) / sizeof(names[0]) };
	const time_t now = 1795352709; /* 2026-11-22 */
	struct names a, b;
	int no = 0;

	for (size_t i = 0; i < COUNT; i++)
		for (size_t k = 0; k < COUNT; k++) {
			enum calendar_roll roll = i % 2 ? CALENDAR_DAILY : CALENDAR_HOURLY;

			names_init(&a, names[i], roll);
			names_init(&b, names[k], k % 2 ? CALENDAR_DAILY : CALENDAR_NEVER);
			no += !names_begin_alike(&a, names[k]);
			if (!names_begin_alike(&a, names[k]) && names_overlap(&a, &b, now))
				CHECK_STR(names[i], names[k]);
		}
	CHECK(no > COUNT);
	names_init(&a, "app.log", CALENDAR_DAILY);
	CHECK(!names_begin_alike(&a, "b.log"));
	CHECK(!names_begin_alike(&a, "app2.log"));
	CHECK(names_begin_alike(&a, "app.log"));
	CHECK(names_begin_alike(&a, "ap%Y.log"));
	CHECK(names_begin_alike(&a, "app.2026-11-22.log"));
}

int main(void)
{
	TEST("names: a name has stem, period, part, extension and suffix, for every roll", builds);
	TEST("names: the last dot begins the extension, unless it begins the name",
	     splits_the_name);
	TEST("names: part numbers go on beyond 999", parts_beyond_999);
	TEST("names: what looks like a part number in FILE is none", parts_in_the_file);
	TEST("names: a template has the date where it says, in directories too", templates);
	TEST("names: behind %% an F, a T or an R is a letter", doubled_percent);
	TEST("names: a year in two digits is from 1969 to 2068", two_digit_years);
	TEST("names: a leap day has a name, and other years have none for it", leap_days);
	TEST("names: a template that cannot be used has its verdict", verdicts);
	TEST("names: an ISO year without its week, or a week without its year, is refused",
	     half_an_iso_week);
	TEST("names: a family is refused if a name of it could be too long", long_names);
	TEST("names: a long extension counts too", long_extensions);
	TEST("names: a path of many components is refused if it could be too long",
	     many_components);
	TEST("names: the directory of FILE ends before the first component that changes",
	     directories);
	TEST("names: only directories that the template names may hold files", may_hold);
	TEST("names: the directories of a member may hold it", holds_its_own);
	TEST("names: families whose names begin differently do not overlap", begin_alike);
	TEST("names: members are in order of period, then part", order);
	TEST("names: a period is the first moment that its name tells", period_of_a_moment);
	TEST("names: a week is named by the year that most of it is in", iso_weeks);
	TEST("names: years have four digits, from 1000 to 9999", early_years);
	TEST("names: what was built is recognised, with all its pieces", round_trips);
	TEST("names: of a directory of names and near misses the right half is ours",
	     a_full_directory);
	TEST("names: of names in all combinations only those with five good pieces are ours",
	     near_misses);
	TEST("names: a week that does not exist, or is not written our way, is not ours",
	     weeks_that_are_none);
	TEST("names: no file of another family or roll is ours", strangers);
	TEST("names: no near miss of a template is ours", strange_templates);
	TEST("names: names of any length are refused without harm", endless_names);
	TEST("names: a good name with bytes changed is ours only if it builds itself", mutations);
	TEST("names: a template of random pieces is refused, or its names are read back",
	     random_templates);
	return test_end();
}
