/* SPDX-License-Identifier: MIT */
/*
 * vmdk.h - one disk of the VMware Virtual Disk Format: its descriptor, its extents
 *
 * VMware, Virtual Disk Format 5.0 (2011); the ESX sparse extent ("COWD") from
 * J. Metz, VMware Virtual Disk (VMDK) format specification.
 */
#ifndef KAN_IMAGE_VMDK_H
#define KAN_IMAGE_VMDK_H

#include "image/mapped.h"

#define KAN_VMDK_SPARSE_MAGIC "KDMV"
#define KAN_VMDK_COWD_MAGIC   "COWD"
#define KAN_VMDK_TEXT_MAGIC   "# Disk DescriptorFile"

enum {
	KAN_VMDK_SECTOR = 512,
	KAN_VMDK_NAME_MAX = 1024,
	KAN_VMDK_TYPE_MAX = 32,
	KAN_VMDK_EXTENTS_MAX = 16384,
	KAN_VMDK_TEXT_MAX = 4 << 20, /* bytes of a descriptor */
};

/** "parentCID" of a disk without parent. */
#define KAN_VMDK_NO_PARENT UINT32_MAX

enum kan_vmdk_kind {
	KAN_VMDK_FLAT,
	KAN_VMDK_ZERO,
	KAN_VMDK_SPARSE, /* grains found through tables */
};

/** A part of the media that is in one file. */
struct kan_vmdk_extent {
	enum kan_vmdk_kind kind;
	uint64_t start;                /* in the media, in bytes */
	uint64_t size;                 /* in bytes */
	char name[KAN_VMDK_NAME_MAX];  /* as stored */
	uint64_t file_offset;          /* of a flat one: where it begins in its file */
	struct kan_evidence_file file; /* not open: the file is missing */

	/* Of a sparse one: */
	uint64_t capacity;    /* bytes that its own header promises */
	uint64_t grain_len;   /* in bytes */
	uint32_t table_len;   /* entries in a grain table */
	uint32_t ntables;     /* entries in directory */
	uint8_t *directory;   /* sector of each grain table, little-endian */
	bool has_zero_grains; /* entry 1 means zero */
	bool packed;          /* grains are compressed */
	bool has_markers;     /* and have a header of their own */
};

struct kan_vmdk {
	struct kan_layer layer; /* with the size of the media */
	char *path;             /* of the descriptor */
	uint32_t cid;
	uint32_t parent_cid; /* KAN_VMDK_NO_PARENT: none */
	char parent_name[KAN_VMDK_NAME_MAX];
	char type[KAN_VMDK_TYPE_MAX]; /* createType: "monolithicSparse" */
	size_t nextents;
	struct kan_vmdk_extent *extents;
};

/**
 * Take the descriptor @text apart into @v: everything but the files.  KAN_EFORMAT
 * or KAN_EUNSUPPORTED with a message that does not name the file.
 */
KAN_MUST_CHECK int kan_vmdk_parse(struct kan_vmdk *v, const char *text, size_t len,
                                  struct kan_err *err);

/** Read header and directory of the sparse extent whose file is open. */
KAN_MUST_CHECK int kan_vmdk_read_sparse(struct kan_vmdk_extent *e, struct kan_err *err);

/** Where the descriptor text in a sparse file is; false if it has none. */
bool kan_vmdk_embedded(const struct kan_evidence_file *f, uint64_t *offset, size_t *len);

/** Where a run of a sparse extent lies; @offset is in the extent. */
void kan_vmdk_map_sparse(const struct kan_vmdk_extent *e, uint64_t offset, struct kan_run *run);

#endif
