/* SPDX-License-Identifier: MIT */
/*
 * ewf2.c - Expert Witness Compression Format, version 2, is recognised, not read
 *
 * The stable libewf (20140816 and before) does not know it.
 */
#include "image/recognise.h"

static enum kan_image_match ewf2_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "EVF2\r\n\x81\0", 8) ||
	                    kan_probe_head(p, 0, "LEF2\r\n\x81\0", 8));
}

const struct kan_image_format kan_image_format_ewf2 = {
	.name = "ewf2",
	.label = "Expert Witness Compression Format, version 2 (Ex01, Lx01)",
	.spec = "J. Metz, Expert Witness Compression Format version 2 specification, chapter 2",
	.probe = ewf2_probe,
	.hint = "convert it to E01 with the program that made it",
};
