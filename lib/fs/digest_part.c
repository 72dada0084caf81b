/* SPDX-License-Identifier: MIT */
/*
 * digest_part.c - the digest of one large stream, a part in each job
 *
 * A job has a time limit, so that a hang is noticed, and a large stream has a
 * size that no limit fits.  The worker keeps the stream and its hashes between
 * jobs; each job goes on where the one before ended.  If the worker was started
 * again in between, what it kept is gone: that is an error and no digest.
 */
#include "fs/digests.h"
#include "fs/states.h"

/* Bytes read at once. */
static const size_t read_len = 1u << 20;

struct kan_fs_part {
	struct kan_fs_content content;
	struct kan_states states;
	struct kan_fs_stream which;
	uint32_t fs;
	uint64_t next;
};

void kan_fs_part_free(struct kan_fs_part *p)
{
	if (!p)
		return;
	kan_states_close(&p->states);
	kan_fs_content_close(&p->content);
	free(p);
}

static void forget(struct kan_fs_session *s)
{
	kan_fs_part_free(s->part);
	s->part = NULL;
}

/* Open the stream; false after answering that it cannot be read, or failing. */
static bool begin(struct kan_fs_session *s, const struct kan_fs_ref *ref, struct kan_fs_part *p,
                  struct kan_fs_answer *a)
{
	const struct kan_fs_handle *h = kan_fs_session_open(s, ref, a);
	enum kan_finding_kind kind;
	const char *why;

	if (!h)
		return false;
	if (!kan_fs_content_open(&p->content, h, &p->which)) {
		(void)kan_states_refuse(a, 0, KAN_FINDING_UNPARSED, "the stream does not open");
		return false;
	}
	why = kan_states_absurd(s, &p->content, &kind);
	if (why)
		(void)kan_states_refuse(a, 0, kind, why);
	return !why;
}

/* One part; NULL, or why it could not be read. */
static const char *read_part(struct kan_fs_part *p, uint64_t part_len)
{
	uint64_t left = p->content.size - p->next;
	uint64_t end = p->next + (left < part_len ? left : part_len);
	char *buf = malloc(read_len);
	const char *why = buf ? NULL : "out of memory";

	tsk_error_reset();
	while (!why && p->next < end) {
		size_t len = end - p->next < read_len ? (size_t)(end - p->next) : read_len;
		ssize_t n = tsk_fs_attr_read(p->content.attr, (TSK_OFF_T)p->next, buf, len,
		                             TSK_FS_FILE_READ_FLAG_NONE);

		if (n < 0 || (size_t)n != len)
			why = "not all of the stream could be read";
		else if (!kan_states_update(&p->states, p->next, buf, len))
			why = "a hash has failed";
		p->next += len;
	}
	free(buf);
	return why;
}

static int go_on(struct kan_fs_session *s, struct kan_fs_answer *a)
{
	struct kan_fs_part *p = s->part;
	const char *why = read_part(p, kan_digests_part_len(s->start));
	int rc = KAN_OK;

	if (!why)
		why = kan_fs_content_doubt(&p->content, s->img);
	if (why)
		rc = kan_states_refuse(a, 0, KAN_FINDING_UNPARSED, why);
	else if (p->next < p->content.size)
		return KAN_OK;
	else
		rc = kan_states_answer(a, 0, &p->states, true);
	forget(s);
	return rc;
}

int kan_fs_job_part(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	struct kan_fs_part *p = calloc(1, sizeof(*p));
	struct kan_fs_ref ref;
	uint64_t offset;
	int rc;

	if (!p)
		return kan_fail(a->err, KAN_ENOMEM, "out of memory");
	rc = kan_states_open(&p->states, req, a->err);
	kan_fs_get_ref(req, &ref);
	kan_fs_get_stream(req, &p->which);
	offset = kan_wire_u64(req);
	p->fs = ref.number;
	if (rc == KAN_OK && !kan_wire_end(req))
		rc = kan_fail(a->err, KAN_EARG, "bad request for a digest");
	if (rc == KAN_OK)
		kan_fs_session_fault(s, KAN_FS_OP_PART, ref.number, p->which.addr);
	if (rc == KAN_OK && offset == 0) {
		forget(s);
		if (!begin(s, &ref, p, a)) {
			kan_fs_part_free(p);
			return KAN_OK;
		}
		s->part = p;
		return go_on(s, a);
	}
	if (rc == KAN_OK && (!s->part || s->part->next != offset || s->part->fs != p->fs ||
	                     s->part->which.addr != p->which.addr))
		rc = kan_fail(a->err, KAN_EWORKER, "the part before this one is not known");
	kan_fs_part_free(p);
	return rc == KAN_OK ? go_on(s, a) : rc;
}
