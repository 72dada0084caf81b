/* SPDX-License-Identifier: MIT */
/*
 * ad1.c - AccessData logical images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match ad1_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "ADSEGMENTEDFILE\0", 16));
}

const struct kan_image_format kan_image_format_ad1 = {
	.name = "ad1",
	.label = "an AccessData logical image (AD1)",
	.spec = "file(1) and pyad1: ADSEGMENTEDFILE",
	.probe = ad1_probe,
	.hint = "it holds files, not a disk; export them with FTK Imager",
};
