/* SPDX-License-Identifier: MIT */
/*
 * recognise.h - magic bytes at known places of a probed file
 */
#ifndef KAN_IMAGE_RECOGNISE_H
#define KAN_IMAGE_RECOGNISE_H

#include "kanshiki/image.h"

#include <string.h>

/** True if the @len bytes at @magic stand @offset bytes after the start of the file. */
static inline bool kan_probe_head(const struct kan_image_probe *p, size_t offset, const void *magic,
                                  size_t len)
{
	return offset <= p->head_len && p->head_len - offset >= len &&
	       memcmp(p->head + offset, magic, len) == 0;
}

/** True if the @len bytes at @magic stand @offset bytes before the end of the file. */
static inline bool kan_probe_tail(const struct kan_image_probe *p, size_t offset, const void *magic,
                                  size_t len)
{
	return offset <= p->tail_len && offset >= len &&
	       memcmp(p->tail + p->tail_len - offset, magic, len) == 0;
}

/** KAN_MATCH_MAGIC if @yes. */
static inline enum kan_image_match kan_match_if(bool yes)
{
	return yes ? KAN_MATCH_MAGIC : KAN_MATCH_NONE;
}

#endif
