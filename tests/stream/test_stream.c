/* SPDX-License-Identifier: MIT */
/*
 * test_stream.c - every sink gets every byte, in its order, whatever the scheduling
 */
#include "kanshiki/stream.h"
#include "core/cleanup.h"
#include "kanshiki/pool.h"
#include "stream/fake_source.h"
#include "suite.h"

#include <pthread.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

static void kan_drop_findings(struct kan_findings *set)
{
	kan_findings_done(set);
}

enum { SIZE = 40001, SINKS = 3 };

static const size_t workers[] = { 1, 2, 3, 8, 16 };
static const size_t block_lens[] = { 0, 1, 511, 512, 513, 4096 };

enum { NWORKERS = sizeof(workers) / sizeof(workers[0]) };
enum { NLENS = sizeof(block_lens) / sizeof(block_lens[0]) };

static uint8_t data[SIZE];
static struct fake_source fake;

static void setup(void)
{
	fake_fill(data, SIZE);
	fake_init(&fake, data, SIZE);
}

static struct kan_pool *new_pool(size_t n)
{
	struct kan_pool *pool = NULL;

	ck_assert_int_eq(kan_pool_new(&pool, n, 1, NULL), KAN_OK);
	return pool;
}

/* ---- sinks ------------------------------------------------------------- */

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

static int copy_block(void *self, const struct kan_block *blk, struct kan_err *err)
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

static struct kan_sink copier_sink(struct copier *c, const char *name)
{
	*c = (struct copier){ .fail_at = KAN_NO_OFFSET };
	return (struct kan_sink){ name, KAN_IN_ORDER, c, copy_block };
}

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
	struct kan_sink sinks[] = { { "count", KAN_ANY_ORDER, &counter, count_block },
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
	const struct kan_sink sinks[] = { { "a", KAN_IN_ORDER, NULL, meet_once },
		                          { "b", KAN_IN_ORDER, NULL, meet_once } };
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

START_TEST(stream_calls_an_any_order_sink_from_many_threads)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(3);
	const struct kan_sink sink = { "scan", KAN_ANY_ORDER, NULL, meet_in_first_three };
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
	const struct kan_sink sink = { "slow", KAN_IN_ORDER, &bound, consume_bound };
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

/* ---- failures -------------------------------------------------------------- */

START_TEST(stream_stops_at_a_failing_sink_and_names_it)
{
	static struct copier copiers[2];
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = 513 };
	struct kan_sink sinks[] = { copier_sink(&copiers[0], "good"),
		                    copier_sink(&copiers[1], "bad") };
	struct kan_err err = { 0 };

	for (uint64_t at = 0; at < SIZE; at += 513) {
		copiers[0] = (struct copier){ .fail_at = KAN_NO_OFFSET };
		copiers[1] = (struct copier){ .fail_at = at };
		ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 2, &opts, pool, NULL, &err),
		                 KAN_EIO);
		ck_assert_int_eq(strncmp(err.msg, "bad: disk full", 14), 0);
		ck_assert(!copiers[1].called_after_failure);
		ck_assert(!copiers[0].broken && !copiers[1].broken);
	}
}
END_TEST

static int fail_silently(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)self;
	(void)blk;
	(void)err;
	return KAN_ENOMEM;
}

START_TEST(stream_gives_a_reason_where_the_sink_gives_none)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	const struct kan_sink sink = { "mute", KAN_ANY_ORDER, NULL, fail_silently };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, NULL, pool, NULL, &err), KAN_ENOMEM);
	ck_assert_int_eq(err.code, KAN_ENOMEM);
	ck_assert_str_eq(err.msg, "mute: failed without a reason");
}
END_TEST

START_TEST(stream_stops_at_a_failing_source_and_names_it)
{
	static struct copier copier;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	struct kan_sink sink = copier_sink(&copier, "copy");
	struct kan_stream_opts opts = { .block_len = 1000, .ahead_len = 10 };
	long n = 1;
	int rc;

	do {
		struct kan_err err = { 0 };

		fake_init(&fake, data, SIZE);
		fake.fail_at = n++;
		copier = (struct copier){ .fail_at = KAN_NO_OFFSET };
		rc = kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, &err);
		if (rc == KAN_OK)
			break;
		ck_assert_int_eq(rc, KAN_EWORKER);
		ck_assert_int_eq(strncmp(err.msg, "fake: call", 10), 0);
		ck_assert_uint_lt(copier.next, SIZE);
	} while (true);
	/* 41 blocks, all but the last with bytes ahead. */
	ck_assert_int_eq(n - 1, 41 + 40 + 1);
}
END_TEST

START_TEST(stream_refuses_a_block_longer_than_memory)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(1);
	struct kan_stream_opts opts = { .block_len = SIZE_MAX, .ahead_len = 2 };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, NULL, 0, &opts, pool, NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "too long"));
}
END_TEST

/* ---- progress --------------------------------------------------------------- */

struct watch {
	pthread_mutex_t lock; /* guards calls */
	pthread_cond_t called;
	size_t calls;
	pthread_t thread; /* that must do the calls */
	uint64_t done, total;
	bool wrong;
	bool answer;
};

static bool update(void *arg, uint64_t done, uint64_t total)
{
	struct watch *w = arg;

	w->wrong |= !pthread_equal(w->thread, pthread_self()) || done < w->done || total != SIZE;
	w->done = done;
	w->total = total;
	pthread_mutex_lock(&w->lock);
	w->calls++;
	pthread_cond_broadcast(&w->called);
	pthread_mutex_unlock(&w->lock);
	return w->answer;
}

/* Waits for one more report of progress at each of the blocks 75 to 78, the last. */
static int wait_for_update(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct watch *w = self;
	uint64_t block = blk->offset / 512;

	(void)err;
	if (block < 75)
		return KAN_OK;
	pthread_mutex_lock(&w->lock);
	while (w->calls < block - 74)
		pthread_cond_wait(&w->called, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return KAN_OK;
}

static struct watch new_watch(bool answer)
{
	return (struct watch){ .lock = PTHREAD_MUTEX_INITIALIZER,
		               .called = PTHREAD_COND_INITIALIZER,
		               .thread = pthread_self(),
		               .answer = answer };
}

START_TEST(stream_reports_progress_on_the_calling_thread)
{
	struct watch w = new_watch(true);
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	const struct kan_sink sink = { "wait", KAN_IN_ORDER, &w, wait_for_update };
	struct kan_stream_opts opts = { .block_len = 512, .progress = { update, &w } };

	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	ck_assert_uint_ge(w.calls, 78 - 74 + 1);
	ck_assert(!w.wrong);
	ck_assert_uint_eq(w.done, SIZE);
}
END_TEST

START_TEST(stream_finishes_blocks_in_flight_when_it_is_stopped)
{
	static struct copier copiers[2];
	struct watch w = new_watch(false);
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	struct kan_sink sinks[] = { { "wait", KAN_IN_ORDER, &w, wait_for_update },
		                    copier_sink(&copiers[0], "a"),
		                    copier_sink(&copiers[1], "b") };
	struct kan_stream_opts opts = { .block_len = 512,
		                        .in_flight = 2,
		                        .progress = { update, &w } };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 3, &opts, pool, NULL, &err),
	                 KAN_ESTOPPED);
	ck_assert_uint_ge(copiers[0].next, 75 * 512);
	ck_assert_uint_lt(copiers[0].next, SIZE);
	ck_assert_uint_eq(copiers[0].next, copiers[1].next);
	ck_assert(!copiers[0].broken && !copiers[1].broken);
	ck_assert_ptr_nonnull(strstr(err.msg, "stopped after"));
}
END_TEST

static Suite *stream_suite(void)
{
	Suite *s = suite_create("stream");
	TCase *sinks = tcase_create("sinks");
	TCase *parallel = tcase_create("at the same time");
	TCase *failures = tcase_create("failures");
	TCase *progress = tcase_create("progress");
	TCase *const all[] = { sinks, parallel, failures, progress };

	tcase_add_loop_test(sinks, stream_gives_ordered_sinks_every_byte_in_order, 0,
	                    NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_gives_other_sinks_every_byte_once_and_the_bytes_ahead, 0,
	                    NWORKERS * NLENS);
	tcase_add_loop_test(sinks, stream_reports_gaps_once_and_ascending, 0, NWORKERS * NLENS);
	tcase_add_test(sinks, stream_of_an_empty_source_calls_no_sink);
	tcase_add_test(sinks, stream_without_sinks_still_finds_the_gaps);
	tcase_add_test(parallel, stream_feeds_two_ordered_sinks_at_the_same_time);
	tcase_add_test(parallel, stream_calls_an_any_order_sink_from_many_threads);
	tcase_add_test(parallel, stream_reads_several_blocks_at_the_same_time);
	tcase_add_loop_test(parallel, stream_holds_no_more_blocks_than_asked, 1, 6);
	tcase_add_test(parallel, streams_can_share_a_pool);
	tcase_add_loop_test(failures, stream_stops_at_a_failing_sink_and_names_it, 0, NWORKERS);
	tcase_add_test(failures, stream_gives_a_reason_where_the_sink_gives_none);
	tcase_add_loop_test(failures, stream_stops_at_a_failing_source_and_names_it, 0, NWORKERS);
	tcase_add_test(failures, stream_refuses_a_block_longer_than_memory);
	tcase_add_loop_test(progress, stream_reports_progress_on_the_calling_thread, 0, NWORKERS);
	tcase_add_loop_test(progress, stream_finishes_blocks_in_flight_when_it_is_stopped, 0,
	                    NWORKERS);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		tcase_add_checked_fixture(all[i], setup, NULL);
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(s, all[i]);
	}
	return s;
}

RUN_SUITE(stream_suite)
