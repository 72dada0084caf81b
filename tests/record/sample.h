/* SPDX-License-Identifier: MIT */
/*
 * sample.h - a record with something in every place
 */
#ifndef KAN_TESTS_RECORD_SAMPLE_H
#define KAN_TESTS_RECORD_SAMPLE_H

#include "kanshiki/record.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MD5    "0123456789abcdef0123456789abcdef"
#define SAMPLE_SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static inline void *sample_list(const void *items, size_t len)
{
	void *list = malloc(len);

	ck_assert_ptr_nonnull(list);
	return memcpy(list, items, len);
}

/* Fill in @r, which is empty; release it with kan_record_done(). */
static inline void sample_record(struct kan_record *r)
{
	static const struct kan_stored_hash digests[] = { { "md5", SAMPLE_MD5 },
		                                          { "sha256", SAMPLE_SHA256 } };
	static const struct kan_record_range ranges[] = { { 512, 1024 }, { 1048576, 512 } };
	static const struct kan_record_segment segments[] = { { NULL, 4096, SAMPLE_SHA256 },
		                                              { NULL, 17, SAMPLE_SHA256 } };
	struct kan_record_values *people = &r->people;

	r->tool = strdup("kanshiki 0.1.0");
	ck_assert_int_eq(kan_record_value(people, "case_number", "2026-17", NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(people, "examiner", "\xe5\xb1\xb1\xe7\x94\xb0", NULL),
	                 KAN_OK);
	ck_assert_int_eq(kan_record_value(&r->source, "path", "C:\\dev\xff\n\"x\"", NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(&r->source, "serial", "", NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(&r->source, "hpa", NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(&r->settings, "format", "ewf", NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(&r->times, "started", "2026-11-28T09:00:00Z", NULL),
	                 KAN_OK);
	r->media_size = 3u * KAN_TREE_BLOCK - 512;
	r->sector_size = 512;
	r->digests = sample_list(digests, sizeof(digests));
	r->ndigests = 2;
	r->reread = sample_list(digests, sizeof(digests[0]));
	r->nreread = 1;
	memcpy(r->reread_verdict, "match", sizeof("match"));
	r->unreadable = sample_list(ranges, sizeof(ranges));
	r->nunreadable = 2;
	r->bytes_unreadable = 1536;
	memcpy(r->tree_root, SAMPLE_SHA256, sizeof(r->tree_root));
	r->tree_leaves = 3;
	r->segments = sample_list(segments, sizeof(segments));
	r->nsegments = 2;
	r->segments[0].name = strdup("disk.E01");
	r->segments[1].name = strdup("disk.E02");
}

#endif
