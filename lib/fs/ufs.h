/* SPDX-License-Identifier: MIT */
/*
 * ufs.h - where the superblock of a UFS is
 */
#ifndef KAN_FS_UFS_H
#define KAN_FS_UFS_H

#include "fs/place.h"

/** Bytes of a superblock that are looked at, by Sleuth Kit and by us. */
#define KAN_UFS_SUPER_LEN 1536u

/** Where UFS2 usually has it, from the start of the volume. */
#define KAN_UFS2_SUPER_AT 65536u

struct kan_ufs {
	int version;       /* 1 or 2 */
	uint64_t super_at; /* from the start of the volume */
	bool big_endian;
	char label[33];
};

/** False if the place holds no UFS. */
bool kan_ufs_find(struct kan_ufs *out, const struct kan_place *p);

#endif
