/* SPDX-License-Identifier: MIT */
/*
 * cross.c - the same media out of libewf, and whether it is the same
 *
 * libewf runs in a confined worker: a container that makes it crash, hang or give up is
 * a finding, and what our own reader gave stays as it is.  The trees over both are
 * compared leaf by leaf, so that a difference has a place.
 */
#include "core/cleanup.h"
#include "kanshiki/pool.h"
#include "verify/sidecar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)
KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)
KAN_DEFINE_DROP(image, struct kan_image *, kan_image_close)

static void say(struct kan_verify_result *r, const char *what)
{
	struct kan_verify_check *c = &r->checks[KAN_CHECK_CROSS];

	snprintf(c->detail, sizeof(c->detail), "%s", what);
}

static int differ(struct kan_verify_result *r, struct kan_err *err)
{
	/* What cannot be trusted is no match, even if all digests fit. */
	r->verdict = KAN_VERDICT_MISMATCH;
	return kan_check_set(r, KAN_CHECK_CROSS, KAN_VERDICT_MISMATCH, 0, err);
}

/* True if a failure is that of libewf, or of the container in it. */
static bool is_its_own(int rc)
{
	return rc == KAN_EWORKER || rc == KAN_EFORMAT || rc == KAN_EUNSUPPORTED || rc == KAN_EIO ||
	       rc == KAN_ELIMIT;
}

static int give_up(struct kan_verify_result *r, const struct kan_image_info *info, int rc,
                   const struct kan_err *why, struct kan_err *err)
{
	kan_findings_add(
		&r->findings, rc == KAN_EWORKER ? KAN_FINDING_CRASHED : KAN_FINDING_UNPARSED,
		KAN_NO_OFFSET, 0, kan_verify_subject(info), "the second reader: %s", why->msg);
	say(r, "libewf could not read the image");
	return kan_check_set(r, KAN_CHECK_CROSS, KAN_VERDICT_UNCHECKED, r->findings.n, err);
}

static int read_tree(struct kan_tree **out, struct kan_image *other,
                     const struct kan_verify_opts *opts, struct kan_findings *gaps,
                     struct kan_err *err)
{
	const struct kan_stream_opts so = { .block_len = KAN_TREE_BLOCK,
		                            .progress = opts->progress };
	struct kan_source *src = kan_image_source(other);
	size_t jobs = opts->jobs > 0 ? opts->jobs : kan_pool_cpus();
	KAN_AUTO(tree) struct kan_tree *tree = NULL;
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct kan_sink sink;
	int rc = kan_tree_new(&tree, src->size, err);

	if (rc == KAN_OK)
		rc = kan_pool_new(&pool, jobs, jobs, err);
	if (rc != KAN_OK)
		return rc;
	sink = kan_tree_sink(tree);
	rc = kan_stream_run(src, &sink, 1, &so, pool, gaps, err);
	if (rc == KAN_OK)
		*out = KAN_STEAL(tree);
	return rc;
}

/* The findings of the second reader have its name before them. */
static void take_over(struct kan_verify_result *r, const struct kan_findings *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct kan_finding *f = &from->list[i];

		if (kan_finding_is_problem(f->kind))
			kan_findings_add(&r->findings, f->kind, f->offset, f->length, f->subject,
			                 "the second reader: %s", f->detail);
	}
	r->findings.dropped += from->dropped;
}

static void compare(struct kan_verify_result *r, const struct kan_tree *other, uint64_t size,
                    uint64_t other_size, const char *subject)
{
	if (size != other_size)
		kan_findings_add(&r->findings, KAN_FINDING_CROSS, KAN_NO_OFFSET, 0, subject,
		                 "the media have %" PRIu64 " bytes, and %" PRIu64 " for libewf",
		                 size, other_size);
	for (uint64_t i = 0; i < kan_tree_leaves(r->tree); i++) {
		const uint8_t *a = kan_tree_leaf_of(r->tree, i), *b = kan_tree_leaf_of(other, i);
		uint64_t start = i * KAN_TREE_BLOCK;
		uint64_t len = size - start < KAN_TREE_BLOCK ? size - start : KAN_TREE_BLOCK;

		if (!a || !b || memcmp(a, b, KAN_TREE_HASH) != 0)
			kan_findings_add(&r->findings, KAN_FINDING_CROSS, start, len, subject,
			                 "libewf gives other bytes for this block");
	}
}

/* Digests in words: the roots of both trees. */
static int conclude(struct kan_verify_result *r, const struct kan_tree *other, size_t from,
                    struct kan_err *err)
{
	uint8_t root[KAN_TREE_HASH];
	char hex[2 * KAN_TREE_HASH + 1], text[160];
	int rc = kan_tree_root(root, other, err);

	if (rc != KAN_OK)
		return rc;
	kan_hash_hex(hex, root, sizeof(root));
	snprintf(text, sizeof(text), "libewf: tree over the media %s", hex);
	say(r, text);
	for (size_t i = from; i < r->findings.n; i++)
		if (r->findings.list[i].kind == KAN_FINDING_CROSS)
			return differ(r, err);
	/* Two readers that both get nothing agree about nothing. */
	return kan_check_set(r, KAN_CHECK_CROSS,
	                     r->bytes_read > 0 && r->bytes_unreadable == r->bytes_read
	                             ? KAN_VERDICT_UNCHECKED
	                             : KAN_VERDICT_MATCH,
	                     r->findings.n, err);
}

int kan_verify_cross(struct kan_verify_result *r, const char *path,
                     const struct kan_image_info *info, const struct kan_verify_opts *opts,
                     struct kan_err *err)
{
	static const struct kan_image_opts second = { .format = "ewflib" };
	KAN_DEFER(kan_findings_done) struct kan_findings gaps = { 0 };
	KAN_AUTO(image) struct kan_image *other = NULL;
	KAN_AUTO(tree) struct kan_tree *tree = NULL;
	struct kan_err why = { 0 };
	size_t from = r->findings.n;
	int rc;

	if (strcmp(info->format, "ewf") != 0 || !r->tree) {
		say(r, "there is no second reader for this format");
		return kan_check_set(r, KAN_CHECK_CROSS, KAN_VERDICT_UNCHECKED, from, err);
	}
	rc = kan_image_open(&other, path, &second, &why);
	if (rc == KAN_OK)
		rc = read_tree(&tree, other, opts, &gaps, &why);
	if (rc != KAN_OK && is_its_own(rc))
		return give_up(r, info, rc, &why, err);
	if (rc != KAN_OK)
		return kan_fail(err, (enum kan_status)rc, "%s", why.msg);
	take_over(r, kan_image_findings(other));
	take_over(r, &gaps);
	compare(r, tree, info->size, kan_image_info(other)->size, kan_verify_subject(info));
	return conclude(r, tree, from, err);
}
