/*
 * Which closed file is compressed next, and what becomes of the outcome.
 *
 * The compressor has one file at most, and that it has one ends only here: when its outcome was
 * looked at, or when the file was taken from it. In between the file may have been deleted, or
 * lines may go to it again; so when the outcome is there, it counts only if the file is still in
 * the catalog, and closed.
 */
#include "closed/compression.h"

#include "base/diag.h"
#include "base/path.h"
#include "base/watchdog.h"
#include "closed/catalog.h"
#include "closed/replace.h"
#include "family/directory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int compression_start(struct compression *c, struct catalog *catalog,
		      const struct compressor_options *o, void (*on_end)(void *arg),
		      void (*on_done)(void *arg, const struct names_member *m), void *arg)
{
	*c = (struct compression){
		.catalog = catalog, .suffix = o->suffix, .on_done = on_done, .arg = arg
	};
	c->compressor = compressor_start(catalog->dir, o, on_end, arg);
	return c->compressor ? 0 : -1;
}

void compression_stop(struct compression *c)
{
	if (c->compressor)
		compressor_stop(c->compressor);
}

static bool same_file(const struct names_member *a, const struct names_member *b)
{
	return names_order(a, b) == 0 && a->suffix == b->suffix;
}

/* The oldest file that should be compressed; count if there is none. */
static size_t next_file(const struct compression *c)
{
	size_t closed = catalog_closed(c->catalog);

	for (size_t i = 0; i < closed; i++)
		if (!c->catalog->family.files[i].failed &&
		    family_compressible(&c->catalog->family, i, closed))
			return i;
	return c->catalog->family.count;
}

static void find_names(const struct compression *c, struct names_member *m, char plain[NAMES_SIZE],
		       char final[NAMES_SIZE], char temporary[NAMES_SIZE])
{
	*m = c->file;
	names_build(c->catalog->names, m, plain);
	m->suffix = c->suffix;
	names_build(c->catalog->names, m, final);
	family_temporary(final, temporary);
}

void compression_begin(struct compression *c)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct names_member m;
	size_t i;

	if (!c->compressor || c->out)
		return;
	do {
		i = next_file(c);
		if (i == c->catalog->family.count)
			return;
		c->file = c->catalog->family.files[i].member;
		find_names(c, &m, plain, final, temporary);
		watchdog_enter(c->catalog->watchdog, "examine", plain);
		c->catalog->family.files[i].failed = catalog_is_written(c->catalog, plain);
		watchdog_end(c->catalog->watchdog);
	} while (c->catalog->family.files[i].failed);
	c->out = true;
	compressor_begin(c->compressor, plain, final, temporary);
}

static void drop_temporary(struct compression *c)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct names_member m;

	find_names(c, &m, plain, final, temporary);
	catalog_remove_temporary(c->catalog, temporary);
}

/* Puts the compressed form in the plain file's place; made: it still has its temporary name. */
static int replace_plain(struct compression *c, bool made, struct names_member *m, struct stat *st)
{
	char plain[NAMES_SIZE], final[NAMES_SIZE], temporary[NAMES_SIZE];
	struct replacement r;
	int result, error;

	find_names(c, m, plain, final, temporary);
	watchdog_enter(c->catalog->watchdog, "replace", plain);
	r.dir = directory_enter(c->catalog->dir, final, false);
	if (r.dir < 0) {
		watchdog_end(c->catalog->watchdog);
		return -1;
	}
	r.plain = path_base(plain);
	r.final = path_base(final);
	r.temporary = made ? path_base(temporary) : NULL;
	compressor_source(c->compressor, &r.source);
	result = replace_file(&r, st);
	error = errno;
	if (result < 0 && made)
		(void)unlinkat(r.dir, r.temporary, 0);
	directory_leave(c->catalog->dir, r.dir);
	watchdog_end(c->catalog->watchdog);
	if (result < 0 && error != ENOENT)
		diag(DIAG_WARNING, "cannot replace %s%s with its compressed form: %s; it is kept",
		     directory_prefix(c->catalog->dir), plain,
		     error == EBUSY ? "it was changed in the meantime" : strerror(error));
	errno = error;
	return result;
}

static void finish(struct compression *c, size_t i, bool made)
{
	struct names_member m;
	char name[NAMES_SIZE];
	struct stat st;

	if (replace_plain(c, made, &m, &st) < 0) {
		if (errno == ENOENT)
			family_cut(&c->catalog->family, i,
				   i + 1); /* moved or deleted by someone else */
		else
			c->catalog->family.files[i].failed = true;
		return;
	}
	names_build(c->catalog->names, &m, name);
	diag(DIAG_INFO, "compressed to %s%s", directory_prefix(c->catalog->dir), name);
	family_cut(&c->catalog->family, i, i + 1);
	catalog_add(c->catalog, &m, (uint64_t)st.st_size, st.st_mtime);
	c->on_done(c->arg, &m);
}

static void cancel_made(struct compression *c)
{
	watchdog_enter(c->catalog->watchdog, "delete a temporary file of", "");
	drop_temporary(c);
	watchdog_end(c->catalog->watchdog);
}

void compression_collect(struct compression *c)
{
	enum compressor_result result = c->out ? compressor_result(c->compressor) : COMPRESSOR_BUSY;
	size_t i = family_find(&c->catalog->family, &c->file);
	bool listed = i < c->catalog->family.count;

	if (result != COMPRESSOR_BUSY)
		c->out = false;
	switch (result) {
	case COMPRESSOR_DONE:
	case COMPRESSOR_DOUBLE:
		if (listed && catalog_is_closed(c->catalog, &c->file))
			finish(c, i, result == COMPRESSOR_DONE);
		else if (result == COMPRESSOR_DONE)
			cancel_made(c); /* it was deleted, or lines go to it again */
		break;
	case COMPRESSOR_FAILED:
		if (listed)
			c->catalog->family.files[i].failed = true;
		break;
	case COMPRESSOR_GONE:
		if (listed)
			family_cut(&c->catalog->family, i, i + 1);
		break;
	case COMPRESSOR_BUSY:
	case COMPRESSOR_STOPPED:
		break;
	}
}

void compression_cancel(struct compression *c, const struct names_member *m)
{
	char name[NAMES_SIZE];

	if (!c->out || !same_file(m, &c->file))
		return;
	names_build(c->catalog->names, m, name);
	watchdog_enter(c->catalog->watchdog, "stop compressing", name);
	compressor_cancel(c->compressor);
	if (compressor_result(c->compressor) == COMPRESSOR_DONE)
		drop_temporary(c);
	watchdog_end(c->catalog->watchdog);
	c->out = false;
}

void compression_recheck(struct compression *c)
{
	if (c->out && !catalog_is_closed(c->catalog, &c->file))
		compression_cancel(c, &c->file);
}

bool compression_is_out(const struct compression *c)
{
	return c->out;
}

bool compression_is_busy(const struct compression *c)
{
	return c->out && compressor_result(c->compressor) == COMPRESSOR_BUSY;
}

void compression_end(struct compression *c)
{
	if (!c->out)
		return;
	watchdog_enter(c->catalog->watchdog, "compress a file of", "");
	compressor_cancel(c->compressor);
	watchdog_end(c->catalog->watchdog);
	compression_collect(c);
}
