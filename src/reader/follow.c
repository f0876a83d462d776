/*
 * All bytes of a log in their order, each once, while it is rolled, compressed and deleted.
 *
 * logsink writes one member after the other. So when the list shows a newer member, all bytes of
 * the ones before it have been written, and what is read after the list was made is the whole rest
 * of them. However many rolls lie between two looks, none is skipped: what to read next is found in
 * the list, never through the link.
 *
 * There are exceptions, and for them it is noted how far each plain member was read: a clock
 * that was set back lets an older member grow; a member that was deleted may be made again under
 * its name, which its inode tells; and a directory that was moved away may have a successor, in
 * which a name tells nothing and only the inode does.
 */
#include "reader/follow.h"

#include "reader/unpack.h"
#include "reader/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NEWEST = 32,   /* plain members that may still grow */
	AGAIN_MS = 50, /* after bytes of one member, when to look for those of others */
};

/* How far a member was read. */
struct mark {
	struct member member;
	uint64_t read;
	dev_t dev; /* of its plain form, if that was read; otherwise 0 */
	ino_t ino;
};

struct follow {
	struct members *members;
	struct watch *watch;
	struct unpack *unpack;

	struct mark current; /* what is being read */
	bool open, packed;   /* it is; and it is compressed, so it has an end */
	bool again;          /* its name leads to a new file: that follows */
	bool begin;          /* it was not opened yet */
	size_t next;         /* index of the member to be looked at next */
	size_t growing;      /* of the oldest one that may still grow */

	struct mark *marks; /* of all members that were begun, in order */
	size_t count, room;

	bool names, bytes;  /* news that were not looked after yet */
	bool moved;         /* another directory follows */
	bool gave;          /* there were bytes since the last wait */
	size_t directories; /* that are watched */
	int failure;        /* errno of a list that is not complete; told once */
};

struct follow *follow_new(struct members *m, struct watch *w)
{
	struct follow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->members = m;
	f->watch = w;
	f->unpack = unpack_new();
	if (!f->unpack) {
		follow_free(f);
		errno = ENOMEM;
		return NULL;
	}
	f->failure = w && members_error(m) == ENOENT ? 0 : members_error(m);
	f->names = w != NULL; /* the list is older than the watch */
	return f;
}

void follow_free(struct follow *f)
{
	if (!f)
		return;
	unpack_free(f->unpack);
	free(f->marks);
	free(f);
}

/* ---- marks ---- */

/* The index of the first mark that is not older. */
static size_t place(const struct follow *f, const struct member *which)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (members_order(&f->marks[middle].member, which) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct mark *find_mark(const struct follow *f, const struct member *which)
{
	size_t at = place(f, which);

	return at < f->count && members_order(&f->marks[at].member, which) == 0 ? &f->marks[at]
										: NULL;
}

/* Without memory nothing is noted; then a member that grows later is read again as a whole. */
static void set_mark(struct follow *f, const struct mark *mark)
{
	size_t at = place(f, &mark->member);

	if (!f->watch)
		return;
	if (at < f->count && members_order(&f->marks[at].member, &mark->member) == 0) {
		f->marks[at] = *mark;
		return;
	}
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct mark *marks = realloc(f->marks, room * sizeof(*marks));

		if (!marks)
			return;
		f->marks = marks;
		f->room = room;
	}
	memmove(f->marks + at + 1, f->marks + at, (f->count - at) * sizeof(*f->marks));
	f->marks[at] = *mark;
	f->count++;
}

/* The list may lack a member that was compressed while the directory was read. */
static bool is_there(const struct follow *f, const struct member *which)
{
	enum names_suffix form;
	int fd = members_open(f->members, which, &form);

	if (fd < 0)
		return errno != ENOENT;
	close(fd);
	return true;
}

/* Forgets the marks of members that are not there any more; they do not come again. */
static void forget_deleted(struct follow *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		if (members_find(f->members, &f->marks[i].member) < members_count(f->members) ||
		    is_there(f, &f->marks[i].member))
			f->marks[n++] = f->marks[i];
	f->count = n;
}

/* The status of a member's plain form; false: it has none. */
static bool plain_stat(const struct follow *f, const struct member *which, struct stat *st)
{
	char name[NAMES_SIZE];

	members_name(f->members, which, NAMES_PLAIN, name);
	return fstatat(members_fd(f->members), name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st->st_mode);
}

/* In another directory, a file that is not the same is a new one, whatever its name. */
static void forget_moved(struct follow *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		struct stat st;

		if (f->marks[i].ino && plain_stat(f, &f->marks[i].member, &st) &&
		    (st.st_ino != f->marks[i].ino || st.st_dev != f->marks[i].dev))
			continue;
		f->marks[n++] = f->marks[i];
	}
	f->count = n;
}

void follow_from(struct follow *f, const struct member *which, uint64_t offset)
{
	size_t at = members_find(f->members, which);

	f->next = at < members_count(f->members) ? at : members_after(f->members, which);
	for (size_t i = 0; i < f->next; i++)
		set_mark(f, &(struct mark){ *members_get(f->members, i), .read = UINT64_MAX });
	f->current = (struct mark){ *which, .read = offset };
	f->begin = true;
	set_mark(f, &f->current);
}

/* ---- members ---- */

static void close_current(struct follow *f)
{
	if (f->packed)
		f->current.read = UINT64_MAX;
	unpack_close(f->unpack);
	f->open = false;
	set_mark(f, &f->current);
}

/* What is known of the current member. */
static void describe(const struct follow *f, struct follow_piece *p)
{
	*p = (struct follow_piece){ .member = f->current.member,
				    .form = unpack_form(f->unpack),
				    .offset = f->current.read };
}

static enum follow_event missing(const struct follow *f, struct follow_piece *p, int error)
{
	describe(f, p);
	p->error = error;
	if (error == EBADMSG)
		p->detail = unpack_missing(f->unpack);
	return FOLLOW_MISSING;
}

/* A member that cannot be read is not tried again. */
static enum follow_event give_up(struct follow *f, struct follow_piece *p, int error)
{
	enum follow_event event = missing(f, p, error);

	f->current.read = UINT64_MAX;
	unpack_close(f->unpack);
	f->open = false;
	set_mark(f, &f->current);
	return event;
}

/* Goes behind what was read of the current member; damage before that is no news. */
static int seek(struct follow *f)
{
	while (unpack_seek(f->unpack, f->current.read) < 0)
		if (errno != EBADMSG)
			return -1;
	return 0;
}

/* Opens a member behind what was read of it. */
static enum follow_event open_member(struct follow *f, const struct member *which, uint64_t from,
				     struct follow_piece *p)
{
	enum names_suffix form = members_best(which);
	struct stat st = { 0 };
	int fd = members_open(f->members, which, &form);

	f->current = (struct mark){ .member = *which, .read = from };
	f->begin = false;
	if (fd < 0 || fstat(fd, &st) < 0 || unpack_start(f->unpack, fd, form) < 0) {
		enum follow_event event = give_up(f, p, errno);

		p->form = form;
		return event;
	}
	f->open = true;
	f->packed = form != NAMES_PLAIN;
	if (!f->packed) {
		f->current.dev = st.st_dev;
		f->current.ino = st.st_ino;
	}
	if (!f->packed && f->watch)
		watch_file(f->watch, fd);
	if (from > 0 && seek(f) < 0)
		return give_up(f, p, errno);
	describe(f, p);
	return FOLLOW_BEGIN;
}

/*
 * Whether the member of that index is to be read, from an offset. One that was compressed does not
 * grow, and one that was decompressed again is not read again.
 */
static bool is_unread(const struct follow *f, size_t index, uint64_t *from)
{
	const struct member *which = members_get(f->members, index);
	const struct mark *mark;
	struct stat st;

	*from = 0;
	if (members_order(which, &f->current.member) == 0 && (f->begin || f->open)) {
		*from = f->current.read;
		return f->begin;
	}
	mark = find_mark(f, which);
	if (!mark)
		return true;
	*from = mark->read;
	return index >= f->growing && mark->read != UINT64_MAX && plain_stat(f, which, &st) &&
	       st.st_ino == mark->ino && (uint64_t)st.st_size > mark->read;
}

/* Goes on to the next member of the list with something to read. */
static bool find_unread(struct follow *f, size_t *index, uint64_t *from)
{
	for (; f->next < members_count(f->members); f->next++) {
		if (is_unread(f, f->next, from)) {
			*index = f->next++;
			return true;
		}
	}
	return false;
}

/* ---- the list ---- */

static void on_directory(void *arg, const char *path)
{
	struct follow *f = arg;

	watch_directory(f->watch, path);
	f->directories++;
}

static void watch_directories(struct follow *f)
{
	f->directories = 0;
	members_directories(f->members, on_directory, f);
}

/* The oldest of the newest plain members. */
static size_t find_growing(const struct follow *f)
{
	size_t i = members_count(f->members);

	for (int plain = 0; i > 0 && plain < NEWEST; i--)
		plain += members_get(f->members, i - 1)->forms >> NAMES_PLAIN & 1;
	return i;
}

/* The first of them that are not being read are watched, too; those that are gone are not there. */
static void watch_growing(const struct follow *f)
{
	for (size_t i = f->growing; i < members_count(f->members); i++) {
		const struct mark *mark = find_mark(f, members_get(f->members, i));
		enum names_suffix form;
		int fd;

		if (!mark || !mark->ino)
			continue;
		fd = members_open(f->members, &mark->member, &form);
		if (fd >= 0 && form == NAMES_PLAIN)
			watch_file(f->watch, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* Makes the list anew; what is to be read is looked for from its beginning. */
static void list_again(struct follow *f)
{
	size_t before;
	struct stat st;

	f->names = f->bytes = false;
	f->moved = members_moved(f->members);
	/* Watched first, so that no change is missed; and again if there are more directories. */
	watch_directories(f);
	do {
		before = f->directories;
		(void)members_scan(f->members);
		watch_directories(f);
	} while (f->directories > before);
	f->failure = members_error(f->members) == ENOENT ? 0 : members_error(f->members);
	f->growing = find_growing(f);
	f->next = 0;
	forget_deleted(f);
	watch_growing(f);
	f->again = f->open && !f->packed && plain_stat(f, &f->current.member, &st) &&
		   (st.st_ino != f->current.ino || st.st_dev != f->current.dev);
}

/* The old directory was read to its end. */
static void move_on(struct follow *f)
{
	if (f->open)
		close_current(f);
	f->moved = false;
	members_renew(f->members);
	forget_moved(f);
	list_again(f);
}

/* Whether the current file is shorter than what was read of it: somebody cut it. */
static bool was_cut(const struct follow *f)
{
	struct stat st;

	return f->open && !f->packed && fstat(unpack_fd(f->unpack), &st) == 0 &&
	       (uint64_t)st.st_size < f->current.read;
}

/* Looks after the news; true: there may be something to read. */
static bool look_after(struct follow *f)
{
	if (f->names) {
		list_again(f);
		return true;
	}
	if (f->moved) {
		move_on(f);
		return true;
	}
	if (!f->bytes || f->gave) {
		f->gave = false; /* so the bytes were most likely of the current member */
		return false;
	}
	f->bytes = false;
	f->next = f->growing;
	return true;
}

/* ---- the bytes ---- */

enum follow_event follow_next(struct follow *f, struct follow_piece *p)
{
	uint64_t from;
	size_t index;

	for (;;) {
		if (f->open) {
			describe(f, p);
			ssize_t n = unpack_next(f->unpack, &p->bytes);

			if (n > 0) {
				p->len = (size_t)n;
				f->current.read += (uint64_t)n;
				f->gave = true;
				return FOLLOW_BYTES;
			}
			if (n < 0)
				return errno == EBADMSG ? missing(f, p, EBADMSG)
							: give_up(f, p, errno);
			if (f->packed)
				close_current(f);
		}
		if (f->failure) {
			int error = f->failure;

			f->failure = 0;
			*p = (struct follow_piece){ .error = error };
			return FOLLOW_MISSING;
		}
		if (find_unread(f, &index, &from)) {
			if (f->open)
				close_current(f);
			return open_member(f, members_get(f->members, index), from, p);
		}
		if (f->again || was_cut(f)) {
			struct member which = f->current.member;

			f->again = false;
			close_current(f);
			return open_member(f, &which, 0, p);
		}
		if (!f->watch || !look_after(f))
			return FOLLOW_PAUSE;
	}
}

bool follow_wait(struct follow *f, int timeout_ms, int fd)
{
	bool later = f->bytes; /* look for bytes of other members, too */
	unsigned news;

	if (later && (timeout_ms < 0 || timeout_ms > AGAIN_MS))
		timeout_ms = AGAIN_MS;
	news = watch_wait(f->watch, timeout_ms, fd);
	f->names = f->names || news & WATCH_NAMES;
	f->bytes = f->bytes || news & WATCH_BYTES;
	return f->names || f->bytes;
}
