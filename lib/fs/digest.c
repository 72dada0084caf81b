/* SPDX-License-Identifier: MIT */
/*
 * digest.c - digests of streams, in a worker
 *
 * A digest is given only for a stream that was read from its first byte to its
 * last.  Everything else is a finding: no digest is better than one of zeros
 * that nobody wrote.
 */
#include "fs/digests.h"
#include "fs/states.h"

#include <string.h>

static int digest_stream(struct kan_fs_session *s, const struct kan_fs_handle *h,
                         const struct kan_fs_stream *which, uint32_t index, struct kan_states *st,
                         struct kan_fs_answer *a)
{
	enum kan_finding_kind kind = KAN_FINDING_UNPARSED;
	struct kan_fs_content c;
	const char *why = NULL;
	size_t gaps = s->img->ngaps;
	int rc;

	if (!kan_fs_content_open(&c, h, which))
		return kan_states_refuse(a, index, kind, "the stream does not open");
	why = kan_states_absurd(s, &c, &kind);
	if (!why) {
		kind = KAN_FINDING_UNPARSED;
		(void)kan_fs_content_walk(&c, false, kan_states_update, st, &why);
		if (!why)
			why = kan_fs_content_doubt(&c, s->img);
		if (!why && s->img->ngaps > gaps && !(c.attr->flags & TSK_FS_ATTR_NONRES))
			why = "a part of the stream lies in an unreadable range of the media";
	}
	kan_fs_content_close(&c);
	rc = kan_states_answer(a, index, st, why == NULL);
	if (rc == KAN_OK && why)
		rc = kan_states_refuse(a, index, kind, why);
	return rc;
}

static int digest_streams(struct kan_fs_session *s, struct kan_wire *req, struct kan_states *st,
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
	struct kan_states st = { .n = 0 };
	int rc = kan_states_open(&st, req, a->err);

	if (rc == KAN_OK)
		rc = digest_streams(s, req, &st, a);
	kan_states_close(&st);
	return rc;
}
