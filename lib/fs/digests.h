/* SPDX-License-Identifier: MIT */
/*
 * digests.h - digests for file records on their way to the caller, in the parent
 */
#ifndef KAN_FS_DIGESTS_H
#define KAN_FS_DIGESTS_H

#include "fs/session.h"

/** Streams in one job; few, because a crash is looked into one by one. */
#define KAN_DIGESTS_BATCH 64u

/** Streams of more bytes than this are read in several jobs, each of so many bytes. */
#define KAN_DIGESTS_PART (512ull << 20)

static inline uint64_t kan_digests_part_len(const struct kan_fs_start *start)
{
	return start->fault && start->fault->part_len ? start->fault->part_len : KAN_DIGESTS_PART;
}

struct kan_digests;

/** Everything is borrowed and must outlive *@out. */
KAN_MUST_CHECK int kan_digests_new(struct kan_digests **out, struct kan_fs_start *start,
                                   const struct kan_layout *layout, const struct kan_fs_opts *opts,
                                   struct kan_findings *findings, struct kan_err *err);

/** Where the records go, in the order of adding. */
void kan_digests_to(struct kan_digests *d, kan_file_fn *fn, void *arg);

/** Add a copy of @f.  Now and then all that were added get their digests and go on. */
KAN_MUST_CHECK int kan_digests_add(struct kan_digests *d, const struct kan_file *f,
                                   struct kan_err *err);

/** Pass on what is still here. */
KAN_MUST_CHECK int kan_digests_flush(struct kan_digests *d, struct kan_err *err);

/** @d may be NULL. */
void kan_digests_free(struct kan_digests *d);

#endif
