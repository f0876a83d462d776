/* What is escaped is a string, and an object stays one when its members are taken out. */
#include "record/json.h"

#include "fuzz.h"

static void escaped_is_a_string(const char *text, size_t len)
{
	char *object = malloc(JSON_FACTOR * len + 8);
	struct json_object o;
	size_t n;

	memcpy(object, "{\"k\":\"", 6);
	n = json_escape(object + 6, text, len);
	HOLDS(n <= JSON_FACTOR * len);
	memcpy(object + 6 + n, "\"}", 2);
	HOLDS(json_object(object, n + 8, &o));
	HOLDS(o.members == object + 1 && o.len == n + 6);
	free(object);
}

static void members_make_an_object(const char *text, size_t len)
{
	struct json_object o, again;
	char *object;

	if (!json_object(text, len, &o))
		return;
	HOLDS(o.members > text && o.members + o.len < text + len);
	object = malloc(o.len + 2);
	object[0] = '{';
	memcpy(object + 1, o.members, o.len);
	object[o.len + 1] = '}';
	HOLDS(json_object(object, o.len + 2, &again));
	HOLDS(again.len == o.len && again.has_time == o.has_time &&
	      again.has_stream == o.has_stream);
	for (size_t cut = 0; cut < o.len + 2; cut++)
		HOLDS(!json_object(object, cut, &again));
	free(object);
}

FUZZ(data, len)
{
	char *text = malloc(len ? len : 1);

	memcpy(text, data, len);
	escaped_is_a_string(text, len);
	members_make_an_object(text, len);
	free(text);
}
