/*
 * Recognise the first line of a crash report. Pure.
 *
 * Only beginnings that no ordinary sentence has: a sentence may begin with "Exception" or
 * "goroutine", but not with "Exception in thread" or "goroutine 7 [". Reports whose words are
 * levels, such as "panic:" and "Fatal error:", are not listed here.
 */
#include "record/crash.h"

#include "base/ascii.h"

#include <stddef.h>

/* '0' stands for a number. */
static const char *const beginnings[] = {
	/* Python, Nim */
	"Traceback (most recent call last)",
	"  + Exception Group Traceback (most recent call last)",
	"Fatal Python error: ",
	/* Java */
	"Exception in thread ",
	"# A fatal error has been detected by the Java",
	/* Go */
	"goroutine 0 [",
	"SIGSEGV: ",
	"SIGABRT: ",
	/* Rust */
	"fatal runtime error: ",
	/* .NET, Dart, Crystal */
	"Unhandled exception",
	"Unhandled Exception",
	"Stack overflow.",
	/* Node.js */
	"Uncaught ",
	"Unhandled rejection ",
	"[UnhandledPromiseRejection: ",
	"node:internal/",
	"RangeError: ",
	"ReferenceError: ",
	"SyntaxError: ",
	"TypeError: ",
	/* Elixir */
	"** (",
	/* C++ */
	"terminate called ",
	"libc++abi: terminating",
	/* the C library, and the sanitizers */
	"*** stack smashing detected",
	"*** buffer overflow detected",
	"*** Error in `",
	"Assertion `",
	"Assertion failed: ",
	"corrupted double-linked list",
	"corrupted size vs. prev_size",
	"double free or corruption",
	"free(): ",
	"malloc(): ",
	"malloc_consolidate(): ",
	"munmap_chunk(): ",
	"realloc(): ",
	"==0==ERROR: ",
	/* the shell */
	"Aborted (core dumped)",
	"Bus error",
	"Floating point exception",
	"Illegal instruction",
	"Segmentation fault",
};

static bool begins_with(const char *text, const char *end, const char *beginning)
{
	for (; *beginning && text < end; beginning++, text++) {
		if (*beginning == '0' && ascii_is_digit(*text))
			while (text + 1 < end && ascii_is_digit(text[1]))
				text++;
		else if (*beginning != *text)
			return false;
	}
	return *beginning == '\0';
}

bool crash_begins(const char *text, const char *end)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (begins_with(text, end, beginnings[i]))
			return true;
	return false;
}
