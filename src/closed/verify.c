/*
 * Compare a compressed file with a plain one.
 *
 * The answer decides whether a duplicate is deleted, so in any doubt, such as bytes after the end
 * of the compressed data, it is no.
 */
#include "closed/verify.h"

#include "base/diag.h"
#include "base/fdio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 128 * 1024 };
enum { WINDOW_LOG = 23 }; /* the window of the highest level that may be given */

struct verify {
	int packed, plain;
	uint64_t left; /* of the plain file, and not compared yet */
	const atomic_bool *stop;
	ZSTD_DCtx *zstd;
	z_stream gzip;
	char in[CHUNK], out[CHUNK], plain_bytes[CHUNK];
};

/* Compares the next bytes of the plain file with len at v->out; -1 and errno. */
static int compare(struct verify *v, size_t len)
{
	const char *p = v->out;

	if (len > v->left)
		return 0;
	v->left -= len;
	while (len > 0) {
		ssize_t n = fdio_read(v->plain, v->plain_bytes, len);

		if (n < 0)
			return -1;
		if (n == 0 || memcmp(p, v->plain_bytes, (size_t)n) != 0)
			return 0;
		p += n;
		len -= (size_t)n;
	}
	return 1;
}

/*
 * Steps: decompress the len bytes at v->in and compare. Returns as verify_form; *ended: the
 * compressed data may end here. Of zstd's frames there may be several, and others that are
 * skipped, such as a seek table.
 */
static int zstd_step(struct verify *v, size_t len, bool *ended)
{
	ZSTD_inBuffer from = { v->in, len, 0 };
	ZSTD_outBuffer to;

	do {
		to = (ZSTD_outBuffer){ v->out, CHUNK, 0 };
		size_t result = ZSTD_decompressStream(v->zstd, &to, &from);
		if (ZSTD_isError(result))
			return 0;
		*ended = result == 0;
		int same = compare(v, to.pos);
		if (same != 1)
			return same;
	} while (from.pos < from.size || (!*ended && to.pos == to.size));
	return 1;
}

static int gzip_step(struct verify *v, size_t len, bool *ended)
{
	if (*ended)
		return 0; /* a second member: not ours */
	v->gzip.next_in = (Bytef *)v->in;
	v->gzip.avail_in = (uInt)len;
	do {
		v->gzip.next_out = (Bytef *)v->out;
		v->gzip.avail_out = CHUNK;
		int result = inflate(&v->gzip, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return 0;
		*ended = result == Z_STREAM_END;
		int same = compare(v, CHUNK - v->gzip.avail_out);
		if (same != 1)
			return same;
	} while (!*ended && v->gzip.avail_out == 0);
	return v->gzip.avail_in == 0;
}

static int verify_all(struct verify *v, enum names_suffix suffix)
{
	bool ended = false;
	ssize_t n;

	while ((n = fdio_read(v->packed, v->in, CHUNK)) > 0) {
		if (*v->stop) {
			errno = ECANCELED;
			return -1;
		}
		int same = suffix == NAMES_GZ ? gzip_step(v, (size_t)n, &ended)
					      : zstd_step(v, (size_t)n, &ended);
		if (same != 1)
			return same;
	}
	return n < 0 ? -1 : ended && v->left == 0;
}

static int open_format(struct verify *v, enum names_suffix suffix)
{
	enum { GZIP_WRAPPER = 16, WINDOW_BITS = 15 };

	errno = ENOMEM;
	if (suffix == NAMES_GZ)
		return inflateInit2(&v->gzip, WINDOW_BITS + GZIP_WRAPPER) == Z_OK ? 0 : -1;
	v->zstd = ZSTD_createDCtx();
	if (!v->zstd)
		return -1;
	ZSTD_DCtx_setParameter(v->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	return 0;
}

static void close_format(struct verify *v, enum names_suffix suffix)
{
	if (suffix == NAMES_GZ)
		inflateEnd(&v->gzip);
	else
		ZSTD_freeDCtx(v->zstd);
}

int verify_form(int packed, enum names_suffix suffix, int plain, uint64_t size,
		const atomic_bool *stop)
{
	struct verify *v = calloc(1, sizeof(*v));
	int result = -1, error;

	insist(suffix != NAMES_PLAIN);
	if (!v)
		return -1;
	v->packed = packed;
	v->plain = plain;
	v->left = size;
	v->stop = stop;
	if (open_format(v, suffix) == 0) {
		result = verify_all(v, suffix);
		error = errno;
		close_format(v, suffix);
		errno = error;
	}
	error = errno;
	free(v);
	errno = error;
	return result;
}
