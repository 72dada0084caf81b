/* SPDX-License-Identifier: MIT */
/*
 * answer.h - records of a worker, gathered into frames
 */
#ifndef KAN_FS_ANSWER_H
#define KAN_FS_ANSWER_H

#include "fs/proto.h"

/** One answer in the making.  The first failure stays in rc and err. */
struct kan_fs_answer {
	struct kan_worker_reply *reply;
	struct kan_buf frame;
	struct kan_buf body; /* of the record being built */
	struct kan_err *err;
	int rc;
};

/** Add the record whose body is in a->body, and empty a->body. */
int kan_fs_answer_add(struct kan_fs_answer *a, enum kan_fs_rec kind);

/** Add a finding. */
int kan_fs_answer_finding(struct kan_fs_answer *a, enum kan_finding_kind kind, uint64_t offset,
                          uint64_t length, const char *subject, const char *fmt, ...)
	KAN_PRINTF(6, 7);

/** The same with what Sleuth Kit says about its last failure, which is then forgotten. */
int kan_fs_answer_tsk(struct kan_fs_answer *a, uint64_t offset, const char *subject,
                      const char *what);

/** Send what is left, release the buffers, and return the first failure. */
KAN_MUST_CHECK int kan_fs_answer_end(struct kan_fs_answer *a);

#endif
