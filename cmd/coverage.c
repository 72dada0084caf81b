/* SPDX-License-Identifier: MIT */
/*
 * coverage.c - what was examined, derived from the layout and the findings
 */
#include "coverage.h"

#include <stdio.h>
#include <string.h>

/* True if a gap of @set lies in the range, or has no place and may lie anywhere. */
static bool has_gap(const struct kan_findings *set, uint64_t offset, uint64_t size)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct kan_finding *f = &set->list[i];

		if (!kan_finding_is_gap(f->kind))
			continue;
		if (f->offset == KAN_NO_OFFSET)
			return true;
		if (f->offset < offset ? offset - f->offset < f->length : f->offset - offset < size)
			return true;
	}
	return set->dropped > 0;
}

static int add_media(struct kan_case *c, uint32_t number, const struct evidence *e,
                     const struct kan_verify_result *verified, struct kan_err *err)
{
	const struct kan_image_info *info = kan_image_info(e->img);
	struct kan_coverage row = {
		.evidence = number,
		.stage = "media",
		.subject = "media",
		.status = verified->bytes_unreadable > 0 ? "partial" : "complete",
		.reason = "",
		.detail = verified->bytes_unreadable > 0
		                  ? "ranges that could not be read count as zeros"
		                  : "every byte was read and hashed",
		.offset = 0,
		.length = info->size,
		.count = verified->bytes_read - verified->bytes_unreadable,
	};

	return kan_case_add_coverage(c, &row, err);
}

static int add_filesystem(struct kan_case *c, uint32_t number, const struct evidence *e,
                          const struct kan_filesystem *fs, uint64_t count, struct kan_err *err)
{
	char subject[80];
	bool readable = fs->state == KAN_FS_READABLE;
	struct kan_coverage row = {
		.evidence = number,
		.stage = "files",
		.subject = subject,
		.reason = readable ? "" : kan_fs_state_name(fs->state),
		.detail = "",
		.offset = fs->offset,
		.length = fs->size,
		.count = count,
	};

	snprintf(subject, sizeof(subject), "%u %s @ %llu", fs->number, fs->type,
	         (unsigned long long)fs->offset);
	if (!readable)
		row.status = fs->state == KAN_FS_SWAP ? "partial" : "none";
	else
		row.status = has_gap(&e->findings, fs->offset, fs->size) ? "partial" : "complete";
	return kan_case_add_coverage(c, &row, err);
}

/* A volume in which no file system was recognised is not silently left out. */
static int add_volume(struct kan_case *c, uint32_t number, const struct evidence *e,
                      const struct kan_volume *v, struct kan_err *err)
{
	char subject[120];
	struct kan_coverage row = {
		.evidence = number,
		.stage = "layout",
		.subject = subject,
		.status = "none",
		.reason = v->kind,
		.detail = "no file system was recognised here; the bytes were only hashed",
		.offset = v->offset,
		.length = v->length,
	};

	if (strcmp(v->kind, "metadata") == 0)
		return KAN_OK; /* the table itself, which was read */
	for (size_t i = 0; i < e->layout->nfilesystems; i++)
		if (e->layout->filesystems[i].volume == v->number)
			return KAN_OK;
	snprintf(subject, sizeof(subject), "volume %u %s", v->number, v->description);
	return kan_case_add_coverage(c, &row, err);
}

int coverage_add(struct kan_case *c, uint32_t number, const struct evidence *e,
                 const struct kan_verify_result *verified, const struct tally *tally,
                 struct kan_err *err)
{
	int rc = add_media(c, number, e, verified, err);

	for (size_t i = 0; rc == KAN_OK && i < e->layout->nvolumes; i++)
		rc = add_volume(c, number, e, &e->layout->volumes[i], err);
	for (size_t i = 0; rc == KAN_OK && i < e->layout->nfilesystems; i++)
		rc = add_filesystem(c, number, e, &e->layout->filesystems[i],
		                    i < tally->n ? tally->files[i] : 0, err);
	return rc;
}
