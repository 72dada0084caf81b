/* SPDX-License-Identifier: MIT */
/*
 * qcow.c - QEMU copy-on-write disks, versions 1 to 3
 *
 * Our own reader, because libqcow gives the old bytes of clusters that version 3
 * marks as zero (see docs/formats/foreign.md).  Two levels of tables lead to
 * clusters, which may be compressed; what has no cluster is in the backing file,
 * or zero.  Internal snapshots are told of, not read.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/info.h"
#include "image/paths.h"
#include "image/plain_layer.h"
#include "image/disk/qcow.h"
#include "image/recognise.h"

#include <libdeflate.h>
#include <stdio.h>

/* Entries of both tables. */
#define OFFSET_MASK UINT64_C(0x00fffffffffffe00) /* version 2 and 3 */
#define COMPRESSED  (UINT64_C(1) << 62)          /* version 2 and 3 */
#define COMPRESSED1 (UINT64_C(1) << 63)          /* version 1 */
#define ZERO_FLAG   UINT64_C(1)                  /* version 3 */

static enum kan_image_match qcow_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, KAN_QCOW_MAGIC, KAN_QCOW_MAGIC_LEN));
}

/* ---- where things lie ---------------------------------------------------------- */

/* The run is @start bytes into the cluster that a compressed @entry describes. */
static void map_compressed(const struct kan_qcow *q, uint64_t entry, uint64_t start,
                           struct kan_run *run)
{
	/* Bits of the offset; those above it tell how long the data is. */
	unsigned bits = q->version == 1 ? 63 - q->cluster_bits : 62 - (q->cluster_bits - 8);
	uint64_t more;

	run->kind = KAN_RUN_PACKED;
	run->where = entry & ((UINT64_C(1) << bits) - 1);
	run->unit_len = (size_t)1 << q->cluster_bits;
	run->skip = (size_t)start;
	if (q->version == 1) {
		run->packed_len = (size_t)(entry >> bits) & (run->unit_len - 1);
		return;
	}
	more = (entry & (COMPRESSED - 1)) >> bits; /* sectors after the first, which is cut */
	run->packed_len = (size_t)(more + 1) * 512 - (size_t)(run->where % 512);
}

static int map_entry(const struct kan_qcow *q, uint64_t entry, uint64_t start, struct kan_run *run)
{
	bool compressed = (entry & (q->version == 1 ? COMPRESSED1 : COMPRESSED)) != 0;
	uint64_t host = q->version == 1 ? entry : entry & OFFSET_MASK;

	if (compressed)
		map_compressed(q, entry, start, run);
	else if (q->version >= 3 && (entry & ZERO_FLAG) != 0)
		run->kind = KAN_RUN_ZERO;
	else if (host == 0)
		run->kind = KAN_RUN_ABSENT;
	else
		run->kind = KAN_RUN_PLAIN;
	if (run->kind == KAN_RUN_PLAIN)
		run->where = host + start;
	if (run->kind == KAN_RUN_PACKED && run->packed_len == 0)
		return kan_run_lost(run, &q->file, "compressed data without a length");
	return KAN_OK;
}

static int qcow_map(const struct kan_layer *layer, uint64_t offset, struct kan_run *run,
                    struct kan_err *err)
{
	const struct kan_qcow *q = (const struct kan_qcow *)layer;
	uint64_t cluster = offset >> q->cluster_bits;
	uint64_t start = offset & ((UINT64_C(1) << q->cluster_bits) - 1);
	uint64_t index = cluster >> q->l2_bits;
	uint64_t l2, place = cluster & ((UINT64_C(1) << q->l2_bits) - 1);
	uint8_t raw[8];

	(void)err;
	run->file = &q->file;
	kan_run_shorten(run, (UINT64_C(1) << q->cluster_bits) - start);
	if (index >= q->l1_len)
		return kan_run_lost(run, &q->file, "past the end of the first table");
	l2 = kan_be64(q->l1 + 8 * index);
	l2 = q->version == 1 ? l2 : l2 & OFFSET_MASK;
	if (l2 == 0) {
		run->kind = KAN_RUN_ABSENT;
		return KAN_OK;
	}
	if (l2 > INT64_MAX || !kan_read_table(&q->file, l2 + 8 * place, raw, sizeof(raw)))
		return kan_run_lost(run, &q->file, "the second table cannot be read");
	return map_entry(q, kan_be64(raw), start, run);
}

static size_t qcow_unpack(uint8_t *unit, size_t unit_len, const uint8_t *packed, size_t packed_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t used = 0, got = 0;

	if (!d)
		return 0;
	if (libdeflate_deflate_decompress_ex(d, packed, packed_len, unit, unit_len, &used, &got) !=
	    LIBDEFLATE_SUCCESS)
		got = 0;
	libdeflate_free_decompressor(d);
	return got;
}

static void qcow_close(struct kan_layer *layer)
{
	struct kan_qcow *q = (struct kan_qcow *)layer;

	kan_qcow_close(q);
	free(q);
}

static const struct kan_layer_ops layer_ops = { qcow_map, qcow_unpack, qcow_close };

/* ---- opening --------------------------------------------------------------------- */

static int add_file(struct kan_mapped *m, const struct kan_qcow **out, const char *path,
                    struct kan_findings *findings, struct kan_err *err)
{
	struct kan_qcow *q = malloc(sizeof(*q));
	int rc = q ? kan_qcow_open(q, path, findings, err)
	           : kan_fail(err, KAN_ENOMEM, "out of memory for an image");

	if (rc != KAN_OK) {
		free(q);
		return rc;
	}
	q->layer.ops = &layer_ops;
	*out = q;
	rc = kan_mapped_add(m, &q->layer, err);
	return rc == KAN_OK ? KAN_OK : kan_fail_in(err, rc, "%s", path);
}

static bool is_qcow(const char *path)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	uint8_t magic[KAN_QCOW_MAGIC_LEN];

	return kan_evidence_file_open(&f, path, NULL) == KAN_OK &&
	       kan_read_table(&f, 0, magic, sizeof(magic)) &&
	       memcmp(magic, KAN_QCOW_MAGIC, sizeof(magic)) == 0;
}

/* The backing file of @q: another QCOW, or a raw file if that is what @q says. */
static int find_backing(char **out, bool *raw, const struct kan_qcow *q, struct kan_err *err)
{
	KAN_AUTO(mem) char *path = kan_path_beside(q->file.path, q->backing);

	if (!path || !kan_evidence_file_exists(path))
		return kan_fail(err, KAN_EUNSUPPORTED,
		                "%s: its backing file \"%.200s\" is not in the same folder",
		                q->file.path, q->backing);
	*raw = strcmp(q->backing_format, "raw") == 0;
	if (!*raw && !is_qcow(path))
		return kan_fail(err, KAN_EUNSUPPORTED,
		                "%s: its backing file \"%.200s\" is of the format \"%s\"; convert "
		                "them to one image first",
		                q->file.path, q->backing,
		                q->backing_format[0] ? q->backing_format : "not told");
	*out = KAN_STEAL(path);
	return KAN_OK;
}

static int add_raw(struct kan_mapped *m, const char *path, struct kan_image_info *info,
                   struct kan_err *err)
{
	struct kan_layer *layer = NULL;
	int rc = kan_plain_layer(&layer, path, err);

	if (rc == KAN_OK)
		rc = kan_image_info_segment(info, path, layer->size, false, err);
	if (rc != KAN_OK) {
		if (layer)
			layer->ops->close(layer);
		return rc;
	}
	return kan_mapped_add(m, layer, err);
}

/* @path and its backing files; a loop ends at the longest chain that is allowed. */
static int open_chain(struct kan_mapped *m, const char *path, struct kan_image_info *info,
                      struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mem) char *at = strdup(path);
	const struct kan_qcow *q = NULL;
	bool raw = false;
	int rc = at ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory for a path");

	while (rc == KAN_OK && !raw) {
		KAN_AUTO(mem) char *backing = NULL;

		rc = add_file(m, &q, at, findings, err);
		if (rc == KAN_OK)
			rc = kan_image_info_segment(info, at, q->file.size, false, err);
		if (rc != KAN_OK || q->backing[0] == '\0')
			return rc;
		rc = find_backing(&backing, &raw, q, err);
		free(at);
		at = KAN_STEAL(backing);
	}
	return rc == KAN_OK ? add_raw(m, at, info, err) : rc;
}

static void describe(struct kan_mapped *m, struct kan_image_info *info,
                     struct kan_findings *findings)
{
	const struct kan_qcow *q = (const struct kan_qcow *)m->layers[0];

	snprintf(info->variant, sizeof(info->variant), "version %u", q->version);
	if (m->nlayers > 1)
		snprintf(info->variant, sizeof(info->variant), "version %u, %u files", q->version,
		         (unsigned)m->nlayers);
	info->chunk_size = UINT32_C(1) << q->cluster_bits;
	if (info->chunk_size > m->src.block_len)
		m->src.block_len = info->chunk_size;
	if (q->nsnapshots > 0)
		kan_findings_add(findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, q->file.name,
		                 "holds %u internal snapshots, which are not read", q->nsnapshots);
}

static int qcow_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                     struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(mapped) struct kan_mapped *m = NULL;
	int rc = kan_mapped_new(&m, err);

	if (rc == KAN_OK)
		rc = open_chain(m, path, info, findings, err);
	if (rc != KAN_OK)
		return rc;
	describe(m, info, findings);
	*out = &m->src;
	m = NULL;
	return KAN_OK;
}

const struct kan_image_format kan_image_format_qcow = {
	.name = "qcow",
	.label = "QEMU copy-on-write disk (QCOW, QCOW2)",
	.spec = "QEMU, docs/interop/qcow2.txt; version 1: block/qcow.c",
	.probe = qcow_probe,
	.open = qcow_open,
};
