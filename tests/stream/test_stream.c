/* SPDX-License-Identifier: MIT */
/*
 * test_stream.c - every sink gets every byte, in its order, whatever the scheduling
 */
#include "kanshiki/stream.h"
#include "stream/copier.h"

#include <pthread.h>

static void kan_drop_findings(struct kan_findings *set)
{
	kan_findings_done(set);
}

enum { SINKS = 3 };

static const size_t block_lens[] = { 0, 1, 511, 512, 513, 4096 };

enum { NLENS = sizeof(block_lens) / sizeof(block_lens[0]) };

/* Counts how often it sees each byte, and compares it and the bytes ahead. */
struct counter {
	atomic_uchar seen[SIZE];
	atomic_size_t wrong;
	size_t ahead_len;
};

static int count_block(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct counter *c = self;
	uint64_t left = SIZE - blk->offset - blk->len;

	(void)err;
	for (size_t i = 0; i < blk->len; i++)
		atomic_fetch_add(&c->seen[blk->offset + i], 1);
	if (blk->ahead != (left < c->ahead_len ? left : c->ahead_len) ||
	    memcmp(blk->data, data + blk->offset, blk->len + blk->ahead) != 0)
		atomic_fetch_add(&c->wrong, 1);
	return KAN_OK;
}

/* ---- what sinks see ------------------------------------------------------ */

START_TEST(stream_gives_ordered_sinks_every_byte_in_order)
{
	static struct copier copiers[SINKS];
	static const char *const names[SINKS] = { "a", "b", "c" };
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = block_lens[_i / NWORKERS] };
	struct kan_sink sinks[SINKS];

	for (size_t i = 0; i < SINKS; i++)
		sinks[i] = copier_sink(&copiers[i], names[i]);
	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, SINKS, &opts, pool, NULL, NULL), KAN_OK);
	for (size_t i = 0; i < SINKS; i++) {
		ck_assert(!copiers[i].broken);
		ck_assert_uint_eq(copiers[i].next, SIZE);
		ck_assert_mem_eq(copiers[i].copy, data, SIZE);
	}
}
END_TEST

START_TEST(stream_gives_other_sinks_every_byte_once_and_the_bytes_ahead)
{
	static struct counter counter;
	static struct copier copier;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = block_lens[_i / NWORKERS], .ahead_len = 700 };
	struct kan_sink sinks[] = { { "count", KAN_ANY_ORDER, &counter, count_block, NULL },
		                    copier_sink(&copier, "copy") };

	memset(&counter, 0, sizeof(counter));
	counter.ahead_len = 700;
	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 2, &opts, pool, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(atomic_load(&counter.wrong), 0);
	for (size_t i = 0; i < SIZE; i++)
		ck_assert_uint_eq(atomic_load(&counter.seen[i]), 1);
	ck_assert_mem_eq(copier.copy, data, SIZE);
}
END_TEST

static const struct fake_range bad[] = { { 0, 512 }, { 1024, 5000 }, { 39900, 101 } };

START_TEST(stream_reports_gaps_once_and_ascending)
{
	static struct copier copier;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = block_lens[_i / NWORKERS], .ahead_len = 99 };
	struct kan_sink sink = copier_sink(&copier, "copy");

	fake.bad = bad;
	fake.nbad = 3;
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, &gaps, NULL), KAN_OK);
	ck_assert_uint_eq(copier.unreadable, 512 + 5000 + 101);
	ck_assert_uint_eq(gaps.n, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(gaps.list[i].offset, bad[i].offset);
		ck_assert_uint_eq(gaps.list[i].length, bad[i].length);
		ck_assert_int_eq(copier.copy[bad[i].offset], 0);
	}
}
END_TEST

START_TEST(stream_of_an_empty_source_calls_no_sink)
{
	static struct copier copier;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	struct kan_sink sink = copier_sink(&copier, "copy");

	fake.src.size = 0;
	copier.next = 7;
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, NULL, pool, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(copier.next, 7);
	ck_assert_int_eq(atomic_load(&fake.calls), 0);
}
END_TEST

START_TEST(stream_without_sinks_still_finds_the_gaps)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	struct kan_stream_opts opts = { .block_len = 512 };

	fake.bad = bad;
	fake.nbad = 3;
	ck_assert_int_eq(kan_stream_run(&fake.src, NULL, 0, &opts, pool, &gaps, NULL), KAN_OK);
	ck_assert_uint_eq(gaps.n, 3);
}
END_TEST

/* ---- at the same time ------------------------------------------------------ */

static pthread_barrier_t meeting;

static int meet_once(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)self;
	(void)err;
	if (blk->offset == 0)
		pthread_barrier_wait(&meeting);
	return KAN_OK;
}

/* Would wait for ever if one lane had to end before the other. */
START_TEST(stream_feeds_two_ordered_sinks_at_the_same_time)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	const struct kan_sink sinks[] = { { "a", KAN_IN_ORDER, NULL, meet_once, NULL },
		                          { "b", KAN_IN_ORDER, NULL, meet_once, NULL } };
	struct kan_stream_opts opts = { .block_len = 512 };

	pthread_barrier_init(&meeting, NULL, 2);
	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 2, &opts, pool, NULL, NULL), KAN_OK);
	pthread_barrier_destroy(&meeting);
}
END_TEST

static int meet_in_first_three(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)self;
	(void)err;
	if (blk->offset < 3 * 512)
		pthread_barrier_wait(&meeting);
	return KAN_OK;
}

/* Prepares by noting the sum of a block; consuming it must find the same sum. */
struct preparer {
	_Atomic uint32_t sums[SIZE]; /* at the offset of the block, plus 1 */
	bool unprepared;
	struct copier copier;
};

static uint32_t sum_of(const struct kan_block *blk)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < blk->len; i++)
		sum += blk->data[i];
	return sum;
}

static int prepare_block(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct preparer *p = self;

	atomic_store(&p->sums[blk->offset], sum_of(blk));
	return blk->offset == p->copier.fail_at ? kan_fail(err, KAN_ENOMEM, "no room") : KAN_OK;
}

static int consume_prepared(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct preparer *p = self;

	p->unprepared |= atomic_load(&p->sums[blk->offset]) != sum_of(blk);
	return copy_block(&p->copier, blk, err);
}

static struct kan_sink preparer_sink(struct preparer *p)
{
	memset(p, 0, sizeof(*p));
	(void)copier_sink(&p->copier, "");
	return (struct kan_sink){ .name = "p",
		                  .order = KAN_IN_ORDER,
		                  .self = p,
		                  .consume = consume_prepared,
		                  .prepare = prepare_block };
}

START_TEST(stream_lets_a_sink_prepare_each_block_before_it_comes_in_order)
{
	static struct preparer p;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = block_lens[_i / NWORKERS] };
	struct kan_sink sink;

	sink = preparer_sink(&p);
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	ck_assert(!p.unprepared);
	ck_assert(!p.copier.broken);
	ck_assert_mem_eq(p.copier.copy, data, SIZE);
}
END_TEST

START_TEST(stream_ends_when_a_sink_cannot_prepare)
{
	static struct preparer p;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	struct kan_stream_opts opts = { .block_len = 512 };
	struct kan_err err = { 0 };
	struct kan_sink sink;

	sink = preparer_sink(&p);
	p.copier.fail_at = 5120;
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, &err), KAN_ENOMEM);
	ck_assert_str_eq(err.msg, "p: no room");
	ck_assert_uint_le(p.copier.next, 5120);
}
END_TEST

START_TEST(stream_calls_an_any_order_sink_from_many_threads)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(3);
	const struct kan_sink sink = { "scan", KAN_ANY_ORDER, NULL, meet_in_first_three, NULL };
	struct kan_stream_opts opts = { .block_len = 512 };

	pthread_barrier_init(&meeting, NULL, 3);
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	pthread_barrier_destroy(&meeting);
}
END_TEST

static void meet_in_read(void *arg, uint64_t offset)
{
	(void)arg;
	if (offset < 3 * 512)
		pthread_barrier_wait(&meeting);
}

START_TEST(stream_reads_several_blocks_at_the_same_time)
{
	static struct copier copier;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(3);
	struct kan_sink sink = copier_sink(&copier, "copy");
	struct kan_stream_opts opts = { .block_len = 512 };

	fake.on_read = meet_in_read;
	pthread_barrier_init(&meeting, NULL, 3);
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	pthread_barrier_destroy(&meeting);
}
END_TEST

struct bound {
	atomic_ullong consumed; /* bytes that the slowest sink has had */
	atomic_ullong most;     /* bytes read and not consumed */
};

static void measure_lead(void *arg, uint64_t offset)
{
	struct bound *b = arg;
	unsigned long long lead = offset - atomic_load(&b->consumed);
	unsigned long long most = atomic_load(&b->most);

	while (lead > most && !atomic_compare_exchange_weak(&b->most, &most, lead))
		;
}

static int consume_bound(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct bound *b = self;

	(void)err;
	/* A block counts from its start: the one in hand is in memory too. */
	atomic_store(&b->consumed, blk->offset);
	return KAN_OK;
}

START_TEST(stream_holds_no_more_blocks_than_asked)
{
	static struct bound bound;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(8);
	const struct kan_sink sink = { "slow", KAN_IN_ORDER, &bound, consume_bound, NULL };
	struct kan_stream_opts opts = { .block_len = 100, .in_flight = (size_t)_i };

	atomic_store(&bound.consumed, 0);
	atomic_store(&bound.most, 0);
	fake.on_read = measure_lead;
	fake.arg = &bound;
	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	ck_assert_uint_le(atomic_load(&bound.most), 100ull * (unsigned)_i);
}
END_TEST

struct pair {
	struct kan_pool *pool;
	struct copier copier;
	int rc;
};

static void run_one(void *arg)
{
	struct pair *p = arg;
	struct kan_sink sink = copier_sink(&p->copier, "copy");
	struct kan_stream_opts opts = { .block_len = 512 };

	p->rc = kan_stream_run(&fake.src, &sink, 1, &opts, p->pool, NULL, NULL);
}

START_TEST(streams_can_share_a_pool)
{
	static struct pair pairs[3];
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	KAN_AUTO(pool) struct kan_pool *callers = new_pool(3);

	for (size_t i = 0; i < 3; i++) {
		pairs[i].pool = pool;
		kan_pool_run(callers, run_one, &pairs[i]);
	}
	kan_pool_drain(callers);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(pairs[i].rc, KAN_OK);
		ck_assert_mem_eq(pairs[i].copier.copy, data, SIZE);
	}
}
END_TEST

static Suite *stream_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *sinks = tcase_create("sinks");
	TCase *parallel = tcase_create("at the same time");

	tcase_add_loop_test(sinks, stream_gives_ordered_sinks_every_byte_in_order, 0,
	                    NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_gives_other_sinks_every_byte_once_and_the_bytes_ahead, 0,
	                    NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_reports_gaps_once_and_ascending, 0, NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_lets_a_sink_prepare_each_block_before_it_comes_in_order,
	                    0, NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_ends_when_a_sink_cannot_prepare, 0, NWORKERS);
	tcase_add_test(sinks, stream_of_an_empty_source_calls_no_sink);
	tcase_add_test(sinks, stream_without_sinks_still_finds_the_gaps);
	tcase_add_test(parallel, stream_feeds_two_ordered_sinks_at_the_same_time);
	tcase_add_test(parallel, stream_calls_an_any_order_sink_from_many_threads);
	tcase_add_test(parallel, stream_reads_several_blocks_at_the_same_time);
	tcase_add_loop_test(parallel, stream_holds_no_more_blocks_than_asked, 1, 6);
	tcase_add_test(parallel, streams_can_share_a_pool);
	tcase_add_checked_fixture(sinks, setup, NULL);
	tcase_set_timeout(sinks, 60);
	suite_add_tcase(s, sinks);
	tcase_add_checked_fixture(parallel, setup, NULL);
	tcase_set_timeout(parallel, 60);
	suite_add_tcase(s, parallel);
	return s;
}

RUN_SUITE(stream_suite)
