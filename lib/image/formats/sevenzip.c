/* SPDX-License-Identifier: MIT */
/*
 * sevenzip.c - 7z archives are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match sevenzip_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "7z\xbc\xaf\x27\x1c", 6));
}

const struct kan_image_format kan_image_format_sevenzip = {
	.name = "sevenzip",
	.label = "a 7z archive",
	.spec = "7-Zip 7zFormat.txt, SignatureHeader",
	.probe = sevenzip_probe,
	.hint = "unpack it first",
};
