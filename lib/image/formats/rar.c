/* SPDX-License-Identifier: MIT */
/*
 * rar.c - RAR archives are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match rar_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "Rar!\x1a\x07\x00", 7) ||
	                    kan_probe_head(p, 0, "Rar!\x1a\x07\x01\x00", 8));
}

const struct kan_image_format kan_image_format_rar = {
	.name = "rar",
	.label = "a RAR archive",
	.spec = "RAR 5.0 archive format, signature; RAR 4 technote.txt",
	.probe = rar_probe,
	.hint = "unpack it first",
};
