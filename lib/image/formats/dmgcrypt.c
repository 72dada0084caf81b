/* SPDX-License-Identifier: MIT */
/*
 * dmgcrypt.c - encrypted Apple disk images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match dmgcrypt_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "encrcdsa", 8) ||
	                    kan_probe_tail(p, 8, "cdsaencr", 8));
}

const struct kan_image_format kan_image_format_dmgcrypt = {
	.name = "dmgcrypt",
	.label = "an encrypted Apple disk image",
	.spec = "Apple libsecurity_filevault as described by J. Appelbaum and R.-P. Weinmann, "
		"VileFault, 2006",
	.probe = dmgcrypt_probe,
	.hint = "decrypt it with its password and convert it to a raw image",
};
