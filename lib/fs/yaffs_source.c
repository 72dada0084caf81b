/* SPDX-License-Identifier: MIT */
/*
 * yaffs_source.c - the chunks of a YAFFS2 as Sleuth Kit wants them
 *
 * Sleuth Kit takes the geometry from a file beside the image or looks for the tags
 * itself: in the first ten chunks of ten blocks of 64, all of which must be good.  So
 * tags are shown at one place, and chunks without any that would spoil the search
 * belong to an object that cannot be, which it then leaves out.  A block of such
 * chunks behind the end is there for those that are too small to be looked at.  It can
 * begin with a root directory: YAFFS2 makes it up when it finds none, Sleuth Kit refuses.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "fs/yaffs.h"

#include <string.h>

enum { BLOCK = 64, LOOKED_AT = 10 };

/* An object that is too large to be one. */
static const uint32_t no_object = 0x0fffffff, first_seq = 0x1000;

struct chunks {
	struct kan_source src; /* first */
	struct kan_source *below;
	uint64_t offset;
	uint64_t extra; /* first chunk of the block behind the end */
	bool root;
	struct kan_yaffs y;
};

static int read_tags(const struct chunks *c, uint64_t k, struct kan_yaffs_tags *out, bool *good,
                     struct kan_findings *gaps, struct kan_err *err)
{
	uint64_t at = c->offset + k * (c->y.page + c->y.spare) + c->y.page + c->y.tags;
	uint8_t raw[KAN_YAFFS_TAGS];
	int rc;

	*good = false;
	if (k >= c->y.chunks)
		return KAN_OK;
	rc = kan_source_read(c->below, at, raw, sizeof(raw), gaps, err);
	if (rc == KAN_OK)
		*good = kan_yaffs_tags(out, raw, c->y.big_endian);
	return rc;
}

/* The spare of chunk @k. */
static int make_spare(const struct chunks *c, uint64_t k, uint8_t *spare, struct kan_findings *gaps,
                      struct kan_err *err)
{
	struct kan_yaffs_tags t = { 0 };
	bool good, last_good = false, looked_at = k % BLOCK < LOOKED_AT;
	uint64_t last = k / BLOCK * BLOCK + LOOKED_AT - 1;
	int rc = read_tags(c, k, &t, &good, gaps, err);

	memset(spare, 0xff, KAN_YAFFS_SPARE);
	if (rc == KAN_OK && !good && looked_at)
		rc = read_tags(c, last, &t, &last_good, gaps, err);
	if (k >= c->extra && looked_at) {
		t.seq = first_seq;
		last_good = true;
	}
	if (c->root && k == c->extra)
		t = (struct kan_yaffs_tags){ .seq = first_seq, .obj = 1, .bytes = 0xffff };
	else if (!good && last_good)
		t = (struct kan_yaffs_tags){ .seq = t.seq, .obj = no_object, .chunk = 1 };
	if (rc == KAN_OK && (good || last_good)) {
		kan_put_le32(spare, t.seq);
		kan_put_le32(spare + 4, t.obj);
		kan_put_le32(spare + 8, t.chunk);
		kan_put_le32(spare + 12, t.bytes);
	}
	return rc;
}

/* The header of a directory without a name that is its own parent. */
static void make_root(uint8_t *out, size_t pos, size_t len)
{
	uint8_t header[512] = { 3, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff };

	memset(out, 0xff, len);
	if (pos < sizeof(header))
		memcpy(out, header + pos, len < sizeof(header) - pos ? len : sizeof(header) - pos);
}

static int chunks_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                       struct kan_findings *gaps, struct kan_err *err)
{
	const struct chunks *c = (const struct chunks *)src;
	const uint64_t shown = c->y.page + KAN_YAFFS_SPARE;
	uint8_t *out = buf;
	int rc = KAN_OK;

	while (rc == KAN_OK && len > 0) {
		uint64_t k = offset / shown, pos = offset % shown;
		bool page = pos < c->y.page;
		size_t n = (size_t)((page ? c->y.page : shown) - pos);
		uint8_t spare[KAN_YAFFS_SPARE];

		n = n < len ? n : len;
		if (!page) {
			rc = make_spare(c, k, spare, gaps, err);
			memcpy(out, spare + (pos - c->y.page), n);
		} else if (k < c->y.chunks) {
			rc = kan_source_read(c->below,
			                     c->offset + k * (c->y.page + c->y.spare) + pos, out, n,
			                     gaps, err);
		} else if (c->root && k == c->extra) {
			make_root(out, (size_t)pos, n);
		} else {
			memset(out, 0xff, n);
		}
		out += n;
		offset += n;
		len -= n;
	}
	return rc;
}

static void chunks_close(struct kan_source *src)
{
	free(src);
}

static const struct kan_source_ops chunks_ops = {
	.name = "yaffs2",
	.read = chunks_read,
	.close = chunks_close,
};

int kan_yaffs_source(struct kan_source **out, struct kan_source *below, uint64_t offset,
                     const struct kan_yaffs *y, bool root, struct kan_err *err)
{
	uint64_t blocks = y->chunks / BLOCK + (y->chunks % BLOCK != 0) + 1;
	struct chunks *c = calloc(1, sizeof(*c));

	if (!c)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	c->src = (struct kan_source){
		.ops = &chunks_ops,
		.size = blocks * BLOCK * (y->page + KAN_YAFFS_SPARE),
		.sector_size = 512,
		.block_len = 1,
	};
	c->below = below;
	c->offset = offset;
	c->y = *y;
	c->root = root;
	c->extra = (blocks - 1) * BLOCK;
	*out = &c->src;
	return KAN_OK;
}
