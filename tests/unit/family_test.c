/* family: the list stays in order, and of a directory nothing but our own files is in it. */
#include "family/family.h"

#include "family/directory.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { DAY = 86400 };

static unsigned short seed[3] = { 2, 3, 5 };

static size_t below(size_t n)
{
	return (size_t)nrand48(seed) % n;
}

/* ---- the list ---- */

static struct family list; /* of the test that runs */

static void add(int64_t period, unsigned part, enum names_suffix suffix, uint64_t size)
{
	const struct family_file file = { { period, part, suffix }, size, 0, true, false };

	CHECK_INT(family_add(&list, &file), 0);
}

static size_t find(int64_t period, unsigned part, enum names_suffix suffix)
{
	return family_find(&list, &(struct names_member){ period, part, suffix });
}

/* "0/1 86400/2.zst" */
static const char *show(const struct family *f)
{
	static const char *const suffixes[] = { "", ".zst", ".gz" };
	static char text[4096];
	char *p = text;

	*p = '\0';
	for (size_t i = 0; i < f->count && p < text + sizeof(text) - 64; i++)
		p += sprintf(p, "%s%lld/%u%s", i ? " " : "", (long long)f->files[i].member.period,
			     f->files[i].member.part, suffixes[f->files[i].member.suffix]);
	return text;
}

static void keeps_order(void)
{
	add(DAY, 1, NAMES_PLAIN, 1);
	add(0, 10, NAMES_PLAIN, 2);
	add(0, 2, NAMES_GZ, 3);
	add(2 * DAY, 1, NAMES_ZST, 4);
	add(-DAY, 1, NAMES_PLAIN, 5);
	add(0, 2, NAMES_PLAIN, 6);
	add(0, 1, NAMES_ZST, 7);
	CHECK_STR(show(&list), "-86400/1 0/1.zst 0/2 0/2.gz 0/10 86400/1 172800/1.zst");
	CHECK_INT(list.count, 7);
	CHECK_INT(list.files[0].size, 5);
	CHECK_INT(list.files[6].size, 4);
	family_clear(&list);
	CHECK_INT(list.count, 0);
	CHECK(list.files == NULL);
	CHECK_INT(find(0, 1, NAMES_PLAIN), 0);
	family_clear(&list); /* twice does no harm */
}

static void replaces(void)
{
	add(0, 1, NAMES_PLAIN, 10);
	add(0, 2, NAMES_PLAIN, 20);
	add(0, 1, NAMES_PLAIN, 30);
	CHECK_STR(show(&list), "0/1 0/2");
	CHECK_INT(list.files[0].size, 30);
	add(0, 1, NAMES_ZST, 40); /* its compressed double is another file */
	CHECK_STR(show(&list), "0/1 0/1.zst 0/2");
	CHECK_INT(list.files[0].size, 30);
	CHECK_INT(list.files[1].size, 40);
	family_clear(&list);
}

static void cuts(void)
{
	for (unsigned part = 1; part <= 6; part++)
		add(0, part, NAMES_PLAIN, part);
	family_cut(&list, 1, 3);
	CHECK_STR(show(&list), "0/1 0/4 0/5 0/6");
	family_cut(&list, 2, 2);
	CHECK_STR(show(&list), "0/1 0/4 0/5 0/6");
	family_cut(&list, 3, 4);
	CHECK_STR(show(&list), "0/1 0/4 0/5");
	family_cut(&list, 0, 1);
	CHECK_STR(show(&list), "0/4 0/5");
	family_cut(&list, 0, 2);
	CHECK_STR(show(&list), "");
	add(0, 7, NAMES_PLAIN, 7);
	CHECK_STR(show(&list), "0/7");
	family_clear(&list);
	family_cut(&list, 0, 0); /* of a list without memory */
	CHECK_INT(list.count, 0);
}

static void finds(void)
{
	CHECK_INT(find(0, 1, NAMES_PLAIN), 0); /* none in an empty one */
	add(0, 1, NAMES_PLAIN, 1);
	add(0, 2, NAMES_ZST, 1);
	add(DAY, 1, NAMES_GZ, 1);
	CHECK_INT(find(0, 1, NAMES_PLAIN), 0);
	CHECK_INT(find(0, 2, NAMES_ZST), 1);
	CHECK_INT(find(DAY, 1, NAMES_GZ), 2);
	CHECK_INT(find(0, 1, NAMES_ZST), 3);
	CHECK_INT(find(0, 2, NAMES_PLAIN), 3);
	CHECK_INT(find(0, 3, NAMES_PLAIN), 3);
	CHECK_INT(find(-1, 1, NAMES_PLAIN), 3);
	CHECK_INT(find(2 * DAY, 1, NAMES_PLAIN), 3);
	family_clear(&list);
}

/* The list beside an array of all members that there can be. */
static void random_list(void)
{
	enum { PERIODS = 12, PARTS = 5, SUFFIXES = 3, ALL = PERIODS * PARTS * SUFFIXES };
	static uint64_t sizes[ALL]; /* in order; 0: not in the list */

	memset(sizes, 0, sizeof(sizes));
	for (unsigned long i = 0; i < 3000 * test_rounds(); i++) {
		size_t which = below(ALL), count = 0;
		const struct names_member m = { ((int64_t)(which / (PARTS * SUFFIXES)) - 3) * DAY,
						(unsigned)(which / SUFFIXES % PARTS) + 1,
						(enum names_suffix)(which % SUFFIXES) };
		size_t at = family_find(&list, &m);

		if (!CHECK_INT(at < list.count, sizes[which] != 0))
			break;
		if (at == list.count || below(3) == 0) {
			sizes[which] = below(1000) + 1;
			add(m.period, m.part, m.suffix, sizes[which]);
		} else {
			sizes[which] = 0;
			family_cut(&list, at, at + 1);
		}
		for (size_t j = 0; j < ALL; j++)
			if (sizes[j] && (!CHECK(count < list.count) ||
					 !CHECK_INT(list.files[count++].size, sizes[j])))
				goto end;
		if (!CHECK_INT(list.count, count))
			break;
	}
end:
	family_clear(&list);
}

/* ---- which of them ---- */

static void current(void)
{
	CHECK_INT(family_current(&list, 0), 0); /* none in an empty one */
	add(0, 1, NAMES_ZST, 1);
	add(DAY, 1, NAMES_PLAIN, 1);
	add(DAY, 2, NAMES_PLAIN, 1);
	add(2 * DAY, 1, NAMES_PLAIN, 1);
	add(2 * DAY, 2, NAMES_GZ, 1);
	add(3 * DAY, 1, NAMES_PLAIN, 1);
	add(3 * DAY, 1, NAMES_ZST, 1);
	add(4 * DAY, 1, NAMES_ZST, 1);
	add(4 * DAY, 2, NAMES_PLAIN, 1);
	const size_t none = list.count;
	CHECK_INT(family_current(&list, 0), none);
	CHECK_INT(family_current(&list, DAY), find(DAY, 2, NAMES_PLAIN));
	CHECK_INT(family_current(&list, 2 * DAY), none); /* its newest is compressed */
	CHECK_INT(family_current(&list, 3 * DAY), none); /* so it is here, and not yet removed */
	CHECK_INT(family_current(&list, 4 * DAY), find(4 * DAY, 2, NAMES_PLAIN));
	CHECK_INT(family_current(&list, 5 * DAY), none);
	CHECK_INT(family_current(&list, DAY + 1), none);
	CHECK_INT(family_current(&list, -DAY), none);
	family_clear(&list);
}

/* "x...": which of the files are to be compressed if the first so many are closed. */
static const char *compressible(size_t closed)
{
	static char text[64];
	size_t i;

	for (i = 0; i < list.count; i++)
		text[i] = family_compressible(&list, i, closed) ? 'x' : '.';
	text[i] = '\0';
	return text;
}

static void to_be_compressed(void)
{
	add(0, 1, NAMES_PLAIN, 1);
	CHECK_STR(compressible(0), ".");
	CHECK_STR(compressible(1), ".");
	add(DAY, 1, NAMES_PLAIN, 1);
	CHECK_STR(compressible(1), ".."); /* the newest closed one, and the current one */
	CHECK_STR(compressible(2), "x.");
	add(2 * DAY, 1, NAMES_PLAIN, 1);
	add(3 * DAY, 1, NAMES_PLAIN, 1);
	CHECK_STR(compressible(0), "....");
	CHECK_STR(compressible(3), "xx..");
	CHECK_STR(compressible(4), "xxx.");
	family_clear(&list);

	add(0, 1, NAMES_ZST, 1);
	add(DAY, 1, NAMES_PLAIN, 1);
	add(2 * DAY, 1, NAMES_GZ, 1);
	add(3 * DAY, 1, NAMES_PLAIN, 1);
	CHECK_STR(compressible(3), ".x.."); /* what is compressed already is not again */
	CHECK_STR(compressible(4), ".x..");
	family_clear(&list);

	add(0, 1, NAMES_PLAIN, 1); /* a plain file beside its double, which a crash left */
	add(0, 1, NAMES_ZST, 1);
	add(DAY, 1, NAMES_PLAIN, 1);
	CHECK_STR(compressible(3), "x..");
	CHECK_STR(compressible(2), "...");
	family_clear(&list);
}

static void older_ones(void)
{
	add(0, 1, NAMES_PLAIN, 1);
	add(DAY, 1, NAMES_ZST, 1);
	add(DAY, 2, NAMES_PLAIN, 1);
	CHECK_INT(family_older(&list, &(struct names_member){ .period = 0, .part = 1 }), 0);
	CHECK_INT(family_older(&list, &(struct names_member){ .period = DAY, .part = 0 }), 1);
	CHECK_INT(family_older(&list, &(struct names_member){ .period = DAY, .part = 2 }), 2);
	CHECK_INT(family_older(&list, &(struct names_member){ .period = DAY, .part = 3 }), 3);
	CHECK_INT(family_older(&list, &(struct names_member){ .period = -DAY, .part = 9 }), 0);
	family_clear(&list);
}

/* ---- the disk ---- */

static char directory[] = "/tmp/family_test.XXXXXX";
static struct names names;
static struct directory *dir;

static void bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static const char *path(const char *name)
{
	static char text[4096];

	snprintf(text, sizeof(text), "%s/%s", directory, name);
	return text;
}

static void make_directory(const char *name)
{
	if (mkdir(path(name), 0755) < 0 && errno != EEXIST)
		bail_out(name);
}

/* A file of so many bytes; directories are made on the way. */
static void make_file(const char *name, off_t size)
{
	char up[1024];

	for (const char *slash = name; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(up, sizeof(up), "%.*s", (int)(slash - name), name);
		make_directory(up);
	}
	int fd = open(path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, size) < 0 || close(fd) < 0)
		bail_out(name);
}

static int remove_entry(const char *name, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level > 0 ? remove(name) : 0;
}

static void set_up(const char *file, enum calendar_roll roll)
{
	static char whole[4096];
	enum names_verdict v = names_init(&names, file, roll);

	if (!CHECK(v == NAMES_FINE))
		bail_out(file);
	snprintf(whole, sizeof(whole), "%s/%s", directory, file);
	const struct directory_options o = { .file = whole, .dir_mode = 0755 };
	dir = directory_open(&o);
	if (!dir)
		bail_out(whole);
}

static void tear_down(void)
{
	directory_close(dir, false);
	family_clear(&list);
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static char leftovers[4096];

static void on_leftover(void *arg, const char *name)
{
	CHECK(arg == leftovers);
	if (leftovers[0])
		strcat(leftovers, " ");
	strcat(leftovers, name);
}

static int scan(void)
{
	leftovers[0] = '\0';
	family_clear(&list);
	return family_scan(dir, &names, true, &list, on_leftover, leftovers);
}

/* The names in the list, in its order. */
static const char *scanned(void)
{
	static char text[8192];
	char *p = text, name[NAMES_SIZE];

	*p = '\0';
	for (size_t i = 0; i < list.count && p < text + sizeof(text) - NAMES_SIZE - 1; i++) {
		names_build(&names, &list.files[i].member, name);
		p += sprintf(p, "%s%s", i ? " " : "", name);
	}
	return text;
}

static void scans(void)
{
	const struct timeval times[2] = { { 1700000000, 0 }, { 1700000001, 0 } };

	set_up("app.log", CALENDAR_DAILY);
	CHECK_INT(scan(), 0);
	CHECK_INT(list.count, 0);
	make_file("app.2026-11-22.log", 10);
	make_file("app.2026-11-22.part002.log", 20);
	make_file("app.2026-11-20.log.zst", 30);
	make_file("app.2026-11-21.log.gz", 0);
	make_file("app.2025-12-31.log", 50);
	make_file("app.log", 1);
	make_file("app.2026-11-22.log.bak", 1);
	make_file("app.2026-11-31.log", 1);
	make_file("app.2026-11-22.part02.log", 1);
	make_file("app-audit.2026-11-22.log", 1);
	make_file(".app.log.lock", 1);
	if (utimes(path("app.2025-12-31.log"), times) < 0)
		bail_out("utimes");
	CHECK_INT(scan(), 0);
	CHECK_STR(scanned(), "app.2025-12-31.log app.2026-11-20.log.zst app.2026-11-21.log.gz "
			     "app.2026-11-22.log app.2026-11-22.part002.log");
	if (CHECK_INT(list.count, 5)) {
		CHECK_INT(list.files[0].size, 50);
		CHECK_INT(list.files[0].mtime, 1700000001);
		CHECK_INT(list.files[2].size, 0);
		CHECK_INT(list.files[4].size, 20);
	}
	CHECK_STR(leftovers, "");
	/* What is in the list already is replaced, not doubled. */
	make_file("app.2026-11-22.log", 11);
	CHECK_INT(family_scan(dir, &names, true, &list, NULL, NULL), 0);
	CHECK_INT(list.count, 5);
	CHECK_INT(list.files[3].size, 11);
	tear_down();
}

static void not_ours(void)
{
	set_up("app.log", CALENDAR_DAILY);
	make_file("app.2026-11-01.log", 1);
	if (symlink("app.2026-11-01.log", path("app.2026-11-02.log")) < 0 ||
	    symlink("nowhere", path("app.2026-11-03.log")) < 0 ||
	    mkfifo(path("app.2026-11-04.log"), 0644) < 0)
		bail_out("symlink, mkfifo");
	make_directory("app.2026-11-05.log");
	make_file("app.2026-11-05.log/app.2026-11-06.log", 1);
	make_file("2026/app.2026-11-07.log", 1); /* of no template */
	CHECK_INT(scan(), 0);
	CHECK_STR(scanned(), "app.2026-11-01.log");
	tear_down();
}

static void sub_directories(void)
{
	set_up("%Y/m%m/%d.log", CALENDAR_DAILY);
	make_file("2026/m11/22.log", 1);
	make_file("2026/m11/22.part002.log", 2);
	make_file("2026/m02/03.log.gz", 3);
	make_file("2025/m12/31.log", 4);
	make_file("2024/m02/29.log", 5);
	make_file("2025/m02/29.log", 1); /* no such day */
	make_file("2026/m13/01.log", 1);
	make_file("2026/x11/01.log", 1);
	make_file("2026/m11/x/01.log", 1);
	make_file("2026/01.log", 1);
	make_file("01.log", 1);
	make_file("a/2026/m11/01.log", 1);
	make_file("2023", 1); /* a file in place of a directory */
	make_directory("2022");
	make_directory("2026/m10");
	make_directory("2026/m10/01.log");
	make_file("elsewhere/m11/01.log", 1);
	make_file("elsewhere/12.log", 1);
	if (symlink("elsewhere", path("2021")) < 0 ||
	    symlink("../elsewhere", path("2026/m12")) < 0 || mkfifo(path("2020"), 0644) < 0 ||
	    symlink(".", path("2019")) < 0)
		bail_out("symlink, mkfifo");
	CHECK_INT(scan(), 0);
	CHECK_STR(scanned(), "2024/m02/29.log 2025/m12/31.log 2026/m02/03.log.gz 2026/m11/22.log "
			     "2026/m11/22.part002.log");
	if (CHECK_INT(list.count, 5))
		CHECK_INT(list.files[4].size, 2);
	tear_down();
}

static void reports_leftovers(void)
{
	set_up("app.log", CALENDAR_DAILY);
	make_file(".app.2026-11-22.log.zst.tmp", 1);
	make_file(".app.2026-11-22.log.tmp", 1); /* we never make this */
	make_file(".app.2026-11-22.log.zst", 1);
	make_file("app.2026-11-22.log.zst.tmp", 1);
	make_file(".app.2026-11-32.log.zst.tmp", 1);
	make_file(".app-audit.2026-11-22.log.zst.tmp", 1);
	make_file("..app.2026-11-22.log.zst.tmp", 1);
	make_file(".app.log.zst.tmp", 1);
	make_file(".tmp", 1);
	make_file("..tmp", 1);
	make_file("app.2026-11-22.log", 1);
	CHECK_INT(scan(), 0);
	CHECK_STR(leftovers, ".app.2026-11-22.log.zst.tmp");
	CHECK_STR(scanned(), "app.2026-11-22.log");
	tear_down();

	set_up("%Y/%m/%d.log", CALENDAR_DAILY);
	make_file("2026/11/.22.part1000.log.gz.tmp", 1);
	make_file("2026/11/22.log", 1);
	make_file("2026/.11.gz.tmp", 1);
	make_file(".22.log.gz.tmp", 1);
	CHECK_INT(scan(), 0);
	CHECK_STR(leftovers, "2026/11/.22.part1000.log.gz.tmp");
	CHECK_INT(family_scan(dir, &names, true, &list, NULL, NULL), 0);
	CHECK_STR(scanned(), "2026/11/22.log");
	tear_down();
}

static void temporaries(void)
{
	char name[NAMES_SIZE];

	family_temporary("app.2026-11-22.log.zst", name);
	CHECK_STR(name, ".app.2026-11-22.log.zst.tmp");
	family_temporary("2026/11/22.log.gz", name);
	CHECK_STR(name, "2026/11/.22.log.gz.tmp");
}

static void many_files(void)
{
	char name[64];

	set_up("app.log", CALENDAR_DAILY);
	for (unsigned part = 2; part <= 300; part++) {
		snprintf(name, sizeof(name), "app.2026-11-22.part%03u.log", part);
		make_file(name, part);
	}
	CHECK_INT(scan(), 0);
	CHECK_INT(list.count, 299);
	for (size_t i = 0; i < list.count; i++)
		if (!CHECK_INT(list.files[i].size, i + 2) ||
		    !CHECK_INT(list.files[i].member.part, i + 2))
			break;
	tear_down();
}

static int64_t day(int month, int mday)
{
	struct tm tm = { .tm_year = 126, .tm_mon = month - 1, .tm_mday = mday };

	timegm(&tm);
	return names_period(&names, &tm);
}

static void check_newest(int64_t period, unsigned part, bool compressed)
{
	unsigned newest = 77;
	bool is_compressed = !compressed;

	CHECK_INT(family_newest_part(dir, &names, period, &newest, &is_compressed), 0);
	CHECK_INT(newest, part);
	CHECK_INT(is_compressed, compressed);
}

static void newest_part(void)
{
	set_up("app.log", CALENDAR_DAILY);
	check_newest(day(11, 1), 0, false);
	make_file("app.2026-11-01.log", 1);
	make_file("app.2026-11-02.part009.log", 1);
	make_file("app.2026-11-02.part010.log", 1);
	make_file("app.2026-11-02.part002.log.zst", 1);
	make_file("app.2026-11-03.log", 1);
	make_file("app.2026-11-03.part002.log.gz", 1);
	make_file("app.2026-11-04.part002.log", 1);
	make_file("app.2026-11-04.part002.log.zst", 1); /* a crash left both */
	make_file("app.2026-11-05.part999.log.zst", 1);
	make_file("app.2026-11-05.part1000.log", 1);
	make_file("app.2026-11-06.part002.log.bak", 1);
	make_file(".app.2026-11-06.log.zst.tmp", 1);
	check_newest(day(11, 1), 1, false);
	check_newest(day(11, 2), 10, false);
	check_newest(day(11, 3), 2, true);
	check_newest(day(11, 4), 2, true);
	check_newest(day(11, 5), 1000, false);
	check_newest(day(11, 6), 0, false);
	check_newest(day(11, 7), 0, false);
	tear_down();

	set_up("%m/%Y-%d.log", CALENDAR_DAILY);
	check_newest(day(11, 1), 0, false); /* no directory yet */
	make_file("11/2026-01.part003.log", 1);
	make_file("12/2026-01.part004.log", 1);
	make_file("2026-01.part005.log", 1);
	check_newest(day(11, 1), 3, false);
	check_newest(day(12, 1), 4, false);
	check_newest(day(10, 1), 0, false);
	make_file("09", 1); /* a file in place of the directory: that is no "none" */
	unsigned newest;
	bool compressed;
	CHECK_INT(family_newest_part(dir, &names, day(9, 1), &newest, &compressed), -1);
	CHECK_INT(errno, ENOTDIR);
	tear_down();
}

/* Of many parts, made in any order, the highest is found, and whether it is compressed. */
static void newest_of_many(void)
{
	set_up("app.log", CALENDAR_DAILY);
	for (unsigned round = 0; round < 20; round++) {
		int64_t period = day(10, (int)round + 1);
		unsigned highest = 0;
		bool compressed = false;

		for (unsigned i = 0; i < 6; i++) {
			struct names_member m = { period, (unsigned)below(8) + 1,
						  (enum names_suffix)below(3) };
			char name[NAMES_SIZE];

			names_build(&names, &m, name);
			make_file(name, 1);
			if (m.part > highest)
				compressed = false;
			if (m.part >= highest) {
				highest = m.part;
				compressed |= m.suffix != NAMES_PLAIN;
			}
			check_newest(period, highest, compressed);
		}
	}
	tear_down();
}

int main(void)
{
	if (!mkdtemp(directory))
		bail_out(directory);
	TEST("family: files are in order of period, part and suffix, however they came",
	     keeps_order);
	TEST("family: a file that is there already is replaced", replaces);
	TEST("family: a stretch of files is cut out, also of a list without memory", cuts);
	TEST("family: a file is found by period, part and suffix", finds);
	TEST("family: the list agrees with a table, whatever is done with both", random_list);
	TEST("family: lines go on in the newest part, unless that is compressed", current);
	TEST("family: to be compressed is what is plain, not current, and not the newest other",
	     to_be_compressed);
	TEST("family: older than a file is what has an older period, or part of the same",
	     older_ones);
	TEST("family: of a directory our regular files are listed, with size and time", scans);
	TEST("family: links, FIFOs and directories with our names are not ours", not_ours);
	TEST("family: sub-directories that the template names are looked into, and no others",
	     sub_directories);
	TEST("family: temporary files of a compression are reported, and no others",
	     reports_leftovers);
	TEST("family: a temporary file is beside the one it is to be", temporaries);
	TEST("family: hundreds of files are listed", many_files);
	TEST("family: the newest part of a period is found, plain or compressed", newest_part);
	TEST("family: the newest part is found in whatever order parts are there", newest_of_many);
	rmdir(directory);
	return test_end();
}
