/* SPDX-License-Identifier: MIT */
/*
 * raw.c - write the bytes of the media, to one file or to numbered ones
 *
 * Zeros are written like everything else: a hole is lost, or filled, by the next
 * program that copies the file, and evidence should not depend on which.
 */
#include "acquire/segset.h"
#include "acquire/writer.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/** Bytes of a numbered file, as those of an E01: 1.4 GiB, a multiple of 4 KiB. */
#define SEGMENT_DEFAULT 1503236096u
/** Smaller files would make more names than anybody wants. */
#define SEGMENT_MIN (64u << 10)
/** Names after .999: .1000 to .9999. */
#define NUMBERS 10000u
#define LETTERS 26u

struct raw_writer {
	struct kan_writer w;         /* first */
	struct kan_writer_opts opts; /* without its values */
	uint64_t from;               /* media before it was written by the run before */
	uint64_t done;               /* media taken */
	bool finished;
	struct kan_segset *set;
};

/* What stands behind the last dot of the name; "" if nothing does. */
static const char *extension(const char *path)
{
	const char *base = kan_base_name(path);
	const char *dot = strrchr(base, '.');

	return dot && dot > base ? dot + 1 : "";
}

static bool is_among(const char *ext, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(ext, *list) == 0)
			return true;
	return false;
}

static bool is_single(const char *path)
{
	static const char *const names[] = { "raw", "dd", "img", "bin", NULL };

	return is_among(extension(path), names);
}

static bool is_mixed(const char *ext)
{
	return islower((unsigned char)ext[0]) != islower((unsigned char)ext[1]);
}

/* The names that lib/image/formats/splitraw.c takes for the first one of a set. */
static bool is_numbered(const char *path)
{
	static const char *const digits[] = { "000", "001", NULL };
	static const char *const letters[] = { "aa", NULL };
	const char *ext = extension(path);

	return is_among(ext, digits) || (is_among(ext, letters) && !is_mixed(ext));
}

static bool raw_claims(const char *path)
{
	return is_single(path) || is_numbered(path);
}

static bool name_single(char *out, const char *first, uint64_t index)
{
	memcpy(out, first, strlen(first) + 1);
	return index == 0;
}

static bool name_numbered(char *out, const char *first, uint64_t index)
{
	size_t stem = (size_t)(extension(first) - first);
	char a = first[stem];

	memcpy(out, first, strlen(first) + 1);
	if (isdigit((unsigned char)a)) {
		uint64_t number = index + (uint64_t)(first[stem + 2] - '0');

		snprintf(out + stem, 3 + KAN_SEGSET_ROOM, "%03" PRIu64, number);
		return number < NUMBERS;
	}
	out[stem] = (char)(a + (char)(index / LETTERS % LETTERS));
	out[stem + 1] = (char)(a + (char)(index % LETTERS));
	return index < (uint64_t)LETTERS * LETTERS;
}

/* ---- the sink --------------------------------------------------------------- */

static int raw_consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct raw_writer *r = self;
	size_t at = 0;
	int rc;

	if (blk->offset < r->from)
		return KAN_OK;
	rc = kan_writer_check_block(&r->opts, r->done, blk, err);
	while (rc == KAN_OK && at < blk->len) {
		uint64_t room = r->opts.segment_size - kan_segset_len(r->set);
		size_t n = room < blk->len - at ? (size_t)room : blk->len - at;

		if (n > 0)
			rc = kan_segset_append(r->set, blk->data + at, n, err);
		else
			rc = kan_segset_next(r->set, err);
		at += n;
	}
	if (rc != KAN_OK)
		return rc;
	r->done += blk->len;
	if (r->done % KAN_WRITER_STEP == 0 || r->done == r->opts.media_size)
		kan_segset_mark(r->set, r->done);
	return KAN_OK;
}

static struct kan_sink raw_sink(struct kan_writer *w)
{
	return (struct kan_sink){
		.name = "raw", .order = KAN_IN_ORDER, .self = w, .consume = raw_consume
	};
}

static int raw_sync(struct kan_writer *w, struct kan_writer_mark *out, struct kan_err *err)
{
	return kan_segset_sync(((struct raw_writer *)w)->set, out, err);
}

static int raw_finish(struct kan_writer *w, const struct kan_writer_end *end, struct kan_err *err)
{
	struct raw_writer *r = (struct raw_writer *)w;
	int rc;

	(void)end; /* there is no place for it */
	if (r->done != r->opts.media_size || r->finished)
		return kan_fail(err, KAN_EARG, "only %" PRIu64 " of %" PRIu64 " bytes are written",
		                r->done, r->opts.media_size);
	rc = kan_segset_finish(r->set, err);
	r->finished = rc == KAN_OK;
	return rc;
}

static const struct kan_writer_segment *raw_segments(const struct kan_writer *w, size_t *n)
{
	return kan_segset_list(((const struct raw_writer *)w)->set, n);
}

static void raw_close(struct kan_writer *w)
{
	struct raw_writer *r = (struct raw_writer *)w;

	kan_segset_close(r->set);
	free(r);
}

static const struct kan_writer_ops raw_ops = {
	.sink = raw_sink,
	.sync = raw_sync,
	.finish = raw_finish,
	.segments = raw_segments,
	.close = raw_close,
};

/* ---- opening ---------------------------------------------------------------- */

static int check_segment_size(const char *path, struct kan_writer_opts *o, struct kan_err *err)
{
	KAN_AUTO(mem) char *name = calloc(1, strlen(path) + KAN_SEGSET_ROOM + 1);
	uint64_t unit = o->sector_size > 0 ? o->sector_size : 512;

	if (!name)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (is_single(path) && o->segment_size > 0)
		return kan_fail(err, KAN_EARG,
		                "%s: a raw image in segments is named .001 at its start", path);
	if (is_single(path)) {
		o->segment_size = UINT64_MAX;
		return KAN_OK;
	}
	if (o->segment_size == 0)
		o->segment_size = SEGMENT_DEFAULT;
	if (o->segment_size < SEGMENT_MIN || o->segment_size % unit != 0)
		return kan_fail(err, KAN_EARG,
		                "%s: segments of %" PRIu64
		                " bytes are not written: %u at the least "
		                "and a number of sectors of %" PRIu64,
		                path, o->segment_size, SEGMENT_MIN, unit);
	if (!name_numbered(name, path, (o->media_size - 1) / o->segment_size))
		return kan_fail(err, KAN_EARG,
		                "%s: there are not enough names for %" PRIu64
		                " bytes in segments of %" PRIu64,
		                path, o->media_size, o->segment_size);
	return KAN_OK;
}

/* The files hold the media and nothing else: what is done is as long as they are. */
static int check_mark(const char *path, const struct kan_writer_opts *o,
                      const struct kan_writer_mark *from, struct kan_err *err)
{
	uint64_t len;

	if (!__builtin_mul_overflow(from->segment, o->segment_size, &len) &&
	    !__builtin_add_overflow(len, from->segment_len, &len) && len == from->media_done)
		return kan_writer_check_mark(o, path, from, err);
	return kan_fail(err, KAN_EARG, "%s: cannot be continued after %" PRIu64 " bytes", path,
	                from->media_done);
}

static int check_opts(const char *path, struct kan_writer_opts *o,
                      const struct kan_writer_mark *from, struct kan_err *err)
{
	int rc;

	if (o->media_size == 0 || o->media_size > INT64_MAX)
		return kan_fail(err, KAN_EARG, "%s: media of %" PRIu64 " bytes are not written",
		                path, o->media_size);
	rc = check_segment_size(path, o, err);
	return rc == KAN_OK && from ? check_mark(path, o, from, err) : rc;
}

KAN_DEFINE_DROP(writer, struct kan_writer *, kan_writer_close)

static int raw_open(struct kan_writer **out, const char *path, const struct kan_writer_opts *opts,
                    const struct kan_writer_mark *from, struct kan_err *err)
{
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct raw_writer *r = calloc(1, sizeof(*r));
	struct kan_segset_form form = { .name = is_single(path) ? name_single : name_numbered };
	int rc;

	if (!r)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	w = &r->w;
	w->ops = &raw_ops;
	r->opts = *opts;
	r->opts.values = NULL;
	r->opts.nvalues = 0;
	rc = check_opts(path, &r->opts, from, err);
	if (rc != KAN_OK)
		return rc;
	form.full = r->opts.segment_size;
	r->from = r->done = from ? from->media_done : 0;
	rc = from ? kan_segset_resume(&r->set, path, &form, from, err)
	          : kan_segset_create(&r->set, path, &form, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(w);
	return KAN_OK;
}

const struct kan_writer_format kan_writer_format_raw = {
	.name = "raw",
	.label = "raw image, in one file or in numbered ones",
	.spec = "none: the bytes of the media; names as dd, split(1) and FTK Imager give them",
	.claims = raw_claims,
	.open = raw_open,
};
