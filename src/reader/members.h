/* The members of a family in their order, for who reads them while they change. */
#ifndef MEMBERS_H
#define MEMBERS_H

#include "family/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A family is all files that logsink may have written for one FILE, with any --roll. It is found
 * by FILE, by a link to one of its files, by the path of a file of it, or by a template. The list
 * is made without a lock, and may be out of date as soon as it is there; members_open is right
 * nevertheless.
 */
struct members;

/*
 * A member is the same, whether it is plain or compressed, or both for a moment. Members are equal
 * if members_order says so, in this list and in later ones.
 */
struct member {
	int64_t period; /* its first date, as names_member has it */
	unsigned part;  /* from 1 */
	uint8_t roll;   /* which of the family's patterns */
	uint8_t forms;  /* a bit for each enum names_suffix that was there */
};

/*
 * members_new(path): the family that path leads to, with its list. If there is nothing yet it is
 * that of path as a FILE, and empty.
 *
 * Owner:   the caller; members_free.
 * Returns: NULL and errno: EINVAL: path cannot name a family; EISDIR: it is a directory.
 */
struct members *members_new(const char *path);
void members_free(struct members *m);

/*
 * members_scan(m): make the list anew.
 * Returns: 0; or -1 and errno: not everything was seen. ENOENT: there is no directory.
 */
int members_scan(struct members *m);

/*
 * members_moved(m): whether the directory's path leads to another directory by now, in which there
 * are members. What was written to the one before was written earlier.
 */
bool members_moved(const struct members *m);

/*
 * members_renew(m): see whether the directory's path leads to another directory by now, and go
 * there. The list stays as it was.
 * Returns: 1: it does; 0: it does not, or to none.
 */
int members_renew(struct members *m);

/*
 * members_error(m): errno of the last scan, 0 if that saw everything.
 * members_where(m): the directory in which something could not be seen.
 */
int members_error(const struct members *m);
const char *members_where(const struct members *m);

/* members_count(m), members_get(m, i): the list, the oldest first. Owner: m, until the next scan.
 */
size_t members_count(const struct members *m);
const struct member *members_get(const struct members *m, size_t i);

/* members_order(a, b): <0, 0, >0 as a is older, the same, newer: by period, then part. */
int members_order(const struct member *a, const struct member *b);

/* members_after(m, last): the index of the first that is newer than last; the count: none is. */
size_t members_after(const struct members *m, const struct member *last);

/* members_find(m, which): the index of this member; the count: it is not in the list. */
size_t members_find(const struct members *m, const struct member *which);

/*
 * members_open(m, which, form): open a member to be read, in the form it has by now: if it is
 * there in several, as the plain one. Only regular files are opened, and no link is followed.
 * Gives:   *form.
 * Returns: a descriptor, the caller's; or -1 and errno. ENOENT: it was deleted.
 */
int members_open(const struct members *m, const struct member *which, enum names_suffix *form);

/*
 * members_name(m, which, form, to): its name, relative to the directory.
 * members_path(m, which, form, to, size): with the directory, as a user would write it.
 * members_best(which): the form that members_open would take, as the list has it.
 */
void members_name(const struct members *m, const struct member *which, enum names_suffix form,
		  char to[NAMES_SIZE]);
void members_path(const struct members *m, const struct member *which, enum names_suffix form,
		  char *to, size_t size);
enum names_suffix members_best(const struct member *which);

/*
 * members_parse(m, name, which): is this, relative to the directory, the name of a member?
 * Gives:   *which, with the one form that it names.
 */
bool members_parse(const struct members *m, const char *name, struct member *which);

/*
 * members_file(m): FILE of the family, or its template: what logsink would be given.
 * members_prefix(m): its directory, "" or with '/' at its end.
 * members_fd(m): the directory; -1: there is none.
 */
const char *members_file(const struct members *m);
const char *members_prefix(const struct members *m);
int members_fd(const struct members *m);

/* members_names(m, which): the pattern that the member's name has. */
const struct names *members_names(const struct members *m, const struct member *which);

/*
 * members_directories(m, each, arg): each(arg, path) for the directory, and for each one below it
 * that held, or may hold, members at the last scan.
 */
void members_directories(const struct members *m, void (*each)(void *arg, const char *path),
			 void *arg);

#endif
