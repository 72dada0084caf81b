/* SPDX-License-Identifier: MIT */
/*
 * lz4.c - lz4-compressed files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match lz4_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "\x04\x22\x4d\x18", 4));
}

const struct kan_image_format kan_image_format_lz4 = {
	.name = "lz4",
	.label = "an LZ4-compressed file",
	.spec = "LZ4 Frame Format 1.6.2, general structure",
	.probe = lz4_probe,
	.hint = "decompress it first",
};
