/* SPDX-License-Identifier: MIT */
/*
 * slot_label.h - the label of a BSD or of Solaris inside a slot of another table
 */
#ifndef KAN_FS_SLOT_LABEL_H
#define KAN_FS_SLOT_LABEL_H

#include "kanshiki/fs.h"

/** Entries of a label; those behind are not looked at. */
#define KAN_SLOT_ENTRIES 16u

/** Bytes of the sector that holds the label. */
#define KAN_SLOT_SECTOR 512u

struct kan_slot_label {
	const char *table; /* "bsd", "sun" */
	size_t n;
	struct kan_volume entries[KAN_SLOT_ENTRIES]; /* numbers are 0 */
	size_t nbad;                                 /* entries that lie outside any media */
};

/**
 * Read the label in @sector, the second one of the slot of @length bytes at
 * @offset of the media.  False if there is none.
 */
bool kan_slot_label_read(struct kan_slot_label *out, const uint8_t sector[KAN_SLOT_SECTOR],
                         uint32_t sector_size, uint64_t offset, uint64_t length);

#endif
