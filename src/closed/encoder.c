/*
 * Write the bytes of a file in compressed form.
 *
 * zstd's frames are there so that a reader can begin anywhere, also at the end, without
 * decompressing what comes before. Where a frame ends is decided before it begins: its header then
 * gives its length, zstd needs no larger window than that, and nothing but chunks is in memory.
 * It costs reading a few bytes twice.
 *
 * gzip's members could be used in the same way, but there is no format for their table that
 * others read, and programs that read only the first member are common.
 */
#include "closed/encoder.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "family/frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 128 * 1024 };

struct encoder {
	const struct encoder_job *job;
	uint64_t written;
	ZSTD_CCtx *zstd;
	struct frames *frames;
	z_stream gzip;
	char in[CHUNK], out[CHUNK];
};

static int write_all(struct encoder *e, const char *p, size_t len)
{
	e->written += len;
	while (len > 0) {
		ssize_t n = fdio_write(e->job->to, p, len);

		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Compresses the next size bytes of the plain file with step, which takes len bytes of e->in, and
 * with end also finishes what it writes.
 */
static int encode(struct encoder *e, uint64_t size,
		  int (*step)(struct encoder *e, size_t len, bool end))
{
	while (size > 0) {
		size_t len = size < CHUNK ? (size_t)size : CHUNK;
		ssize_t n = fdio_read(e->job->from, e->in, len);

		if (n == 0)
			errno = EIO; /* the file was truncated meanwhile */
		if (n <= 0)
			return -1;
		if (*e->job->stop) {
			errno = ECANCELED;
			return -1;
		}
		if (step(e, (size_t)n, false) < 0)
			return -1;
		size -= (uint64_t)n;
	}
	return step(e, 0, true);
}

/* ---- zstd ---- */

static int zstd_step(struct encoder *e, size_t len, bool end)
{
	ZSTD_inBuffer from = { e->in, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer to = { e->out, sizeof(e->out), 0 };

		left = ZSTD_compressStream2(e->zstd, &to, &from,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			errno = ENOMEM; /* with right parameters and buffers the only error */
			return -1;
		}
		if (write_all(e, e->out, to.pos) < 0)
			return -1;
	} while (end ? left > 0 : from.pos < from.size);
	return 0;
}

/*
 * The length of a frame that begins at this offset: up to the end of the last line that it can
 * hold, or of the file. -1 and errno.
 */
static int64_t frame_len(struct encoder *e, uint64_t at)
{
	enum { BLOCK = 4096 };
	uint64_t left = e->job->size - at;

	if (left <= ENCODER_FRAME)
		return (int64_t)left;
	for (size_t begin = ENCODER_FRAME; begin > 0;) {
		const char *newline;
		ssize_t n;

		begin -= BLOCK;
		n = fdio_read_at(e->job->from, e->in, BLOCK, at + begin);
		if (n < 0)
			return -1;
		newline = memrchr(e->in, '\n', (size_t)n);
		if (newline)
			return (int64_t)begin + (newline - e->in) + 1;
	}
	return ENCODER_FRAME;
}

static int write_table(struct encoder *e)
{
	size_t len;
	char *table = frames_table(e->frames, &len);
	int result = table ? write_all(e, table, len) : -1;

	free(table);
	return result;
}

/* A file with more frames than a table can have gets none. */
static int zstd_frames(struct encoder *e)
{
	uint64_t at = 0;
	bool counted = true;

	do {
		uint64_t begin = e->written;
		int64_t len = frame_len(e, at);

		if (len < 0)
			return -1;
		ZSTD_CCtx_setPledgedSrcSize(e->zstd, (uint64_t)len);
		if (encode(e, (uint64_t)len, zstd_step) < 0)
			return -1;
		if (counted && frames_add(e->frames, e->written - begin, (uint64_t)len) < 0) {
			if (errno != EOVERFLOW)
				return -1;
			counted = false;
		}
		at += (uint64_t)len;
	} while (at < e->job->size);
	return counted ? write_table(e) : 0;
}

static int run_zstd(struct encoder *e)
{
	int result = -1, error;

	errno = ENOMEM;
	e->zstd = ZSTD_createCCtx();
	e->frames = frames_new();
	if (e->zstd && e->frames) {
		ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, e->job->level);
		ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1);
		result = zstd_frames(e);
	}
	error = errno;
	frames_free(e->frames);
	ZSTD_freeCCtx(e->zstd);
	errno = error;
	return result;
}

/* ---- gzip ---- */

static int gzip_step(struct encoder *e, size_t len, bool end)
{
	int result;

	e->gzip.next_in = (Bytef *)e->in;
	e->gzip.avail_in = (uInt)len;
	do {
		e->gzip.next_out = (Bytef *)e->out;
		e->gzip.avail_out = sizeof(e->out);
		result = deflate(&e->gzip, end ? Z_FINISH : Z_NO_FLUSH);
		insist(result != Z_STREAM_ERROR);
		if (write_all(e, e->out, sizeof(e->out) - e->gzip.avail_out) < 0)
			return -1;
	} while (end ? result != Z_STREAM_END : e->gzip.avail_out == 0);
	return 0;
}

static int run_gzip(struct encoder *e)
{
	enum { GZIP_WRAPPER = 16, WINDOW_BITS = 15, MEMORY_LEVEL = 8 };
	int result, error;

	errno = ENOMEM;
	if (deflateInit2(&e->gzip, e->job->level, Z_DEFLATED, WINDOW_BITS + GZIP_WRAPPER,
			 MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	result = encode(e, e->job->size, gzip_step);
	error = errno;
	deflateEnd(&e->gzip);
	errno = error;
	return result;
}

int encoder_run(const struct encoder_job *job)
{
	struct encoder *e = calloc(1, sizeof(*e));
	int result, error;

	insist(job->suffix != NAMES_PLAIN);
	if (!e)
		return -1;
	e->job = job;
	result = job->suffix == NAMES_GZ ? run_gzip(e) : run_zstd(e);
	error = errno;
	free(e);
	errno = error;
	return result;
}
