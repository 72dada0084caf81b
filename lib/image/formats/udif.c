/* SPDX-License-Identifier: MIT */
/*
 * udif.c - Apple disk images are recognised, not read
 *
 * A .dmg without the trailer is a raw image and read as such.
 */
#include "image/recognise.h"

static enum kan_image_match udif_probe(const struct kan_image_probe *p)
{
	/* Version 4 and a header of 512 bytes follow the magic. */
	return kan_match_if(kan_probe_tail(p, 512, "koly\0\0\0\x04\0\0\x02\0", 12) ||
	                    kan_probe_head(p, 0, "koly\0\0\0\x04\0\0\x02\0", 12));
}

const struct kan_image_format kan_image_format_udif = {
	.name = "udif",
	.label = "an Apple disk image (UDIF)",
	.spec = "UDIFResourceFile as in libdmg-hfsplus, dmg.h: the last 512 bytes of the file",
	.probe = udif_probe,
	.hint = "convert it to a raw image, for example with \"hdiutil convert -format UDTO\" or "
		"dmg2img",
};
