/*
 * test.h: the little that a unit test needs, speaking TAP.
 *
 *     static void adds(void)
 *     {
 *             CHECK(is_even(2));
 *             CHECK_INT(add(1, 2), 3);
 *             CHECK_STR(name(), "ring");
 *     }
 *
 *     int main(void)
 *     {
 *             TEST("sum: one and two are three", adds);
 *             return test_end();
 *     }
 *
 * A TEST is one line of TAP, however many checks it makes.  A check that fails says where and
 * what, and the test goes on; each check is also an expression that is true when it passed:
 * `if (!CHECK(p != NULL)) return;`.  Checks may be made by several threads at once.
 * CHECK_SOON(holds, arg) waits until holds(arg) is true.
 */
#ifndef TEST_H
#define TEST_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)          test_check((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(got, want) test_check_int((got), (want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) test_check_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_SOON(holds, arg)                                                                     \
	test_check(test_wait((holds), (arg)), #holds "(" #arg ")", __FILE__, __LINE__)
#define TEST(name, function) test_run((name), (function))

static atomic_int test_failures;     /* checks of the current test that failed */
static const char *test_skip_reason; /* of the current test; NULL: not skipped */
static int test_count;               /* tests run so far */
static int test_failed;              /* of them, how many failed */

static inline bool test_check(bool passed, const char *text, const char *file, int line)
{
	if (!passed) {
		atomic_fetch_add(&test_failures, 1);
		printf("# %s:%d: not true: %s\n", file, line, text);
	}
	return passed;
}

static inline bool test_check_int(long long got, long long want, const char *text, const char *file,
				  int line)
{
	if (got != want) {
		atomic_fetch_add(&test_failures, 1);
		printf("# %s:%d: %s is %lld, not %lld\n", file, line, text, got, want);
	}
	return got == want;
}

static inline bool test_check_str(const char *got, const char *want, const char *text,
				  const char *file, int line)
{
	bool equal = got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want;

	if (!equal) {
		atomic_fetch_add(&test_failures, 1);
		printf("# %s:%d: %s is \"%s\", not \"%s\"\n", file, line, text,
		       got != NULL ? got : "(null)", want != NULL ? want : "(null)");
	}
	return equal;
}

/* Called in a test that cannot be made here; the test then returns. */
static inline void test_skip(const char *reason)
{
	test_skip_reason = reason;
}

static inline void test_run(const char *name, void (*function)(void))
{
	atomic_store(&test_failures, 0);
	test_skip_reason = NULL;
	test_count++;
	function();
	if (atomic_load(&test_failures) > 0) {
		test_failed++;
		printf("not ok %d - %s\n", test_count, name);
	} else if (test_skip_reason != NULL) {
		printf("ok %d - %s # SKIP %s\n", test_count, name, test_skip_reason);
	} else {
		printf("ok %d - %s\n", test_count, name);
	}
	fflush(stdout); /* what is known is out before the next test may crash */
}

/* How many times as much the random tests do: LOGSINK_TEST_ROUNDS, or 1. */
static inline unsigned long test_rounds(void)
{
	const char *text = getenv("LOGSINK_TEST_ROUNDS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 1;

	return n > 0 ? n : 1;
}

/*
 * Waits until a condition holds, and looks every millisecond; false: not within half a minute. For
 * a state that another thread or process comes to by itself.
 */
static inline bool test_wait(bool (*holds)(const void *), const void *arg)
{
	enum { PATIENCE_MS = 30000 };

	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		if (holds(arg))
			return true;
		poll(NULL, 0, 1);
	}
	return holds(arg);
}

/* The plan comes last: a program that died before it is seen to have no plan. */
static inline int test_end(void)
{
	printf("1..%d\n", test_count);
	return test_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
