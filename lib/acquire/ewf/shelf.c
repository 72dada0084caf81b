/* SPDX-License-Identifier: MIT */
/*
 * shelf.c - blocks whose chunks are prepared, in any order and by any thread
 *
 * Blocks and packers are taken off a list and put back, so there are only as many
 * as were in use at the same time: one packer for each thread, one block for each
 * block of the stream that is in flight and those of one group.
 */
#include "acquire/ewf/e01.h"

#include "core/cleanup.h"

void kan_e01_shelf_init(struct kan_e01_shelf *s, enum kan_compress compress, uint32_t chunk_len,
                        size_t block_len)
{
	*s = (struct kan_e01_shelf){ .compress = compress,
		                     .chunk_len = chunk_len,
		                     .block_len = block_len };
	pthread_mutex_init(&s->lock, NULL);
}

static void free_blocks(struct kan_e01_block *list)
{
	while (list) {
		struct kan_e01_block *next = list->next;

		free(list);
		list = next;
	}
}

void kan_e01_shelf_done(struct kan_e01_shelf *s)
{
	free_blocks(s->free);
	free_blocks(s->ready);
	while (s->packers) {
		struct kan_e01_packer *next = s->packers->next;

		kan_e01_packer_free(s->packers);
		s->packers = next;
	}
	pthread_mutex_destroy(&s->lock);
}

static struct kan_e01_block *new_block(const struct kan_e01_shelf *s)
{
	size_t n = s->block_len / s->chunk_len;
	struct kan_e01_block *b =
		malloc(sizeof(*b) + s->block_len + n * (sizeof(uint32_t) + KAN_E01_STORED_LEN));

	if (!b)
		return NULL;
	b->lens = (uint32_t *)(void *)(b + 1);
	b->data = (uint8_t *)(b->lens + n);
	return b;
}

/* A packer and a block; what there is stays with the shelf if one of them is missing. */
static int take_tools(struct kan_e01_shelf *s, struct kan_e01_packer **packer,
                      struct kan_e01_block **block, struct kan_err *err)
{
	int rc = KAN_OK;

	pthread_mutex_lock(&s->lock);
	*packer = s->packers;
	if (*packer)
		s->packers = (*packer)->next;
	*block = s->free;
	if (*block)
		s->free = (*block)->next;
	pthread_mutex_unlock(&s->lock);
	if (!*packer)
		rc = kan_e01_packer_new(packer, s->compress, s->chunk_len, err);
	if (rc == KAN_OK && !*block) {
		*block = new_block(s);
		if (!*block)
			rc = kan_fail(err, KAN_ENOMEM, "out of memory for a block of %zu bytes",
			              s->block_len);
	}
	return rc;
}

static void put_back(struct kan_e01_shelf *s, struct kan_e01_packer *packer,
                     struct kan_e01_block *block, bool ready)
{
	struct kan_e01_block **list = ready ? &s->ready : &s->free;

	pthread_mutex_lock(&s->lock);
	if (packer) {
		packer->next = s->packers;
		s->packers = packer;
	}
	if (block) {
		block->next = *list;
		*list = block;
	}
	pthread_mutex_unlock(&s->lock);
}

static void pack_block(struct kan_e01_packer *p, struct kan_e01_block *b,
                       const struct kan_block *blk)
{
	b->offset = blk->offset;
	b->media_len = blk->len;
	b->nchunks = 0;
	b->len = 0;
	for (size_t at = 0; at < blk->len; at += p->chunk_len) {
		size_t left = blk->len - at;
		uint32_t len = kan_e01_pack(p, b->data + b->len, blk->data + at,
		                            left < p->chunk_len ? left : p->chunk_len);

		b->lens[b->nchunks++] = len;
		b->len += len & ~KAN_E01_COMPRESSED;
	}
}

int kan_e01_shelf_prepare(struct kan_e01_shelf *s, const struct kan_block *blk, struct kan_err *err)
{
	struct kan_e01_packer *packer = NULL;
	struct kan_e01_block *block = NULL;
	int rc;

	if (blk->len > s->block_len)
		return kan_fail(err, KAN_EARG, "a block of %zu bytes, %zu were agreed", blk->len,
		                s->block_len);
	rc = take_tools(s, &packer, &block, err);
	if (rc == KAN_OK)
		pack_block(packer, block, blk);
	put_back(s, packer, block, rc == KAN_OK);
	return rc;
}

struct kan_e01_block *kan_e01_shelf_take(struct kan_e01_shelf *s, uint64_t offset)
{
	struct kan_e01_block *b = NULL;

	pthread_mutex_lock(&s->lock);
	for (struct kan_e01_block **at = &s->ready; *at && !b;) {
		if ((*at)->offset == offset) {
			b = *at;
			*at = b->next;
		} else {
			at = &(*at)->next;
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (b)
		b->next = NULL;
	return b;
}

void kan_e01_shelf_return(struct kan_e01_shelf *s, struct kan_e01_block *list)
{
	pthread_mutex_lock(&s->lock);
	while (list) {
		struct kan_e01_block *next = list->next;

		list->next = s->free;
		s->free = list;
		list = next;
	}
	pthread_mutex_unlock(&s->lock);
}
