/* SPDX-License-Identifier: MIT */
/*
 * place.h - reading at a place of a volume that is being looked at
 */
#ifndef KAN_FS_PLACE_H
#define KAN_FS_PLACE_H

#include "kanshiki/fs.h"

/** A volume that is being looked at. */
struct kan_place {
	struct kan_source *src;
	uint64_t offset;
	uint64_t length;
	struct kan_findings *findings;
};

/** Read @len bytes at @at of the volume; false if they are not there. */
bool kan_place_read(const struct kan_place *p, uint64_t at, uint8_t *buf, size_t len);

/** True if @magic stands at @at of the volume; at most 32 bytes. */
bool kan_place_has(const struct kan_place *p, uint64_t at, const void *magic, size_t len);

#endif
