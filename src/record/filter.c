/*
 * Select lines by patterns. Pure.
 *
 * Most patterns contain, or are, a text that every match must contain, such as "timeout" in
 * "id=[0-9]+ .*timeout". That text is searched for in all lines of one read together, which is many
 * times faster than a match for each line. Only lines that contain it are matched by PCRE2.
 */
#include "record/filter.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
	MATCH_LIMIT = 200000,       /* steps for one line; some milliseconds */
	HEAP_LIMIT_KIB = 20 * 1024, /* without JIT */
	STACK_LEAST = 32 * 1024,    /* bytes; of the JIT */
	STACK_MOST = 1024 * 1024,   /* bytes */
	WINDOW = 60,                /* columns of a pattern that are shown */
};

struct pattern {
	pcre2_code *code; /* NULL: the pattern is the needed text */
	bool jit, reject;
	char *needed; /* every match contains it; not terminated */
	size_t needed_len;
	const char *next; /* its next occurrence in the text; the text's end if there is none */
};

struct filter {
	struct pattern patterns[FILTER_PATTERNS];
	size_t count, matches;
	const char *end; /* of the announced text */
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
};

/* ---- the text that a pattern needs ---- */

/* A reader of patterns that stops at anything it does not understand. */
struct scan {
	const char *at;
	const char *run; /* before to, where the current run of literal bytes began */
	char *to;
	size_t last; /* length of the last character of the run */
	char *best;
	size_t best_len;
};

static void end_run(struct scan *s)
{
	size_t len = (size_t)(s->to - s->run);

	if (len > s->best_len) {
		s->best = s->to - len;
		s->best_len = len;
	}
	s->run = s->to;
	s->last = 0;
}

static void add_char(struct scan *s, const char *from, size_t len)
{
	memcpy(s->to, from, len);
	s->to += len;
	s->last = len;
}

/* The end of the set in brackets that begins at p; NULL: not understood. */
static const char *skip_set(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != ']'; p++) {
		if (*p == '\0' || *p == '[' || (*p == '\\' && strchr("QE", p[1])))
			return NULL;
		if (*p == '\\')
			p++;
	}
	return p + 1;
}

/* The end of the group that begins at p; NULL: not understood. */
static const char *skip_group(const char *p)
{
	int depth = 0;

	do {
		if (*p == '\0' || (*p == '(' && (p[1] == '?' || p[1] == '*')))
			return NULL;
		if (*p == '\\' && (p[1] == '\0' || p[1] == 'Q'))
			return NULL;
		if (*p == '[') {
			p = skip_set(p);
			if (!p)
				return NULL;
			continue;
		}
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		p += *p == '\\' ? 2 : 1;
	} while (depth > 0);
	return p;
}

/* One step; false: the pattern is not understood, or nothing is needed. */
static bool step(struct scan *s)
{
	const char *p = s->at;

	switch (*p) {
	case '|':
	case ')':
		return false;
	case '*':
	case '?':
	case '{': /* the character before it may be missing */
		s->to -= s->last;
		end_run(s);
		if (*p == '{')
			p += 1 + strspn(p + 1, "0123456789,");
		if (s->at[0] == '{' && *p != '}')
			return false;
		s->at = p + 1;
		return true;
	case '+':
	case '.':
	case '^':
	case '$':
		end_run(s);
		s->at = p + 1;
		return true;
	case '[':
	case '(':
		end_run(s);
		s->at = *p == '[' ? skip_set(p) : skip_group(p);
		return s->at != NULL;
	case '\\':
		if (p[1] && strchr("dDwWsSbB", p[1])) {
			end_run(s);
		} else if ((unsigned char)p[1] > ' ' && (unsigned char)p[1] < 0x7f &&
			   !strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
				   p[1])) {
			add_char(s, p + 1, 1);
		} else {
			return false;
		}
		s->at = p + 2;
		return true;
	default:
		break;
	}
	size_t len = 1;
	while (((unsigned char)p[len] & 0xc0) == 0x80)
		len++;
	add_char(s, p, len);
	s->at = p + len;
	return true;
}

/*
 * Fills p->needed with the longest text that every match of the pattern must contain,
 * as far as that is easy to see. Returns true if the pattern is that text.
 */
static bool find_needed(struct pattern *p, const char *pattern)
{
	struct scan s = { .at = pattern, .run = p->needed, .to = p->needed };
	bool literal = strpbrk(pattern, "\\^$.[]|()?*+{}") == NULL;

	while (*s.at)
		if (!step(&s))
			return false;
	end_run(&s);
	if (s.best_len > 0)
		memmove(p->needed, s.best, s.best_len);
	p->needed_len = s.best_len;
	return literal && s.best_len > 0;
}

/* ---- making ---- */

static pcre2_code *compile(const char *pattern, int *error, size_t *at)
{
	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, error,
			     at, NULL);
}

/* The pattern around the fault, a line of it, and a caret below. */
static void point_at(const char *pattern, size_t at, char *to, size_t size)
{
	size_t from = at > WINDOW / 2 ? at - WINDOW / 2 : 0, column = 0;
	char shown[WINDOW + 1];
	size_t n = 0;

	while (from > 0 && ((unsigned char)pattern[from] & 0xc0) == 0x80)
		from--;
	for (size_t i = from; pattern[i] && n < WINDOW; i++) {
		unsigned char c = (unsigned char)pattern[i];

		if (i < at)
			column += (c & 0xc0) != 0x80;
		shown[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	shown[n] = '\0';
	snprintf(to, size, "\n    %s\n    %*s^", shown, (int)column, "");
}

bool filter_check(const char *pattern, char why[384])
{
	PCRE2_UCHAR reason[128] = "";
	size_t at, used;
	int error;
	pcre2_code *code = compile(pattern, &error, &at);

	if (code) {
		pcre2_code_free(code);
		return true;
	}
	pcre2_get_error_message(error, reason, sizeof(reason));
	used = (size_t)snprintf(why, 384, "%s", (const char *)reason);
	point_at(pattern, at, why + used, 384 - used);
	return false;
}

/* Adds a pattern; false and errno. */
static bool add(struct filter *f, const char *pattern, bool reject)
{
	struct pattern *p = &f->patterns[f->count];
	size_t at;
	int error;

	p->reject = reject;
	p->needed = malloc(strlen(pattern) + 1);
	if (!p->needed) {
		errno = ENOMEM;
		return false;
	}
	f->count++;
	p->code = compile(pattern, &error, &at);
	if (!p->code) {
		errno = error == PCRE2_ERROR_HEAP_FAILED ? ENOMEM : EINVAL;
		return false;
	}
	if (find_needed(p, pattern)) {
		pcre2_code_free(p->code);
		p->code = NULL;
		return true;
	}
	p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
	return true;
}

static bool make_context(struct filter *f)
{
	f->context = pcre2_match_context_create(NULL);
	f->data = pcre2_match_data_create(1, NULL);
	f->stack = pcre2_jit_stack_create(STACK_LEAST, STACK_MOST, NULL); /* NULL without JIT */
	if (!f->context || !f->data) {
		errno = ENOMEM;
		return false;
	}
	pcre2_set_match_limit(f->context, MATCH_LIMIT);
	pcre2_set_heap_limit(f->context, HEAP_LIMIT_KIB);
	if (f->stack)
		pcre2_jit_stack_assign(f->context, NULL, f->stack);
	return true;
}

struct filter *filter_new(const char *const match[], size_t matches, const char *const reject[],
			  size_t rejects)
{
	struct filter *f = calloc(1, sizeof(*f));
	bool good = f && matches + rejects <= FILTER_PATTERNS && make_context(f);

	for (size_t i = 0; good && i < matches; i++)
		good = add(f, match[i], false);
	for (size_t i = 0; good && i < rejects; i++)
		good = add(f, reject[i], true);
	if (!good) {
		filter_free(f);
		return NULL;
	}
	f->matches = matches;
	return f;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		pcre2_code_free(f->patterns[i].code);
		free(f->patterns[i].needed);
	}
	pcre2_jit_stack_free(f->stack);
	pcre2_match_data_free(f->data);
	pcre2_match_context_free(f->context);
	free(f);
}

/* ---- matching ---- */

void filter_look(struct filter *f, const char *text, size_t len)
{
	f->end = text + len;
	for (size_t i = 0; i < f->count; i++)
		f->patterns[i].next = NULL;
}

/* Whether the line contains the text that the pattern needs. */
static bool has_needed(struct filter *f, struct pattern *p, const char *line, size_t len)
{
	if (p->next == NULL || p->next < line) {
		p->next = memmem(line, (size_t)(f->end - line), p->needed, p->needed_len);
		if (!p->next)
			p->next = f->end;
	}
	return p->next < line + len && p->needed_len <= (size_t)(line + len - p->next);
}

enum answer { NO, YES, UNKNOWN };

static enum answer ask(struct filter *f, struct pattern *p, const char *line, size_t len)
{
	int n;

	if (p->needed_len > 0 && !has_needed(f, p, line, len))
		return NO;
	if (!p->code)
		return YES;
	n = p->jit ? pcre2_jit_match(p->code, (PCRE2_SPTR)line, len, 0, 0, f->data, f->context)
		   : pcre2_match(p->code, (PCRE2_SPTR)line, len, 0, 0, f->data, f->context);
	return n >= 0 ? YES : n == PCRE2_ERROR_NOMATCH ? NO : UNKNOWN;
}

enum filter_verdict filter_line(struct filter *f, const char *line, size_t len)
{
	bool passes = f->matches == 0;

	for (size_t i = 0; i < f->count; i++) {
		struct pattern *p = &f->patterns[i];

		if (!p->reject && passes)
			continue;
		if (p->reject && !passes)
			break;
		switch (ask(f, p, line, len)) {
		case UNKNOWN:
			return FILTER_LIMIT;
		case YES:
			if (p->reject)
				return FILTER_STOP;
			passes = true;
			break;
		case NO:
			break;
		}
	}
	return passes ? FILTER_PASS : FILTER_STOP;
}
