/* SPDX-License-Identifier: MIT */
/*
 * sidecar.c - read the record of an acquisition, and its leaves
 *
 * The files are as hostile as the image: only regular files are read, up to a limit.
 * Leaves count only if they lead to the root in the record, so that nobody who changes
 * both a block and its line can make it look sound.
 */
#include "verify/sidecar.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)

/* One file beside the image. */
struct beside {
	char *path;
	uint8_t *data;
	size_t len;
	bool there; /* and its bytes are in data; if not, absent, or a finding says why */
	bool absent;
};

static void kan_drop_beside(struct beside *b)
{
	free(b->path);
	free(b->data);
}

static int name_it(struct beside *b, const char *image, const char *suffix, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf path = { 0 };
	int rc;

	kan_buf_puts(&path, image);
	kan_buf_puts(&path, suffix);
	rc = kan_buf_check(&path, err);
	if (rc == KAN_OK)
		b->path = KAN_STEAL(path.data);
	return rc;
}

static void refuse(const struct beside *b, struct kan_findings *findings, const char *why)
{
	kan_findings_add(findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0, kan_base_name(b->path),
	                 "%s", why);
}

/* Read all of @f, which is open. */
static int read_whole(struct beside *b, const struct kan_evidence_file *f, uint64_t max,
                      struct kan_findings *findings, struct kan_err *err)
{
	uint64_t bad = 0;
	int rc;

	if (f->device) {
		refuse(b, findings, "is a device and not read");
		return KAN_OK;
	}
	if (f->size > max) {
		kan_findings_add(findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0,
		                 kan_base_name(b->path),
		                 "has %" PRIu64 " bytes, which is more than the %" PRIu64
		                 " that it can have",
		                 f->size, max);
		return KAN_OK;
	}
	b->len = (size_t)f->size;
	b->data = malloc(b->len + 1);
	if (!b->data)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %s", b->path);
	rc = kan_evidence_file_read(f, 0, b->data, b->len, NULL, &bad, err);
	if (rc == KAN_OK && bad > 0)
		refuse(b, findings, "cannot be read to its end");
	b->there = rc == KAN_OK && bad == 0;
	return rc;
}

/* A file that cannot be opened is a finding, one that is not there is nothing. */
static int load(struct beside *b, const char *image, const char *suffix, uint64_t max,
                struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	struct kan_err why = { 0 };
	int rc = name_it(b, image, suffix, err);

	if (rc != KAN_OK)
		return rc;
	rc = kan_evidence_file_open(&f, b->path, &why);
	if (rc == KAN_OK)
		return read_whole(b, &f, max, findings, err);
	if (rc == KAN_ENOMEM)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %s", b->path);
	b->absent = rc == KAN_EIO && (why.os_errno == ENOENT || why.os_errno == ENOTDIR);
	if (!b->absent)
		refuse(b, findings,
		       rc == KAN_EIO ? "cannot be opened" : "is no regular file and not read");
	return KAN_OK;
}

/* The leaves lead to the root of the record, or they are not used. */
static int check_root(struct kan_sidecar *s, struct kan_tree **tree, const struct beside *b,
                      struct kan_findings *findings, struct kan_err *err)
{
	uint8_t root[KAN_TREE_HASH];
	char hex[2 * KAN_TREE_HASH + 1];
	int rc = kan_tree_root(root, *tree, err);

	if (rc != KAN_OK)
		return rc;
	kan_hash_hex(hex, root, sizeof(root));
	if (strcmp(hex, s->record.tree_root) == 0)
		s->recorded = KAN_STEAL(*tree);
	else
		kan_findings_add(
			findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0, kan_base_name(b->path),
			"its leaves give the root %s, the record has %s", hex, s->record.tree_root);
	return KAN_OK;
}

static int load_blocks(struct kan_sidecar *s, const char *image, struct kan_findings *findings,
                       struct kan_err *err)
{
	KAN_AUTO(beside) struct beside b = { 0 };
	KAN_AUTO(tree) struct kan_tree *tree = NULL;
	uint64_t size = s->record.tree_leaves * KAN_TREE_LINE; /* leaves are at most 2^44 */
	struct kan_err why = { 0 };
	int rc = load(&b, image, ".blocks",
	              size < KAN_SIDECAR_BLOCKS_MAX ? size : KAN_SIDECAR_BLOCKS_MAX, findings, err);

	if (rc == KAN_OK && b.absent)
		refuse(&b, findings, "is not there, although the record has a tree");
	if (rc != KAN_OK || !b.there)
		return rc;
	rc = kan_tree_read(&tree, (const char *)b.data, b.len, s->record.media_size, &why);
	if (rc == KAN_ENOMEM)
		return kan_fail(err, KAN_ENOMEM, "%s", why.msg);
	if (rc == KAN_OK)
		return check_root(s, &tree, &b, findings, err);
	refuse(&b, findings, why.msg);
	return KAN_OK;
}

/* The journal is there only while the image is being made. */
static int look_for_journal(const char *image, struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(beside) struct beside b = { 0 };
	struct stat st;
	int rc = name_it(&b, image, ".journal", err);

	if (rc == KAN_OK && lstat(b.path, &st) == 0)
		kan_findings_add(findings, KAN_FINDING_TRUNCATED, KAN_NO_OFFSET, 0,
		                 kan_base_name(b.path),
		                 "the acquisition is not finished; kanshiki image --resume "
		                 "continues it");
	return rc;
}

int kan_sidecar_load(struct kan_sidecar *out, const char *path, struct kan_findings *findings,
                     struct kan_err *err)
{
	KAN_AUTO(beside) struct beside b = { 0 };
	KAN_AUTO(sidecar) struct kan_sidecar s = { 0 };
	struct kan_err why = { 0 };
	int rc = look_for_journal(path, findings, err);

	if (rc == KAN_OK)
		rc = load(&b, path, ".json", KAN_RECORD_FILE_MAX, findings, err);
	if (rc != KAN_OK)
		return rc;
	s.refused = !b.absent;
	if (b.there) {
		rc = kan_record_read(&s.record, (const char *)b.data, b.len, &why);
		if (rc == KAN_ENOMEM)
			return kan_fail(err, KAN_ENOMEM, "%s", why.msg);
		s.there = rc == KAN_OK;
		s.refused = !s.there;
		if (!s.there)
			kan_findings_add(findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0,
			                 kan_base_name(b.path), "is no record: %s", why.msg);
	}
	rc = s.there && s.record.tree_root[0] ? load_blocks(&s, path, findings, err) : KAN_OK;
	if (rc != KAN_OK)
		return rc;
	*out = s;
	s = (struct kan_sidecar){ 0 };
	return KAN_OK;
}

void kan_sidecar_done(struct kan_sidecar *s)
{
	kan_record_done(&s->record);
	kan_tree_free(s->recorded);
	*s = (struct kan_sidecar){ 0 };
}
