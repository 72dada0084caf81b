/* SPDX-License-Identifier: MIT */
/*
 * lx01.c - logical evidence in version 2 of EWF is recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match lx01_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "LEF2\r\n\x81\0", 8));
}

const struct kan_image_format kan_image_format_lx01 = {
	.name = "lx01",
	.label = "EnCase logical evidence, version 2 (Lx01)",
	.spec = "J. Metz, Expert Witness Compression Format version 2 specification, 0.0.9",
	.probe = lx01_probe,
	.hint = "extract its files with the program that made it",
};
