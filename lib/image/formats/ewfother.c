/* SPDX-License-Identifier: MIT */
/*
 * ewfother.c - relatives of E01 that no other format claims are never read as raw
 *
 * Logical evidence, version 2 and the SMART variant.  A format that reads one of
 * them wins by its name.
 */
#include "image/recognise.h"

static enum kan_image_match ewfother_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "EVF\x09\x0d\x0a\xff\0", 8) ||
	                    kan_probe_head(p, 0, "LVF\x09\x0d\x0a\xff\0", 8) ||
	                    kan_probe_head(p, 0, "EVF2\x0d\x0a\x81\0", 8) ||
	                    kan_probe_head(p, 0, "LEF2\x0d\x0a\x81\0", 8));
}

const struct kan_image_format kan_image_format_ewfother = {
	.name = "ewfother",
	.label = "an EnCase image of another kind (SMART, L01, Ex01, Lx01)",
	.spec = "J. Metz, Expert Witness Compression Format specification 0.0.79, and version 2",
	.probe = ewfother_probe,
	.hint = "convert it to E01, for example with ewfexport",
};
