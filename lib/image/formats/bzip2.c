/* SPDX-License-Identifier: MIT */
/*
 * bzip2.c - bzip2-compressed files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match bzip2_probe(const struct kan_image_probe *p)
{
	/* An Apple disk image may begin with a bzip2 stream of its own. */
	bool udif = kan_probe_tail(p, 512, "koly", 4);
	bool level = p->head_len >= 4 && p->head[3] >= '1' && p->head[3] <= '9';

	return kan_match_if(level && !udif && kan_probe_head(p, 0, "BZh", 3) &&
	                    (kan_probe_head(p, 4, "\x31\x41\x59\x26\x53\x59", 6) ||
	                     kan_probe_head(p, 4, "\x17\x72\x45\x38\x50\x90", 6)));
}

const struct kan_image_format kan_image_format_bzip2 = {
	.name = "bzip2",
	.label = "a bzip2-compressed file",
	.spec = "bzip2 1.0.8, decompress.c: \"BZh\", level, block magic",
	.probe = bzip2_probe,
	.hint = "decompress it first",
};
