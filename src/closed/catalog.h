/* The files of a log as the keeper knows them, and which of them are closed. */
#ifndef CATALOG_H
#define CATALOG_H

#include "family/family.h"
#include "family/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct directory;
struct watchdog;

/* All of it is one thread's, the keeper's; and so are all functions here. */
struct catalog {
	struct directory *dir; /* these three are set once */
	const struct names *names;
	struct watchdog *watchdog; /* the thread's */

	struct family family;      /* all known files of the family on the disk */
	bool listed;               /* the list is filled; false: no rule has needed it so far */
	struct names_member limit; /* older files are closed */
	bool said_written;
};

/* catalog_is_closed(c, m): whether nothing will be added to the file m any more. */
bool catalog_is_closed(const struct catalog *c, const struct names_member *m);

/* catalog_closed(c): the number of closed files, which are the first ones of the list. */
size_t catalog_closed(const struct catalog *c);

/* catalog_first_newer(c): the first file of the list that is newer by name than the current one. */
size_t catalog_first_newer(const struct catalog *c);

/* catalog_add(c, m, size, mtime): there is another file now; size in bytes. */
void catalog_add(struct catalog *c, const struct names_member *m, uint64_t size, time_t mtime);

/*
 * catalog_scan(c, list, measure, leftovers): read the directory. list: also fill the list of files;
 * measure: with their sizes and times, one system call for each. leftovers: remove the temporary
 * files of compressions that did not end.
 * Errors: said.
 */
void catalog_scan(struct catalog *c, bool list, bool measure, bool leftovers);

/* catalog_remove_temporary(c, name): remove the temporary file of a compression. */
void catalog_remove_temporary(const struct catalog *c, const char *name);

/*
 * catalog_is_written(c, name): whether another logsink writes to this file of our family. That is
 * reported once.
 */
bool catalog_is_written(struct catalog *c, const char *name);

/*
 * catalog_unlink(c, m): delete the file, and directories that are empty then. The list is not
 * changed.
 * Returns: 0, or -1 and errno.
 */
int catalog_unlink(const struct catalog *c, const struct names_member *m);

#endif
