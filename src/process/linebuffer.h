/* Let a program that writes to a pipe write each line at once: --line-buffered. */
#ifndef LINEBUFFER_H
#define LINEBUFFER_H

/*
 * linebuffer_object(): the path of the object that sets, in the program that loads it, what
 * stdbuf(1) -oL sets. It is looked for beside this program, and in ../libexec/logsink from there.
 * Thread:  before any other is started.
 * Returns: NULL after a message.
 */
const char *linebuffer_object(void);

/*
 * linebuffer_environment(environment, object): a copy of it with which a program loads that object
 * before all others in LD_PRELOAD. PYTHONUNBUFFERED is set too, unless it is there, because Python
 * has its own buffer.
 * Owner:   the copy is kept until the process ends, and points into the original.
 */
char *const *linebuffer_environment(char *const *environment, const char *object);

#endif
