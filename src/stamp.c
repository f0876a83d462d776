/* Write a time in RFC 3339. Pure. */
#include "stamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void stamp_rfc3339(int64_t ns, bool utc, char to[STAMP_SIZE])
{
	const int64_t second = 1000000000;
	int64_t fraction = ns % second < 0 ? ns % second + second : ns % second;
	time_t t = (time_t)((ns - fraction) / second);
	char zone[8] = "Z";
	struct tm tm;
	size_t n;

	if (utc) {
		gmtime_r(&t, &tm);
	} else {
		long minutes;

		localtime_r(&t, &tm);
		minutes = tm.tm_gmtoff / 60;
		snprintf(zone, sizeof(zone), "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
			 (minutes < 0 ? -minutes : minutes) / 60 % 100,
			 (minutes < 0 ? -minutes : minutes) % 60);
	}
	n = strftime(to, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to + n, STAMP_SIZE - n, ".%06d%s", (int)(fraction / 1000), zone);
}
