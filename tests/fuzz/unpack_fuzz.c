/*
 * Whatever a compressed file holds, it comes to an end, and so does a search in it; a plain file
 * comes out as it is, and the edge of a time in it is where reading it all finds it.
 */
#include "reader/bytime.h"
#include "reader/linetime.h"
#include "reader/unpack.h"

#include "fuzz.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 64 * 1024 * 1024 }; /* little may become very much */

static const struct linetime_rules rules = { .near = INT64_C(1795356309000000000), .utc = true };

static struct unpack *open_bytes(const uint8_t *data, size_t len, enum names_suffix form)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct unpack *u = unpack_new();

	HOLDS(fd >= 0 && u && write(fd, data, len) == (ssize_t)len);
	HOLDS(unpack_start(u, fd, form) == 0);
	return u;
}

/* Reads on to the end; returns how many bytes there were. */
static uint64_t read_rest(struct unpack *u)
{
	uint64_t len = 0;
	const char *p;
	ssize_t n;
	int missing = 0;

	while (len < MOST && ((n = unpack_next(u, &p)) > 0 || (n < 0 && errno == EBADMSG))) {
		HOLDS(n > 0 || ++missing <= 100000);
		len += n > 0 ? (uint64_t)n : 0;
	}
	return len;
}

static void ends(const uint8_t *data, size_t len, enum names_suffix form)
{
	struct unpack *u = open_bytes(data, len, form);
	uint64_t plain = read_rest(u), offset, size;

	if (plain < MOST) {
		HOLDS(unpack_offset(u) == plain);
		HOLDS(unpack_entry(u, plain / 2) <= plain / 2);
		if (unpack_seek(u, plain / 2) == 0)
			(void)read_rest(u);
		(void)unpack_size(u, &size);
		(void)bytime_find(u, &rules, BYTIME_FROM, rules.near, &offset);
		(void)bytime_find(u, &rules, BYTIME_BEHIND, rules.near, &offset);
	}
	unpack_free(u);
}

static void plain_is_plain(const uint8_t *data, size_t len)
{
	struct unpack *u = open_bytes(data, len, NAMES_PLAIN);
	uint64_t from = 0, behind = 0;

	HOLDS(read_rest(u) == len);
	if (bytime_find(u, &rules, BYTIME_FROM, rules.near, &from) == 1) {
		HOLDS(from <= len && (from == 0 || from == len || data[from - 1] == '\n'));
		HOLDS(bytime_find(u, &rules, BYTIME_BEHIND, rules.near, &behind) == 1);
		HOLDS(behind <= len);
	}
	unpack_free(u);
}

FUZZ(data, len)
{
	ends(data, len, NAMES_ZST);
	ends(data, len, NAMES_GZ);
	plain_is_plain(data, len);
}
