/* zone: a value of TZ is known if the C library makes of it what it says. */
#include "family/timezone.h"

#include "moment.h"
#include "test.h"

#include <time.h>
#include <unistd.h>

/* Whether the C library has anything but UTC for this zone, in winter or summer. */
static bool differs_from_utc(const char *tz)
{
	bool differs = false;

	moment_zone(tz);
	for (time_t t = 1767225600; t < 1767225600 + 31536000; t += 30 * 86400) { /* 2026 */
		struct tm tm;

		localtime_r(&t, &tm);
		differs = differs || tm.tm_gmtoff != 0;
	}
	return differs;
}

static bool no_zones(void)
{
	unsetenv("TZDIR");
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0)
		return false;
	test_skip("time zones are not installed (tzdata)");
	return true;
}

static void utc(void)
{
	CHECK(timezone_is_known(NULL));
	CHECK(timezone_is_known(""));
	CHECK(timezone_is_known(":"));
	CHECK(timezone_is_known("UTC"));
	CHECK(timezone_is_known("GMT"));
	CHECK(timezone_is_known(":UTC"));
	CHECK(timezone_is_known("UTC0"));
}

static void installed(void)
{
	static const char *const names[] = {
		"Europe/Berlin",
		"America/New_York",
		"Asia/Kolkata",
		":Europe/Berlin",
		"Etc/GMT+5",
		"America/Argentina/Buenos_Aires",
		"/usr/share/zoneinfo/Asia/Tokyo",
		":/usr/share/zoneinfo/Asia/Tokyo",
	};

	if (no_zones())
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(differs_from_utc(names[i]));
		if (!CHECK(timezone_is_known(names[i])))
			printf("# %s\n", names[i]);
	}
}

static void rules(void)
{
	static const char *const rules[] = {
		"EST5EDT",  "CET-1CEST,M3.5.0,M10.5.0/3",
		"<+03>-3",  "<-0330>3:30",
		"JST-9",    "ABC+12:30:15",
		"XYZ5",     ":EST5EDT",
		"IST-5:30", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i][0] != ':') /* glibc takes a rule behind a colon as a file only */
			CHECK(differs_from_utc(rules[i]));
		if (!CHECK(timezone_is_known(rules[i])))
			printf("# %s\n", rules[i]);
	}
}

static void unknown(void)
{
	static const char *const names[] = {
		"Europe/Berln",
		"europe/berlin_",
		"Mars/Olympus",
		"CEST",
		"Nowhere",
		"/no/such/file",
		":/no/such/file",
		":Mars/Olympus",
		"Europe/Berlin ",
		" Europe/Berlin",
		"Europe/Berlin/",
		"+02:00",
		"-5",
		"AB5",
		"<+03",
		"<+03>",
		"EST+",
		"5",
		"UTC+",
		"Europe-1",
	};

	if (no_zones())
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) - 1; i++) {
		if (!CHECK(!differs_from_utc(names[i])) || !CHECK(!timezone_is_known(names[i])))
			printf("# %s\n", names[i]);
	}
}

/* What is there, and is no zone. */
static void no_zone_at_all(void)
{
	static const char *const names[] = {
		"America",   "Etc",        "America/",    ".", "..",
		"zone.tab",  "/usr/share", "/etc/passwd", "/", "../../../etc/passwd",
		"/dev/null", ":America",
	};

	if (no_zones())
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(!differs_from_utc(names[i]));
		if (!CHECK(!timezone_is_known(names[i])))
			printf("# %s\n", names[i]);
	}
}

/* TZDIR says where the zones are. */
static void another_directory(void)
{
	if (no_zones())
		return;
	setenv("TZDIR", "/usr/share/zoneinfo/Europe", 1);
	CHECK(timezone_is_known("Berlin"));
	CHECK(!timezone_is_known("Europe/Berlin"));
	setenv("TZDIR", "/no/such/directory", 1);
	CHECK(!timezone_is_known("Europe/Berlin"));
	CHECK(timezone_is_known("EST5EDT"));
	CHECK(timezone_is_known("UTC"));
	setenv("TZDIR", "", 1);
	CHECK(timezone_is_known("Europe/Berlin"));
	unsetenv("TZDIR");
}

static void long_values(void)
{
	static char tz[10000];

	memset(tz, 'x', sizeof(tz) - 1);
	CHECK(!timezone_is_known(tz));
	tz[0] = '/';
	CHECK(!timezone_is_known(tz));
	memset(tz, '/', sizeof(tz) - 1);
	memcpy(tz, "Europe", 6);
	CHECK(!timezone_is_known(tz));
	tz[0] = '<';
	CHECK(!timezone_is_known(tz));
}

int main(void)
{
	TEST("zone: no TZ, an empty one, and UTC are known everywhere", utc);
	TEST("zone: what is installed is known", installed);
	TEST("zone: a rule is known without any file", rules);
	TEST("zone: what the C library would take for UTC is not known", unknown);
	TEST("zone: a directory, or a file that holds no zone, is not known", no_zone_at_all);
	TEST("zone: TZDIR says where zones are installed", another_directory);
	TEST("zone: values of any length do no harm", long_values);
	return test_end();
}
