/* SPDX-License-Identifier: MIT */
/*
 * ntfs_names.h - names of NTFS that Sleuth Kit cannot show, exactly
 */
#ifndef KAN_FS_NTFS_NAMES_H
#define KAN_FS_NTFS_NAMES_H

#include "core/view.h"
#include "kanshiki/buf.h"

/** Names that are kept of one directory or file. */
#define KAN_NTFS_NAMES_MAX 65536u

struct kan_ntfs_name {
	uint64_t addr; /* of the file; of a stream KAN_NTFS_STREAM_KEY() */
	bool live;     /* not from what is left of a deleted entry */
	bool lost;     /* of a stream: Sleuth Kit shows no name at all */
	size_t shown;  /* where in text: as Sleuth Kit shows it, with its NUL */
	size_t exact;  /* where in text: exactly, with its NUL */
};

/** All zero is an empty list; release it with kan_ntfs_names_done(). */
struct kan_ntfs_names {
	struct kan_buf text;
	struct kan_ntfs_name *list;
	size_t n;
	size_t room;
	bool full; /* more than are kept */
};

#define KAN_NTFS_STREAM_KEY(type, id) ((uint64_t)(type) << 16 | (uint16_t)(id))

/**
 * Keep the name of @units UTF-16 units at @p, if it is not what Sleuth Kit makes of
 * it.  Exact is UTF-8, in which half a pair of surrogates is three bytes like any
 * other point (WTF-8).  After memory has run out names->text.failed is set.
 */
void kan_ntfs_names_add(struct kan_ntfs_names *names, uint64_t addr, bool live, const uint8_t *p,
                        size_t units);

/** Names of the content of a $FILE_NAME; of no other directory than @dir, unless it is 0. */
void kan_ntfs_names_add_fname(struct kan_ntfs_names *names, uint64_t addr, uint64_t dir,
                              struct kan_view fname);

/** Names in the content of the $INDEX_ROOT of the directory @dir. */
void kan_ntfs_names_add_root(struct kan_ntfs_names *names, uint64_t dir, struct kan_view root);

/** Names in a block of its $INDEX_ALLOCATION, which is repaired in place. */
void kan_ntfs_names_add_block(struct kan_ntfs_names *names, uint64_t dir, uint8_t *block,
                              size_t len);

/** Names of attributes in an MFT record, which is repaired in place. */
void kan_ntfs_names_add_record(struct kan_ntfs_names *names, uint8_t *record, size_t len);

/** Names of attributes in the content of an $ATTRIBUTE_LIST. */
void kan_ntfs_names_add_attrs(struct kan_ntfs_names *names, struct kan_view list);

/**
 * The first from *@i on that belongs to @addr and that Sleuth Kit shows as @shown;
 * *@i is then behind it.  NULL if there is none.
 */
const struct kan_ntfs_name *kan_ntfs_names_next(const struct kan_ntfs_names *names, size_t *i,
                                                uint64_t addr, const char *shown);

/** The exact text of @name; valid until the list changes. */
const char *kan_ntfs_name_exact(const struct kan_ntfs_names *names,
                                const struct kan_ntfs_name *name);

void kan_ntfs_names_reset(struct kan_ntfs_names *names);
void kan_ntfs_names_done(struct kan_ntfs_names *names);

#endif
