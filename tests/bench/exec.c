/*
 * exec: how much later does a COMMAND begin if another program starts it, than if env(1) does?
 *
 *     exec TIMES COMMAND [ARG]...
 *
 * COMMAND and env start this program in turn, TIMES each, which notes the time. Timed from just
 * before fork(2). Prints "exec_ms value" for COMMAND, and "exec_extra_ms value" for the difference:
 * medians.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_TIMES = 10000, MOST_WORDS = 60 };

/* Started by a measured program: FILE gets the time. */
static int note_time(const char *file)
{
	int64_t now = bench_now_ns();
	FILE *to = fopen(file, "w");

	return to && fwrite(&now, sizeof(now), 1, to) == 1 && fclose(to) == 0 ? 0 : 1;
}

/* Nanoseconds until what the words start had begun. */
static int64_t run(char *const words[], const char *file)
{
	int64_t begun = bench_now_ns(), noted = 0;
	int status = -1;
	pid_t pid = fork();
	FILE *from;

	if (pid == 0) {
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		bench_die("%s: status %d", words[0], status);
	from = fopen(file, "r");
	if (!from || fread(&noted, sizeof(noted), 1, from) != 1)
		bench_die("%s started nothing", words[0]);
	fclose(from);
	unlink(file);
	return noted - begun;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_ms(int64_t *times, long n)
{
	qsort(times, (size_t)n, sizeof(*times), compare);
	return (double)times[n / 2] / 1e6;
}

int main(int argc, char **argv)
{
	static int64_t its[MOST_TIMES], env[MOST_TIMES];
	char self[4096] = "", file[] = "/tmp/exec.XXXXXX", note[] = "--note", env_name[] = "env";
	char *words[MOST_WORDS + 4], *env_words[] = { env_name, self, note, file, NULL };
	int words_count = 0, fd;
	long times;

	if (argc == 3 && strcmp(argv[1], note) == 0)
		return note_time(argv[2]);
	if (argc < 3 || argc > MOST_WORDS)
		bench_die("usage: exec TIMES COMMAND [ARG]...");
	times = (long)bench_number("TIMES", argv[1]);
	if (times < 1 || times > MOST_TIMES)
		bench_die("TIMES is from 1 to %d", MOST_TIMES);
	fd = mkstemp(file);
	if (fd < 0 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bench_die("cannot make a temporary file, or find this program");
	close(fd);
	for (int i = 2; i < argc; i++)
		words[words_count++] = argv[i];
	memcpy(words + words_count, env_words + 1, 4 * sizeof(*words));
	for (long i = 0; i < times; i++) {
		its[i] = run(words, file);
		env[i] = run(env_words, file);
	}
	double ms = median_ms(its, times), env_ms = median_ms(env, times);
	printf("exec_ms %.3f\nexec_extra_ms %.3f\n", ms, ms - env_ms);
	return 0;
}
