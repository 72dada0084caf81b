/* SPDX-License-Identifier: MIT */
/*
 * qed.c - QEMU Enhanced Disk images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match qed_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "QED\0", 4) && p->head_len >= 64);
}

const struct kan_image_format kan_image_format_qed = {
	.name = "qed",
	.label = "a QEMU Enhanced Disk (QED)",
	.spec = "QEMU docs/interop/qed_spec.rst, header",
	.probe = qed_probe,
	.hint = "convert it to a raw image, for example with \"qemu-img convert -O raw\"",
};
