/* SPDX-License-Identifier: MIT */
/*
 * acquire.c - an acquisition from its start to its end
 */
#include "kanshiki/acquire.h"

#include "acquire/acquisition.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release(struct kan_acquisition *a)
{
	for (size_t i = 0; i < a->ndests; i++)
		kan_destination_done(&a->dests[i]);
	kan_source_close(a->continued);
	kan_image_close(a->begun_img);
	kan_pool_free(a->pool);
	kan_hasher_free(a->hasher);
	kan_tree_free(a->tree);
	kan_ranges_done(&a->ranges);
	kan_record_done(&a->record);
	kan_origin_done(&a->origin);
	free(a);
}

/* The settings, and what people said, as far as a line of the log has room for names. */
static void log_start(struct kan_acquisition *a)
{
	enum { FIXED = 5 };
	struct kan_case_field fields[KAN_CASE_FIELDS_MAX];
	char size[24], at[24];
	size_t n = FIXED;

	snprintf(size, sizeof(size), "%" PRIu64, a->origin.src->size);
	fields[0] = (struct kan_case_field){ "tool", a->record.tool };
	fields[1] = (struct kan_case_field){ "source", a->origin.path };
	fields[2] = (struct kan_case_field){ "media_size", size };
	fields[3] = (struct kan_case_field){ "hash", a->hash_list };
	fields[4] = (struct kan_case_field){ "media_done", at };
	for (size_t i = 0; i < a->people->n && n < KAN_CASE_FIELDS_MAX; i++)
		fields[n++] = (struct kan_case_field){ a->people->list[i].name,
			                               a->people->list[i].value };
	for (size_t i = 0; i < a->ndests; i++) {
		struct kan_destination *d = &a->dests[i];

		snprintf(at, sizeof(at), "%" PRIu64, d->journal.mark.media_done);
		kan_destination_log(d, d->found ? "acquisition.resumed" : "acquisition.started",
		                    fields, n);
	}
}

/* The digests that a source image stores are compared with those of what was read. */
static void check_stored(struct kan_acquisition *a)
{
	char hex[2 * KAN_DIGEST_MAX + 1], name[64];

	for (size_t i = 0; i < a->hashes.n; i++) {
		const struct kan_hash *algo = a->digests[i].algo;
		const char *stored;

		snprintf(name, sizeof(name), "stored_%s", algo->name);
		stored = kan_record_find(&a->origin.facts, name);
		kan_hash_hex(hex, a->digests[i].bytes, algo->digest_len);
		if (stored && strcmp(stored, hex) != 0)
			kan_findings_add(&a->origin.findings, KAN_FINDING_HASH_MISMATCH,
			                 KAN_NO_OFFSET, 0, a->origin.path,
			                 "%s: stored %s, computed %s", algo->label, stored, hex);
	}
}

static void fill_result(struct kan_acquisition *a, struct kan_acquire_result *out)
{
	struct kan_drive_counts counts = kan_origin_counts(&a->origin);

	out->media_size = a->origin.src->size;
	memcpy(out->digests, a->digests, sizeof(out->digests));
	out->ndigests = a->hashes.n;
	memcpy(out->tree_root, a->tree_root, sizeof(out->tree_root));
	out->tree_leaves = kan_tree_leaves(a->tree);
	out->resumed_at = a->begun.len;
	out->bytes_unreadable = kan_ranges_bytes(&a->ranges);
	out->recovered = counts.recovered * a->origin.src->sector_size;
	if (a->ranges.joined)
		kan_findings_add(
			&a->origin.findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, a->origin.path,
			"more than %u separate unreadable ranges: the last of them are told "
			"as one, with what lies between",
			KAN_RANGES_MAX);
	out->findings = a->origin.findings;
	a->origin.findings = (struct kan_findings){ 0 };
}

int kan_acquisition_add_way_out(int rc, struct kan_err *err)
{
	char why[sizeof(err->msg)];

	if (!err)
		return rc;
	snprintf(why, sizeof(why), "%s", err->msg);
	snprintf(err->msg, sizeof(err->msg), "%.400s; --resume continues it", why);
	return rc;
}

int kan_acquire_run(struct kan_acquire_result *out, const char *source,
                    const struct kan_acquire_opts *opts, struct kan_err *err)
{
	struct kan_acquisition *a = calloc(1, sizeof(*a));
	struct kan_acquire_result result = { 0 };
	int rc;

	if (!a)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an acquisition");
	a->opts = opts;
	rc = kan_acquisition_start(a, source, err);
	if (rc == KAN_OK) {
		log_start(a);
		rc = kan_acquisition_copy(a, err);
	}
	if (rc == KAN_OK) {
		check_stored(a);
		rc = kan_acquisition_end(a, &result, err);
	}
	if (rc == KAN_OK) {
		fill_result(a, &result);
		*out = result;
	} else {
		kan_acquire_result_done(&result);
	}
	release(a);
	return rc;
}

void kan_acquire_result_done(struct kan_acquire_result *r)
{
	for (size_t i = 0; i < r->ndestinations; i++)
		free(r->destinations[i].path);
	kan_findings_done(&r->findings);
	*r = (struct kan_acquire_result){ 0 };
}
