/* SPDX-License-Identifier: MIT */
/*
 * block.c - prove one block of an image, and read nothing else of it
 *
 * The leaf comes from the bytes of the image, the other hashes of the way to the root
 * from IMAGE.blocks, the root from IMAGE.json (RFC 9162, section 2.1.3).
 */
#include "core/cleanup.h"
#include "verify/sidecar.h"

#include <inttypes.h>
#include <string.h>

static void kan_drop_block(struct kan_verify_block *b)
{
	kan_verify_block_done(b);
}

/* One step up: SHA-256 of 0x01 and both hashes. */
static int join(uint8_t *out, const uint8_t *left, const uint8_t *right, struct kan_err *err)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	uint8_t both[1 + 2 * KAN_TREE_HASH] = { 1 };
	void *state = NULL;
	int rc = sha256 ? sha256->open(&state, err) : kan_fail(err, KAN_EUNSUPPORTED, "no SHA-256");

	if (rc != KAN_OK)
		return rc;
	memcpy(both + 1, left, KAN_TREE_HASH);
	memcpy(both + 1 + KAN_TREE_HASH, right, KAN_TREE_HASH);
	rc = sha256->update(state, both, sizeof(both), err);
	if (rc == KAN_OK)
		rc = sha256->finish(state, out, err);
	sha256->close(state);
	return rc;
}

/* On which side each hash stands, and what each step gives (2.1.3.2). */
static int climb(struct kan_verify_block *b, struct kan_err *err)
{
	uint64_t fn = b->block, sn = b->nleaves - 1;
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < b->nproof; i++) {
		b->left[i] = (fn & 1) != 0 || fn == sn;
		rc = b->left[i] ? join(b->nodes[i + 1], b->proof[i], b->nodes[i], err)
		                : join(b->nodes[i + 1], b->nodes[i], b->proof[i], err);
		while (b->left[i] && (fn & 1) == 0 && fn != 0) {
			fn >>= 1;
			sn >>= 1;
		}
		fn >>= 1;
		sn >>= 1;
	}
	return rc;
}

static int read_leaf(struct kan_verify_block *b, struct kan_source *src, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *data = malloc(KAN_TREE_BLOCK);
	int rc;

	if (!data)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a block");
	rc = kan_source_read(src, b->offset, data, (size_t)b->length, &b->findings, err);
	return rc == KAN_OK ? kan_tree_leaf(b->nodes[0], data, (size_t)b->length, err) : rc;
}

/* The record and its leaves, or why not. */
static int need(struct kan_sidecar *s, const char *path, struct kan_findings *findings,
                struct kan_err *err)
{
	int rc = kan_sidecar_load(s, path, findings, err);

	if (rc != KAN_OK || s->recorded)
		return rc;
	for (size_t i = 0; i < findings->n; i++)
		if (findings->list[i].kind == KAN_FINDING_RECORD)
			return kan_fail(err, KAN_EFORMAT, "%s: %s", findings->list[i].subject,
			                findings->list[i].detail);
	if (s->there)
		return kan_fail(err, KAN_EFORMAT, "%s.json has no tree", path);
	return kan_fail(err, KAN_EFORMAT,
	                "%s.json is not there: a block is proven by the record of "
	                "its acquisition",
	                path);
}

static int place(struct kan_verify_block *b, const struct kan_sidecar *s,
                 const struct kan_image_info *info, struct kan_err *err)
{
	uint64_t size = info->size;

	b->nleaves = kan_tree_leaves(s->recorded);
	if (b->block >= b->nleaves)
		return kan_fail(err, KAN_EARG,
		                "%s: there is no block %" PRIu64 ": the record has %" PRIu64
		                ", counted from 0",
		                kan_verify_subject(info), b->block, b->nleaves);
	b->offset = b->block * KAN_TREE_BLOCK;
	b->length = b->offset < size ? size - b->offset : 0;
	if (b->length > KAN_TREE_BLOCK)
		b->length = KAN_TREE_BLOCK;
	if (b->length == 0)
		return kan_fail(err, KAN_EARG,
		                "%s: block %" PRIu64 " is behind the end of the media",
		                kan_verify_subject(info), b->block);
	memcpy(b->root, s->record.tree_root, sizeof(b->root));
	kan_hash_hex(b->recorded, kan_tree_leaf_of(s->recorded, b->block), KAN_TREE_HASH);
	return KAN_OK;
}

static int prove(struct kan_verify_block *b, const struct kan_sidecar *s,
                 const struct kan_image_info *info, struct kan_err *err)
{
	char hex[2 * KAN_TREE_HASH + 1];
	int rc = kan_tree_proof(b->proof, &b->nproof, s->recorded, b->block, err);

	if (rc == KAN_OK)
		rc = climb(b, err);
	if (rc != KAN_OK)
		return rc;
	kan_hash_hex(hex, b->nodes[b->nproof], KAN_TREE_HASH);
	if (strcmp(hex, b->root) == 0) {
		b->verdict = KAN_VERDICT_MATCH;
		return KAN_OK;
	}
	b->verdict = KAN_VERDICT_MISMATCH;
	kan_findings_add(&b->findings, KAN_FINDING_RECORD, b->offset, b->length,
	                 kan_verify_subject(info), "the block is not as it was recorded");
	return KAN_OK;
}

int kan_verify_block(struct kan_verify_block *out, struct kan_image *img, uint64_t block,
                     struct kan_err *err)
{
	const struct kan_image_info *info = kan_image_info(img);
	KAN_AUTO(block) struct kan_verify_block b = { .block = block };
	KAN_AUTO(sidecar) struct kan_sidecar s = { 0 };
	int rc;

	if (info->nsegments == 0)
		return kan_fail(err, KAN_EARG, "the image has no file");
	rc = need(&s, info->segments[0].path, &b.findings, err);
	if (rc == KAN_OK)
		rc = place(&b, &s, info, err);
	if (rc == KAN_OK)
		rc = read_leaf(&b, kan_image_source(img), err);
	if (rc == KAN_OK)
		rc = prove(&b, &s, info, err);
	if (rc != KAN_OK)
		return rc;
	*out = b;
	b = (struct kan_verify_block){ 0 };
	return KAN_OK;
}

void kan_verify_block_done(struct kan_verify_block *b)
{
	kan_findings_done(&b->findings);
}
