/* SPDX-License-Identifier: MIT */
/*
 * partclone.c - partclone images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match partclone_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "partclone-image", 15));
}

const struct kan_image_format kan_image_format_partclone = {
	.name = "partclone",
	.label = "a partclone image",
	.spec = "partclone, IMAGE_FORMATS.md: image_head, version 1 and 2",
	.probe = partclone_probe,
	.hint = "restore it to a raw file with \"partclone.restore -C -O\"",
};
