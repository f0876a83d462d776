/* The closed files of the family: what is on the disk, and a list of it in memory. */
#include "family/family.h"

#include "base/path.h"
#include "base/trust.h"
#include "family/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char temporary_end[] = ".tmp";

/* ---- the list ---- */

static int order(const struct names_member *a, const struct names_member *b)
{
	int by_name = names_order(a, b);

	return by_name ? by_name : (int)a->suffix - (int)b->suffix;
}

/* The index of the first file that is not older than m. */
static size_t place_of(const struct family *f, const struct names_member *m)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(&f->files[middle].member, m) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_room(struct family *f)
{
	size_t room = f->room ? 2 * f->room : 64;
	struct family_file *files;

	if (f->count < f->room)
		return 0;
	files = realloc(f->files, room * sizeof(*files));
	if (!files)
		return -1;
	f->files = files;
	f->room = room;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return order(&((const struct family_file *)a)->member,
		     &((const struct family_file *)b)->member);
}

static int append(struct family *f, const struct family_file *file)
{
	if (make_room(f) < 0)
		return -1;
	f->files[f->count++] = *file;
	return 0;
}

int family_add(struct family *f, const struct family_file *file)
{
	size_t at = place_of(f, &file->member);

	if (at < f->count && order(&f->files[at].member, &file->member) == 0) {
		f->files[at] = *file;
		return 0;
	}
	if (make_room(f) < 0)
		return -1;
	memmove(f->files + at + 1, f->files + at, (f->count - at) * sizeof(*f->files));
	f->files[at] = *file;
	f->count++;
	return 0;
}

void family_cut(struct family *f, size_t from, size_t to)
{
	if (from == to)
		return; /* there may be no list at all */
	memmove(f->files + from, f->files + to, (f->count - to) * sizeof(*f->files));
	f->count -= to - from;
}

size_t family_find(const struct family *f, const struct names_member *m)
{
	size_t at = place_of(f, m);

	return at < f->count && order(&f->files[at].member, m) == 0 ? at : f->count;
}

size_t family_current(const struct family *f, int64_t period)
{
	for (size_t i = f->count; i-- > 0;)
		if (f->files[i].member.period == period &&
		    f->files[i].member.part <= NAMES_LAST_PART)
			/* The last one: its highest part, and plain sorts before compressed. */
			return f->files[i].member.suffix == NAMES_PLAIN ? i : f->count;
	return f->count;
}

size_t family_older(const struct family *f, const struct names_member *m)
{
	const struct names_member first = { m->period, m->part, NAMES_PLAIN };

	return place_of(f, &first);
}

bool family_compressible(const struct family *f, size_t i, size_t closed)
{
	const struct names_member *m = &f->files[i].member;

	return i < closed && m->suffix == NAMES_PLAIN &&
	       names_order(m, &f->files[closed - 1].member) < 0;
}

void family_clear(struct family *f)
{
	free(f->files);
	*f = (struct family){ 0 };
}

/* ---- the disk ---- */

void family_temporary(const char *name, char to[NAMES_SIZE])
{
	const char *base = path_base(name);

	snprintf(to, NAMES_SIZE, "%.*s.%s%s", (int)(base - name), name, base, temporary_end);
}

/* Whether base, in the directory prefix ("2026/11/"), is a temporary of ours. */
static bool is_leftover(const struct names *names, const char *prefix, const char *base)
{
	size_t len = strlen(base), end = strlen(temporary_end);
	char name[NAMES_SIZE];
	struct names_member m;

	if (base[0] != '.' || len <= end + 1 || strcmp(base + len - end, temporary_end) != 0)
		return false;
	if (snprintf(name, sizeof(name), "%s%.*s", prefix, (int)(len - end - 1), base + 1) >=
	    (int)sizeof(name))
		return false;
	return names_parse(names, name, &m) && m.suffix != NAMES_PLAIN;
}

struct scan {
	const struct names *names;
	struct family *family;
	bool measure;
	bool doubtful; /* somebody else's files may be among them: look at each */
	void (*leftover)(void *, const char *);
	void *arg;
};

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static int scan_directory(const struct scan *s, int at, const char *name, const char *prefix);

static void measure(struct family_file *file, const struct stat *st)
{
	file->size = (uint64_t)st->st_size;
	file->mtime = st->st_mtime;
	file->measured = true;
}

/* A name that is a member's, in the directory dir. */
static int scan_member(const struct scan *s, DIR *dir, const struct dirent *e,
		       struct family_file *file)
{
	struct stat st;

	if (!s->family)
		return 0;
	if (s->measure || s->doubtful || e->d_type == DT_UNKNOWN) {
		if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == ENOENT ? 0 : -1;
		if (!S_ISREG(st.st_mode) || trust_is_foreign(dirfd(dir), &st))
			return 0;
		measure(file, &st);
	} else if (e->d_type != DT_REG) {
		return 0;
	}
	return append(s->family, file);
}

/* One name in the directory dir, whose own path is prefix. */
static int scan_entry(const struct scan *s, DIR *dir, const char *prefix, const struct dirent *e)
{
	struct family_file file = { .size = 0 };
	char name[NAMES_SIZE], below[NAMES_SIZE];
	const char *base = e->d_name;

	if (snprintf(name, sizeof(name), "%s%s", prefix, base) >= (int)sizeof(name))
		return 0;
	if (names_parse(s->names, name, &file.member))
		return scan_member(s, dir, e, &file);
	if (s->leftover && is_leftover(s->names, prefix, base)) {
		s->leftover(s->arg, name);
		return 0;
	}
	if (!names_may_hold(s->names, name))
		return 0;
	if (snprintf(below, sizeof(below), "%s/", name) >= (int)sizeof(below))
		return 0;
	if (scan_directory(s, dirfd(dir), base, below) < 0 && errno != ENOENT && errno != ENOTDIR)
		return -1;
	return 0;
}

static int scan_directory(const struct scan *s, int at, const char *name, const char *prefix)
{
	DIR *dir = open_dir(at, name);
	struct dirent *e;
	int error = 0;

	if (!dir)
		return -1;
	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (scan_entry(s, dir, prefix, e) < 0)
			break;
	}
	error = errno;
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

int family_scan(const struct directory *dir, const struct names *names, bool measured,
		struct family *f, void (*leftover)(void *arg, const char *name), void *arg)
{
	const struct scan s = {
		.names = names,
		.family = f,
		.measure = measured,
		.doubtful = trust_may_be_foreign(directory_fd(dir)),
		.leftover = leftover,
		.arg = arg,
	};

	if (f)
		f->count = 0;
	int result = scan_directory(&s, directory_fd(dir), ".", "");
	int error = errno;

	if (f && f->count > 0)
		qsort(f->files, f->count, sizeof(*f->files), compare);
	errno = error;
	return result;
}

void family_measure(const struct directory *dir, const struct names *names,
		    struct family_file *file)
{
	char name[NAMES_SIZE];
	struct stat st;

	names_build(names, &file->member, name);
	if (directory_stat(dir, name, &st) == 0)
		measure(file, &st);
}

int family_newest_part(const struct directory *dir, const struct names *names, int64_t period,
		       unsigned *newest, bool *compressed)
{
	const struct names_member first = { .period = period, .part = 1 };
	char path[NAMES_SIZE], name[NAMES_SIZE];
	struct names_member m;
	struct dirent *e;

	*newest = 0;
	*compressed = false;
	names_build(names, &first, path);
	int prefix = (int)(path_base(path) - path);
	int fd = directory_enter(dir, path, false);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	DIR *d = open_dir(fd, ".");
	directory_leave(dir, fd);
	if (!d)
		return -1;
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (snprintf(name, sizeof(name), "%.*s%s", prefix, path, e->d_name) >=
			    (int)sizeof(name) ||
		    !names_parse(names, name, &m) || m.period != period || m.part < *newest ||
		    m.part > NAMES_LAST_PART)
			continue;
		*compressed = m.suffix != NAMES_PLAIN || (*compressed && m.part == *newest);
		*newest = m.part;
	}
	int error = errno;
	closedir(d);
	errno = error;
	return error ? -1 : 0;
}
