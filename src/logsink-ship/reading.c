/*
 * The bytes of a family that are not shipped yet, file after file.
 *
 * The next file is always the oldest one of which something is unread. So a file that grows again,
 * because the clock was set back, is gone back to, and a new part of an old period is not missed.
 *
 * A file is at its end when it has no more bytes after another one with unread bytes was seen:
 * logsink writes to one file at a time. Then, and not before, a line without a newline is taken for
 * whole. The link to the current file is never followed: it may lead two files on by now.
 *
 * A file that is compressed meanwhile is read on through its descriptor. If it has to be opened
 * again, its compressed form has the same bytes at the same offsets.
 */
#include "logsink-ship/reading.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/diag.h"
#include "base/fdio.h"
#include "base/ratelimit.h"
#include "family/directory.h"
#include "family/family.h"
#include "family/names.h"
#include "family/position.h"
#include "reader/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HEAD = 1024,     /* bytes by which a file is known again */
	LOOK_S = 5,      /* look at the directory at least so often */
	COMPLAIN_S = 60, /* about the same thing */
};

static const enum calendar_roll rolls[] = { CALENDAR_DAILY,   CALENDAR_HOURLY, CALENDAR_WEEKLY,
					    CALENDAR_MONTHLY, CALENDAR_NEVER,  CALENDAR_MINUTELY };
enum { ROLLS = sizeof(rolls) / sizeof(rolls[0]) };

struct reading {
	struct reading_options o;
	struct directory *dir;
	struct names possible[ROLLS]; /* with any roll that it may have */
	size_t possible_count;
	struct names names;
	bool known; /* names are those of the family */

	struct position *at; /* only its files: how far each was read */
	struct family files; /* as last seen */
	bool look;           /* at the directory */
	int64_t looked_ns;
	int inotify, watch;

	struct unpack *unpack;
	bool open;
	struct names_member member; /* the current file */
	char name[NAMES_SIZE];
	uint64_t offset;            /* of its next byte */
	bool after_torn, last_look; /* the last is for its end */

	struct reading_gap gap;
	struct ratelimit complaint;
};

static struct directory *open_directory(const struct reading_options *o)
{
	const struct directory_options d = { .file = o->file,
					     .calendar = { .roll = o->roll },
					     .look_only = true };

	return directory_open(&d);
}

static bool make_names(struct reading *r)
{
	const char *name = r->o.file + names_directory(r->o.file);

	for (size_t i = 0; i < ROLLS; i++) {
		if (!r->o.any_roll && rolls[i] != r->o.roll)
			continue;
		enum names_verdict verdict =
			names_init(&r->possible[r->possible_count], name, rolls[i]);
		r->possible_count += verdict == NAMES_FINE || verdict == NAMES_REPEATING;
	}
	if (r->possible_count > 0)
		return true;
	diag(DIAG_FATAL, "the files of %s could not be told from others by their names", r->o.file);
	return false;
}

struct reading *reading_new(const struct reading_options *o)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (!r)
		goto no_memory;
	r->o = *o;
	r->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r->watch = -1;
	r->look = true;
	r->at = calloc(1, sizeof(*r->at));
	r->unpack = unpack_new();
	if (!r->at || !r->unpack)
		goto no_memory;
	if (make_names(r))
		r->dir = open_directory(o);
	if (r->dir)
		return r;
	reading_free(r);
	return NULL;
no_memory:
	diag_cannot_start("reading");
	reading_free(r);
	return NULL;
}

void reading_free(struct reading *r)
{
	if (!r)
		return;
	if (r->dir)
		directory_close(r->dir, false);
	if (r->inotify >= 0)
		close(r->inotify);
	unpack_free(r->unpack);
	family_clear(&r->files);
	free(r->at);
	free(r);
}

/* ---- the directory ---- */

/* Says so, once a minute. */
static void complain(struct reading *r, const char *what, const char *name)
{
	int error = errno;

	if (ratelimit_pass(&r->complaint, clock_mono_ns(), COMPLAIN_S * CLOCK_SECOND))
		diag(DIAG_PAUSING, "cannot %s %s%s: %s; it is tried again", what,
		     directory_prefix(r->dir), name, strerror(error));
}

/* Another directory may have taken the place of ours, or there was none yet. */
static void renew_directory(struct reading *r)
{
	const char *path = directory_name(r->dir);
	struct stat st;

	if (directory_fd(r->dir) >= 0 && fstat(directory_fd(r->dir), &st) == 0 &&
	    fdio_leads_to(AT_FDCWD, path, 0, &st) != 0)
		return;
	struct directory *other = open_directory(&r->o);
	if (!other)
		return;
	if (directory_fd(other) < 0 && directory_fd(r->dir) >= 0) {
		directory_close(other, false); /* what is open is read on */
		return;
	}
	directory_close(r->dir, false);
	r->dir = other;
	if (r->watch >= 0)
		inotify_rm_watch(r->inotify, r->watch);
	r->watch = -1;
}

static void watch(struct reading *r)
{
	char path[32];

	if (r->inotify < 0 || r->watch >= 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", directory_fd(r->dir));
	r->watch = inotify_add_watch(
		r->inotify, path, IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO);
}

/* Finds the roll by which there are files. */
static bool find_names(struct reading *r)
{
	for (size_t i = 0; i < r->possible_count && !r->known; i++) {
		r->names = r->possible[i];
		r->known = !r->o.any_roll ||
			   (family_scan(r->dir, &r->names, false, &r->files, NULL, NULL) == 0 &&
			    r->files.count > 0);
		family_clear(&r->files);
	}
	return r->known;
}

static bool same_file(const struct names_member *a, const struct names_member *b)
{
	return a->period == b->period && a->part == b->part;
}

/* Whether the i-th file is the compressed form of one that is there too. */
static bool is_double(const struct family *f, size_t i)
{
	return i > 0 && same_file(&f->files[i - 1].member, &f->files[i].member);
}

/* newer: there is a newer file, so that it can end. */
static bool is_unread(const struct reading *r, const struct family_file *file, bool newer)
{
	const struct names_member *m = &file->member;
	const struct position_file *f = position_find(r->at, m->period, m->part);

	if (position_is_old(r->at, m->period, m->part))
		return false;
	if (!f)
		return true;
	if (file->member.suffix != NAMES_PLAIN)
		return !f->ended;
	return file->size > f->offset || (newer && !f->ended);
}

static bool is_listed(const struct family *list, int64_t period, unsigned part)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->files[i].member.period == period && list->files[i].member.part == part)
			return true;
	return false;
}

static void say_gap(struct reading *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say_gap(struct reading *r, const char *format, ...)
{
	va_list args;

	r->gap = (struct reading_gap){ 0 };
	va_start(args, format);
	vsnprintf(r->gap.text, sizeof(r->gap.text), format, args);
	va_end(args);
}

/* The gap leaves a file that is not there any more. */
static void leave_file(struct reading *r, struct position_file *f, uint64_t bytes)
{
	f->ended = true;
	r->gap.bytes = bytes;
	r->gap.moves = r->gap.ends = true;
	r->gap.period = f->period;
	r->gap.part = f->part;
	r->gap.end = f->offset;
}

/* Finds one file that was on the list, or was begun, and is gone before it was read. */
static bool find_gap(struct reading *r, const struct family *before)
{
	char name[NAMES_SIZE];

	for (size_t i = 0; i < r->at->file_count; i++) {
		struct position_file *f = &r->at->files[i];

		if (f->ended || is_listed(&r->files, f->period, f->part) ||
		    (r->open && r->member.period == f->period && r->member.part == f->part))
			continue;
		struct names_member m = { .period = f->period, .part = f->part };
		names_build(&r->names, &m, name);
		say_gap(r,
			"%s%s was deleted before it was shipped to its end; what it had behind "
			"byte %ju is missing",
			directory_prefix(r->dir), name, (uintmax_t)f->offset);
		leave_file(r, f, 0);
		return true;
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct names_member *m = &before->files[i].member;

		if (is_listed(&r->files, m->period, m->part) ||
		    position_find(r->at, m->period, m->part) ||
		    position_is_old(r->at, m->period, m->part))
			continue;
		names_build(&r->names, m, name);
		say_gap(r, "%s%s was deleted before it was shipped", directory_prefix(r->dir),
			name);
		leave_file(r, position_add(r->at, m->period, m->part), before->files[i].size);
		return true;
	}
	return false;
}

/* Looks at the directory; a gap is told first. */
static enum reading_result look(struct reading *r)
{
	struct family before = r->files;

	r->looked_ns = clock_mono_ns();
	renew_directory(r);
	if (directory_fd(r->dir) < 0 || !find_names(r))
		return READING_NOTHING;
	watch(r); /* before: nothing that happens meanwhile is missed */
	r->files = (struct family){ 0 };
	if (family_scan(r->dir, &r->names, true, &r->files, NULL, NULL) < 0) {
		complain(r, "read the directory", "");
		family_clear(&r->files);
		r->files = before;
		return READING_FAILED;
	}
	bool gap = r->at->file_count > 0 && find_gap(r, &before);
	if (gap) { /* there may be another */
		family_clear(&r->files);
		r->files = before;
		return READING_GAP;
	}
	family_clear(&before);
	r->look = false;
	return READING_NOTHING;
}

/* ---- files ---- */

static void keep_name(struct reading *r)
{
	struct names_member plain = r->member;

	plain.suffix = NAMES_PLAIN;
	names_build(&r->names, &plain, r->name);
}

static void close_file(struct reading *r)
{
	unpack_close(r->unpack);
	r->open = false;
}

/*
 * The oldest file of which something is unread; NULL: there is none. other: not the current one.
 */
static const struct family_file *oldest_unread(const struct reading *r, bool other)
{
	for (size_t i = 0; i < r->files.count; i++) {
		const struct family_file *file = &r->files.files[i];

		if (!is_double(&r->files, i) && !(other && same_file(&file->member, &r->member)) &&
		    is_unread(r, file, i + 1 < r->files.count))
			return file;
	}
	return NULL;
}

/* Whether it is still the file whose beginning the position has. */
static bool is_known_again(struct reading *r, const struct position_file *f)
{
	const char *bytes;
	uint32_t crc = 0, left = r->at->head_bytes;

	if (f->period != r->at->head_period || f->part != r->at->head_part || left == 0 ||
	    f->offset == 0)
		return true;
	if (unpack_seek(r->unpack, 0) < 0)
		return true; /* it will be told */
	while (left > 0) {
		ssize_t n = unpack_next(r->unpack, &bytes);
		size_t some = n < 0 ? 0 : (size_t)n < left ? (size_t)n : left;

		if (n < 0)
			return true;
		if (n == 0)
			return false;
		crc = crc32c(crc, bytes, some);
		left -= (uint32_t)some;
	}
	return crc == r->at->head_crc;
}

/* Opens it and goes to where it was read to. */
static enum reading_result open_file(struct reading *r, const struct family_file *file)
{
	char name[NAMES_SIZE];

	names_build(&r->names, &file->member, name);
	int fd = openat(directory_fd(r->dir), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		r->look = true;
		if (errno == ENOENT) /* it was compressed or deleted a moment ago */
			return READING_NOTHING;
		complain(r, "open", name);
		return READING_FAILED;
	}
	if (unpack_start(r->unpack, fd, file->member.suffix) < 0) {
		complain(r, "read", name);
		return READING_FAILED;
	}
	r->open = true;
	r->last_look = false;
	r->member = file->member;
	keep_name(r);
	struct position_file *f = position_add(r->at, file->member.period, file->member.part);
	if (!is_known_again(r, f)) {
		diag(DIAG_WARNING,
		     "%s%s is another file than the one that was shipped from before; it is "
		     "shipped from its beginning",
		     directory_prefix(r->dir), name);
		f->offset = 0;
		f->torn = false;
	}
	if (unpack_seek(r->unpack, f->offset) < 0 && errno != EBADMSG) {
		complain(r, "read", name);
		close_file(r);
		return READING_FAILED;
	}
	r->offset = f->offset;
	r->after_torn = f->torn;
	f->torn = false;
	return READING_FILE;
}

static enum reading_result end_file(struct reading *r)
{
	position_add(r->at, r->member.period, r->member.part)->ended = true;
	close_file(r);
	r->look = true;
	return READING_END;
}

/* It has no more bytes. */
static enum reading_result at_end(struct reading *r)
{
	struct stat st;

	if (r->member.suffix != NAMES_PLAIN)
		return end_file(r);
	if (r->last_look) /* and had none after another one was seen */
		return end_file(r);
	if (fstat(unpack_fd(r->unpack), &st) == 0 && (uint64_t)st.st_size < r->offset) {
		say_gap(r, "%s%s was truncated; it is shipped from its beginning again",
			directory_prefix(r->dir), r->name);
		r->gap.moves = true;
		r->gap.period = r->member.period;
		r->gap.part = r->member.part;
		position_add(r->at, r->member.period, r->member.part)->offset = 0;
		close_file(r);
		r->look = true;
		return READING_GAP;
	}
	const struct family_file *next = oldest_unread(r, true);
	if (next) {
		if (names_order(&next->member, &r->member) < 0)
			close_file(r); /* an older one grew; back to this one later */
		else
			r->last_look = true;
		return READING_FILE; /* go on */
	}
	return READING_NOTHING;
}

static enum reading_result read_on(struct reading *r, const char **bytes, size_t *len)
{
	ssize_t n = unpack_next(r->unpack, bytes);

	if (n > 0) {
		*len = (size_t)n;
		r->offset += (uint64_t)n;
		position_add(r->at, r->member.period, r->member.part)->offset = r->offset;
		return READING_BYTES;
	}
	if (n == 0)
		return at_end(r);
	if (errno == EBADMSG) {
		say_gap(r, "%s%s: %s", directory_prefix(r->dir), r->name,
			unpack_missing(r->unpack));
		return READING_GAP;
	}
	complain(r, "read", r->name);
	close_file(r);
	r->look = true;
	return READING_FAILED;
}

/* What has happened since; true: look at the directory. */
static bool has_news(struct reading *r)
{
	_Alignas(struct inotify_event) char bytes[8192];
	bool news = false;
	ssize_t n;

	while (r->inotify >= 0 && (n = read(r->inotify, bytes, sizeof(bytes))) > 0) {
		const struct inotify_event *e;

		for (char *p = bytes; p < bytes + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)p;
			if (e->len > 0 && e->name[0] == '.')
				continue; /* a lock, or our own position */
			if (e->mask != IN_MODIFY || !r->open || strcmp(e->name, r->name) != 0)
				news = true;
		}
	}
	return news;
}

enum reading_result reading_next(struct reading *r, const char **bytes, size_t *len)
{
	/* A few turns: from the end of one file to the next. */
	for (int turn = 0; turn < 4; turn++) {
		enum reading_result result;

		if (r->open) {
			result = read_on(r, bytes, len);
			if (result == READING_FILE)
				continue;
			if (result != READING_NOTHING)
				return result;
		}
		if (has_news(r) || clock_mono_ns() - r->looked_ns > LOOK_S * CLOCK_SECOND)
			r->look = true;
		if (r->look) {
			result = look(r);
			if (result != READING_NOTHING)
				return result;
		} else if (r->open) {
			return READING_NOTHING;
		}
		const struct family_file *next = oldest_unread(r, false);
		if (!next)
			return READING_NOTHING;
		if (r->open)
			continue; /* its end decides */
		result = open_file(r, next);
		if (result != READING_NOTHING)
			return result;
	}
	return READING_NOTHING;
}

/* ---- where to begin ---- */

void reading_go(struct reading *r, const struct position *p)
{
	close_file(r);
	*r->at = *p;
	r->look = true;
}

static const struct family_file *newest(const struct reading *r)
{
	for (size_t i = r->files.count; i-- > 0;)
		if (!is_double(&r->files, i))
			return &r->files.files[i];
	return NULL;
}

int reading_start(struct reading *r, enum reading_from from, struct position *p)
{
	if (from == READING_FROM_BEGINNING)
		return 0;
	look(r);
	r->look = true;
	const struct family_file *last = newest(r);
	if (!last)
		return 0;
	struct position_file *f = position_add(p, last->member.period, last->member.part);
	f->offset = last->member.suffix == NAMES_PLAIN ? last->size : 0;
	f->ended = last->member.suffix != NAMES_PLAIN;
	return 0;
}

/* ---- the current file ---- */

int64_t reading_period(const struct reading *r)
{
	return r->member.period;
}

unsigned reading_part(const struct reading *r)
{
	return r->member.part;
}

const char *reading_name(const struct reading *r)
{
	return r->name;
}

uint64_t reading_offset(const struct reading *r)
{
	return r->offset;
}

bool reading_after_torn(const struct reading *r)
{
	return r->after_torn;
}

void reading_torn(struct reading *r)
{
	position_add(r->at, r->member.period, r->member.part)->torn = true;
}

const struct reading_gap *reading_gap(const struct reading *r)
{
	return &r->gap;
}

void reading_head(struct reading *r, struct position *p)
{
	char bytes[HEAD];

	if (!r->open || r->member.suffix != NAMES_PLAIN)
		return;
	const struct position_file *f = position_find(p, r->member.period, r->member.part);
	if (!f)
		return;
	size_t want = f->offset < HEAD ? (size_t)f->offset : HEAD;
	ssize_t n = pread(unpack_fd(r->unpack), bytes, want, 0);
	if (n < 0 || (size_t)n != want)
		return;
	p->head_period = f->period;
	p->head_part = f->part;
	p->head_bytes = (uint32_t)want;
	p->head_crc = crc32c(0, bytes, want);
}

int reading_fd(const struct reading *r)
{
	return r->watch >= 0 ? r->inotify : -1;
}

void reading_look(struct reading *r)
{
	r->look = true;
}

uint64_t reading_waiting(struct reading *r, size_t *files)
{
	uint64_t bytes = 0;

	*files = 0;
	for (size_t i = 0; i < r->files.count; i++) {
		const struct family_file *file = &r->files.files[i];

		if (is_double(&r->files, i) || !is_unread(r, file, false))
			continue;
		const struct position_file *f =
			position_find(r->at, file->member.period, file->member.part);
		uint64_t read = f && file->member.suffix == NAMES_PLAIN ? f->offset : 0;
		bytes += file->size > read ? file->size - read : 0;
		(*files)++;
	}
	return bytes;
}

bool reading_member(const struct reading *r, const char *name, int64_t *period, unsigned *part)
{
	struct names_member m;
	bool found = r->known && names_parse(&r->names, name, &m);

	for (size_t i = 0; i < r->possible_count && !r->known && !found; i++)
		found = names_parse(&r->possible[i], name, &m);
	if (!found)
		return false;
	*period = m.period;
	*part = m.part;
	return true;
}

bool reading_is_there(struct reading *r)
{
	look(r);
	r->look = true;
	return r->files.count > 0;
}
