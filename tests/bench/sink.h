/*
 * sink: the program that is measured: start it behind a pipe, look at it, wait for it.
 *
 * The process is forked before the caller has taken any memory and waits for a word
 * before it executes the program. Reason: on Linux a process keeps its peak memory over
 * execve(2), so a child of a large process would be counted as large itself.
 */
#ifndef SINK_H
#define SINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sink_stdout {
	SINK_STDOUT_NULL,  /* /dev/null */
	SINK_STDOUT_FILE,  /* a new file: how cat is told where to write */
	SINK_STDOUT_STUCK, /* a pipe that nobody reads until sink_unstick() */
	SINK_STDOUT_READ,  /* a pipe that sink_read_copy() reads */
};

struct sink {
	pid_t pid;
	int input;   /* the end of the pipe that the producer writes to */
	int output;  /* of a pipe that is its standard output: the end to read; else -1 */
	int go;      /* closing it lets the program start */
	pid_t copy;  /* the process that reads the copy */
	int counter; /* of the processor's instructions; -1 where that is not to be had */
};

/* What the kernel counted for the program, its threads, and the children it waited for. */
struct sink_usage {
	double user_s;
	double system_s;
	int64_t peak_kib;
	int64_t instructions; /* of the kernel on its behalf, too; 0 where they cannot be counted */
	int64_t switches;     /* voluntary and involuntary context switches */
};

struct sink_memory {
	int64_t resident_kib;     /* VmRSS: a page mapped twice counts twice */
	int64_t peak_kib;         /* VmHWM, same way of counting */
	int64_t proportional_kib; /* Pss: a page mapped twice counts once */
	int64_t private_kib;      /* the part of that which is in no file: heap, stacks, buffers */
};

/* Fork. The program is not running yet. FILE is for SINK_STDOUT_FILE only. */
void sink_fork(struct sink *sink, char *const argv[], enum sink_stdout kind, const char *file);

/* Let the program start. */
void sink_go(struct sink *sink);

/* Close the input, and from now on throw away what comes out of a stuck stdout. */
void sink_close_input(struct sink *sink);
void sink_unstick(struct sink *sink);

/*
 * Have a process of its own read what comes out of standard output and compare it with these bytes;
 * to be called before sink_go(). sink_copy_wait() waits until the copy has ended, and dies if it
 * was another one.
 */
void sink_read_copy(struct sink *sink, const char *expected, size_t length);
void sink_copy_wait(struct sink *sink);

/* Wait for its end; dies if that was a signal or another exit status than this one. */
void sink_wait(struct sink *sink, int status, struct sink_usage *usage);

/* Look at the running program. */
void sink_memory(const struct sink *sink, struct sink_memory *memory);

/* The processor time that it has taken so far, in nanoseconds, by its clock of that. */
int64_t sink_cpu_ns(const struct sink *sink);

/* How often its threads have gone to sleep of their own accord so far, all together. */
int64_t sink_sleeps(const struct sink *sink);

#endif
