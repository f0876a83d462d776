/* How a pipe is to be read, by how fast its bytes come; pure. */
#ifndef FLOW_H
#define FLOW_H

#include "input/coalesce.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begin with flow_init. */
struct flow {
	/* what to do after the last read */
	int64_t nap_ns;   /* do not read for so long */
	bool quiet;       /* so little comes that it is best written at once */
	int64_t watch_ns; /* while quiet, who hangs in a write is noticed in time if so often looked
			     for */

	/* ours */
	int64_t longest_ns; /* of a nap */
	struct coalesce coalesce;
	unsigned reads; /* since begun_ns */
	size_t bytes;
	size_t write_bytes; /* what the program seems to write at once */
	int64_t begun_ns;   /* CLOCK_MONOTONIC; 0: never */
	unsigned left;      /* naps before the next measurement */
};

#define FLOW_FIRST_WATCH_NS INT64_C(10000000)
#define FLOW_LAST_WATCH_NS  INT64_C(2000000000)

/* flow_init(f, longest_ns, capacity): longest_ns: --interval, 0: no naps; capacity: of the pipe. */
void flow_init(struct flow *f, int64_t longest_ns, size_t capacity);

/* flow_capacity(f, capacity): the pipe was widened. */
void flow_capacity(struct flow *f, size_t capacity);

/* flow_next(f, now_ns, bytes): a read gave so many bytes, at now_ns of CLOCK_MONOTONIC. */
void flow_next(struct flow *f, int64_t now_ns, size_t bytes);

#endif
