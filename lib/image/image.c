/* SPDX-License-Identifier: MIT */
/*
 * image.c - recognise the container and let its format open it
 *
 * Every format looks at the first and last bytes of the file; the surest one
 * opens it.  Something that is recognised but cannot be read must never fall back
 * to raw: a report about the bytes of a compressed container would be wrong from
 * its first line to its last.
 */
#include "kanshiki/image.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "image/foreign.h"
#include "image/info.h"

#include <string.h>

struct kan_image {
	struct kan_source *source;
	struct kan_image_info info;
	struct kan_findings findings;
};

const struct kan_image_format *kan_image_format_find(const char *name)
{
	for (size_t i = 0; kan_image_format_list[i]; i++)
		if (strcmp(kan_image_format_list[i]->name, name) == 0)
			return kan_image_format_list[i];
	return NULL;
}

/* The list is sorted by name: of equally sure formats the first one stays. */
static const struct kan_image_format *surest(const struct kan_image_probe *probe)
{
	const struct kan_image_format *best = NULL;
	enum kan_image_match match = KAN_MATCH_NONE;

	for (size_t i = 0; kan_image_format_list[i]; i++) {
		enum kan_image_match m = kan_image_format_list[i]->probe(probe);

		if (m > match) {
			match = m;
			best = kan_image_format_list[i];
		}
	}
	return best;
}

static int probe_file(const struct kan_image_format **out, const struct kan_evidence_file *f,
                      struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *bytes = malloc(2 * (size_t)KAN_PROBE_LEN);
	size_t len = f->size < KAN_PROBE_LEN ? (size_t)f->size : KAN_PROBE_LEN;
	struct kan_image_probe probe = { .path = f->path, .size = f->size };
	int rc;

	if (!bytes)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the first bytes of a file");
	rc = kan_evidence_file_read(f, 0, bytes, len, NULL, NULL, err);
	if (rc == KAN_OK)
		rc = kan_evidence_file_read(f, f->size - len, bytes + KAN_PROBE_LEN, len, NULL,
		                            NULL, err);
	if (rc != KAN_OK)
		return rc;
	probe.head = bytes;
	probe.tail = bytes + KAN_PROBE_LEN;
	probe.head_len = probe.tail_len = len;
	*out = surest(&probe);
	return *out ? KAN_OK : kan_fail(err, KAN_EUNSUPPORTED, "%s: not recognised", f->path);
}

static int recognise(const struct kan_image_format **out, const char *path, struct kan_err *err)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	int rc = kan_evidence_file_open(&f, path, err);

	if (rc != KAN_OK)
		return rc;
	if (f.size == 0)
		return kan_fail(err, KAN_EFORMAT, "%s: is empty", path);
	return probe_file(out, &f, err);
}

static int choose(const struct kan_image_format **out, const char *path, const char *name,
                  struct kan_err *err)
{
	if (!name)
		return recognise(out, path, err);
	*out = kan_image_format_find(name);
	if (!*out)
		return kan_fail(err, KAN_EARG, "%s: there is no image format \"%s\"", path, name);
	return KAN_OK;
}

KAN_DEFINE_DROP(image, struct kan_image *, kan_image_close)

int kan_image_open(struct kan_image **out, const char *path, const struct kan_image_opts *opts,
                   struct kan_err *err)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const struct kan_image_format *format = NULL;
	int rc = choose(&format, path, opts ? opts->format : NULL, err);

	if (rc != KAN_OK)
		return rc;
	if (!format->open)
		return kan_fail(err, KAN_EUNSUPPORTED,
		                "%s: %s is recognised but cannot be read; %s", path, format->label,
		                format->hint);
	img = calloc(1, sizeof(*img));
	if (!img)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	rc = format->open(&img->source, path, &img->info, &img->findings, err);
	if (rc != KAN_OK)
		return rc;
	img->info.format = format->name;
	img->info.size = img->source->size;
	img->info.sector_size = img->source->sector_size;
	*out = KAN_STEAL(img);
	return KAN_OK;
}

void kan_image_close(struct kan_image *img)
{
	if (!img)
		return;
	kan_source_close(img->source);
	kan_image_info_done(&img->info);
	kan_findings_done(&img->findings);
	free(img);
}

struct kan_source *kan_image_source(const struct kan_image *img)
{
	return img->source;
}

const struct kan_image_info *kan_image_info(const struct kan_image *img)
{
	return &img->info;
}

const struct kan_findings *kan_image_findings(const struct kan_image *img)
{
	return &img->findings;
}

int kan_image_enter_worker(struct kan_image *img, struct kan_err *err)
{
	return kan_foreign_enter_worker(img->source, err);
}

const char *const *kan_image_readable(const struct kan_image *img)
{
	return kan_foreign_readable(img->source);
}
