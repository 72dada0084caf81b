/* SPDX-License-Identifier: MIT */
/*
 * yaffs.h - YAFFS2 on the pages of a NAND chip with their spare bytes
 */
#ifndef KAN_FS_YAFFS_H
#define KAN_FS_YAFFS_H

#include "fs/place.h"

/** How the chip was dumped: @page bytes, then @spare bytes with the tags at @tags in them. */
struct kan_yaffs {
	uint32_t page;
	uint32_t spare;
	uint32_t tags;
	bool big_endian;
	uint64_t chunks; /* pages that are there */
};

/** The tags of a chunk, as far as they matter. */
struct kan_yaffs_tags {
	uint32_t seq;
	uint32_t obj;
	uint32_t chunk;
	uint32_t bytes;
};

/** Length of the tags in bytes, and of the spare that Sleuth Kit is shown. */
#define KAN_YAFFS_TAGS  16u
#define KAN_YAFFS_SPARE 64u

/**
 * Find out whether the place is a YAFFS2, which has no signature: headers of objects
 * and their tags have to agree, at one geometry, all over it.
 */
bool kan_yaffs_find(struct kan_yaffs *out, const struct kan_place *p);

/** The tags at @raw; false if no chunk can have them. */
bool kan_yaffs_tags(struct kan_yaffs_tags *out, const uint8_t raw[KAN_YAFFS_TAGS], bool big_endian);

/**
 * The same chunks with KAN_YAFFS_SPARE bytes of spare each, tags first, as Sleuth Kit
 * wants them.  With @root there is a header of the root directory behind the end, which
 * a chip need not have.  *@out is owned by the caller, @below is borrowed.  Gaps are
 * told in offsets of @below.
 */
KAN_MUST_CHECK int kan_yaffs_source(struct kan_source **out, struct kan_source *below,
                                    uint64_t offset, const struct kan_yaffs *y, bool root,
                                    struct kan_err *err);

#endif
