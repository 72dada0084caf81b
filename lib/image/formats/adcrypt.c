/* SPDX-License-Identifier: MIT */
/*
 * adcrypt.c - images encrypted by AccessData are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match adcrypt_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "ADCRYPT\0", 8));
}

const struct kan_image_format kan_image_format_adcrypt = {
	.name = "adcrypt",
	.label = "an image encrypted by FTK Imager (AD encryption)",
	.spec = "J. Metz, Expert Witness Compression Format specification 0.0.79, AD encryption",
	.probe = adcrypt_probe,
	.hint = "decrypt it with FTK Imager first",
};
