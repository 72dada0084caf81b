/* SPDX-License-Identifier: MIT */
/*
 * recognise.h - volumes that Sleuth Kit does not read, told by their signatures
 */
#ifndef KAN_FS_RECOGNISE_H
#define KAN_FS_RECOGNISE_H

#include "kanshiki/fs.h"

/** What lies at a place.  Strings are static or inside. */
struct kan_recognised {
	const char *type;             /* "bitlocker", "luks2", "btrfs", "ntfs", ... */
	const char *label_for_people; /* "BitLocker" */
	enum kan_fs_state state;      /* KAN_FS_READABLE: Sleuth Kit should open it */
	bool certain_first;           /* believe the signature even if Sleuth Kit opens something */
	uint64_t found_at;            /* of the signature, from the start of the volume */
	char id[40];
	char label[128];
};

/**
 * Look at @length bytes at @offset of @src; true if something is recognised.
 * Reads a few KiB, and up to 4 MiB where nothing has a signature.  Ranges that could not be read go
 * to @findings (may be NULL).
 */
bool kan_recognise(struct kan_recognised *out, struct kan_source *src, uint64_t offset,
                   uint64_t length, struct kan_findings *findings);

/** What the bytes of a volume look like where nothing is recognised. */
enum kan_texture {
	KAN_TEXTURE_EMPTY,  /* all samples are one repeated byte */
	KAN_TEXTURE_RANDOM, /* all samples look random */
	KAN_TEXTURE_OTHER,
};

/** Take samples all over the range. */
enum kan_texture kan_texture_of(struct kan_source *src, uint64_t offset, uint64_t length);

#endif
