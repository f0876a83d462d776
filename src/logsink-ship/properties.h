/* The properties of librdkafka: from the command line, a file, and the environment. */
#ifndef PROPERTIES_H
#define PROPERTIES_H

#include <stddef.h>

struct engine_property;

enum { PROPERTIES_MOST = 256 };

struct properties {
	struct engine_property *list; /* later ones prevail */
	size_t count;
};

struct properties_options {
	const char *brokers;     /* NULL: the file has bootstrap.servers */
	const char *config;      /* the path of a file; NULL: none */
	const char *const *more; /* NAME=VALUE each */
	size_t more_count;
	char *const *environment;
};

/*
 * properties_read(o, p, error): the file's, then the environment's, then `more`.
 *
 * The file has NAME=VALUE in each line, as those of Kafka's own programs and of kcat; # begins a
 * comment. In the environment LOGSINK_SHIP_SASL_PASSWORD is sasl.password.
 * Owner:   the caller; properties_free.
 * Returns: 0, or -1 and a sentence in error, which shows no values.
 */
int properties_read(const struct properties_options *o, struct properties *p, char error[512]);
void properties_free(struct properties *p);

#endif
