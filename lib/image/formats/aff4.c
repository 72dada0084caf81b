/* SPDX-License-Identifier: MIT */
/*
 * aff4.c - AFF4 containers are recognised, not read
 *
 * An AFF4 volume is a ZIP archive.  It names itself in its comment, and its first
 * members are container.description and information.turtle.
 */
#include "image/recognise.h"

static bool has_text(const uint8_t *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

static enum kan_image_match aff4_probe(const struct kan_image_probe *p)
{
	if (!kan_probe_head(p, 0, "PK\x03\x04", 4))
		return KAN_MATCH_NONE;
	return kan_match_if(has_text(p->head, p->head_len, "container.description") ||
	                    has_text(p->head, p->head_len, "information.turtle") ||
	                    has_text(p->tail, p->tail_len, "information.turtle") ||
	                    has_text(p->tail, p->tail_len, "aff4://"));
}

const struct kan_image_format kan_image_format_aff4 = {
	.name = "aff4",
	.label = "an AFF4 container",
	.spec = "Advanced Forensic Format 4 Standard 1.0, 3.1 and 3.2",
	.probe = aff4_probe,
	.hint = "convert it to a raw image, for example with pyaff4",
};
