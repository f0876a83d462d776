/* Which lines pass: patterns. Pure. */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

enum { FILTER_PATTERNS = 64 };

enum filter_verdict {
	FILTER_PASS,
	FILTER_STOP,
	FILTER_LIMIT, /* a pattern took too long to find out; the line passes */
};

/*
 * filter_check(pattern, why): is this a pattern of PCRE2?
 * Gives:   why not, over three lines: the reason, the pattern, and a caret below the fault.
 */
bool filter_check(const char *pattern, char why[384]);

/*
 * filter_new(match, matches, reject, rejects): lines that match one of the patterns
 * in match, if there are any, and none of those in reject; FILTER_PATTERNS together
 * at most.
 *
 * Patterns are Perl's, in UTF-8 (https://pcre.org/current/doc/html/pcre2pattern.html);
 * a line need not be in UTF-8.
 * Owner:   the caller; filter_free. The patterns must outlive it.
 * Returns: NULL and errno: ENOMEM, or EINVAL if filter_check would refuse a pattern.
 */
struct filter *filter_new(const char *const match[], size_t matches, const char *const reject[],
			  size_t rejects);
void filter_free(struct filter *f);

/*
 * filter_look(f, text, len): the lines to be asked about next are in this text, in
 * this order. It must hold still meanwhile.
 */
void filter_look(struct filter *f, const char *text, size_t len);

/*
 * filter_line(f, line, len): does this line, given without its newline, pass?
 * No memory is allocated here, and the time for a line is bounded.
 */
enum filter_verdict filter_line(struct filter *f, const char *line, size_t len);

#endif
