/* SPDX-License-Identifier: MIT */
/*
 * ntfs_exact.h - the exact names of a directory of NTFS, in a worker
 */
#ifndef KAN_FS_NTFS_EXACT_H
#define KAN_FS_NTFS_EXACT_H

#include "fs/ntfs_names.h"

#include <tsk/libtsk.h>

/** What is known of the directory that is being listed.  All zero is nothing. */
struct kan_ntfs_exact {
	struct kan_ntfs_names index;   /* names in the directory itself */
	struct kan_ntfs_names files;   /* of the $FILE_NAME of one file */
	struct kan_ntfs_names streams; /* of one file */
	TSK_FS_FILE *mft;
	bool full; /* more names than are kept */
};

/** Read the index of the directory @dir of @fs. */
void kan_ntfs_exact_open(struct kan_ntfs_exact *x, TSK_FS_INFO *fs, uint64_t dir);

/**
 * The exact forms of the name of @f, one after another: with *@i zero the first.
 * The text that Sleuth Kit shows if it is exact itself.  NULL behind the last.
 */
const char *kan_ntfs_exact_name(struct kan_ntfs_exact *x, TSK_FS_FILE *f, size_t *i);

/** The exact name of a stream of @f; "" if it has none. */
const char *kan_ntfs_exact_stream(struct kan_ntfs_exact *x, TSK_FS_FILE *f,
                                  const TSK_FS_ATTR *attr);

/** True if memory has run out, so that names are missing. */
bool kan_ntfs_exact_failed(const struct kan_ntfs_exact *x);

void kan_ntfs_exact_close(struct kan_ntfs_exact *x);

#endif
