/* SPDX-License-Identifier: MIT */
/*
 * content.c - bytes of streams, slack and unallocated blocks
 *
 * The worker reads in order and sends what it reads; the parent passes it on.  A
 * worker that dies is started once more, and the caller is told to forget.
 */
#include "core/cleanup.h"
#include "fs/crew.h"
#include "fs/stream.h"

#include <string.h>

/* ---- in the worker ---------------------------------------------------------- */

/* Bytes sent at once. */
static const size_t piece_len = 256u << 10;

struct sender {
	struct kan_fs_answer *a;
	struct kan_buf piece;
	uint64_t offset; /* of piece.data[0] */
};

static bool send_piece(struct sender *s)
{
	if (s->piece.len == 0)
		return s->a->rc == KAN_OK;
	if (kan_buf_check(&s->piece, s->a->err) != KAN_OK) {
		s->a->rc = KAN_ENOMEM;
		return false;
	}
	kan_buf_reset(&s->a->body);
	kan_wire_put_u64(&s->a->body, s->offset);
	kan_wire_put_bytes(&s->a->body, s->piece.data, s->piece.len);
	s->offset += s->piece.len;
	kan_buf_reset(&s->piece);
	return kan_fs_answer_add(s->a, KAN_FS_REC_DATA) == KAN_OK;
}

static bool send_bytes(void *arg, uint64_t offset, const void *data, size_t len)
{
	struct sender *s = arg;

	if (s->piece.len == 0)
		s->offset = offset;
	kan_buf_add(&s->piece, data, len);
	return s->piece.len < piece_len || send_piece(s);
}

static void send_stream(struct kan_fs_session *s, const struct kan_fs_handle *h,
                        const struct kan_fs_stream *which, bool slack, struct sender *to)
{
	struct kan_fs_content c;
	const char *why;

	if (!kan_fs_content_open(&c, h, which)) {
		(void)kan_fs_answer_tsk(to->a, KAN_NO_OFFSET, "", "the stream does not open");
		return;
	}
	(void)kan_fs_content_walk(&c, slack, send_bytes, to, &why);
	(void)send_piece(to);
	if (!why)
		why = kan_fs_content_doubt(&c, s->img);
	if (why)
		(void)kan_fs_answer_tsk(to->a, KAN_NO_OFFSET, "", why);
	kan_fs_content_close(&c);
}

static TSK_WALK_RET_ENUM on_block(const TSK_FS_BLOCK *b, void *arg)
{
	struct sender *s = arg;

	return send_bytes(s, s->offset + s->piece.len, b->buf, b->fs_info->block_size)
	               ? TSK_WALK_CONT
	               : TSK_WALK_STOP;
}

static void send_unallocated(const struct kan_fs_handle *h, struct sender *to)
{
	tsk_error_reset();
	if (tsk_fs_block_walk(h->fs, h->fs->first_block, h->fs->last_block,
	                      TSK_FS_BLOCK_WALK_FLAG_UNALLOC, on_block, to))
		(void)kan_fs_answer_tsk(to->a, KAN_NO_OFFSET, "",
		                        "not all unallocated blocks could be read");
	(void)send_piece(to);
}

int kan_fs_job_read(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	struct sender to = { .a = a };
	const struct kan_fs_handle *h;
	struct kan_fs_stream which;
	struct kan_fs_ref ref;
	uint8_t kind;

	kan_fs_get_ref(req, &ref);
	kind = kan_wire_u8(req);
	kan_fs_get_stream(req, &which);
	if (!kan_wire_end(req))
		return kan_fail(a->err, KAN_EARG, "bad request for content");
	kan_fs_session_fault(s, KAN_FS_OP_READ, ref.number, which.addr);
	h = kan_fs_session_open(s, &ref, a);
	if (h && kind == KAN_CONTENT_UNALLOCATED)
		send_unallocated(h, &to);
	else if (h)
		send_stream(s, h, &which, kind == KAN_CONTENT_SLACK, &to);
	kan_buf_done(&to.piece);
	return KAN_OK;
}

/* ---- in the parent ---------------------------------------------------------- */

struct reader {
	const struct kan_content_events *events;
	struct kan_findings *findings;
	struct kan_worker *worker;
	char subject[96];
	bool complete;
};

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct reader *r = arg;
	struct kan_findings one = { 0 };
	struct kan_view v;
	uint64_t offset;
	int rc;

	if (kind == KAN_FS_REC_DATA) {
		offset = kan_wire_u64(body);
		v = kan_wire_bytes(body);
		if (kan_wire_end(body))
			return r->events->data(r->events->arg, offset, v.data, v.len, err);
	}
	if (kind != KAN_FS_REC_FINDING)
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	r->complete = false;
	rc = kan_fs_take_finding(body, &one, err);
	for (size_t i = 0; i < one.n; i++)
		kan_findings_add(r->findings, one.list[i].kind, one.list[i].offset,
		                 one.list[i].length,
		                 one.list[i].subject[0] ? one.list[i].subject : r->subject, "%s",
		                 one.list[i].detail);
	kan_findings_done(&one);
	return rc;
}

static int take_frame(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	return kan_fs_each_rec(rec, take_rec, arg, err);
}

static void put_request(struct kan_buf *req, const struct kan_filesystem *fs,
                        const struct kan_content *c)
{
	struct kan_fs_stream which = { c->addr, c->attr_type, c->attr_id };
	struct kan_fs_ref ref = kan_fs_ref_of(fs);

	kan_wire_put_u8(req, KAN_FS_OP_READ);
	kan_fs_put_ref(req, &ref);
	kan_wire_put_u8(req, (uint8_t)c->kind);
	kan_fs_put_stream(req, &which);
}

static int ask(struct reader *r, const struct kan_buf *req, size_t i, struct kan_job_result *result,
               struct kan_err *err)
{
	int rc = r->events->begin ? r->events->begin(r->events->arg, i, err) : KAN_OK;

	r->complete = true;
	if (rc == KAN_OK)
		rc = kan_worker_call(r->worker, req->data, req->len, take_frame, r, result, err);
	return rc;
}

static int read_one(struct reader *r, const struct kan_filesystem *fs, const struct kan_content *c,
                    size_t i, struct kan_err *err)
{
	struct kan_job_result result = { 0 };
	struct kan_buf req = { 0 };
	int rc;

	if (c->kind == KAN_CONTENT_UNALLOCATED)
		(void)snprintf(r->subject, sizeof(r->subject), "file system %u, unallocated",
		               c->fs);
	else
		(void)snprintf(r->subject, sizeof(r->subject), "file system %u, address %llu-%u-%u",
		               c->fs, (unsigned long long)c->addr, c->attr_type, c->attr_id);
	put_request(&req, fs, c);
	rc = kan_buf_check(&req, err);
	if (rc == KAN_OK)
		rc = ask(r, &req, i, &result, err);
	if (rc == KAN_OK && result.end != KAN_JOB_DONE && result.end != KAN_JOB_FAILED)
		rc = ask(r, &req, i, &result, err);
	kan_buf_done(&req);
	if (rc != KAN_OK)
		return rc;
	if (result.end != KAN_JOB_DONE) {
		r->complete = false;
		kan_findings_add(r->findings, kan_job_finding(result.end), KAN_NO_OFFSET, 0,
		                 r->subject, "could not be read to its end: %s", result.err.msg);
	}
	return r->events->end ? r->events->end(r->events->arg, i, r->complete, err) : KAN_OK;
}

int kan_content_read(struct kan_image *img, const struct kan_layout *layout,
                     const struct kan_content *wanted, size_t n, const struct kan_fs_opts *opts,
                     const struct kan_content_events *events, struct kan_findings *findings,
                     struct kan_err *err)
{
	struct reader r = { .events = events, .findings = findings };
	struct kan_fs_start start = { .img = img };
	struct kan_worker_opts wopts = {
		.memory_limit = opts ? opts->memory_limit : 0,
		.seconds = opts ? opts->seconds : 0,
		.readable = kan_image_readable(img),
		.arg = &start,
	};
	int rc = kan_worker_start(&r.worker, &kan_fs_worker, &wopts, err);

	for (size_t i = 0; rc == KAN_OK && i < n; i++) {
		uint32_t fs = wanted[i].fs;

		if (fs == 0 || fs > layout->nfilesystems ||
		    layout->filesystems[fs - 1].state != KAN_FS_READABLE)
			rc = kan_fail(err, KAN_EARG, "file system %u cannot be read", fs);
		else
			rc = read_one(&r, &layout->filesystems[fs - 1], &wanted[i], i, err);
	}
	kan_worker_stop(r.worker);
	return rc;
}
