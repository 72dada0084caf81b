/* SPDX-License-Identifier: MIT */
/*
 * source.c - the checks that all layers share
 */
#include "kanshiki/source.h"

#include <inttypes.h>

int kan_source_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                    struct kan_findings *gaps, struct kan_err *err)
{
	if (offset > src->size || src->size - offset < len)
		return kan_fail(err, KAN_EARG,
		                "%s: a read of %zu bytes at %" PRIu64 " leaves the %" PRIu64
		                " bytes that there are",
		                src->ops->name, len, offset, src->size);
	if (len == 0)
		return KAN_OK;
	return src->ops->read(src, offset, buf, len, gaps, err);
}

void kan_source_close(struct kan_source *src)
{
	if (src)
		src->ops->close(src);
}
