/* Select lines by patterns. Pure. */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

enum { FILTER_PATTERNS = 64 };

enum filter_verdict {
	FILTER_PASS,
	FILTER_STOP,
	FILTER_LIMIT, /* matching a pattern exceeded its limit; the line passes */
};

/*
 * filter_check(pattern, why): whether this is a valid PCRE2 pattern.
 * Gives:   if not, the error in three lines: the reason, the pattern, and a caret below the error.
 */
bool filter_check(const char *pattern, char why[384]);

/*
 * filter_new(match, matches, reject, rejects): a filter that passes lines that match one of the
 * patterns in match, if there are any, and none of those in reject. At most FILTER_PATTERNS in all.
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
 * filter_look(f, text, len): announce that the next calls of filter_line are for lines of this
 * text, in its order. The text must not change in the meantime.
 */
void filter_look(struct filter *f, const char *text, size_t len);

/*
 * filter_line(f, line, len): whether this line, given without its newline, passes.
 * It allocates no memory, and the time for a line is bounded.
 */
enum filter_verdict filter_line(struct filter *f, const char *line, size_t len);

#endif
