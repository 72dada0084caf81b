/* SPDX-License-Identifier: MIT */
/*
 * addevidence.c - a piece of evidence, what is wrong with it, and what was not seen
 */
#include "case/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_head(struct kan_store *s, const struct kan_evidence *ev, struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_EVIDENCE);

	kan_row_int(&r, ev->number);
	kan_row_text(&r, ev->name);
	kan_row_text(&r, ev->info->format);
	kan_row_text(&r, ev->info->variant);
	kan_row_u64(&r, ev->info->size);
	kan_row_int(&r, ev->info->sector_size);
	kan_row_int(&r, ev->info->chunk_size);
	kan_row_u64(&r, ev->info->nsegments);
	if (ev->verified) {
		kan_row_text(&r, kan_verdict_name(ev->verified->verdict));
		kan_row_u64(&r, ev->verified->bytes_read);
		kan_row_u64(&r, ev->verified->bytes_unreadable);
	} else {
		kan_row_null(&r);
		kan_row_null(&r);
		kan_row_null(&r);
	}
	return kan_row_end(&r, err);
}

static int add_segment(struct kan_store *s, const struct kan_evidence *ev, size_t i,
                       struct kan_err *err)
{
	const struct kan_segment *seg = &ev->info->segments[i];
	struct kan_row r = kan_row_begin(s, KAN_TABLE_SEGMENT);

	kan_row_int(&r, ev->number);
	kan_row_u64(&r, (uint64_t)i + 1);
	kan_row_text(&r, base_name(seg->path));
	kan_row_u64(&r, seg->size);
	kan_row_int(&r, seg->missing);
	return kan_row_end(&r, err);
}

static int add_header_value(struct kan_store *s, const struct kan_evidence *ev, size_t i,
                            struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_HEADER_VALUE);

	kan_row_int(&r, ev->number);
	kan_row_text(&r, ev->info->values[i].name);
	kan_row_text(&r, ev->info->values[i].value);
	return kan_row_end(&r, err);
}

static void put_or_null(struct kan_row *r, const char *text)
{
	if (text && text[0] != '\0')
		kan_row_text(r, text);
	else
		kan_row_null(r);
}

static int add_digest(struct kan_store *s, uint32_t evidence, const char *algorithm,
                      const char *computed, const char *stored, enum kan_verdict verdict,
                      struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_DIGEST);

	kan_row_int(&r, evidence);
	kan_row_text(&r, algorithm);
	put_or_null(&r, computed);
	put_or_null(&r, stored);
	kan_row_text(&r, kan_verdict_name(verdict));
	return kan_row_end(&r, err);
}

static bool is_among(const struct kan_verify_result *v, const struct kan_stored_hash *h)
{
	for (size_t i = 0; v && i < v->nitems; i++)
		if (strcmp(v->items[i].computed.algo->name, h->algorithm) == 0 &&
		    strcmp(v->items[i].stored, h->hex) == 0)
			return true;
	return false;
}

/* What was computed, then what the container stores and nobody compared. */
static int add_digests(struct kan_store *s, const struct kan_evidence *ev, struct kan_err *err)
{
	const struct kan_verify_result *v = ev->verified;
	char hex[2 * KAN_DIGEST_MAX + 1];
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && v && i < v->nitems; i++) {
		const struct kan_digest *d = &v->items[i].computed;

		kan_hash_hex(hex, d->bytes, d->algo->digest_len);
		rc = add_digest(s, ev->number, d->algo->name, hex, v->items[i].stored,
		                v->items[i].verdict, err);
	}
	for (size_t i = 0; rc == KAN_OK && i < ev->info->nhashes; i++) {
		const struct kan_stored_hash *h = &ev->info->hashes[i];

		if (!is_among(v, h))
			rc = add_digest(s, ev->number, h->algorithm, NULL, h->hex,
			                KAN_VERDICT_UNCHECKED, err);
	}
	return rc;
}

static int add_volume(struct kan_store *s, uint32_t evidence, const struct kan_volume *v,
                      struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_VOLUME);

	kan_row_int(&r, evidence);
	kan_row_int(&r, v->number);
	kan_row_u64(&r, v->offset);
	kan_row_u64(&r, v->length);
	kan_row_text(&r, v->table);
	kan_row_text(&r, v->kind);
	kan_row_text(&r, v->description);
	return kan_row_end(&r, err);
}

static int add_filesystem(struct kan_store *s, uint32_t evidence, const struct kan_filesystem *fs,
                          struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_FILESYSTEM);

	kan_row_int(&r, evidence);
	kan_row_int(&r, fs->number);
	kan_row_int(&r, fs->volume);
	kan_row_text(&r, kan_fs_state_name(fs->state));
	kan_row_text(&r, fs->type);
	kan_row_text(&r, fs->id);
	kan_row_text(&r, fs->label);
	kan_row_u64(&r, fs->offset);
	kan_row_u64(&r, fs->size);
	kan_row_int(&r, fs->block_size);
	kan_row_u64(&r, fs->first_block);
	kan_row_u64(&r, fs->last_block);
	kan_row_u64(&r, fs->first_addr);
	kan_row_u64(&r, fs->last_addr);
	kan_row_u64(&r, fs->root_addr);
	kan_row_u64(&r, fs->pool_block);
	return kan_row_end(&r, err);
}

int kan_store_add_evidence(struct kan_store *s, const struct kan_evidence *ev, struct kan_err *err)
{
	const struct kan_layout *layout = ev->layout;
	int rc = add_head(s, ev, err);

	for (size_t i = 0; rc == KAN_OK && i < ev->info->nsegments; i++)
		rc = add_segment(s, ev, i, err);
	for (size_t i = 0; rc == KAN_OK && i < ev->info->nvalues; i++)
		rc = add_header_value(s, ev, i, err);
	if (rc == KAN_OK)
		rc = add_digests(s, ev, err);
	for (size_t i = 0; rc == KAN_OK && layout && i < layout->nvolumes; i++)
		rc = add_volume(s, ev->number, &layout->volumes[i], err);
	for (size_t i = 0; rc == KAN_OK && layout && i < layout->nfilesystems; i++)
		rc = add_filesystem(s, ev->number, &layout->filesystems[i], err);
	return rc;
}

static int add_finding(struct kan_store *s, uint32_t evidence, const char *stage,
                       const struct kan_finding *f, struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_FINDING);

	kan_row_int(&r, s->rows[KAN_TABLE_FINDING] + 1);
	kan_row_int(&r, evidence);
	kan_row_text(&r, stage);
	kan_row_text(&r, kan_finding_name(f->kind));
	kan_row_int(&r, kan_finding_is_problem(f->kind));
	kan_row_offset(&r, f->offset);
	if (f->offset == KAN_NO_OFFSET && f->length == 0)
		kan_row_null(&r);
	else
		kan_row_u64(&r, f->length);
	kan_row_text(&r, f->subject);
	kan_row_text(&r, f->detail);
	return kan_row_end(&r, err);
}

/* Of these, nothing was examined; of the other gaps, a part. */
static bool is_total(enum kan_finding_kind kind)
{
	return kind == KAN_FINDING_ENCRYPTED || kind == KAN_FINDING_UNSUPPORTED ||
	       kind == KAN_FINDING_MISSING_SEGMENT;
}

static int add_coverage(struct kan_store *s, const struct kan_coverage *c, bool counted,
                        struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_COVERAGE);

	kan_row_int(&r, s->rows[KAN_TABLE_COVERAGE] + 1);
	kan_row_int(&r, c->evidence);
	kan_row_text(&r, c->stage);
	kan_row_text(&r, c->subject);
	kan_row_text(&r, c->status);
	kan_row_text(&r, c->reason);
	kan_row_text(&r, c->detail);
	kan_row_offset(&r, c->offset);
	if (c->offset == KAN_NO_OFFSET && c->length == 0)
		kan_row_null(&r);
	else
		kan_row_u64(&r, c->length);
	if (counted)
		kan_row_u64(&r, c->count);
	else
		kan_row_null(&r);
	return kan_row_end(&r, err);
}

static int add_both(struct kan_store *s, uint32_t evidence, const char *stage,
                    const struct kan_finding *f, struct kan_err *err)
{
	int rc = add_finding(s, evidence, stage, f, err);

	if (rc != KAN_OK || !kan_finding_is_gap(f->kind))
		return rc;
	return add_coverage(s,
	                    &(struct kan_coverage){
				    .evidence = evidence,
				    .stage = stage,
				    .subject = f->subject,
				    .status = is_total(f->kind) ? "none" : "partial",
				    .reason = kan_finding_name(f->kind),
				    .detail = f->detail,
				    .offset = f->offset,
				    .length = f->length,
			    },
	                    false, err);
}

int kan_store_add_findings(struct kan_store *s, uint32_t evidence, const char *stage,
                           const struct kan_findings *findings, struct kan_err *err)
{
	char detail[96];
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < findings->n; i++)
		rc = add_both(s, evidence, stage, &findings->list[i], err);
	if (rc != KAN_OK || findings->dropped == 0)
		return rc;
	snprintf(detail, sizeof(detail), "%" PRIu64 " more findings were counted and not kept",
	         findings->dropped);
	return add_both(
		s, evidence, stage,
		&(struct kan_finding){ KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, "findings", detail },
		err);
}

int kan_store_add_coverage(struct kan_store *s, const struct kan_coverage *row, struct kan_err *err)
{
	static const char *const known[] = { "complete", "partial", "none" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], row->status) == 0)
			return add_coverage(s, row, true, err);
	return kan_fail(err, KAN_EARG, "coverage: no status: %.40s", row->status);
}
