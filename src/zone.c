/* Is the time zone that TZ names installed? */
#include "zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* POSIX's own form, "EST5EDT" or "<+03>-3": a name and then an offset. */
static bool is_rule(const char *tz)
{
	const char *p = tz;

	if (*p == '<') {
		p = strchr(p, '>');
		if (!p)
			return false;
		p++;
	} else {
		while (isalpha((unsigned char)*p))
			p++;
		if (p - tz < 3)
			return false;
	}
	if (*p == '+' || *p == '-')
		p++;
	return isdigit((unsigned char)*p);
}

bool zone_is_known(const char *tz)
{
	const char *dir = getenv("TZDIR");
	char path[4096];

	if (tz && *tz == ':')
		tz++;
	if (!tz || !*tz)
		return true;
	if (strcmp(tz, "UTC") == 0 || strcmp(tz, "GMT") == 0)
		return true; /* and that is what they get, installed or not */
	if (*tz == '/')
		return access(tz, R_OK) == 0;
	snprintf(path, sizeof(path), "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", tz);
	return access(path, R_OK) == 0 || is_rule(tz);
}
