/* SPDX-License-Identifier: MIT */
/*
 * large.c - write an E01 of many TiB, nearly all zeros, and read places of it back
 *
 *   large FILE.E01 TIB
 *
 * The blocks come from memory, not from a disk: what is shown is that offsets, tables and
 * names hold.  Blocks at the start, around each whole TiB and at the end carry their own
 * offset; they, and zeros between them, are read back through our reader.
 */
#include "kanshiki/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1u << 20)
#define TIB (1ull << 40)

static uint8_t zeros[MIB], marked[MIB], got[MIB];

static bool is_marked(uint64_t offset, uint64_t size)
{
	return offset % TIB == 0 || offset % TIB == TIB - MIB || offset == (size - 1) / MIB * MIB;
}

/* The block at @offset. */
static const uint8_t *block_at(uint64_t offset, uint64_t size)
{
	if (!is_marked(offset, size))
		return zeros;
	memset(marked, 0, sizeof(marked));
	for (size_t i = 0; i + 32 <= MIB; i += 512)
		snprintf((char *)marked + i, 32, "offset %" PRIu64 "\n", offset + i);
	return marked;
}

static int write_all(const char *path, uint64_t size, struct kan_err *err)
{
	const struct kan_writer_opts opts = { .media_size = size, .block_len = MIB };
	const struct kan_findings none = { 0 };
	struct kan_writer_end end = { .ndigests = 0 };
	struct kan_writer *w = NULL;
	int rc = kan_writer_create(&w, path, &opts, err);
	struct kan_sink sink;

	if (rc != KAN_OK)
		return rc;
	sink = kan_writer_sink(w);
	for (uint64_t at = 0; rc == KAN_OK && at < size; at += MIB) {
		const struct kan_block blk = { .offset = at,
			                       .data = block_at(at, size),
			                       .len = size - at < MIB ? (size_t)(size - at) : MIB,
			                       .gaps = &none };

		rc = sink.prepare(sink.self, &blk, err);
		if (rc == KAN_OK)
			rc = sink.consume(sink.self, &blk, err);
	}
	if (rc == KAN_OK)
		rc = kan_writer_finish(w, &end, err);
	kan_writer_close(w);
	return rc;
}

static int check(struct kan_source *src, uint64_t at, struct kan_err *err)
{
	size_t len = src->size - at < MIB ? (size_t)(src->size - at) : MIB;
	int rc = kan_source_read(src, at, got, len, NULL, err);

	if (rc == KAN_OK && memcmp(got, block_at(at, src->size), len) != 0)
		rc = kan_fail(err, KAN_EFORMAT, "the block at %" PRIu64 " is another", at);
	return rc;
}

static int read_back(const char *path, uint64_t size, struct kan_err *err)
{
	struct kan_image *img = NULL;
	uint64_t n = 0, last = (size - 1) / MIB * MIB;
	int rc = kan_image_open(&img, path, NULL, err);

	if (rc == KAN_OK && kan_image_source(img)->size != size)
		rc = kan_fail(err, KAN_EFORMAT, "the size is another");
	for (uint64_t at = 0; rc == KAN_OK && at < size; at += TIB / 4 - MIB, n++)
		rc = check(kan_image_source(img), at / MIB * MIB, err);
	for (uint64_t at = TIB; rc == KAN_OK && at < size; at += TIB, n += 2) {
		rc = check(kan_image_source(img), at, err);
		if (rc == KAN_OK)
			rc = check(kan_image_source(img), at - MIB, err);
	}
	if (rc == KAN_OK)
		rc = check(kan_image_source(img), last, err);
	if (rc == KAN_OK)
		printf("%" PRIu64 " bytes, %" PRIu64
		       " blocks read back are right; the last is at %" PRIu64 "\n",
		       size, n + 1, last);
	kan_image_close(img);
	return rc;
}

int main(int argc, char **argv)
{
	struct kan_err err = { 0 };
	uint64_t size = argc == 3 ? strtoull(argv[2], NULL, 10) * TIB + 1024 : 0;

	if (size < TIB) {
		fprintf(stderr, "usage: large FILE.E01 TIB\n");
		return 2;
	}
	if (write_all(argv[1], size, &err) != KAN_OK || read_back(argv[1], size, &err) != KAN_OK) {
		fprintf(stderr, "large: %s\n", err.msg);
		return 1;
	}
	return 0;
}
