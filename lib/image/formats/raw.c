/* SPDX-License-Identifier: MIT */
/*
 * raw.c - one file or block device that holds the media byte for byte
 */
#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "image/info.h"

#include <stdio.h>
#include <stdlib.h>

struct raw {
	struct kan_source src; /* first */
	struct kan_evidence_file file;
};

static int raw_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                    struct kan_findings *gaps, struct kan_err *err)
{
	struct raw *raw = (struct raw *)src;

	return kan_evidence_file_read(&raw->file, offset, buf, len, gaps, NULL, err);
}

static void raw_close(struct kan_source *src)
{
	struct raw *raw = (struct raw *)src;

	kan_evidence_file_close(&raw->file);
	free(raw);
}

static const struct kan_source_ops raw_ops = {
	.name = "raw",
	.read = raw_read,
	.close = raw_close,
};

static enum kan_image_match raw_probe(const struct kan_image_probe *probe)
{
	(void)probe; /* anything can be raw */
	return KAN_MATCH_FALLBACK;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static int raw_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct raw *raw = calloc(1, sizeof(*raw));
	int rc;

	(void)findings; /* a raw image has nothing to contradict itself with */
	if (!raw)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	raw->file = (struct kan_evidence_file)KAN_EVIDENCE_FILE_NONE;
	src = &raw->src;
	src->ops = &raw_ops;
	rc = kan_evidence_file_open(&raw->file, path, err);
	if (rc != KAN_OK)
		return rc;
	if (raw->file.size == 0)
		return kan_fail(err, KAN_EFORMAT, "%s: is empty", path);
	src->size = raw->file.size;
	src->sector_size = raw->file.sector_size;
	src->block_len = raw->file.sector_size;
	if (raw->file.device)
		snprintf(info->variant, sizeof(info->variant), "block device");
	rc = kan_image_info_segment(info, path, raw->file.size, false, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(src);
	return KAN_OK;
}

const struct kan_image_format kan_image_format_raw = {
	.name = "raw",
	.label = "raw image or block device",
	.spec = "none: the bytes of the media",
	.probe = raw_probe,
	.open = raw_open,
};
