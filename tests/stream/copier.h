/* SPDX-License-Identifier: MIT */
/*
 * copier.h - what the tests of streams share: data, workers, and a sink that looks
 */
#ifndef KAN_TESTS_COPIER_H
#define KAN_TESTS_COPIER_H

#include "core/cleanup.h"
#include "kanshiki/pool.h"
#include "kanshiki/stream.h"
#include "stream/fake_source.h"
#include "suite.h"

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

enum { SIZE = 40001 };

static const size_t workers[] = { 1, 2, 3, 8, 16 };

enum { NWORKERS = sizeof(workers) / sizeof(workers[0]) };

static uint8_t data[SIZE];
static struct fake_source fake;

/* Before each test. */
static inline void setup(void)
{
	fake_fill(data, SIZE);
	fake_init(&fake, data, SIZE);
}

/* With room for one waiting job, the least that there can be. */
static inline struct kan_pool *new_pool(size_t n)
{
	struct kan_pool *pool = NULL;

	ck_assert_int_eq(kan_pool_new(&pool, n, 1, NULL), KAN_OK);
	return pool;
}

/* Copies what it gets and notices calls that overlap or leave the order. */
struct copier {
	atomic_int inside;
	bool broken;
	uint64_t next;
	uint64_t unreadable;
	uint64_t fail_at; /* fails at the block that holds this offset; KAN_NO_OFFSET: never */
	bool called_after_failure;
	bool failed;
	uint8_t copy[SIZE];
};

static inline int copy_block(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct copier *c = self;

	c->called_after_failure |= c->failed;
	c->broken |= atomic_fetch_add(&c->inside, 1) != 0 || blk->offset != c->next;
	memcpy(c->copy + blk->offset, blk->data, blk->len);
	for (size_t i = 0; i < blk->gaps->n; i++)
		c->unreadable += blk->gaps->list[i].length;
	c->next = blk->offset + blk->len;
	c->failed = c->fail_at >= blk->offset && c->fail_at < c->next;
	atomic_fetch_sub(&c->inside, 1);
	return c->failed ? kan_fail(err, KAN_EIO, "disk full") : KAN_OK;
}

static inline struct kan_sink copier_sink(struct copier *c, const char *name)
{
	*c = (struct copier){ .fail_at = KAN_NO_OFFSET };
	return (struct kan_sink){
		.name = name, .order = KAN_IN_ORDER, .self = c, .consume = copy_block
	};
}

#endif
