/* What was stored already, as far as it was read back. Pure. */
#include "logsink-ship/seen.h"

#include <stdlib.h>

/* The last ones are asked for most. There are a few files for each partition. */
static struct seen_file *find(const struct seen *s, int32_t partition, int64_t period,
			      uint32_t part)
{
	for (size_t i = s->count; i-- > 0;) {
		struct seen_file *f = &s->files[i];

		if (f->partition == partition && f->period == period && f->part == part)
			return f;
	}
	return NULL;
}

int seen_add(struct seen *s, int32_t partition, int64_t period, uint32_t part, uint64_t end)
{
	struct seen_file *f = find(s, partition, period, part);

	if (f) {
		f->end = end > f->end ? end : f->end;
		return 0;
	}
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct seen_file *files = realloc(s->files, room * sizeof(*files));

		if (!files)
			return -1;
		s->files = files;
		s->room = room;
	}
	s->files[s->count++] = (struct seen_file){
		.period = period, .end = end, .part = part, .partition = partition
	};
	return 0;
}

int64_t seen_end(const struct seen *s, int32_t partition, int64_t period, uint32_t part)
{
	const struct seen_file *f = find(s, partition, period, part);

	return f ? (int64_t)f->end : -1;
}

void seen_clear(struct seen *s)
{
	free(s->files);
	*s = (struct seen){ 0 };
}
