/*
 * List the files of a log instead of printing them.
 *
 * A member that is there plain and compressed, as for a moment after its compression, is two files.
 */
#include "logsink-cat/list.h"

#include "family/calendar.h"
#include "logsink-cat/output.h"
#include "reader/unpack.h"
#include "record/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const forms[] = { "plain", "zst", "gz" };

struct file {
	char path[PATH_MAX + NAMES_SIZE];
	char period[32]; /* its first date; "-": it has none */
	unsigned part;
	enum names_suffix form;
	uint64_t bytes; /* of the file */
	uint64_t disk;  /* that it takes */
	bool known;     /* how many bytes of the log it holds: */
	uint64_t plain;
};

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void print(const char *format, ...)
{
	char text[2 * (PATH_MAX + NAMES_SIZE)];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_write(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* Fills what is known of a file; false: it is not there any more. */
static bool look(const struct members *m, const struct member *which, enum names_suffix form,
		 struct unpack *u, struct file *f)
{
	bool dated = strchr(members_names(m, which)->pattern, '%') != NULL;
	char name[NAMES_SIZE];
	struct stat st;
	struct tm tm;

	members_name(m, which, form, name);
	if (fstatat(members_fd(m), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	members_path(m, which, form, f->path, sizeof(f->path));
	f->part = which->part;
	f->form = form;
	f->bytes = f->plain = (uint64_t)st.st_size;
	f->disk = (uint64_t)st.st_blocks * 512;
	f->known = form == NAMES_PLAIN;
	calendar_show(which->period, &tm);
	if (!dated || strftime(f->period, sizeof(f->period), "%Y-%m-%dT%H:%M", &tm) == 0)
		stpcpy(f->period, "-");
	if (form == NAMES_ZST && u) {
		int fd = openat(members_fd(m), name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0 && unpack_start(u, fd, form) == 0)
			f->known = unpack_size(u, &f->plain) == 1;
		unpack_close(u);
	}
	return true;
}

static void print_row(const struct file *f)
{
	char plain[32] = "-", ratio[32] = "-";

	if (f->known)
		snprintf(plain, sizeof(plain), "%" PRIu64, f->plain);
	if (f->known && f->bytes > 0)
		snprintf(ratio, sizeof(ratio), "%.1f", (double)f->plain / (double)f->bytes);
	print("%-16s %4u %13" PRIu64 " %13s %6s  %s\n", f->period, f->part, f->bytes, plain, ratio,
	      f->path);
}

static void print_json(const struct file *f)
{
	char path[JSON_FACTOR * sizeof(f->path)];
	size_t n = json_escape(path, f->path, strlen(f->path));

	output_write("{\"file\":\"", 9);
	output_write(path, n);
	print("\",\"period\":");
	if (strcmp(f->period, "-") == 0)
		print("null");
	else
		print("\"%s\"", f->period);
	print(",\"part\":%u,\"form\":\"%s\",\"bytes\":%" PRIu64 ",\"plain_bytes\":", f->part,
	      forms[f->form], f->bytes);
	if (f->known)
		print("%" PRIu64 "}\n", f->plain);
	else
		print("null}\n");
}

/* Calls each for every file. */
static void walk(const struct members *m, struct unpack *u,
		 void (*each)(const struct file *f, void *arg), void *arg)
{
	static struct file f;

	for (size_t i = 0; i < members_count(m); i++) {
		const struct member *which = members_get(m, i);

		for (int form = NAMES_PLAIN; form <= NAMES_GZ; form++)
			if (which->forms >> form & 1 &&
			    look(m, which, (enum names_suffix)form, u, &f))
				each(&f, arg);
	}
}

static void print_file(const struct file *f, void *arg)
{
	switch (*(const enum list_form *)arg) {
	case LIST_TABLE:
		print_row(f);
		break;
	case LIST_JSON:
		print_json(f);
		break;
	case LIST_NAMES:
		break;
	}
}

/* Needs no look at the files. */
static void print_names(const struct members *m)
{
	char path[PATH_MAX + NAMES_SIZE];

	for (size_t i = 0; i < members_count(m); i++) {
		const struct member *which = members_get(m, i);

		for (int form = NAMES_PLAIN; form <= NAMES_GZ; form++) {
			if (!(which->forms >> form & 1))
				continue;
			members_path(m, which, (enum names_suffix)form, path, sizeof(path));
			output_write(path, strlen(path) + 1);
		}
	}
}

int list_print(const struct members *m, enum list_form form)
{
	struct unpack *u;

	if (form == LIST_NAMES) {
		print_names(m);
		return 0;
	}
	u = unpack_new();
	if (!u)
		return -1;
	if (form == LIST_TABLE)
		print("%-16s %4s %13s %13s %6s  %s\n", "PERIOD", "PART", "BYTES", "UNPACKED",
		      "RATIO", "FILE");
	walk(m, u, print_file, &form);
	unpack_free(u);
	return 0;
}

struct usage {
	uint64_t files, bytes, disk;
};

static void add(const struct file *f, void *arg)
{
	struct usage *u = arg;

	u->files++;
	u->bytes += f->bytes;
	u->disk += f->disk;
}

int list_usage(const struct members *m)
{
	struct usage u = { 0 };

	walk(m, NULL, add, &u);
	print("%" PRIu64 " files, %" PRIu64 " bytes, %" PRIu64 " bytes on the disk: %s\n", u.files,
	      u.bytes, u.disk, members_file(m));
	return 0;
}
