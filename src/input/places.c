/* The places of FIFOs: one that was removed or replaced is opened again. */
#include "input/places.h"

#include "base/diag.h"
#include "input/inputs.h"
#include "input/intake.h"
#include "input/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct places {
	struct inputs *inputs;
	struct source **sources;
	size_t count;
	int fd;                    /* inotify's; -1: none */
	bool astray[INTAKE_FEEDS]; /* the name leads elsewhere, which was said */
};

/*
 * From now on another input reads what the name leads to. This one is read on, until its last
 * writer leaves: these were promised a reader. Returns: whether; if not, it said why.
 */
static bool replace(struct places *p, size_t i, enum diag_word word)
{
	struct source *s = source_again(p->sources[i], word);

	if (!s)
		return false;
	if (!inputs_apart(p->inputs, s) || !source_lock(s)) {
		source_close(s);
		return false;
	}
	if (inputs_replace(p->inputs, p->sources[i], s) < 0) {
		diag(word, "cannot read %s: %s", source_name(s), strerror(errno));
		source_close(s);
		return false;
	}
	p->sources[i] = s;
	return true;
}

/* Its writers go on, but no others find it; and we see nothing of that but silence. Returns whether
 * it was replaced. */
static bool check_place(struct places *p, size_t i, bool asked)
{
	const struct source *source = p->sources[i];
	const char *name = source_name(source);
	bool was_astray = p->astray[i];

	p->astray[i] = !source_in_place(source);
	if (!p->astray[i])
		return false;
	bool once = !source_endless(source);
	enum diag_word word = was_astray && (once || !asked) ? DIAG_INFO : DIAG_LOSS;
	bool replaced = !once && replace(p, i, word);
	/* Of what is there now; it may be replaced, too, or have been already. */
	if (p->fd >= 0)
		(void)source_watch(p->sources[i], p->fd);
	if (replaced) {
		p->astray[i] = false;
		diag(DIAG_WARNING,
		     "the FIFO %s was removed or replaced, and the new one is read; the old one is, "
		     "too, until its writers have left",
		     name);
	} else
		diag(word,
		     "the FIFO %s was removed or replaced; what is written to that name from now on "
		     "is not read%s",
		     name,
		     once ? ", as --once reads one FIFO to its end"
			  : "; when that is mended, SIGHUP opens it");
	return replaced;
}

bool places_look(struct places *p, bool asked)
{
	bool again = false;

	for (size_t i = 0; i < p->count; i++)
		if (inputs_reads(p->inputs, p->sources[i]))
			again = check_place(p, i, asked) || again;
	return again;
}

void places_told(const struct places *p)
{
	char what[4096];

	while (read(p->fd, what, sizeof(what)) > 0)
		;
}

bool places_any(const struct places *p)
{
	return source_endless(p->sources[0]); /* one that is gone may come again */
}

int places_watch(struct places *p)
{
	bool any = places_any(p);
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		any = source_watch(p->sources[i], fd) || any;
	if (any)
		return p->fd = fd;
	close(fd);
	return -1;
}

struct places *places_new(struct inputs *inputs, struct source **sources, size_t count)
{
	struct places *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	insist(count <= INTAKE_FEEDS);
	p->inputs = inputs;
	p->sources = sources;
	p->count = count;
	p->fd = -1;
	return p;
}
