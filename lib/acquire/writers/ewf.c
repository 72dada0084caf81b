/* SPDX-License-Identifier: MIT */
/*
 * ewf.c - write Expert Witness Compression Format, version 1 (E01)
 *
 * The form of EnCase 6; see docs/formats/ewf.md, "Writing".  prepare packs the
 * chunks of a block, consume hands the blocks of a group to the file, with their
 * tables.  A mark lies behind every group.
 */
#include "acquire/ewf/e01.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <string.h>

/** As ewfacquire: 1.4 GiB. */
#define SEGMENT_DEFAULT 1503238553u

struct e01 {
	struct kan_writer w; /* first */

	/* Fixed when the image is open. */
	struct kan_writer_opts opts; /* without its values */
	struct kan_buf start; /* of the first segment: behind the file header, before the volume */
	uint8_t volume[KAN_EWF_VOLUME_LEN];
	uint64_t from; /* media before it was written by the run before */

	struct kan_e01_shelf shelf;
	struct kan_segset *set;

	/* Of the thread that consumes. */
	uint64_t done;               /* media taken */
	struct kan_e01_block *group; /* blocks that are not written yet, in order */
	struct kan_e01_block **group_end;
	struct kan_buf buf;
	bool finished;
};

static int put_prologue(const void *arg, uint64_t index, struct kan_buf *out, struct kan_err *err)
{
	static const uint8_t magic[8] = { 'E', 'V', 'F', 0x09, 0x0d, 0x0a, 0xff, 0x00 };
	const struct e01 *e = arg;
	uint8_t head[KAN_EWF_FILE_HEADER_LEN] = { 0 };

	memcpy(head, magic, sizeof(magic));
	head[8] = 1;
	head[9] = (uint8_t)(index + 1);
	head[10] = (uint8_t)((index + 1) >> 8);
	kan_buf_add(out, head, sizeof(head));
	if (index == 0)
		kan_buf_add(out, e->start.data, e->start.len);
	kan_e01_put_section(out, 0, index == 0 ? "volume" : "data", e->volume, sizeof(e->volume));
	return kan_buf_check(out, err);
}

/* ---- groups --------------------------------------------------------------- */

static uint64_t table_len(uint32_t nchunks)
{
	return 2 * (KAN_EWF_DESCRIPTOR_LEN + KAN_EWF_TABLE_HEADER_LEN + 4 * (uint64_t)nchunks + 4);
}

static int next_segment(struct e01 *e, struct kan_err *err)
{
	int rc;

	kan_buf_reset(&e->buf);
	kan_e01_put_last(&e->buf, kan_segset_len(e->set), "next");
	rc = kan_buf_check(&e->buf, err);
	if (rc == KAN_OK)
		rc = kan_segset_append(e->set, e->buf.data, e->buf.len, err);
	return rc == KAN_OK ? kan_segset_next(e->set, err) : rc;
}

/* Blocks of a group that lie in one segment, with tables of their own. */
struct part {
	const struct kan_e01_block *first, *last;
	uint64_t len; /* of the chunks, in bytes */
	uint32_t nchunks;
};

/* As many blocks from @first on as the segment has room for; maybe none. */
static struct part part_that_fits(const struct e01 *e, const struct kan_e01_block *first)
{
	uint64_t used = kan_segset_len(e->set) + KAN_EWF_DESCRIPTOR_LEN + KAN_E01_TAIL_ROOM;
	struct part p = { .first = first };

	for (const struct kan_e01_block *b = first; b; b = b->next) {
		uint64_t len = p.len + b->len;
		uint32_t n = p.nchunks + b->nchunks;

		if (used + len + table_len(n) > e->opts.segment_size)
			break;
		p = (struct part){ first, b, len, n };
	}
	return p;
}

/* The tables of the part whose sectors section is at @base. */
static void put_part_tables(struct e01 *e, const struct part *p, uint64_t base)
{
	uint8_t entries[KAN_E01_GROUP_CHUNKS * 4];
	uint32_t at = KAN_EWF_DESCRIPTOR_LEN, n = 0;

	for (const struct kan_e01_block *b = p->first; n < p->nchunks; b = b->next) {
		for (uint32_t i = 0; i < b->nchunks && n < KAN_E01_GROUP_CHUNKS; i++) {
			kan_put_le32(entries + (size_t)4 * n++,
			             at | (b->lens[i] & KAN_E01_COMPRESSED));
			at += b->lens[i] & ~KAN_E01_COMPRESSED;
		}
	}
	kan_e01_put_tables(&e->buf, kan_segset_len(e->set), base, entries, n);
}

static int append_buf(struct e01 *e, struct kan_err *err)
{
	int rc = kan_buf_check(&e->buf, err);

	return rc == KAN_OK ? kan_segset_append(e->set, e->buf.data, e->buf.len, err) : rc;
}

static int write_part(struct e01 *e, const struct part *p, struct kan_err *err)
{
	const struct kan_e01_block *end = p->last->next;
	uint64_t base = kan_segset_len(e->set);
	int rc;

	kan_buf_reset(&e->buf);
	kan_e01_put_descriptor(&e->buf, base, "sectors", p->len);
	rc = append_buf(e, err);
	for (const struct kan_e01_block *b = p->first; rc == KAN_OK && b != end; b = b->next)
		rc = kan_segset_append(e->set, b->data, b->len, err);
	kan_buf_reset(&e->buf);
	put_part_tables(e, p, base);
	return rc == KAN_OK ? append_buf(e, err) : rc;
}

/* check_segment_size() has seen to it that a new segment has room for a block. */
static int write_group(struct e01 *e, struct kan_err *err)
{
	const struct kan_e01_block *b = e->group;
	int rc = KAN_OK;

	while (rc == KAN_OK && b) {
		struct part p = part_that_fits(e, b);

		if (p.last) {
			rc = write_part(e, &p, err);
			b = p.last->next;
		} else {
			rc = next_segment(e, err);
		}
	}
	if (rc != KAN_OK)
		return rc;
	kan_segset_mark(e->set, e->done);
	kan_e01_shelf_return(&e->shelf, e->group);
	e->group = NULL;
	e->group_end = &e->group;
	return KAN_OK;
}

/* ---- the sink --------------------------------------------------------------- */

static int ewf_prepare(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct e01 *e = self;

	return blk->offset < e->from ? KAN_OK : kan_e01_shelf_prepare(&e->shelf, blk, err);
}

static int ewf_consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct e01 *e = self;
	struct kan_e01_block *b;
	int rc;

	if (blk->offset < e->from)
		return KAN_OK;
	rc = kan_writer_check_block(&e->opts, e->done, blk, err);
	if (rc != KAN_OK)
		return rc;
	b = kan_e01_shelf_take(&e->shelf, blk->offset);
	if (!b)
		return kan_fail(err, KAN_EARG, "the block at %" PRIu64 " was not prepared",
		                blk->offset);
	*e->group_end = b;
	e->group_end = &b->next;
	e->done += blk->len;
	if (e->done % KAN_WRITER_STEP == 0 || e->done == e->opts.media_size)
		return write_group(e, err);
	return KAN_OK;
}

static struct kan_sink ewf_sink(struct kan_writer *w)
{
	return (struct kan_sink){ .name = "ewf",
		                  .order = KAN_IN_ORDER,
		                  .self = w,
		                  .consume = ewf_consume,
		                  .prepare = ewf_prepare };
}

static int ewf_sync(struct kan_writer *w, struct kan_writer_mark *out, struct kan_err *err)
{
	return kan_segset_sync(((struct e01 *)w)->set, out, err);
}

/* ---- the end ---------------------------------------------------------------- */

/* A set of one segment repeats the volume section at its end. */
static void put_tail(struct e01 *e, uint64_t start, const struct kan_writer_end *end)
{
	kan_buf_reset(&e->buf);
	if (kan_segset_index(e->set) == 0)
		kan_e01_put_section(&e->buf, start, "data", e->volume, sizeof(e->volume));
	kan_e01_put_error2(&e->buf, start, end, e->opts.sector_size);
	kan_e01_put_digests(&e->buf, start, end->digests, end->ndigests);
	kan_e01_put_last(&e->buf, start, "done");
}

static int ewf_finish(struct kan_writer *w, const struct kan_writer_end *end, struct kan_err *err)
{
	struct e01 *e = (struct e01 *)w;
	int rc;

	if (e->done != e->opts.media_size || e->group || e->finished)
		return kan_fail(err, KAN_EARG, "only %" PRIu64 " of %" PRIu64 " bytes are written",
		                e->done, e->opts.media_size);
	put_tail(e, kan_segset_len(e->set), end);
	rc = kan_buf_check(&e->buf, err);
	if (rc == KAN_OK && kan_segset_len(e->set) + e->buf.len > e->opts.segment_size) {
		rc = next_segment(e, err);
		put_tail(e, kan_segset_len(e->set), end);
	}
	if (rc == KAN_OK)
		rc = append_buf(e, err);
	if (rc == KAN_OK)
		rc = kan_segset_finish(e->set, err);
	e->finished = rc == KAN_OK;
	return rc;
}

static const struct kan_writer_segment *ewf_segments(const struct kan_writer *w, size_t *n)
{
	return kan_segset_list(((const struct e01 *)w)->set, n);
}

static void ewf_close(struct kan_writer *w)
{
	struct e01 *e = (struct e01 *)w;

	kan_segset_close(e->set);
	kan_e01_shelf_return(&e->shelf, e->group);
	kan_e01_shelf_done(&e->shelf);
	kan_buf_done(&e->start);
	kan_buf_done(&e->buf);
	free(e);
}

static const struct kan_writer_ops ewf_ops = {
	.sink = ewf_sink,
	.sync = ewf_sync,
	.finish = ewf_finish,
	.segments = ewf_segments,
	.close = ewf_close,
};

/* ---- opening ---------------------------------------------------------------- */

/* Segments that hold the media even if nothing of it can be compressed. */
static uint64_t default_segment(uint64_t media_size)
{
	uint64_t size = SEGMENT_DEFAULT;

	while (size * KAN_EWF_SEGMENTS_MAX < media_size + media_size / 64)
		size *= 2;
	return size;
}

static int check_opts(const char *path, struct kan_writer_opts *o, struct kan_err *err)
{
	uint32_t chunk_len;

	if (o->sector_size == 0)
		o->sector_size = 512;
	if (o->sector_size > KAN_E01_CHUNK_LEN || KAN_E01_CHUNK_LEN % o->sector_size != 0)
		return kan_fail(err, KAN_EARG,
		                "%s: E01 is not written with sectors of %" PRIu32 " bytes", path,
		                o->sector_size);
	if (o->media_size == 0 || o->media_size % o->sector_size != 0)
		return kan_fail(err, KAN_EARG,
		                "%s: %" PRIu64 " bytes are not a number of sectors of %" PRIu32
		                " bytes; E01 holds sectors only",
		                path, o->media_size, o->sector_size);
	chunk_len = kan_e01_chunk_len(o->media_size);
	if (chunk_len == 0)
		return kan_fail(err, KAN_ELIMIT, "%s: E01 is written up to 128 TiB", path);
	if (o->block_len % chunk_len != 0)
		return kan_fail(err, KAN_EARG,
		                "%s: blocks of %zu bytes are no number of chunks of %" PRIu32
		                " bytes",
		                path, o->block_len, chunk_len);
	if (o->segment_size == 0)
		o->segment_size = default_segment(o->media_size);
	if (o->segment_size > INT64_MAX)
		o->segment_size = INT64_MAX;
	return KAN_OK;
}

/* Whatever a block holds, it must fit behind the start of a segment. */
static int check_segment_size(const struct e01 *e, const char *path, struct kan_err *err)
{
	uint32_t nchunks = (uint32_t)(e->opts.block_len / kan_e01_chunk_len(e->opts.media_size));
	uint64_t least = KAN_EWF_FILE_HEADER_LEN + e->start.len + KAN_EWF_DESCRIPTOR_LEN +
	                 KAN_EWF_VOLUME_LEN + KAN_EWF_DESCRIPTOR_LEN + e->opts.block_len +
	                 (uint64_t)nchunks * KAN_E01_STORED_LEN + table_len(nchunks) +
	                 KAN_E01_TAIL_ROOM;

	if (e->opts.segment_size >= least)
		return KAN_OK;
	return kan_fail(err, KAN_EARG,
	                "%s: segments of %" PRIu64 " bytes are too small for E01, %" PRIu64
	                " is the least",
	                path, e->opts.segment_size, least);
}

KAN_DEFINE_DROP(writer, struct kan_writer *, kan_writer_close)

static int ewf_open(struct kan_writer **out, const char *path, const struct kan_writer_opts *opts,
                    const struct kan_writer_mark *from, struct kan_err *err)
{
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct e01 *e = calloc(1, sizeof(*e));
	struct kan_segset_form form = { .name = kan_e01_name, .prologue = put_prologue, .arg = e };
	int rc;

	if (!e)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	w = &e->w;
	w->ops = &ewf_ops;
	e->opts = *opts;
	e->group_end = &e->group;
	rc = check_opts(path, &e->opts, err);
	kan_e01_shelf_init(&e->shelf, opts->compress, kan_e01_chunk_len(opts->media_size),
	                   opts->block_len);
	if (rc == KAN_OK)
		rc = kan_e01_put_headers(&e->start, &e->opts, err);
	if (rc == KAN_OK)
		rc = kan_e01_volume(e->volume, &e->opts, &e->start, err);
	if (rc == KAN_OK)
		rc = check_segment_size(e, path, err);
	if (rc == KAN_OK && from)
		rc = kan_writer_check_mark(&e->opts, path, from, err);
	e->opts.values = NULL;
	e->opts.nvalues = 0;
	if (rc != KAN_OK)
		return rc;
	e->from = e->done = from ? from->media_done : 0;
	rc = from ? kan_segset_resume(&e->set, path, &form, from, err)
	          : kan_segset_create(&e->set, path, &form, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(w);
	return KAN_OK;
}

const struct kan_writer_format kan_writer_format_ewf = {
	.name = "ewf",
	.label = "Expert Witness Compression Format (E01)",
	.spec = "J. Metz, Expert Witness Compression Format specification, 0.0.79, chapters 2 to 4",
	.claims = kan_e01_claims,
	.open = ewf_open,
};
