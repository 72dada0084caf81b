/* SPDX-License-Identifier: MIT */
/*
 * zip.c - ZIP archives are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match zip_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "PK\x03\x04", 4));
}

const struct kan_image_format kan_image_format_zip = {
	.name = "zip",
	.label = "a ZIP archive",
	.spec = "PKWARE APPNOTE 6.3.10, 4.3.7",
	.probe = zip_probe,
	.hint = "unpack it first",
};
