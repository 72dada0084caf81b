/* SPDX-License-Identifier: MIT */
/*
 * stream.h - the bytes of one stream of a file, in a worker
 */
#ifndef KAN_FS_STREAM_H
#define KAN_FS_STREAM_H

#include "fs/session.h"

struct kan_fs_content {
	const struct kan_fs_handle *h;
	TSK_FS_FILE *file;
	const TSK_FS_ATTR *attr;
	uint64_t size; /* of the stream, in bytes */
};

/** False with the error of Sleuth Kit set. */
bool kan_fs_content_open(struct kan_fs_content *c, const struct kan_fs_handle *h,
                         const struct kan_fs_stream *which);
void kan_fs_content_close(struct kan_fs_content *c);

/** Gets bytes in ascending order without holes; false stops. */
typedef bool kan_fs_bytes_fn(void *arg, uint64_t offset, const void *data, size_t len);

/**
 * All bytes of the stream, or with @slack what lies behind its end in its last
 * block.  False if not all could be read, or @fn stopped; *@why says which part.
 */
bool kan_fs_content_walk(const struct kan_fs_content *c, bool slack, kan_fs_bytes_fn *fn, void *arg,
                         const char **why);

/** Bytes of the stream that no block holds. */
uint64_t kan_fs_content_sparse(const struct kan_fs_content *c);

/** NULL, or what is wrong with the places that the bytes come from. */
const char *kan_fs_content_doubt(const struct kan_fs_content *c, const struct kan_tsk_image *img);

#endif
