/* Is the time zone that TZ names installed? */
#include "family/timezone.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* A file that begins as RFC 8536 says. */
static bool is_zone_file(const char *path)
{
	char magic[4] = "";
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY); /* a FIFO would wait */

	if (fd < 0)
		return false;
	ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, magic, sizeof(magic)) : 0;
	close(fd);
	return n == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

bool timezone_is_known(const char *tz)
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
		return is_zone_file(tz);
	int n = snprintf(path, sizeof(path), "%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo",
			 tz);
	return ((size_t)n < sizeof(path) && is_zone_file(path)) || is_rule(tz);
}
