/*
 * Find the level of a line in its header, the part before the message. Pure.
 *
 * A line is a header and a message. The header is read token by token, up to the first token that
 * belongs to a message; so a word of the message is never taken for a level. A table decides by
 * the characters around a word of the header whether it is a level: capitals count in more
 * places than small letters, because small letters also begin sentences.
 */
#include "record/header.h"

#include "base/ascii.h"
#include "record/crash.h"
#include "record/pairs.h"

#include <string.h>

enum {
	HEADER_LIMIT = 128, /* a header is not longer, not counting colours */
	PAIRS_LIMIT = 1024, /* keys are searched for up to here */
	TIME_LIMIT = 64,    /* the time of an access log's line begins before this */
};

enum class {
	BLANK = 1,
	ESC = 2,
	LETTER = 4,
	DIGIT = 8,
	COLON = 16,
	BRACKET = 32,
	EQUALS = 64,
	OTHER = 128,
};

/* clang-format off */
static const unsigned char classes[256] = {
	[0 ... 8] = OTHER, ['\t'] = BLANK, [10 ... 26] = OTHER, ['\033'] = ESC, [28 ... 31] = OTHER,
	[' '] = BLANK, ['!' ... '\''] = OTHER, ['(' ... ')'] = BRACKET, ['*' ... '/'] = OTHER,
	['0' ... '9'] = DIGIT, [':'] = COLON, [';' ... '<'] = OTHER, ['='] = EQUALS,
	['>' ... '@'] = OTHER, ['A' ... 'Z'] = LETTER, ['['] = BRACKET, ['\\'] = OTHER,
	[']'] = BRACKET, ['^' ... '`'] = OTHER, ['a' ... 'z'] = LETTER, ['{' ... 255] = OTHER,
};
/* clang-format on */

static bool is_class(char c, unsigned set)
{
	return classes[(unsigned char)c] & set;
}

/* The state of reading a line. */
struct reading {
	const char *line, *end;
	const char *at, *limit; /* of the header */
	char close;             /* of the open bracket; NUL: none */
	bool time;              /* there was one */
	bool titled;            /* "Date:": what follows is no time of the record */
	bool named;             /* a program's name before a level */
	bool hard;              /* no word before the token may belong to a message */
	bool aside;
	unsigned seen; /* the classes in the token */
	enum level level;
};

/* ---- which words are levels ---- */

/* The character before a word, and the one after it. */
enum before { B_BLANK, B_OPEN, B_COLON, B_DOT, B_SLASH, B_OTHER };
enum behind { E_END, E_BLANK, E_CLOSE, E_COLON, E_SLASH, E_OPEN, E_COMMA, E_OTHER };

/* Which words between them are levels. */
enum claim { NO, CAPITALS, FIELD /* small ones where a field begins */, MARK /* all */ };

/* clang-format off */
static const unsigned char claims[B_OTHER + 1][E_OTHER + 1] = {
	/*             end       blank     ]         :         /         [         , */
	[B_BLANK] = { FIELD,    FIELD,    FIELD,    MARK,     FIELD,    CAPITALS, CAPITALS },
	[B_OPEN]  = { CAPITALS, CAPITALS, MARK,     MARK,     CAPITALS, NO,       CAPITALS },
	[B_COLON] = { CAPITALS, CAPITALS, MARK,     CAPITALS },
	[B_DOT]   = { NO,       NO,       CAPITALS, CAPITALS },
	[B_SLASH] = { NO,       NO,       CAPITALS },
};
/* clang-format on */

static enum before before_of(const char *token, const char *at)
{
	if (at == token)
		return B_BLANK;
	switch (at[-1]) {
	case '[':
	case '<':
	case '(':
	case '|':
		return B_OPEN;
	case '-': /* " -WARN ", "|-WARN " */
		return at - 1 == token || at[-2] == '|' ? B_BLANK : B_OTHER;
	case ':':
		return B_COLON;
	case '.':
		return B_DOT;
	case '/':
		return B_SLASH;
	default:
		return (unsigned char)at[-1] < ' ' ? B_BLANK : B_OTHER;
	}
}

/* "TS2304:", a number of what is wrong: "error TS2304: Cannot find name" */
static bool is_code(const char *p, const char *end)
{
	if (!ascii_is_capital(*p))
		return false;
	while (p < end && ascii_is_capital(*p))
		p++;
	if (p == end || !ascii_is_digit(*p))
		return false;
	while (p < end && ascii_is_digit(*p))
		p++;
	return p < end && *p == ':';
}

static enum behind behind_of(const char *stop, const char *end)
{
	const char *p = ascii_skip_blanks(stop, end);

	if (p == end)
		return E_END;
	if (*p == ']' || *p == '>' || *p == ')' || *p == '|')
		return E_CLOSE; /* "[warn ]" too */
	if (p > stop || (unsigned char)*p < ' ')
		return is_code(p, end) ? E_COLON : E_BLANK;
	switch (*p) {
	case ':':
		return E_COLON;
	case '/':
		return E_SLASH;
	case ',':
	case '!': /* "npm ERR!" */
		return E_COMMA;
	case '[': /* "ERRO[0012]", and rustc's "error[E0382]:" */
		return end - p > 2 && p[1] == 'E' && ascii_is_digit(p[2]) ? E_COLON : E_OPEN;
	default:
		return E_OTHER;
	}
}

/* "debug: false": a setting and no message. */
static bool is_setting(const char *colon, const char *end)
{
	static const char *const values[] = { "true", "false", "yes",  "no",
					      "on",   "off",   "null", "none" };
	const char *p = ascii_skip_blanks(colon + 1, end), *stop = end;

	while (stop > p && ascii_is_blank(stop[-1]))
		stop--;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (ascii_is_text(p, stop, values[i]))
			return true;
	while (p < stop && (ascii_is_digit(*p) || *p == '.'))
		p++;
	return p == stop;
}

/* Whether the word from at to stop, in the token, is a level or an aside, or else is none. */
static bool is_claimed(const struct reading *r, const struct level_word *w, const char *token,
		       const char *at, const char *stop)
{
	bool capitals = ascii_is_capital(at[0]) && ascii_is_capital(at[1]) && w->kind != LEVEL_TOOL;
	enum behind behind = behind_of(stop, r->end);
	enum claim claim = claims[before_of(token, at)][behind];

	if (claim == NO || w->kind >= LEVEL_NAME)
		return false;
	if (behind == E_END && at > r->line && !r->time && !r->close)
		return false; /* "Status: ERROR" */
	if (capitals)
		return w->kind <= LEVEL_MARKED || claim == MARK;
	if (w->kind == LEVEL_TOOL)
		return claim == FIELD && r->named && r->hard;
	if (w->kind == LEVEL_STRICT || w->kind == LEVEL_ASIDE)
		return claim == MARK && behind == E_CLOSE;
	if (claim == FIELD && r->named)
		return r->hard;
	if (claim == FIELD)
		return w->kind == LEVEL_PLAIN && r->hard && r->time;
	return claim == MARK && r->hard && !(behind == E_COLON && is_setting(stop, r->end));
}

/* ---- tokens ---- */

/* The end of the escape sequence at p, if it sets colours and the like. */
static const char *skip_colour(const char *p, const char *end)
{
	p++;
	if (p == end || *p++ != '[')
		return p < end ? p : end;
	while (p < end && (ascii_is_digit(*p) || *p == ';'))
		p++;
	return p < end ? p + 1 : p;
}

static const char *skip_colours(const char *p, const char *end)
{
	while (p < end && *p == '\033')
		p = skip_colour(p, end);
	return p;
}

/* The next token: up to a blank or a colour. */
static bool next_token(struct reading *r, const char **token, const char **stop)
{
	const char *p = r->at;
	unsigned seen = 0;

	for (; p < r->limit; p++) {
		if (*p == '\033') {
			const char *behind = skip_colour(p, r->end);

			r->limit =
				r->end - r->limit > behind - p ? r->limit + (behind - p) : r->end;
			p = behind - 1;
		} else if (!ascii_is_blank(*p)) {
			break;
		}
	}
	*token = p;
	for (const char *limit = r->limit; p < limit; p++) {
		if (is_class(*p, BLANK | ESC))
			break;
		seen |= classes[(unsigned char)*p];
	}
	r->seen = seen;
	*stop = r->at = p;
	return p > *token;
}

/* ---- times ---- */

/* "14:05": whether the colon belongs to a time; the token begins at from. */
static bool is_time(const char *colon, const char *from, const char *stop)
{
	return colon - from >= 2 && stop - colon >= 3 && ascii_is_digit(colon[-2]) &&
	       ascii_is_digit(colon[-1]) && ascii_is_digit(colon[1]) && ascii_is_digit(colon[2]) &&
	       !(colon - from > 2 && (ascii_is_digit(colon[-3]) || colon[-3] == '.')) &&
	       !(stop - colon > 3 && ascii_is_digit(colon[3]));
}

/* Whether the token begins with a time or a date with one, in a bracket or not. */
static bool has_time(const char *token, const char *stop)
{
	const char *p = token;

	if (!ascii_is_digit(*p) && (ascii_is_letter(*p) || stop - p < 2 || !ascii_is_digit(p[1])))
		return false; /* "a.c:10:15" */
	while (p < stop && (p = memchr(p, ':', (size_t)(stop - p))) != NULL)
		if (is_time(p++, token, stop))
			return true;
	return false;
}

/* "[22/Nov/2026:14:05:09 +0000]": an access log has it after users' names. */
static bool has_access_time(const char *p, const char *end)
{
	for (; end - p > 3 && (p = memchr(p, '[', (size_t)(end - p - 3))) != NULL; p++)
		if (ascii_is_digit(p[1]) && ascii_is_digit(p[2]) && p[3] == '/')
			return true;
	return false;
}

/* ---- levels that are not words ---- */

/* W1122 14:05:09.123456, or W20261122 */
static enum level of_glog(const char *token, const char *stop, const char *end)
{
	for (const char *p = token + 1; p < stop; p++)
		if (!ascii_is_digit(*p))
			return LEVEL_NONE;
	if ((stop - token != 5 && stop - token != 9) || end - stop < 4 || *stop != ' ' ||
	    !ascii_is_digit(stop[1]) || stop[3] != ':')
		return LEVEL_NONE;
	return level_of_letter(*token);
}

/* "[I 2026-11-22": Tornado and Jupyter. */
static enum level of_tornado(const struct reading *r, const char *token, const char *stop)
{
	return token == r->line && *token == '[' && r->end - stop > 2 && ascii_is_digit(stop[1]) &&
			       ascii_is_digit(stop[2])
		       ? level_of_letter(token[1])
		       : LEVEL_NONE;
}

/* "1:M 22 Nov 2026 14:05:09.123 * Ready": Redis and Valkey. */
static enum level of_redis(const struct reading *r, char c)
{
	const char *p = r->line;

	while (p < r->end && ascii_is_digit(*p))
		p++;
	if (p == r->line || r->end - p < 3 || p[0] != ':' || !ascii_is_in(p[1], "MSCX") ||
	    p[2] != ' ')
		return LEVEL_NONE;
	return c == '#'               ? LEVEL_WARN
	       : c == '*'             ? LEVEL_INFO
	       : c == '-' || c == '.' ? LEVEL_DEBUG
				      : LEVEL_NONE;
}

/* ---- the header ---- */

/* Reads the words of a token; returns whether one of them decides. */
static bool read_words(struct reading *r, const char *token, const char *stop)
{
	const char *p = token;

	while (p < stop) {
		const char *from = p;

		if (!ascii_is_letter(*p)) {
			p++;
			continue;
		}
		p = r->seen == LETTER ? stop : ascii_skip_letters(p, stop);
		const struct level_word *w = p - from > 2 ? level_word(from, p) : NULL;
		if (w && is_claimed(r, w, token, from, p)) {
			r->level = w->level;
			r->aside = w->kind == LEVEL_ASIDE;
			return true;
		}
	}
	return false;
}

/* "my app - INFO - text": whether a level between dashes is at p, or after one more name. */
static bool is_dashed(const char *p, const char *end)
{
	const char *stop = ascii_skip_letters(p, end);

	p = ascii_skip_blanks(stop, end);
	if (end - p < 8 || p[0] != '-' || p[1] != ' ' || !ascii_is_capital(p[2]))
		return false;
	const char *level = p + 2;
	stop = ascii_skip_letters(level, end);
	p = ascii_skip_blanks(stop, end);
	return p < end && p > stop && *p == '-' && level_word(level, stop);
}

/* Whether a token without digits may precede a level. */
static bool is_name(struct reading *r, const char *token, const char *stop)
{
	const char *letters = ascii_skip_letters(token, stop),
		   *next = ascii_skip_blanks(stop, r->end);
	const struct level_word *w = letters == stop ? level_word(token, stop) : NULL;
	bool first = skip_colours(r->line, r->end) == token;

	if (letters < stop) { /* it contains a mark: "app.db", "kernel:" */
		bool program = stop[-1] == ':';

		r->hard |= program;
		r->titled |= program && ascii_is_letter(*token);
		return !(
			program && stop - token > 6 &&
			(memcmp(stop - 6, "Error:", 6) == 0 || memcmp(stop - 6, "ption:", 6) == 0));
	}
	if (w && w->kind >= LEVEL_NAME) {
		r->named |= w->kind == LEVEL_NAME && (first || r->time);
		return w->kind == LEVEL_DATE || r->named;
	}
	if (w && ascii_is_text(token, stop, "fatal")) /* "fatal error:" */
		return true;
	if (is_dashed(next, r->end))
		return true;
	for (const char *p = token + 1; p < stop; p++)
		if (ascii_is_capital(*p)) /* "UTC", "MainThread" */
			return r->time || stop - token < 4;
	if (ascii_is_capital(*token) || !r->hard) /* a sentence, or the second word */
		return false;
	r->hard = false;
	return r->time || (first && next < r->end && (ascii_is_digit(*next) || *next == '|'));
}

/* Skips a token that is not a level; returns false where the message begins. */
static bool pass(struct reading *r, const char *token, const char *stop)
{
	bool hard = r->close || !ascii_is_letter(*token) || r->seen & DIGIT;

	if ((r->seen & (DIGIT | COLON)) == (DIGIT | COLON) && !r->time && !r->titled)
		r->time = has_time(token, stop);
	for (const char *p = token; p < stop && r->seen & BRACKET; p++) {
		if (*p == r->close)
			r->close = '\0';
		else if (!r->close && (*p == '[' || (*p == '(' && p == token)))
			r->close = *p == '[' ? ']' : ')';
	}
	if (!r->close && stop[-1] == ':') /* "sshd[812]:" */
		r->hard = true;
	return hard || is_name(r, token, stop);
}

/* A compiler's quotation, "12 | let error: u8;", has only a number before the bar. */
static bool is_quotation(const struct reading *r, const char *bar)
{
	const char *p = r->line;

	while (p < bar && ascii_is_digit(*p))
		p++;
	return p > r->line && bar - p == 1;
}

/* One token; returns false where the header ends. */
static bool read_token(struct reading *r, const char *token, const char *stop)
{
	const char *letters;

	if (r->seen == DIGIT)
		return true;
	if (*token == '|' && is_quotation(r, token)) {
		r->aside = true;
		return false;
	}
	if (!(r->seen & LETTER) && *token != '{' && stop - token > 1)
		return pass(r, token, stop);
	letters = r->seen == LETTER ? stop : ascii_skip_letters(token, stop);
	if (*token == '{' && token + 1 < r->end && ascii_is_in(token[1], "\" ")) {
		r->level = pairs_object_level(token, r->end, &r->time);
		return false;
	}
	if (!r->close && r->seen & EQUALS && letters > token) {
		r->level = pairs_level(token, r->end, &r->time);
		return r->level == LEVEL_NONE && r->time && stop[-1] != '"';
	}
	if (letters == token + 1)
		r->level = of_glog(token, stop, r->end);
	else if (stop - token == 2)
		r->level = of_tornado(r, token, stop);
	else if (stop - token == 1 && r->time)
		r->level = of_redis(r, *token);
	if (r->level != LEVEL_NONE || read_words(r, token, stop))
		return false;
	return pass(r, token, stop);
}

/* ---- lines ---- */

/* <N>, with or without the facility. */
static enum level of_syslog(const char *line, size_t len)
{
	size_t i = 1;
	int n = 0;

	for (; i < len && i < 4 && ascii_is_digit(line[i]); i++)
		n = n * 10 + (line[i] - '0');
	return i > 1 && i < len && line[i] == '>' && n <= 191 ? level_of_severity(n) : LEVEL_NONE;
}

/*
 * "1 2026-11-22T14:05:09Z host app 77 ID - text", RFC 5424 without its priority: returns where the
 * text can begin, or NULL if it is not such a line.
 */
static const char *text_of_syslog(const char *line, const char *end)
{
	enum { VERSION = 2, YEAR = 4, FIELDS = 6 };
	const char *p = line;

	if (end - line <= VERSION + YEAR || memcmp(line, "1 ", VERSION) != 0 ||
	    !ascii_is_digit(line[VERSION]) || line[VERSION + YEAR] != '-')
		return NULL;
	for (int i = 0; i < FIELDS && p; i++) {
		p = memchr(p, ' ', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p;
}

/* A tab or two blanks. */
static bool is_indented(const char *line, const char *end)
{
	return line < end &&
	       (*line == '\t' || (*line == ' ' && line + 1 < end && ascii_is_blank(line[1])));
}

/* Reads the header; returns where the message begins; line if no message was found. */
static const char *read_header(struct reading *r)
{
	const char *token, *stop, *text = text_of_syslog(r->line, r->limit);

	if (text)
		r->limit = text;
	while (r->level == LEVEL_NONE && next_token(r, &token, &stop))
		if (!read_token(r, token, stop))
			return token;
	return r->line;
}

enum level header_level(const char *line, size_t len, enum header_place *place)
{
	struct reading r = { .line = line, .at = line, .hard = true };
	const char *message;

	r.end = line + (len < PAIRS_LIMIT ? len : PAIRS_LIMIT);
	r.limit = line + (len < HEADER_LIMIT ? len : HEADER_LIMIT);
	*place = HEADER_INDENTED;
	if (is_indented(line, r.end) && !crash_begins(line, r.end))
		return LEVEL_NONE;
	if (len > 0 && *line == '<')
		r.level = of_syslog(line, len);
	message = read_header(&r);
	if (r.aside)
		return r.level;
	if (r.level == LEVEL_NONE && (crash_begins(line, r.end) || crash_begins(message, r.end)))
		r.level = LEVEL_ERROR;
	if (r.level == LEVEL_NONE && !r.time)
		r.time = has_access_time(line, line + (len < TIME_LIMIT ? len : TIME_LIMIT));
	*place = r.time || r.level != LEVEL_NONE ? HEADER_BEGINS : HEADER_FOLLOWS;
	return r.level;
}
