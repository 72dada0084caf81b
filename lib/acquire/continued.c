/* SPDX-License-Identifier: MIT */
/*
 * continued.c - the part that is on the medium already is not asked of the drive again
 *
 * A failing drive may not answer twice.  Reading the first part back from the image
 * gives the digests of bytes that are really there, and leaves the drive alone.
 */
#include "acquire/continued.h"

#include "core/cleanup.h"

#include <stdlib.h>
#include <string.h>

enum {
	PLACES = 64,       /* that are compared when an image is continued */
	PLACE_LEN = 65536, /* bytes of each */
};

struct continued {
	struct kan_source src; /* first */
	struct kan_source *origin;
	struct kan_begun begun;
};

/* Index of the first bad range that ends behind @offset. */
static size_t first_bad(const struct kan_begun *b, uint64_t offset)
{
	size_t lo = 0, hi = b->nbad;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->bad[mid].offset + b->bad[mid].length <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void tell_bad(const struct kan_begun *b, uint64_t offset, size_t len,
                     struct kan_findings *gaps)
{
	uint64_t end = offset + len;

	for (size_t i = first_bad(b, offset); i < b->nbad && b->bad[i].offset < end; i++) {
		uint64_t from = b->bad[i].offset > offset ? b->bad[i].offset : offset;
		uint64_t to = b->bad[i].offset + b->bad[i].length;

		kan_findings_add(gaps, KAN_FINDING_UNREADABLE, from, (to < end ? to : end) - from,
		                 "source", "cannot be read");
	}
}

/* Read from the image; its own damage is a failure. */
static int read_begun(const struct kan_begun *b, uint64_t offset, void *buf, size_t len,
                      struct kan_err *err)
{
	KAN_DEFER(kan_findings_done) struct kan_findings damage = { 0 };
	int rc = kan_source_read(b->image, offset, buf, len, &damage, err);

	if (rc == KAN_OK && damage.n > 0)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: what was written before is damaged at %llu (%s); it cannot be "
		                "continued, leave it out",
		                b->path, (unsigned long long)damage.list[0].offset,
		                damage.list[0].detail);
	return rc;
}

static int continued_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                          struct kan_findings *gaps, struct kan_err *err)
{
	const struct continued *c = (const struct continued *)src;
	uint64_t before = offset < c->begun.len ? c->begun.len - offset : 0;
	size_t head = before < len ? (size_t)before : len;
	int rc = KAN_OK;

	if (head > 0) {
		rc = read_begun(&c->begun, offset, buf, head, err);
		tell_bad(&c->begun, offset, head, gaps);
	}
	if (rc == KAN_OK && head < len)
		rc = kan_source_read(c->origin, offset + head, (uint8_t *)buf + head, len - head,
		                     gaps, err);
	return rc;
}

static void continued_close(struct kan_source *src)
{
	free(src);
}

static const struct kan_source_ops continued_ops = {
	.name = "continued",
	.read = continued_read,
	.close = continued_close,
};

int kan_source_continued(struct kan_source **out, struct kan_source *origin,
                         const struct kan_begun *begun, struct kan_err *err)
{
	struct continued *c;

	if (begun->len > origin->size || begun->image->size < begun->len)
		return kan_fail(err, KAN_EFORMAT, "less was written than the journal says");
	c = calloc(1, sizeof(*c));
	if (!c)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a source");
	c->src = (struct kan_source){ .ops = &continued_ops,
		                      .size = origin->size,
		                      .sector_size = origin->sector_size,
		                      .block_len = origin->block_len };
	c->origin = origin;
	c->begun = *begun;
	*out = &c->src;
	return KAN_OK;
}

static bool has_bad(const struct kan_begun *b, uint64_t offset, size_t len)
{
	size_t i = first_bad(b, offset);

	return i < b->nbad && b->bad[i].offset < offset + len;
}

static int compare_place(const struct kan_begun *b, struct kan_source *origin, uint64_t offset,
                         uint8_t *room, struct kan_err *err)
{
	KAN_DEFER(kan_findings_done) struct kan_findings gaps = { 0 };
	size_t len = b->len - offset < PLACE_LEN ? (size_t)(b->len - offset) : PLACE_LEN;
	int rc;

	if (has_bad(b, offset, len))
		return KAN_OK;
	rc = kan_source_read(origin, offset, room, len, &gaps, err);
	if (rc != KAN_OK || gaps.n > 0)
		return rc;
	rc = read_begun(b, offset, room + PLACE_LEN, len, err);
	if (rc == KAN_OK && memcmp(room, room + PLACE_LEN, len) != 0)
		return kan_fail(err, KAN_EARG,
		                "%s: the source is not the one that was begun: it differs within "
		                "%zu bytes at %llu",
		                b->path, len, (unsigned long long)offset);
	return rc;
}

int kan_begun_compare(const struct kan_begun *begun, struct kan_source *origin, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *room = malloc(2 * PLACE_LEN);
	int rc = KAN_OK;

	if (!room)
		return kan_fail(err, KAN_ENOMEM, "out of memory to compare the source");
	for (uint64_t i = 0; rc == KAN_OK && i < PLACES; i++) {
		uint64_t at = begun->len / PLACES * i / PLACE_LEN * PLACE_LEN;

		if (at < begun->len)
			rc = compare_place(begun, origin, at, room, err);
	}
	return rc;
}
