/* Find out what is stored already, by reading it back from the topic. */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct position;
struct reading;
struct shipment;

struct resume_options {
	const char *id;    /* of our records */
	int32_t partition; /* the only one that we send to; -1: all */
	bool settle;       /* another instance ended in the middle: what it sent may still arrive */
	bool (*go_on)(void *arg); /* asked from time to time */
	void *arg;
};

enum resume_result {
	RESUME_READY,
	RESUME_UNKNOWN, /* reading back is forbidden; the message is the caller's */
	RESUME_FAILED,  /* engine_why */
	RESUME_STOPPED, /* go_on was false */
};

/*
 * resume_read_back(o, e, shipment, reading): note in the shipment what of our records is stored
 * behind its position, and in the position from where on a partition that is new to it must be read
 * the next time.
 */
enum resume_result resume_read_back(const struct resume_options *o, struct engine *e,
				    struct shipment *shipment, const struct reading *reading);

#endif
