/* SPDX-License-Identifier: MIT */
/*
 * verify.c - one pass over an image: digests, gaps, and a verdict on each claim
 *
 * An item is made for each digest that the container stores (two that contradict
 * each other are two items) and then for each further algorithm that was asked
 * for.  Ranges that cannot be read are zeros in the stream, and some imagers write
 * the digest of exactly that: a digest that fits is a match, with the gaps beside
 * it as findings; one that does not fit says how much was missing.
 */
#include "kanshiki/verify.h"

#include "core/cleanup.h"
#include "kanshiki/pool.h"
#include "verify/sidecar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *kan_verdict_name(enum kan_verdict verdict)
{
	static const char *const names[] = {
		[KAN_VERDICT_MATCH] = "match",
		[KAN_VERDICT_MISMATCH] = "mismatch",
		[KAN_VERDICT_UNCHECKED] = "unchecked",
	};

	return (size_t)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "unknown";
}

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)
KAN_DEFINE_DROP(hasher, struct kan_hasher *, kan_hasher_free)

static void kan_drop_result(struct kan_verify_result *r)
{
	kan_verify_result_done(r);
}

static void kan_drop_findings(struct kan_findings *set)
{
	kan_findings_done(set);
}

static bool is_digest(const struct kan_hash *algo, const char *hex)
{
	return strlen(hex) == 2 * algo->digest_len &&
	       strspn(hex, "0123456789abcdef") == 2 * algo->digest_len;
}

static bool has_item(const struct kan_verify_result *r, const struct kan_hash *algo,
                     const char *stored)
{
	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].computed.algo == algo &&
		    (!stored || strcmp(r->items[i].stored, stored) == 0))
			return true;
	return false;
}

static void add_item(struct kan_verify_result *r, const struct kan_hash *algo, const char *stored,
                     const char *subject)
{
	struct kan_verify_item *item;

	if (r->nitems == KAN_HASHES_MAX) {
		kan_findings_add(&r->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, subject,
		                 "more than %d digests; one of %s is not checked", KAN_HASHES_MAX,
		                 algo->label);
		return;
	}
	item = &r->items[r->nitems++];
	*item = (struct kan_verify_item){ .verdict = KAN_VERDICT_UNCHECKED,
		                          .record_verdict = KAN_VERDICT_UNCHECKED };
	item->computed.algo = algo;
	memcpy(item->stored, stored, strlen(stored) + 1);
}

static void add_stored(struct kan_verify_result *r, const struct kan_stored_hash *h,
                       const char *subject)
{
	const struct kan_hash *algo = kan_hash_find(h->algorithm);

	if (!algo)
		kan_findings_add(&r->findings, KAN_FINDING_UNSUPPORTED, KAN_NO_OFFSET, 0, subject,
		                 "stores a digest of an algorithm that is not known: %s",
		                 h->algorithm);
	else if (!is_digest(algo, h->hex))
		kan_findings_add(&r->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, subject,
		                 "the stored %s is not a digest of %zu bytes", algo->label,
		                 algo->digest_len);
	else if (!has_item(r, algo, h->hex))
		add_item(r, algo, h->hex, subject);
}

/* What the container claims first, then what was asked for besides. */
static void plan(struct kan_verify_result *r, const struct kan_image_info *info,
                 const struct kan_hash_set *asked)
{
	const char *subject = kan_verify_subject(info);

	for (size_t i = 0; i < info->nhashes; i++)
		add_stored(r, &info->hashes[i], subject);
	for (size_t i = 0; i < asked->n; i++)
		if (!has_item(r, asked->algo[i], NULL))
			add_item(r, asked->algo[i], "", subject);
	/* Of the containers that are read, only the EWF family stores digests. */
	if (info->nhashes == 0 && strncmp(info->format, "ewf", 3) == 0)
		kan_findings_add(&r->findings, KAN_FINDING_HASH_ABSENT, KAN_NO_OFFSET, 0, subject,
		                 "the container stores no digest of the media");
}

/* What the record claims goes with the digest of the same algorithm. */
static void plan_record(struct kan_verify_result *r, const struct kan_image_info *info,
                        const struct kan_record *record)
{
	for (size_t i = 0; i < record->ndigests; i++) {
		const struct kan_stored_hash *h = &record->digests[i];
		const struct kan_hash *algo = kan_hash_find(h->algorithm);

		if (!algo || !is_digest(algo, h->hex))
			continue;
		if (!has_item(r, algo, NULL))
			add_item(r, algo, "", kan_verify_subject(info));
		for (size_t k = 0; k < r->nitems; k++)
			if (r->items[k].computed.algo == algo)
				memcpy(r->items[k].recorded, h->hex, strlen(h->hex) + 1);
	}
}

/* The tree is computed if there is one to compare with, or if it is asked for. */
static int plan_tree(struct kan_verify_result *r, const struct kan_image_info *info,
                     const struct kan_record *record, bool asked, struct kan_err *err)
{
	struct kan_err why = { 0 };
	int rc;

	if (!asked && record->tree_root[0] == '\0')
		return KAN_OK;
	rc = kan_tree_new(&r->tree, info->size, &why);
	if (rc != KAN_ELIMIT)
		return rc == KAN_OK ? rc : kan_fail(err, (enum kan_status)rc, "%s", why.msg);
	kan_findings_add(&r->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0,
	                 kan_verify_subject(info), "%s", why.msg);
	return KAN_OK;
}

static struct kan_hash_set algorithms_of(const struct kan_verify_result *r)
{
	struct kan_hash_set set = { .n = 0 };

	for (size_t i = 0; i < r->nitems; i++) {
		const struct kan_hash *algo = r->items[i].computed.algo;
		size_t k = 0;

		while (k < set.n && set.algo[k] != algo)
			k++;
		if (k == set.n)
			set.algo[set.n++] = algo;
	}
	return set;
}

/*
 * A sink that adds up the unreadable bytes of each block.  The findings of the whole
 * image would not do: there may be more than a set keeps.
 */
static int count_gaps(void *self, const struct kan_block *blk, struct kan_err *err)
{
	uint64_t *total = self;
	uint64_t seen = blk->offset, end = blk->offset + blk->len;

	(void)err; /* adding cannot fail */
	for (size_t i = 0; i < blk->gaps->n; i++) {
		const struct kan_finding *f = &blk->gaps->list[i];
		uint64_t from = f->offset > seen ? f->offset : seen, to;

		if (!kan_finding_is_gap(f->kind) || f->offset >= end)
			continue;
		to = f->length < end - f->offset ? f->offset + f->length : end;
		if (to <= from)
			continue;
		*total += to - from;
		seen = to;
	}
	return KAN_OK;
}

/* Read everything once, in one lane for each digest and one for the gaps. */
static int read_all(struct kan_verify_result *r, struct kan_source *src, struct kan_hasher *hasher,
                    const struct kan_verify_opts *opts, struct kan_findings *gaps,
                    struct kan_err *err)
{
	const struct kan_stream_opts so = { .progress = opts->progress,
		                            .block_len = r->tree ? KAN_TREE_BLOCK : 0 };
	size_t jobs = opts->jobs > 0 ? opts->jobs : kan_pool_cpus();
	struct kan_sink sinks[KAN_HASHES_MAX + 3];
	size_t n = kan_hasher_sinks(hasher, sinks);
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	int rc;

	sinks[n++] = (struct kan_sink){ .name = "gaps",
		                        .order = KAN_IN_ORDER,
		                        .self = &r->bytes_unreadable,
		                        .consume = count_gaps };
	if (r->tree)
		sinks[n++] = kan_tree_sink(r->tree);
	rc = kan_pool_new(&pool, jobs, jobs, err);
	if (rc == KAN_OK)
		rc = kan_stream_run(src, sinks, n, &so, pool, gaps, err);
	if (rc == KAN_OK)
		r->bytes_read = src->size;
	return rc;
}

/* Fill in the digests of all items. */
static int compute(struct kan_verify_result *r, struct kan_source *src,
                   const struct kan_verify_opts *opts, struct kan_findings *gaps,
                   struct kan_err *err)
{
	struct kan_hash_set set = algorithms_of(r);
	KAN_AUTO(hasher) struct kan_hasher *hasher = NULL;
	struct kan_digest digests[KAN_HASHES_MAX];
	int rc;

	rc = kan_hasher_new(&hasher, &set, &opts->pieces, err);
	if (rc == KAN_OK)
		rc = read_all(r, src, hasher, opts, gaps, err);
	if (rc == KAN_OK)
		rc = kan_hasher_finish(hasher, digests, err);
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < r->nitems; i++)
		for (size_t k = 0; k < set.n; k++)
			if (r->items[i].computed.algo == digests[k].algo)
				r->items[i].computed = digests[k];
	return KAN_OK;
}

static void judge_item(struct kan_verify_result *r, struct kan_verify_item *item,
                       const char *subject)
{
	const struct kan_hash *algo = item->computed.algo;
	char computed[2 * KAN_DIGEST_MAX + 1];
	char because[96] = "";

	if (item->stored[0] == '\0')
		return;
	kan_hash_hex(computed, item->computed.bytes, algo->digest_len);
	if (strcmp(computed, item->stored) == 0) {
		item->verdict = KAN_VERDICT_MATCH;
		return;
	}
	item->verdict = KAN_VERDICT_MISMATCH;
	if (r->bytes_unreadable > 0)
		snprintf(because, sizeof(because),
		         "; %" PRIu64 " unreadable bytes were taken as zeros", r->bytes_unreadable);
	kan_findings_add(&r->findings, KAN_FINDING_HASH_MISMATCH, KAN_NO_OFFSET, 0, subject,
	                 "%s: stored %s, computed %s%s", algo->label, item->stored, computed,
	                 because);
}

static bool has_finding(const struct kan_findings *set, enum kan_finding_kind kind)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->list[i].kind == kind)
			return true;
	return false;
}

static enum kan_verdict judge_image(const struct kan_verify_result *r)
{
	bool compared = false;

	if (has_finding(&r->findings, KAN_FINDING_HASH_MISMATCH) ||
	    has_finding(&r->findings, KAN_FINDING_RECORD))
		return KAN_VERDICT_MISMATCH;
	for (size_t i = 0; i < r->nitems; i++)
		compared |= r->items[i].verdict == KAN_VERDICT_MATCH ||
		            r->items[i].record_verdict == KAN_VERDICT_MATCH;
	if (compared || (r->blocks_recorded > 0 && r->blocks_proven == r->blocks_recorded))
		return KAN_VERDICT_MATCH;
	/* Without a digest the checksums of the container are its only claim. */
	return has_finding(&r->findings, KAN_FINDING_CHECKSUM) ? KAN_VERDICT_MISMATCH
	                                                       : KAN_VERDICT_UNCHECKED;
}

/* Put what was found in the order of the work: opening, reading, comparing. */
static void gather(struct kan_verify_result *r, const struct kan_findings *opening,
                   const struct kan_findings *reading)
{
	struct kan_findings all = { 0 };

	kan_findings_merge(&all, opening);
	kan_findings_merge(&all, reading);
	kan_findings_merge(&all, &r->findings);
	kan_findings_done(&r->findings);
	r->findings = all;
}

static int compute_and_compare(struct kan_verify_result *r, struct kan_image *img,
                               const struct kan_verify_opts *opts, const struct kan_sidecar *side,
                               struct kan_err *err)
{
	const struct kan_image_info *info = kan_image_info(img);
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	int rc = plan_tree(r, info, &side->record, opts->tree, err);

	if (rc == KAN_OK)
		rc = compute(r, kan_image_source(img), opts, &gaps, err);
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < r->nitems; i++)
		judge_item(r, &r->items[i], kan_verify_subject(info));
	if (opts->record)
		rc = kan_sidecar_compare(r, side, info, err);
	if (rc == KAN_OK && side->there)
		rc = kan_sidecar_segments(r, side, info, opts, err);
	if (rc == KAN_OK)
		gather(r, kan_image_findings(img), &gaps);
	return rc == KAN_OK ? kan_check_image(r, info, err) : rc;
}

int kan_verify_image(struct kan_verify_result *out, struct kan_image *img,
                     const struct kan_verify_opts *opts, struct kan_err *err)
{
	static const struct kan_verify_opts defaults;
	const struct kan_verify_opts *o = opts ? opts : &defaults;
	const struct kan_image_info *info = kan_image_info(img);
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	KAN_AUTO(sidecar) struct kan_sidecar side = { 0 };
	int rc = KAN_OK;

	r.sector_size = info->sector_size;
	plan(&r, info, &o->hashes);
	if (o->record && info->nsegments > 0)
		rc = kan_sidecar_load(&side, info->segments[0].path, &r.findings, err);
	if (rc == KAN_OK) {
		plan_record(&r, info, &side.record);
		rc = compute_and_compare(&r, img, o, &side, err);
	}
	if (rc != KAN_OK)
		return rc;
	r.verdict = judge_image(&r);
	*out = r;
	r = (struct kan_verify_result){ .nitems = 0 };
	return KAN_OK;
}

void kan_verify_result_done(struct kan_verify_result *r)
{
	for (size_t i = 0; i < KAN_VERIFY_NCHECKS; i++)
		free(r->checks[i].ranges);
	kan_tree_free(r->tree);
	kan_findings_done(&r->findings);
	*r = (struct kan_verify_result){ .nitems = 0 };
}
