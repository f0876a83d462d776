/*
 * Find the level of a line. Pure.
 *
 * A line is a header and a message. The header is read token by token, up to the first that
 * belongs to a message; so a word of the message is never taken for a level. Whether a word of
 * the header is one depends on the characters around it, by a table: capitals count in more
 * places than small letters, as these also begin sentences.
 */
#include "record/level.h"

#include "record/crash.h"

#include <string.h>
#include <strings.h>

enum {
	HEADER_LIMIT = 128, /* a header is no longer, colours not counted */
	PAIRS_LIMIT = 1024, /* and keys are looked for so far */
	TIME_LIMIT = 64,    /* the time of an access log's line begins so far */
	WORDS_A_LETTER = 9,
};

enum kind {
	PLAIN = 1, /* a level wherever one may be */
	MARKED,    /* in small letters only with a mark: "critical:", "[critical]" */
	STRICT,    /* "[fine]", "FINE:", and nothing else */
	ASIDE,     /* "DETAIL:": the line adds to the one before it */
	NAME,      /* a program's name, which stands bare before the level: "npm warn" */
	DATE,      /* part of a date */
};

struct word {
	const char *text;
	enum kind kind;
	enum level level;
};

/* By first letter; of each the most frequent first. */
/* clang-format off */
static const struct word words[26][WORDS_A_LETTER] = {
	['a' - 'a'] = { { "alert", MARKED, LEVEL_ERROR }, { "apr", DATE, LEVEL_NONE },
		{ "aug", DATE, LEVEL_NONE } },
	['c' - 'a'] = { { "crit", PLAIN, LEVEL_ERROR }, { "critical", MARKED, LEVEL_ERROR },
		{ "config", STRICT, LEVEL_DEBUG }, { "context", ASIDE, LEVEL_NONE } },
	['d' - 'a'] = { { "debug", PLAIN, LEVEL_DEBUG }, { "dbg", MARKED, LEVEL_DEBUG },
		{ "dbug", PLAIN, LEVEL_DEBUG }, { "debu", MARKED, LEVEL_DEBUG },
		{ "dpanic", PLAIN, LEVEL_ERROR }, { "deprecated", MARKED, LEVEL_WARN },
		{ "detail", ASIDE, LEVEL_NONE }, { "dec", DATE, LEVEL_NONE } },
	['e' - 'a'] = { { "error", PLAIN, LEVEL_ERROR }, { "err", PLAIN, LEVEL_ERROR },
		{ "eror", PLAIN, LEVEL_ERROR }, { "erro", MARKED, LEVEL_ERROR },
		{ "emerg", PLAIN, LEVEL_ERROR }, { "emergency", MARKED, LEVEL_ERROR } },
	['f' - 'a'] = { { "fatal", PLAIN, LEVEL_ERROR }, { "ftl", MARKED, LEVEL_ERROR },
		{ "fata", MARKED, LEVEL_ERROR }, { "fail", MARKED, LEVEL_ERROR },
		{ "fine", STRICT, LEVEL_DEBUG }, { "finer", STRICT, LEVEL_TRACE },
		{ "finest", STRICT, LEVEL_TRACE }, { "feb", DATE, LEVEL_NONE },
		{ "fri", DATE, LEVEL_NONE } },
	['h' - 'a'] = { { "hint", ASIDE, LEVEL_NONE } },
	['i' - 'a'] = { { "info", PLAIN, LEVEL_INFO }, { "inf", MARKED, LEVEL_INFO },
		{ "information", PLAIN, LEVEL_INFO }, { "informational", PLAIN, LEVEL_INFO } },
	['j' - 'a'] = { { "jan", DATE, LEVEL_NONE }, { "jun", DATE, LEVEL_NONE },
		{ "jul", DATE, LEVEL_NONE } },
	['l' - 'a'] = { { "log", STRICT, LEVEL_INFO } },
	['m' - 'a'] = { { "mar", DATE, LEVEL_NONE }, { "may", DATE, LEVEL_NONE },
		{ "mon", DATE, LEVEL_NONE } },
	['n' - 'a'] = { { "notice", MARKED, LEVEL_INFO }, { "note", STRICT, LEVEL_INFO },
		{ "npm", NAME, LEVEL_NONE }, { "nov", DATE, LEVEL_NONE } },
	['o' - 'a'] = { { "oct", DATE, LEVEL_NONE } },
	['p' - 'a'] = { { "panic", MARKED, LEVEL_ERROR }, { "panicked", PLAIN, LEVEL_ERROR },
		{ "pani", MARKED, LEVEL_ERROR }, { "php", NAME, LEVEL_NONE },
		{ "pnpm", NAME, LEVEL_NONE } },
	['q' - 'a'] = { { "query", ASIDE, LEVEL_NONE } },
	['s' - 'a'] = { { "severe", MARKED, LEVEL_ERROR }, { "success", MARKED, LEVEL_INFO },
		{ "system", STRICT, LEVEL_INFO }, { "statement", ASIDE, LEVEL_NONE },
		{ "sep", DATE, LEVEL_NONE }, { "sat", DATE, LEVEL_NONE },
		{ "sun", DATE, LEVEL_NONE } },
	['t' - 'a'] = { { "trace", PLAIN, LEVEL_TRACE }, { "trc", MARKED, LEVEL_TRACE },
		{ "trce", PLAIN, LEVEL_TRACE }, { "trac", MARKED, LEVEL_TRACE },
		{ "thread", NAME, LEVEL_NONE }, { "tue", DATE, LEVEL_NONE },
		{ "thu", DATE, LEVEL_NONE } },
	['v' - 'a'] = { { "verbose", MARKED, LEVEL_DEBUG }, { "vrb", MARKED, LEVEL_TRACE } },
	['w' - 'a'] = { { "warn", PLAIN, LEVEL_WARN }, { "warning", PLAIN, LEVEL_WARN },
		{ "wrn", MARKED, LEVEL_WARN }, { "wed", DATE, LEVEL_NONE } },
	['y' - 'a'] = { { "yarn", NAME, LEVEL_NONE } },
};
/* clang-format on */

/* ---- characters and words ---- */

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

static bool is_letter(char c)
{
	return is_class(c, LETTER);
}

static bool is_digit(char c)
{
	return is_class(c, DIGIT);
}

static bool is_blank(char c)
{
	return is_class(c, BLANK);
}

static bool is_capital(char c)
{
	return (unsigned char)(c - 'A') < 26;
}

static bool is_in(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set != '\0';
}

static const char *skip_letters(const char *p, const char *end)
{
	while (p < end && is_letter(*p))
		p++;
	return p;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Whether the letters from at to stop are the text, in any case. */
static bool is_text(const char *at, const char *stop, const char *text)
{
	for (; at < stop && *text == (*at | 0x20); at++)
		text++;
	return at == stop && *text == '\0';
}

static const struct word *find_word(const char *at, const char *stop)
{
	const struct word *w = words[(*at | 0x20) - 'a'];

	for (int i = 0; i < WORDS_A_LETTER && w[i].text; i++)
		if (is_text(at, stop, w[i].text))
			return &w[i];
	return NULL;
}

/* ---- values of keys ---- */

enum scale {
	BY_SIZE,   /* pino's and bunyan's 10 to 60, Monolog's 100 to 600 */
	SEVERITY,  /* syslog's 0 to 7 */
	OTEL,      /* OpenTelemetry's 1 to 24 */
	BY_LETTER, /* MongoDB's, without numbers */
	WHEN,      /* no level, but the time of the record */
};

static const struct {
	const char *text;
	enum scale scale;
} keys[] = {
	{ "level", BY_SIZE },
	{ "lvl", BY_SIZE },
	{ "severity", SEVERITY },
	{ "levelname", BY_SIZE },
	{ "level_name", BY_SIZE },
	{ "loglevel", BY_SIZE },
	{ "log.level", BY_SIZE },
	{ "@l", BY_SIZE },
	{ "priority", SEVERITY },
	{ "severitytext", OTEL },
	{ "severitynumber", OTEL },
	{ "s", BY_LETTER },
	{ "time", WHEN },
	{ "ts", WHEN },
	{ "timestamp", WHEN },
	{ "@timestamp", WHEN },
	{ "datetime", WHEN },
	{ "@t", WHEN },
	{ "t", WHEN },
};

/* syslog's severities. */
static enum level of_severity(int n)
{
	n &= 7;
	return n <= 3 ? LEVEL_ERROR : n == 4 ? LEVEL_WARN : n <= 6 ? LEVEL_INFO : LEVEL_DEBUG;
}

/* MongoDB's and glog's letters. */
static enum level of_letter(char c)
{
	static const char letters[] = "DIWEF";
	const char *found = memchr(letters, c, sizeof(letters) - 1);

	if (!found)
		return LEVEL_NONE;
	return c == 'F' ? LEVEL_ERROR : (enum level)(LEVEL_DEBUG + (found - letters));
}

/* Numbers of which each scale has its own. */
static enum level of_size(int n)
{
	if (n >= 10 && n <= 60 && n % 10 == 0)
		return n >= 50 ? LEVEL_ERROR : (enum level)(n / 10);
	if (n < 100 || n > 600 || n % 50 != 0)
		return LEVEL_NONE;
	return n >= 400 ? LEVEL_ERROR : n >= 300 ? LEVEL_WARN : n >= 200 ? LEVEL_INFO : LEVEL_DEBUG;
}

/* The level that a value is, in quotes or not. */
static enum level of_value(enum scale scale, const char *at, const char *end)
{
	bool quoted = at < end && is_in(*at, "\"'");
	const char *stop;
	int n = 0;

	at += quoted;
	stop = skip_letters(at, end);
	if (stop > at && scale == BY_LETTER)
		return stop - at == 1 && quoted ? of_letter(*at) : LEVEL_NONE;
	if (stop > at && scale != WHEN && !(stop < end && is_in(*stop, "_="))) {
		const struct word *w = find_word(at, stop);

		return w ? w->level : LEVEL_NONE;
	}
	for (stop = at; stop < end && is_digit(*stop) && n < 1000; stop++)
		n = n * 10 + (*stop - '0');
	if (stop == at || (stop < end && (is_letter(*stop) || is_in(*stop, "._"))))
		return LEVEL_NONE;
	switch (scale) {
	case BY_SIZE:
		return of_size(n);
	case SEVERITY:
		return n <= 7 ? of_severity(n) : LEVEL_NONE;
	case OTEL:
		return n < 1 || n > 24 ? LEVEL_NONE
		       : n > 16        ? LEVEL_ERROR
				       : (enum level)((n + 3) / 4);
	case BY_LETTER:
	case WHEN:
		break;
	}
	return LEVEL_NONE;
}

/* What was read of a line. */
struct reading {
	const char *line, *end;
	const char *at, *limit; /* of the header */
	char close;             /* of the bracket that is open; NUL: none */
	bool time;              /* there was one */
	bool titled;            /* "Date:": what follows is no time of the record */
	bool named;             /* a program's name before a level */
	bool hard;              /* before the token is no word that may be a message's */
	bool aside;
	unsigned seen; /* the classes in the token */
	enum level level;
};

/* The level of a pair: the key from key to stop, and the value at `at`. */
static enum level of_pair(struct reading *r, const char *key, const char *stop, const char *at)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i].text);

		if ((size_t)(stop - key) != len || strncasecmp(key, keys[i].text, len) != 0)
			continue;
		r->time |= keys[i].scale == WHEN;
		return of_value(keys[i].scale, at, r->end);
	}
	return LEVEL_NONE;
}

/* Behind the string that begins at p, or where the line ends. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\' && p + 1 < end;
	return p < end ? p + 1 : end;
}

/* level=warn msg="..." */
static void read_pairs(struct reading *r, const char *p)
{
	while (p < r->end && r->level == LEVEL_NONE) {
		const char *key = p = skip_blanks(p, r->end);

		while (p < r->end && !is_blank(*p) && *p != '=' && *p != '"')
			p++;
		if (p < r->end && *p == '=')
			r->level = of_pair(r, key, p, p + 1);
		while (p < r->end && !is_blank(*p))
			p = *p == '"' ? skip_string(p, r->end) : p + 1;
	}
}

/* Whether a level of 0 to 7 is syslog's: in GELF. */
static bool is_gelf(const struct reading *r, const char *object)
{
	static const char key[] = "\"short_message\"";

	return memmem(object, (size_t)(r->end - object), key, sizeof(key) - 1);
}

/* A key of an object from key to stop, and its value; returns whether the level is known now. */
static bool read_member(struct reading *r, const char *object, const char *key, const char *stop,
			const char *value, bool *clef)
{
	r->level = of_pair(r, key, stop, value);
	if (r->level == LEVEL_NONE && is_text(key, stop, "level") && value < r->end &&
	    *value < '8' && is_digit(*value) && is_gelf(r, object))
		r->level = of_value(SEVERITY, value, r->end);
	*clef |= stop - key == 2 && memcmp(key, "@t", 2) == 0;
	if (*clef && r->level == LEVEL_NONE && *key != '@')
		r->level = LEVEL_INFO; /* it has no @l, which would have come before */
	return r->level != LEVEL_NONE;
}

/* The members of the object at p, and of "log" in it. */
static void read_object(struct reading *r, const char *p)
{
	const char *object = p, *log = NULL; /* where the value of "log" is */
	bool clef = false, in_log = false;
	int depth = 0;

	while (p < r->end) {
		const char *stop, *value;

		if (*p != '"') {
			depth += is_in(*p, "{[") ? 1 : is_in(*p, "}]") ? -1 : 0;
			in_log = depth == 2 && (in_log || p == log);
			p++;
			if (depth > 0)
				continue;
			if (clef)
				r->level = LEVEL_INFO;
			return;
		}
		stop = skip_string(p, r->end);
		value = skip_blanks(stop, r->end);
		if (value < r->end && *value == ':') {
			value = skip_blanks(value + 1, r->end);
			if (depth == 1 && is_text(p + 1, stop - 1, "log"))
				log = value;
			if ((depth == 1 || in_log) &&
			    read_member(r, object, p + 1, stop - 1, value, &clef))
				return;
		}
		p = stop;
	}
}

/* ---- the header ---- */

/* What is before a word, and behind it. */
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
	const char *digits = p;

	while (digits < end && is_capital(*digits))
		digits++;
	const char *stop = digits;
	while (stop < end && is_digit(*stop))
		stop++;
	return digits > p && stop > digits && stop < end && *stop == ':';
}

static enum behind behind_of(const char *stop, const char *end)
{
	const char *p = skip_blanks(stop, end);

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
		return end - p > 2 && p[1] == 'E' && is_digit(p[2]) ? E_COLON : E_OPEN;
	default:
		return E_OTHER;
	}
}

/* "debug: false": a setting and no message. */
static bool is_setting(const char *colon, const char *end)
{
	static const char *const values[] = { "true", "false", "yes",  "no",
					      "on",   "off",   "null", "none" };
	const char *p = skip_blanks(colon + 1, end), *stop = end;

	while (stop > p && is_blank(stop[-1]))
		stop--;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (is_text(p, stop, values[i]))
			return true;
	while (p < stop && (is_digit(*p) || *p == '.'))
		p++;
	return p == stop;
}

/* Whether the word from at to stop, in the token, is a level or an aside, or else is none. */
static bool is_claimed(const struct reading *r, const struct word *w, const char *token,
		       const char *at, const char *stop)
{
	bool capitals = is_capital(at[0]) && is_capital(at[1]);
	enum behind behind = behind_of(stop, r->end);
	enum claim claim = claims[before_of(token, at)][behind];

	if (claim == NO || w->kind >= NAME)
		return false;
	if (behind == E_END && at > r->line && !r->time && !r->close)
		return false; /* "Status: ERROR" */
	if (capitals)
		return w->kind <= MARKED || claim == MARK;
	if (w->kind == STRICT || w->kind == ASIDE)
		return claim == MARK && behind == E_CLOSE;
	if (claim == FIELD && r->named)
		return r->hard;
	if (claim == FIELD)
		return w->kind == PLAIN && r->hard && r->time;
	return claim == MARK && r->hard && !(behind == E_COLON && is_setting(stop, r->end));
}

/* Behind the escape sequence at p, if that is one for colours and such. */
static const char *skip_colour(const char *p, const char *end)
{
	p++;
	if (p == end || *p++ != '[')
		return p < end ? p : end;
	while (p < end && (is_digit(*p) || *p == ';'))
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
		} else if (!is_blank(*p)) {
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

/* "14:05": whether the colon is one of a time; the token begins at from. */
static bool is_time(const char *colon, const char *from, const char *stop)
{
	return colon - from >= 2 && stop - colon >= 3 && is_digit(colon[-2]) &&
	       is_digit(colon[-1]) && is_digit(colon[1]) && is_digit(colon[2]) &&
	       !(colon - from > 2 && (is_digit(colon[-3]) || colon[-3] == '.')) &&
	       !(stop - colon > 3 && is_digit(colon[3]));
}

/* Whether the token begins with a time or a date with one, in a bracket or not. */
static bool has_time(const char *token, const char *stop)
{
	const char *p = token;

	if (!is_digit(*p) && (is_letter(*p) || stop - p < 2 || !is_digit(p[1])))
		return false; /* "a.c:10:15" */
	while (p < stop && (p = memchr(p, ':', (size_t)(stop - p))) != NULL)
		if (is_time(p++, token, stop))
			return true;
	return false;
}

/* "[22/Nov/2026:14:05:09 +0000]": an access log has it behind users' names. */
static bool has_access_time(const char *p, const char *end)
{
	for (; end - p > 3 && (p = memchr(p, '[', (size_t)(end - p - 3))) != NULL; p++)
		if (is_digit(p[1]) && is_digit(p[2]) && p[3] == '/')
			return true;
	return false;
}

/* W1122 14:05:09.123456, or W20261122 */
static enum level of_glog(const char *token, const char *stop, const char *end)
{
	for (const char *p = token + 1; p < stop; p++)
		if (!is_digit(*p))
			return LEVEL_NONE;
	if ((stop - token != 5 && stop - token != 9) || end - stop < 4 || *stop != ' ' ||
	    !is_digit(stop[1]) || stop[3] != ':')
		return LEVEL_NONE;
	return of_letter(*token);
}

/* "[I 2026-11-22": Tornado and Jupyter. */
static enum level of_tornado(const struct reading *r, const char *token, const char *stop)
{
	return token == r->line && *token == '[' && r->end - stop > 2 && is_digit(stop[1]) &&
			       is_digit(stop[2])
		       ? of_letter(token[1])
		       : LEVEL_NONE;
}

/* "1:M 22 Nov 2026 14:05:09.123 * Ready": Redis and Valkey. */
static enum level of_redis(const struct reading *r, char c)
{
	const char *p = r->line;

	while (p < r->end && is_digit(*p))
		p++;
	if (p == r->line || r->end - p < 3 || p[0] != ':' || !is_in(p[1], "MSCX") || p[2] != ' ')
		return LEVEL_NONE;
	return c == '#'               ? LEVEL_WARN
	       : c == '*'             ? LEVEL_INFO
	       : c == '-' || c == '.' ? LEVEL_DEBUG
				      : LEVEL_NONE;
}

/* The words of a token; returns whether one of them decides. */
static bool read_words(struct reading *r, const char *token, const char *stop)
{
	const char *p = token;

	while (p < stop) {
		const char *from = p;

		if (!is_letter(*p)) {
			p++;
			continue;
		}
		p = r->seen == LETTER ? stop : skip_letters(p, stop);
		const struct word *w = p - from > 2 ? find_word(from, p) : NULL;
		if (w && is_claimed(r, w, token, from, p)) {
			r->level = w->level;
			r->aside = w->kind == ASIDE;
			return true;
		}
	}
	return false;
}

/* "my app - INFO - text": whether a level between dashes is at p, or behind one more name. */
static bool is_dashed(const char *p, const char *end)
{
	const char *stop = skip_letters(p, end);

	p = skip_blanks(stop, end);
	if (end - p < 8 || p[0] != '-' || p[1] != ' ' || !is_capital(p[2]))
		return false;
	const char *level = p + 2;
	stop = skip_letters(level, end);
	p = skip_blanks(stop, end);
	return p < end && p > stop && *p == '-' && find_word(level, stop);
}

/* Whether a token in which no digit is may stand before a level. */
static bool is_name(struct reading *r, const char *token, const char *stop)
{
	const char *letters = skip_letters(token, stop), *next = skip_blanks(stop, r->end);
	const struct word *w = letters == stop ? find_word(token, stop) : NULL;
	bool first = skip_colours(r->line, r->end) == token;

	if (letters < stop) { /* something is in it: "app.db", "kernel:" */
		bool program = stop[-1] == ':';

		r->hard |= program;
		r->titled |= program && is_letter(*token);
		return !(
			program && stop - token > 6 &&
			(memcmp(stop - 6, "Error:", 6) == 0 || memcmp(stop - 6, "ption:", 6) == 0));
	}
	if (w && w->kind >= NAME) {
		r->named |= w->kind == NAME && (first || r->time);
		return w->kind == DATE || r->named;
	}
	if (w && is_text(token, stop, "fatal")) /* "fatal error:" */
		return true;
	if (is_dashed(next, r->end))
		return true;
	for (const char *p = token + 1; p < stop; p++)
		if (is_capital(*p)) /* "UTC", "MainThread" */
			return r->time || stop - token < 4;
	if (is_capital(*token) || !r->hard) /* a sentence, or the second word */
		return false;
	r->hard = false;
	return r->time || (first && next < r->end && (is_digit(*next) || *next == '|'));
}

/* Goes on over a token that is no level; returns false where the message begins. */
static bool pass(struct reading *r, const char *token, const char *stop)
{
	bool hard = r->close || !is_letter(*token) || r->seen & DIGIT;

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

/* A compiler's quotation, "12 | let error: u8;": only a number is before the bar. */
static bool is_quotation(const struct reading *r, const char *bar)
{
	const char *p = r->line;

	while (p < bar && is_digit(*p))
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
	letters = r->seen == LETTER ? stop : skip_letters(token, stop);
	if (*token == '{' && token + 1 < r->end && is_in(token[1], "\" ")) {
		read_object(r, token);
		return false;
	}
	if (!r->close && r->seen & EQUALS && letters > token) {
		read_pairs(r, token);
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

/* <N>, with the facility in it or not. */
static enum level of_syslog(const char *line, size_t len)
{
	size_t i = 1;
	int n = 0;

	for (; i < len && i < 4 && is_digit(line[i]); i++)
		n = n * 10 + (line[i] - '0');
	return i > 1 && i < len && line[i] == '>' && n <= 191 ? of_severity(n) : LEVEL_NONE;
}

/*
 * "1 2026-11-22T14:05:09Z host app 77 ID - text", RFC 5424 without its priority: gives where the
 * text can begin; NULL: it is not that.
 */
static const char *text_of_syslog(const char *line, const char *end)
{
	enum { VERSION = 2, YEAR = 4, FIELDS = 6 };
	const char *p = line;

	if (end - line <= VERSION + YEAR || memcmp(line, "1 ", VERSION) != 0 ||
	    !is_digit(line[VERSION]) || line[VERSION + YEAR] != '-')
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
	       (*line == '\t' || (*line == ' ' && line + 1 < end && is_blank(line[1])));
}

enum level level_of(const char *line, size_t len, enum level_place *place)
{
	struct reading r = { .line = line, .at = line, .hard = true };
	const char *token, *stop, *text, *message = line;

	r.end = line + (len < PAIRS_LIMIT ? len : PAIRS_LIMIT);
	r.limit = line + (len < HEADER_LIMIT ? len : HEADER_LIMIT);
	*place = LEVEL_INDENTED;
	if (is_indented(line, r.end) && !crash_begins(line, r.end))
		return LEVEL_NONE;
	if (len > 0 && *line == '<')
		r.level = of_syslog(line, len);
	else if ((text = text_of_syslog(line, r.limit)) != NULL)
		r.limit = text;
	while (r.level == LEVEL_NONE && next_token(&r, &token, &stop)) {
		if (!read_token(&r, token, stop)) {
			message = token;
			break;
		}
	}
	if (r.level == LEVEL_NONE && !r.aside &&
	    (crash_begins(line, r.end) || crash_begins(message, r.end)))
		r.level = LEVEL_ERROR;
	if (r.level == LEVEL_NONE && !r.time)
		r.time = has_access_time(line, line + (len < TIME_LIMIT ? len : TIME_LIMIT));
	if (!r.aside)
		*place = r.time || r.level != LEVEL_NONE ? LEVEL_BEGINS : LEVEL_FOLLOWS;
	return r.level;
}

bool level_parse(const char *word, enum level *level)
{
	static const char *const names[] = { "none", "trace", "debug", "info", "warn", "error" };

	for (int l = LEVEL_TRACE; l <= LEVEL_ERROR; l++) {
		if (strcasecmp(word, names[l]) == 0) {
			*level = (enum level)l;
			return true;
		}
	}
	return false;
}
