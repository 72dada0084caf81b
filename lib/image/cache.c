/* SPDX-License-Identifier: MIT */
/*
 * cache.c - a least-recently-used cache of equal blocks over another source
 *
 * Blocks are found through a table of chains and kept in a ring from the newest
 * to the oldest; links are indices into one array.  A block remembers the gaps
 * that were met while it was read and tells them again at every use.  A request
 * that would push out half of the cache goes to the source below instead.
 */
#include "core/cleanup.h"
#include "image/gaps.h"
#include "kanshiki/source.h"

#include <stdlib.h>
#include <string.h>

#define NONE       UINT32_MAX
#define BLOCK_MAX  (1u << 30) /* bytes in a block */
#define BLOCKS_MAX (1u << 24) /* blocks in a cache */

struct block {
	uint64_t number; /* offset below / block_len */
	uint8_t *data;   /* NULL until the block is used for the first time */
	size_t len;      /* shorter than a block at the end of the source */
	uint32_t chain;  /* next block of the same bucket, or NONE */
	uint32_t newer;  /* neighbours in the ring */
	uint32_t older;
	bool filled;              /* data and gaps belong to number */
	struct kan_findings gaps; /* in offsets of the source */
};

struct cache {
	struct kan_source src; /* first */
	struct kan_source *below;
	size_t block_len;
	uint32_t nblocks;
	uint32_t mask; /* buckets - 1; buckets are a power of two */
	uint32_t newest;
	uint32_t *buckets;
	struct block *blocks;
};

static uint32_t *bucket_of(struct cache *c, uint64_t number)
{
	return &c->buckets[(number * 0x9e3779b97f4a7c15u >> 32) & c->mask];
}

static struct block *find(struct cache *c, uint64_t number)
{
	for (uint32_t i = *bucket_of(c, number); i != NONE; i = c->blocks[i].chain)
		if (c->blocks[i].number == number)
			return &c->blocks[i];
	return NULL;
}

static void unchain(struct cache *c, const struct block *b)
{
	uint32_t *link = bucket_of(c, b->number);

	while (&c->blocks[*link] != b)
		link = &c->blocks[*link].chain;
	*link = b->chain;
}

static void make_newest(struct cache *c, struct block *b)
{
	uint32_t i = (uint32_t)(b - c->blocks);
	struct block *first = &c->blocks[c->newest];

	if (i == c->newest)
		return;
	c->blocks[b->newer].older = b->older;
	c->blocks[b->older].newer = b->newer;
	b->older = c->newest;
	b->newer = first->newer;
	c->blocks[first->newer].older = i;
	first->newer = i;
	c->newest = i;
}

static int fill(struct cache *c, struct block *b, uint64_t number, struct kan_err *err)
{
	uint64_t start = number * c->block_len;
	uint64_t left = c->src.size - start;
	size_t len = left < c->block_len ? (size_t)left : c->block_len;
	int rc;

	if (b->filled)
		unchain(c, b);
	b->filled = false;
	kan_findings_done(&b->gaps);
	if (!b->data)
		b->data = malloc(c->block_len);
	if (!b->data)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a block of the cache");
	rc = kan_source_read(c->below, start, b->data, len, &b->gaps, err);
	if (rc != KAN_OK)
		return rc;
	b->number = number;
	b->len = len;
	b->chain = *bucket_of(c, number);
	*bucket_of(c, number) = (uint32_t)(b - c->blocks);
	b->filled = true;
	return KAN_OK;
}

static int get(struct block **out, struct cache *c, uint64_t number, struct kan_err *err)
{
	struct block *b = find(c, number);

	if (!b) {
		int rc;

		b = &c->blocks[c->blocks[c->newest].newer]; /* the oldest closes the ring */
		rc = fill(c, b, number, err);
		if (rc != KAN_OK)
			return rc;
	}
	make_newest(c, b);
	*out = b;
	return KAN_OK;
}

static int cache_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	struct cache *c = (struct cache *)src;
	uint8_t *to = buf;

	if (len / c->block_len > c->nblocks / 2)
		return kan_source_read(c->below, offset, buf, len, gaps, err);
	while (len > 0) {
		size_t skip = (size_t)(offset % c->block_len);
		struct block *b;
		size_t n;
		int rc = get(&b, c, offset / c->block_len, err);

		if (rc != KAN_OK)
			return rc;
		n = b->len - skip < len ? b->len - skip : len;
		memcpy(to, b->data + skip, n);
		if (gaps)
			kan_gaps_carry(gaps, &b->gaps, offset, n, offset);
		to += n;
		offset += n;
		len -= n;
	}
	return KAN_OK;
}

static void cache_close(struct kan_source *src)
{
	struct cache *c = (struct cache *)src;

	for (uint32_t i = 0; c->blocks && i < c->nblocks; i++) {
		free(c->blocks[i].data);
		kan_findings_done(&c->blocks[i].gaps);
	}
	free(c->blocks);
	free(c->buckets);
	free(c);
}

static const struct kan_source_ops cache_ops = {
	.name = "cache",
	.read = cache_read,
	.close = cache_close,
};

static void link_blocks(struct cache *c)
{
	for (uint32_t i = 0; i <= c->mask; i++)
		c->buckets[i] = NONE;
	for (uint32_t i = 0; i < c->nblocks; i++) {
		c->blocks[i].newer = i == 0 ? c->nblocks - 1 : i - 1;
		c->blocks[i].older = i == c->nblocks - 1 ? 0 : i + 1;
	}
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

int kan_source_cache(struct kan_source **out, struct kan_source *below, size_t block_len,
                     size_t nblocks, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct cache *c;

	if (block_len == 0 || block_len > BLOCK_MAX || nblocks == 0 || nblocks > BLOCKS_MAX)
		return kan_fail(err, KAN_EARG, "a cache of %zu blocks of %zu bytes", nblocks,
		                block_len);
	c = calloc(1, sizeof(*c));
	if (!c)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a cache");
	src = &c->src;
	*src = (struct kan_source){ &cache_ops, below->size, below->sector_size, below->block_len };
	c->below = below;
	c->block_len = block_len;
	c->nblocks = (uint32_t)nblocks;
	while (c->mask < nblocks - 1)
		c->mask = 2 * c->mask + 1;
	c->buckets = calloc((size_t)c->mask + 1, sizeof(*c->buckets));
	c->blocks = calloc(nblocks, sizeof(*c->blocks));
	if (!c->buckets || !c->blocks)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a cache of %zu blocks",
		                nblocks);
	link_blocks(c);
	*out = KAN_STEAL(src);
	return KAN_OK;
}
