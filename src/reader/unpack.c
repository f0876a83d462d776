/*
 * One file of a log as a stream of bytes: plain, .zst or .gz.
 *
 * Files are read with pread(2) in large pieces. A .zst may be of many frames and a .gz of many
 * members; they follow one another (RFC 8878 section 3, RFC 1952 section 2.2).
 *
 * A damaged file must not hide what is behind the damage. So after an error the next frame of
 * zstd is searched for by its magic number, and tried. Four bytes can be in the data by chance, but
 * then hardly a whole frame header and blocks follow; such an attempt fails, before it gives
 * anything, and the search goes on. The magic number of gzip is too short for that.
 *
 * The seek table of a .zst is read when it is asked for, and believed only as long as a frame
 * of the length that it tells begins where it says; otherwise the file is read as one without.
 */
#include "reader/unpack.h"

#include "base/diag.h"
#include "base/fdio.h"
#include "family/frames.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { IN_SIZE = 256 * 1024, OUT_SIZE = 256 * 1024 };
enum { WINDOW_LOG = 27 }; /* what zstd(1) accepts by default; ours need 23 at most */

enum state {
	BEFORE, /* a frame */
	WITHIN, /* a frame */
	LOST,   /* behind damage: the next frame is searched for */
	DONE,   /* nothing more can be had */
};

struct unpack {
	int fd;
	enum names_suffix form;
	uint64_t offset; /* behind the bytes that were given last */
	char *in, *out;

	/* Of a compressed file: */
	enum state state;
	uint64_t read_to;       /* so many bytes of it are read */
	size_t in_at, in_end;   /* what is left of them in `in` */
	size_t out_at, out_end; /* what is in `out`, and was not given yet */
	uint64_t frame;         /* where the current one begins; or the search goes on behind it */
	bool trying;            /* the current frame was found by searching, and gave nothing yet */
	bool broken;            /* bytes are missing behind those in `out` */
	bool full;              /* the decoder may have more for `out`, without further input */
	bool asked;             /* whether there is a seek table */
	struct frames *frames;  /* NULL: there is none */
	char missing[160];
	ZSTD_DCtx *zstd;
	z_stream gzip;
	bool gzip_open;
};

/* ---- making ---- */

struct unpack *unpack_new(void)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->fd = -1;
	u->in = malloc(IN_SIZE);
	u->out = malloc(OUT_SIZE);
	if (u->in && u->out)
		return u;
	unpack_free(u);
	errno = ENOMEM;
	return NULL;
}

void unpack_free(struct unpack *u)
{
	if (!u)
		return;
	unpack_close(u);
	ZSTD_freeDCtx(u->zstd);
	if (u->gzip_open)
		inflateEnd(&u->gzip);
	free(u->in);
	free(u->out);
	free(u);
}

void unpack_close(struct unpack *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	frames_free(u->frames);
	u->frames = NULL;
	u->asked = false;
}

/* The decoders, ready for a frame. */
static int ready_zstd(struct unpack *u)
{
	if (!u->zstd)
		u->zstd = ZSTD_createDCtx();
	if (!u->zstd) {
		errno = ENOMEM;
		return -1;
	}
	ZSTD_DCtx_reset(u->zstd, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	return 0;
}

static int ready_gzip(struct unpack *u)
{
	enum { GZIP_WRAPPER = 16, WINDOW_BITS = 15 };

	if (u->gzip_open) {
		inflateReset(&u->gzip);
		return 0;
	}
	u->gzip = (z_stream){ 0 };
	u->gzip_open = inflateInit2(&u->gzip, WINDOW_BITS + GZIP_WRAPPER) == Z_OK;
	if (u->gzip_open)
		return 0;
	errno = ENOMEM;
	return -1;
}

/* To the beginning of the file. */
static int rewind_file(struct unpack *u)
{
	u->offset = u->read_to = u->frame = 0;
	u->in_at = u->in_end = u->out_at = u->out_end = 0;
	u->trying = u->broken = u->full = false;
	u->state = BEFORE;
	return u->form == NAMES_ZST ? ready_zstd(u) : u->form == NAMES_GZ ? ready_gzip(u) : 0;
}

int unpack_start(struct unpack *u, int fd, enum names_suffix form)
{
	unpack_close(u);
	u->fd = fd;
	u->form = form;
	u->missing[0] = '\0';
	if (rewind_file(u) == 0)
		return 0;
	unpack_close(u);
	return -1;
}

/* ---- reading ---- */

static ssize_t read_at(const struct unpack *u, void *to, size_t len, uint64_t offset)
{
	return fdio_read_at(u->fd, to, len, offset);
}

/* The offset in the file of the byte that is decoded next. */
static uint64_t decoded_to(const struct unpack *u)
{
	return u->read_to - (u->in_end - u->in_at);
}

/* More compressed bytes: 1; 0: the end of the file. */
static int refill(struct unpack *u)
{
	ssize_t n = read_at(u, u->in, IN_SIZE, u->read_to);

	u->in_at = u->in_end = 0;
	if (n <= 0)
		return (int)n;
	u->in_end = (size_t)n;
	u->read_to += u->in_end;
	return 1;
}

/* Decode some of `in` behind what is in `out`. Returns: NULL, or what is wrong. */
static const char *decode_zstd(struct unpack *u)
{
	ZSTD_inBuffer from = { u->in, u->in_end, u->in_at };
	ZSTD_outBuffer to = { u->out, OUT_SIZE, u->out_end };
	size_t result = ZSTD_decompressStream(u->zstd, &to, &from);

	u->in_at = from.pos;
	u->out_end = to.pos;
	u->state = result == 0 ? BEFORE : WITHIN;
	return ZSTD_isError(result) ? ZSTD_getErrorName(result) : NULL;
}

static const char *decode_gzip(struct unpack *u)
{
	z_stream *g = &u->gzip;

	if (u->state == BEFORE)
		inflateReset(g);
	g->next_in = (Bytef *)u->in + u->in_at;
	g->avail_in = (uInt)(u->in_end - u->in_at);
	g->next_out = (Bytef *)u->out + u->out_end;
	g->avail_out = (uInt)(OUT_SIZE - u->out_end);
	int result = inflate(g, Z_NO_FLUSH);
	u->in_at = u->in_end - g->avail_in;
	u->out_end = OUT_SIZE - g->avail_out;
	u->state = result == Z_STREAM_END ? BEFORE : WITHIN;
	if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
		return NULL;
	return g->msg ? g->msg : "not in the format of gzip";
}

/* Bytes are missing from here; what was only tried was no frame, and is not worth a word. */
static void break_off(struct unpack *u, const char *why)
{
	if (!u->trying)
		snprintf(u->missing, sizeof(u->missing), "%s at byte %" PRIu64 "%s%s%s",
			 why ? "damaged" : "ends too early,", decoded_to(u), why ? " (" : "",
			 why ? why : "", why ? ")" : "");
	u->broken = !u->trying;
	u->state = u->form == NAMES_ZST ? LOST : DONE;
}

/* Goes to what looks like a frame behind u->frame: 1; 0: there is none. */
static int find_frame(struct unpack *u)
{
	static const char magic[] = { 0x28, (char)0xb5, 0x2f, (char)0xfd };
	uint64_t from = u->frame + 1;
	ssize_t n;

	while ((n = read_at(u, u->in, IN_SIZE, from)) >= (ssize_t)sizeof(magic)) {
		char *found = memmem(u->in, (size_t)n, magic, sizeof(magic));

		if (found) {
			u->in_at = (size_t)(found - u->in);
			u->in_end = (size_t)n;
			u->read_to = from + u->in_end;
			u->frame = decoded_to(u);
			return ready_zstd(u) < 0 ? -1 : 1;
		}
		from += (uint64_t)n - (sizeof(magic) - 1);
	}
	return n < 0 ? -1 : 0;
}

/* Sees to it that there is something to decode: 1; 0: there is not. */
static int prepare(struct unpack *u)
{
	int more = 1;

	if (u->state == LOST) {
		more = find_frame(u);
		u->trying = more == 1;
		u->state = more == 1 ? WITHIN : DONE;
		return more;
	}
	if (u->in_at == u->in_end && !u->full)
		more = refill(u);
	if (more == 1 && u->state == BEFORE) {
		u->frame = decoded_to(u);
		u->trying = false;
	}
	return more;
}

/* One step, with something in `out` or not: 1; 0: there is no further one for now. */
static int decode(struct unpack *u)
{
	size_t before = u->out_end;
	int more = prepare(u);

	if (more == 0 && u->state == WITHIN) {
		break_off(u, NULL);
		return !u->broken;
	}
	if (more <= 0)
		return more;
	const char *why = u->form == NAMES_ZST ? decode_zstd(u) : decode_gzip(u);
	if (u->out_end > before)
		u->trying = false;
	u->full = u->state == WITHIN && u->out_end == OUT_SIZE;
	if (why)
		break_off(u, why);
	return !u->broken;
}

static int fill(struct unpack *u)
{
	int more = 1;

	u->out_at = u->out_end = 0;
	while (more == 1 && u->state != DONE && u->out_end < OUT_SIZE)
		more = decode(u);
	return more < 0 && u->out_end == 0 ? -1 : 0;
}

static ssize_t next_plain(struct unpack *u, const char **bytes)
{
	ssize_t n = read_at(u, u->out, OUT_SIZE, u->offset);

	if (n > 0)
		u->offset += (uint64_t)n;
	*bytes = u->out;
	return n;
}

static ssize_t next_packed(struct unpack *u, const char **bytes)
{
	if (u->out_at == u->out_end && !u->broken && fill(u) < 0)
		return -1;
	size_t n = u->out_end - u->out_at;
	if (n == 0 && u->broken) {
		u->broken = false;
		errno = EBADMSG;
		return -1;
	}
	*bytes = u->out + u->out_at;
	u->out_at = u->out_end;
	u->offset += n;
	return (ssize_t)n;
}

ssize_t unpack_next(struct unpack *u, const char **bytes)
{
	insist(u->fd >= 0);
	return u->form == NAMES_PLAIN ? next_plain(u, bytes) : next_packed(u, bytes);
}

/* ---- places ---- */

/* The bytes from an offset to the end of a file of that size; the caller's, or NULL. */
static void *read_end(const struct unpack *u, uint64_t size, size_t len)
{
	char *bytes = malloc(len);
	size_t done = 0;

	while (bytes && done < len) {
		ssize_t n = read_at(u, bytes + done, len - done, size - len + done);

		if (n <= 0) {
			free(bytes);
			return NULL;
		}
		done += (size_t)n;
	}
	return bytes;
}

static struct frames *read_frames(const struct unpack *u)
{
	struct frames *frames = NULL;
	size_t len = 0;
	struct stat st;
	char *bytes;

	if (fstat(u->fd, &st) < 0 || st.st_size < FRAMES_TAIL)
		return NULL;
	bytes = read_end(u, (uint64_t)st.st_size, FRAMES_TAIL);
	if (bytes)
		len = frames_table_len(bytes, (uint64_t)st.st_size);
	free(bytes);
	bytes = len ? read_end(u, (uint64_t)st.st_size, len) : NULL;
	if (bytes)
		frames = frames_read(bytes, len, (uint64_t)st.st_size);
	free(bytes);
	return frames;
}

/* The seek table of the file; NULL: there is none that can be used. */
static const struct frames *find_frames(struct unpack *u)
{
	if (!u->asked && u->form == NAMES_ZST)
		u->frames = read_frames(u);
	u->asked = true;
	return u->frames;
}

/* Whether a frame of that length begins there. Its header is less than 18 bytes (RFC 8878). */
static bool is_frame(const struct unpack *u, const struct frames_frame *frame)
{
	char header[18];
	ssize_t n = read_at(u, header, sizeof(header), frame->at);
	unsigned long long size =
		n > 0 ? ZSTD_getFrameContentSize(header, (size_t)n) : ZSTD_CONTENTSIZE_ERROR;

	return size == frame->plain_size || size == ZSTD_CONTENTSIZE_UNKNOWN;
}

/* The frame with the byte at offset, or the last one; false: the file has no table. */
static bool find_frame_at(struct unpack *u, uint64_t offset, struct frames_frame *frame)
{
	const struct frames *frames = find_frames(u);
	size_t count = frames ? frames_count(frames) : 0, i;

	if (count == 0)
		return false;
	i = frames_find(frames, offset);
	frames_get(frames, i < count ? i : count - 1, frame);
	return true;
}

/* Goes to the beginning of that frame, if this is nearer than where the stream is. -1 and errno. */
static int enter_frame(struct unpack *u, uint64_t offset)
{
	struct frames_frame frame;

	if (!find_frame_at(u, offset, &frame))
		return 0;
	if (u->offset <= offset && u->offset >= frame.plain_at)
		return 0;
	if (!is_frame(u, &frame)) {
		frames_free(u->frames);
		u->frames = NULL;
		return 0;
	}
	if (rewind_file(u) < 0)
		return -1;
	u->read_to = u->frame = frame.at;
	u->offset = frame.plain_at;
	return 0;
}

int unpack_seek(struct unpack *u, uint64_t offset)
{
	const char *bytes;
	ssize_t n;

	if (u->form == NAMES_PLAIN) {
		u->offset = offset;
		return 0;
	}
	if (enter_frame(u, offset) < 0 || (offset < u->offset && rewind_file(u) < 0))
		return -1;
	while (u->offset < offset) {
		n = unpack_next(u, &bytes);
		if (n <= 0)
			return (int)n;
	}
	/* The last bytes may be for the next call. */
	u->out_at -= (size_t)(u->offset - offset);
	u->offset = offset;
	return 0;
}

uint64_t unpack_entry(struct unpack *u, uint64_t offset)
{
	struct frames_frame frame;

	if (u->form == NAMES_PLAIN)
		return offset;
	return find_frame_at(u, offset, &frame) ? frame.plain_at : 0;
}

int unpack_size(struct unpack *u, uint64_t *size)
{
	const struct frames *frames = find_frames(u);
	struct stat st;

	if (u->form != NAMES_PLAIN) {
		*size = frames ? frames_plain_size(frames) : 0;
		return frames != NULL;
	}
	if (fstat(u->fd, &st) < 0)
		return -1;
	*size = (uint64_t)st.st_size;
	return 1;
}

/* ---- questions ---- */

const char *unpack_missing(const struct unpack *u)
{
	return u->missing;
}

uint64_t unpack_offset(const struct unpack *u)
{
	return u->offset;
}

int unpack_fd(const struct unpack *u)
{
	return u->fd;
}

enum names_suffix unpack_form(const struct unpack *u)
{
	return u->form;
}
