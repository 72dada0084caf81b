/* SPDX-License-Identifier: MIT */
/*
 * gzip.c - gzip-compressed files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match gzip_probe(const struct kan_image_probe *p)
{
	/* Deflate is the only method; the top three flag bits are reserved. */
	return kan_match_if(kan_probe_head(p, 0, "\x1f\x8b\x08", 3) && p->head_len >= 10 &&
	                    (p->head[3] & 0xe0) == 0);
}

const struct kan_image_format kan_image_format_gzip = {
	.name = "gzip",
	.label = "a gzip-compressed file",
	.spec = "RFC 1952, 2.3",
	.probe = gzip_probe,
	.hint = "decompress it first",
};
