/* SPDX-License-Identifier: MIT */
/*
 * vhd.c - Virtual Hard Disk, version 1: fixed, dynamic, differencing
 *
 * Our own reader, because the one of libvhdi takes sectors of a differencing disk
 * from the wrong file (see docs/formats/foreign.md) and reads single sectors of a
 * dynamic one.  A disk is a chain: the child first, then its parent and so on.  A
 * block that a file does not hold, or a sector whose bit is not set in the bitmap
 * of a differencing one, comes from the parent.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/info.h"
#include "image/recognise.h"
#include "image/disk/vhd.h"

#include <stdio.h>

static enum kan_image_match vhd_probe(const struct kan_image_probe *p)
{
	return kan_match_if(
		kan_probe_head(p, 0, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN) ||
		kan_probe_tail(p, KAN_VHD_FOOTER_LEN, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN) ||
		kan_probe_tail(p, KAN_VHD_OLD_FOOTER_LEN, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN));
}

/* ---- where things lie ---------------------------------------------------------- */

static bool bit_of(const uint8_t *bitmap, uint64_t sector)
{
	return (bitmap[sector / 8] & (0x80u >> sector % 8)) != 0;
}

/* Cut the run, @start bytes into its block, to where the bit of its sectors changes. */
static bool cut_to_equal_bits(struct kan_run *run, uint64_t start, const uint8_t *bitmap)
{
	bool bit = bit_of(bitmap, start / KAN_VHD_SECTOR);
	uint64_t at = start;

	while (at - start < run->len && bit_of(bitmap, at / KAN_VHD_SECTOR) == bit)
		at = (at / KAN_VHD_SECTOR + 1) * KAN_VHD_SECTOR;
	kan_run_shorten(run, at - start);
	return bit;
}

/* Is the run, @start bytes into the block at @where, in this differencing disk? */
static int ask_bitmap(const struct kan_vhd_disk *d, uint64_t where, uint64_t start,
                      struct kan_run *run, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *bitmap = malloc(d->bitmap_len);

	if (!bitmap)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a sector bitmap");
	if (!kan_read_table(&d->file, where, bitmap, d->bitmap_len))
		return kan_run_lost(run, &d->file,
		                    "the bitmap that says which sectors are here cannot be read");
	if (!cut_to_equal_bits(run, start, bitmap))
		run->kind = KAN_RUN_ABSENT;
	return KAN_OK;
}

static int vhd_map(const struct kan_layer *layer, uint64_t offset, struct kan_run *run,
                   struct kan_err *err)
{
	const struct kan_vhd_disk *d = (const struct kan_vhd_disk *)layer;
	uint64_t block, start, where;

	run->kind = KAN_RUN_PLAIN;
	run->file = &d->file;
	run->where = offset;
	if (d->type == KAN_VHD_FIXED)
		return KAN_OK;
	block = offset / d->block_len;
	start = offset % d->block_len;
	kan_run_shorten(run, d->block_len - start);
	if (block >= d->nblocks)
		return kan_run_lost(run, &d->file, "past the end of the block table");
	if (kan_be32(d->table + 4 * block) == KAN_VHD_NO_BLOCK) {
		run->kind = KAN_RUN_ABSENT;
		return KAN_OK;
	}
	where = (uint64_t)kan_be32(d->table + 4 * block) * KAN_VHD_SECTOR;
	run->where = where + d->bitmap_len + start;
	return d->type == KAN_VHD_DIFFERENCING ? ask_bitmap(d, where, start, run, err) : KAN_OK;
}

static void disk_close(struct kan_layer *layer)
{
	struct kan_vhd_disk *d = (struct kan_vhd_disk *)layer;

	kan_vhd_disk_close(d);
	free(d);
}

static const struct kan_layer_ops layer_ops = { .map = vhd_map, .close = disk_close };

/* ---- opening --------------------------------------------------------------------- */

static int add_disk(struct kan_mapped *m, const struct kan_vhd_disk **out, const char *path,
                    struct kan_findings *findings, struct kan_err *err)
{
	struct kan_vhd_disk *d = malloc(sizeof(*d));
	int rc = d ? kan_vhd_disk_open(d, path, findings, err)
	           : kan_fail(err, KAN_ENOMEM, "out of memory for an image");

	if (rc != KAN_OK) {
		free(d);
		return rc;
	}
	d->layer.ops = &layer_ops;
	*out = d;
	rc = kan_mapped_add(m, &d->layer, err);
	return rc == KAN_OK ? KAN_OK : kan_fail_in(err, rc, "%s", path);
}

/* @path and its parents; a loop ends at the longest chain that is allowed. */
static int open_chain(struct kan_mapped *m, const char *path, struct kan_image_info *info,
                      struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mem) char *at = strdup(path);
	const struct kan_vhd_disk *d = NULL;
	int rc = at ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory for a path");

	while (rc == KAN_OK) {
		KAN_AUTO(mem) char *parent = NULL;

		rc = add_disk(m, &d, at, findings, err);
		if (rc == KAN_OK)
			rc = kan_image_info_segment(info, at, d->file.size, false, err);
		if (rc != KAN_OK || d->type != KAN_VHD_DIFFERENCING)
			return rc;
		rc = kan_vhd_find_parent(&parent, d, err);
		free(at);
		at = KAN_STEAL(parent);
	}
	return rc;
}

static int describe(const struct kan_mapped *m, struct kan_image_info *info, struct kan_err *err)
{
	static const char *const kinds[] = { "fixed", "dynamic", "differencing" };
	const struct kan_vhd_disk *d = (const struct kan_vhd_disk *)m->layers[0];
	char hex[2 * KAN_VHD_ID_LEN + 1];
	int rc;

	snprintf(info->variant, sizeof(info->variant), "%s", kinds[d->type - KAN_VHD_FIXED]);
	if (m->nlayers > 1)
		snprintf(info->variant, sizeof(info->variant), "differencing, %u files",
		         (unsigned)m->nlayers);
	info->chunk_size = d->block_len;
	for (size_t i = 0; i < KAN_VHD_ID_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", d->id[i]);
	rc = kan_image_info_value(info, "creator", d->creator, err);
	return rc == KAN_OK ? kan_image_info_value(info, "identifier", hex, err) : rc;
}

static int vhd_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mapped) struct kan_mapped *m = NULL;
	int rc = kan_mapped_new(&m, err);

	if (rc == KAN_OK)
		rc = open_chain(m, path, info, findings, err);
	if (rc == KAN_OK)
		rc = describe(m, info, err);
	if (rc != KAN_OK)
		return rc;
	*out = &m->src;
	m = NULL;
	return KAN_OK;
}

const struct kan_image_format kan_image_format_vhd = {
	.name = "vhd",
	.label = "Virtual Hard Disk, version 1 (VHD)",
	.spec = "Microsoft, Virtual Hard Disk Image Format Specification, version 1.0 (2006)",
	.probe = vhd_probe,
	.open = vhd_open,
};
