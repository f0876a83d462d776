/* Standard output: large writes, and an end when nobody reads it. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>

/*
 * output_write(bytes, len): write, now or with what follows. If nobody reads any more, the program
 * ends as by SIGPIPE; after another error it ends with a message.
 * output_flush(): write all of it now.
 */
void output_write(const void *bytes, size_t len);
void output_flush(void);

/* output_closed(): the program ends as by SIGPIPE, if nobody reads standard output any more. */
void output_closed(void);

#endif
