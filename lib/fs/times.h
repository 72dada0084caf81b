/* SPDX-License-Identifier: MIT */
/*
 * times.h - the times of a file as its file system stores them
 */
#ifndef KAN_FS_TIMES_H
#define KAN_FS_TIMES_H

#include "fs/session.h"

/**
 * Fill in the times of @out and their units; all are KAN_NO_TIME without
 * metadata.  False if a stored time does not fit into 64-bit nanoseconds and
 * was left out.
 */
bool kan_fs_times(struct kan_fs_session *s, const struct kan_fs_handle *h, TSK_FS_FILE *f,
                  struct kan_file *out);

#endif
