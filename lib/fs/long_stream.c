/* SPDX-License-Identifier: MIT */
/*
 * long_stream.c - digests of a stream that is too long for one job, in the parent
 *
 * One worker reads it, part after part, and answers with the last.  A worker
 * that dies has lost what it knew; the stream is not begun again, because what
 * killed it is most likely still there.
 */
#include "fs/long_stream.h"

/* Parts of one stream: 512 MiB each, so the largest stream is 512 PiB. */
static const uint64_t parts_max = 1ull << 30;

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct kan_long_result *out = arg;

	if (kind == KAN_FS_REC_FINDING)
		return kan_fs_take_finding(body, out->findings, err);
	if (kind != KAN_FS_REC_DIGEST || out->digest.len > 0)
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	kan_buf_add(&out->digest, body->v.data, body->v.len);
	return kan_buf_check(&out->digest, err);
}

static int take_frame(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	return kan_fs_each_rec(rec, take_rec, arg, err);
}

static int ask(struct kan_long_result *out, struct kan_worker *worker,
               const struct kan_long_stream *s, uint64_t offset, struct kan_err *err)
{
	struct kan_buf req = { 0 };
	int rc;

	kan_wire_put_u8(&req, KAN_FS_OP_PART);
	kan_wire_put_u32(&req, (uint32_t)s->set->n);
	for (size_t i = 0; i < s->set->n; i++)
		kan_wire_put_str(&req, s->set->algo[i]->name);
	kan_fs_put_ref(&req, &s->ref);
	kan_fs_put_stream(&req, &s->which);
	kan_wire_put_u64(&req, offset);
	rc = kan_buf_check(&req, err);
	if (rc == KAN_OK)
		rc = kan_worker_call(worker, req.data, req.len, take_frame, out, &out->job, err);
	kan_buf_done(&req);
	return rc;
}

int kan_long_stream_read(struct kan_long_result *out, struct kan_worker *worker,
                         const struct kan_long_stream *s, struct kan_err *err)
{
	for (uint64_t i = 0; i < parts_max; i++) {
		int rc = ask(out, worker, s, i * s->part_len, err);

		if (rc != KAN_OK || out->job.end != KAN_JOB_DONE || out->digest.len > 0)
			return rc;
	}
	return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
}
