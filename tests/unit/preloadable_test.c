/* preloadable: which programs load no object of ours. */
#include "process/preloadable.h"

#include "scratch.h"
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The head of a program of this machine and kind; with a loader or without. */
static void program(const char *name, unsigned char kind, Elf64_Half machine, bool loader,
		    mode_t mode)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr part;
		char rest[256];
	} file = { .head = { .e_machine = machine,
			     .e_phoff = sizeof(file.head),
			     .e_phentsize = sizeof(file.part),
			     .e_phnum = 1 },
		   .part = { .p_type = loader ? PT_INTERP : PT_LOAD } };

	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = kind;
	scratch_bytes(name, &file, sizeof(file), 0755);
	CHECK_INT(chmod(name, mode), 0);
}

static Elf64_Ehdr own(void)
{
	Elf64_Ehdr head = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY);

	CHECK_INT(read(fd, &head, sizeof(head)), sizeof(head));
	close(fd);
	return head;
}

static void finds_static_and_foreign_programs(void)
{
	Elf64_Ehdr mine = own();
	unsigned char kind = mine.e_ident[EI_CLASS];

	scratch_enter();
	program("dynamic", kind, mine.e_machine, true, 0755);
	program("static", kind, mine.e_machine, false, 0755);
	program("other", kind, mine.e_machine + 1, true, 0755);
	program("short", ELFCLASS32, mine.e_machine, true, 0755);
	scratch_file("empty", "");
	CHECK(!preloadable_obstacle("./dynamic"));
	if (kind == ELFCLASS64) {
		CHECK_STR(preloadable_obstacle("./static"), "it is a static program");
		CHECK(strstr(preloadable_obstacle("./short"), "another kind of processor"));
	}
	CHECK(strstr(preloadable_obstacle("./other"), "another kind of processor"));
	CHECK(!preloadable_obstacle("./empty"));
	CHECK(!preloadable_obstacle("./missing"));
	CHECK(!preloadable_obstacle("/"));
	CHECK(!preloadable_obstacle(""));
	scratch_leave();
}

static void finds_programs_with_rights_of_their_own(void)
{
	Elf64_Ehdr mine = own();

	if (geteuid() != 0) {
		test_skip("needs root");
		return;
	}
	scratch_enter();
	program("mine", mine.e_ident[EI_CLASS], mine.e_machine, true, 04755);
	CHECK(!preloadable_obstacle("./mine"));
	program("its", mine.e_ident[EI_CLASS], mine.e_machine, true, 0755);
	CHECK_INT(chown("its", 12345, 12346), 0);
	CHECK(!preloadable_obstacle("./its"));
	CHECK_INT(chmod("its", 04755), 0);
	CHECK(strstr(preloadable_obstacle("./its"), "rights of its file"));
	CHECK_INT(chmod("its", 02755), 0);
	CHECK(strstr(preloadable_obstacle("./its"), "rights of its file"));
	scratch_leave();
}

static void follows_scripts(void)
{
	Elf64_Ehdr mine = own();

	if (mine.e_ident[EI_CLASS] != ELFCLASS64) {
		test_skip("needs a processor of 64 bits");
		return;
	}
	scratch_enter();
	program("static", ELFCLASS64, mine.e_machine, false, 0755);
	scratch_bytes("one", "#! ./static -x\n", 15, 0755);
	scratch_bytes("two", "#!./one\n", 8, 0755);
	scratch_bytes("env", "#!/usr/bin/env static\n", 22, 0755);
	scratch_bytes("self", "#!./self\n", 9, 0755);
	scratch_bytes("bare", "#!\n\n", 4, 0755);
	CHECK_STR(preloadable_obstacle("./one"), "it is a static program");
	CHECK_STR(preloadable_obstacle("./two"), "it is a static program");
	CHECK(!preloadable_obstacle("./self"));
	CHECK(!preloadable_obstacle("./bare"));
	CHECK_INT(setenv("PATH", "/nonexistent:.", 1), 0);
	CHECK_STR(preloadable_obstacle("./env"), "it is a static program");
	CHECK_STR(preloadable_obstacle("one"), "it is a static program");
	CHECK_INT(setenv("PATH", "/nonexistent:", 1), 0);
	CHECK_STR(preloadable_obstacle("static"), "it is a static program");
	scratch_leave();
}

int main(void)
{
	TEST("preloadable: static programs, and those of other processors, are not",
	     finds_static_and_foreign_programs);
	TEST("preloadable: programs that get the rights of their file are not",
	     finds_programs_with_rights_of_their_own);
	TEST("preloadable: of a script, its interpreter counts", follows_scripts);
	return test_end();
}
