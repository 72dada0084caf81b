/* SPDX-License-Identifier: MIT */
/*
 * rows.h - file records on their way through the sorter
 *
 * The key is what the order of kan_files_walk() is made of; the data are the
 * numbers of the file and which try of which job brought them, because the
 * records of a job that is tried again must not come out twice.
 */
#ifndef KAN_FS_ROWS_H
#define KAN_FS_ROWS_H

#include "core/sort.h"
#include "fs/proto.h"

/** Longest path in bytes, so that a record always fits into the sorter. */
#define KAN_FS_PATH_MAX 65536u
/** Longest name of a stream, and longest target of a link, in bytes. */
#define KAN_FS_TEXT_MAX 65536u

/** Where a record comes from. */
struct kan_fs_try {
	uint64_t tag;
	uint32_t attempt;
};

/** Attempts whose records do not count. */
struct kan_fs_tries {
	struct kan_fs_try *list;
	size_t n;
	size_t room;
};

KAN_MUST_CHECK int kan_fs_tries_add(struct kan_fs_tries *t, struct kan_fs_try which,
                                    struct kan_err *err);
bool kan_fs_tries_has(const struct kan_fs_tries *t, struct kan_fs_try which);

/** Buffers that are used again for every row. */
struct kan_fs_rows {
	struct kan_sort *sort;
	struct kan_buf key;
	struct kan_buf data;
};

/** Add @f, whose strings are set. */
KAN_MUST_CHECK int kan_fs_rows_add(struct kan_fs_rows *r, const struct kan_file *f,
                                   struct kan_fs_try from, struct kan_err *err);

/** The row of a sorted record; strings point into the record. */
KAN_MUST_CHECK int kan_fs_row_of(struct kan_file *out, struct kan_fs_try *from, struct kan_view key,
                                 struct kan_view data, struct kan_err *err);

void kan_fs_rows_done(struct kan_fs_rows *r);

#endif
