/* SPDX-License-Identifier: MIT */
/*
 * zstd.c - zstd-compressed files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match zstd_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "\x28\xb5\x2f\xfd", 4));
}

const struct kan_image_format kan_image_format_zstd = {
	.name = "zstd",
	.label = "a zstd-compressed file",
	.spec = "RFC 8878, 3.1.1",
	.probe = zstd_probe,
	.hint = "decompress it first",
};
