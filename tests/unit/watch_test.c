/* Tests for reader/watch: what is told, and what is not. */
#include "reader/watch.h"

#include "scratch.h"
#include "test.h"

enum { SOON_MS = 5000, NEVER_MS = 50 };

static void append(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void names_and_bytes(void)
{
	struct watch *w = watch_new(false);
	int fd;

	scratch_enter();
	CHECK(mkdir("logs", 0700) == 0);
	append("logs/a", "1\n");
	append("logs/other", "1\n");
	fd = open("logs/a", O_RDONLY | O_CLOEXEC);
	watch_directory(w, "logs/");
	watch_file(w, fd);
	CHECK_INT(watch_patience_ms(w), -1);
	CHECK(watch_fd(w) >= 0);
	CHECK_INT(watch_wait(w, NEVER_MS, -1), 0);
	append("logs/other", "2\n");
	CHECK_INT(watch_wait(w, NEVER_MS, -1), 0);
	append("logs/a", "2\n");
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_BYTES);
	append("logs/b", "");
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	CHECK(unlink("logs/b") == 0);
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	CHECK(rename("logs/a", "logs/a.1") == 0);
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	append("logs/a.1", "3\n");
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_BYTES);
	watch_unwatch(w);
	append("logs/a.1", "4\n");
	append("logs/c", "");
	CHECK_INT(watch_wait(w, NEVER_MS, -1), 0);
	close(fd);
	watch_free(w);
	scratch_leave();
}

static void moved_directories(void)
{
	struct watch *w = watch_new(false);

	scratch_enter();
	CHECK(mkdir("up", 0700) == 0 && mkdir("up/logs", 0700) == 0);
	watch_directory(w, "up/logs/");
	CHECK(rename("up", "down") == 0);
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	/* Watched again: for what is to come. */
	watch_directory(w, "up/logs/");
	CHECK(mkdir("up", 0700) == 0);
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	watch_directory(w, "up/logs/");
	CHECK(mkdir("up/logs", 0700) == 0);
	CHECK_INT(watch_wait(w, SOON_MS, -1), WATCH_NAMES);
	watch_free(w);
	scratch_leave();
}

static void polling(void)
{
	struct watch *w = watch_new(true);

	CHECK_INT(watch_fd(w), -1);
	CHECK_INT(watch_patience_ms(w), WATCH_POLL_MS);
	CHECK_INT(watch_wait(w, -1, -1), WATCH_NAMES | WATCH_BYTES);
	watch_free(w);
}

static void other_descriptor(void)
{
	struct watch *w = watch_new(false);
	int fds[2];

	CHECK(pipe(fds) == 0);
	close(fds[1]);
	CHECK_INT(watch_wait(w, -1, fds[0]), 0);
	close(fds[0]);
	watch_free(w);
}

int main(void)
{
	TEST("watch: names, and the bytes of the watched file only", names_and_bytes);
	TEST("watch: a directory above is moved, and made anew", moved_directories);
	TEST("watch: without inotify there may always be news", polling);
	TEST("watch: the other descriptor ends waiting", other_descriptor);
	return test_end();
}
