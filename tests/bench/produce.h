/*
 * produce: send bytes into a pipe in one of the ways in which programs log, and time it.
 */
#ifndef PRODUCE_H
#define PRODUCE_H

#include <stddef.h>
#include <stdint.h>

struct produce_cost {
	double wall_s; /* from the first write to the last */
	double cpu_s;
	int64_t late_ns; /* paced: how much the latest line was behind its time */
};

/* How long each write(2) took; one for each line that is written by produce_lines(). */
struct produce_times {
	int64_t *ns; /* sorted by produce_percentile_us() */
	size_t count;
	size_t room;
};

/* BLOCK bytes at a time. */
void produce_blocks(int fd, const char *data, size_t length, size_t block,
		    struct produce_cost *cost);

/* When lines are written. */
struct produce_pace {
	int64_t per_s; /* lines a second, each at its time; 0: as fast as they go */
	int64_t slot;  /* of so many producers side by side, which is this; */
	int64_t slots; /* each of which writes at times of its own; 0: alone */
};

/* One write(2) per line. */
void produce_lines(int fd, const char *data, size_t length, const struct produce_pace *pace,
		   struct produce_cost *cost, struct produce_times *times);

/* PROGRAM INPUT with FD as its standard output; it has ended when this returns. */
void produce_by(const char *program, const char *input, int fd, struct produce_cost *cost);

/* Blocks until nothing more is taken for half a second. Returns: how much was taken. */
size_t produce_until_stuck(int fd, const char *data, size_t length, size_t block);

/* Make room for the times of COUNT writes; without this they are not taken. */
void produce_times_init(struct produce_times *times, size_t count);

/* The time that PER_MILLE of 1000 writes did not exceed, in microseconds. */
double produce_percentile_us(struct produce_times *times, int per_mille);

#endif
