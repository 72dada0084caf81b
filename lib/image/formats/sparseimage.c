/* SPDX-License-Identifier: MIT */
/*
 * sparseimage.c - Apple sparse images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match sparseimage_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "sprs\0\0\0\x03", 8));
}

const struct kan_image_format kan_image_format_sparseimage = {
	.name = "sparseimage",
	.label = "an Apple sparse disk image",
	.spec = "J. Metz, Mac OS disk image types: sparse disk image, file header",
	.probe = sparseimage_probe,
	.hint = "convert it to a raw image, for example with \"hdiutil convert -format UDTO\"",
};
