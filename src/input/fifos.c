/* The places of FIFOs: one that was removed or replaced is opened again. */
#include "input/fifos.h"

#include "base/diag.h"
#include "input/inputs.h"
#include "input/intake.h"
#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct fifos {
	struct inputs *inputs;
	struct source **sources;
	size_t count;
	int fd;                                  /* inotify's; -1: none */
	bool astray[INTAKE_FEEDS];               /* the name leads elsewhere, which was said */
	const struct source *ours[INTAKE_FEEDS]; /* that is here, where another input reads it */
};

/*
 * From now on another input reads what the name leads to. This one is read on, until its last
 * writer leaves: these were promised a reader. Returns: whether; if not, it said why.
 */
static bool replace(struct fifos *p, size_t i, enum diag_word word)
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

/* What is at the place is read already, in the name of another; or is one that was replaced, and is
 * back. Once is enough. */
static void say_ours(struct fifos *p, size_t i, const struct source *ours)
{
	if (p->ours[i] == ours)
		return;
	p->ours[i] = ours;
	diag(DIAG_WARNING,
	     "%s leads to the FIFO that is read as %s now; its lines still bear that name%s",
	     source_name(p->sources[i]), source_name(ours),
	     source_endless(ours) || !fifos_any(p)
		     ? ""
		     : ", and when its writers have left, SIGHUP opens it again");
}

/* Its writers go on, but no others find it; and we see nothing of that but silence. Returns whether
 * it was replaced. */
static bool check_place(struct fifos *p, size_t i, bool asked)
{
	const struct source *source = p->sources[i];
	const char *name = source_name(source);
	bool was_astray = p->astray[i];

	p->astray[i] = !source_in_place(source);
	if (!p->astray[i]) {
		p->ours[i] = NULL;
		return false;
	}
	const struct source *ours = inputs_at(p->inputs, source);
	if (ours) {
		say_ours(p, i, ours);
		return false;
	}
	p->ours[i] = NULL;
	bool once = !source_endless(source);
	enum diag_word word = was_astray && (once || !asked) ? DIAG_INFO : DIAG_LOSS;
	bool replaced = !once && replace(p, i, word);
	if (replaced) {
		p->astray[i] = false;
		diag(DIAG_WARNING,
		     "the FIFO %s was removed or replaced; the new one is read, and the old one "
		     "until its writers have closed it",
		     name);
	} else
		diag(word,
		     "the FIFO %s was removed or replaced; lines written to that name from now "
		     "on are not read%s",
		     name,
		     once ? ", as --once reads one FIFO to its end"
			  : "; when you have fixed that, SIGHUP opens it");
	return replaced;
}

static void drop_events(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static bool watch_all(const struct fifos *p, int fd)
{
	bool any = false;

	for (size_t i = 0; i < p->count; i++)
		any = source_watch(p->sources[i], fd) || any;
	return any;
}

/* Watches what is there now, and nothing else. The number stays, as the loop waits for that. */
static void watch_anew(struct fifos *p)
{
	if (p->fd < 0)
		return;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	drop_events(p->fd);
	(void)watch_all(p, fd >= 0 ? fd : p->fd);
	if (fd < 0)
		return;
	(void)dup3(fd, p->fd, O_CLOEXEC);
	close(fd);
}

bool fifos_look(struct fifos *p, bool asked)
{
	bool again = false;

	watch_anew(p); /* first, so that what happens during the look is told */
	for (size_t i = 0; i < p->count; i++)
		if (inputs_reads(p->inputs, p->sources[i]))
			again = check_place(p, i, asked) || again;
	return again;
}

bool fifos_any(const struct fifos *p)
{
	return source_endless(p->sources[0]); /* one that is gone may come again */
}

int fifos_watch(struct fifos *p)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -1;
	if (watch_all(p, fd) || fifos_any(p))
		return p->fd = fd;
	close(fd);
	return -1;
}

struct fifos *fifos_new(struct inputs *inputs, struct source **sources, size_t count)
{
	struct fifos *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	insist(count <= INTAKE_FEEDS);
	p->inputs = inputs;
	p->sources = sources;
	p->count = count;
	p->fd = -1;
	return p;
}
