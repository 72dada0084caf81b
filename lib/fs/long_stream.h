/* SPDX-License-Identifier: MIT */
/*
 * long_stream.h - digests of a stream that is too long for one job, in the parent
 */
#ifndef KAN_FS_LONG_STREAM_H
#define KAN_FS_LONG_STREAM_H

#include "fs/session.h"

struct kan_long_stream {
	const struct kan_hash_set *set;
	struct kan_fs_ref ref;
	struct kan_fs_stream which;
	uint64_t part_len; /* bytes of a job, as the worker has them */
};

/** What came of it. */
struct kan_long_result {
	struct kan_buf digest;         /* body of a KAN_FS_REC_DIGEST; empty: none came */
	struct kan_findings *findings; /* borrowed */
	struct kan_job_result job;     /* of the last part */
};

/** Ask @worker part after part until it has answered or failed. */
KAN_MUST_CHECK int kan_long_stream_read(struct kan_long_result *out, struct kan_worker *worker,
                                        const struct kan_long_stream *s, struct kan_err *err);

#endif
