/* SPDX-License-Identifier: MIT */
/*
 * digest.c - digests of streams, in a worker
 *
 * A digest is given only for a stream that was read from its first byte to its
 * last.  Everything else is a finding: no digest is better than one of zeros
 * that nobody wrote.
 */
#include "fs/digests.h"
#include "fs/stream.h"

#include <string.h>

/* Most sparse bytes that are worth hashing; $BadClus:$Bad is as large as its volume. */
static const uint64_t sparse_max = 1ull << 30;

struct states {
	const struct kan_hash *algo[KAN_HASHES_MAX];
	void *state[KAN_HASHES_MAX];
	size_t n;
	struct kan_err err;
};

static void close_states(struct states *st)
{
	for (size_t i = 0; i < st->n; i++)
		if (st->state[i])
			st->algo[i]->close(st->state[i]);
}

static int open_states(struct states *st, struct kan_wire *req, struct kan_err *err)
{
	uint32_t n = kan_wire_u32(req);

	if (n == 0 || n > KAN_HASHES_MAX)
		return kan_fail(err, KAN_EARG, "bad request for digests");
	for (uint32_t i = 0; i < n; i++) {
		int rc;

		st->algo[i] = kan_hash_find(kan_wire_str(req));
		if (!st->algo[i])
			return kan_fail(err, KAN_EARG, "bad request for digests");
		rc = st->algo[i]->open(&st->state[i], err);
		if (rc != KAN_OK)
			return rc;
		st->n++;
	}
	return KAN_OK;
}

static bool update_states(void *arg, uint64_t offset, const void *data, size_t len)
{
	struct states *st = arg;

	(void)offset;
	for (size_t i = 0; i < st->n; i++)
		if (st->algo[i]->update(st->state[i], data, len, &st->err) != KAN_OK)
			return false;
	return true;
}

static int put_refusal(struct kan_fs_answer *a, uint32_t index, enum kan_finding_kind kind,
                       const char *why)
{
	const char *tsk = tsk_error_get_errno() ? tsk_error_get() : NULL;
	char detail[400];

	(void)snprintf(detail, sizeof(detail), "no digest: %s%s%s", why, tsk ? ": " : "",
	               tsk ? tsk : "");
	for (char *p = detail; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	tsk_error_reset();
	kan_buf_reset(&a->body);
	kan_wire_put_u32(&a->body, index);
	kan_wire_put_u32(&a->body, (uint32_t)kind);
	kan_wire_put_str(&a->body, detail);
	return kan_fs_answer_add(a, KAN_FS_REC_DIGEST);
}

/* Finish all states; the hashes are ready for a new message afterwards. */
static int put_digests(struct kan_fs_answer *a, uint32_t index, struct states *st, bool good)
{
	struct kan_digest d[KAN_HASHES_MAX];

	for (size_t i = 0; i < st->n; i++) {
		int rc = st->algo[i]->finish(st->state[i], d[i].bytes, a->err);

		if (rc != KAN_OK)
			return rc;
	}
	if (!good)
		return KAN_OK;
	kan_buf_reset(&a->body);
	kan_wire_put_u32(&a->body, index);
	kan_wire_put_u32(&a->body, KAN_FINDING_NKINDS);
	kan_wire_put_str(&a->body, "");
	for (size_t i = 0; i < st->n; i++)
		kan_wire_put_bytes(&a->body, d[i].bytes, st->algo[i]->digest_len);
	return kan_fs_answer_add(a, KAN_FS_REC_DIGEST);
}

/* Larger than the media, or nearly all of it made up: NULL if it is worth reading. */
static const char *absurd(const struct kan_fs_session *s, const struct kan_fs_content *c,
                          enum kan_finding_kind *kind)
{
	uint64_t sparse = kan_fs_content_sparse(c);

	if ((c->attr->flags & TSK_FS_ATTR_NONRES) && c->attr->nrd.initsize == 0 && c->size > 0) {
		*kind = KAN_FINDING_NOTE;
		return "nothing was ever written to the stream";
	}
	if (sparse > sparse_max) {
		*kind = sparse >= c->size ? KAN_FINDING_NOTE : KAN_FINDING_LIMIT;
		return "the stream is sparse, with more than 1 GiB that no block holds";
	}
	*kind = KAN_FINDING_LIMIT;
	if (c->size > s->src->size && c->size - s->src->size > sparse_max &&
	    !(c->attr->flags & TSK_FS_ATTR_COMP))
		return "the stream claims to be larger than the media";
	return NULL;
}

static int digest_stream(struct kan_fs_session *s, const struct kan_fs_handle *h,
                         const struct kan_fs_stream *which, uint32_t index, struct states *st,
                         struct kan_fs_answer *a)
{
	enum kan_finding_kind kind = KAN_FINDING_UNPARSED;
	struct kan_fs_content c;
	const char *why = NULL;
	size_t gaps = s->img->ngaps;
	int rc;

	if (!kan_fs_content_open(&c, h, which))
		return put_refusal(a, index, kind, "the stream does not open");
	why = absurd(s, &c, &kind);
	if (!why) {
		kind = KAN_FINDING_UNPARSED;
		(void)kan_fs_content_walk(&c, false, update_states, st, &why);
		if (!why)
			why = kan_fs_content_doubt(&c, s->img);
		if (!why && s->img->ngaps > gaps && !(c.attr->flags & TSK_FS_ATTR_NONRES))
			why = "a part of the stream lies in an unreadable range of the media";
	}
	kan_fs_content_close(&c);
	rc = put_digests(a, index, st, why == NULL);
	if (rc == KAN_OK && why)
		rc = put_refusal(a, index, kind, why);
	return rc;
}

static int digest_streams(struct kan_fs_session *s, struct kan_wire *req, struct states *st,
                          struct kan_fs_answer *a)
{
	const struct kan_fs_handle *h;
	struct kan_fs_ref ref;
	uint32_t n;

	kan_fs_get_ref(req, &ref);
	n = kan_wire_u32(req);
	if (req->bad || n > KAN_DIGESTS_BATCH)
		return kan_fail(a->err, KAN_EARG, "bad request for digests");
	h = kan_fs_session_open(s, &ref, a);
	for (uint32_t i = 0; h && i < n; i++) {
		struct kan_fs_stream which;
		int rc;

		kan_fs_get_stream(req, &which);
		if (req->bad)
			return kan_fail(a->err, KAN_EARG, "bad request for digests");
		kan_fs_session_fault(s, KAN_FS_OP_DIGEST, ref.number, which.addr);
		rc = digest_stream(s, h, &which, i, st, a);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

int kan_fs_job_digest(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	struct states st = { .n = 0 };
	int rc = open_states(&st, req, a->err);

	if (rc == KAN_OK)
		rc = digest_streams(s, req, &st, a);
	close_states(&st);
	return rc;
}
