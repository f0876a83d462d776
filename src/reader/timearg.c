/*
 * The times of --since and --until, as people write them. Pure.
 *
 * The spellings are those of journalctl(1) (systemd.time(7)), podman-logs(1) and docker logs, as
 * far as they agree. Where they do not, as with a bare number, it is refused.
 */
#include "reader/timearg.h"

#include "base/ascii.h"
#include "base/clock.h"
#include "reader/datetime.h"
#include "reader/linetime.h"

#include <string.h>
#include <strings.h>

static const char other[] =
	"is no time; write \"2026-11-22 14:05\", 14:05, yesterday, -2h or @1795352709";

/* ---- words ---- */

/* A word in any case, with nothing or a blank behind it, which is skipped, too. */
static bool take_word(struct datetime_text *t, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(t->end - t->at) < len || strncasecmp(t->at, word, len) != 0)
		return false;
	if (t->at + len < t->end && t->at[len] != ' ')
		return false;
	t->at += len;
	while (datetime_literal(t, ' '))
		;
	return true;
}

static bool is_end(const struct datetime_text *t)
{
	return t->at == t->end;
}

/* ---- durations ---- */

/* The nanoseconds of a unit; 0: there is none. Goes behind it. */
static int64_t take_unit(struct datetime_text *t)
{
	static const struct {
		const char *names;
		int64_t ns;
	} units[] = {
		{ " ms msec ", CLOCK_SECOND / 1000 },
		{ " s sec secs second seconds ", CLOCK_SECOND },
		{ " m min mins minute minutes ", 60 * CLOCK_SECOND },
		{ " h hr hrs hour hours ", 3600 * CLOCK_SECOND },
		{ " d day days ", 86400 * CLOCK_SECOND },
		{ " w week weeks ", 7 * 86400 * CLOCK_SECOND },
	};
	char word[12] = " ";
	size_t len = 0;

	while (t->at + len < t->end && strchr("acdehiklmnorstuwy", t->at[len]) && len < 8)
		len++;
	memcpy(word + 1, t->at, len);
	memcpy(word + 1 + len, " ", 2);
	for (size_t i = 0; len > 0 && i < sizeof(units) / sizeof(*units); i++) {
		if (strstr(units[i].names, word)) {
			t->at += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* A number with a unit, of at most 1000 years. */
static bool take_piece(struct datetime_text *t, int64_t *ns)
{
	const int64_t most = CLOCK_LAST * CLOCK_SECOND;
	int64_t count = 0, fraction = 0, unit;
	const char *begin = t->at;

	for (; t->at < t->end && ascii_is_digit(*t->at) && count < most / 10; t->at++)
		count = 10 * count + (*t->at - '0');
	if (t->at == begin)
		return false;
	if (datetime_literal(t, '.') && !datetime_fraction(t, &fraction))
		return false;
	while (datetime_literal(t, ' '))
		;
	unit = take_unit(t);
	if (unit == 0 || count > (most - *ns) / unit)
		return false;
	*ns += count * unit + (int64_t)((double)fraction / (double)CLOCK_SECOND * (double)unit);
	return *ns <= most;
}

/* -2h, 2h, "2h ago", "1h 30m", +5m. */
static bool parse_duration(struct datetime_text t, int64_t now, int64_t *ns)
{
	bool before = datetime_literal(&t, '-');
	bool after = !before && datetime_literal(&t, '+');
	int64_t length = 0;

	do {
		if (!take_piece(&t, &length))
			return false;
		while (datetime_literal(&t, ' '))
			;
		if (!before && !after && take_word(&t, "ago"))
			break;
	} while (!is_end(&t));
	*ns = after ? now + length : now - length;
	return is_end(&t);
}

/* ---- numbers ---- */

static bool parse_unix(struct datetime_text t, int64_t *ns)
{
	int64_t seconds = 0, fraction = 0;

	if (!datetime_literal(&t, '@') || is_end(&t))
		return false;
	for (; !is_end(&t) && ascii_is_digit(*t.at); t.at++) {
		seconds = 10 * seconds + (*t.at - '0');
		if (seconds > CLOCK_LAST)
			return false;
	}
	if (datetime_literal(&t, '.') && !datetime_fraction(&t, &fraction))
		return false;
	*ns = seconds * CLOCK_SECOND + fraction;
	return is_end(&t);
}

/* As it stands before a line, such as tai64n's or syslog's. */
static bool parse_stamp(struct datetime_text t, const struct timearg *how, int64_t *ns)
{
	const struct linetime_rules rules = { .near = how->now, .utc = how->utc };
	struct linetime found;

	if (!linetime_find(&rules, t.at, (size_t)(t.end - t.at), &found) ||
	    found.len != (size_t)(t.end - t.at))
		return false;
	*ns = how->last ? found.last : found.first;
	return true;
}

/* ---- dates ---- */

/* The day that a word names, or that is written, with a blank or T behind it. */
static bool take_day(struct datetime_text *t, const struct timearg *how, struct datetime *d)
{
	static const struct {
		const char *word;
		int days;
	} words[] = { { "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (take_word(t, words[i].word)) {
			datetime_now(how->now, how->utc, d);
			datetime_add_days(d, words[i].days);
			return true;
		}
	}
	if (!datetime_date(t, d))
		return false;
	if (t->end - t->at > 1 && strchr(" Tt", *t->at))
		t->at++;
	return true;
}

/* journalctl shows the day of the week; it is not looked at. */
static void skip_weekday(struct datetime_text *t)
{
	static const char names[] = "MonTueWedThuFriSatSun";

	for (size_t i = 0; i < sizeof(names) - 1 && t->end - t->at > 4; i += 3)
		if (strncasecmp(t->at, names + i, 3) == 0 && t->at[3] == ' ')
			t->at += 4;
}

static bool parse_date(struct datetime_text t, const struct timearg *how, int64_t *ns)
{
	struct datetime d = { 0 };
	struct datetime_moments m;
	bool day;

	skip_weekday(&t);
	day = take_day(&t, how, &d);
	if (!day)
		datetime_now(how->now, how->utc, &d);
	d.has_zone = false;
	d.offset = 0;
	d.hour = d.minute = d.second = 0;
	d.ns = 0;
	if ((!day || !is_end(&t)) && !datetime_clock(&t, &d))
		return false;
	(void)datetime_zone(&t, &d);
	datetime_moments(&d, how->utc, &m);
	*ns = how->last ? m.last : m.first;
	return is_end(&t);
}

bool timearg_parse(const char *text, const struct timearg *how, int64_t *ns, const char **why)
{
	struct datetime_text t = { text, text + strlen(text) };

	*why = other;
	if (take_word(&t, "now") && is_end(&t)) {
		*ns = how->now;
		return true;
	}
	t.at = text;
	if (parse_date(t, how, ns) || parse_duration(t, how->now, ns) || parse_unix(t, ns) ||
	    parse_stamp(t, how, ns))
		return true;
	if (*text && text[strspn(text, "0123456789")] == '\0')
		*why = "is a number without a unit; write -2h, 14:05 or @1795352709";
	return false;
}
