/*
 * Does a program load what LD_PRELOAD names? As far as its file tells.
 *
 * The dynamic loader does that, and there is none in static programs. It ignores LD_PRELOAD where
 * the program gets the rights of its file, and cannot load what is built for another processor.
 */
#include "process/preloadable.h"

#include "process/command.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Opens what execvp(3) would run. -1 if there is nothing that we may read. */
static int open_command(const char *command)
{
	char path[PATH_MAX];

	return command_find(command, path) == 0
		       ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
		       : -1;
}

/* Whether the loader takes it for one that gets the rights of its file, and distrusts the
 * environment. */
static bool is_privileged(int fd, const struct stat *st)
{
	bool other_user = st->st_mode & S_ISUID && st->st_uid != getuid();
	bool other_group = st->st_mode & S_ISGID && st->st_mode & S_IXGRP && st->st_gid != getgid();

	return other_user || other_group || fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

/* Without a program header of that kind there is no dynamic loader. */
static bool has_loader(int fd, const Elf64_Ehdr *e)
{
	for (unsigned i = 0; i < e->e_phnum; i++) {
		Elf64_Phdr p = { 0 };

		if (pread(fd, &p, sizeof(p), (off_t)(e->e_phoff + (uint64_t)i * e->e_phentsize)) !=
		    sizeof(p))
			return true; /* unknown */
		if (p.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* The word behind "#!", or behind "#! /usr/bin/env"; empty if there is none. */
static void take_interpreter(const char *line, char *word, size_t size)
{
	const char *at = line + 2 + strspn(line + 2, " \t");
	size_t n = strcspn(at, " \t\r\n");

	if (n > 4 && strncmp(at + n - 4, "/env", 4) == 0) {
		at += n + strspn(at + n, " \t");
		n = strcspn(at, " \t\r\n");
	}
	snprintf(word, size, "%.*s", (int)n, at);
}

/* Gives:   of a script, its interpreter. */
static const char *obstacle_in(int fd, char *interpreter, size_t size)
{
	union {
		Elf64_Ehdr elf;
		char text[256];
	} head = { 0 }, ours = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pread(fd, &head, sizeof(head) - 1, 0) < (ssize_t)sizeof("#!"))
		return NULL;
	if (strncmp(head.text, "#!", 2) == 0) {
		take_interpreter(head.text, interpreter, size);
		return NULL;
	}
	if (memcmp(head.elf.e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	if (is_privileged(fd, &st))
		return "it gets the rights of its file (set-user-ID, or capabilities)";
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool known = self >= 0 && pread(self, &ours, sizeof(ours.elf), 0) == sizeof(ours.elf);
	if (self >= 0)
		close(self);
	if (!known)
		return NULL;
	if (head.elf.e_machine != ours.elf.e_machine ||
	    head.elf.e_ident[EI_CLASS] != ours.elf.e_ident[EI_CLASS])
		return "it is built for another kind of processor than logsink";
	/* What follows has this layout only for processors of 64 bits. */
	if (head.elf.e_ident[EI_CLASS] == ELFCLASS64 && !has_loader(fd, &head.elf))
		return "it is a static program";
	return NULL;
}

const char *preloadable_obstacle(const char *command)
{
	enum { SCRIPTS = 4 }; /* as many as the kernel follows */
	char interpreter[256] = "";
	const char *obstacle = NULL;

	for (int i = 0; i < SCRIPTS && !obstacle && *command; i++) {
		int fd = open_command(command);

		interpreter[0] = '\0';
		if (fd < 0)
			break;
		obstacle = obstacle_in(fd, interpreter, sizeof(interpreter));
		close(fd);
		command = interpreter;
	}
	return obstacle;
}
