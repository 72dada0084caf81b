/* SPDX-License-Identifier: MIT */
/*
 * ewf.c - Expert Witness Compression Format, version 1 (E01)
 *
 * Our own reader: bounds-checked, without a lock, for images of any size.  See
 * docs/formats/ewf.md.  The SMART variant (a volume section of 94 bytes) looks
 * the same in its first bytes and is left to another format.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/ewf/ewf.h"

#include <stdio.h>
#include <string.h>

static const uint8_t magic[8] = { 'E', 'V', 'F', 0x09, 0x0d, 0x0a, 0xff, 0x00 };

static int read_number(struct kan_ewf_opening *o, size_t i, const uint8_t *raw, unsigned *out)
{
	(void)o;
	(void)i;
	*out = kan_le16(raw + 9);
	return KAN_OK;
}

static const struct kan_ewf_dialect dialect = {
	.magic = magic,
	.set = "an E01 set",
	.volume = "the volume section",
	.header_len = KAN_EWF_FILE_HEADER_LEN,
	.entry_len = 4,
	.header = read_number,
	.entry = kan_ewf_entry,
};

static bool is_volume(const struct kan_ewf_section *s)
{
	return strcmp(s->type, "volume") == 0 || strcmp(s->type, "disk") == 0;
}

/* Follow the sections in the head as far as a volume section of the SMART size. */
static bool is_smart(const struct kan_image_probe *probe)
{
	const struct kan_view head = { probe->head, probe->head_len };
	uint64_t offset = KAN_EWF_FILE_HEADER_LEN;
	const uint8_t *raw;

	while ((raw = kan_view_at(head, offset, KAN_EWF_DESCRIPTOR_LEN)) != NULL) {
		struct kan_ewf_section s;

		kan_ewf_section_parse(&s, raw, offset, probe->size);
		if (is_volume(&s))
			return s.data_len == KAN_EWF_VOLUME_SMART_LEN;
		if (s.next < s.data)
			return false;
		offset = s.next;
	}
	return false;
}

static enum kan_image_match ewf_probe(const struct kan_image_probe *probe)
{
	if (probe->head_len < sizeof(magic) || memcmp(probe->head, magic, sizeof(magic)) != 0)
		return KAN_MATCH_NONE;
	return is_smart(probe) ? KAN_MATCH_NONE : KAN_MATCH_MAGIC;
}

static void ewf_close(struct kan_source *src)
{
	struct kan_ewf *e = (struct kan_ewf *)src;

	kan_ewf_close_segments(e);
	free(e->runs);
	free(e->patches);
	free(e);
}

static const struct kan_source_ops ewf_ops = {
	.name = "ewf",
	.read = kan_ewf_read,
	.close = ewf_close,
};

/* Read everything but the chunks. */
static int read_set(struct kan_ewf_opening *o, const char *path)
{
	struct kan_ewf *e = o->ewf;
	int rc = kan_ewf_open_segments(o, path);

	if (rc == KAN_OK)
		rc = kan_ewf_scan(o);
	if (rc != KAN_OK)
		return rc;
	if (!e->has_volume)
		return kan_fail(o->err, KAN_EFORMAT,
		                "%s: no volume section says what media this is", path);
	e->chunk_size = e->volume.chunk_sectors * e->volume.sector_size;
	rc = kan_ewf_place(o);
	return rc == KAN_OK ? kan_ewf_put_media_values(o) : rc;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static int ewf_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct kan_ewf *e = calloc(1, sizeof(*e));
	struct kan_ewf_opening o = { .ewf = e, .info = info, .findings = findings, .err = err };
	int rc;

	if (!e)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	src = &e->src;
	src->ops = &ewf_ops;
	e->dialect = &dialect;
	rc = read_set(&o, path);
	if (rc != KAN_OK)
		return rc;
	src->sector_size = e->volume.sector_size;
	src->block_len = e->chunk_size;
	info->chunk_size = e->chunk_size;
	snprintf(info->variant, sizeof(info->variant), "%s", o.variant ? o.variant : "");
	*out = KAN_STEAL(src);
	return KAN_OK;
}

const struct kan_image_format kan_image_format_ewf = {
	.name = "ewf",
	.label = "Expert Witness Compression Format (E01)",
	.spec = "J. Metz, Expert Witness Compression Format specification, 0.0.79, chapters 2 to 4",
	.probe = ewf_probe,
	.open = ewf_open,
};
