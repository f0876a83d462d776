/* Tests for reader/members: which family a path leads to, and in which order its members are. */
#include "reader/members.h"

#include "scratch.h"
#include "test.h"

static void make(const char *names)
{
	char copy[1024], *save, *name;

	strcpy(copy, names);
	for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save))
		scratch_file(name, name);
}

/* The names of all members, with a blank between them. */
static const char *names(const struct members *m)
{
	static char text[4096];
	char name[NAMES_SIZE], *p = text;

	*p = '\0';
	for (size_t i = 0; i < members_count(m); i++) {
		members_name(m, members_get(m, i), members_best(members_get(m, i)), name);
		p += sprintf(p, "%s%s", i ? " " : "", name);
	}
	return text;
}

/* That path leads to this FILE and these members. */
static void leads(const char *path, const char *file, const char *list)
{
	struct members *m = members_new(path);

	if (!CHECK(m != NULL))
		return;
	CHECK_STR(members_file(m), file);
	CHECK_STR(names(m), list);
	members_free(m);
}

static void order(void)
{
	scratch_enter();
	make("app.2026-11-22.log app.2026-11-22.part002.log.zst app.2026-11-22.part010.log "
	     "app.2026-11-21.log.gz app.2025-12-31.log app.2026-11-20.log app.2026-11-20.log.zst "
	     "app.2026-13-01.log app.2026-11-22.log.tmp .app.2026-11-22.log.lock api.2026-11-22.log "
	     "app.error.2026-11-22.log app.2026-11-22.part01.log other.log app.2026-11-22.txt");
	CHECK(symlink("app.2026-11-22.log", "app.log") == 0);
	CHECK(symlink("other.log", "app.2026-11-23.log") == 0);
	CHECK(mkdir("app.2026-11-24.log", 0700) == 0);
	leads("app.log", "app.log",
	      "app.2025-12-31.log app.2026-11-20.log app.2026-11-21.log.gz app.2026-11-22.log "
	      "app.2026-11-22.part002.log.zst app.2026-11-22.part010.log");
	scratch_leave();
}

static void ways(void)
{
	static const char list[] = "app.2026-11-21.log.zst app.2026-11-22.log "
				   "app.2026-11-22.part002.log";

	scratch_enter();
	CHECK(mkdir("logs", 0700) == 0 && mkdir("elsewhere", 0700) == 0);
	CHECK(chdir("logs") == 0);
	make(list);
	CHECK(symlink("app.2026-11-22.part002.log", "app.log") == 0);
	CHECK(chdir("..") == 0);
	CHECK(symlink("../logs/app.2026-11-22.part002.log", "elsewhere/now") == 0);
	CHECK(symlink("now", "elsewhere/today") == 0);
	leads("logs/app.log", "logs/app.log", list);
	leads("./logs//app.log", "./logs//app.log", list);
	leads("logs/app.2026-11-22.log", "logs/app.log", list);
	leads("logs/app.2026-11-21.log.zst", "logs/app.log", list);
	leads("logs/app.2026-11-22.part002.log", "logs/app.log", list);
	leads("logs/app.%Y-%m-%d.log", "logs/app.%Y-%m-%d.log", list);
	leads("elsewhere/now", "elsewhere/../logs/app.log", list);
	leads("elsewhere/today", "elsewhere/../logs/app.log", list);
	CHECK(unlink("logs/app.log") == 0);
	leads("logs/app.log", "logs/app.log", list);
	scratch_leave();
}

static void rolls(void)
{
	scratch_enter();
	make("h.2026-11-22T09.log h.2026-11-22T10.log m.2026-11-22T09-59.log w.2026-W47.log "
	     "w.2026-W09.log.gz y.2026-10.log n.log n.part002.log.zst plain 2026-11-22.log "
	     "noext.2026-11-22 noext.2026-11-22.part002 mixed.2026-11-21.log "
	     "mixed.2026-11-22T08.log mixed.log");
	leads("h.log", "h.log", "h.2026-11-22T09.log h.2026-11-22T10.log");
	leads("h.2026-11-22T09.log", "h.log", "h.2026-11-22T09.log h.2026-11-22T10.log");
	leads("m.2026-11-22T09-59.log", "m.log", "m.2026-11-22T09-59.log");
	leads("w.2026-W47.log", "w.log", "w.2026-W09.log.gz w.2026-W47.log");
	leads("y.2026-10.log", "y.log", "y.2026-10.log");
	leads("n.log", "n.log", "n.log n.part002.log.zst");
	leads("n.part002.log.zst", "n.log", "n.log n.part002.log.zst");
	leads("plain", "plain", "plain");
	leads("2026-11-22.log", "2026-11-22.log", "2026-11-22.log");
	leads("noext", "noext", "noext.2026-11-22 noext.2026-11-22.part002");
	leads("noext.2026-11-22.part002", "noext", "noext.2026-11-22 noext.2026-11-22.part002");
	leads("mixed.log", "mixed.log", "mixed.log mixed.2026-11-21.log mixed.2026-11-22T08.log");
	leads("missing.log", "missing.log", "");
	scratch_leave();
}

static size_t directories;

static void count_directory(void *arg, const char *path)
{
	(void)arg, (void)path;
	directories++;
}

static void templates(void)
{
	struct members *m;

	scratch_enter();
	CHECK(mkdir("2026", 0700) == 0 && mkdir("2026/11", 0700) == 0 &&
	      mkdir("2026/12", 0700) == 0 && mkdir("2026/x", 0700) == 0);
	make("2026/11/21.log 2026/11/22.log.zst 2026/11/22.part002.log 2026/12/01.log 2026/x/02.log");
	leads("%Y/%m/%d.log", "%Y/%m/%d.log",
	      "2026/11/21.log 2026/11/22.log.zst 2026/11/22.part002.log 2026/12/01.log");
	m = members_new("%Y/%m/%d.log");
	directories = 0;
	members_directories(m, count_directory, NULL);
	CHECK_INT((long long)directories, 4);
	members_free(m);
	scratch_leave();
}

/* What has become of a member since it was seen. */
static void changes(void)
{
	enum names_suffix form;
	struct members *m;
	struct member first;
	int fd;

	scratch_enter();
	make("app.2026-11-21.log app.2026-11-22.log");
	m = members_new("app.log");
	first = *members_get(m, 0);
	CHECK(rename("app.2026-11-21.log", "app.2026-11-21.log.zst") == 0);
	fd = members_open(m, &first, &form);
	CHECK(fd >= 0 && form == NAMES_ZST);
	close(fd);
	make("app.2026-11-21.log app.2026-11-23.log");
	fd = members_open(m, &first, &form);
	CHECK(fd >= 0 && form == NAMES_PLAIN);
	close(fd);
	CHECK_INT(members_scan(m), 0);
	CHECK_INT((long long)members_count(m), 3);
	CHECK_INT((long long)members_find(m, &first), 0);
	CHECK_INT((long long)members_after(m, &first), 1);
	CHECK_INT(members_get(m, 0)->forms, 1 << NAMES_PLAIN | 1 << NAMES_ZST);
	CHECK(unlink("app.2026-11-21.log") == 0 && unlink("app.2026-11-21.log.zst") == 0);
	CHECK(members_open(m, &first, &form) < 0 && errno == ENOENT);
	CHECK(symlink("app.2026-11-22.log", "app.2026-11-21.log") == 0);
	CHECK(members_open(m, &first, &form) < 0 && errno == ENOENT);
	CHECK_INT(members_scan(m), 0);
	CHECK_INT((long long)members_find(m, &first), (long long)members_count(m));
	CHECK_INT((long long)members_after(m, &first), 0);
	members_free(m);
	scratch_leave();
}

static void directory_changes(void)
{
	struct members *m;

	scratch_enter();
	m = members_new("logs/app.log");
	CHECK(members_scan(m) < 0 && errno == ENOENT);
	CHECK_STR(members_where(m), "logs/");
	CHECK(mkdir("logs", 0700) == 0);
	make("logs/app.2026-11-21.log");
	CHECK_INT(members_renew(m), 1);
	CHECK_INT(members_scan(m), 0);
	CHECK_STR(names(m), "app.2026-11-21.log");
	CHECK_INT(members_renew(m), 0);
	CHECK(rename("logs", "old") == 0);
	CHECK_INT(members_renew(m), 0);
	make("old/app.2026-11-22.log");
	CHECK_INT(members_scan(m), 0);
	CHECK_STR(names(m), "app.2026-11-21.log app.2026-11-22.log");
	CHECK(mkdir("logs", 0700) == 0);
	CHECK_INT(members_renew(m), 1);
	CHECK_INT(members_scan(m), 0);
	CHECK_INT((long long)members_count(m), 0);
	members_free(m);
	scratch_leave();
}

static void no_family(void)
{
	scratch_enter();
	CHECK(members_new("") == NULL && errno == EINVAL);
	CHECK(members_new(".") == NULL && errno == EISDIR);
	CHECK(members_new("logs/") == NULL && errno == EINVAL);
	CHECK(members_new("%c.log") == NULL && errno == EINVAL);
	CHECK(symlink("loop", "loop") == 0);
	leads("loop", "loop", "");
	scratch_leave();
}

int main(void)
{
	TEST("members: only ours, each once, by date and part", order);
	TEST("members: FILE, a link, any member and a template lead to the same family", ways);
	TEST("members: every period of --roll, and several in one log", rolls);
	TEST("members: a template with directories", templates);
	TEST("members: the same member when it was compressed, made plain, deleted", changes);
	TEST("members: a directory that is made, moved away, and made anew", directory_changes);
	TEST("members: what can name no family", no_family);
	return test_end();
}
