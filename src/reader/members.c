/*
 * The members of a family in their order, for who reads them while they change.
 *
 * logsink knows its --roll, a reader does not; and a log may have been written with several. So
 * FILE stands for the families of all of them, and a member says whose it is. Names are the
 * identity of members, not inodes: a name survives compression, and never comes again.
 */
#include "reader/members.h"

#include "base/fdio.h"
#include "base/path.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROLLS = CALENDAR_MONTHLY + 1, LINKS = 8, DEPTH = 16 };
enum { ROUNDS = 3, TICK_NS = 20 * 1000 * 1000 };
enum { FORMS = NAMES_GZ + 1 };

struct members {
	char *file;   /* FILE */
	char *prefix; /* of it: its directory, with '/' at its end; or empty */
	int fd;       /* of the directory; -1: none */
	struct names names[ROLLS];
	unsigned rolls; /* a bit for each of names that there is */
	uint8_t guess;  /* the roll of the last member that was seen */
	struct member *list;
	size_t count, room;
	char **directories; /* below the directory, with '/' at their ends */
	size_t directory_count, directory_room;
	bool settled;         /* the directories did not change during the last round */
	int error;            /* of the last scan */
	char where[PATH_MAX]; /* and the directory that it was about */
};

/* ---- the family ---- */

/* Sets the patterns that FILE stands for. */
static bool set_names(struct members *m)
{
	const char *name = m->file + strlen(m->prefix);
	bool template = strchr(name, '%') != NULL;

	m->rolls = 0;
	for (unsigned roll = 0; roll < ROLLS; roll++) {
		enum names_verdict verdict = NAMES_CONSTANT;

		/* A template is itself; a period in which its name changes makes it valid. */
		if (template && roll != CALENDAR_MINUTELY)
			continue;
		if (template) {
			for (unsigned by = CALENDAR_MINUTELY;
			     by < ROLLS && verdict == NAMES_CONSTANT; by++)
				verdict = names_init(&m->names[roll], name, (enum calendar_roll)by);
		} else {
			verdict = names_init(&m->names[roll], name, (enum calendar_roll)roll);
		}
		if (verdict == NAMES_FINE || verdict == NAMES_REPEATING)
			m->rolls |= 1U << roll;
	}
	return m->rolls != 0;
}

static void close_directory(struct members *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

static int open_directory(const struct members *m)
{
	return open(*m->prefix ? m->prefix : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes it the family of this FILE. */
static int set_file(struct members *m, const char *file)
{
	size_t n = names_directory(file);
	char *copy = strdup(file), *prefix = strndup(file, n);

	close_directory(m);
	if (!copy || !prefix) {
		free(copy);
		free(prefix);
		return -1;
	}
	free(m->file);
	free(m->prefix);
	m->file = copy;
	m->prefix = prefix;
	m->count = 0;
	if (!file[n] || !set_names(m)) {
		errno = EINVAL;
		return -1;
	}
	m->fd = open_directory(m);
	return 0;
}

/* ---- the list ---- */

int members_order(const struct member *a, const struct member *b)
{
	if (a->period != b->period)
		return a->period < b->period ? -1 : 1;
	if (a->roll != b->roll)
		return a->roll < b->roll ? -1 : 1;
	return (a->part > b->part) - (a->part < b->part);
}

static int compare(const void *a, const void *b)
{
	return members_order(a, b);
}

size_t members_after(const struct members *m, const struct member *last)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (members_order(&m->list[middle], last) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t members_find(const struct members *m, const struct member *which)
{
	size_t after = members_after(m, which);

	return after > 0 && members_order(&m->list[after - 1], which) == 0 ? after - 1 : m->count;
}

static int append(struct members *m, const struct member *member)
{
	if (m->count == m->room) {
		size_t room = m->room ? 2 * m->room : 64;
		struct member *list = realloc(m->list, room * sizeof(*list));

		if (!list)
			return -1;
		m->list = list;
		m->room = room;
	}
	m->list[m->count++] = *member;
	return 0;
}

/* Several forms of one member become one. */
static void unite(struct members *m)
{
	size_t n = 0;

	if (m->count == 0)
		return;
	qsort(m->list, m->count, sizeof(*m->list), compare);
	for (size_t i = 1; i < m->count; i++) {
		if (members_order(&m->list[n], &m->list[i]) == 0)
			m->list[n].forms |= m->list[i].forms;
		else
			m->list[++n] = m->list[i];
	}
	m->count = n + 1;
}

static bool parse_as(const struct members *m, unsigned roll, const char *name, struct member *which)
{
	struct names_member found;

	if (!(m->rolls >> roll & 1) || !names_parse(&m->names[roll], name, &found))
		return false;
	*which = (struct member){ .period = found.period,
				  .part = found.part,
				  .roll = (uint8_t)roll,
				  .forms = (uint8_t)(1U << found.suffix) };
	return true;
}

bool members_parse(const struct members *m, const char *name, struct member *which)
{
	if (parse_as(m, m->guess, name, which))
		return true;
	for (unsigned roll = 0; roll < ROLLS; roll++)
		if (roll != m->guess && parse_as(m, roll, name, which))
			return true;
	return false;
}

/* Whether a directory below ours may hold members. */
static bool may_hold(const struct members *m, const char *path)
{
	for (unsigned roll = 0; roll < ROLLS; roll++)
		if (m->rolls >> roll & 1 && strchr(m->names[roll].pattern, '/') &&
		    names_may_hold(&m->names[roll], path))
			return true;
	return false;
}

static int add_directory(struct members *m, const char *below)
{
	if (m->directory_count == m->directory_room) {
		size_t room = m->directory_room ? 2 * m->directory_room : 16;
		char **directories = realloc(m->directories, room * sizeof(*directories));

		if (!directories)
			return -1;
		m->directories = directories;
		m->directory_room = room;
	}
	m->directories[m->directory_count] = strdup(below);
	return m->directories[m->directory_count] ? (m->directory_count++, 0) : -1;
}

static void forget_directories(struct members *m)
{
	while (m->directory_count > 0)
		free(m->directories[--m->directory_count]);
}

static bool is_regular(DIR *dir, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_REG;
	return fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* What cannot be seen does not hide the rest: the first failure is kept. */
static void note_error(struct members *m, const char *below)
{
	if (m->error)
		return;
	m->error = errno;
	snprintf(m->where, sizeof(m->where), "%s%s", *m->prefix || *below ? m->prefix : ".", below);
}

static void scan_directory(struct members *m, int at, const char *name, const char *below,
			   int depth);

static void scan_entry(struct members *m, DIR *dir, const char *below, const struct dirent *e,
		       int depth)
{
	char name[NAMES_SIZE];
	struct member member;
	int n = snprintf(name, sizeof(name) - 1, "%s%s", below, e->d_name);

	if (n >= (int)sizeof(name) - 1)
		return;
	if (members_parse(m, name, &member)) {
		m->guess = member.roll;
		if (is_regular(dir, e) && append(m, &member) < 0)
			note_error(m, below);
	} else if (depth < DEPTH && may_hold(m, name)) {
		stpcpy(name + n, "/");
		scan_directory(m, dirfd(dir), e->d_name, name, depth + 1);
	}
}

/* When names of the directory changed last. */
static struct timespec changed(DIR *dir)
{
	struct stat st = { 0 };

	(void)fstat(dirfd(dir), &st);
	return st.st_mtim;
}

/*
 * Whether no name changed meanwhile. Times of change have the grain of a tick, so a very recent one
 * tells nothing.
 */
static bool is_settled(DIR *dir, const struct timespec *before)
{
	struct timespec after = changed(dir), now;

	if (after.tv_sec != before->tv_sec || after.tv_nsec != before->tv_nsec)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - after.tv_sec) * 1000000000LL + now.tv_nsec - after.tv_nsec > TICK_NS;
}

static void scan_directory(struct members *m, int at, const char *name, const char *below,
			   int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!dir) {
		/* Removed meanwhile, or no directory. */
		if (depth == 0 || (errno != ENOENT && errno != ENOTDIR && errno != ELOOP))
			note_error(m, below);
		if (fd >= 0)
			close(fd);
		return;
	}
	if (depth > 0 && add_directory(m, below) < 0)
		note_error(m, below);
	struct timespec before = changed(dir);
	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			scan_entry(m, dir, below, e, depth);
	if (errno)
		note_error(m, below);
	m->settled = m->settled && is_settled(dir, &before);
	closedir(dir);
}

/*
 * A directory that changes while it is read is read again. A file that is compressed meanwhile may
 * have been seen in neither form, and of two new ones only the later. The next round sees these;
 * what is newer than all of the round before may have such a gap below it again, and is left for
 * the next scan: whoever watches the directory has been told of it.
 */
static void scan_rounds(struct members *m)
{
	struct member top = { 0 };

	for (int round = 0; round < ROUNDS; round++) {
		if (m->count > 0)
			top = m->list[m->count - 1];
		forget_directories(m);
		m->settled = true;
		scan_directory(m, m->fd, ".", "", 0);
		unite(m);
		if (m->settled || m->error)
			return;
	}
	if (top.part > 0)
		m->count = members_after(m, &top);
}

int members_scan(struct members *m)
{
	m->count = 0;
	m->error = 0;
	if (m->fd < 0)
		m->fd = open_directory(m);
	if (m->fd < 0)
		note_error(m, "");
	else
		scan_rounds(m);
	errno = m->error;
	return m->error ? -1 : 0;
}

/* The directory that the path leads to, if that is another one; or -1. */
static int other_directory(const struct members *m)
{
	struct stat old, new;
	int fd = open_directory(m);

	if (fd >= 0 && m->fd >= 0 && fstat(m->fd, &old) == 0 && fstat(fd, &new) == 0 &&
	    fdio_same_file(&old, &new)) {
		close(fd);
		return -1;
	}
	return fd;
}

bool members_moved(const struct members *m)
{
	struct members there = *m;

	there.fd = other_directory(m);
	if (there.fd < 0)
		return false;
	there.list = NULL;
	there.directories = NULL;
	there.count = there.room = there.directory_count = there.directory_room = 0;
	(void)members_scan(&there);
	close_directory(&there);
	forget_directories(&there);
	free(there.directories);
	free(there.list);
	return there.count > 0;
}

int members_renew(struct members *m)
{
	int fd = other_directory(m);

	if (fd < 0)
		return 0;
	close_directory(m);
	m->fd = fd;
	return 1;
}

/* ---- which family does a path lead to? ---- */

/* Takes what the end of text has at the pattern's places of 'd', a digit each. */
static bool cut_date(char *text, size_t *len, const char *form)
{
	size_t n = strlen(form);

	if (*len <= n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[*len - n + i];

		if (form[i] == 'd' ? !isdigit((unsigned char)c) : c != form[i])
			return false;
	}
	*len -= n;
	text[*len] = '\0';
	return true;
}

static void cut_end(char *text, size_t *len, const char *end)
{
	size_t n = strlen(end);

	if (*len > n && strcmp(text + *len - n, end) == 0) {
		*len -= n;
		text[*len] = '\0';
	}
}

static bool is_part(const char *dot)
{
	return strncmp(dot, ".part", 5) == 0 && dot[5] && !dot[5 + strspn(dot + 5, "0123456789")];
}

static void cut_part(char *text, size_t *len)
{
	char *dot = strrchr(text, '.');

	if (!dot || dot == text || !is_part(dot))
		return;
	*dot = '\0';
	*len = (size_t)(dot - text);
}

/*
 * Guesses FILE of the member at path: what is left without .zst, part and date; with_ext: which are
 * before an extension.
 */
static bool guess_file(const char *path, bool with_ext, char file[PATH_MAX])
{
	static const char *const dates[] = { ".dddd-dd-ddTdd-dd", ".dddd-dd-ddTdd", ".dddd-dd-dd",
					     ".dddd-Wdd", ".dddd-dd" };
	size_t len = strlen(path);
	char ext[NAME_MAX + 1] = "";

	if (len >= PATH_MAX)
		return false;
	memcpy(file, path, len + 1);
	cut_end(file, &len, ".zst");
	cut_end(file, &len, ".gz");
	char *dot = with_ext ? strrchr(path_base(file), '.') : NULL;
	if (with_ext && (!dot || strlen(dot) > NAME_MAX || is_part(dot)))
		return false;
	if (dot) {
		snprintf(ext, sizeof(ext), "%s", dot);
		*dot = '\0';
		len = (size_t)(dot - file);
	}
	cut_part(file, &len);
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		if (cut_date(file, &len, dates[i]))
			break;
	stpcpy(file + len, ext);
	return *path_base(file) && strcmp(file, path) != 0;
}

/* Whether path is a member of the family of that FILE; m becomes that. */
static bool try_file(struct members *m, const char *file, const char *path)
{
	struct member member;

	if (set_file(m, file) < 0 || members_scan(m) < 0)
		return false;
	return members_parse(m, path + strlen(m->prefix), &member) &&
	       members_find(m, &member) < m->count;
}

static bool has_dated(const struct members *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->list[i].roll != CALENDAR_NEVER)
			return true;
	return false;
}

/* The path that the link at path leads to. */
static bool follow_link(char path[PATH_MAX])
{
	char target[PATH_MAX], whole[2 * PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	size_t directory = *target == '/' ? 0 : (size_t)(path_base(path) - path);
	snprintf(whole, sizeof(whole), "%.*s%s", (int)directory, path, target);
	if (strlen(whole) >= PATH_MAX)
		return false;
	stpcpy(path, whole);
	return true;
}

/* Makes m the family of what is at path; false: there is none. */
static bool look(struct members *m, const char *path)
{
	char file[PATH_MAX];

	if (set_file(m, path) == 0) {
		(void)members_scan(m);
		if (has_dated(m) || strchr(path, '%'))
			return m->count > 0;
	}
	for (int with_ext = 1; with_ext >= 0; with_ext--)
		if (guess_file(path, with_ext, file) && try_file(m, file, path))
			return true;
	if (set_file(m, path) < 0)
		return false;
	(void)members_scan(m);
	return m->count > 0;
}

static int find_family(struct members *m, const char *path)
{
	char at[PATH_MAX];
	struct stat st;

	if (strlen(path) >= sizeof(at)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	stpcpy(at, path);
	for (int i = 0; i < LINKS; i++) {
		if (look(m, at))
			return 0;
		if (!follow_link(at))
			break;
	}
	if (set_file(m, path) < 0)
		return -1;
	(void)members_scan(m);
	return 0;
}

struct members *members_new(const char *path)
{
	struct members *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fd = -1;
	m->guess = CALENDAR_DAILY;
	if (find_family(m, path) == 0)
		return m;
	int error = errno;
	members_free(m);
	errno = error;
	return NULL;
}

void members_free(struct members *m)
{
	if (!m)
		return;
	close_directory(m);
	forget_directories(m);
	free(m->directories);
	free(m->list);
	free(m->file);
	free(m->prefix);
	free(m);
}

/* ---- questions ---- */

int members_error(const struct members *m)
{
	return m->error;
}

const char *members_where(const struct members *m)
{
	return m->where;
}

size_t members_count(const struct members *m)
{
	return m->count;
}

const struct member *members_get(const struct members *m, size_t i)
{
	return &m->list[i];
}

const char *members_file(const struct members *m)
{
	return m->file;
}

const char *members_prefix(const struct members *m)
{
	return m->prefix;
}

int members_fd(const struct members *m)
{
	return m->fd;
}

const struct names *members_names(const struct members *m, const struct member *which)
{
	return &m->names[which->roll];
}

enum names_suffix members_best(const struct member *which)
{
	int form = NAMES_PLAIN;

	while (form < NAMES_GZ && !(which->forms >> form & 1))
		form++;
	return (enum names_suffix)form;
}

void members_name(const struct members *m, const struct member *which, enum names_suffix form,
		  char to[NAMES_SIZE])
{
	const struct names_member member = { which->period, which->part, form };

	names_build(&m->names[which->roll], &member, to);
}

void members_path(const struct members *m, const struct member *which, enum names_suffix form,
		  char *to, size_t size)
{
	char name[NAMES_SIZE];

	members_name(m, which, form, name);
	snprintf(to, size, "%s%s", m->prefix, name);
}

void members_directories(const struct members *m, void (*each)(void *arg, const char *path),
			 void *arg)
{
	char path[PATH_MAX];

	each(arg, *m->prefix ? m->prefix : ".");
	for (size_t i = 0; i < m->directory_count; i++) {
		snprintf(path, sizeof(path), "%s%s", m->prefix, m->directories[i]);
		each(arg, path);
	}
}

/* ---- opening ---- */

/* Opens a regular file, without waiting for anything that has taken its place. */
static int open_regular(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

int members_open(const struct members *m, const struct member *which, enum names_suffix *form)
{
	char name[NAMES_SIZE];

	/*
	 * The compressed form is there before the plain one goes, so one of the two is found,
	 * unless it is deleted; the second round is for a file that was made plain again.
	 */
	for (int round = 0; round < 2; round++) {
		for (int f = NAMES_PLAIN; f < FORMS; f++) {
			members_name(m, which, (enum names_suffix)f, name);
			int fd = open_regular(m->fd, name);
			if (fd >= 0 || (errno != ENOENT && errno != ELOOP)) {
				*form = (enum names_suffix)f;
				return fd;
			}
		}
	}
	errno = ENOENT;
	return -1;
}
