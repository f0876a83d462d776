/* Dry run: print what would be done: --check. */
#ifndef CHECK_H
#define CHECK_H

#include "family/names.h"
#include "family/retain.h"

#include <stdbool.h>
#include <stdint.h>

struct directory;
struct options;

struct check_plan {
	const struct options *options;
	const struct names *names;
	const char *link; /* NULL: none */
	struct retain_rules rules;
	uint64_t part_limit;
	bool compress;
	const struct directory *dir; /* opened with look_only */
};

/*
 * check_print(p): print to standard output the current file, the next periods, the files that
 * would be deleted and compressed now, and the policy.
 * Returns: 0, or -1 after a message.
 */
int check_print(const struct check_plan *p);

/*
 * check_command(words): print the command that would be run, as one types it in a shell, and which
 * file that is.
 * Returns: 0, or -1 after a message: it could not be run.
 */
int check_command(char *const words[]);

#endif
