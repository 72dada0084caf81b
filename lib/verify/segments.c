/* SPDX-License-Identifier: MIT */
/*
 * segments.c - the files of a set against those in the record of the acquisition
 *
 * The media is read chunk by chunk, the files are hashed byte by byte: a pass of its
 * own over the files, which also meets what belongs to no chunk.
 */
#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "kanshiki/pool.h"
#include "verify/sidecar.h"

#include <inttypes.h>
#include <string.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)
KAN_DEFINE_DROP(hasher, struct kan_hasher *, kan_hasher_free)

/* A file as a source. */
struct file_source {
	struct kan_source src; /* first */
	const struct kan_evidence_file *file;
};

static int read_file(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                     struct kan_findings *gaps, struct kan_err *err)
{
	const struct file_source *f = (const struct file_source *)src;

	return kan_evidence_file_read(f->file, offset, buf, len, gaps, NULL, err);
}

static const struct kan_source_ops file_ops = { .name = "file", .read = read_file };

/* How files are read. */
struct pass {
	struct kan_stream_opts stream;
	struct kan_pool *pool;
};

/* SHA-256 of the file at @path; *@whole is false if some of it cannot be read. */
static int hash_file(char *hex, const char *path, bool *whole, const struct pass *pass,
                     struct kan_err *err)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	KAN_DEFER(kan_findings_done) struct kan_findings gaps = { 0 };
	KAN_AUTO(hasher) struct kan_hasher *hasher = NULL;
	struct kan_hash_set set;
	struct kan_sink sinks[KAN_HASHES_MAX];
	struct kan_digest digest;
	struct file_source src;
	int rc = kan_hash_set_parse(&set, "sha256", err);

	if (rc == KAN_OK)
		rc = kan_hasher_new(&hasher, &set, NULL, err);
	if (rc == KAN_OK)
		rc = kan_evidence_file_open(&f, path, err);
	if (rc != KAN_OK)
		return rc;
	src = (struct file_source){ { &file_ops, f.size, f.sector_size, 1 }, &f };
	rc = kan_stream_run(&src.src, sinks, kan_hasher_sinks(hasher, sinks), &pass->stream,
	                    pass->pool, &gaps, err);
	if (rc == KAN_OK)
		rc = kan_hasher_finish(hasher, &digest, err);
	if (rc != KAN_OK)
		return rc;
	kan_hash_hex(hex, digest.bytes, digest.algo->digest_len);
	*whole = gaps.n == 0 && gaps.dropped == 0;
	return KAN_OK;
}

/* What is known of the place of a segment in the media: that of raw ones. */
struct place {
	uint64_t offset, length;
};

static void differs(struct kan_verify_result *r, const struct place *at, const char *name,
                    const char *why)
{
	kan_findings_add(&r->findings, KAN_FINDING_RECORD,
	                 at->length > 0 ? at->offset : KAN_NO_OFFSET, at->length, name, "%s", why);
}

static int compare_bytes(struct kan_verify_result *r, const struct kan_record_segment *was,
                         const struct kan_segment *is, const struct place *at,
                         const struct pass *pass, struct kan_err *err)
{
	char hex[65] = "";
	bool whole = false;
	int rc = hash_file(hex, is->path, &whole, pass, err);

	if (rc == KAN_OK && !whole)
		differs(r, at, kan_base_name(is->path), "the file cannot be read to its end");
	else if (rc == KAN_OK && strcmp(hex, was->sha256) != 0)
		kan_findings_add(&r->findings, KAN_FINDING_RECORD,
		                 at->length > 0 ? at->offset : KAN_NO_OFFSET, at->length,
		                 kan_base_name(is->path),
		                 "SHA-256 of the file: recorded %s, computed %s", was->sha256, hex);
	return rc;
}

/* Name and size; false if the bytes need not be compared any more. */
static bool compare_names(struct kan_verify_result *r, const struct kan_record_segment *was,
                          const struct kan_segment *is, const struct place *at)
{
	const char *name = kan_base_name(is->path);

	if (is->missing) {
		differs(r, at, name, "the file is in the record and is not there");
		return false;
	}
	if (strcmp(name, was->name) != 0)
		kan_findings_add(&r->findings, KAN_FINDING_RECORD, KAN_NO_OFFSET, 0, name,
		                 "the file is called %s in the record", was->name);
	if (is->size == was->size)
		return true;
	kan_findings_add(&r->findings, KAN_FINDING_RECORD,
	                 at->length > 0 ? at->offset : KAN_NO_OFFSET, at->length, name,
	                 "the file has %" PRIu64 " bytes, %" PRIu64 " were recorded", is->size,
	                 was->size);
	return false;
}

static bool is_raw(const struct kan_image_info *info)
{
	return strcmp(info->format, "raw") == 0 || strcmp(info->format, "splitraw") == 0;
}

/* The range of a raw segment is told only if the tree cannot tell a closer one. */
static int compare_all(struct kan_verify_result *r, const struct kan_sidecar *s,
                       const struct kan_image_info *info, const struct pass *pass,
                       struct kan_err *err)
{
	const struct kan_record *rec = &s->record;
	struct place at = { 0 };
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < info->nsegments; i++) {
		const struct kan_segment *is = &info->segments[i];

		at.offset += at.length;
		at.length = is_raw(info) && !s->recorded ? is->size : 0;
		if (i >= rec->nsegments)
			differs(r, &at, kan_base_name(is->path), "the file is not in the record");
		else if (compare_names(r, &rec->segments[i], is, &at))
			rc = compare_bytes(r, &rec->segments[i], is, &at, pass, err);
	}
	at.length = 0;
	for (size_t i = info->nsegments; i < rec->nsegments; i++)
		differs(r, &at, rec->segments[i].name,
		        "the file is in the record and is not there");
	return rc;
}

int kan_sidecar_segments(struct kan_verify_result *r, const struct kan_sidecar *s,
                         const struct kan_image_info *info, const struct kan_verify_opts *opts,
                         struct kan_err *err)
{
	static const char how[] = "the files were read in a pass of their own";
	struct pass pass = { .stream = { .progress = opts->progress } };
	size_t jobs = opts->jobs > 0 ? opts->jobs : kan_pool_cpus();
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	size_t from = r->findings.n;
	int rc = kan_pool_new(&pool, jobs, jobs, err);

	pass.pool = pool;
	if (rc == KAN_OK)
		rc = compare_all(r, s, info, &pass, err);
	if (rc != KAN_OK)
		return rc;
	memcpy(r->checks[KAN_CHECK_RECORD_SEGMENT].detail, how, sizeof(how));
	return kan_check_set(r, KAN_CHECK_RECORD_SEGMENT,
	                     r->findings.n > from ? KAN_VERDICT_MISMATCH : KAN_VERDICT_MATCH, from,
	                     err);
}
