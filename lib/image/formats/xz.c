/* SPDX-License-Identifier: MIT */
/*
 * xz.c - xz-compressed files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match xz_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0,
	                                   "\xfd"
	                                   "7zXZ\0",
	                                   6));
}

const struct kan_image_format kan_image_format_xz = {
	.name = "xz",
	.label = "an xz-compressed file",
	.spec = "The .xz File Format 1.1.0, 2.1.1.1",
	.probe = xz_probe,
	.hint = "decompress it first",
};
