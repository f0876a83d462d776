/* Ship a family of files to Kafka: open what the options name, run, say how it went. */
#include "base/diag.h"
#include "base/fdio.h"
#include "base/path.h"
#include "base/stderr.h"
#include "family/names.h"
#include "family/position.h"
#include "logsink-ship/check.h"
#include "logsink-ship/options.h"
#include "logsink-ship/posfile.h"
#include "logsink-ship/properties.h"
#include "logsink-ship/reading.h"
#include "logsink-ship/ship.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_SHIPPED = 0, EXIT_REST = 1, EXIT_USAGE = 2 };

/* Blocked before any thread is started. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* FILE as an absolute path; the directory need not be there. */
static bool absolute(const char *file, char to[PATH_MAX])
{
	size_t n = names_directory(file);
	char directory[PATH_MAX];

	snprintf(directory, sizeof(directory), "%.*s", n ? (int)n : 1, n ? file : ".");
	if (!realpath(directory, to)) {
		if (!getcwd(to, PATH_MAX))
			return false;
		if (file[0] == '/')
			to[0] = '\0';
		if (n && !path_add(to, directory))
			return false;
	}
	size_t len = strlen(to);
	int more = snprintf(to + len, PATH_MAX - len, "%s%s", len == 1 ? "" : "/", file + n);
	return more >= 0 && len + (size_t)more < PATH_MAX;
}

static bool make_id(char id[POSITION_ID + 1])
{
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		return false;
	snprintf(id, POSITION_ID + 1, "%016" PRIx64, n);
	return true;
}

/* A position of another family or topic would ship from a wrong place. */
static bool check_position(const struct options *o, const char *path, const char *family,
			   const struct position *p)
{
	if (strcmp(p->topic, o->topic) != 0) {
		diag(DIAG_USAGE,
		     "%s is the position of the topic '%s'; for the topic '%s' give another "
		     "--position; try 'logsink-ship --help'",
		     path, p->topic, o->topic);
		return false;
	}
	if (strcmp(p->family, family) != 0)
		diag(DIAG_INFO, "the position in %s was made for %s, and is used for %s", path,
		     p->family, family);
	return true;
}

static bool begin_position(const struct options *o, const char *family, struct position *p)
{
	snprintf(p->family, sizeof(p->family), "%s", family);
	snprintf(p->topic, sizeof(p->topic), "%s", o->topic);
	if (make_id(p->id))
		return true;
	diag_cannot_start("the position");
	return false;
}

static int run_shipper(const struct options *o, const struct properties *properties, int signals)
{
	static struct position position;
	static char path[PATH_MAX], family[PATH_MAX];
	const struct reading_options r = { .file = o->file,
					   .any_roll = o->any_roll,
					   .roll = o->roll };
	struct ship_parts parts = {
		.o = o, .properties = properties, .position = &position, .signals = signals
	};
	int status = EXIT_REST;

	if (!absolute(o->file, family) ||
	    (!o->position && !posfile_default(o->file, o->topic, path))) {
		diag(DIAG_USAGE, "the path of FILE '%s' is too long; try 'logsink-ship --help'",
		     o->file);
		return EXIT_USAGE;
	}
	if (o->position)
		snprintf(path, sizeof(path), "%s", o->position);
	parts.reading = reading_new(&r);
	if (!parts.reading)
		return EXIT_REST;
	enum posfile_result found = posfile_open(path, o->check, &parts.posfile, &position);
	switch (found) {
	case POSFILE_FOUND:
		if (!check_position(o, path, family, &position)) {
			status = EXIT_USAGE;
			goto close;
		}
		break;
	case POSFILE_NEW:
		if (!begin_position(o, family, &position) ||
		    reading_start(parts.reading, o->from, &position) < 0)
			goto close;
		break;
	case POSFILE_DAMAGED:
		diag(DIAG_FATAL,
		     "%s holds no position that is whole, so it is not known what was shipped; "
		     "restore it, or remove it to begin anew, with --from=end or with all there is",
		     path);
		goto close;
	case POSFILE_REFUSED:
		goto close;
	}
	reading_go(parts.reading, &position);
	if (o->check) {
		status = check_run(o, properties, path, found == POSFILE_FOUND, &position,
				   parts.reading)
				 ? EXIT_SHIPPED
				 : EXIT_REST;
		goto close;
	}
	switch (ship_run(&parts)) {
	case SHIP_ALL:
		status = EXIT_SHIPPED;
		break;
	case SHIP_REST:
		break;
	case SHIP_REFUSED:
		status = EXIT_USAGE;
		break;
	}
close:
	posfile_close(parts.posfile);
	reading_free(parts.reading);
	return status;
}

static int print(const char *text)
{
	fputs(text, stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_SHIPPED;
	diag(DIAG_FATAL, "cannot write to standard output: %s", strerror(errno));
	return EXIT_REST;
}

int main(int argc, char *argv[])
{
	static struct options o;
	static struct properties properties;
	char error[512], version[128];
	int signals;

	diag_name("logsink-ship");
	signals = open_signals();
	if (signals < 0 || fdio_fill_standard() < 0) {
		diag_cannot_start("handling signals");
		return EXIT_REST;
	}
	switch (options_parse(argc, argv, &o, error)) {
	case OPTIONS_HELP:
		return print(options_help());
	case OPTIONS_VERSION:
		snprintf(version, sizeof(version), "logsink-ship " LOGSINK_VERSION " (%s)\n",
			 engine_version());
		return print(version);
	case OPTIONS_ERROR:
		diag(DIAG_USAGE, "%s; try 'logsink-ship --help'", error);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	diag_init(o.quiet ? DIAG_QUIET : o.verbose ? DIAG_VERBOSE : DIAG_NORMAL);
	const struct properties_options p = { .brokers = o.brokers,
					      .config = o.config,
					      .more = o.properties,
					      .more_count = o.property_count,
					      .environment = environ };
	if (properties_read(&p, &properties, error) < 0) {
		diag(DIAG_USAGE, "%s; try 'logsink-ship --help'", error);
		return EXIT_USAGE;
	}
	umask(027);
	if (stderr_start() < 0) {
		diag_cannot_start("the thread for standard error");
		return EXIT_REST;
	}
	int status = run_shipper(&o, &properties, signals);
	stderr_finish();
	properties_free(&properties);
	return status;
}
