/*
 * Users and groups by name or number, from the system's databases.
 *
 * The C library asks the databases that nsswitch.conf(5) names (LDAP, systemd, files) through
 * libraries that it loads when it is first asked. A static program cannot load them: it would need
 * exactly the C library that it was built with, and may crash with another one. So, if built by
 * `make static`, the program reads /etc/passwd and /etc/group itself, and nothing else.
 */
#include "process/accounts.h"

#ifdef LOGSINK_STATIC

#include <stdio.h>
#include <string.h>

static const char users_file[] = "/etc/passwd", groups_file[] = "/etc/group";

/* The first entry with this name, or without a name with this number. */
static const struct passwd *find_user(const char *name, uid_t uid)
{
	FILE *file = fopen(users_file, "re");
	const struct passwd *p = NULL;

	if (!file)
		return NULL;
	do {
		p = fgetpwent(file);
	} while (p && !(name ? strcmp(p->pw_name, name) == 0 : p->pw_uid == uid));
	fclose(file);
	return p;
}

const struct passwd *accounts_user(const char *name)
{
	return find_user(name, 0);
}

const struct passwd *accounts_user_of(uid_t uid)
{
	return find_user(NULL, uid);
}

const struct group *accounts_group(const char *name)
{
	FILE *file = fopen(groups_file, "re");
	const struct group *g = NULL;

	if (!file)
		return NULL;
	do {
		g = fgetgrent(file);
	} while (g && strcmp(g->gr_name, name) != 0);
	fclose(file);
	return g;
}

static int has_member(const struct group *g, const char *name)
{
	for (char **member = g->gr_mem; *member; member++)
		if (strcmp(*member, name) == 0)
			return 1;
	return 0;
}

/* Appends gid as far as there is room. Returns the new count. */
static int add(gid_t gid, gid_t *groups, int room, int count)
{
	if (count < room)
		groups[count] = gid;
	return count + 1;
}

int accounts_groups(const char *name, gid_t gid, gid_t *groups, int *count)
{
	FILE *file = fopen(groups_file, "re");
	const struct group *g;
	int room = *count;

	*count = add(gid, groups, room, 0);
	while (file && (g = fgetgrent(file)) != NULL)
		if (g->gr_gid != gid && has_member(g, name))
			*count = add(g->gr_gid, groups, room, *count);
	if (file)
		fclose(file);
	return *count <= room ? 0 : -1;
}

const char *accounts_where_users(void)
{
	return users_file;
}

const char *accounts_where_groups(void)
{
	return groups_file;
}

#else

const struct passwd *accounts_user(const char *name)
{
	return getpwnam(name);
}

const struct passwd *accounts_user_of(uid_t uid)
{
	return getpwuid(uid);
}

const struct group *accounts_group(const char *name)
{
	return getgrnam(name);
}

int accounts_groups(const char *name, gid_t gid, gid_t *groups, int *count)
{
	return getgrouplist(name, gid, groups, count);
}

const char *accounts_where_users(void)
{
	return "'getent passwd'";
}

const char *accounts_where_groups(void)
{
	return "'getent group'";
}

#endif
