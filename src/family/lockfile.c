/*
 * The file that a lock is: its name, who holds it, and with which --roll.
 *
 * `.FILE.lock` is named after the text of FILE, as it always was, so that different versions meet
 * there. It is held by flock(2). Which --roll belongs to it is told by a byte far behind its end,
 * which is locked as well (fcntl(2), F_OFD_SETLK). Where that byte is missing, because the version
 * is older or the file system cannot, every --roll is thought possible.
 */
#include "family/lockfile.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MOMENT_MS = 10, MOMENTS = 20 };

static const char lock_end[] = ".lock";

static const off_t roll_byte = (off_t)1 << 40; /* that of CALENDAR_NEVER; the others follow */

/* ---- its name ---- */

void lockfile_name(const char *file, char name[LOCKFILE_NAME])
{
	bool template = false;
	char *to = name;

	*to++ = '.';
	for (const char *p = file; *p; p++) {
		template = template || *p == '%';
		if (template && *p == '+')
			*to++ = '%';
		*to++ = template && *p == '/' ? '+' : *p;
	}
	stpcpy(to, lock_end);
}

bool lockfile_file(const char *name, char file[NAMES_SIZE])
{
	size_t len = strlen(name), tail = sizeof(lock_end) - 1;
	bool template = false;
	char *to = file;

	if (name[0] != '.' || len < tail + 2 || len >= NAMES_SIZE ||
	    strcmp(name + len - tail, lock_end) != 0)
		return false;
	for (const char *p = name + 1, *end = name + len - tail; p < end; p++) {
		template = template || *p == '%';
		if (*p == '%' && p[1] == '+')
			*to++ = *++p;
		else if (*p == '%' && p[1] == '%')
			*to++ = *p, *to++ = *++p;
		else
			*to++ = template && *p == '+' ? '/' : *p;
	}
	*to = '\0';
	return true;
}

/* ---- who holds it ---- */

long lockfile_owner(int fd)
{
	char text[24];

	for (int tries = 0; tries < MOMENTS; tries++) {
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n > 0) {
			text[n] = '\0';
			return strtol(text, NULL, 10);
		}
		poll(NULL, 0, MOMENT_MS);
	}
	return 0;
}

int lockfile_mark(int fd, bool set, enum calendar_roll roll)
{
	struct flock byte = { .l_type = set ? F_WRLCK : F_UNLCK,
			      .l_whence = SEEK_SET,
			      .l_start = roll_byte + (off_t)roll,
			      .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &byte);
}

/* The --roll that somebody else marked; LOCKFILE_NOT: nobody did. */
static enum lockfile_held marked_roll(int fd)
{
	struct flock bytes = { .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = roll_byte,
			       .l_len = LOCKFILE_LAST + 1 };

	if (fcntl(fd, F_OFD_GETLK, &bytes) < 0 || bytes.l_type == F_UNLCK)
		return LOCKFILE_NOT;
	if (bytes.l_start < roll_byte || bytes.l_start > roll_byte + LOCKFILE_LAST)
		return LOCKFILE_SOMEHOW;
	return (enum lockfile_held)(bytes.l_start - roll_byte);
}

enum lockfile_held lockfile_held(int fd)
{
	for (int tries = 0; tries < MOMENTS; tries++) {
		enum lockfile_held held = marked_roll(fd);

		if (held != LOCKFILE_NOT)
			return held;
		if (flock(fd, LOCK_SH | LOCK_NB) == 0) {
			(void)flock(fd, LOCK_UN);
			return LOCKFILE_NOT;
		}
		poll(NULL, 0, MOMENT_MS);
	}
	return LOCKFILE_SOMEHOW;
}

bool lockfile_is_marked(int fd)
{
	struct flock byte = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = roll_byte, .l_len = 1
	};

	return fcntl(fd, F_OFD_GETLK, &byte) == 0 && byte.l_type != F_UNLCK;
}
