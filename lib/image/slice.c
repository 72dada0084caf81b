/* SPDX-License-Identifier: MIT */
/*
 * slice.c - a window of another source
 */
#include "image/gaps.h"
#include "kanshiki/source.h"

#include <inttypes.h>
#include <stdlib.h>

struct slice {
	struct kan_source src; /* first */
	struct kan_source *below;
	uint64_t start; /* of the window in below */
};

static int slice_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	struct slice *s = (struct slice *)src;
	struct kan_findings found = { 0 };
	int rc = kan_source_read(s->below, s->start + offset, buf, len, gaps ? &found : NULL, err);

	if (rc == KAN_OK)
		kan_gaps_carry(gaps, &found, s->start + offset, len, offset);
	kan_findings_done(&found);
	return rc;
}

static void slice_close(struct kan_source *src)
{
	free(src);
}

static const struct kan_source_ops slice_ops = {
	.name = "slice",
	.read = slice_read,
	.close = slice_close,
};

int kan_source_slice(struct kan_source **out, struct kan_source *below, uint64_t offset,
                     uint64_t size, struct kan_err *err)
{
	struct slice *s;

	if (offset > below->size || below->size - offset < size)
		return kan_fail(err, KAN_EARG,
		                "a window of %" PRIu64 " bytes at %" PRIu64 " leaves the %" PRIu64
		                " bytes below it",
		                size, offset, below->size);
	s = malloc(sizeof(*s));
	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a slice");
	s->src = (struct kan_source){
		.ops = &slice_ops,
		.size = size,
		.sector_size = below->sector_size,
		.block_len = below->block_len,
	};
	s->below = below;
	s->start = offset;
	*out = &s->src;
	return KAN_OK;
}
