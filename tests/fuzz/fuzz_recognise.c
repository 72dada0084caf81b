/* SPDX-License-Identifier: MIT */
/*
 * fuzz_recognise.c - any bytes as a volume that is looked at, and as chunks of YAFFS2
 */
#include "core/bytes.h"
#include "fs/recognise.h"
#include "fs/yaffs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	struct kan_source src; /* first */
	const uint8_t *data;
};

static int memory_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                       struct kan_findings *gaps, struct kan_err *err)
{
	const struct memory *m = (const struct memory *)src;

	(void)gaps;
	(void)err;
	if (offset > src->size || src->size - offset < len)
		abort();
	memcpy(buf, m->data + offset, len);
	return KAN_OK;
}

static void memory_close(struct kan_source *src)
{
	(void)src;
}

static const struct kan_source_ops memory_ops = {
	.name = "memory",
	.read = memory_read,
	.close = memory_close,
};

/* Every byte of the chunks as they are shown. */
static void read_chunks(struct memory *m, const struct kan_yaffs *y, bool root)
{
	struct kan_source *chunks = NULL;
	uint8_t buf[1000];

	if (kan_yaffs_source(&chunks, &m->src, 0, y, root, NULL) != KAN_OK)
		return;
	for (uint64_t at = 0; at < chunks->size && at < 1u << 20; at += sizeof(buf)) {
		size_t len =
			chunks->size - at < sizeof(buf) ? (size_t)(chunks->size - at) : sizeof(buf);

		if (kan_source_read(chunks, at, buf, len, NULL, NULL) != KAN_OK)
			abort();
	}
	kan_source_close(chunks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {
		.src = { .ops = &memory_ops, .size = size, .sector_size = 512, .block_len = 1 },
		.data = data,
	};
	struct kan_place place = { &m.src, 0, size, NULL };
	struct kan_recognised r = { 0 };
	struct kan_yaffs y;

	if (kan_recognise(&r, &m.src, 0, size, NULL) && (!r.type || !r.label_for_people))
		abort();
	if (size > 0 && kan_recognise(&r, &m.src, 1, UINT64_MAX, NULL) && !r.type)
		abort();
	if (!kan_yaffs_find(&y, &place))
		return 0;
	if (y.chunks == 0 || y.chunks > size / (y.page + y.spare) ||
	    y.tags > y.spare - KAN_YAFFS_TAGS)
		abort();
	read_chunks(&m, &y, false);
	read_chunks(&m, &y, true);
	return 0;
}
