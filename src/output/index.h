/* Keep the index of arrival times while a log is written. */
#ifndef INDEX_H
#define INDEX_H

#include <stdint.h>
#include <sys/types.h>

struct directory;
struct index;

/*
 * index_new(dir, file, mode): an index for FILE (relative to dir), not opened yet.
 * mode: of the file, if it is made; less the umask.
 * Owner:   the caller; index_free. dir must outlive it.
 * Thread:  one, for all calls below.
 * Returns: NULL and errno.
 */
struct index *index_new(const struct directory *dir, const char *file, mode_t mode);
void index_free(struct index *i);

/*
 * index_note(i, name, offset): all that the log file of that name has before the offset has come by
 * now, and what is behind it comes later. Opens the index, or makes it, if it is not open.
 *
 * The log does without, if this fails: there is one warning, and later notes are tried silently.
 */
void index_note(struct index *i, const char *name, uint64_t offset);

/* index_close(i): the directory may be another one from now on; open it again by name. */
void index_close(struct index *i);

#endif
