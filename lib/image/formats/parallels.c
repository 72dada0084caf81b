/* SPDX-License-Identifier: MIT */
/*
 * parallels.c - Parallels disks are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match parallels_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "WithoutFreeSpace", 16) ||
	                    kan_probe_head(p, 0, "WithouFreSpacExt", 16));
}

const struct kan_image_format kan_image_format_parallels = {
	.name = "parallels",
	.label = "a Parallels disk image",
	.spec = "QEMU docs/interop/parallels.rst, header",
	.probe = parallels_probe,
	.hint = "convert it to a raw image, for example with \"qemu-img convert -O raw\"",
};
