/* SPDX-License-Identifier: MIT */
/*
 * check.c - digests that are digests, ranges that lie in the media, names without folder
 */
#include "record/check.h"

#include "record/form.h"
#include "record/hex.h"

#include <inttypes.h>
#include <string.h>

static bool is_hex(const char *s, size_t len)
{
	size_t n = 0;

	while (kan_record_digit(s[n]) >= 0)
		n++;
	return n == len && s[n] == '\0';
}

static int check_digests(const struct kan_stored_hash *list, size_t n, const char *what,
                         struct kan_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct kan_hash *algo = kan_hash_find(list[i].algorithm);

		if (!algo || strcmp(algo->name, list[i].algorithm) != 0)
			return kan_fail(err, KAN_EFORMAT, "\"%s\" %zu: unknown algorithm", what,
			                i + 1);
		if (!is_hex(list[i].hex, 2 * algo->digest_len))
			return kan_fail(err, KAN_EFORMAT, "\"%s\" %zu: no digest of %zu bytes",
			                what, i + 1, algo->digest_len);
		for (size_t k = 0; k < i; k++)
			if (strcmp(list[k].algorithm, list[i].algorithm) == 0)
				return kan_fail(err, KAN_EFORMAT, "\"%s\": %s comes twice", what,
				                algo->name);
	}
	return KAN_OK;
}

static int check_ranges(const struct kan_record *r, struct kan_err *err)
{
	uint64_t pos = 0, sum = 0;

	for (size_t i = 0; i < r->nunreadable; i++) {
		const struct kan_record_range *u = &r->unreadable[i];

		if (u->length == 0 || u->offset < pos || u->offset > r->media_size ||
		    u->length > r->media_size - u->offset)
			return kan_fail(err, KAN_EFORMAT,
			                "\"unreadable\" %zu: not behind the range before, or not "
			                "in the media",
			                i + 1);
		pos = u->offset + u->length;
		sum += u->length;
	}
	/* A full list may have left ranges out. */
	if (r->bytes_unreadable > r->media_size || r->bytes_unreadable < sum ||
	    (r->bytes_unreadable > sum && r->nunreadable < KAN_RECORD_RANGES_MAX))
		return kan_fail(err, KAN_EFORMAT,
		                "\"bytes_unreadable\" is %" PRIu64 ", the ranges have %" PRIu64,
		                r->bytes_unreadable, sum);
	return KAN_OK;
}

static int check_tree(const struct kan_record *r, struct kan_err *err)
{
	uint64_t n = r->media_size / KAN_TREE_BLOCK + (r->media_size % KAN_TREE_BLOCK > 0);

	if (r->tree_root[0] == '\0')
		return r->tree_leaves == 0
		               ? KAN_OK
		               : kan_fail(err, KAN_EFORMAT, "leaves of a tree without a root");
	if (!is_hex(r->tree_root, 2 * KAN_TREE_HASH))
		return kan_fail(err, KAN_EFORMAT, "\"tree_root\" is no digest of %u bytes",
		                KAN_TREE_HASH);
	if (r->tree_leaves != n)
		return kan_fail(err, KAN_EFORMAT,
		                "\"tree_leaves\" is %" PRIu64 ", the media have %" PRIu64 " blocks",
		                r->tree_leaves, n);
	return KAN_OK;
}

static int check_segments(const struct kan_record *r, struct kan_err *err)
{
	for (size_t i = 0; i < r->nsegments; i++) {
		const struct kan_record_segment *s = &r->segments[i];

		if (s->name[0] == '\0' || strcmp(s->name, ".") == 0 || strcmp(s->name, "..") == 0 ||
		    strchr(s->name, '/'))
			return kan_fail(err, KAN_EFORMAT, "\"segments\" %zu: no name of a file",
			                i + 1);
		if (!is_hex(s->sha256, 64))
			return kan_fail(err, KAN_EFORMAT, "\"segments\" %zu: no digest of 32 bytes",
			                i + 1);
	}
	return KAN_OK;
}

static bool is_verdict(const char *s)
{
	static const char *const known[] = { "", "match", "mismatch", "unchecked" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(s, known[i]) == 0)
			return true;
	return false;
}

int kan_record_check(const struct kan_record *r, struct kan_err *err)
{
	int rc = check_digests(r->digests, r->ndigests, "digests", err);

	if (rc == KAN_OK)
		rc = check_digests(r->reread, r->nreread, "reread", err);
	if (rc == KAN_OK && !is_verdict(r->reread_verdict))
		rc = kan_fail(err, KAN_EFORMAT, "\"reread_verdict\" is no verdict");
	if (rc == KAN_OK)
		rc = check_ranges(r, err);
	if (rc == KAN_OK)
		rc = check_tree(r, err);
	return rc == KAN_OK ? check_segments(r, err) : rc;
}
