/* Is the time zone that TZ names installed? */
#ifndef TIMEZONE_H
#define TIMEZONE_H

#include <stdbool.h>

/*
 * timezone_is_known(tz): whether the C library will take the value of TZ for what it
 * says. A name that it cannot find silently means UTC (tzset(3)).
 * tz may be NULL.
 */
bool timezone_is_known(const char *tz);

#endif
