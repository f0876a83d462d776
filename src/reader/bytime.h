/* Where in a file the lines of a time begin: by halving, where the lines have times. */
#ifndef BYTIME_H
#define BYTIME_H

#include <stdint.h>

struct linetime_rules;
struct unpack;

enum bytime_edge {
	BYTIME_FROM,   /* the first line of this time, or later: where a view from it on begins */
	BYTIME_BEHIND, /* the first line that is later: where a view up to it ends */
};

/*
 * bytime_find(u, rules, edge, when, offset): find the edge of a time in the open file of u.
 * when: nanoseconds since the Epoch.
 *
 * The lines are taken to be in the order of their times. One without a time belongs to the one
 * before it. One whose time local clocks show twice, and that does not tell which is meant, is both
 * early and late: a view holds rather more than less. What is damaged is passed over.
 * Gives:   *offset, in bytes before compression; where the file ends if there is no such line.
 * Cost:    some reads in a plain file; a piece of some frames, and one whole frame, of a .zst with
 *          a seek table; all that lies before for another one.
 * Returns: 1; 0: lines have no times here; -1 and errno as unpack_next.
 */
int bytime_find(struct unpack *u, const struct linetime_rules *rules, enum bytime_edge edge,
		int64_t when, uint64_t *offset);

/*
 * bytime_first(u, rules, ns): the first time in the file.
 * Returns: as bytime_find.
 */
int bytime_first(struct unpack *u, const struct linetime_rules *rules, int64_t *ns);

#endif
