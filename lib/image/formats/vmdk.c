/* SPDX-License-Identifier: MIT */
/*
 * vmdk.c - VMware virtual disks
 *
 * Our own reader, because libvmdk gives wrong bytes for grains that are marked as
 * zero and cannot open a disk whose file was renamed (see docs/formats/foreign.md).
 * A disk is a row of extents, each in a file of its own or in the one that holds
 * the descriptor.  An extent whose file is missing is a gap, and the rest is read.
 */
#include "core/cleanup.h"
#include "image/info.h"
#include "image/paths.h"
#include "image/recognise.h"
#include "image/disk/vmdk.h"

#include <libdeflate.h>
#include <stdio.h>

static enum kan_image_match vmdk_probe(const struct kan_image_probe *p)
{
	return kan_match_if(
		kan_probe_head(p, 0, KAN_VMDK_SPARSE_MAGIC, 4) ||
		kan_probe_head(p, 0, KAN_VMDK_COWD_MAGIC, 4) ||
		kan_probe_head(p, 0, KAN_VMDK_TEXT_MAGIC, sizeof(KAN_VMDK_TEXT_MAGIC) - 1));
}

/* ---- where things lie ---------------------------------------------------------- */

static const struct kan_vmdk_extent *find_extent(const struct kan_vmdk *v, uint64_t offset)
{
	size_t low = 0, high = v->nextents;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (v->extents[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return &v->extents[low];
}

static int vmdk_map(const struct kan_layer *layer, uint64_t offset, struct kan_run *run,
                    struct kan_err *err)
{
	const struct kan_vmdk_extent *e = find_extent((const struct kan_vmdk *)layer, offset);

	(void)err;
	kan_run_shorten(run, e->size - (offset - e->start));
	run->file = &e->file;
	if (e->kind == KAN_VMDK_ZERO) {
		run->kind = KAN_RUN_ZERO;
	} else if (e->file.fd < 0) {
		(void)kan_run_lost(run, &e->file, "the file of this extent is missing");
		run->lost_kind = KAN_FINDING_MISSING_SEGMENT;
	} else if (e->kind == KAN_VMDK_FLAT) {
		run->kind = KAN_RUN_PLAIN;
		run->where = e->file_offset + (offset - e->start);
	} else {
		kan_vmdk_map_sparse(e, offset - e->start, run);
	}
	return KAN_OK;
}

static size_t vmdk_unpack(uint8_t *unit, size_t unit_len, const uint8_t *packed, size_t packed_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t used = 0, got = 0;

	if (!d)
		return 0;
	if (libdeflate_zlib_decompress_ex(d, packed, packed_len, unit, unit_len, &used, &got) !=
	    LIBDEFLATE_SUCCESS)
		got = 0;
	libdeflate_free_decompressor(d);
	return got;
}

static void vmdk_close(struct kan_layer *layer)
{
	struct kan_vmdk *v = (struct kan_vmdk *)layer;

	for (size_t i = 0; i < v->nextents; i++) {
		kan_evidence_file_close(&v->extents[i].file);
		free(v->extents[i].directory);
	}
	free(v->extents);
	free(v->path);
	free(v);
}

static const struct kan_layer_ops layer_ops = { vmdk_map, vmdk_unpack, vmdk_close };

/* ---- one disk --------------------------------------------------------------------- */

/* The descriptor: the whole of a small text file, or a part of a sparse one. */
static int read_descriptor(struct kan_vmdk *v, bool *embedded, uint64_t *size, struct kan_err *err)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	KAN_AUTO(mem) char *text = NULL;
	uint64_t offset = 0;
	size_t len;
	int rc = kan_evidence_file_open(&f, v->path, err);

	if (rc != KAN_OK)
		return rc;
	*size = f.size;
	*embedded = kan_vmdk_embedded(&f, &offset, &len);
	if (!*embedded)
		len = f.size < KAN_VMDK_TEXT_MAX ? (size_t)f.size : KAN_VMDK_TEXT_MAX;
	text = calloc(1, len + 1);
	if (!text)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a descriptor");
	if (!kan_read_table(&f, offset, (uint8_t *)text, len))
		return kan_fail(err, KAN_EFORMAT, "%s: its descriptor cannot be read", v->path);
	if (strncmp(text, KAN_VMDK_TEXT_MAGIC, sizeof(KAN_VMDK_TEXT_MAGIC) - 1) != 0)
		return kan_fail(err, KAN_EUNSUPPORTED,
		                "%s: one extent of a VMDK; open the small descriptor file that "
		                "names it",
		                v->path);
	rc = kan_vmdk_parse(v, text, len, err);
	return rc == KAN_OK ? KAN_OK : kan_fail_in(err, rc, "%s", v->path);
}

static int note_missing(struct kan_vmdk_extent *e, char *path, struct kan_image_info *info,
                        struct kan_findings *findings, struct kan_err *err)
{
	int rc = kan_image_info_segment(info, path, 0, true, err);

	e->file.path = path;
	e->file.name = kan_base_name(path);
	kan_findings_add(findings, KAN_FINDING_MISSING_SEGMENT, e->start, e->size, e->file.name,
	                 "the file of this extent is missing");
	return rc;
}

static int open_extent(struct kan_vmdk_extent *e, const char *path, struct kan_image_info *info,
                       struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mem) char *copy = path ? strdup(path) : NULL;
	int rc;

	if (!copy)
		return kan_fail(err, KAN_EFORMAT, "an extent without a file name");
	if (!kan_evidence_file_exists(copy))
		return note_missing(e, KAN_STEAL(copy), info, findings, err);
	rc = kan_evidence_file_open(&e->file, copy, err);
	if (rc == KAN_OK)
		rc = kan_image_info_segment(info, copy, e->file.size, false, err);
	if (rc == KAN_OK && e->kind == KAN_VMDK_SPARSE) {
		rc = kan_vmdk_read_sparse(e, err);
		if (rc != KAN_OK)
			return kan_fail_in(err, rc, "%s", copy);
	}
	return rc;
}

/* A file that holds its own descriptor is its only extent, whatever its name is now. */
static int open_extents(struct kan_vmdk *v, bool embedded, struct kan_image_info *info,
                        struct kan_findings *findings, struct kan_err *err)
{
	bool any = false;
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < v->nextents; i++) {
		struct kan_vmdk_extent *e = &v->extents[i];
		KAN_AUTO(mem) char *beside = kan_path_beside(v->path, e->name);

		if (e->kind != KAN_VMDK_ZERO)
			rc = open_extent(e, embedded && v->nextents == 1 ? v->path : beside, info,
			                 findings, err);
		any |= e->kind == KAN_VMDK_ZERO || e->file.fd >= 0;
	}
	if (rc == KAN_OK && !any)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: none of its extents is there; the first is \"%.200s\"",
		                v->path, v->extents[0].name);
	return rc;
}

static int add_disk(struct kan_mapped *m, const struct kan_vmdk **out, const char *path,
                    struct kan_image_info *info, struct kan_findings *findings, struct kan_err *err)
{
	struct kan_vmdk *v = calloc(1, sizeof(*v));
	bool embedded = false;
	uint64_t size = 0;
	int rc;

	if (!v)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	v->path = strdup(path);
	rc = v->path ? read_descriptor(v, &embedded, &size, err)
	             : kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (rc == KAN_OK && !embedded)
		rc = kan_image_info_segment(info, path, size, false, err);
	if (rc == KAN_OK)
		rc = open_extents(v, embedded, info, findings, err);
	if (rc != KAN_OK) {
		vmdk_close(&v->layer);
		return rc;
	}
	v->layer.ops = &layer_ops;
	*out = v;
	rc = kan_mapped_add(m, &v->layer, err);
	return rc == KAN_OK ? KAN_OK : kan_fail_in(err, rc, "%s", path);
}

/* ---- the chain ------------------------------------------------------------------------ */

static void check_cid(const struct kan_vmdk *child, const struct kan_vmdk *parent,
                      struct kan_findings *findings)
{
	if (child && parent->cid != child->parent_cid)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 kan_base_name(parent->path),
		                 "content identifier %08x, but the child was made on %08x",
		                 parent->cid, child->parent_cid);
}

static int find_parent(char **out, const struct kan_vmdk *v, struct kan_err *err)
{
	KAN_AUTO(mem) char *path = kan_path_beside(v->path, v->parent_name);

	if (!path || !kan_evidence_file_exists(path))
		return kan_fail(err, KAN_EUNSUPPORTED,
		                "%s: a snapshot whose parent \"%.200s\" is not in the same folder",
		                v->path, v->parent_name);
	*out = KAN_STEAL(path);
	return KAN_OK;
}

/* @path and its parents; a loop ends at the longest chain that is allowed. */
static int open_chain(struct kan_mapped *m, const char *path, struct kan_image_info *info,
                      struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mem) char *at = strdup(path);
	const struct kan_vmdk *child = NULL;
	int rc = at ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory for a path");

	while (rc == KAN_OK) {
		KAN_AUTO(mem) char *parent = NULL;
		const struct kan_vmdk *v = NULL;

		rc = add_disk(m, &v, at, info, findings, err);
		if (rc != KAN_OK)
			return rc;
		check_cid(child, v, findings);
		if (v->parent_cid == KAN_VMDK_NO_PARENT)
			return KAN_OK;
		rc = find_parent(&parent, v, err);
		free(at);
		at = KAN_STEAL(parent);
		child = v;
	}
	return rc;
}

static void describe(struct kan_mapped *m, struct kan_image_info *info)
{
	const struct kan_vmdk *v = (const struct kan_vmdk *)m->layers[0];

	snprintf(info->variant, sizeof(info->variant), "%s", v->type);
	for (char *c = info->variant; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
			*c = '?';
	for (size_t i = 0; i < v->nextents; i++)
		if (v->extents[i].grain_len > info->chunk_size)
			info->chunk_size = (uint32_t)v->extents[i].grain_len;
	if (info->chunk_size > m->src.block_len)
		m->src.block_len = info->chunk_size;
}

static int vmdk_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                     struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mapped) struct kan_mapped *m = NULL;
	int rc = kan_mapped_new(&m, err);

	if (rc == KAN_OK)
		rc = open_chain(m, path, info, findings, err);
	if (rc != KAN_OK)
		return rc;
	describe(m, info);
	*out = &m->src;
	m = NULL;
	return KAN_OK;
}

const struct kan_image_format kan_image_format_vmdk = {
	.name = "vmdk",
	.label = "VMware virtual disk (VMDK)",
	.spec = "VMware, Virtual Disk Format 5.0 (2011)",
	.probe = vmdk_probe,
	.open = vmdk_open,
};
