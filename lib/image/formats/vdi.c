/* SPDX-License-Identifier: MIT */
/*
 * vdi.c - VirtualBox disk images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match vdi_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 64, "\x7f\x10\xda\xbe", 4));
}

const struct kan_image_format kan_image_format_vdi = {
	.name = "vdi",
	.label = "a VirtualBox disk image (VDI)",
	.spec = "VirtualBox, src/VBox/Storage/VDICore.h: VDIPREHEADER",
	.probe = vdi_probe,
	.hint = "convert it to a raw image, for example with \"qemu-img convert -O raw\"",
};
