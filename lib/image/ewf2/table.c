/* SPDX-License-Identifier: MIT */
/*
 * table.c - sections of Ex01 that are tables: chunks, acquisition errors, hashes
 *
 * A chunk table stands once.  It says which chunk is its first, so that a table that
 * is lost costs only its own chunks.  It is read once, to check its sums; only its
 * place is kept.
 */
#include "image/ewf2/ewf2.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

enum table_layout {
	TABLE_FIRST = 0,
	TABLE_COUNT = 8,
	TABLE_CHECKSUM = 16, /* of the header, also in the error table */
	ENTRY_OFFSET = 0,
	ENTRY_SIZE = 8,
	ENTRY_FLAGS = 12,
};

enum entry_flags {
	ENTRY_COMPRESSED = 1,
	ENTRY_SUMMED = 2,
	ENTRY_FILLED = 4, /* counts only together with ENTRY_COMPRESSED */
};

enum hash_layout {
	MD5_LEN = 16,
	SHA1_LEN = 20,
};

enum errors_layout {
	ERRORS_COUNT = 0,
	ERRORS_START = 0,
	ERRORS_SECTORS = 8,
	ERRORS_ENTRY_LEN = 16,
};

#define BLOCK_LEN (64u << 10) /* bytes of a table read at once */

struct kan_ewf_entry kan_ewf2_entry(const struct kan_ewf_run *run, uint64_t i, const uint8_t *raw,
                                    const uint8_t *next)
{
	uint32_t flags = kan_le32(raw + ENTRY_FLAGS);
	struct kan_ewf_entry entry = {
		.offset = kan_le64(raw + ENTRY_OFFSET),
		.compressed = flags & ENTRY_COMPRESSED,
		.filled = (flags & ENTRY_COMPRESSED) && (flags & ENTRY_FILLED),
		.unsummed = !(flags & (ENTRY_COMPRESSED | ENTRY_SUMMED)),
	};

	(void)run;
	(void)i;
	(void)next;
	if (__builtin_add_overflow(entry.offset, kan_le32(raw + ENTRY_SIZE), &entry.end))
		entry.end = UINT64_MAX;
	return entry;
}

/* ---- chunk tables ----------------------------------------------------------------- */

/* What reading a table once gives. */
struct sums {
	uint32_t entries; /* Adler-32 */
	uint64_t unsummed;
	struct kan_md5 md5; /* of everything so far */
};

static void judge(struct kan_ewf_run *run, struct sums *sums, const uint8_t *raw, uint64_t size)
{
	struct kan_ewf_entry e = kan_ewf2_entry(run, 0, raw, NULL);

	if (e.filled)
		return;
	if (e.offset < KAN_EWF2_FILE_HEADER_LEN || e.end <= e.offset || e.end > size)
		run->nodd++;
	sums->unsummed += e.unsummed;
}

/* Read the entries once, for their sums and to judge them. */
static int read_entries(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        struct kan_ewf_run *run, struct sums *sums)
{
	KAN_AUTO(mem) uint8_t *raw = malloc(BLOCK_LEN);
	uint64_t left = run->nchunks * KAN_EWF2_ENTRY_LEN, at = run->entries;

	if (!raw)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a chunk table");
	while (left > 0) {
		size_t n = left < BLOCK_LEN ? (size_t)left : BLOCK_LEN;
		int rc = kan_evidence_file_read(&seg->file, at, raw, n, NULL, NULL, o->err);

		if (rc != KAN_OK)
			return rc;
		sums->entries = libdeflate_adler32(sums->entries, raw, n);
		kan_md5_add(&sums->md5, raw, n);
		for (size_t i = 0; i < n; i += KAN_EWF2_ENTRY_LEN)
			judge(run, sums, raw + i, seg->file.size);
		at += n;
		left -= n;
	}
	return KAN_OK;
}

/* What follows the entries: their sum, padding, and in the end the hash of all of it. */
static int check_rest(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      const struct kan_ewf2_section *s, struct kan_ewf_run *run, struct sums *sums)
{
	uint64_t at = run->entries + run->nchunks * KAN_EWF2_ENTRY_LEN;
	uint64_t left = s->s.data + s->s.data_len - at;
	uint8_t rest[KAN_EWF2_TABLE_HEADER_LEN] = { 0 }, digest[KAN_MD5_LEN];
	size_t n = left < sizeof(rest) ? (size_t)left : sizeof(rest);
	int rc = kan_evidence_file_read(&seg->file, at, rest, n, NULL, NULL, o->err);

	if (rc != KAN_OK)
		return rc;
	if (n < KAN_EWF2_SUM_LEN || kan_le32(rest) != sums->entries) {
		kan_ewf_complain(o, seg, &s->s, "the checksum of its entries does not fit");
		run->doubtful = true;
	}
	if (!kan_ewf2_has_md5(s) || n < left) /* more than padding: no hash of ours */
		return KAN_OK;
	kan_md5_add(&sums->md5, rest, n);
	kan_md5_end(&sums->md5, digest);
	if (memcmp(digest, s->md5, sizeof(digest)) != 0) {
		kan_ewf_complain(o, seg, &s->s, "its integrity hash does not fit");
		run->doubtful = true;
	}
	return KAN_OK;
}

/* Where the chunks before this table end, if nothing is lost in between. */
static bool follows(const struct kan_ewf *e, uint64_t first)
{
	const struct kan_ewf_run *last = e->nruns ? &e->runs[e->nruns - 1] : NULL;

	return last ? !last->is_hole && last->first + last->nchunks == first : first == 0;
}

/* The header; false if the table cannot be placed. */
static bool read_head(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      const struct kan_ewf2_section *s, const uint8_t *head,
                      struct kan_ewf_run *run)
{
	uint64_t room = (s->s.data_len - KAN_EWF2_TABLE_HEADER_LEN) / KAN_EWF2_ENTRY_LEN;

	run->entries = s->s.data + KAN_EWF2_TABLE_HEADER_LEN;
	run->first = kan_le64(head + TABLE_FIRST);
	run->nchunks = kan_le32(head + TABLE_COUNT);
	if (kan_le32(head + TABLE_CHECKSUM) != libdeflate_adler32(1, head, TABLE_CHECKSUM)) {
		run->doubtful = true;
		kan_ewf_complain(o, seg, &s->s, "the checksum of its header does not fit");
		if (!follows(o->ewf, run->first))
			return false;
	}
	if (run->nchunks > room) {
		kan_ewf_complain(o, seg, &s->s, "has fewer entries than it says");
		run->nchunks = room;
		run->doubtful = true;
	}
	if (run->first > KAN_EWF2_CHUNKS_MAX) {
		kan_ewf_complain(o, seg, &s->s, "begins with a chunk that cannot be");
		return false;
	}
	return true;
}

int kan_ewf2_read_table(struct kan_ewf_opening *o, size_t segment, const struct kan_ewf2_section *s)
{
	const struct kan_ewf_segment *seg = &o->ewf->segments[segment];
	struct kan_ewf_run run = { .segment = (uint32_t)segment };
	struct sums sums = { .entries = 1 };
	uint8_t head[KAN_EWF2_TABLE_HEADER_LEN];
	int rc;

	if (s->s.data_len < sizeof(head)) {
		kan_ewf_complain(o, seg, &s->s, "has no header");
		return kan_ewf_add_hole(o, segment, KAN_FINDING_STRUCTURE);
	}
	rc = kan_evidence_file_read(&seg->file, s->s.data, head, sizeof(head), NULL, NULL, o->err);
	if (rc != KAN_OK)
		return rc;
	if (!read_head(o, seg, s, head, &run))
		return kan_ewf_add_hole(o, segment, KAN_FINDING_STRUCTURE);
	kan_md5_begin(&sums.md5, kan_md5_blocks_plain);
	kan_md5_add(&sums.md5, head, sizeof(head));
	rc = read_entries(o, seg, &run, &sums);
	if (rc == KAN_OK)
		rc = check_rest(o, seg, s, &run, &sums);
	if (rc != KAN_OK || run.nchunks == 0)
		return rc;
	if (sums.unsummed > 0)
		kan_findings_add(o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, seg->name,
		                 "%s section at %" PRIu64 ": %" PRIu64 " chunks have no checksum",
		                 s->s.type, s->s.offset, sums.unsummed);
	return kan_ewf_add_run(o, &run);
}

/* ---- hashes and acquisition errors ------------------------------------------------ */

int kan_ewf2_read_hash(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf2_section *s)
{
	bool sha1 = s->type == KAN_EWF2_SHA1;
	size_t len = sha1 ? SHA1_LEN : MD5_LEN;
	struct kan_view v;
	const uint8_t *sum;
	int rc = kan_ewf2_load(o, seg, s, &v);

	if (rc != KAN_OK)
		return rc;
	sum = kan_view_at(v, len, KAN_EWF2_SUM_LEN);
	if (!sum)
		kan_ewf_complain(o, seg, &s->s, "is too short");
	else if (kan_le32(sum) != libdeflate_adler32(1, v.data, len))
		kan_ewf_complain(o, seg, &s->s, "its checksum does not fit");
	else
		rc = kan_ewf_take_hash(o, sha1 ? "sha1" : "md5", v.data, len);
	free((void *)(uintptr_t)v.data);
	return rc;
}

int kan_ewf2_read_errors(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                         const struct kan_ewf2_section *s)
{
	struct kan_view v;
	const uint8_t *head, *sum;
	uint64_t room = 0, n = 0;
	int rc = kan_ewf2_load(o, seg, s, &v);

	if (rc != KAN_OK)
		return rc;
	head = kan_view_at(v, 0, KAN_EWF2_TABLE_HEADER_LEN);
	if (head) {
		n = kan_le32(head + ERRORS_COUNT);
		room = (v.len - KAN_EWF2_TABLE_HEADER_LEN) / ERRORS_ENTRY_LEN;
	}
	sum = kan_view_at(v, KAN_EWF2_TABLE_HEADER_LEN + n * ERRORS_ENTRY_LEN, KAN_EWF2_SUM_LEN);
	if (!sum)
		kan_ewf_complain(o, seg, &s->s, "is too short");
	else if (kan_le32(head + TABLE_CHECKSUM) != libdeflate_adler32(1, head, TABLE_CHECKSUM) ||
	         kan_le32(sum) != libdeflate_adler32(1, head + KAN_EWF2_TABLE_HEADER_LEN,
	                                             (size_t)n * ERRORS_ENTRY_LEN))
		kan_ewf_complain(o, seg, &s->s, "its checksum does not fit");
	if (!o->has_device)
		kan_ewf_complain(o, seg, &s->s, "stands before the device and is not read");
	for (uint64_t i = 0; o->has_device && i < n && i < room; i++) {
		const uint8_t *p = v.data + KAN_EWF2_TABLE_HEADER_LEN + i * ERRORS_ENTRY_LEN;

		kan_ewf_add_error(o, seg, &s->s, kan_le64(p + ERRORS_START),
		                  kan_le32(p + ERRORS_SECTORS));
	}
	free((void *)(uintptr_t)v.data);
	return KAN_OK;
}
