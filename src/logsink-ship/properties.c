/*
 * The properties of librdkafka: from the command line, a file, and the environment.
 *
 * Secrets belong in the file or the environment, since every user can see a command line. No
 * message shows a value.
 */
#include "logsink-ship/properties.h"

#include "logsink-ship/engine.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Their values have another option, or are what the guarantees rest on. */
static const struct {
	const char *name, *instead;
} refused[] = {
	{ "acks", "a line counts as shipped when all replicas have it" },
	{ "request.required.acks", "a line counts as shipped when all replicas have it" },
	{ "enable.idempotence", "without it lines would be sent twice, or in another order" },
	{ "enable.gapless.guarantee", "without it a line could be left out" },
	{ "message.timeout.ms", "a line that expires would be lost" },
	{ "delivery.timeout.ms", "a line that expires would be lost" },
	{ "message.send.max.retries", "a line that is given up would be lost" },
	{ "retries", "a line that is given up would be lost" },
	{ "transactional.id", "transactions are not supported" },
	{ "partitioner", "give --partition" },
	{ "batch.size", "it is found out from what the topic takes" },
	{ "queue.buffering.max.kbytes", "give --buffer" },
	{ "queue.buffering.max.messages", "give --buffer" },
};

static const char prefix[] = "LOGSINK_SHIP_";

static bool add(struct properties *p, const char *name, size_t len, const char *value)
{
	struct engine_property *to = &p->list[p->count];

	if (p->count == PROPERTIES_MOST) {
		errno = E2BIG;
		return false;
	}
	to->name = strndup(name, len);
	to->value = strdup(value);
	if (to->name && to->value) {
		p->count++;
		return true;
	}
	free(to->name);
	free(to->value);
	return false;
}

static char *trimmed(char *text)
{
	text += strspn(text, " \t");
	for (size_t n = strlen(text); n > 0 && strchr(" \t\r\n", text[n - 1]);)
		text[--n] = '\0';
	return text;
}

/* A line of the file. */
static bool add_line(struct properties *p, char *line)
{
	char *equals = strchr(line, '=');

	if (!equals || equals == line) {
		errno = EINVAL;
		return false;
	}
	*equals = '\0';
	char *name = trimmed(line);
	return add(p, name, strlen(name), trimmed(equals + 1));
}

static int read_file(const char *path, struct properties *p, char error[512])
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int number = 0, result = 0;

	if (!in) {
		snprintf(error, 512, "--config=%s cannot be read: %s", path, strerror(errno));
		return -1;
	}
	errno = 0;
	while (result == 0 && getline(&line, &room, in) >= 0) {
		char *text = trimmed(line);

		number++;
		if (*text == '\0' || *text == '#' || add_line(p, text))
			continue;
		result = -1;
		if (errno == EINVAL)
			snprintf(error, 512, "--config=%s: line %d is not NAME=VALUE", path,
				 number);
		else
			snprintf(error, 512, "--config=%s: line %d: %s", path, number,
				 strerror(errno));
	}
	if (result == 0 && ferror(in)) {
		snprintf(error, 512, "--config=%s cannot be read: %s", path, strerror(errno));
		result = -1;
	}
	free(line);
	fclose(in);
	return result;
}

/* LOGSINK_SHIP_SASL_PASSWORD=VALUE */
static bool add_variable(struct properties *p, const char *variable)
{
	char name[128];
	size_t n = 0;

	if (strncmp(variable, prefix, strlen(prefix)) != 0)
		return true;
	const char *from = variable + strlen(prefix);
	for (; *from && *from != '=' && n < sizeof(name); from++)
		name[n++] = *from == '_' ? '.' : (char)tolower((unsigned char)*from);
	return *from != '=' || n == 0 || add(p, name, n, from + 1);
}

static int check(const struct properties *p, char error[512])
{
	bool brokers = false;

	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->list[i].name;

		brokers = brokers || strcmp(name, "bootstrap.servers") == 0 ||
			  strcmp(name, "metadata.broker.list") == 0;
		for (size_t k = 0; k < sizeof(refused) / sizeof(refused[0]); k++) {
			if (strcmp(name, refused[k].name) != 0)
				continue;
			snprintf(error, 512, "the property %s cannot be set: %s", name,
				 refused[k].instead);
			return -1;
		}
	}
	if (brokers)
		return 0;
	snprintf(error, 512,
		 "--brokers is missing; name one broker at least, as in "
		 "--brokers=kafka1:9092,kafka2:9092");
	return -1;
}

int properties_read(const struct properties_options *o, struct properties *p, char error[512])
{
	p->count = 0;
	p->list = calloc(PROPERTIES_MOST, sizeof(*p->list));
	if (!p->list)
		goto fail;
	if (o->config && read_file(o->config, p, error) < 0) {
		properties_free(p);
		return -1;
	}
	for (size_t i = 0; o->environment[i]; i++)
		if (!add_variable(p, o->environment[i]))
			goto fail;
	for (size_t i = 0; i < o->more_count; i++) {
		const char *equals = strchr(o->more[i], '=');

		if (!add(p, o->more[i], (size_t)(equals - o->more[i]), equals + 1))
			goto fail;
	}
	if (o->brokers && !add(p, "bootstrap.servers", strlen("bootstrap.servers"), o->brokers))
		goto fail;
	if (check(p, error) == 0)
		return 0;
	properties_free(p);
	return -1;
fail:
	snprintf(error, 512, "the properties cannot be kept: %s", strerror(errno));
	properties_free(p);
	return -1;
}

void properties_free(struct properties *p)
{
	for (size_t i = 0; i < p->count; i++) {
		/* A secret does not stay in memory that is used again. */
		explicit_bzero(p->list[i].value, strlen(p->list[i].value));
		free(p->list[i].name);
		free(p->list[i].value);
	}
	free(p->list);
	*p = (struct properties){ 0 };
}
