/* SPDX-License-Identifier: MIT */
/*
 * checks.c - what was checked, each for itself, with the ranges that it touches
 *
 * Findings say what is wrong.  A check also says that something was looked at and is
 * right, or could not be looked at, which the absence of a finding does not.
 */
#include "core/cleanup.h"
#include "verify/sidecar.h"

#include <stdio.h>
#include <string.h>

const char *kan_verify_check_name(enum kan_verify_check_id id)
{
	static const char *const names[KAN_VERIFY_NCHECKS] = {
		[KAN_CHECK_DATA_HASH] = "data-hash",
		[KAN_CHECK_CHUNK_CHECKSUM] = "chunk-checksum",
		[KAN_CHECK_STRUCTURE] = "container-structure",
		[KAN_CHECK_MISSING_SEGMENT] = "segment-files",
		[KAN_CHECK_READING] = "reading",
		[KAN_CHECK_STORED_HASH] = "stored-hash",
		[KAN_CHECK_RECORD] = "record",
		[KAN_CHECK_RECORD_DIGEST] = "record-digest",
		[KAN_CHECK_RECORD_SEGMENT] = "record-segment",
		[KAN_CHECK_RECORD_TREE] = "record-tree",
		[KAN_CHECK_CROSS] = "cross-check",
	};

	return (size_t)id < KAN_VERIFY_NCHECKS ? names[id] : "unknown";
}

const char *kan_verify_subject(const struct kan_image_info *info)
{
	const char *path, *slash;

	if (info->nsegments == 0 || !info->segments[0].path)
		return "image";
	path = info->segments[0].path;
	slash = strrchr(path, '/');
	return slash && slash[1] != '\0' ? slash + 1 : path;
}

/* Kinds of findings, one bit each. */
#define KIND(k) (1ull << (k))

static const uint64_t structure_kinds = KIND(KAN_FINDING_STRUCTURE) | KIND(KAN_FINDING_TRUNCATED);

/* What could not be looked at is neither right nor wrong. */
static const uint64_t unseen_kinds = KIND(KAN_FINDING_ENCRYPTED) | KIND(KAN_FINDING_UNSUPPORTED) |
                                     KIND(KAN_FINDING_UNPARSED) | KIND(KAN_FINDING_CRASHED) |
                                     KIND(KAN_FINDING_TIMEOUT) | KIND(KAN_FINDING_MEMORY) |
                                     KIND(KAN_FINDING_LIMIT);

static int by_offset(const void *a, const void *b)
{
	const struct kan_record_range *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

/* Sort, and make one of what touches or overlaps; returns how many are left. */
static size_t merge(struct kan_record_range *list, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(list, n, sizeof(*list), by_offset);
	for (size_t i = 0; i < n; i++) {
		struct kan_record_range *last = kept > 0 ? &list[kept - 1] : NULL;
		uint64_t end;

		if (!last || list[i].offset - last->offset > last->length) {
			list[kept++] = list[i];
			continue;
		}
		if (__builtin_add_overflow(list[i].offset, list[i].length, &end))
			end = UINT64_MAX;
		if (end - last->offset > last->length)
			last->length = end - last->offset;
	}
	return kept;
}

/* The ranges of the findings of @kinds from number @from on. */
static int collect(struct kan_verify_check *c, const struct kan_findings *set, size_t from,
                   uint64_t kinds, struct kan_err *err)
{
	size_t n = 0;

	free(c->ranges);
	c->nranges = 0;
	c->ranges = calloc(set->n + 1, sizeof(*c->ranges));
	if (!c->ranges)
		return kan_fail(err, KAN_ENOMEM, "out of memory for ranges");
	for (size_t i = from; i < set->n; i++) {
		const struct kan_finding *f = &set->list[i];

		if ((kinds & KIND(f->kind)) != 0 && f->offset != KAN_NO_OFFSET && f->length > 0)
			c->ranges[n++] = (struct kan_record_range){ f->offset, f->length };
	}
	c->nranges = merge(c->ranges, n);
	return KAN_OK;
}

int kan_check_set(struct kan_verify_result *r, enum kan_verify_check_id id,
                  enum kan_verdict verdict, size_t from, struct kan_err *err)
{
	struct kan_verify_check *c = &r->checks[id];

	c->asked = true;
	c->verdict = verdict;
	return collect(c, &r->findings, from,
	               KIND(id == KAN_CHECK_CROSS ? KAN_FINDING_CROSS : KAN_FINDING_RECORD), err);
}

static bool has_any(const struct kan_findings *set, uint64_t kinds)
{
	for (size_t i = 0; i < set->n; i++)
		if ((kinds & KIND(set->list[i].kind)) != 0)
			return true;
	return false;
}

/* A check that is failed by the findings of @kinds, and otherwise @good. */
static int check_kinds(struct kan_verify_result *r, enum kan_verify_check_id id, uint64_t kinds,
                       enum kan_verdict good, struct kan_err *err)
{
	struct kan_verify_check *c = &r->checks[id];

	c->asked = true;
	c->verdict = has_any(&r->findings, kinds) ? KAN_VERDICT_MISMATCH : good;
	return collect(c, &r->findings, 0, kinds, err);
}

/* A digest that does not fit says nothing about where: all of the media is in doubt. */
static int check_data_hash(struct kan_verify_result *r, const struct kan_image_info *info,
                           struct kan_err *err)
{
	struct kan_verify_check *c = &r->checks[KAN_CHECK_DATA_HASH];
	enum kan_verdict good = KAN_VERDICT_UNCHECKED;
	int rc;

	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].verdict == KAN_VERDICT_MATCH)
			good = KAN_VERDICT_MATCH;
	rc = check_kinds(r, KAN_CHECK_DATA_HASH, KIND(KAN_FINDING_HASH_MISMATCH), good, err);
	if (rc == KAN_OK && c->verdict == KAN_VERDICT_MISMATCH) {
		c->ranges[0] = (struct kan_record_range){ 0, info->size };
		c->nranges = info->size > 0;
	}
	return rc;
}

/* Whether the container has a digest, and of which algorithms; not whether it fits. */
static void check_stored(struct kan_verify_check *c, const struct kan_image_info *info)
{
	size_t len = 0;

	c->asked = true;
	c->verdict = info->nhashes > 0 ? KAN_VERDICT_MATCH : KAN_VERDICT_UNCHECKED;
	if (info->nhashes == 0)
		snprintf(c->detail, sizeof(c->detail), "the container stores none");
	for (size_t i = 0; i < info->nhashes && len + 32 < sizeof(c->detail); i++)
		len += (size_t)snprintf(c->detail + len, sizeof(c->detail) - len, "%s%s",
		                        i > 0 ? ", " : "there is ", info->hashes[i].algorithm);
}

int kan_check_image(struct kan_verify_result *r, const struct kan_image_info *info,
                    struct kan_err *err)
{
	bool split = strcmp(info->format, "splitraw") == 0; /* nothing says how many files */
	bool raw = split || strcmp(info->format, "raw") == 0;
	bool ewf = strncmp(info->format, "ewf", 3) == 0;
	/* Of no chunk at all there is nothing to say. */
	bool sums = ewf && (r->bytes_read == 0 || r->bytes_unreadable < r->bytes_read);
	enum kan_verdict with_sums = sums ? KAN_VERDICT_MATCH : KAN_VERDICT_UNCHECKED;
	bool seen = !raw && !has_any(&r->findings, unseen_kinds);
	enum kan_verdict with_form = seen ? KAN_VERDICT_MATCH : KAN_VERDICT_UNCHECKED;
	enum kan_verdict with_files = split ? KAN_VERDICT_UNCHECKED : KAN_VERDICT_MATCH;
	int rc = check_data_hash(r, info, err);

	if (rc == KAN_OK)
		rc = check_kinds(r, KAN_CHECK_CHUNK_CHECKSUM, KIND(KAN_FINDING_CHECKSUM), with_sums,
		                 err);
	if (rc == KAN_OK)
		rc = check_kinds(r, KAN_CHECK_STRUCTURE, structure_kinds, with_form, err);
	if (rc == KAN_OK)
		rc = check_kinds(r, KAN_CHECK_MISSING_SEGMENT, KIND(KAN_FINDING_MISSING_SEGMENT),
		                 with_files, err);
	if (rc == KAN_OK)
		rc = check_kinds(r, KAN_CHECK_READING, KIND(KAN_FINDING_UNREADABLE),
		                 KAN_VERDICT_MATCH, err);
	check_stored(&r->checks[KAN_CHECK_STORED_HASH], info);
	return rc;
}
