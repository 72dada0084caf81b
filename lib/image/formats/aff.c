/* SPDX-License-Identifier: MIT */
/*
 * aff.c - AFF version 1 images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match aff_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "AFF10\r\n\0", 8));
}

const struct kan_image_format kan_image_format_aff = {
	.name = "aff",
	.label = "an AFF image (version 1)",
	.spec = "AFFLIB 3.7, aff.h: AF_HEADER",
	.probe = aff_probe,
	.hint = "convert it to a raw image with affconvert or affuse",
};
