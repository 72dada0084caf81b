/* SPDX-License-Identifier: MIT */
/*
 * vhd.c - Virtual Hard Disk, version 1: fixed, dynamic, differencing
 *
 * Our own reader, because the one of libvhdi takes sectors of a differencing disk
 * from the wrong file (see docs/formats/foreign.md) and reads single sectors of a
 * dynamic one.  A disk is a chain: the child first, then its parent and so on.  A
 * block that a file does not hold, or a sector whose bit is not set in the bitmap
 * of a differencing one, comes from the next file; past the last there are zeros.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/gaps.h"
#include "image/info.h"
#include "image/recognise.h"
#include "image/vhd.h"

#include <stdio.h>

enum {
	CHAIN_MAX = 64,    /* no product makes chains that long */
	BLOCK_LEN = 65536, /* reads of a fixed disk */
};

struct vhd {
	struct kan_source src;
	size_t ndisks;
	struct kan_vhd_disk disks[CHAIN_MAX]; /* the child first */
};

static enum kan_image_match vhd_probe(const struct kan_image_probe *p)
{
	return kan_match_if(
		kan_probe_head(p, 0, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN) ||
		kan_probe_tail(p, KAN_VHD_FOOTER_LEN, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN) ||
		kan_probe_tail(p, KAN_VHD_OLD_FOOTER_LEN, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN));
}

/* ---- reading ------------------------------------------------------------------- */

/* Where a run of the media comes from. */
struct origin {
	uint64_t len;                    /* of the run, at least 1 */
	const struct kan_vhd_disk *disk; /* NULL: no file holds it, it is zero */
	uint64_t where;                  /* in the file of the disk */
	const char *lost;                /* why it cannot be read, or NULL */
};

static void shorten(struct origin *o, uint64_t len)
{
	if (len < o->len)
		o->len = len;
}

static bool bit_of(const uint8_t *bitmap, uint64_t sector)
{
	return (bitmap[sector / 8] & (0x80u >> sector % 8)) != 0;
}

/* Cut the run, @start bytes into its block, to where the bit of its sectors changes. */
static bool cut_to_equal_bits(struct origin *o, uint64_t start, const uint8_t *bitmap)
{
	bool bit = bit_of(bitmap, start / KAN_VHD_SECTOR);
	uint64_t at = start;

	while (at - start < o->len && bit_of(bitmap, at / KAN_VHD_SECTOR) == bit)
		at = (at / KAN_VHD_SECTOR + 1) * KAN_VHD_SECTOR;
	shorten(o, at - start);
	return bit;
}

/* Does a differencing disk hold the run, @start bytes into the block at @where? */
static int ask_bitmap(struct origin *o, const struct kan_vhd_disk *d, uint64_t where,
                      uint64_t start, bool *held, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *bitmap = malloc(d->bitmap_len);
	uint64_t bad = 0;
	int rc;

	if (!bitmap)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a sector bitmap");
	rc = kan_evidence_file_read(&d->file, where, bitmap, d->bitmap_len, NULL, &bad, err);
	if (rc != KAN_OK)
		return rc;
	*held = true;
	if (bad > 0)
		o->lost = "the bitmap that says which sectors are here cannot be read";
	else
		*held = cut_to_equal_bits(o, start, bitmap);
	return KAN_OK;
}

/* Does @d hold the run at @offset, which begins inside of it?  If so, fills in where. */
static int ask_disk(struct origin *o, const struct kan_vhd_disk *d, uint64_t offset, bool *held,
                    struct kan_err *err)
{
	uint64_t block, start, where;

	*held = true;
	o->where = offset;
	if (d->type == KAN_VHD_FIXED)
		return KAN_OK;
	block = offset / d->block_len;
	start = offset % d->block_len;
	shorten(o, d->block_len - start);
	if (block >= d->nblocks) {
		o->lost = "past the end of the block table";
		return KAN_OK;
	}
	*held = kan_be32(d->table + 4 * block) != KAN_VHD_NO_BLOCK;
	if (!*held)
		return KAN_OK;
	where = (uint64_t)kan_be32(d->table + 4 * block) * KAN_VHD_SECTOR;
	o->where = where + d->bitmap_len + start;
	if (d->type == KAN_VHD_DIFFERENCING)
		return ask_bitmap(o, d, where, start, held, err);
	return KAN_OK;
}

/* The first file of the chain that holds @offset, and how far that is so. */
static int find_origin(const struct vhd *v, uint64_t offset, uint64_t len, struct origin *o,
                       struct kan_err *err)
{
	*o = (struct origin){ .len = len };
	for (size_t i = 0; i < v->ndisks && offset < v->disks[i].size; i++) {
		const struct kan_vhd_disk *d = &v->disks[i];
		bool held;
		int rc;

		shorten(o, d->size - offset);
		rc = ask_disk(o, d, offset, &held, err);
		if (rc != KAN_OK)
			return rc;
		if (held) {
			o->disk = d;
			return KAN_OK;
		}
	}
	return KAN_OK;
}

KAN_DEFINE_DROP(findings_of, struct kan_findings *, kan_findings_done)

/* Read a run, and move the gaps of the file to where they stand in the media. */
static int read_run(const struct origin *o, uint64_t offset, uint8_t *buf,
                    struct kan_findings *gaps, struct kan_err *err)
{
	struct kan_findings found = { 0 };
	KAN_AUTO(findings_of) struct kan_findings *owned = &found;
	int rc;

	if (!o->disk || o->lost)
		memset(buf, 0, (size_t)o->len);
	if (o->lost)
		kan_findings_add(gaps, KAN_FINDING_STRUCTURE, offset, o->len, o->disk->file.name,
		                 "%s", o->lost);
	if (!o->disk || o->lost)
		return KAN_OK;
	rc = kan_evidence_file_read(&o->disk->file, o->where, buf, (size_t)o->len, owned, NULL,
	                            err);
	if (rc == KAN_OK)
		kan_gaps_carry(gaps, owned, o->where, o->len, offset);
	return rc;
}

static int vhd_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                    struct kan_findings *gaps, struct kan_err *err)
{
	uint8_t *at = buf;

	while (len > 0) {
		struct origin o;
		int rc = find_origin((struct vhd *)src, offset, len, &o, err);

		if (rc == KAN_OK)
			rc = read_run(&o, offset, at, gaps, err);
		if (rc != KAN_OK)
			return rc;
		offset += o.len;
		at += o.len;
		len -= (size_t)o.len;
	}
	return KAN_OK;
}

/* ---- opening --------------------------------------------------------------------- */

static void vhd_close(struct kan_source *src)
{
	struct vhd *v = (struct vhd *)src;

	for (size_t i = 0; i < v->ndisks; i++)
		kan_vhd_disk_close(&v->disks[i]);
	free(v);
}

static const struct kan_source_ops vhd_ops = { "vhd", vhd_read, vhd_close };

static bool is_open_already(const struct vhd *v, const char *path)
{
	for (size_t i = 0; i < v->ndisks; i++)
		if (strcmp(v->disks[i].file.path, path) == 0)
			return true;
	return false;
}

static int open_chain(struct vhd *v, const char *path, struct kan_image_info *info,
                      struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mem) char *at = strdup(path);

	while (at) {
		struct kan_vhd_disk *d = &v->disks[v->ndisks];
		int rc;

		if (v->ndisks == CHAIN_MAX || is_open_already(v, at))
			return kan_fail(err, KAN_EFORMAT, "%s: a chain of parents without end",
			                path);
		rc = kan_vhd_disk_open(d, at, findings, err);
		if (rc != KAN_OK)
			return rc;
		v->ndisks++;
		rc = kan_image_info_segment(info, at, d->file.size, false, err);
		if (rc != KAN_OK || d->type != KAN_VHD_DIFFERENCING)
			return rc;
		free(KAN_STEAL(at));
		rc = kan_vhd_find_parent(&at, d, err);
		if (rc != KAN_OK)
			return rc;
	}
	return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
}

static int describe(const struct vhd *v, struct kan_image_info *info, struct kan_err *err)
{
	static const char *const kinds[] = { "fixed", "dynamic", "differencing" };
	const struct kan_vhd_disk *d = &v->disks[0];
	char hex[2 * KAN_VHD_ID_LEN + 1];
	int rc;

	snprintf(info->variant, sizeof(info->variant), "%s", kinds[d->type - KAN_VHD_FIXED]);
	if (v->ndisks > 1)
		snprintf(info->variant, sizeof(info->variant), "differencing, %u files",
		         (unsigned)v->ndisks);
	for (size_t i = 0; i < KAN_VHD_ID_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", d->id[i]);
	rc = kan_image_info_value(info, "creator", d->creator, err);
	return rc == KAN_OK ? kan_image_info_value(info, "identifier", hex, err) : rc;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static int vhd_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct vhd *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	src = &v->src;
	src->ops = &vhd_ops;
	rc = open_chain(v, path, info, findings, err);
	if (rc == KAN_OK)
		rc = describe(v, info, err);
	if (rc != KAN_OK)
		return rc;
	src->size = v->disks[0].size;
	src->sector_size = KAN_VHD_SECTOR;
	src->block_len = BLOCK_LEN;
	info->chunk_size = v->disks[0].block_len;
	*out = KAN_STEAL(src);
	return KAN_OK;
}

const struct kan_image_format kan_image_format_vhd = {
	.name = "vhd",
	.label = "Virtual Hard Disk, version 1 (VHD)",
	.spec = "Microsoft, Virtual Hard Disk Image Format Specification, version 1.0 (2006)",
	.probe = vhd_probe,
	.open = vhd_open,
};
