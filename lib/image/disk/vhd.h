/* SPDX-License-Identifier: MIT */
/*
 * vhd.h - one file of a Virtual Hard Disk, version 1, and where its parent is
 *
 * Microsoft, Virtual Hard Disk Image Format Specification, version 1.0 (2006).
 */
#ifndef KAN_IMAGE_VHD_H
#define KAN_IMAGE_VHD_H

#include "image/mapped.h"

enum {
	KAN_VHD_SECTOR = 512,
	KAN_VHD_FOOTER_LEN = 512,
	KAN_VHD_OLD_FOOTER_LEN = 511, /* Virtual PC before 2004 */
	KAN_VHD_ID_LEN = 16,
	KAN_VHD_NAME_MAX = 256, /* UTF-16 units */
};

#define KAN_VHD_COOKIE     "conectix"
#define KAN_VHD_COOKIE_LEN 8u

/** What the specification calls the disk type. */
enum kan_vhd_type {
	KAN_VHD_FIXED = 2,
	KAN_VHD_DYNAMIC = 3,
	KAN_VHD_DIFFERENCING = 4,
};

struct kan_vhd_disk {
	struct kan_layer layer; /* with the size of the media */
	struct kan_evidence_file file;
	enum kan_vhd_type type;
	uint8_t id[KAN_VHD_ID_LEN];
	char creator[5]; /* four characters: "vpc ", "win ", "qemu" */

	/* Of a dynamic or differencing disk: */
	uint32_t block_len;  /* bytes of media in a block */
	uint32_t bitmap_len; /* bytes before the data of a block */
	uint32_t nblocks;    /* entries in table */
	uint8_t *table;      /* sector of each block, big-endian; all ones: not there */

	/* Of a differencing disk: */
	uint8_t parent_id[KAN_VHD_ID_LEN];
	char parent_name[3 * KAN_VHD_NAME_MAX + 1]; /* UTF-8, as stored: with folders */
};

/** Table entry of a block that this file does not hold. */
#define KAN_VHD_NO_BLOCK UINT32_MAX

/**
 * Open and read everything but the blocks.  What is damaged but can be got over
 * is added to @findings.  KAN_EFORMAT if @path is no VHD.  On failure *@out holds
 * nothing.  Close with kan_vhd_disk_close().
 */
KAN_MUST_CHECK int kan_vhd_disk_open(struct kan_vhd_disk *out, const char *path,
                                     struct kan_findings *findings, struct kan_err *err);

/** Close and release what @disk holds; it may be all zero. */
void kan_vhd_disk_close(struct kan_vhd_disk *disk);

/** The identifier of the VHD at @path; false if it is none. */
bool kan_vhd_id(const char *path, uint8_t id[KAN_VHD_ID_LEN]);

/**
 * Path of the parent of @child, malloc'ed: looked for beside it, first by the name
 * that is stored, then by identifier among all files there.  Fails with a message
 * that names the parent which is not there.
 */
KAN_MUST_CHECK int kan_vhd_find_parent(char **out, const struct kan_vhd_disk *child,
                                       struct kan_err *err);

#endif
