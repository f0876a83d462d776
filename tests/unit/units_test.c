/* units: every unit, every edge, and what is no number. */
#include "base/units.h"

#include "test.h"

enum { UNTOUCHED = -77 };

static int64_t count_of(const char *text)
{
	int64_t n = UNTOUCHED;

	return units_count(text, &n) || n == UNTOUCHED ? n : 0;
}

static int64_t size_of(const char *text)
{
	int64_t n = UNTOUCHED;

	return units_size(text, &n) || n == UNTOUCHED ? n : 0;
}

static int64_t time_of(const char *text)
{
	int64_t n = UNTOUCHED;

	return units_time(text, &n) || n == UNTOUCHED ? n : 0;
}

static int64_t mode_of(const char *text)
{
	mode_t mode = 1;

	return units_mode(text, &mode) ? (int64_t)mode : UNTOUCHED;
}

static void counts(void)
{
	CHECK_INT(count_of("0"), 0);
	CHECK_INT(count_of("7"), 7);
	CHECK_INT(count_of("007"), 7);
	CHECK_INT(count_of("9223372036854775807"), INT64_MAX);
	CHECK_INT(count_of("9223372036854775808"), UNTOUCHED);
	CHECK_INT(count_of("18446744073709551617"), UNTOUCHED);
	CHECK_INT(count_of("1K"), UNTOUCHED);
	CHECK_INT(count_of("1s"), UNTOUCHED);
}

static void sizes(void)
{
	CHECK_INT(size_of("0"), 0);
	CHECK_INT(size_of("1"), 1);
	CHECK_INT(size_of("1K"), 1024);
	CHECK_INT(size_of("3M"), 3 * 1048576);
	CHECK_INT(size_of("2G"), INT64_C(2147483648));
	CHECK_INT(size_of("8589934591G"), INT64_C(9223372035781033984));
	CHECK_INT(size_of("8589934592G"), UNTOUCHED);
	CHECK_INT(size_of("9007199254740991K"), INT64_C(9223372036854774784));
	CHECK_INT(size_of("9007199254740992K"), UNTOUCHED);
	CHECK_INT(size_of("1k"), UNTOUCHED);
	CHECK_INT(size_of("8388607T"), INT64_C(9223370937343148032));
	CHECK_INT(size_of("8388608T"), UNTOUCHED);
	CHECK_INT(size_of("2KiB"), 2048);
	CHECK_INT(size_of("10MiB"), 10 << 20);
	CHECK_INT(size_of("1GiB"), 1 << 30);
	CHECK_INT(size_of("1TiB"), INT64_C(1) << 40);
	CHECK_INT(size_of("1kB"), 1000);
	CHECK_INT(size_of("1KB"), 1000);
	CHECK_INT(size_of("10MB"), 10000000);
	CHECK_INT(size_of("1GB"), 1000000000);
	CHECK_INT(size_of("1TB"), INT64_C(1000000000000));
	CHECK_INT(size_of("9223373TB"), UNTOUCHED);
	CHECK_INT(size_of("1Kb"), UNTOUCHED); /* bits? */
	CHECK_INT(size_of("1m"), UNTOUCHED);  /* minutes? */
	CHECK_INT(size_of("1B"), UNTOUCHED);
	CHECK_INT(size_of("1Ki"), UNTOUCHED);
	CHECK_INT(size_of("1P"), UNTOUCHED);
}

static void times(void)
{
	CHECK_INT(time_of("0"), 0);
	CHECK_INT(time_of("5"), INT64_C(5000000000));
	CHECK_INT(time_of("5s"), INT64_C(5000000000));
	CHECK_INT(time_of("5ms"), 5000000);
	CHECK_INT(time_of("2m"), INT64_C(120000000000));
	CHECK_INT(time_of("1h"), INT64_C(3600000000000));
	CHECK_INT(time_of("1d"), INT64_C(86400000000000));
	CHECK_INT(time_of("106751d"), INT64_C(9223286400000000000));
	CHECK_INT(time_of("106752d"), UNTOUCHED);
	CHECK_INT(time_of("9223372036854ms"), INT64_C(9223372036854000000));
	CHECK_INT(time_of("9223372036855ms"), UNTOUCHED);
	CHECK_INT(time_of("2w"), 14 * UNITS_DAY);
	CHECK_INT(time_of("15251w"), UNTOUCHED);
	CHECK_INT(time_of("30sec"), 30 * UNITS_SECOND);
	CHECK_INT(time_of("1second"), UNITS_SECOND);
	CHECK_INT(time_of("2seconds"), 2 * UNITS_SECOND);
	CHECK_INT(time_of("5min"), 5 * UNITS_MINUTE);
	CHECK_INT(time_of("1minute"), UNITS_MINUTE);
	CHECK_INT(time_of("2minutes"), 2 * UNITS_MINUTE);
	CHECK_INT(time_of("1hour"), UNITS_HOUR);
	CHECK_INT(time_of("2hours"), 2 * UNITS_HOUR);
	CHECK_INT(time_of("1day"), UNITS_DAY);
	CHECK_INT(time_of("14days"), 14 * UNITS_DAY);
	CHECK_INT(time_of("1week"), 7 * UNITS_DAY);
	CHECK_INT(time_of("2weeks"), 14 * UNITS_DAY);
	CHECK_INT(time_of("1M"), UNTOUCHED);
	CHECK_INT(time_of("1month"), UNTOUCHED);
	CHECK_INT(time_of("1y"), UNTOUCHED);
	CHECK_INT(time_of("1us"), UNTOUCHED);
	CHECK_INT(time_of("1h30m"), UNTOUCHED);
	CHECK_INT(time_of("1K"), UNTOUCHED);
}

static void modes(void)
{
	CHECK_INT(mode_of("0"), 0);
	CHECK_INT(mode_of("640"), 0640);
	CHECK_INT(mode_of("0640"), 0640);
	CHECK_INT(mode_of("7777"), 07777);
	CHECK_INT(mode_of("10000"), UNTOUCHED);
	CHECK_INT(mode_of("777777777777777777777777777"), UNTOUCHED);
	CHECK_INT(mode_of("8"), UNTOUCHED);
	CHECK_INT(mode_of("68"), UNTOUCHED);
	CHECK_INT(mode_of("0o640"), UNTOUCHED);
	CHECK_INT(mode_of("u=rw"), UNTOUCHED);
}

static void junk(void)
{
	static const char *const words[] = { "",    "-1",  "+1",       " 1",       "1 ",
					     "1.5", "1,5", "1e3",      "0x1",      "one",
					     "K",   "s",   "1 s",      "1\n",      "--1",
					     "1-",  "inf", "\xd9\xa1", "1\xc2\xa0" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		bool none = CHECK_INT(count_of(words[i]), UNTOUCHED) &&
			    CHECK_INT(size_of(words[i]), UNTOUCHED) &&
			    CHECK_INT(time_of(words[i]), UNTOUCHED) &&
			    CHECK_INT(mode_of(words[i]), UNTOUCHED);

		if (!none)
			printf("# \"%s\"\n", words[i]);
	}
}

int main(void)
{
	TEST("units: a count is digits up to 2^63 - 1", counts);
	TEST("units: sizes are bytes, K to T, KiB and KB, and never overflow", sizes);
	TEST("units: times are seconds, or ms to weeks, and never overflow", times);
	TEST("units: modes are octal, up to 07777", modes);
	TEST("units: signs, fractions, spaces and words are no numbers", junk);
	return test_end();
}
