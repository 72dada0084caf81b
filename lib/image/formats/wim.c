/* SPDX-License-Identifier: MIT */
/*
 * wim.c - Windows Imaging files are recognised, not read
 */
#include "image/recognise.h"

static enum kan_image_match wim_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "MSWIM\0\0\0", 8) ||
	                    kan_probe_head(p, 0, "WLPWM\0\0\0", 8));
}

const struct kan_image_format kan_image_format_wim = {
	.name = "wim",
	.label = "a Windows Imaging file (WIM)",
	.spec = "Microsoft, Windows Imaging File Format (WIM), 2007: header",
	.probe = wim_probe,
	.hint = "it holds files, not a disk; unpack it with wimlib-imagex",
};
