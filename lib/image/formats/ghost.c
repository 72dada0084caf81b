/* SPDX-License-Identifier: MIT */
/*
 * ghost.c - Ghost images are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match ghost_probe(const struct kan_image_probe *p)
{
	/* The type is 1 or 2, the compression 0 to 10 (none, old, fast, high). */
	return kan_match_if(kan_probe_head(p, 0, "\xfe\xef", 2) && p->head_len >= 512 &&
	                    (p->head[2] == 1 || p->head[2] == 2) && p->head[3] <= 10);
}

const struct kan_image_format kan_image_format_ghost = {
	.name = "ghost",
	.label = "a Norton Ghost image",
	.spec = "PRONOM fmt/1112 and file(1): FE EF, file type, compression",
	.probe = ghost_probe,
	.hint = "restore it to a disk, or convert it with Ghost Explorer",
};
