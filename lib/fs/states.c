/* SPDX-License-Identifier: MIT */
/*
 * states.c - the hashes of one stream in a worker, and what comes of them
 */
#include "fs/states.h"

/* Most sparse bytes that are worth hashing; $BadClus:$Bad is as large as its volume. */
static const uint64_t sparse_max = 1ull << 30;

void kan_states_close(struct kan_states *st)
{
	for (size_t i = 0; i < st->n; i++)
		st->algo[i]->close(st->state[i]);
	st->n = 0;
}

int kan_states_open(struct kan_states *st, struct kan_wire *req, struct kan_err *err)
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

bool kan_states_update(void *arg, uint64_t offset, const void *data, size_t len)
{
	struct kan_states *st = arg;

	(void)offset;
	for (size_t i = 0; i < st->n; i++)
		if (st->algo[i]->update(st->state[i], data, len, &st->err) != KAN_OK)
			return false;
	return true;
}

int kan_states_refuse(struct kan_fs_answer *a, uint32_t index, enum kan_finding_kind kind,
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
int kan_states_answer(struct kan_fs_answer *a, uint32_t index, struct kan_states *st, bool good)
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
const char *kan_states_absurd(const struct kan_fs_session *s, const struct kan_fs_content *c,
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
