/* SPDX-License-Identifier: MIT */
/*
 * unallocated.c - ranges that no file owns
 *
 * Blocks come from Sleuth Kit one by one, without their content; neighbours are
 * joined.  Volumes of one APFS container share their free blocks, which are told
 * once, for the first of them that is read.
 */
#include "fs/session.h"

/* ---- in the worker ---------------------------------------------------------- */

struct ranger {
	struct kan_fs_answer *a;
	const struct kan_fs_handle *h;
	uint64_t offset; /* of the range in the making */
	uint64_t length; /* 0: none */
};

static bool put_range(struct ranger *r)
{
	if (r->length > 0) {
		kan_buf_reset(&r->a->body);
		kan_wire_put_u64(&r->a->body, r->offset);
		kan_wire_put_u64(&r->a->body, r->length);
		(void)kan_fs_answer_add(r->a, KAN_FS_REC_RANGE);
	}
	r->length = 0;
	return r->a->rc == KAN_OK;
}

static TSK_WALK_RET_ENUM on_block(const TSK_FS_BLOCK *b, void *arg)
{
	struct ranger *r = arg;
	uint64_t size = b->fs_info->block_size, at;

	if (!kan_fs_handle_place(&at, r->h, (uint64_t)b->addr))
		return TSK_WALK_ERROR;
	if (r->length > 0 && at == r->offset + r->length) {
		r->length += size;
		return TSK_WALK_CONT;
	}
	if (!put_range(r))
		return TSK_WALK_STOP;
	r->offset = at;
	r->length = size;
	return TSK_WALK_CONT;
}

int kan_fs_job_free(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	struct ranger r = { .a = a };
	struct kan_fs_ref ref;
	TSK_FS_INFO *fs;

	kan_fs_get_ref(req, &ref);
	if (!kan_wire_end(req))
		return kan_fail(a->err, KAN_EARG, "bad request for unallocated ranges");
	r.h = kan_fs_session_open(s, &ref, a);
	if (!r.h)
		return KAN_OK;
	fs = r.h->fs;
	tsk_error_reset();
	if (tsk_fs_block_walk(fs, fs->first_block, fs->last_block_act,
	                      (TSK_FS_BLOCK_WALK_FLAG_ENUM)(TSK_FS_BLOCK_WALK_FLAG_UNALLOC |
	                                                    TSK_FS_BLOCK_WALK_FLAG_AONLY),
	                      on_block, &r))
		(void)kan_fs_answer_tsk(a, ref.offset, ref.type,
		                        "not all unallocated ranges could be found");
	(void)put_range(&r);
	return KAN_OK;
}

/* ---- in the parent ---------------------------------------------------------- */

struct taker {
	kan_range_fn *fn;
	void *arg;
	uint32_t fs;
	struct kan_findings *findings;
};

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct taker *t = arg;
	uint64_t offset, length;

	if (kind == KAN_FS_REC_FINDING)
		return kan_fs_take_finding(body, t->findings, err);
	offset = kan_wire_u64(body);
	length = kan_wire_u64(body);
	if (kind != KAN_FS_REC_RANGE || !kan_wire_end(body))
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	return t->fn(t->arg, t->fs, offset, length, err);
}

static int take_frame(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	return kan_fs_each_rec(rec, take_rec, arg, err);
}

static int ask(struct kan_worker *worker, const struct kan_filesystem *fs, struct taker *t,
               struct kan_err *err)
{
	struct kan_job_result result = { 0 };
	struct kan_fs_ref ref = kan_fs_ref_of(fs);
	struct kan_buf req = { 0 };
	int rc;

	kan_wire_put_u8(&req, KAN_FS_OP_FREE);
	kan_fs_put_ref(&req, &ref);
	t->fs = fs->number;
	rc = kan_buf_check(&req, err);
	if (rc == KAN_OK)
		rc = kan_worker_call(worker, req.data, req.len, take_frame, t, &result, err);
	kan_buf_done(&req);
	if (rc == KAN_OK && result.end != KAN_JOB_DONE)
		kan_findings_add(t->findings, kan_job_finding(result.end), fs->offset, 0, fs->type,
		                 "not all unallocated ranges could be found: %s", result.err.msg);
	return rc;
}

/* True for the second and later volumes of an APFS container. */
static bool is_told(const struct kan_layout *layout, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (layout->filesystems[k].state == KAN_FS_READABLE &&
		    layout->filesystems[k].pool_block != 0 &&
		    layout->filesystems[i].pool_block != 0 &&
		    layout->filesystems[k].offset == layout->filesystems[i].offset)
			return true;
	return false;
}

int kan_unallocated_walk(struct kan_image *img, const struct kan_layout *layout,
                         const struct kan_fs_opts *opts, kan_range_fn *fn, void *arg,
                         struct kan_findings *findings, struct kan_err *err)
{
	struct taker t = { .fn = fn, .arg = arg, .findings = findings };
	struct kan_fs_start start = { .img = img };
	struct kan_worker_opts wopts = {
		.memory_limit = opts ? opts->memory_limit : 0,
		.seconds = opts ? opts->seconds : 0,
		.readable = kan_image_readable(img),
		.arg = &start,
	};
	struct kan_worker *worker = NULL;
	int rc = kan_worker_start(&worker, &kan_fs_worker, &wopts, err);

	for (size_t i = 0; rc == KAN_OK && i < layout->nfilesystems; i++)
		if (layout->filesystems[i].state == KAN_FS_READABLE && !is_told(layout, i))
			rc = ask(worker, &layout->filesystems[i], &t, err);
	kan_worker_stop(worker);
	return rc;
}
