/* The same bytes give the same records, however they are cut; and JSON is JSON. */
#include "record/formatter.h"

#include "record/filter.h"
#include "record/json.h"

#include "fuzz.h"

enum { PIECE = 4096, RUN = PIECE - 6, CONTROLS = 8 };

#define NOW INT64_C(1795356309000250000)

/* A buffer that grows. */
struct text {
	char *at;
	size_t len;
};

static struct formatter_options options_of(const uint8_t *controls, struct filter *filter)
{
	return (struct formatter_options){
		.format = (enum formatter_format)(controls[0] & 3),
		.stamp = { .kind = controls[0] & 4 ? STAMP_UNIX : STAMP_NONE, .utc = true },
		.escape = controls[0] & 8,
		.strip_ansi = controls[0] & 16,
		.level = controls[0] & 32 ? LEVEL_WARN : LEVEL_NONE,
		.filter = controls[0] & 64 ? filter : NULL,
		.piece = PIECE,
	};
}

/* Renders the text, given in reads of at most `step` bytes, and with just enough room. */
static struct text render(const struct formatter_options *o, const char *text, size_t len,
			  size_t step, struct formatter_tally *t)
{
	struct formatter *l = formatter_new(o, "stdin");
	size_t room = formatter_most(l, PIECE), held = 0;
	struct text result = { NULL, 0 };
	bool done = false;

	memset(t, 0, sizeof(*t));
	while (!done) {
		size_t more = len < step ? len : step, used;
		struct formatter_out out = { .size = room };
		char *in;

		if (more > 2 * PIECE - held)
			more = 2 * PIECE - held;
		held += more;
		len -= more;
		in = malloc(held ? held : 1); /* so that reading beyond is seen */
		memcpy(in, text, held);
		result.at = realloc(result.at, result.len + room);
		out.at = result.at + result.len;
		if (len > 0)
			used = formatter_render(l, NOW, in, held, &out, 1, t);
		else
			done = formatter_finish(l, NOW, in, held, true, &out, 1, t, &used);
		HOLDS(used <= held && out.len <= room);
		HOLDS(used > 0 || more > 0 || done);
		result.len += out.len;
		held -= used;
		text += used;
		free(in);
	}
	HOLDS(held == 0 && !formatter_midline(l));
	formatter_free(l);
	return result;
}

static void check_records(const struct formatter_options *o, const struct text *r,
			  const struct formatter_tally *t)
{
	uint64_t records = 0;
	size_t at = 0;

	while (at < r->len) {
		const char *newline = memchr(r->at + at, '\n', r->len - at);
		struct json_object object;
		size_t len;

		HOLDS(newline != NULL);
		len = (size_t)(newline - r->at) - at;
		if (o->format == FORMATTER_JSON || o->format == FORMATTER_JSON_MERGE)
			HOLDS(json_object(r->at + at, len, &object));
		if (o->escape)
			for (size_t i = 0; i < len; i++)
				HOLDS((unsigned char)r->at[at + i] >= ' ' || r->at[at + i] == '\t');
		at += len + 1;
		records++;
	}
	if (o->format != FORMATTER_CRI)
		HOLDS(records == t->lines - t->filtered_lines);
}

FUZZ(data, len)
{
	static struct filter *filter;
	struct formatter_tally t, u;
	struct text whole, cut;
	char *text;
	size_t run, step;

	if (len < CONTROLS)
		return;
	if (!filter)
		filter = filter_new((const char *const[]){ "[a-m]+x?" }, 1,
				    (const char *const[]){ "no" }, 1);
	struct formatter_options o = options_of(data, filter);
	/* A run before the text, so that little input is at the edge of a piece. */
	run = data[0] & 128 ? RUN + data[1] % 8 : 0;
	text = malloc(run + len);
	memset(text, 'a', run);
	memcpy(text + run, data + CONTROLS, len - CONTROLS);
	len = run + len - CONTROLS;
	whole = render(&o, text, len, SIZE_MAX, &t);
	step = 1 + ((size_t)data[2] << 8 | data[3]) % 5000;
	step = step > len / 200 ? step : len / 200; /* or it takes too long */
	cut = render(&o, text, len, step, &u);
	HOLDS(whole.len == cut.len && memcmp(whole.at, cut.at, cut.len) == 0);
	HOLDS(memcmp(&t, &u, sizeof(t)) == 0);
	check_records(&o, &whole, &t);
	free(whole.at);
	free(cut.at);
	free(text);
}
