/* SPDX-License-Identifier: MIT */
/*
 * tib.c - Acronis backups are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match tib_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "\xce\x24\xb9\xa2\x20\0\0\0", 8) ||
	                    kan_probe_head(p, 0, "\xb4\x6e\x68\x44", 4));
}

const struct kan_image_format kan_image_format_tib = {
	.name = "tib",
	.label = "an Acronis backup (TIB)",
	.spec = "G. Kessler, File Signatures Table: TIB",
	.probe = tib_probe,
	.hint = "restore it to a disk with Acronis True Image",
};
