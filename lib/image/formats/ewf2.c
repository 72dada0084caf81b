/* SPDX-License-Identifier: MIT */
/*
 * ewf2.c - Expert Witness Compression Format, version 2 (Ex01)
 *
 * Our own reader, because the stable libewf (20140816 and before) does not know the
 * format.  See docs/formats/ewf2.md.
 */
#include "core/cleanup.h"
#include "image/ewf2/ewf2.h"
#include "image/recognise.h"

#include <stdio.h>

static enum kan_image_match ewf2_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, KAN_EWF2_MAGIC, 8));
}

static void ewf2_close(struct kan_source *src)
{
	struct kan_ewf *e = (struct kan_ewf *)src;

	kan_ewf_close_segments(e);
	free(e->runs);
	free(e);
}

static const struct kan_source_ops ewf2_ops = {
	.name = "ewf2",
	.read = kan_ewf_read,
	.close = ewf2_close,
};

/* Read everything but the chunks. */
static int read_set(struct kan_ewf_opening *o, const char *path)
{
	struct kan_ewf *e = o->ewf;
	int rc = kan_ewf_open_segments(o, path);

	if (rc == KAN_OK)
		rc = kan_ewf2_scan(o);
	if (rc != KAN_OK)
		return rc;
	if (!o->has_device || !o->has_case || !kan_ewf_volume_can_be(&e->volume))
		return kan_fail(o->err, KAN_EFORMAT,
		                "%s: no device information and case data say what media this is",
		                path);
	e->chunk_size = e->volume.chunk_sectors * e->volume.sector_size;
	rc = kan_ewf2_place(o);
	return rc == KAN_OK ? kan_ewf2_put_values(o) : rc;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static int ewf2_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                     struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct kan_ewf *e = calloc(1, sizeof(*e));
	struct kan_ewf_opening o = { .ewf = e, .info = info, .findings = findings, .err = err };
	int rc;

	if (!e)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	src = &e->src;
	src->ops = &ewf2_ops;
	e->dialect = &kan_ewf2_dialect;
	rc = read_set(&o, path);
	if (rc != KAN_OK)
		return rc;
	src->sector_size = e->volume.sector_size;
	src->block_len = e->chunk_size;
	info->chunk_size = e->chunk_size;
	snprintf(info->variant, sizeof(info->variant), "EnCase 7 (Ex01)");
	*out = KAN_STEAL(src);
	return KAN_OK;
}

const struct kan_image_format kan_image_format_ewf2 = {
	.name = "ewf2",
	.label = "Expert Witness Compression Format, version 2 (Ex01)",
	.spec = "J. Metz, Expert Witness Compression Format version 2 specification, 0.0.9",
	.probe = ewf2_probe,
	.open = ewf2_open,
};
