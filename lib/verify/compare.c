/* SPDX-License-Identifier: MIT */
/*
 * compare.c - an image against the record of its acquisition
 *
 * A block whose leaf is not as it was recorded is named; all others are proven to be
 * what was read from the drive, whatever became of the rest of the image.
 */
#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "verify/sidecar.h"

#include <inttypes.h>
#include <string.h>

/* Bytes of block @i in a medium of @size bytes; 0 behind its end. */
static uint64_t length_of(uint64_t size, uint64_t i)
{
	uint64_t start = i * KAN_TREE_BLOCK;

	if (start >= size)
		return 0;
	return size - start < KAN_TREE_BLOCK ? size - start : KAN_TREE_BLOCK;
}

static void prove(struct kan_verify_result *r, uint64_t n, uint64_t bytes)
{
	r->blocks_proven += n;
	r->bytes_proven += bytes;
}

/* Leaf by leaf. */
static void compare_leaves(struct kan_verify_result *r, const struct kan_sidecar *s, uint64_t size,
                           const char *subject)
{
	uint64_t recorded = s->record.media_size;
	uint64_t most = size > recorded ? size : recorded;

	for (uint64_t i = 0; i * KAN_TREE_BLOCK < most; i++) {
		const uint8_t *was = kan_tree_leaf_of(s->recorded, i);
		const uint8_t *is = kan_tree_leaf_of(r->tree, i);
		uint64_t len = length_of(recorded, i), now = length_of(size, i);
		const char *why = "the block is not as it was recorded";

		if (was && is && len == now && memcmp(was, is, KAN_TREE_HASH) == 0) {
			prove(r, 1, len);
			continue;
		}
		if (!was)
			why = "the block is not in the record";
		if (!is)
			why = "the block was recorded and is behind the end of the media";
		kan_findings_add(&r->findings, KAN_FINDING_RECORD, i * KAN_TREE_BLOCK,
		                 len > now ? len : now, subject, "%s", why);
	}
}

/* Without leaves there is only the root: all or nothing. */
static int compare_root(struct kan_verify_result *r, const struct kan_sidecar *s, uint64_t size,
                        const char *subject, struct kan_err *err)
{
	uint8_t root[KAN_TREE_HASH];
	char hex[2 * KAN_TREE_HASH + 1];
	int rc = kan_tree_root(root, r->tree, err);

	if (rc != KAN_OK)
		return rc;
	kan_hash_hex(hex, root, sizeof(root));
	if (size == s->record.media_size && strcmp(hex, s->record.tree_root) == 0)
		prove(r, s->record.tree_leaves, size);
	else
		kan_findings_add(&r->findings, KAN_FINDING_RECORD, 0, size, subject,
		                 "the blocks give the root %s, the record has %s", hex,
		                 s->record.tree_root);
	return KAN_OK;
}

static int compare_tree(struct kan_verify_result *r, const struct kan_sidecar *s,
                        const struct kan_image_info *info, struct kan_err *err)
{
	const char *subject = kan_verify_subject(info);
	size_t from = r->findings.n;
	int rc = KAN_OK;

	r->blocks_recorded = s->record.tree_leaves;
	r->bytes_recorded = s->record.tree_root[0] ? s->record.media_size : 0;
	if (!r->tree || s->record.tree_root[0] == '\0')
		return kan_check_set(r, KAN_CHECK_RECORD_TREE, KAN_VERDICT_UNCHECKED, from, err);
	if (s->recorded)
		compare_leaves(r, s, info->size, subject);
	else
		rc = compare_root(r, s, info->size, subject, err);
	if (rc != KAN_OK)
		return rc;
	return kan_check_set(r, KAN_CHECK_RECORD_TREE,
	                     r->findings.n > from ? KAN_VERDICT_MISMATCH : KAN_VERDICT_MATCH, from,
	                     err);
}

static int compare_digests(struct kan_verify_result *r, const struct kan_image_info *info,
                           struct kan_err *err)
{
	enum kan_verdict verdict = KAN_VERDICT_UNCHECKED;
	size_t from = r->findings.n;

	for (size_t i = 0; i < r->nitems; i++) {
		struct kan_verify_item *item = &r->items[i];
		char hex[2 * KAN_DIGEST_MAX + 1];

		if (item->recorded[0] == '\0')
			continue;
		kan_hash_hex(hex, item->computed.bytes, item->computed.algo->digest_len);
		item->record_verdict =
			strcmp(hex, item->recorded) == 0 ? KAN_VERDICT_MATCH : KAN_VERDICT_MISMATCH;
		if (item->record_verdict == KAN_VERDICT_MISMATCH)
			kan_findings_add(&r->findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0,
			                 kan_verify_subject(info), "%s: recorded %s, computed %s",
			                 item->computed.algo->label, item->recorded, hex);
		if (verdict != KAN_VERDICT_MISMATCH)
			verdict = item->record_verdict;
	}
	return kan_check_set(r, KAN_CHECK_RECORD_DIGEST, verdict, from, err);
}

static int compare_claims(struct kan_verify_result *r, const struct kan_sidecar *s,
                          const struct kan_image_info *info, size_t from, struct kan_err *err)
{
	const struct kan_record *rec = &s->record;
	const char *subject = kan_verify_subject(info);

	if (rec->media_size != info->size)
		kan_findings_add(&r->findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0, subject,
		                 "the media have %" PRIu64 " bytes, %" PRIu64 " were recorded",
		                 info->size, rec->media_size);
	if (strcmp(rec->reread_verdict, "mismatch") == 0)
		kan_findings_add(&r->findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0, subject,
		                 "the image was not the same when it was read back after it was "
		                 "made");
	/* An E01 lists them itself, in its own section, and they are findings of opening it. */
	for (size_t i = 0; strncmp(info->format, "ewf", 3) != 0 && i < rec->nunreadable; i++)
		kan_findings_add(&r->findings, KAN_FINDING_UNREADABLE, rec->unreadable[i].offset,
		                 rec->unreadable[i].length, subject,
		                 "unreadable when acquired, as the record says");
	if (rec->bytes_unreadable > 0)
		kan_findings_add(&r->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, subject,
		                 "%" PRIu64 " bytes in %zu ranges could not be read from the drive",
		                 rec->bytes_unreadable, rec->nunreadable);
	for (size_t i = from; i < r->findings.n; i++)
		if (r->findings.list[i].kind == KAN_FINDING_RECORD)
			return kan_check_set(r, KAN_CHECK_RECORD, KAN_VERDICT_MISMATCH, from, err);
	return kan_check_set(r, KAN_CHECK_RECORD, KAN_VERDICT_MATCH, from, err);
}

int kan_sidecar_compare(struct kan_verify_result *r, const struct kan_sidecar *s,
                        const struct kan_image_info *info, struct kan_err *err)
{
	int rc;

	if (!s->there) {
		rc = kan_check_set(r, KAN_CHECK_RECORD,
		                   s->refused ? KAN_VERDICT_MISMATCH : KAN_VERDICT_UNCHECKED,
		                   r->findings.n, err);
		if (!s->refused)
			memcpy(r->checks[KAN_CHECK_RECORD].detail, "no record beside the image",
			       sizeof("no record beside the image"));
		return rc;
	}
	/* What reading the record has found belongs to the first of these checks. */
	rc = compare_claims(r, s, info, 0, err);
	if (rc == KAN_OK)
		rc = compare_digests(r, info, err);
	return rc == KAN_OK ? compare_tree(r, s, info, err) : rc;
}
